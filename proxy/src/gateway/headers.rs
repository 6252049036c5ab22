//! Which header lines pass, in which order, and the few that are ours.
//!
//! A request's lines are copied one by one into a new map: removing from the old one would reorder it.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap,
    HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, USER_AGENT,
};
use quotah_adapters::translate::request_lines;
use quotah_adapters::{CREDENTIAL_HEADERS, Dialect, SIGNATURE_HEADERS};

/// Prefix of every header that Quotah reads from requests or adds to answers.
const OURS: &str = "x-quotah-";

/// What changes between a client's header lines and the provider's.
#[derive(Debug)]
pub(crate) struct Forward<'a> {
    /// Value of `host`; `None` toward h2, which has `:authority`.
    pub(crate) host: Option<&'a HeaderValue>,
    /// Stands in place of the client's credential.
    pub(crate) credential: Option<(&'a HeaderName, &'a HeaderValue)>,
    /// Whether no credential of the client's goes on: it is a key of ours, or one of ours goes along elsewhere.
    pub(crate) drop_credential: bool,
    /// Length of the body as it goes out; `None` when there is none and none was announced.
    pub(crate) content_length: Option<u64>,
    /// Configured extra lines; they replace the client's of the same name.
    pub(crate) extra: &'a [(HeaderName, HeaderValue)],
}

