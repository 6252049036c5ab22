//! What one place decides, step by step.

use std::sync::Arc;

use super::*;

const NOW: u64 = 1_795_219_200_000;

const SMALL: Estimate = Estimate {
    input_tokens: 10,
    output_tokens: 20,
};

fn place() -> Arc<Place> {
    Arc::new(Place::new(Arc::default()))
}

fn limit(counts: Counts, limit: u64, remaining: u64, reset_at_ms: u64) -> LimitSeen {
    LimitSeen {
        kind: match counts {
            Counts::Requests => 0,
            Counts::Tokens => 1,
            Counts::InputTokens => 2,
            Counts::OutputTokens => 3,
            Counts::Other => 4,
            Counts::Nothing => 5,
        },
        counts,
        limit: Some(limit),
        remaining: Some(remaining),
        reset_at_ms: Some(reset_at_ms),
        window_seconds: Some(60),
    }
}

fn requests(remaining: u64) -> [LimitSeen; 1] {
    [limit(Counts::Requests, 100, remaining, NOW + 60_000)]
}

fn can(place: &Place, now_ms: u64) -> Can {
    place.room(SMALL, now_ms).can
}

/// How many requests can be taken at once.
fn taken(place: &Arc<Place>, now_ms: u64) -> usize {
    let taken: Vec<_> = (0..200)
        .map_while(|_| place.try_take(SMALL, now_ms).ok())
        .collect();
    let count = taken.len();
    taken.into_iter().for_each(Taken::unsent);
    count
}

#[test]
fn a_place_of_which_nothing_is_known_takes_everything() {
    let place = place();
    let first = place.try_take(SMALL, NOW);
    assert!(first.is_ok());
    let room = Room {
        can: Can::Now,
        left_ten_thousandths: None,
        in_flight: 1,
    };
    assert_eq!(place.room(SMALL, NOW), room);
    drop(first);
    assert_eq!(place.room(SMALL, NOW).in_flight, 0);
}

#[test]
fn what_is_under_way_is_taken_off_what_is_left() {
    let place = place();
    place.saw(&requests(3), NOW - 1, NOW);
    let under_way: Vec<_> = (0..3).map(|_| place.try_take(SMALL, NOW)).collect();
    assert!(under_way.iter().all(Result::is_ok));
    let full = Can::Full {
        until_ms: NOW + 60_000,
    };
    assert_eq!(place.try_take(SMALL, NOW).err(), Some(full));
    assert_eq!(place.room(SMALL, NOW).left_ten_thousandths, Some(0));
    assert_eq!(can(&place, NOW + 59_999), full);
    drop(under_way);
    assert_eq!(can(&place, NOW), full, "sent, and counted for all we know");
}

#[test]
fn a_request_that_was_not_sent_used_nothing() {
    let place = place();
    place.saw(&requests(1), NOW - 1, NOW);
    place.try_take(SMALL, NOW).unwrap().unsent();
    assert_eq!(can(&place, NOW), Can::Now);
}

#[test]
fn threads_that_saw_five_left_take_five() {
    let place = place();
    place.saw(&requests(5), NOW - 1, NOW);
    let taken: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|_| scope.spawn(|| place.try_take(SMALL, NOW).map(std::mem::forget).is_ok()))
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.filter(|is_ok| *is_ok).count()
    });
    assert_eq!(taken, 5);
}

#[test]
fn each_limit_is_held_against_what_it_counts() {
    let at = NOW + 60_000;
    for (counts, needs) in [
        (Counts::Requests, 1),
        (Counts::Tokens, 30),
        (Counts::InputTokens, 10),
        (Counts::OutputTokens, 20),
        (Counts::Other, 1),
    ] {
        for (remaining, fits) in [(0, false), (needs - 1, false), (needs, true)] {
            let place = place();
            place.saw(&[limit(counts, 100, remaining, at)], NOW - 1, NOW);
            let expected = if fits {
                Can::Now
            } else {
                Can::Full { until_ms: at }
            };
            assert_eq!(can(&place, NOW), expected, "{counts:?}: {remaining}");
        }
    }
    let place = place();
    place.saw(&[limit(Counts::Nothing, 100, 0, at)], NOW - 1, NOW);
    assert_eq!(can(&place, NOW), Can::Now);
}

