//! What is known of a deployment after which answers, and for how long.

use super::mean::MEAN_MAX;
use super::*;

const NOW: u64 = 1_800_000_000_000;

fn answer(first_byte_us: u64) -> Heard {
    Heard {
        ok: true,
        first_byte_us: Some(first_byte_us),
        input_tokens: 1_000,
        cached_input_tokens: 400,
        output_tokens: 200,
    }
}

fn of(heard: impl IntoIterator<Item = Heard>) -> Track {
    let track = Track::new();
    heard.into_iter().for_each(|heard| track.note(&heard, NOW));
    track
}

#[test]
fn nothing_heard_is_nothing_known() {
    assert_eq!(Track::new().view(NOW), TrackView::default());
}

#[test]
fn one_answer_is_known_by_its_own_figures() {
    let view = of([answer(250_000)]).view(NOW);
    let expected = TrackView {
        calls: 1,
        success_ten_thousandths: Some(10_000),
        first_byte_us: Some(250_000),
        p95_first_byte_us: None,
        output_tokens: Some(200),
        output_per_thousand_input: Some(200),
        cached_share_ten_thousandths: Some(4_000),
    };
    assert_eq!(view, expected);
}

#[test]
fn one_failure_is_a_32nd_and_says_nothing_of_tokens() {
    let view = of([Heard::default()]).view(NOW);
    assert_eq!(view.success_ten_thousandths, Some(9_688));
    assert_eq!((view.first_byte_us, view.output_tokens), (None, None));
    let view = of([Heard::default(); 400]).view(NOW);
    assert_eq!(view.success_ten_thousandths, Some(0));
    let recovered = of([Heard::default(); 9].into_iter().chain([answer(1); 400]));
    let success = recovered.view(NOW).success_ten_thousandths;
    assert_eq!(success, Some(10_000));
}

#[test]
fn what_was_heard_22_answers_ago_counts_half() {
    let quicker = of([answer(1_000); 100].into_iter().chain([answer(0); 22]));
    let first_byte_us = quicker.view(NOW).first_byte_us.unwrap();
    assert!((490..=505).contains(&first_byte_us), "{first_byte_us}");
}

#[test]
fn the_95th_percentile_is_known_from_twenty_answers_on() {
    let times = |count| of((1..=count).map(|n| answer(n * 1_000))).view(NOW);
    assert_eq!(times(19).p95_first_byte_us, None);
    let p95 = times(20).p95_first_byte_us.unwrap();
    assert!((19_000..=20_900).contains(&p95), "{p95}");
}

#[test]
fn an_old_failure_does_not_haunt_and_an_old_cache_is_not_counted_on() {
    let track = of([Heard::default(); 400]);
    track.note(&answer(5), NOW);
    let at = |quiet_ms: u64| {
        let view = track.view(NOW + quiet_ms);
        let success = view.success_ten_thousandths;
        (success, view.cached_share_ten_thousandths)
    };
    assert_eq!(at(0), (Some(313), Some(4_000)));
    assert_eq!(at(QUIET_MS), at(0));
    assert_eq!(at(QUIET_MS * 3 / 2), (Some(5_157), Some(2_000)));
    assert_eq!(at(QUIET_MS * 2), (None, None));
    assert_eq!(track.view(NOW + QUIET_MS * 2).output_tokens, Some(200));
    // The next call begins where the drift had come to.
    track.note(&answer(5), NOW + QUIET_MS * 3 / 2);
    let view = track.view(NOW + QUIET_MS * 3 / 2);
    assert_eq!(view.success_ten_thousandths, Some(5_308));
    assert_eq!(view.cached_share_ten_thousandths, Some(3_000));
}

#[test]
fn a_slow_answer_is_forgotten_after_half_an_hour() {
    let track = of([answer(9_000_000); 40]);
    assert_eq!(track.view(NOW + STALE_MS).first_byte_us, Some(9_000_000));
    assert_eq!(track.view(NOW + STALE_MS + 1).first_byte_us, None);
    track.note(&answer(100), NOW + STALE_MS + 1);
    assert_eq!(track.view(NOW + STALE_MS + 1).first_byte_us, Some(100));
}

#[test]
fn no_figure_overflows_and_no_share_passes_the_whole() {
    let huge = Heard {
        ok: true,
        first_byte_us: Some(u64::MAX),
        input_tokens: 10,
        cached_input_tokens: u64::MAX,
        output_tokens: u64::MAX,
    };
    let track = of([huge; 100]);
    track.note(&huge, 0);
    let view = track.view(0);
    assert_eq!(view.cached_share_ten_thousandths, Some(10_000));
    assert_eq!(view.first_byte_us, Some(FIRST_BYTE_US_MAX));
    assert_eq!(view.output_tokens, Some(MEAN_MAX));
    assert_eq!(view.output_per_thousand_input, Some(MEAN_MAX * 100));
}
