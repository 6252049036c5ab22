//! One short request to a token endpoint, over the same connections and TLS as everything else.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};

use super::TokenError;
use crate::clock;
use crate::config::credential::Endpoint;
use crate::config::resolved::HttpVersion;
use crate::gateway::drain::Drain;
use crate::upstream::{self, Origin, Outgoing, Pools, RequestBody};

/// How tokens are asked for.
#[derive(Debug)]
pub(super) struct Http {
    pools: Arc<Pools>,
    /// Never begun: a fetch is short, and ends with the process.
    drain: Drain,
}

/// A request for a token.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    pub(super) endpoint: &'a Endpoint,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl<'a> Ask<'a> {
    /// A `GET`.
    pub(super) fn get(endpoint: &'a Endpoint) -> Self {
        Self {
            method: Method::GET,
            endpoint,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A `POST` of a form.
    pub(super) fn form(endpoint: &'a Endpoint, fields: &[(&str, &str)]) -> Self {
        let form = "application/x-www-form-urlencoded";
        Self {
            method: Method::POST,
            body: encoded(fields).into(),
            ..Self::get(endpoint)
        }
        .header(CONTENT_TYPE, form)
    }

    /// With another header line; one that no header takes is left out, and the server will say so.
    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(mut value) = HeaderValue::from_str(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }
}

/// Fields as a form or a query has them.
pub(super) fn encoded(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(&quotah_adapters::percent_encode(value));
    }
    text
}

impl Http {
    pub(super) fn new(pools: Arc<Pools>) -> Self {
        Self {
            pools,
            drain: Drain::default(),
        }
    }

    /// Asks, and reads the whole answer. Redirects are not followed.
    ///
    /// # Errors
    /// [`TokenError`] when there is no answer, none in time, or one over [`ANSWER_BYTES_MAX`].
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<(StatusCode, Bytes), TokenError> {
        let base = &ask.endpoint.base;
        let origin = Origin::new(base, None, HttpVersion::Http1, false);
        let pool = self.pools.get(origin);
        let make = |is_h2: bool| request(&ask, is_h2);
        let outgoing = Outgoing {
            make: &make,
            timeout_connect: CONNECT_MAX,
            timeout_first_byte: ANSWER_MAX,
            timeout_idle: ANSWER_MAX,
            deadline: clock::now() + CONNECT_MAX + ANSWER_MAX,
            upload: None,
            drain: &self.drain,
        };
        let answer = Box::pin(upstream::send(&pool, &outgoing)).await?;
        let status = answer.head.status;
        let mut body = answer.body;
        let mut text = Vec::new();
        while let Some(frame) = poll_fn(|cx| body.poll_frame(cx)).await {
            let Ok(data) = frame?.into_data() else {
                continue;
            };
            if text.len().saturating_add(data.len()) > ANSWER_BYTES_MAX {
                return Err(TokenError::Nonsense);
            }
            text.extend_from_slice(&data);
        }
        Ok((status, text.into()))
    }
}

fn request(ask: &Ask<'_>, is_h2: bool) -> Request<RequestBody> {
    let base = &ask.endpoint.base;
    let body = match ask.body.is_empty() {
        true => Vec::new(),
        false => vec![ask.body.clone()],
    };
    let mut request = Request::new(RequestBody::new(body));
    *request.method_mut() = ask.method.clone();
    let headers = request.headers_mut();
    if !is_h2 && let Ok(host) = HeaderValue::from_str(&base.authority) {
        headers.insert(HOST, host);
    }
    headers.extend(ask.headers.clone());
    if ask.method != Method::GET {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(ask.body.len()));
    }
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = Some(ask.endpoint.path.clone());
    if is_h2 && let Ok(authority) = Authority::try_from(&*base.authority) {
        parts.scheme = Some(if base.https {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        });
        parts.authority = Some(authority);
    }
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    request
}

/// Token endpoints answer in tens of milliseconds; metadata addresses that nobody serves never do.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// From the request's end to each part of the answer, and with [`CONNECT_MAX`] for the whole exchange.
const ANSWER_MAX: Duration = Duration::from_secs(8);

/// Tokens have up to some 4 KiB (Entra's with many groups); AWS's XML stays below 8 KiB.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