#[test]
fn of_several_limits_all_must_have_room_and_the_last_reset_tells_when() {
    let place = place();
    let tokens = limit(Counts::Tokens, 1_000, 29, NOW + 5_000);
    let requests = limit(Counts::Requests, 100, 0, NOW + 9_000);
    place.saw(&[requests, tokens], NOW - 1, NOW);
    let full = |until_ms| Can::Full { until_ms };
    assert_eq!(can(&place, NOW), full(NOW + 9_000));
    assert_eq!(can(&place, NOW + 8_999), full(NOW + 9_000));
    assert_eq!(can(&place, NOW + 9_000), Can::Now);
    assert_eq!(place.room(SMALL, NOW).left_ten_thousandths, Some(0));
    let left = place.room(SMALL, NOW + 9_000).left_ten_thousandths;
    assert_eq!(left, Some(10_000));
}

#[test]
fn at_its_reset_a_limit_is_whole_again() {
    let place = place();
    let used_up = limit(Counts::Requests, 7, 0, NOW + 1_000);
    place.saw(&[used_up], NOW - 1, NOW);
    assert_eq!(taken(&place, NOW + 999), 0);
    assert_eq!(taken(&place, NOW + 1_000), 7);
    let place = self::place();
    let untold = LimitSeen {
        limit: None,
        ..used_up
    };
    place.saw(&[untold], NOW - 1, NOW);
    assert_eq!(
        taken(&place, NOW + 1_000),
        200,
        "whole, and nobody knows how much that is"
    );
}

#[test]
fn where_no_reset_is_told_the_window_tells_and_else_a_minute() {
    for (window_seconds, back_ms) in [(Some(10), 10_000), (None, 60_000)] {
        let place = place();
        let said = LimitSeen {
            reset_at_ms: None,
            window_seconds,
            ..limit(Counts::Requests, 5, 0, 0)
        };
        place.saw(&[said], NOW - 1, NOW);
        let until_ms = NOW + back_ms;
        assert_eq!(can(&place, NOW), Can::Full { until_ms });
        assert_eq!(can(&place, until_ms), Can::Now);
    }
}

#[test]
fn a_newer_answer_counts_whatever_it_says() {
    let place = place();
    place.saw(&requests(5), NOW, NOW + 10);
    place.saw(&requests(50), NOW + 11, NOW + 20);
    assert_eq!(taken(&place, NOW + 20), 50);
    place.saw(&requests(2), NOW + 21, NOW + 30);
    assert_eq!(taken(&place, NOW + 30), 2);
}

#[test]
fn of_answers_that_overlap_the_less_counts() {
    let place = place();
    place.saw(&requests(5), NOW, NOW + 10);
    place.saw(&requests(50), NOW + 9, NOW + 20);
    assert_eq!(taken(&place, NOW + 20), 5);
    place.saw(&requests(3), NOW + 8, NOW + 21);
    assert_eq!(taken(&place, NOW + 21), 3);
    // Newer than the first, not than the third.
    place.saw(&requests(60), NOW + 15, NOW + 30);
    assert_eq!(taken(&place, NOW + 30), 3);
    place.saw(&requests(70), NOW + 31, NOW + 40);
    assert_eq!(taken(&place, NOW + 40), 70);
}

#[test]
fn under_constant_overlap_no_value_lasts() {
    let place = place();
    place.saw(&requests(1), NOW, NOW + 10);
    // Each answer takes a hundred milliseconds, one comes every ten: there is never a moment without a request.
    for n in 1..40 {
        place.saw(&requests(80), NOW + 10 * n, NOW + 10 * n + 100);
    }
    assert_eq!(taken(&place, NOW + 500), 80);
}

