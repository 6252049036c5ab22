//! Faces in JSON: of entries as `/admin/v1/requests` and `quotah export` show them, of adjustments,
//! events and reports. [`Whole`] is an entry with everything that spoke for its deployment.
//!
//! Times are RFC 3339 in UTC, ids are UUID text, money is an exact decimal string `…_usd` beside an
//! integer `…_nanousd`. Empty labels are `null`.

mod decision;

use quotah_policy::UsageSource;
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::entry::{Attempt, Entry, Tag, nanousd, units};
use super::note::{Adjustment, Event, Picos};
use super::rollup::Sums;
use super::usage::{UsageReport, UsageRow};
pub(crate) use decision::share;

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        fields(&mut map, self)?;
        map.end()
    }
}

/// An entry with its decision, which lists and exports leave out: it may have sixteen candidates.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a>(pub &'a Entry);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        fields(&mut map, self.0)?;
        map.serialize_entry("decision", &self.0.decision)?;
        map.end()
    }
}

fn fields<M: SerializeMap>(map: &mut M, entry: &Entry) -> Result<(), M::Error> {
    map.serialize_entry("id", &entry.id().to_string())?;
    map.serialize_entry("client_request_id", &word(&entry.client_request_id))?;
    map.serialize_entry("role", &word(&entry.role))?;
    map.serialize_entry("parent", &entry.parent().map(|id| id.to_string()))?;
    map.serialize_entry("at", &rfc3339(entry.at_unix_ms))?;
    map.serialize_entry("key", &word(&entry.key))?;
    map.serialize_entry("team", &word(&entry.team))?;
    map.serialize_entry("user", &word(&entry.user))?;
    map.serialize_entry("project", &word(&entry.project))?;
    map.serialize_entry("tags", &Tags(&entry.tags))?;
    map.serialize_entry("dialect", &word(&entry.dialect))?;
    map.serialize_entry("operation", &word(&entry.operation))?;
    map.serialize_entry("model_asked", &word(&entry.model_asked))?;
    map.serialize_entry("model_sent", &word(&entry.model_sent))?;
    map.serialize_entry("model_answered", &word(&entry.model_answered))?;
    map.serialize_entry("route", &word(&entry.route))?;
    map.serialize_entry("provider", &word(&entry.provider))?;
    map.serialize_entry("deployment", &word(&entry.deployment))?;
    map.serialize_entry("attempts", &entry.attempts)?;
    map.serialize_entry("status", &entry.status)?;
    map.serialize_entry("outcome", entry.outcome().as_str())?;
    map.serialize_entry("reason", &word(&entry.reason))?;
    map.serialize_entry("stream", &entry.stream)?;
    tokens(map, entry)?;
    money(map, entry)?;
    map.serialize_entry("duration_ms", &entry.duration_ms)?;
    map.serialize_entry("ttft_ms", &entry.ttft_ms)?;
    map.serialize_entry("overhead_us", &entry.overhead_us)?;
    map.serialize_entry("client_ip", &word(&entry.client_ip))?;
    map.serialize_entry("user_agent", &word(&entry.user_agent))?;
    map.serialize_entry("request_bytes", &entry.request_bytes)?;
    map.serialize_entry("response_bytes", &entry.response_bytes)?;
    map.serialize_entry("prompt_bytes", &entry.prompt_bytes)?;
    map.serialize_entry("output_bytes", &entry.output_bytes)?;
    map.serialize_entry("max_tokens_lowered_to", &entry.max_tokens_lowered_to)?;
    map.serialize_entry("cache", &word(&entry.cache))?;
    map.serialize_entry("translated_to", &word(&entry.translated_to))?;
    map.serialize_entry("dropped", &entry.dropped)?;
    let saved = entry.saved_picousd;
    map.serialize_entry("saved_usd", &saved.map(|pico| usd(pico.into())))?;
    map.serialize_entry("saved_nanousd", &saved.map(nanousd))?;
    Ok(())
}

