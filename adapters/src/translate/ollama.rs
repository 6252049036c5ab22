//! Ollama's chat, between the neutral form and the wire.

use super::speaker::Serves;

/// How its deployments are asked and understood.
pub(crate) const SERVES: Option<&Serves> = None;
