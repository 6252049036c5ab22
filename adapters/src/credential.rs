//! Where credentials stand in a request: finding the client's, placing ours, keeping both out of logs.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A place that a client or provider puts a credential in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialPlace {
    /// `authorization: Bearer …`, used by most; Anthropic's SDK from 2.0 on sends API keys that way too.
    Bearer,
    /// `x-api-key`, Anthropic's.
    XApiKey,
    /// `x-goog-api-key`, Gemini's.
    XGoogApiKey,
    /// `api-key`, Azure's.
    ApiKey,
    /// `?key=…`, Gemini's older habit.
    QueryKey,
}

/// Every header that may hold a credential: none of the client's is forwarded when ours takes its place.
pub const CREDENTIAL_HEADERS: [&str; 4] =
    ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/// Headers of a signature by AWS's scheme, beside `authorization`: no provider gets a client's along with
/// a credential of ours.
pub const SIGNATURE_HEADERS: [&str; 3] =
    ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

impl CredentialPlace {
    /// The header's name in lower case, `None` for the query.
    #[must_use]
    pub const fn header(self) -> Option<&'static str> {
        match self {
            Self::Bearer => Some("authorization"),
            Self::XApiKey => Some("x-api-key"),
            Self::XGoogApiKey => Some("x-goog-api-key"),
            Self::ApiKey => Some("api-key"),
            Self::QueryKey => None,
        }
    }

    /// What stands before the secret in the header.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer ",
            Self::XApiKey | Self::XGoogApiKey | Self::ApiKey | Self::QueryKey => "",
        }
    }
}

/// A credential that came with a request. Its `Debug` does not show the secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCredential<'a> {
    /// The secret, without scheme.
    pub secret: Cow<'a, [u8]>,
    /// Where it stood.
    pub place: CredentialPlace,
}

impl std::fmt::Debug for ClientCredential<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientCredential")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// The credentials of a request, in the order `authorization`, `x-api-key`, `x-goog-api-key`, `api-key`, `?key=`.
///
/// `header` looks a header up by its lower-case name; `query` is what follows the question mark.
/// Empty values and `authorization` schemes other than `Bearer` are none.
pub fn client_credentials<'a>(
    header: impl Fn(&'static str) -> Option<&'a [u8]>,
    query: Option<&'a str>,
) -> impl Iterator<Item = ClientCredential<'a>> {
    const HEADERS: [CredentialPlace; 4] = [
        CredentialPlace::Bearer,
        CredentialPlace::XApiKey,
        CredentialPlace::XGoogApiKey,
        CredentialPlace::ApiKey,
    ];
    let in_headers = HEADERS.into_iter().filter_map(move |place| {
        let value = header(place.header()?)?.trim_ascii();
        let secret = match place {
            CredentialPlace::Bearer => bearer(value)?,
            _ => value,
        };
        Some(ClientCredential {
            secret: Cow::Borrowed(secret),
            place,
        })
    });
    let in_query = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let secret = percent_decode(value.as_bytes());
            is_key(name).then_some(ClientCredential {
                secret,
                place: CredentialPlace::QueryKey,
            })
        });
    in_headers
        .chain(in_query)
        .filter(|credential| !credential.secret.is_empty())
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, secret) = value.split_at_checked("Bearer".len())?;
    let spaced = secret.first().is_some_and(u8::is_ascii_whitespace);
    (spaced && scheme.eq_ignore_ascii_case(b"Bearer")).then(|| secret.trim_ascii())
}

/// A path with its query but for `key=…`, for a provider that gets its credential elsewhere.
/// Everything else stays byte for byte, and in order.
#[must_use]
pub fn without_query_key(path_and_query: &str) -> Cow<'_, str> {
    edit_query(path_and_query, |pair| {
        if is_key(name(pair)) {
            Edit::Drop
        } else {
            Edit::Keep
        }
    })
}

/// A path with its query as logs may show it: the value of every parameter that could be a secret is `***`.
#[must_use]
pub fn redact_query(path_and_query: &str) -> Cow<'_, str> {
    edit_query(path_and_query, |pair| {
        if is_secret(name(pair)) {
            Edit::Redact
        } else {
            Edit::Keep
        }
    })
}

/// A path with a credential in its query: `name` and `secret` at the end, in place of any parameter of that name.
#[must_use]
pub fn with_query_credential(path_and_query: &str, name: &str, secret: &str) -> String {
    let is_named = |pair: &str| *percent_decode(self::name(pair).as_bytes()) == *name.as_bytes();
    let mut path = edit_query(path_and_query, |pair| {
        if is_named(pair) {
            Edit::Drop
        } else {
            Edit::Keep
        }
    })
    .into_owned();
    path.push(if path.contains('?') { '&' } else { '?' });
    encode_onto(name.as_bytes(), &mut path);
    path.push('=');
    encode_onto(secret.as_bytes(), &mut path);
    path
}

enum Edit {
    Keep,
    Drop,
    Redact,
}

