//! Quotah's decisions, as pure synchronous functions: what usage is, and what it costs.
//!
//! Nothing here knows wire formats, sockets, disks or clocks; `now` is always an argument.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::float_arithmetic
)]

mod usage;

pub use usage::{TOKENS_MAX, Usage, UsageSource};
