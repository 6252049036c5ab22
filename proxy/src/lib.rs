//! Quotah: a transparent gateway between applications and AI providers.

pub mod clock;
pub mod config;
pub mod metrics;
