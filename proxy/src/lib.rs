//! Quotah: a transparent gateway between applications and AI providers.

pub mod admin;
pub(crate) mod cache;
pub mod cli;
pub mod clock;
pub mod config;
pub(crate) mod credentials;
pub mod events;
pub(crate) mod fleet;
pub mod gateway;
pub mod headroom;
pub mod ledger;
pub mod metrics;
pub mod policy;
pub mod prices;
pub(crate) mod probe;
pub mod registry;
pub mod serve;
pub mod standing;
pub(crate) mod state;
pub mod telemetry;
pub mod time;
pub(crate) mod upstream;
pub mod whatif;
