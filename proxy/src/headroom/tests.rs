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
