//! Conditions on requests, in CEL.

/// A condition, compiled.
#[derive(Debug, Clone)]
pub struct Condition {}
