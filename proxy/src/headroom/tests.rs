//! What is remembered, shown and forgotten.

use quotah_adapters::limits::{LimitFormats, Limits, limits};
use quotah_policy::headroom::{Can, Estimate, Room};

use super::*;

const NOW: u64 = 1_795_219_200_000;

fn whose(model: &str) -> Whose {
    Whose {
        provider: "groq".into(),
        model: model.into(),
        credential: "default".into(),
    }
}

/// An answer that has so much left of a hundred tokens, all back after so long.
fn answer(remaining: &str, reset: &str, now: u64) -> Limits {
    let headers = [
        ("x-ratelimit-limit-tokens", "100"),
        ("x-ratelimit-remaining-tokens", remaining),
        ("x-ratelimit-reset-tokens", reset),
    ];
    let headers = headers.map(|(name, value)| (name, value.as_bytes()));
    limits(LimitFormats::of("groq"), headers, now)
}

fn remaining(headroom: &Headroom, now: u64) -> Vec<Option<u64>> {
    let rows = headroom.rows(now);
    rows.iter().map(|row| row.limit.remaining).collect()
}

fn saw(headroom: &Headroom, whose: &Whose, said: &Limits, now: u64) {
    let place = headroom.place(whose, now, label);
    place.saw(&seen(said, &whose.model), now - 1, now);
}

fn room(headroom: &Headroom, model: &str, now: u64) -> Room {
    let place = headroom.place(&whose(model), now, label);
    place.room(Estimate::default(), now)
}

fn label() -> Arc<str> {
    "m".into()
}

#[test]
fn the_last_answer_counts() {
    let headroom = Headroom::default();
    for (left, at) in [("40", NOW), ("39", NOW + 10)] {
        saw(&headroom, &whose("m"), &answer(left, "30s", at), at);
    }
    let rows = headroom.rows(NOW + 20);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].limit.remaining, Some(39));
    assert_eq!(rows[0].limit.reset_at_unix_ms, Some(NOW + 30_010));
    assert_eq!(rows[0].seen_at_unix_ms, NOW + 10);
    assert_eq!(rows[0].deployment_label, "groq/m");
    assert_eq!(
        room(&headroom, "m", NOW + 20).left_ten_thousandths,
        Some(3_900)
    );
}

#[test]
fn what_was_used_up_is_whole_again_at_its_reset() {
    let headroom = Headroom::default();
    saw(&headroom, &whose("m"), &answer("0", "1s", NOW), NOW);
    assert_eq!(remaining(&headroom, NOW + 999), [Some(0)]);
    assert_eq!(remaining(&headroom, NOW + 1_000), [Some(100)]);
    let left = |now| room(&headroom, "m", now).left_ten_thousandths;
    assert_eq!(
        (left(NOW + 999), left(NOW + 1_000)),
        (Some(0), Some(10_000))
    );
}

#[test]
fn what_was_used_in_part_is_shown_for_a_minute() {
    let headroom = Headroom::default();
    saw(&headroom, &whose("m"), &answer("99", "6ms", NOW), NOW);
    assert_eq!(remaining(&headroom, NOW + 59_999), [Some(99)]);
    assert_eq!(remaining(&headroom, NOW + 60_000), [Some(100)]);
    // A reset that was over when it was said: the window tells.
    saw(&headroom, &whose("m"), &answer("99", "0s", NOW), NOW);
    assert_eq!(remaining(&headroom, NOW + 59_999), [Some(99)]);
    assert_eq!(remaining(&headroom, NOW + 60_000), [Some(100)]);
}

#[test]
fn a_refusal_says_how_long_to_wait() {
    let headroom = Headroom::default();
    let place = headroom.place(&whose("m"), NOW, label);
    place.cool(NOW + 2_000, NOW);
    let can = |model, now| room(&headroom, model, now).can;
    let until_ms = NOW + 2_000;
    assert_eq!(can("m", NOW + 1_999), Can::Cooling { until_ms });
    assert_eq!(can("m", NOW + 2_000), Can::Now);
    assert_eq!(can("n", NOW), Can::Now);
    place.cool_credential(NOW + 9_000, NOW);
    let until_ms = NOW + 9_000;
    assert_eq!(can("n", NOW), Can::Cooling { until_ms });
    assert!(headroom.rows(NOW).is_empty());
}

#[test]
fn clients_own_limits_are_shown_and_hold_nobody_back() {
    let headroom = Headroom::default();
    let clients = Whose {
        credential: CLIENTS.into(),
        ..whose("m")
    };
    saw(&headroom, &clients, &answer("0", "9h", NOW), NOW);
    let place = headroom.place(&clients, NOW, label);
    assert_eq!(place.room(Estimate::default(), NOW).can, Can::Now);
    assert_eq!(remaining(&headroom, NOW), [Some(0)]);
}

#[test]
fn every_kind_comes_back_as_it_was() {
    for kind in LimitKind::ALL {
        let mut said = seen(&answer("5", "1s", NOW), "m");
        said[0].kind = u8::try_from(kind_place(*kind)).unwrap();
        assert_eq!(limit_of(&said[0]).map(|limit| limit.kind), Some(*kind));
    }
}

fn kind_place(kind: LimitKind) -> usize {
    LimitKind::ALL.iter().position(|k| *k == kind).unwrap()
}

