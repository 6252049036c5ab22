//! Virtual keys: what their holders present, and what is kept of them.
//!
//! A [`VirtualKey`] is the text that a client sends. A [`KeyRecord`] is what Quotah knows of it: whose it is, what it
//! may use, and keyed hashes of its secrets, never the secrets. People and programs write a [`KeyForm`].

mod form;
mod networks;
mod record;
#[cfg(test)]
mod tests;
mod virtual_key;

pub use form::{KeyError, KeyForm, OwnBudget, OwnLimits};
pub use networks::{KeyNetworks, NoNetwork};
pub use record::{KeyDigest, KeyRecord, KeySecret, KeyStatus};
pub use virtual_key::{KeyId, VirtualKey};