impl Serialize for Attempt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("provider", &word(&self.provider))?;
        map.serialize_entry("deployment", &word(&self.deployment))?;
        map.serialize_entry("credential", &word(&self.credential))?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("error_class", &word(&self.error_class))?;
        map.serialize_entry("backoff_ms", &self.backoff_ms)?;
        map.serialize_entry("duration_ms", &self.duration_ms)?;
        map.end()
    }
}

impl Serialize for Adjustment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id().to_string())?;
        map.serialize_entry("at", &rfc3339(self.at_unix_ms))?;
        map.serialize_entry("budget", &self.budget)?;
        map.serialize_entry("account", &word(&self.account))?;
        map.serialize_entry("amount_usd", &usd(self.amount_picousd.into()))?;
        map.serialize_entry("actor", &word(&self.actor))?;
        map.serialize_entry("reason", &word(&self.reason))?;
        map.end()
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let dollars = |amount: Option<Picos>| amount.map(|amount| usd(amount.value()));
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id().to_string())?;
        map.serialize_entry("at", &rfc3339(self.at_unix_ms))?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("budget", &word(&self.budget))?;
        map.serialize_entry("account", &word(&self.account))?;
        map.serialize_entry("threshold", &word(&self.threshold))?;
        map.serialize_entry("spent_usd", &dollars(self.spent))?;
        map.serialize_entry("limit_usd", &dollars(self.limit))?;
        map.serialize_entry("window_start", &rfc3339(self.window_start_unix_ms))?;
        map.serialize_entry("resets_at", &self.resets_at_unix_ms.map(rfc3339))?;
        map.serialize_entry("mode", &word(&self.mode))?;
        map.end()
    }
}

impl Serialize for UsageReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("from", &rfc3339(self.from_ms))?;
        map.serialize_entry("to", &rfc3339(self.to_ms))?;
        map.serialize_entry("items", &self.rows)?;
        map.serialize_entry("total", &self.total)?;
        map.end()
    }
}

impl Serialize for UsageRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("start", &rfc3339(self.start_ms))?;
        map.serialize_entry("end", &rfc3339(self.end_ms))?;
        map.serialize_entry("group", &Labelled(&self.group))?;
        sums(&mut map, &self.sums)?;
        map.end()
    }
}

/// A group as one JSON object, in the order asked for.
struct Labelled<'a>(&'a [(String, String)]);

impl Serialize for Labelled<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        sums(&mut map, self)?;
        map.end()
    }
}

/// A money amount as an exact decimal string of dollars: at least two decimals, at most twelve.
///
/// ```
/// use quotah::ledger::usd;
/// assert_eq!(usd(1_500_000_000_000), "1.50");
/// assert_eq!(usd(-123), "-0.000000000123");
/// ```
#[must_use]
pub fn usd(picousd: i128) -> String {
    let sign = if picousd < 0 { "-" } else { "" };
    let amount = picousd.unsigned_abs();
    let (whole, part) = (amount / PICOS_PER_USD, amount % PICOS_PER_USD);
    let digits = format!("{part:012}");
    let kept = digits.trim_end_matches('0').len().max(2);
    format!("{sign}{whole}.{}", &digits[..kept])
}