#[test]
fn the_most_silent_place_makes_room_for_a_new_one() {
    let headroom = Headroom::default();
    for n in 0..1_003_u64 {
        let now = NOW + n;
        let name = format!("m{n}");
        saw(&headroom, &whose(&name), &answer("5", "9h", now), now);
        saw(&headroom, &whose("m0"), &answer("4", "9h", now), now);
    }
    let rows = headroom.rows(NOW);
    assert_eq!(rows.len(), PLACES_MAX);
    let has = |model: &str| rows.iter().any(|row| &*row.whose.model == model);
    assert!(has("m0") && has("m1002") && !has("m1") && !has("m3"));
}

#[test]
fn limits_of_a_provider_that_is_gone_are_forgotten() {
    let headroom = Headroom::default();
    saw(&headroom, &whose("m"), &answer("5", "1s", NOW), NOW);
    headroom.keep(|provider| provider == "openai");
    assert!(headroom.rows(NOW).is_empty());
}

#[test]
fn metrics_know_models_by_names_of_the_configuration_only() {
    let headroom = Headroom::default();
    for (model, label) in [("typed by a client", "other"), ("", "")] {
        let place = headroom.place(&whose(model), NOW, || label.into());
        place.saw(&seen(&answer("5", "1s", NOW), model), NOW - 1, NOW);
    }
    let rows = headroom.rows(NOW);
    let labels: Vec<_> = rows.iter().map(|row| &*row.deployment_label).collect();
    assert_eq!(labels, ["groq", "other"]);
}

/// A provider kind, an answer with nothing left in its format, and in how many milliseconds that is back.
const FORMATS: [(&str, &str, u64); 17] = [
    (
        "openai",
        "x-ratelimit-limit-requests: 40|x-ratelimit-remaining-requests: 0|x-ratelimit-reset-requests: 1m13.5s",
        73_500,
    ),
    (
        "openai",
        "x-ratelimit-limit-tokens: 40|x-ratelimit-remaining-tokens: 0|x-ratelimit-reset-tokens: 6ms",
        6,
    ),
    (
        "openai",
        "x-ratelimit-limit-project-tokens: 40|x-ratelimit-remaining-project-tokens: 0|x-ratelimit-reset-project-tokens: 9s",
        9_000,
    ),
    (
        "anthropic",
        "anthropic-ratelimit-requests-limit: 40|anthropic-ratelimit-requests-remaining: 0|anthropic-ratelimit-requests-reset: 2026-11-21T00:00:07Z",
        7_000,
    ),
    (
        "anthropic",
        "anthropic-ratelimit-output-tokens-limit: 40|anthropic-ratelimit-output-tokens-remaining: 0|anthropic-ratelimit-output-tokens-reset: 2026-11-21T00:00:07Z",
        7_000,
    ),
    (
        "anthropic",
        "anthropic-ratelimit-unified-status: rejected|anthropic-ratelimit-unified-reset: 1795219209",
        9_000,
    ),
    (
        "azure",
        "x-ratelimit-limit-requests: 40|x-ratelimit-remaining-requests: 0|x-ratelimit-reset-requests: 9",
        9_000,
    ),
    (
        "groq",
        "x-ratelimit-limit-requests: 40|x-ratelimit-remaining-requests: 0|x-ratelimit-reset-requests: 11.486s",
        11_486,
    ),
    (
        "xai",
        "x-ratelimit-limit-requests: 40|x-ratelimit-remaining-requests: 0",
        60_000,
    ),
    (
        "mistral",
        "x-ratelimit-limit-req-10-second: 40|x-ratelimit-remaining-req-10-second: 0",
        10_000,
    ),
    (
        "cohere",
        "x-trial-endpoint-call-limit: 40|x-trial-endpoint-call-remaining: 0",
        60_000,
    ),
    (
        "openrouter",
        "x-ratelimit-limit: 40|x-ratelimit-remaining: 0|x-ratelimit-reset: 1795219209000",
        9_000,
    ),
    (
        "together",
        "x-ratelimit-limit: 2|x-ratelimit-remaining: 0|x-ratelimit-reset: 2",
        2_000,
    ),
    (
        "fireworks",
        "x-ratelimit-limit-tokens-prompt: 40|x-ratelimit-remaining-tokens-prompt: 0",
        60_000,
    ),
    (
        "cerebras",
        "x-ratelimit-limit-requests-day: 40|x-ratelimit-remaining-requests-day: 0|x-ratelimit-reset-requests-day: 17.25",
        17_250,
    ),
    (
        "openai-compatible",
        "ratelimit-limit: 40|ratelimit-remaining: 0|ratelimit-reset: 9",
        9_000,
    ),
    (
        "openai-compatible",
        "ratelimit: \"api\";r=0;t=9|ratelimit-policy: \"api\";q=40;w=60",
        9_000,
    ),
];

#[test]
fn in_every_format_nothing_left_is_full_until_its_reset() {
    let one = Estimate {
        input_tokens: 1,
        output_tokens: 1,
    };
    for (kind, lines, back_ms) in FORMATS {
        let headers = lines.split('|').filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name, value.as_bytes()));
        let said = limits(LimitFormats::of(kind), headers, NOW);
        let headroom = Headroom::default();
        saw(&headroom, &whose("m"), &said, NOW);
        let place = headroom.place(&whose("m"), NOW, label);
        let until_ms = NOW + back_ms;
        let can = |now| place.room(one, now).can;
        assert_eq!(can(NOW), Can::Full { until_ms }, "{kind}: {lines}");
        assert_eq!(can(until_ms - 1), Can::Full { until_ms }, "{kind}: {lines}");
        assert_eq!(can(until_ms), Can::Now, "{kind}: {lines}");
    }
}
