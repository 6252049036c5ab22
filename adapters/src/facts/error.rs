//! Why a request's body cannot be served.

use crate::multipart::FormFault;
use crate::scan::ScanError;

/// Why a body cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// It is not JSON.
    #[error("request body is not JSON: {0}")]
    NotJson(#[from] ScanError),
    /// It is no form that reads in one way only.
    #[error("form body cannot be read: {0}")]
    Form(#[from] FormFault),
    /// It names no model.
    #[error("no \"model\" in request body")]
    NoModel,
    /// A metered field could be read in two ways.
    #[error("{field:?} in request body is ambiguous: {why}")]
    Ambiguous {
        /// The field as we know it.
        field: &'static str,
        /// What is odd about it.
        why: Ambiguity,
    },
    /// A metered field has a value that it cannot have.
    #[error("{field:?} in request body must be {expected}")]
    WrongType {
        /// The field as we know it.
        field: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
}

/// How a field can be read in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguity {
    /// It is there twice.
    #[error("given twice")]
    Doubled,
    /// It differs from the name in upper and lower case only.
    #[error("spelled with other capitals")]
    Case,
    /// It is spelled with escapes.
    #[error("spelled with escapes")]
    Escaped,
}
