//! What is said of a key on the command line, as the words of a form or of a patch.

use clap::Args;
use quotah_policy::{KeyError, KeyForm};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Fault;
use crate::clock;
use crate::registry::RegistryError;
use crate::time::rfc3339;

#[derive(Debug, Args)]
pub(super) struct Words {
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// Whose it is
    #[arg(long)]
    team: Option<String>,
    /// Whose it is
    #[arg(long)]
    user: Option<String>,
    /// What it is for
    #[arg(long)]
    project: Option<String>,
    /// A further label; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    tag: Vec<String>,
    /// A model that it may use, such as gpt-*; may be repeated [default: all]
    #[arg(long, value_delimiter = ',')]
    model: Vec<String>,
    /// A provider that it may use; may be repeated [default: all]
    #[arg(long, value_delimiter = ',')]
    provider: Vec<String>,
    /// An operation that it may use, by its name in the ledger; may be repeated [default: all]
    #[arg(long, value_delimiter = ',')]
    operation: Vec<String>,
    /// A network that its clients may call from, such as 10.0.0.0/8; may be repeated [default: any]
    #[arg(long, value_delimiter = ',')]
    network: Vec<String>,
    /// Until when it is valid: RFC 3339, a day (UTC), or a time from now such as 12h or 30d
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// Most that it may spend in a window, USD
    #[arg(long, value_name = "USD")]
    budget: Option<String>,
    /// hour, day, week, month, quarter, year or total [default: month]
    #[arg(long)]
    window: Option<String>,
    /// Whose calendar the window is of [default: UTC]
    #[arg(long)]
    timezone: Option<String>,
    /// hard refuses at the limit, soft only tells [default: hard]
    #[arg(long)]
    mode: Option<String>,
    #[arg(long, value_name = "COUNT")]
    requests_per_minute: Option<u32>,
    #[arg(long, value_name = "COUNT")]
    requests_per_hour: Option<u32>,
    #[arg(long, value_name = "COUNT")]
    requests_per_day: Option<u32>,
    #[arg(long, value_name = "COUNT")]
    tokens_per_minute: Option<u64>,
    /// Requests at once
    #[arg(long, value_name = "COUNT")]
    concurrent: Option<u32>,
    /// Of these, streams
    #[arg(long, value_name = "COUNT")]
    concurrent_streams: Option<u32>,
}

impl Words {
    /// The form of a new key.
    pub(super) fn form(&self) -> Result<KeyForm, Fault> {
        let words = Value::Object(self.members()?);
        Ok(KeyForm::from_json(&words.to_string()).map_err(RegistryError::from)?)
    }

    /// The patch of a known key.
    pub(super) fn patch(&self, unset: &[String]) -> Result<Box<RawValue>, Fault> {
        let mut members = self.members()?;
        for field in unset {
            if !FIELDS.contains(&&**field) {
                return Err(Fault::Usage(format!("--unset: there is no `{field}`")));
            }
            members.insert(field.clone(), Value::Null);
        }
        if members.is_empty() {
            return Err(Fault::Usage("nothing is to be changed".to_owned()));
        }
        let text = Value::Object(members).to_string();
        let patch = RawValue::from_string(text);
        Ok(patch.map_err(|fault| RegistryError::from(KeyError::Words(fault.to_string())))?)
    }

    fn members(&self) -> Result<Map<String, Value>, Fault> {
        let mut tags = Map::new();
        for tag in &self.tag {
            let Some((name, value)) = tag.split_once('=') else {
                return Err(Fault::Usage(format!(
                    "--tag must be NAME=VALUE, not {tag:?}"
                )));
            };
            tags.insert(name.to_owned(), value.into());
        }
        let budget = [
            ("limit_usd", json!(self.budget)),
            ("window", json!(self.window)),
            ("timezone", json!(self.timezone)),
            ("mode", json!(self.mode)),
        ];
        let limits = [
            ("requests_per_minute", json!(self.requests_per_minute)),
            ("requests_per_hour", json!(self.requests_per_hour)),
            ("requests_per_day", json!(self.requests_per_day)),
            ("tokens_per_minute", json!(self.tokens_per_minute)),
            ("concurrent", json!(self.concurrent)),
            ("concurrent_streams", json!(self.concurrent_streams)),
        ];
        let words = [
            ("name", json!(self.name)),
            ("team", json!(self.team)),
            ("user", json!(self.user)),
            ("project", json!(self.project)),
            ("tags", tags.into()),
            ("models", json!(self.model)),
            ("providers", json!(self.provider)),
            ("operations", json!(self.operation)),
            ("networks", json!(self.network)),
            ("expires_at", json!(self.expires()?)),
            ("budget", said(budget).into()),
            ("limits", said(limits).into()),
        ];
        Ok(said(words))
    }

    fn expires(&self) -> Result<Option<String>, Fault> {
        let Some(text) = &self.expires else {
            return Ok(None);
        };
        // What is no time from now is for the form to read.
        let from_now = span_ms(text).map(|span| rfc3339(clock::unix_ms().saturating_add(span)));
        Ok(Some(from_now.unwrap_or_else(|| text.clone())))
    }
}

/// Those that were said.
fn said<const N: usize>(words: [(&str, Value); N]) -> Map<String, Value> {
    let is_said = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    };
    let said = words.into_iter().filter(|(_, value)| is_said(value));
    said.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Reads `90s`, `30m`, `1h`, `7d` as milliseconds.
pub(super) fn span_ms(text: &str) -> Option<u64> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then_some(())?;
    digits.parse::<u64>().ok()?.checked_mul(unit_ms)
}

/// What can be taken away.
const FIELDS: [&str; 13] = [
    "name",
    "team",
    "user",
    "project",
    "tags",
    "models",
    "providers",
    "operations",
    "networks",
    "expires_at",
    "budget",
    "limits",
    "guards",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit() {
        for (text, ms) in [
            ("90s", Some(90_000)),
            ("1h", Some(3_600_000)),
            ("30d", Some(2_592_000_000)),
            ("0s", Some(0)),
            ("s", None),
            ("1", None),
            ("1w", None),
            ("-1d", None),
            ("", None),
        ] {
            assert_eq!(span_ms(text), ms, "{text}");
        }
    }
}
