//! What is chosen among candidates of every kind.

use proptest::prelude::*;
use proptest::strategy::Strategy as _;

use super::{
    Availability, CANDIDATES_MAX, Candidate, Choice, MEASURE_ONE_IN, PROBE_ONE_IN, Scored,
    Strategy, Turn, Weights, choose,
};
use crate::Money;

/// A candidate that nothing is known of.
pub(super) fn candidate(rank: u8) -> Candidate {
    Candidate {
        rank,
        weight: 1,
        availability: Availability::Ready,
        cost: None,
        first_byte_us: None,
        success_ten_thousandths: None,
        headroom_ten_thousandths: None,
        in_flight: 0,
        is_translated: false,
    }
}

fn costing(rank: u8, picos: i128) -> Candidate {
    Candidate {
        cost: Some(Money::from_picos(picos)),
        ..candidate(rank)
    }
}

fn timed(rank: u8, first_byte_us: u64) -> Candidate {
    Candidate {
        first_byte_us: Some(first_byte_us),
        ..candidate(rank)
    }
}

fn weighing(rank: u8, weight: u32) -> Candidate {
    Candidate {
        weight,
        ..candidate(rank)
    }
}

fn half_open(of: Candidate) -> Candidate {
    Candidate {
        availability: Availability::HalfOpen,
        ..of
    }
}

fn with_dice(strategy: Strategy, candidates: &[Candidate], dice: u64) -> Option<Choice> {
    let mut scored = [Scored::default(); CANDIDATES_MAX];
    choose(strategy, &Weights::default(), candidates, &mut scored, dice)
}

/// How often each place is chosen in 10,000 throws.
fn counts<const N: usize>(strategy: Strategy, candidates: [Candidate; N]) -> [u32; N] {
    let mut counts = [0; N];
    for dice in 0..10_000 {
        counts[with_dice(strategy, &candidates, dice).unwrap().place] += 1;
    }
    counts
}

/// Within a sixth of `expected`: five standard deviations for the shares here.
fn about(count: u32, expected: u32) -> bool {
    count.abs_diff(expected) * 6 <= expected
}

fn score(candidates: &[Candidate]) -> Vec<Scored> {
    let mut scored = vec![Scored::default(); candidates.len()];
    let choice = choose(
        Strategy::Balanced,
        &Weights::default(),
        candidates,
        &mut scored,
        1,
    );
    assert!(choice.is_some());
    scored
}

#[test]
fn ordered_goes_by_rank_and_the_next_one_is_the_runner_up() {
    let candidates = [candidate(2), candidate(0), candidate(0), candidate(1)];
    for dice in 0..100 {
        let choice = with_dice(Strategy::Ordered, &candidates, dice).unwrap();
        assert!(matches!(choice.place, 1 | 2));
        assert_eq!((choice.runner_up, choice.turn), (Some(3), Turn::Best));
    }
}

#[test]
fn ordered_lets_one_on_probation_take_its_turn_at_once() {
    let candidates = [half_open(candidate(0)), candidate(1)];
    assert_eq!(counts(Strategy::Ordered, candidates), [10_000, 0]);
    let candidates = [candidate(0), half_open(candidate(1))];
    assert_eq!(counts(Strategy::Ordered, candidates), [10_000, 0]);
}

#[test]
fn weighted_shares_converge_and_credentials_share_their_deployments_weight() {
    let candidates = [
        weighing(0, 1),
        weighing(1, 4),
        weighing(1, 4),
        weighing(2, 5),
        weighing(3, 0),
    ];
    let [a, b, c, d, reserve] = counts(Strategy::Weighted, candidates);
    assert!(about(a, 1_000) && about(d, 5_000), "{a} {d}");
    assert!(about(b, 2_000) && about(c, 2_000), "{b} {c}");
    assert_eq!(reserve, 0);
}

#[test]
fn weighted_keeps_the_relation_of_those_that_are_left() {
    let gone = Candidate {
        availability: Availability::Tried,
        ..weighing(2, 1_000)
    };
    let [a, b, c] = counts(Strategy::Weighted, [weighing(0, 2), weighing(1, 3), gone]);
    assert!(about(a, 4_000) && about(b, 6_000) && c == 0, "{a} {b} {c}");
}

#[test]
fn cheapest_goes_by_cost_and_takes_unpriced_ones_last() {
    let candidates = [
        candidate(0),
        costing(1, 500),
        costing(2, 400),
        costing(3, 450),
    ];
    let choice = with_dice(Strategy::Cheapest, &candidates, 7).unwrap();
    assert_eq!((choice.place, choice.runner_up), (2, Some(3)));
    let free_but_down = Candidate {
        availability: Availability::Open { until_ms: 1 },
        ..costing(1, 0)
    };
    assert_eq!(
        counts(Strategy::Cheapest, [candidate(0), free_but_down]),
        [10_000, 0]
    );
}

