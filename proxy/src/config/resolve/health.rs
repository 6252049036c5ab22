//! `health_check` of a `[[providers]]` row: how it is asked whether it is well.

use std::time::Duration;

use http::uri::PathAndQuery;

use super::super::resolved::HealthCheck;
use super::super::section::Section;

/// What is asked, how often, how long an answer may take; `None` when nobody is to ask.
pub(super) fn health_check(row: &Section<'_>) -> Option<HealthCheck> {
    let section = row.table("health_check", "`health_check` in [[providers]]")?;
    let path = section.required("path", ": such as \"/v1/models\", below the base URL");
    let path = path.and_then(|at| {
        let fits = at.value.starts_with('/') && PathAndQuery::try_from(at.value).is_ok();
        if fits {
            return Some(at.value.to_owned());
        }
        section.invalid("path", &at.place, "a path that begins with `/`")
    });
    let interval = section.integer("interval_s", 1..=INTERVAL_MAX_S);
    let interval = Duration::from_secs(interval.unwrap_or(INTERVAL_S));
    let timeout = section.integer("timeout_ms", 1..=TIMEOUT_MAX_MS);
    let timeout = Duration::from_millis(timeout.unwrap_or(TIMEOUT_MS));
    if section.is_present("timeout_ms") && timeout > interval {
        let expected = format!("at most `interval_s`, which is {}", interval.as_secs());
        section.invalid::<()>("timeout_ms", section.place_of("timeout_ms"), &expected);
    }
    section.end();
    Some(HealthCheck {
        path: path?,
        interval,
        timeout: timeout.min(interval),
    })
}

/// A provider that is down is known to be within some ten seconds, at six requests a minute.
const INTERVAL_S: u64 = 10;

/// An hour: what is asked less often says nothing.
const INTERVAL_MAX_S: u64 = 3_600;

/// A list of models comes within a fraction of a second.
const TIMEOUT_MS: u64 = 2_000;

/// A minute: slower is not well.
const TIMEOUT_MAX_MS: u64 = 60_000;
