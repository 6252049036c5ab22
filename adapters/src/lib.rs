//! Bytes to facts: what a request asks for, and what a response used, however it is cut.
//!
//! Nothing here knows money, time or I/O.
#![warn(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

mod call;

pub use call::{Dialect, Operation};