/// The provider's header lines for a client's request.
pub(crate) fn forward_request(client: &HeaderMap, forward: &Forward<'_>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(client.len() + 2 + forward.extra.len());
    let listed = connection_listed(client);
    let mut host = forward.host;
    let mut credential = forward.credential;
    let mut length = forward.content_length;
    // A key may go into a header of another name, where a client's would stand beside it.
    let is_replaced = |name: &HeaderName| forward.credential.is_some_and(|(ours, _)| ours == name);
    if !client.contains_key(HOST)
        && let Some(host) = host.take()
    {
        headers.append(HOST, host.clone());
    }
    for (name, value) in client {
        if *name == HOST {
            if let Some(host) = host.take() {
                headers.append(HOST, host.clone());
            }
        } else if *name == CONTENT_LENGTH {
            if let Some(length) = length.take() {
                headers.append(CONTENT_LENGTH, HeaderValue::from(length));
            }
        } else if SIGNATURE_HEADERS.contains(&name.as_str()) {
            if forward.credential.is_none() && !forward.drop_credential {
                headers.append(name.clone(), value.clone());
            }
        } else if CREDENTIAL_HEADERS.contains(&name.as_str()) || is_replaced(name) {
            if forward.credential.is_some() {
                if let Some((name, value)) = credential.take() {
                    headers.append(name.clone(), value.clone());
                }
            } else if !forward.drop_credential {
                headers.append(name.clone(), value.clone());
            }
        } else if passes(name, &listed)
            && !name.as_str().starts_with(OURS)
            && !forward.extra.iter().any(|(extra, _)| extra == name)
        {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some((name, value)) = credential {
        headers.append(name.clone(), value.clone());
    }
    if let Some(length) = length {
        headers.append(CONTENT_LENGTH, HeaderValue::from(length));
    }
    for (name, value) in forward.extra {
        headers.append(name.clone(), value.clone());
    }
    headers
}

/// The provider's header lines for a request that was translated: a few of the kind that a client of its dialect sends.
/// The client's own speak of another dialect, and of features that this provider does not know.
pub(crate) fn translated_request(
    client: &HeaderMap,
    forward: &Forward<'_>,
    dialect: Dialect,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8 + forward.extra.len());
    if let Some(host) = forward.host {
        headers.insert(HOST, host.clone());
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    // It is read here, whatever the client could unpack.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(agent) = client.get(USER_AGENT) {
        headers.insert(USER_AGENT, agent.clone());
    }
    for (name, value) in request_lines(dialect) {
        headers.insert(*name, HeaderValue::from_static(value));
    }
    if let Some(length) = forward.content_length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    for (name, _) in forward.extra {
        headers.remove(name);
    }
    for (name, value) in forward.extra {
        headers.append(name.clone(), value.clone());
    }
    if let Some((name, value)) = forward.credential {
        headers.insert(name.clone(), value.clone());
    }
    headers
}

/// The client's header lines for a provider's answer, with room for ours.
///
/// `content_length` is kept unless the body changes on its way.
pub(crate) fn forward_answer(provider: HeaderMap, keep_length: bool) -> HeaderMap {
    let is_hop =
        |name: &HeaderName| is_hop_by_hop(name) || (!keep_length && *name == CONTENT_LENGTH);
    if !provider.keys().any(is_hop) && !provider.contains_key(CONNECTION) {
        return provider;
    }
    let listed = connection_listed(&provider);
    let mut headers = HeaderMap::with_capacity(provider.len() + 4);
    for (name, value) in &provider {
        if passes(name, &listed) && (keep_length || *name != CONTENT_LENGTH) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

fn passes(name: &HeaderName, listed: &[HeaderName]) -> bool {
    !is_hop_by_hop(name) && !listed.contains(name)
}

/// RFC 9110 §7.6.1, and what only makes sense between two neighbours.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    *name == CONNECTION
        || *name == TRANSFER_ENCODING
        || *name == TE
        || *name == UPGRADE
        || *name == EXPECT
        || *name == TRAILER
        || *name == PROXY_AUTHORIZATION
        || *name == PROXY_AUTHENTICATE
        || matches!(
            name.as_str(),
            "keep-alive" | "proxy-connection" | "http2-settings"
        )
}

/// Names that `Connection` lists. Never more than the head's lines allow.
fn connection_listed(headers: &HeaderMap) -> Vec<HeaderName> {
    let mut listed = Vec::new();
    for value in headers.get_all(CONNECTION) {
        for name in value.as_bytes().split(|&byte| byte == b',') {
            let name = name.trim_ascii();
            let usual =
                name.eq_ignore_ascii_case(b"keep-alive") || name.eq_ignore_ascii_case(b"close");
            if !usual && let Ok(name) = HeaderName::from_bytes(name) {
                listed.push(name);
            }
        }
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn lines(headers: &HeaderMap) -> Vec<(&str, &str)> {
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect()
    }

    #[test]
    fn order_survives_and_only_host_length_and_credential_change() {
        let client = map(&[
            ("user-agent", "sdk"),
            ("host", "127.0.0.1:8080"),
            ("x-unknown", "1"),
            ("authorization", "Bearer mine"),
            ("content-length", "5"),
            ("connection", "keep-alive, x-hop"),
            ("x-hop", "2"),
            ("x-quotah-tags", "a=b"),
            ("anthropic-beta", "a,b"),
        ]);
        let host = HeaderValue::from_static("api.openai.com");
        let key = HeaderValue::from_static("Bearer theirs");
        let forward = Forward {
            host: Some(&host),
            credential: Some((&http::header::AUTHORIZATION, &key)),
            drop_credential: false,
            content_length: Some(7),
            extra: &[],
        };
        assert_eq!(
            lines(&forward_request(&client, &forward)),
            [
                ("user-agent", "sdk"),
                ("host", "api.openai.com"),
                ("x-unknown", "1"),
                ("authorization", "Bearer theirs"),
                ("content-length", "7"),
                ("anthropic-beta", "a,b"),
            ]
        );
    }

    #[test]
    fn a_clients_signature_goes_only_where_its_credential_goes() {
        let client = map(&[("x-amz-date", "20260101T000000Z"), ("x-amz-target", "t")]);
        let key = HeaderValue::from_static("Bearer theirs");
        for (credential, drop_credential, passed) in [
            (None, false, 2),
            (None, true, 1),
            (Some((&http::header::AUTHORIZATION, &key)), false, 2),
        ] {
            let forward = Forward {
                host: None,
                credential,
                drop_credential,
                content_length: None,
                extra: &[],
            };
            let headers = forward_request(&client, &forward);
            assert_eq!(headers.len(), passed);
            let is_clients = credential.is_none() && !drop_credential;
            assert_eq!(headers.contains_key("x-amz-date"), is_clients);
        }
    }

    #[test]
    fn a_key_of_ours_reaches_no_provider() {
        let client = map(&[("x-api-key", "sk-qh-aaaaaaaaaaaa-secret"), ("host", "a")]);
        let forward = Forward {
            host: None,
            credential: None,
            drop_credential: true,
            content_length: None,
            extra: &[],
        };
        assert_eq!(lines(&forward_request(&client, &forward)), []);
    }
}
