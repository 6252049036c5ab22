//! Bodies of writes: JSON whose faults name their field, and preconditions.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::Problem;
use super::store::WriteError;

/// Members of an object as they were written: numbers that are money are never read as floats.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// The members of a body.
pub(super) fn members(body: &[u8]) -> Result<Members, Problem> {
    let members = serde_json::from_slice::<Members>(body);
    members.map_err(|e| Problem::field("", format!("the body is no JSON object: {e}")))
}

/// A form out of its members; the first fault, with its field.
pub(super) fn form<T: DeserializeOwned>(members: &Members) -> Result<T, Problem> {
    let text = serde_json::to_string(members).unwrap_or_default();
    let mut reader = serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(&mut reader).map_err(|fault| {
        let detail = fault.inner().to_string();
        // What is missing has no path of its own: serde names it between backticks.
        let is_missing = detail.starts_with("missing field");
        let name = detail.split('`').nth(1).filter(|_| is_missing);
        let path = fault.path().to_string();
        let path = if path == "." { "" } else { &path };
        let dot = if path.is_empty() || name.is_none() {
            ""
        } else {
            "."
        };
        let field = format!("{path}{dot}{}", name.unwrap_or_default());
        // Places in our own copy of the text would mislead.
        let detail = detail.split(" at line ").next().unwrap_or_default();
        Problem::field(field, detail)
    })
}

/// A member that holds this value.
pub(super) fn member(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// The digest of what a write may change: its `ETag`.
#[must_use]
pub fn etag(state: &impl Serialize) -> String {
    let text = serde_json::to_vec(state).unwrap_or_default();
    let digest = Sha256::digest(text);
    let digest = digest.iter().take(8);
    let hex = digest.fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("\"{hex}\"")
}

/// An `ETag` as a header line.
pub(super) fn etag_line(etag: &str) -> [(header::HeaderName, HeaderValue); 1] {
    let value = HeaderValue::from_str(etag).unwrap_or(HeaderValue::from_static("\"\""));
    [(header::ETAG, value)]
}

/// The states that a write is meant for: `If-Match`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Vec<String>);

impl IfMatch {
    /// What a request asks for, if anything.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(header::IF_MATCH).iter();
        let tags = lines.flat_map(|line| line.to_str().unwrap_or_default().split(','));
        let tags: Vec<String> = tags.map(|tag| tag.trim().to_owned()).collect();
        (!tags.is_empty()).then_some(Self(tags))
    }

    /// One state alone.
    pub(super) fn exactly(etag: String) -> Self {
        Self(vec![etag])
    }

    /// Whether something of this [`etag`] is meant.
    #[must_use]
    pub fn allows(&self, etag: &str) -> bool {
        self.0.iter().any(|tag| tag == "*" || tag == etag)
    }
}

impl Problem {
    /// Why a `noun` was not changed.
    pub(super) fn write(noun: &str, error: WriteError) -> Self {
        let status = match error {
            WriteError::Unknown => return Self::unknown(noun),
            WriteError::Field { field, detail } => return Self::field(field, detail),
            WriteError::Exists
            | WriteError::Configured
            | WriteError::Revoked
            | WriteError::TooMany(_) => StatusCode::CONFLICT,
            WriteError::Stale => StatusCode::PRECONDITION_FAILED,
            WriteError::Storage(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, format!("{noun}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use quotah_policy::budget::BudgetForm;

    use super::*;

    fn fault(body: &str) -> String {
        let members = members(body.as_bytes()).expect("an object");
        let fault = form::<BudgetForm>(&members).expect_err("a fault");
        format!("{fault:?}")
    }

    #[test]
    fn a_fault_names_its_field() {
        for (body, field) in [
            (r#"{"limit_usd":"1","lmit":2}"#, "lmit"),
            (r#"{"id":"x"}"#, "limit_usd"),
            (r#"{"limit_usd":"1","match":{"team":1}}"#, "match.team"),
            (r#"{"limit_usd":"1","window":7}"#, "window"),
        ] {
            let said = fault(body);
            let wanted = format!("\"field\": String(\"{field}\")");
            assert!(said.contains(&wanted), "{body}: {said}");
        }
    }

    #[test]
    fn money_without_quotes_is_read_to_the_last_digit() {
        let members = members(br#"{"limit_usd":0.100000000000000001}"#).expect("an object");
        let form: BudgetForm = form(&members).expect("read");
        assert_eq!(form.limit_usd.0, "0.100000000000000001");
    }

    #[test]
    fn a_change_needs_the_state_it_was_meant_for() {
        let mut headers = HeaderMap::new();
        assert_eq!(IfMatch::of(&headers), None);
        headers.insert(header::IF_MATCH, HeaderValue::from_static("\"b\", \"a\""));
        let given = IfMatch::of(&headers).expect("given");
        assert!(given.allows("\"a\"") && !given.allows("\"c\""));
        headers.insert(header::IF_MATCH, HeaderValue::from_static("*"));
        assert!(IfMatch::of(&headers).expect("given").allows("\"c\""));
    }
}