/// Milliseconds since 1970 as RFC 3339 in UTC; times that no calendar has are shown as its last.
pub(super) fn rfc3339(unix_ms: u64) -> String {
    i64::try_from(unix_ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .unwrap_or(jiff::Timestamp::MAX)
        .to_string()
}

/// Picodollars in a dollar.
const PICOS_PER_USD: u128 = 1_000_000_000_000;

fn tokens<M: SerializeMap>(map: &mut M, entry: &Entry) -> Result<(), M::Error> {
    map.serialize_entry("input_tokens", &entry.input_tokens)?;
    map.serialize_entry("cached_input_tokens", &entry.cached_input_tokens)?;
    map.serialize_entry("cache_write_tokens", &entry.cache_write_tokens)?;
    map.serialize_entry("cache_write_long_tokens", &entry.cache_write_long_tokens)?;
    map.serialize_entry("output_tokens", &entry.output_tokens)?;
    map.serialize_entry("reasoning_tokens", &entry.reasoning_tokens)?;
    map.serialize_entry("input_audio_tokens", &entry.input_audio_tokens)?;
    map.serialize_entry("cached_audio_tokens", &entry.cached_audio_tokens)?;
    map.serialize_entry("output_audio_tokens", &entry.output_audio_tokens)?;
    map.serialize_entry("input_image_tokens", &entry.input_image_tokens)?;
    map.serialize_entry("output_image_tokens", &entry.output_image_tokens)?;
    map.serialize_entry("web_search_requests", &entry.web_search_requests)?;
    map.serialize_entry("cached_image_tokens", &entry.cached_image_tokens)?;
    map.serialize_entry("input_video_tokens", &entry.input_video_tokens)?;
    map.serialize_entry("output_video_tokens", &entry.output_video_tokens)?;
    map.serialize_entry("units", &units(&entry.units))?;
    map.serialize_entry(
        "usage_source",
        UsageSource::from(entry.usage_source()).as_str(),
    )
}

fn money<M: SerializeMap>(map: &mut M, entry: &Entry) -> Result<(), M::Error> {
    let dollars = |pico: Option<i64>| pico.map(|pico| usd(pico.into()));
    map.serialize_entry("cost_usd", &dollars(entry.cost_picousd))?;
    map.serialize_entry("cost_nanousd", &entry.cost_nanousd())?;
    map.serialize_entry("cost_picousd", &entry.cost_picousd)?;
    map.serialize_entry("cost_source", entry.cost_source().as_str())?;
    map.serialize_entry("price_version", &word(&entry.price_version))?;
    map.serialize_entry("service_tier", &word(&entry.service_tier))?;
    map.serialize_entry("table_cost_usd", &dollars(entry.table_cost_picousd))?;
    let corrected = entry.corrected_at_unix_ms;
    map.serialize_entry("corrected_at", &(corrected > 0).then(|| rfc3339(corrected)))?;
    map.serialize_entry(
        "would_have_cost_usd",
        &dollars(entry.would_have_cost_picousd),
    )?;
    let rejected = entry.would_have_cost_picousd.map(nanousd);
    map.serialize_entry("would_have_cost_nanousd", &rejected)?;
    map.serialize_entry("alternative", &word(&entry.alternative))?;
    let reserved = Some(entry.reserved_picousd).filter(|reserved| *reserved != 0);
    map.serialize_entry("reserved_usd", &dollars(reserved))?;
    map.serialize_entry("charged_usd", &dollars(entry.charged_picousd))
}

fn sums<M: SerializeMap>(map: &mut M, sums: &Sums) -> Result<(), M::Error> {
    let usage = &sums.usage;
    map.serialize_entry("requests", &sums.requests)?;
    map.serialize_entry("errors", &sums.errors)?;
    map.serialize_entry("unpriced", &sums.unpriced())?;
    map.serialize_entry("input_tokens", &usage.input_tokens)?;
    map.serialize_entry("cached_input_tokens", &usage.cached_input_tokens)?;
    map.serialize_entry("cache_write_tokens", &usage.cache_write_tokens)?;
    map.serialize_entry("cache_write_long_tokens", &usage.cache_write_long_tokens)?;
    map.serialize_entry("output_tokens", &usage.output_tokens)?;
    map.serialize_entry("reasoning_tokens", &usage.reasoning_tokens)?;
    map.serialize_entry("input_audio_tokens", &usage.input_audio_tokens)?;
    map.serialize_entry("cached_audio_tokens", &usage.cached_audio_tokens)?;
    map.serialize_entry("output_audio_tokens", &usage.output_audio_tokens)?;
    map.serialize_entry("input_image_tokens", &usage.input_image_tokens)?;
    map.serialize_entry("output_image_tokens", &usage.output_image_tokens)?;
    map.serialize_entry("web_search_requests", &usage.web_search_requests)?;
    map.serialize_entry("cached_image_tokens", &usage.cached_image_tokens)?;
    map.serialize_entry("input_video_tokens", &usage.input_video_tokens)?;
    map.serialize_entry("output_video_tokens", &usage.output_video_tokens)?;
    map.serialize_entry("units", &usage.units)?;
    map.serialize_entry("cost_usd", &usd(sums.cost_picousd))?;
    // Rounded half up, as an entry's; a sum is rounded once, not the sum of rounded entries.
    map.serialize_entry("cost_nanousd", &(sums.cost_picousd + 500).div_euclid(1_000))
}

/// Tags as one JSON object.
struct Tags<'a>(&'a [Tag]);