fn edit_query(path_and_query: &str, edit: impl Fn(&str) -> Edit) -> Cow<'_, str> {
    let Some((path, query)) = path_and_query.split_once('?') else {
        return path_and_query.into();
    };
    if query
        .split('&')
        .all(|pair| matches!(edit(pair), Edit::Keep))
    {
        return path_and_query.into();
    }
    let mut edited = path.to_owned();
    let mut before = '?';
    for pair in query.split('&') {
        let (kept, secret) = match edit(pair) {
            Edit::Keep => (pair, ""),
            Edit::Drop => continue,
            Edit::Redact => (name(pair), "=***"),
        };
        edited.push(before);
        edited.push_str(kept);
        edited.push_str(secret);
        before = '&';
    }
    edited.into()
}

fn name(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

fn is_key(name: &str) -> bool {
    *percent_decode(name.as_bytes()) == *b"key"
}

/// Parameters that carry credentials somewhere among the providers, in any case.
fn is_secret(name: &str) -> bool {
    const SECRETS: [&[u8]; 8] = [
        b"key",
        b"api_key",
        b"api-key",
        b"apikey",
        b"access_token",
        b"token",
        b"signature",
        b"x-amz-signature",
    ];
    let name = percent_decode(name.as_bytes());
    SECRETS
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// A text as a query or a form has it: RFC 3986's unreserved characters as they are, all else as `%XX` in capitals.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    encode_onto(text.as_bytes(), &mut encoded);
    encoded
}

/// [`percent_encode`] onto the end of a text.
pub(crate) fn encode_onto(text: &[u8], encoded: &mut String) {
    for &byte in text {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // A String takes everything.
            write!(encoded, "%{byte:02X}").ok();
        }
    }
}

/// `%XX` read; anything that is no such escape stays as it is.
pub(crate) fn percent_decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'%') {
        return text.into();
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%'
            && let [high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            decoded.push(high << 4 | low);
            rest = after;
        } else {
            decoded.push(byte);
        }
    }
    decoded.into()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(
        headers: &[(&'static str, &'static str)],
        query: &'static str,
    ) -> Vec<(String, CredentialPlace)> {
        let header = |wanted: &str| {
            headers
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value.as_bytes())
        };
        client_credentials(header, Some(query))
            .map(|found| {
                (
                    String::from_utf8(found.secret.into_owned()).unwrap(),
                    found.place,
                )
            })
            .collect()
    }

    #[test]
    fn credentials_are_found_wherever_an_sdk_puts_them() {
        use CredentialPlace::*;
        let one = |secret: &str, place| vec![(secret.to_owned(), place)];
        assert_eq!(
            found(&[("authorization", "Bearer sk-1")], ""),
            one("sk-1", Bearer)
        );
        assert_eq!(
            found(&[("authorization", "bearer  sk-1 ")], ""),
            one("sk-1", Bearer)
        );
        assert_eq!(
            found(&[("x-api-key", "sk-2")], "beta=true"),
            one("sk-2", XApiKey)
        );
        assert_eq!(
            found(&[("x-goog-api-key", "AIza")], ""),
            one("AIza", XGoogApiKey)
        );
        assert_eq!(found(&[("api-key", "az")], ""), one("az", ApiKey));
        assert_eq!(found(&[], "alt=sse&key=AI%7Aa"), one("AIza", QueryKey));
        assert_eq!(
            found(
                &[("x-api-key", "b"), ("authorization", "Bearer a")],
                "key=c"
            )
            .len(),
            3
        );
        assert_eq!(
            found(
                &[("authorization", "Basic eDp5"), ("x-api-key", "")],
                "key=&monkey=1"
            ),
            []
        );
        assert_eq!(found(&[("authorization", "Bearersk-1")], ""), []);
    }

    #[test]
    fn a_query_loses_its_key_and_nothing_else() {
        for (query, without) in [
            ("/m?key=x", "/m"),
            ("/m?key=x&alt=sse", "/m?alt=sse"),
            ("/m?b=%20&key=x&a=1&&c", "/m?b=%20&a=1&&c"),
            ("/m?%6Bey=x&a=key=y", "/m?a=key=y"),
            ("/m?a=1&a=2", "/m?a=1&a=2"),
            ("/m?", "/m?"),
            ("/m", "/m"),
        ] {
            assert_eq!(without_query_key(query), without);
        }
    }

    #[test]
    fn a_credential_in_the_query_replaces_the_clients() {
        for (path, with) in [
            ("/m", "/m?api%20key=a%2Bb"),
            ("/m?alt=sse", "/m?alt=sse&api%20key=a%2Bb"),
            ("/m?api%20key=old&x=1", "/m?x=1&api%20key=a%2Bb"),
            ("/m?api%20key=old", "/m?api%20key=a%2Bb"),
        ] {
            assert_eq!(with_query_credential(path, "api key", "a+b"), with);
        }
    }

    #[test]
    fn logs_never_show_a_key() {
        assert_eq!(
            redact_query("/m?alt=sse&key=AIza&Key=b&%6bey=c"),
            "/m?alt=sse&key=***&Key=***&%6bey=***"
        );
        assert_eq!(redact_query("/m?api_key=x&q=1"), "/m?api_key=***&q=1");
        let shown = format!(
            "{:?}",
            client_credentials(|_| Some(b"Bearer secret"), None).next()
        );
        assert!(!shown.contains("secret"), "{shown}");
    }
}
