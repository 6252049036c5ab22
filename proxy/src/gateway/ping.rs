//! A health check's request: asked with the provider's own credential, over the connections that requests use.

use std::future::poll_fn;
use std::time::Duration;

use http::header::HeaderMap;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Request, StatusCode, Uri};
use quotah_adapters::raw_upstream_path;

use super::credential::Carried;
use super::drain::Drain;
use super::headers::{Forward, forward_request};
use super::routes::Upstream;
use crate::clock;
use crate::credentials::TokenError;
use crate::upstream::{self, Answer, ExchangeError, Outgoing, RequestBody};

/// Why a provider could not be asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PingError {
    /// There is no credential to ask with; nobody was asked.
    #[error(transparent)]
    Credential(#[from] TokenError),
    /// It did not answer.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
}

/// Fetches `path` below a provider's base URL, and gives the status of its answer. `timeout` is for all of it.
///
/// # Errors
/// [`PingError`] without a credential, and without an answer in time.
pub(crate) async fn ping(
    upstream: &Upstream,
    path: &str,
    timeout: Duration,
    drain: &Drain,
) -> Result<StatusCode, PingError> {
    let deadline = clock::now() + timeout;
    let grant = upstream.credential.grant(deadline).await?;
    let carried = Carried::new(grant, &RequestBody::default());
    let path = raw_upstream_path(&upstream.base_path, path);
    // A configured path is one, and a prefix comes from a valid URL.
    let path = PathAndQuery::try_from(path).unwrap_or_else(|_| PathAndQuery::from_static("/"));
    let path = carried.path(path);
    let make = |is_h2: bool| request(upstream, &carried, &path, is_h2);
    let outgoing = Outgoing {
        make: &make,
        timeout_connect: timeout,
        timeout_first_byte: timeout,
        timeout_idle: timeout,
        deadline,
        upload: None,
        drain,
    };
    let answer = Box::pin(upstream::send(&upstream.pool, &outgoing)).await?;
    let status = answer.head.status;
    read_out(answer).await;
    Ok(status)
}

fn request(
    upstream: &Upstream,
    carried: &Carried,
    path: &PathAndQuery,
    is_h2: bool,
) -> Request<RequestBody> {
    let forward = Forward {
        host: (!is_h2).then_some(&upstream.host),
        credential: carried.header(),
        drop_credential: true,
        content_length: None,
        extra: &upstream.config.headers,
    };
    let mut request = Request::new(RequestBody::default());
    *request.headers_mut() = forward_request(&HeaderMap::new(), &forward);
    carried.sign(&mut request, upstream, path);
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = Some(path.clone());
    if is_h2 && let Ok(authority) = Authority::try_from(&*upstream.config.base.authority) {
        let https = upstream.config.base.https;
        parts.scheme = Some(if https { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(authority);
    }
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}

/// Reads a short answer to its end, so that its connection serves the next; a longer one costs the connection.
async fn read_out(answer: Answer) {
    let mut body = answer.body;
    let mut bytes = 0_usize;
    while let Some(Ok(frame)) = poll_fn(|cx| body.poll_frame(cx)).await {
        bytes = bytes.saturating_add(frame.into_data().map_or(0, |data| data.len()));
        if bytes > ANSWER_BYTES_MAX {
            return;
        }
    }
}

/// A provider's list of models has at most some 200 KiB.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
