//! What an answer depends on, as one digest.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use quotah_adapters::{
    CREDENTIAL_HEADERS, CredentialPlace, SIGNATURE_HEADERS, client_credentials, without_query_key,
};
use sha2::{Digest, Sha256};

/// What two requests must have in common to get one answer: a SHA-256 of all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey([u8; 32]);

/// Whose requests they are. No two tenants have an answer in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tenant<'a> {
    /// A virtual key, by its id.
    Key(&'a str),
    /// Whoever has the same credentials of its own; those without any are one.
    Anonymous,
}

/// A request, as far as its answer depends on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) tenant: Tenant<'a>,
    /// The route, and where it leads: providers, models, whose credential goes along.
    pub(crate) route: &'a [&'a str],
    pub(crate) dialect: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) method: &'a str,
    /// Path and query, with or without a credential.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// The body, whole.
    pub(crate) body: &'a [Bytes],
}

impl CacheKey {
    /// The key of a request.
    pub(crate) fn of(asking: &Asking<'_>) -> Self {
        let mut parts = Parts(Sha256::new());
        parts.text(FORMAT);
        match asking.tenant {
            Tenant::Key(id) => {
                parts.text("key");
                parts.text(id);
            }
            Tenant::Anonymous => parts.credentials(asking),
        }
        parts.list(asking.route.iter().map(|name| name.as_bytes()));
        for part in [
            asking.dialect,
            asking.operation,
            asking.method,
            &without_query_key(asking.path),
        ] {
            parts.text(part);
        }
        for name in HEADERS {
            parts.list(values(asking.headers, name));
        }
        parts.body(asking.body);
        Self(parts.0.finalize().into())
    }
}

/// Parts with their lengths before them, so that no two lists of parts digest the same bytes.
struct Parts(Sha256);

impl Parts {
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.update(bytes);
    }

    fn length(&mut self, length: usize) {
        self.0.update((length as u64).to_le_bytes());
    }

    fn list<'a>(&mut self, parts: impl Iterator<Item = &'a [u8]>) {
        let parts: Vec<_> = parts.collect();
        self.length(parts.len());
        for part in parts {
            self.bytes(part);
        }
    }

    fn body(&mut self, pieces: &[Bytes]) {
        self.length(pieces.iter().map(Bytes::len).sum());
        for piece in pieces {
            self.0.update(piece);
        }
    }

    /// Every line that says who a client is, and the credential in its query.
    fn credentials(&mut self, asking: &Asking<'_>) {
        self.text("anonymous");
        for (name, value) in asking.headers {
            if says_who(name) {
                self.text(name.as_str());
                self.bytes(value.as_bytes());
            }
        }
        self.text("?");
        let query = asking.path.split_once('?').map(|(_, query)| query);
        for credential in client_credentials(|_| None, query) {
            if credential.place == CredentialPlace::QueryKey {
                self.bytes(&credential.secret);
            }
        }
        self.text(".");
    }
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    headers.get_all(name).iter().map(HeaderValue::as_bytes)
}

/// Whether a header line tells one client from another: the known credentials, and what servers of one's own may take for
/// one, since it goes on to them.
fn says_who(name: &HeaderName) -> bool {
    let text = name.as_str();
    let is_known = CREDENTIAL_HEADERS.contains(&text) || SIGNATURE_HEADERS.contains(&text);
    let words = ["auth", "key", "token", "secret", "session", "user-id"];
    is_known
        || *name == header::COOKIE
        // Sent anew with every request, for the provider to tell a repeated one by.
        || (text != "idempotency-key" && words.iter().any(|word| text.contains(word)))
}

/// Headers that change an answer. What SDKs tell of themselves (`x-stainless-…`, `user-agent`) does not.
const HEADERS: [&str; 9] = [
    "accept",
    "accept-encoding",
    "content-type",
    "anthropic-version",
    "anthropic-beta",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "x-quotah-provider",
];

/// Another one for every change of what a key is made of.
const FORMAT: &str = "quotah cache key 1";
