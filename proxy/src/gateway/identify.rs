//! Whose request this is: credential → [`Identity`].

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use quotah_adapters::{CREDENTIAL_HEADERS, client_credentials};
use quotah_policy::{Pattern, VirtualKey};
use sha2::{Digest, Sha256};

use super::refuse::Refusal;
use crate::config::resolved::StaticKey;

/// Whom a request is accounted to, whatever its credential was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    /// Key id: what logs and the ledger show.
    pub(crate) key: Arc<str>,
    pub(crate) team: Option<Arc<str>>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) project: Option<Arc<str>>,
    pub(crate) tags: Vec<(String, String)>,
    /// Models it may use; empty means all.
    pub(crate) models: Vec<Pattern>,
    /// Providers it may use; empty means all.
    pub(crate) providers: Vec<String>,
    /// Whether the credential was ours: then it must not go to a provider.
    pub(crate) is_virtual: bool,
}

impl Identity {
    /// Whether the key may use `model`.
    pub(crate) fn may_use_model(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches(model))
    }

    /// Whether the key may use `provider`.
    pub(crate) fn may_use_provider(&self, provider: &str) -> bool {
        self.providers.is_empty() || self.providers.iter().any(|allowed| allowed == provider)
    }
}

/// Every known key, found by the SHA-256 of what clients send.
///
/// A look-up by digest takes the same time for a near miss as for a far one.
#[derive(Debug)]
pub(crate) struct Keys {
    by_digest: HashMap<[u8; 32], Arc<Identity>>,
    anonymous: Arc<Identity>,
    required: bool,
}

impl Keys {
    /// The keys of a configuration; with `required`, nobody is served without one.
    pub(crate) fn new(keys: &[StaticKey], required: bool) -> Self {
        let by_digest = keys
            .iter()
            .map(|key| {
                let identity = Identity {
                    key: key.id.as_str().into(),
                    team: key.team.as_deref().map(Into::into),
                    user: key.user.as_deref().map(Into::into),
                    project: key.project.as_deref().map(Into::into),
                    tags: key.tags.clone(),
                    models: key.models.iter().map(|model| Pattern::new(model)).collect(),
                    providers: key.providers.clone(),
                    is_virtual: true,
                };
                (Sha256::digest(key.key.expose()).into(), Arc::new(identity))
            })
            .collect();
        let anonymous = Identity {
            key: "anonymous".into(),
            ..Identity::default()
        };
        Self {
            by_digest,
            anonymous: Arc::new(anonymous),
            required,
        }
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
    ) -> Result<Arc<Identity>, Refusal> {
        let is_repeated = |name: &&str| headers.get_all(*name).iter().nth(1).is_some();
        if CREDENTIAL_HEADERS.iter().any(is_repeated) {
            return Err(Refusal::invalid_key());
        }
        let header = |name: &'static str| headers.get(name).map(HeaderValue::as_bytes);
        for credential in client_credentials(header, query) {
            let is_ours = std::str::from_utf8(&credential.secret).is_ok_and(VirtualKey::is_meant);
            if is_ours || !self.by_digest.is_empty() {
                let digest: [u8; 32] = Sha256::digest(&credential.secret).into();
                if let Some(identity) = self.by_digest.get(&digest) {
                    return Ok(Arc::clone(identity));
                }
            }
            // What looks like a key of ours and is unknown is always refused.
            if is_ours {
                return Err(Refusal::invalid_key());
            }
        }
        if self.required {
            Err(Refusal::invalid_key())
        } else {
            Ok(Arc::clone(&self.anonymous))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn what_looks_like_a_key_of_ours_is_never_anonymous_wherever_it_stands() {
        let keys = Keys::new(&[], false);
        let unknown = "Bearer sk-qh-aaaaaaaaaaaa-nothing";
        let own = headers(&[("authorization", "Bearer sk-provider")]);
        assert_eq!(
            &*keys.identify(&own, None).expect("served").key,
            "anonymous"
        );
        for lines in [
            headers(&[("authorization", unknown)]),
            headers(&[
                ("authorization", "Bearer sk-provider"),
                ("authorization", unknown),
            ]),
            headers(&[
                ("authorization", "Bearer sk-provider"),
                ("x-api-key", "sk-qh-b"),
            ]),
        ] {
            assert!(keys.identify(&lines, None).is_err(), "{lines:?}");
        }
    }
}
