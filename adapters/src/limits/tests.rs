//! Real header values, and some that are none.

mod headers;
mod refusals;

use proptest::prelude::*;

use super::*;

/// 2026-11-21T00:00:00Z.
const NOW: u64 = 1_795_219_200_000;

/// Reads header lines as a provider of this kind means them.
fn read(provider: &str, lines: &str) -> Vec<String> {
    read_by(LimitFormats::of(provider), lines, NOW)
}

fn read_by(formats: &LimitFormats, lines: &str, now: u64) -> Vec<String> {
    let lines = lines
        .lines()
        .filter_map(|line| line.trim().split_once(": "));
    let headers = lines.map(|(name, value)| (name, value.as_bytes()));
    said(&limits(formats, headers, now), now)
}

/// `kind/window: remaining of limit, +ms until the reset` (`-ms` since).
fn said(limits: &Limits, now: u64) -> Vec<String> {
    let or_none = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    let row = |l: &Limit| {
        let window = or_none(l.window_seconds.map(u64::from));
        let (remaining, limit) = (or_none(l.remaining), or_none(l.limit));
        let reset = l.reset_at_unix_ms.map_or_else(String::new, |at| {
            at.checked_sub(now)
                .map_or_else(|| format!(", -{}", now - at), |ms| format!(", +{ms}"))
        });
        format!(
            "{}/{window}: {remaining} of {limit}{reset}",
            l.kind.as_str()
        )
    };
    limits.as_slice().iter().map(row).collect()
}

#[test]
fn every_kind_has_one_name() {
    for kind in LimitKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    assert_eq!("".parse::<LimitKind>(), Err(UnknownLimitKind));
}

#[test]
fn times_are_read_in_every_form() {
    for (text, ms) in [
        ("6ms", 6),
        ("0s", 0),
        ("1.235s", 1_235),
        ("8.64s", 8_640),
        ("1m13.588s", 73_588),
        ("14m24s", 864_000),
        ("17.399999999s", 17_400),
        ("23h59m59s", 86_399_000),
        ("0.5µs", 1),
        ("60", 60_000),
        ("11726.28", 11_726_280),
    ] {
        assert_eq!(value::duration_ms(text), Some(ms), "{text}");
    }
    let at = 1_787_150_059_000;
    for text in [
        "2026-08-19T14:34:19Z",
        "2026-08-19t14:34:19z",
        "2026-08-19T16:34:19+02:00",
        "2026-08-19T14:34:19.000999Z",
        "2026-08-19T09:04:19-05:30",
    ] {
        assert_eq!(value::rfc3339_ms(text), Some(at), "{text}");
    }
    assert_eq!(
        value::http_date_ms("Wed, 19 Aug 2026 14:34:19 GMT"),
        Some(at)
    );
    assert_eq!(value::rfc3339_ms("2026-02-30T00:00:00Z"), None);
    assert_eq!(value::epoch_ms("1787150059"), Some(at));
    assert_eq!(value::epoch_ms("1787150059.5"), Some(at + 500));
    assert_eq!(value::epoch_ms("1787150059000"), Some(at));
}

#[test]
fn formats_are_made_at_run_time_for_providers_that_nobody_knows() {
    let calls = LimitFormat::by_pattern(
        "X-Acme-*-Calls",
        LimitKind::Requests,
        LimitWindow::Seconds(10),
        ResetUnit::Epoch,
    );
    let names = LimitNames {
        limit: Some("Acme-Max".into()),
        remaining: Some("left-of-it".into()),
        reset: None,
    };
    let tokens = LimitFormat::by_names(
        names,
        LimitKind::OutputTokens,
        LimitWindow::Unknown,
        ResetUnit::Any,
    );
    let made = LimitFormats::new([calls.unwrap(), tokens.unwrap()]);
    let lines = "x-acme-limit-calls: 9
        left-of-it: 3
        x-acme-reset-calls: 1795219201
        acme-max: 4
        x-acme-limit: 7";
    assert_eq!(
        read_by(&made, lines, NOW),
        ["requests/10: ? of 9, +1000", "output_tokens/?: 3 of 4"]
    );
}

#[test]
fn a_format_that_cannot_be_is_refused() {
    use {LimitFormatError as E, LimitKind::Tokens, LimitWindow::Unknown, ResetUnit::Any};
    for (pattern, error) in [
        ("x-acme", E::NoPlace),
        ("x-*-*", E::NoPlace),
        ("x acme-*", E::BadName),
        ("x-ü-*", E::BadName),
    ] {
        assert_eq!(
            LimitFormat::by_pattern(pattern, Tokens, Unknown, Any),
            Err(error)
        );
    }
    let nameless = LimitFormat::by_names(LimitNames::default(), Tokens, Unknown, Any);
    assert_eq!(nameless, Err(E::NoName));
}

#[test]
fn more_limits_than_fit_are_ignored() {
    let kinds = LimitKind::ALL.iter().enumerate().map(|(n, kind)| {
        let pattern = format!("x{n}-*");
        LimitFormat::by_pattern(&pattern, *kind, LimitWindow::Unknown, ResetUnit::Any).unwrap()
    });
    let formats = LimitFormats::new(kinds);
    let names = (0..LimitKind::ALL.len()).map(|n| format!("x{n}-limit: 1\n"));
    let said = read_by(&formats, &names.collect::<String>(), NOW);
    assert_eq!(said.len(), LIMITS_MAX);
}

const PROVIDERS: [&str; 12] = [
    "openai",
    "anthropic",
    "azure",
    "groq",
    "xai",
    "mistral",
    "cohere",
    "openrouter",
    "together",
    "fireworks",
    "cerebras",
    "any",
];

const NAMES: &str = "(x-ratelimit-|anthropic-ratelimit-|ratelimit|x-ratelimitbysize-)?\
    (limit|remaining|reset|unified-5h-utilization|-policy)?(-tokens|-requests|-minute)?";

const VALUES: &str = "[0-9]{0,25}(\\.[0-9]{0,25})?(h|m|s|ms|Z|,|;w=[0-9]{0,12})?";

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        provider in 0..PROVIDERS.len(),
        name in NAMES,
        value in proptest::collection::vec(any::<u8>(), 0..80),
        number in VALUES,
        now in any::<u64>(),
        status in any::<u16>(),
    ) {
        let formats = LimitFormats::of(PROVIDERS[provider]);
        for value in [&value[..], number.as_bytes()] {
            let headers = [(&*name, value), ("retry-after", value), ("retry-after-ms", value)];
            for limit in limits(formats, headers, now).as_slice() {
                prop_assert!(limit.limit.is_some() || limit.remaining.is_some());
            }
            let wait = retry_after(status, headers, value, now);
            prop_assert!(wait.is_none_or(|wait| wait <= RETRY_AFTER_MAX && !wait.is_zero()));
            let body = [b"\"quotaId\" : \"PerDay", value, b"\"retryDelay\":\"", number.as_bytes()];
            prop_assert!(body_limits(429, &body.concat(), now).as_slice().len() <= 2);
        }
    }
}