#[test]
fn fastest_tries_an_unmeasured_one_in_every_sixteenth_request() {
    let candidates = [timed(0, 900), timed(1, 300), candidate(2)];
    let [slow, fast, unknown] = counts(Strategy::Fastest, candidates);
    assert_eq!((slow, fast), (0, 10_000 - unknown));
    let share = 10_000 / u32::try_from(MEASURE_ONE_IN).unwrap();
    assert!(about(unknown, share), "{unknown}");
    let [a, b] = counts(Strategy::Fastest, [candidate(0), candidate(1)]);
    assert!(about(a, 5_000) && about(b, 5_000), "{a} {b}");
}

#[test]
fn one_on_probation_is_probed_in_every_eighth_request_while_others_serve() {
    for strategy in Strategy::ALL {
        if strategy == Strategy::Ordered {
            continue;
        }
        let candidates = [half_open(costing(0, 1)), costing(1, 2)];
        let [probes, _] = counts(strategy, candidates);
        let share = 10_000 / u32::try_from(PROBE_ONE_IN).unwrap();
        assert!(about(probes, share), "{strategy:?} {probes}");
        assert_eq!(counts(strategy, [half_open(candidate(0))]), [10_000]);
    }
}

#[test]
fn a_reserve_is_chosen_when_nobody_else_may_be() {
    for strategy in Strategy::ALL {
        let reserve = Candidate {
            weight: 0,
            ..costing(0, 1)
        };
        let candidates = [reserve, half_open(costing(1, 9))];
        assert_eq!(counts(strategy, candidates), [0, 10_000], "{strategy:?}");
        assert_eq!(counts(strategy, [reserve]), [10_000], "{strategy:?}");
    }
}

#[test]
fn among_equals_the_one_that_takes_the_request_as_it_is_goes_first() {
    let translated = |of: Candidate| Candidate {
        is_translated: true,
        headroom_ten_thousandths: Some(10_000),
        ..of
    };
    let busy = |of: Candidate| Candidate {
        headroom_ten_thousandths: Some(1),
        in_flight: 9,
        ..of
    };
    for (strategy, foreign, own, first) in [
        (Strategy::Cheapest, costing(0, 5), costing(1, 5), 1),
        (Strategy::Cheapest, costing(0, 4), costing(1, 5), 0),
        (Strategy::Fastest, timed(0, 5), timed(1, 5), 1),
        (Strategy::Ordered, candidate(0), candidate(1), 0),
        (Strategy::Weighted, weighing(0, 1), weighing(0, 1), 1),
    ] {
        let both = [translated(foreign), busy(own)];
        let chosen = with_dice(strategy, &both, 7).map(|choice| choice.place);
        assert_eq!(chosen, Some(first), "{strategy:?}");
    }
}

#[test]
fn among_equals_headroom_decides_then_what_is_in_flight_then_dice() {
    let with = |headroom, in_flight| Candidate {
        headroom_ten_thousandths: headroom,
        in_flight,
        ..costing(0, 5)
    };
    const BY: Strategy = Strategy::Cheapest;
    assert_eq!(
        counts(
            BY,
            [with(Some(4_999), 0), with(None, 9), with(Some(5_001), 9)]
        ),
        [0, 0, 10_000]
    );
    assert_eq!(
        counts(BY, [with(Some(4_999), 0), with(None, 9)]),
        [0, 10_000]
    );
    assert_eq!(counts(BY, [with(None, 2), with(None, 1)]), [0, 10_000]);
    // Equals share evenly, however they stand among others.
    let [a, _, b, c] = counts(
        BY,
        [with(None, 1), with(None, 2), with(None, 1), with(None, 1)],
    );
    for count in [a, b, c] {
        assert!(about(count, 3_333), "{a} {b} {c}");
    }
}

#[test]
fn each_factor_is_measured_by_the_best_that_may_be_chosen() {
    let own = Candidate {
        cost: Some(Money::from_picos(300)),
        first_byte_us: Some(800),
        success_ten_thousandths: Some(9_000),
        headroom_ten_thousandths: Some(5_000),
        ..candidate(0)
    };
    let other = Candidate {
        cost: Some(Money::from_picos(100)),
        first_byte_us: Some(200),
        ..half_open(candidate(1))
    };
    let gone = Candidate {
        availability: Availability::Cooling { until_ms: 9 },
        cost: Some(Money::ZERO),
        first_byte_us: Some(1),
        ..candidate(2)
    };
    let [own, other, gone] = score(&[own, other, gone])[..] else {
        panic!("three");
    };
    let expected = Scored {
        latency: 2_500,
        success: 9_000,
        cost: 3_333,
        breaker: 10_000,
        headroom: 5_000,
        // (20 × 2,500 + 30 × 9,000 + 30 × 3,333 + 10 × 10,000 + 10 × 5,000) ÷ 100
        score: 5_699,
    };
    assert_eq!(own, expected);
    assert_eq!((other.breaker, other.score), (0, 9_000));
    assert_eq!(
        (gone.latency, gone.cost, gone.score),
        (10_000, 10_000, 10_000)
    );
    assert_eq!(score(&[candidate(0)])[0].cost, 0);
}

