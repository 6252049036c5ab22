//! Credentials toward providers: what is put on a request, and where it comes from.
//!
//! A fixed key is a header made once. Tokens and access keys that expire are [`Tokens`]: one source, one task that
//! fetches them ahead of their end, and everybody who needs them looks at the same ones. A request never fetches;
//! it waits, within bounds, when there is nothing valid yet. `google`, `entra` and `aws` each know how their cloud
//! gives them out, and `http` is how they ask.

mod answer;
mod aws;
mod entra;
mod error;
mod file;
mod google;
mod http;
mod tokens;

use std::sync::{Arc, Weak};
use std::time::Instant;

use ::http::{HeaderName, HeaderValue, StatusCode};
use dashmap::DashMap;
use quotah_adapters::CredentialPlace;

use crate::config::credential::{AccessKey, AwsKeys, Credential as Configured, Place, Source};
use crate::config::resolved::Provider;
use crate::upstream::Pools;
pub(crate) use aws::keys as aws_keys;
pub(crate) use error::TokenError;
use http::Http;
pub(crate) use tokens::Tokens;

/// A provider's credential, ready to be asked for.
#[derive(Debug)]
pub(crate) enum Credential {
    /// Clients bring their own.
    Client,
    /// The same for every request.
    Fixed(Grant),
    /// A bearer token that expires.
    Bearer(Arc<Tokens>),
    /// An access key that expires, and what its signatures are for.
    Aws(Arc<Tokens>, Scope),
}

/// What goes on one attempt. Its `Debug` shows no secret.
#[derive(Clone)]
pub(crate) enum Grant {
    /// Nothing of ours.
    Client,
    /// A header line.
    Header(HeaderName, HeaderValue),
    /// A query parameter, name and value as they are before encoding.
    Query(Arc<str>, Arc<str>),
    /// A signature by this key.
    Aws(Arc<AccessKey>, Scope),
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Client => "Client",
            Self::Header(..) => "Header(***)",
            Self::Query(..) => "Query(***)",
            Self::Aws(..) => "Aws(***)",
        })
    }
}

/// Region and service that a signature is for.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) region: Arc<str>,
    pub(crate) service: Arc<str>,
}

impl Credential {
    /// Whether clients bring their own.
    pub(crate) const fn is_clients(&self) -> bool {
        matches!(self, Self::Client)
    }

    /// What to put on an attempt that begins now.
    ///
    /// # Errors
    /// [`TokenError`] when there is no valid token and none comes by `deadline` or within the bound of [`Tokens`].
    pub(crate) async fn grant(&self, deadline: Instant) -> Result<Grant, TokenError> {
        match self {
            Self::Client => Ok(Grant::Client),
            Self::Fixed(grant) => Ok(grant.clone()),
            Self::Bearer(tokens) => tokens.token(deadline).await?.bearer(),
            Self::Aws(tokens, scope) => {
                let key = tokens.token(deadline).await?.access_key()?;
                Ok(Grant::Aws(key, scope.clone()))
            }
        }
    }

    /// Takes note of a provider's answer: what it refuses is fetched again before its time.
    pub(crate) fn heard(&self, status: StatusCode) {
        match self {
            Self::Client | Self::Fixed(_) => {}
            Self::Bearer(tokens) if status == StatusCode::UNAUTHORIZED => tokens.doubt(),
            // AWS says so with 403 (`ExpiredTokenException`), and much else besides.
            Self::Aws(tokens, _) if status == StatusCode::FORBIDDEN => tokens.doubt(),
            Self::Bearer(_) | Self::Aws(..) => {}
        }
    }

    /// Fetches what expires, ahead of the first request.
    pub(crate) fn warm(&self) {
        match self {
            Self::Client | Self::Fixed(_) => {}
            Self::Bearer(tokens) | Self::Aws(tokens, _) => tokens.start(),
        }
    }
}

/// Every source in use, so that a reload keeps what is fetched. Sources that no configuration names any more go
/// with the last request that uses them.
#[derive(Debug)]
pub(crate) struct Credentials {
    by_source: DashMap<Source, Weak<Tokens>>,
    http: Arc<Http>,
}

impl Credentials {
    /// None yet; tokens will be fetched over connections of `pools`.
    pub(crate) fn new(pools: Arc<Pools>) -> Self {
        Self {
            by_source: DashMap::new(),
            http: Arc::new(Http::new(pools)),
        }
    }

    /// The first credential of a provider.
    pub(crate) fn of(&self, provider: &Provider) -> Credential {
        self.made(provider, &provider.credential)
    }

    /// One of a provider's credentials: its own, or one of `credentials_more`.
    pub(crate) fn made(&self, provider: &Provider, configured: &Configured) -> Credential {
        match configured {
            Configured::Client => Credential::Client,
            Configured::Configured(secret) => {
                // A secret is resolved from text that a header takes.
                fixed(provider, secret.expose()).map_or(Credential::Client, Credential::Fixed)
            }
            Configured::Minted(source) => Credential::Bearer(self.tokens(source)),
            Configured::Aws(signing) => {
                let scope = Scope {
                    region: Arc::clone(&signing.region),
                    service: Arc::clone(&signing.service),
                };
                match &signing.keys {
                    AwsKeys::Fixed(key) => {
                        Credential::Fixed(Grant::Aws(Arc::new(key.clone()), scope))
                    }
                    AwsKeys::Lent(source) => Credential::Aws(self.tokens(source), scope),
                }
            }
        }
    }

    fn tokens(&self, source: &Source) -> Arc<Tokens> {
        self.by_source.retain(|_, tokens| tokens.strong_count() > 0);
        let mut slot = self.by_source.entry(source.clone()).or_default();
        slot.upgrade().unwrap_or_else(|| {
            let tokens = Tokens::new(source.clone(), Arc::clone(&self.http));
            *slot = Arc::downgrade(&tokens);
            tokens
        })
    }
}

/// The line or parameter that carries a configured key.
fn fixed(provider: &Provider, secret: &str) -> Option<Grant> {
    let usual = || provider.kind.credential_place(secret);
    let place = match &provider.credential_place {
        Some(Place::Header(name)) => return Some(Grant::Header(name.clone(), value(secret)?)),
        Some(Place::Query(name)) => return Some(Grant::Query(Arc::clone(name), secret.into())),
        Some(Place::Usual(place)) => *place,
        None => usual(),
    };
    match place.header() {
        Some(name) => {
            let text = format!("{}{secret}", place.scheme());
            Some(Grant::Header(HeaderName::from_static(name), value(&text)?))
        }
        None => Some(Grant::Query("key".into(), secret.into())),
    }
}

/// A header's value that no log shows.
fn value(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A bearer token's line.
fn bearer(token: &str) -> Option<Grant> {
    let name = HeaderName::from_static(CredentialPlace::Bearer.header()?);
    Some(Grant::Header(name, value(&format!("Bearer {token}"))?))
}

/// What is wrong with a source as far as this machine's files tell; names files, never what they hold.
pub(crate) fn fault(credential: &Configured) -> Option<String> {
    let source = match credential {
        Configured::Minted(source) => source,
        Configured::Aws(signing) => match &signing.keys {
            AwsKeys::Lent(source) => source,
            AwsKeys::Fixed(_) => return None,
        },
        Configured::Configured(_) | Configured::Client => return None,
    };
    match source {
        Source::Google(google) => google::fault(google),
        Source::Entra(entra) => entra::fault(entra),
        Source::Aws(aws) => aws::fault(aws),
    }
}