#[test]
fn who_waited_for_the_lock_is_not_the_measure_of_what_is_newer() {
    let place = place();
    place.saw(&requests(50), NOW, NOW + 1);
    // It looked at the clock before the next one did, and came after it.
    place.saw(&requests(9), NOW, NOW + 12);
    place.saw(&requests(20), NOW + 2, NOW + 10);
    // Sent before the nine were heard of: it may be older than they.
    place.saw(&requests(15), NOW + 11, NOW + 20);
    assert_eq!(taken(&place, NOW + 20), 9);
}

#[test]
fn the_end_of_an_old_window_does_not_hide_the_new_one() {
    // Sent together: one was counted before the reset, its answer late; the other after it.
    let old = limit(Counts::Requests, 100, 0, NOW + 1_000);
    let new = limit(Counts::Requests, 100, 40, NOW + 60_000);
    for answers in [[old, new], [new, old]] {
        let place = place();
        place.saw(&answers[..1], NOW, NOW + 10);
        place.saw(&answers[1..], NOW, NOW + 11);
        assert_eq!(taken(&place, NOW + 999), 0);
        assert_eq!(taken(&place, NOW + 1_000), 40);
    }
}

#[test]
fn what_an_answer_does_not_name_is_used_all_the_same() {
    let place = place();
    let tokens = limit(Counts::Tokens, 1_000, 100, NOW + 60_000);
    place.saw(&[requests(9)[0], tokens], NOW - 1, NOW);
    let taken_one = place.try_take(SMALL, NOW + 1).unwrap();
    taken_one.answered(&requests(8), NOW + 2);
    assert_eq!(taken(&place, NOW + 2), 2, "seventy tokens");
    // Two generations later what was used is in what is said.
    place.saw(&[tokens], NOW + 3, NOW + 4);
    place.saw(&[tokens], NOW + 5, NOW + 6);
    assert_eq!(taken(&place, NOW + 6), 3, "a hundred tokens");
}

#[test]
fn what_is_larger_than_the_whole_is_tried_while_anything_is_left() {
    let large = Estimate {
        input_tokens: 5_000,
        output_tokens: 0,
    };
    let place = place();
    let tokens = |remaining| [limit(Counts::Tokens, 1_000, remaining, NOW + 60_000)];
    place.saw(&tokens(1), NOW - 1, NOW);
    assert_eq!(place.room(large, NOW).can, Can::Now);
    place.saw(&tokens(0), NOW + 1, NOW + 2);
    let until_ms = NOW + 60_000;
    assert_eq!(place.room(large, NOW + 2).can, Can::Full { until_ms });
    let none = [limit(Counts::Tokens, 0, 0, until_ms)];
    place.saw(&none, NOW + 3, NOW + 4);
    assert_eq!(can(&place, NOW + 4), Can::Now, "a limit of nothing is none");
}

#[test]
fn what_is_not_back_within_an_hour_is_asked_by_one_request() {
    let place = place();
    let day = limit(Counts::Requests, 100, 0, NOW + 86_400_000);
    place.saw(&[day], NOW - 1, NOW);
    let hour = NOW + STRETCH_MS_MAX;
    assert_eq!(can(&place, NOW), Can::Full { until_ms: hour });
    assert_eq!(can(&place, hour), Can::Now);
    let asking = place.try_take(SMALL, hour).unwrap();
    let until_ms = hour + STRETCH_MS_MAX;
    assert_eq!(can(&place, hour), Can::Full { until_ms });
    asking.answered(&requests(4), hour + 10);
    assert_eq!(taken(&place, hour + 10), 4);
}

