//! Bytes to facts: what a request asks for, and what a response used, however it is cut.
//!
//! Nothing here knows prices, time or I/O. (A cost that a provider reports is a fact like its tokens.)
#![warn(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::string_slice))]

mod adapter;
mod anthropic;
mod azure;
mod bedrock;
mod border;
mod call;
mod cohere;
mod credential;
mod custom;
mod decode;
mod encode;
mod error_class;
pub mod eventstream;
mod facts;
mod gemini;
mod json;
pub mod limits;
mod meter;
mod multipart;
mod ollama;
mod openai;
mod path;
mod provider;
mod refusal;
mod scan;
mod sigv4;
mod splice;
pub mod sse;
mod strip;
pub mod translate;
mod vertex;

pub use adapter::Asked;
pub use border::{Borders, Framing};
pub use call::{Dialect, Operation};
pub use credential::{
    CREDENTIAL_HEADERS, ClientCredential, CredentialPlace, SIGNATURE_HEADERS, client_credentials,
    percent_encode, redact_query, with_query_credential, without_query_key,
};
pub use custom::{
    CUSTOM_FIELDS, CUSTOM_PATHS_MAX, Custom, CustomError, CustomSpec, PathPatternError,
};
pub use decode::{DECODED_BYTES_MAX, DecodeFault, Decoder};
pub use encode::{EncodeError, Encoder};
pub use error_class::{ERROR_TYPE_HEADER, ErrorClass, answer_error_class, error_class};
pub use facts::{
    Ambiguity, AnswersAsked, Brace, CapMember, CapPlace, CapSaid, EffortAsked, EffortLevel,
    EffortSaid, Facts, FactsError, FactsReader, ImageAsked, MediaAsked, ModelAsked, ModelEcho,
    ObjectAt, OutputCap, SaidOnly, Spelling, StreamOptions, ToolsAsked,
};
pub use meter::{ErrorSeen, ExtraCall, METER_BYTES_MAX, Meter, Reading, is_json_lines};
pub use multipart::{FormFault, FormReader};
pub use path::{Call, classify, classify_raw, raw_upstream_path, upstream_path};
pub use provider::{ProviderKind, UnknownProviderKind, provider_table};
pub use refusal::{RefusalKind, retry_headers, stream_error_event, stream_error_line};
pub use scan::{
    Container, DEPTH_MAX, Fault, Handler, KEY_BYTES_MAX, Key, NODES_MAX, PathFault, PathTable,
    STEPS_MAX, Scalar, ScanError, Scanner, TEXT_BYTES_MAX, Table, TableError, Tracker, Value,
};
pub use sigv4::{AwsKeys, AwsRequest, AwsScope, PayloadHash, is_signed, sign};
pub use splice::{Changes, Edits, apply, plan};
pub use strip::{HELD_BYTES_MAX, UsageStrip};
