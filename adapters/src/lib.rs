//! Bytes to facts: what a request asks for, and what a response used, however it is cut.
//!
//! Nothing here knows money, time or I/O.
#![warn(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

mod call;
mod credential;
mod decode;
mod encode;
mod meter;
mod path;
mod provider;
mod scan;
pub mod sse;
mod strip;

pub use call::{Dialect, Operation};
pub use credential::{
    CREDENTIAL_HEADERS, ClientCredential, CredentialPlace, client_credentials, redact_query,
    without_query_key,
};
pub use decode::{DECODED_BYTES_MAX, DecodeFault, Decoder};
pub use encode::{EncodeError, Encoder};
pub use meter::{ErrorSeen, ExtraCall, METER_BYTES_MAX, Meter, Reading};
pub use path::{Call, classify, upstream_path};
pub use provider::{ProviderKind, UnknownProviderKind};
pub use scan::{
    Container, DEPTH_MAX, Fault, Handler, KEY_BYTES_MAX, Key, PathTable, Scalar, ScanError,
    Scanner, TEXT_BYTES_MAX, Tracker, Value,
};
pub use strip::{HELD_BYTES_MAX, UsageStrip};