#[test]
fn a_pause_is_over_when_it_said() {
    let place = place();
    place.cool(NOW + 2_000, NOW);
    place.cool(NOW + 1_000, NOW);
    let cooling = Can::Cooling {
        until_ms: NOW + 2_000,
    };
    assert_eq!(place.try_take(SMALL, NOW + 1_999).err(), Some(cooling));
    assert_eq!(can(&place, NOW + 1_999), cooling);
    assert_eq!(can(&place, NOW + 2_000), Can::Now);
    assert!(place.try_take(SMALL, NOW + 2_000).is_ok());
}

#[test]
fn a_success_ends_no_pause() {
    let place = place();
    let earlier = place.take(SMALL, NOW);
    place.cool(NOW + 2_000, NOW);
    earlier.answered(&requests(9), NOW + 1);
    assert!(matches!(can(&place, NOW + 1), Can::Cooling { .. }));
}

#[test]
fn all_places_of_a_credential_pause_together() {
    let credential = Arc::new(Cooling::default());
    let place = || Arc::new(Place::new(Arc::clone(&credential)));
    let (one, other) = (place(), place());
    one.cool_credential(NOW + 60_000, NOW);
    let until_ms = NOW + 60_000;
    assert_eq!(can(&other, NOW), Can::Cooling { until_ms });
    assert!(other.try_take(SMALL, NOW).is_err());
    one.cool(NOW + 90_000, NOW);
    assert_eq!(can(&other, until_ms), Can::Now);
    assert!(matches!(can(&one, until_ms), Can::Cooling { .. }));
}

#[test]
fn a_pause_of_a_day_is_looked_at_by_one_request_an_hour() {
    let place = place();
    place.cool(NOW + 86_400_000, NOW);
    let hour = NOW + STRETCH_MS_MAX;
    assert_eq!(can(&place, hour - 1), Can::Cooling { until_ms: hour });
    let sees = place.try_take(SMALL, hour).unwrap();
    assert!(place.try_take(SMALL, hour).is_err(), "one alone");
    sees.answered(&[], hour + 5);
    assert_eq!(can(&place, hour + 5), Can::Now, "it was answered");
    place.cool(NOW + 86_400_000, hour + 6);
    assert!(matches!(can(&place, hour + 6), Can::Cooling { .. }));
}

#[test]
fn clients_credentials_are_never_full_and_never_cool() {
    let place = Arc::new(Place::of_clients());
    place.saw(&requests(0), NOW - 1, NOW);
    place.cool(NOW + 9_000, NOW);
    place.cool_credential(NOW + 9_000, NOW);
    assert_eq!(taken(&place, NOW), 200);
    assert_eq!(place.room(SMALL, NOW).left_ten_thousandths, None);
    assert_eq!(place.said().len(), 1, "and is shown");
}

#[test]
fn a_limit_that_is_named_no_more_is_forgotten_an_hour_after_its_reset() {
    let place = place();
    place.saw(&[limit(Counts::Requests, 2, 0, NOW + 1_000)], NOW - 1, NOW);
    let later = NOW + 1_000 + STRETCH_MS_MAX;
    assert_eq!(taken(&place, later), 2);
    place.try_take(SMALL, later).unwrap().answered(&[], later);
    assert_eq!(taken(&place, later), 200);
}

#[test]
fn a_clock_that_was_set_back_is_followed() {
    let place = place();
    place.saw(&requests(5), NOW + 3_600_000, NOW + 3_600_001);
    for n in 0..3 {
        place.saw(&requests(50), NOW + 10 * n, NOW + 10 * n + 1);
    }
    assert_eq!(taken(&place, NOW + 30), 50);
}

#[test]
fn a_place_holds_sixteen_limits_the_oldest_gives_way() {
    let place = place();
    for kind in 0..20 {
        let said = LimitSeen {
            kind,
            ..limit(Counts::Requests, 9, 9, NOW + 9)
        };
        place.saw(&[said], NOW - 1, NOW + u64::from(kind));
    }
    let mut kinds: Vec<_> = place.said().iter().map(|said| said.limit.kind).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, (4..20).collect::<Vec<u8>>());
}
