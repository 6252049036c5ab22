//! Quotah: a transparent gateway between applications and AI providers.

pub mod clock;
pub mod config;
pub mod gateway;
pub mod ledger;
pub mod metrics;
pub(crate) mod state;
pub mod telemetry {
    //! Stand-in until the real one lands.
    pub(crate) fn access(_: &crate::ledger::Entry) {}
}
pub(crate) mod upstream;
