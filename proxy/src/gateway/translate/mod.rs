//! Requests for deployments that speak another dialect than the client: seen to only where a route names such.
//!
//! A request whose route has them is read once more, into an [`Original`]: what it asks for is held against each of
//! them when one is chosen. What goes to the chosen one, and what comes back, are its [`Words`].

mod head;
mod original;
mod words;

pub(super) use head::headers;
pub(crate) use original::Original;
pub(crate) use words::{Spoken, Translation, Words};
