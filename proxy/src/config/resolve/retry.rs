//! `[retry]`, `[breaker]` and `[cache]`: figures that all routes share.

use std::ops::RangeInclusive;
use std::time::Duration;

use quotah_policy::{BreakerForm, RetryForm};

use super::super::amount::show_size;
use super::super::resolved::{CacheSettings, RetrySettings};
use super::super::section::{Part, Section};

/// How often a request is tried again.
pub(super) fn retry(root: &Section<'_>) -> RetrySettings {
    let usual = RetrySettings::default();
    let Some(section) = root.table("retry", "[retry]") else {
        return usual;
    };
    let s = &section;
    let span = |key, most_ms, usual: Duration| {
        let ms = s.integer(key, 0..=most_ms);
        ms.map_or(usual, Duration::from_millis)
    };
    let settings = RetrySettings {
        form: form(s, usual.form),
        same_deployment_max: count(s, "same_deployment_max", 1..=10)
            .unwrap_or(usual.same_deployment_max),
        hold: span("hold_ms", HOLD_MAX_MS, usual.hold),
        cooldown: span("cooldown_ms", COOLDOWN_MAX_MS, usual.cooldown),
        cooldown_quota: span("cooldown_quota_ms", QUOTA_MAX_MS, usual.cooldown_quota),
    };
    section.end();
    settings
}

fn form(section: &Section<'_>, usual: RetryForm) -> RetryForm {
    let wait = |key, usual| section.integer(key, 0..=BACKOFF_MAX_MS).unwrap_or(usual);
    let form = RetryForm {
        attempts_max: count(section, "attempts_max", 1..=10).unwrap_or(usual.attempts_max),
        budget_ratio_per_mille: per_mille(section, "budget_ratio")
            .unwrap_or(usual.budget_ratio_per_mille),
        budget_min_per_second: count(section, "budget_min_per_second", 0..=10_000)
            .unwrap_or(usual.budget_min_per_second),
        backoff_ms: wait("backoff_ms", usual.backoff_ms),
        backoff_max_ms: wait("backoff_max_ms", usual.backoff_max_ms),
    };
    if form.backoff_max_ms < form.backoff_ms {
        let (key, expected) = if section.is_present("backoff_max_ms") {
            let least = form.backoff_ms;
            let expected = format!("at least `backoff_ms`, which is {least}");
            ("backoff_max_ms", expected)
        } else {
            let most = form.backoff_max_ms;
            let expected = format!("at most `backoff_max_ms`, which is {most}");
            ("backoff_ms", expected)
        };
        section.invalid::<()>(key, section.place_of(key), &expected);
    }
    form
}

/// When a deployment is left alone.
pub(super) fn breaker(root: &Section<'_>) -> BreakerForm {
    let usual = BreakerForm::default();
    let Some(section) = root.table("breaker", "[breaker]") else {
        return usual;
    };
    let span_ms = |key, usual| {
        let seconds = section.integer(key, 1..=BREAKER_MAX_S);
        seconds.map_or(usual, |seconds| seconds * 1_000)
    };
    let form = BreakerForm {
        failures: count(&section, "failures", 0..=100).unwrap_or(usual.failures),
        window_ms: span_ms("window_s", usual.window_ms),
        open_ms: span_ms("open_s", usual.open_ms),
        failure_ratio_per_mille: per_mille(&section, "failure_ratio")
            .unwrap_or(usual.failure_ratio_per_mille),
    };
    section.end();
    form
}

/// How much is kept of answers, and how long.
pub(super) fn cache(root: &Section<'_>) -> CacheSettings {
    let usual = CacheSettings::default();
    let Some(section) = root.table("cache", "[cache]") else {
        return usual;
    };
    let bytes_max = section.size("bytes_max", 1_024..=1 << 40);
    let bytes_max = bytes_max.unwrap_or(usual.bytes_max);
    let written = section.size("answer_bytes_max", 1_024..=1 << 30);
    if written.is_some_and(|bytes| bytes > bytes_max) {
        let expected = format!("at most `bytes_max`, which is {}", show_size(bytes_max));
        let place = section.place_of("answer_bytes_max");
        section.invalid::<()>("answer_bytes_max", place, &expected);
    }
    let settings = CacheSettings {
        bytes_max,
        ttl: section.span("ttl").unwrap_or(usual.ttl),
        answer_bytes_max: written.unwrap_or(usual.answer_bytes_max).min(bytes_max),
    };
    section.end();
    settings
}

/// A whole number that is never large.
fn count(section: &Section<'_>, key: &'static str, range: RangeInclusive<u64>) -> Option<u32> {
    u32::try_from(section.integer(key, range)?).ok()
}

/// A part of one, in thousandths.
fn per_mille(section: &Section<'_>, key: &'static str) -> Option<u16> {
    u16::try_from(section.part(key, Part::PerMille, 0)?).ok()
}

/// A minute: a client waits no longer for the next try.
const BACKOFF_MAX_MS: u64 = 60_000;

/// Ten seconds: what begins a stream comes sooner.
const HOLD_MAX_MS: u64 = 10_000;

/// An hour.
const COOLDOWN_MAX_MS: u64 = 3_600_000;

/// A day: quotas come back by the day or by hand.
const QUOTA_MAX_MS: u64 = 86_400_000;

/// An hour: what failed before says nothing about now.
const BREAKER_MAX_S: u64 = 3_600;
