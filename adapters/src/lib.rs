//! Bytes to facts: what a request asks for, and what a response used, however it is cut.
//!
//! Nothing here knows money, time or I/O.
#![warn(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

mod call;
mod scan;

pub use call::{Dialect, Operation};
pub use scan::{
    Container, DEPTH_MAX, Fault, Handler, KEY_BYTES_MAX, Key, PathTable, Scalar, ScanError,
    Scanner, TEXT_BYTES_MAX, Tracker, Value,
};