#[test]
fn balanced_takes_the_highest_score_and_weights_change_it() {
    let cheap = Candidate {
        first_byte_us: Some(1_000),
        ..costing(0, 100)
    };
    let quick = Candidate {
        first_byte_us: Some(100),
        ..costing(1, 200)
    };
    // 0.2 × 0.1 + 0.3 × 1 against 0.2 × 1 + 0.3 × 0.5.
    let by = |weights| {
        let mut scored = [Scored::default(); 2];
        choose(
            Strategy::Balanced,
            &weights,
            &[cheap, quick],
            &mut scored,
            3,
        )
        .unwrap()
    };
    assert_eq!(by(Weights::default()).place, 1);
    let cost = Weights {
        latency: 0,
        ..Weights::default()
    };
    assert_eq!(by(cost).place, 0);
    let none = Weights {
        latency: 0,
        success: 0,
        cost: 0,
        breaker: 0,
        headroom: 0,
    };
    let mut shown = [Scored::default(); 1];
    assert!(choose(Strategy::Balanced, &none, &[cheap], &mut shown, 3).is_some());
    assert_eq!(shown[0].score, 0);
}

#[test]
fn large_costs_do_not_lose_their_order() {
    let candidates = [
        costing(0, i128::MAX),
        costing(1, 1 << 62),
        costing(2, 1 << 63),
    ];
    assert_eq!(counts(Strategy::Cheapest, candidates), [0, 10_000, 0]);
    let scored = score(&candidates);
    assert_eq!((scored[1].cost, scored[2].cost), (10_000, 5_000));
}

fn any_candidate() -> impl proptest::strategy::Strategy<Value = Candidate> {
    let availability = prop_oneof![
        4 => Just(Availability::Ready),
        1 => Just(Availability::HalfOpen),
        1 => Just(Availability::Open { until_ms: 5 }),
        1 => Just(Availability::Cooling { until_ms: 5 }),
        1 => Just(Availability::Full { until_ms: 5 }),
        1 => Just(Availability::NotAllowed),
        1 => Just(Availability::Tried),
        1 => Just(Availability::TooSmall),
    ];
    let known = (
        prop::option::of(-2..100_i128),
        prop::option::of(0..1_000_u64),
        prop::option::of(0..12_000_u16),
    );
    (0..6_u8, 0..4_u32, availability, known, 0..3_u32).prop_map(
        |(rank, weight, availability, (cost, first_byte_us, share), in_flight)| Candidate {
            rank,
            weight,
            availability,
            cost: cost.map(Money::from_picos),
            first_byte_us,
            success_ten_thousandths: share,
            headroom_ten_thousandths: share,
            in_flight,
            is_translated: in_flight == 1,
        },
    )
}

proptest! {
    #[test]
    fn only_what_is_available_is_chosen_and_something_is_if_anything_is(
        candidates in prop::collection::vec(any_candidate(), 0..CANDIDATES_MAX),
        which in 0..5_usize,
        dice in any::<u64>(),
    ) {
        let strategy = Strategy::ALL[which];
        let choice = with_dice(strategy, &candidates, dice);
        prop_assert_eq!(choice, with_dice(strategy, &candidates, dice));
        let is_available = |c: &Candidate| c.availability.is_available();
        prop_assert_eq!(choice.is_some(), candidates.iter().any(is_available));
        if let Some(choice) = choice {
            let chosen = candidates[choice.place];
            prop_assert!(is_available(&chosen));
            let other = |c: &&Candidate| is_available(c) && c.rank != chosen.rank;
            prop_assert_eq!(choice.runner_up.is_some(), candidates.iter().any(|c| other(&c)));
            if let Some(runner_up) = choice.runner_up {
                prop_assert!(other(&&candidates[runner_up]));
            }
        }
    }

    #[test]
    fn the_cheapest_ready_one_costs_least(
        mut candidates in prop::collection::vec(any_candidate(), 1..20),
        dice in any::<u64>(),
    ) {
        candidates.iter_mut().for_each(|c| c.weight += 1);
        if let Some(choice) = with_dice(Strategy::Cheapest, &candidates, dice) {
            let chosen = candidates[choice.place];
            let paid = |c: &Candidate| c.cost.map_or(i128::MAX, |cost| cost.picos().max(0));
            for other in candidates.iter().filter(|c| c.availability == chosen.availability) {
                prop_assert!(paid(&chosen) <= paid(other));
            }
        }
    }
}
