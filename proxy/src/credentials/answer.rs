//! What token endpoints answer: OAuth's JSON and its errors, and the little XML of AWS's STS.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::TokenError;
use super::bearer;
use super::tokens::{Minted, What};
use crate::clock;

/// RFC 6749 §5.1; Azure's metadata servers write numbers as texts.
#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    expires_in: Value,
    /// Seconds since 1970: all that Azure's service identity gives.
    #[serde(default)]
    expires_on: Value,
}

/// A bearer token out of an OAuth answer.
///
/// # Errors
/// [`TokenError`] when the server refused or gave something else.
pub(super) fn oauth((status, body): (StatusCode, Bytes)) -> Result<Minted, TokenError> {
    if !status.is_success() {
        return Err(refused(status, &body));
    }
    let token: Token = serde_json::from_slice(&body).map_err(|_| TokenError::Nonsense)?;
    let until = |at: u64| Duration::from_secs(at).saturating_sub(since_1970());
    let lifetime = seconds(&token.expires_in).map(Duration::from_secs);
    let lifetime = lifetime.or_else(|| seconds(&token.expires_on).map(until));
    let grant = bearer(token.access_token.trim()).ok_or(TokenError::Nonsense)?;
    Ok(Minted {
        what: What::Bearer(grant),
        lifetime: lifetime.unwrap_or(LIFETIME_UNSAID),
    })
}

/// Seconds as a number or a text.
fn seconds(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// How long until a time as RFC 3339 has it; zero when it is over.
pub(super) fn until(rfc3339: &str) -> Option<Duration> {
    let at = crate::time::parse_when(rfc3339, 0)?;
    Some(Duration::from_millis(at).saturating_sub(since_1970()))
}

fn since_1970() -> Duration {
    Duration::from_millis(clock::unix_ms())
}

/// A refusal, with the server's own word for it: OAuth's `error`, AWS's `code`, STS's `<Code>`.
pub(super) fn refused(status: StatusCode, body: &[u8]) -> TokenError {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let word = json
        .get("error")
        .or_else(|| json.get("code"))
        .or_else(|| json.get("Code"));
    let text = std::str::from_utf8(body).unwrap_or_default();
    let word = word
        .and_then(Value::as_str)
        .or_else(|| element(text, "Code"));
    let is_plain = |word: &&str| {
        word.len() <= 64 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    TokenError::Refused {
        status: status.as_u16(),
        code: word.filter(is_plain).unwrap_or_default().to_owned(),
    }
}

/// The text of the first element of this name. STS nests no two of one name.
pub(super) fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.trim())
}

/// For a server that does not say: short enough to be safe.
const LIFETIME_UNSAID: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    fn lifetime(body: &str) -> Result<u64, TokenError> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        oauth((StatusCode::OK, body)).map(|minted| minted.lifetime.as_secs())
    }

    #[test]
    fn lifetimes_are_read_in_every_spelling() {
        assert_eq!(
            lifetime(r#"{"access_token":"a","expires_in":3599}"#),
            Ok(3_599)
        );
        assert_eq!(
            lifetime(r#"{"access_token":"a","expires_in":"86399"}"#),
            Ok(86_399)
        );
        assert_eq!(lifetime(r#"{"access_token":"a"}"#), Ok(300));
        let on = clock::unix_ms() / 1_000 + 100;
        let on = lifetime(&format!(r#"{{"access_token":"a","expires_on":"{on}"}}"#));
        assert!((98..=100).contains(&on.unwrap()));
        assert_eq!(lifetime(r#"{"access_token":"a","expires_on":"5"}"#), Ok(0));
        assert_eq!(
            lifetime(r#"{"access_token":"a\nb"}"#),
            Err(TokenError::Nonsense)
        );
        assert_eq!(lifetime("[]"), Err(TokenError::Nonsense));
    }

    #[test]
    fn a_refusal_keeps_the_servers_word_and_nothing_else() {
        for (body, code) in [
            (
                r#"{"error":"invalid_grant","error_description":"secret"}"#,
                "invalid_grant",
            ),
            (r#"{"error":"a secret value!"}"#, ""),
            (
                "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
                "AccessDenied",
            ),
            ("<html>", ""),
        ] {
            let code = code.to_owned();
            let refused = refused(StatusCode::FORBIDDEN, body.as_bytes());
            assert_eq!(refused, TokenError::Refused { status: 403, code });
        }
    }
}
