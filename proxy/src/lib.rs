//! Quotah: a transparent gateway between applications and AI providers.

pub mod ledger;