impl Serialize for Tags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|tag| (&tag.name, &tag.value)))
    }
}

fn word(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::entry::Decision;
    use crate::ledger::terms::Outcome;
    use uuid::Uuid;

    #[test]
    fn an_entry_shows_exact_dollars_utc_time_and_uuid_text() {
        let mut entry = Entry {
            at_unix_ms: 1_763_685_000_123,
            cost_picousd: Some(1_234_500),
            tags: vec![Tag {
                name: "feature".into(),
                value: "chat".into(),
            }],
            ..Entry::default()
        };
        entry.set_id(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0001));
        entry.set_outcome(Outcome::ClientGone);
        let json = serde_json::to_value(&entry).expect("serializes");
        assert_eq!(json["id"], "01990000-0000-7000-8000-000000000001");
        assert_eq!(json["at"], "2025-11-21T00:30:00.123Z");
        assert_eq!(json["cost_usd"], "0.0000012345");
        assert_eq!(json["cost_nanousd"], 1_235);
        assert_eq!(json["tags"]["feature"], "chat");
        assert_eq!(json["outcome"], "client_gone");
        assert_eq!(json["team"], serde_json::Value::Null);
    }

    #[test]
    fn the_decision_is_shown_with_the_whole_entry_alone() {
        let mut entry = Entry {
            role: "hedge".to_owned(),
            route: "fast".to_owned(),
            parent_lo: 7,
            decision: Some(Decision::default()),
            attempts: vec![Attempt {
                credential: "team-a".to_owned(),
                backoff_ms: 90,
                ..Attempt::default()
            }],
            ..Entry::default()
        };
        let whole = serde_json::to_value(Whole(&entry)).expect("serializes");
        assert_eq!(whole["decision"]["because"], "none could be called");
        let listed = serde_json::to_value(&entry).expect("serializes");
        assert_eq!(listed.get("decision"), None);
        assert_eq!(
            (&listed["role"], &listed["route"]),
            (&"hedge".into(), &"fast".into())
        );
        assert_eq!(listed["parent"], "00000000-0000-0000-0000-000000000007");
        let attempt = &listed["attempts"][0];
        assert_eq!(
            (&attempt["credential"], &attempt["backoff_ms"]),
            (&"team-a".into(), &90.into())
        );
        entry.role = String::new();
        let own = serde_json::to_value(&entry).expect("serializes");
        assert_eq!(
            (&own["role"], &own["parent"]),
            (&serde_json::Value::Null, &serde_json::Value::Null)
        );
    }

    #[test]
    fn dollars_keep_every_picodollar() {
        for (pico, text) in [
            (0, "0.00"),
            (1, "0.000000000001"),
            (10_000_000_000, "0.01"),
            (1_000_000_000_000, "1.00"),
            (-2_500_000_000_000, "-2.50"),
        ] {
            assert_eq!(usd(pico), text);
        }
    }
}
