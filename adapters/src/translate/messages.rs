//! Anthropic's messages, between the neutral form and the wire.

use super::speaker::{Asks, Serves};

/// How its callers are understood and answered.
pub(crate) const ASKS: Option<&Asks> = None;

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = None;
