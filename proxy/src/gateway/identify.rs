//! Whose request this is: credential → [`Identity`].
//!
//! There are keys of two kinds: those of the configuration ([`Keys`]) and those of the registry ([`KeyRing`]). Either
//! gives one `Identity`, and so will whatever other credential there may be.
//!
//! What is unknown, revoked, expired, shown from another network or opened by a wrong secret looks the same from
//! outside, in text and in time.

mod identity;
mod ring;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use quotah_adapters::{CREDENTIAL_HEADERS, client_credentials};
use quotah_policy::{Pattern, VirtualKey};
use sha2::{Digest, Sha256};

use super::refuse::Refusal;
use crate::config::resolved::StaticKey;

pub(crate) use identity::{Identity, Shown};
use ring::Configured;
pub(crate) use ring::KeyRing;

/// Every known key: those of the configuration by the SHA-256 of what clients send, those of the registry by id.
///
/// A look-up by digest takes the same time for a near miss as for a far one.
#[derive(Debug)]
pub(crate) struct Keys {
    by_digest: HashMap<[u8; 32], Arc<Identity>>,
    /// Whether any of the configuration looks like one of the registry: else those need not be looked for here.
    has_look_alikes: bool,
    ring: Arc<KeyRing>,
    anonymous: Arc<Identity>,
    required: bool,
}

impl Keys {
    /// The keys of a configuration beside those of `ring`; with `required`, nobody is served without one.
    pub(crate) fn new(keys: &[StaticKey], required: bool, ring: &Arc<KeyRing>) -> Self {
        ring.configure(keys);
        let by_digest = keys
            .iter()
            .map(|key| {
                let identity = identity_of(key, ring.configured(&key.id));
                (Sha256::digest(key.key.expose()).into(), Arc::new(identity))
            })
            .collect();
        let anonymous = Identity {
            key: "anonymous".into(),
            ..Identity::default()
        };
        Self {
            by_digest,
            has_look_alikes: keys
                .iter()
                .any(|key| VirtualKey::is_meant(key.key.expose())),
            ring: Arc::clone(ring),
            anonymous: Arc::new(anonymous),
            required,
        }
    }

    /// The identity behind a key's id, valid or not; `anonymous` is one too.
    pub(crate) fn identity(&self, key: &str) -> Option<Arc<Identity>> {
        if key == &*self.anonymous.key {
            return Some(Arc::clone(&self.anonymous));
        }
        let configured = self.configured(key).map(Arc::clone);
        configured.or_else(|| self.ring.identity(key))
    }

    fn configured(&self, id: &str) -> Option<&Arc<Identity>> {
        let mut identities = self.by_digest.values();
        identities.find(|identity| &*identity.key == id)
    }

    /// Whom a request belongs to.
    ///
    /// # Errors
    /// One refusal for a missing, an unknown, a revoked and an expired key: nothing tells them apart. Also for
    /// two values of one credential header, of which a provider might read the other.
    pub(crate) fn identify(
        &self,
        headers: &HeaderMap,
        query: Option<&str>,
        shown: Shown,
    ) -> Result<Arc<Identity>, Refusal> {
        let is_repeated = |name: &&str| headers.get_all(*name).iter().nth(1).is_some();
        if CREDENTIAL_HEADERS.iter().any(is_repeated) {
            return Err(Refusal::invalid_key());
        }
        let header = |name: &'static str| headers.get(name).map(HeaderValue::as_bytes);
        for credential in client_credentials(header, query) {
            let is_ours = std::str::from_utf8(&credential.secret).is_ok_and(VirtualKey::is_meant);
            if !self.by_digest.is_empty() && (!is_ours || self.has_look_alikes) {
                let digest: [u8; 32] = Sha256::digest(&credential.secret).into();
                if let Some(identity) = self.by_digest.get(&digest) {
                    return used(identity, shown).ok_or_else(Refusal::invalid_key);
                }
            }
            // What looks like a key of ours and is unknown is always refused.
            if is_ours {
                let identity = self.ring.identify(&credential.secret, shown);
                let identity = identity.and_then(|identity| used(&identity, shown));
                return identity.ok_or_else(Refusal::invalid_key);
            }
        }
        if self.required {
            Err(Refusal::invalid_key())
        } else {
            Ok(Arc::clone(&self.anonymous))
        }
    }
}

/// The identity, if it is valid there and then.
fn used(identity: &Arc<Identity>, shown: Shown) -> Option<Arc<Identity>> {
    identity.is_valid(shown).then(|| {
        identity.touch(shown.now_unix_ms);
        Arc::clone(identity)
    })
}

fn identity_of(key: &StaticKey, goes_on: Configured) -> Identity {
    Identity {
        key: key.id.as_str().into(),
        team: key.team.as_deref().map(Into::into),
        user: key.user.as_deref().map(Into::into),
        project: key.project.as_deref().map(Into::into),
        tags: key.tags.clone(),
        models: key.models.iter().map(|model| Pattern::new(model)).collect(),
        providers: key.providers.clone(),
        operations: key.operations.clone(),
        networks: key.networks.clone(),
        expires_at_unix_ms: key.expires_at_unix_ms,
        own_budget: goes_on.own_budget,
        own_limits: goes_on.own_limits,
        guard: key.guards.clone().map(Arc::new),
        last_used_unix_ms: goes_on.last_used_unix_ms,
        is_virtual: true,
    }
}
