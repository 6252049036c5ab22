//! The credential on one attempt: asked for ahead of it, put on each try, a signature made last.

use std::sync::Arc;

use http::Request;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use quotah_adapters::{AwsRequest, AwsScope, PayloadHash, is_signed, sign, with_query_credential};

use super::refuse::Refusal;
use super::routes::Upstream;
use crate::clock;
use crate::config::credential::AccessKey;
use crate::credentials::{Grant, Scope, aws_keys};
use crate::upstream::RequestBody;

/// Refuses a client's own signature where it would be passed on: it cannot hold there.
///
/// # Errors
/// 401 when the provider gets the client's credential and that is a signature by AWS's scheme.
pub(super) fn may_pass(upstream: &Upstream, client: &HeaderMap) -> Result<(), Refusal> {
    let is_signature = |value: &HeaderValue| value.as_bytes().starts_with(b"AWS4-");
    let mut lines = client.get_all(AUTHORIZATION).iter();
    if upstream.credential.is_clients() && lines.any(is_signature) {
        return Err(Refusal::signed_for_us());
    }
    Ok(())
}

/// A credential on its way.
#[derive(Debug)]
pub(super) enum Carried {
    /// The client's own, or none.
    Client,
    /// A header line.
    Header(HeaderName, HeaderValue),
    /// A query parameter.
    Query(Arc<str>, Arc<str>),
    /// A signature over this body.
    Signature {
        key: Arc<AccessKey>,
        scope: Scope,
        payload: PayloadHash,
    },
}

impl Carried {
    /// A grant, for requests with this body.
    pub(super) fn new(grant: Grant, body: &RequestBody) -> Self {
        match grant {
            Grant::Client => Self::Client,
            Grant::Header(name, value) => Self::Header(name, value),
            Grant::Query(name, secret) => Self::Query(name, secret),
            Grant::Aws(key, scope) => Self::Signature {
                key,
                scope,
                // A body that is still arriving cannot be hashed ahead; Bedrock's are all held.
                payload: body
                    .sha256()
                    .map_or(PayloadHash::Unsigned, PayloadHash::Sha256),
            },
        }
    }

    /// Whether it is the client's own.
    pub(super) const fn is_clients(&self) -> bool {
        matches!(self, Self::Client)
    }

    /// The header line, where it is one.
    pub(super) const fn header(&self) -> Option<(&HeaderName, &HeaderValue)> {
        match self {
            Self::Header(name, value) => Some((name, value)),
            Self::Client | Self::Query(..) | Self::Signature { .. } => None,
        }
    }

    /// The path, with the credential in its query where it goes there.
    pub(super) fn path(&self, path: PathAndQuery) -> PathAndQuery {
        let Self::Query(name, secret) = self else {
            return path;
        };
        let with = with_query_credential(path.as_str(), name, secret);
        // What is added is percent-encoded.
        PathAndQuery::try_from(with).unwrap_or(path)
    }

    /// Signs a request that is otherwise as it goes out.
    pub(super) fn sign<B>(
        &self,
        request: &mut Request<B>,
        upstream: &Upstream,
        path: &PathAndQuery,
    ) {
        let Self::Signature {
            key,
            scope,
            payload,
        } = self
        else {
            return;
        };
        let headers: Vec<(&str, &[u8])> = request
            .headers()
            .iter()
            .filter(|(name, _)| is_signed(name.as_str()))
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let signed = AwsRequest {
            method: request.method().as_str(),
            host: &upstream.config.base.authority,
            path_and_query: path.as_str(),
            headers: &headers,
            payload: *payload,
        };
        let scope = AwsScope {
            region: &scope.region,
            service: &scope.service,
            unix_seconds: clock::unix_seconds(),
        };
        let lines = sign(&signed, &scope, &aws_keys(key));
        for (name, value) in lines {
            // Made of visible ASCII; a session token was checked when it came.
            if let Ok(mut value) = HeaderValue::from_str(&value) {
                value.set_sensitive(name != "x-amz-date");
                request.headers_mut().insert(name, value);
            }
        }
    }
}
