//! A provider with one limit, 32 clients, answers out of order: it never has to say no, and is not left idle.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// How the provider counts, and how it tells when all is back.
#[derive(Debug, Clone, Copy)]
struct World {
    counts: Counts,
    limit: u64,
    window_ms: u64,
    /// A bucket that refills all the time, or windows one behind the other.
    is_bucket: bool,
    resets: Resets,
    /// Of a thousand answers so many have no headers, though they were counted.
    silent_per_mille: u64,
    seed: u64,
}

#[derive(Debug, Clone, Copy)]
enum Resets {
    /// When all is back, to the millisecond.
    At,
    /// Whole seconds from the answer on, so that it seems later than it is.
    InSeconds,
    /// Not at all: there is the window.
    Untold,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A client may send.
    Ready,
    /// Its request reaches the provider.
    Reaches(usize),
    /// Its answer reaches us.
    Returns(usize),
}

/// A request on its way.
struct Under {
    taken: Option<Taken>,
    cost: u64,
    /// Whether an answer had named the limit when it was taken.
    knew: bool,
    /// What its answer says: what is left, and when all of it is back.
    said: Option<(u64, u64)>,
}

struct Provider {
    world: World,
    used: u64,
    counted_at_ms: u64,
}

impl Provider {
    /// Counts a request or refuses it, and says what is left and when all is back.
    fn serve(&mut self, cost: u64, now_ms: u64) -> (bool, u64, u64) {
        let World {
            limit, window_ms, ..
        } = self.world;
        // Used amounts are kept in millionths, so that the bucket refills by the millisecond.
        if self.world.is_bucket {
            let back = (now_ms - self.counted_at_ms) * limit * 1_000_000 / window_ms;
            self.used = self.used.saturating_sub(back);
            self.counted_at_ms = now_ms;
        } else if now_ms / window_ms != self.counted_at_ms / window_ms {
            self.used = 0;
            self.counted_at_ms = now_ms;
        }
        let fits = self.used + cost * 1_000_000 <= limit * 1_000_000;
        if fits {
            self.used += cost * 1_000_000;
        }
        let left = limit - self.used.div_ceil(1_000_000);
        let reset_in_ms = if self.world.is_bucket {
            (self.used * window_ms).div_ceil(limit * 1_000_000)
        } else {
            window_ms - now_ms % window_ms
        };
        (fits, left, reset_in_ms)
    }
}

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    /// Requests that were let through by what answers had said, and refused all the same.
    refused: u64,
    served: u64,
}

const CLIENTS: usize = 32;
const BEGIN_MS: u64 = 1_000_000;

struct Simulation {
    world: World,
    place: Arc<Place>,
    provider: Provider,
    under: Vec<Under>,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    dice: u64,
    knows: bool,
    outcome: Outcome,
}

fn run(world: World, for_ms: u64) -> Outcome {
    let mut simulation = Simulation {
        world,
        place: Arc::new(Place::new(Arc::default())),
        provider: Provider {
            world,
            used: 0,
            counted_at_ms: BEGIN_MS,
        },
        under: Vec::new(),
        events: BinaryHeap::new(),
        dice: world.seed | 1,
        knows: false,
        outcome: Outcome::default(),
    };
    for _ in 0..CLIENTS {
        simulation.after(BEGIN_MS, 50, Event::Ready);
    }
    while let Some(Reverse((now, event))) = simulation.events.pop() {
        if now > BEGIN_MS + for_ms {
            break;
        }
        match event {
            Event::Ready => simulation.send(now),
            Event::Reaches(id) => simulation.serve(id, now),
            Event::Returns(id) => simulation.hear(id, now),
        }
    }
    simulation.outcome
}

impl Simulation {
    fn roll(&mut self, upto: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % upto
    }

    fn after(&mut self, now: u64, at_most_ms: u64, event: Event) {
        let at = now + 1 + self.roll(at_most_ms);
        self.events.push(Reverse((at, event)));
    }

    fn send(&mut self, now: u64) {
        let cost = match self.world.counts {
            Counts::Requests => 1,
            _ => 1 + self.roll(self.world.limit / 8 + 1),
        };
        let estimate = Estimate {
            input_tokens: cost / 2,
            output_tokens: cost - cost / 2,
        };
        let Ok(taken) = self.place.try_take(estimate, now) else {
            return self.after(now, 60, Event::Ready);
        };
        let id = self.under.len();
        self.under.push(Under {
            taken: Some(taken),
            cost,
            knew: self.knows,
            said: None,
        });
        self.after(now, 40, Event::Reaches(id));
    }

    fn serve(&mut self, id: usize, now: u64) {
        let Under { cost, knew, .. } = self.under[id];
        let (fits, left, reset_in_ms) = self.provider.serve(cost, now);
        self.outcome.refused += u64::from(!fits && knew);
        self.outcome.served += u64::from(fits) * cost;
        let is_silent = fits && knew && self.roll(1_000) < self.world.silent_per_mille;
        let reset = match self.world.resets {
            Resets::At => now + reset_in_ms,
            Resets::InSeconds => reset_in_ms.div_ceil(1_000) * 1_000,
            Resets::Untold => 0,
        };
        self.under[id].said = (!is_silent).then_some((left, reset));
        self.after(now, 250, Event::Returns(id));
    }

    fn hear(&mut self, id: usize, now: u64) {
        let said = self.under[id].said;
        let taken = self.under[id].taken.take().unwrap();
        self.after(now, 5, Event::Ready);
        if said.is_none() && id.is_multiple_of(2) {
            return drop(taken);
        }
        self.knows |= said.is_some();
        let limit = said.map(|(remaining, reset)| LimitSeen {
            kind: 1,
            counts: self.world.counts,
            limit: Some(self.world.limit),
            remaining: Some(remaining),
            reset_at_ms: match self.world.resets {
                Resets::At => Some(reset),
                Resets::InSeconds => Some(now + reset),
                Resets::Untold => None,
            },
            window_seconds: u32::try_from(self.world.window_ms / 1_000).ok(),
        });
        taken.answered(limit.as_slice(), now);
    }
}

fn worlds() -> impl Strategy<Value = World> {
    let counts = prop_oneof![Just(Counts::Requests), Just(Counts::Tokens)];
    let resets = prop_oneof![
        Just(Resets::At),
        Just(Resets::InSeconds),
        Just(Resets::Untold)
    ];
    let windows = prop_oneof![Just(1_000_u64), Just(2_000), Just(5_000)];
    let kinds = (counts, windows, any::<bool>(), resets);
    (kinds, 1..200_u64, any::<u64>()).prop_map(
        |((counts, window_ms, is_bucket, resets), limit, seed)| World {
            counts,
            limit,
            window_ms,
            is_bucket,
            resets,
            silent_per_mille: 0,
            seed,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_provider_that_told_what_is_left_never_has_to_refuse(world in worlds()) {
        prop_assert_eq!(run(world, 6 * world.window_ms).refused, 0);
    }

    /// Within a window: what was counted without a word in the next one cannot be known before its first answer.
    #[test]
    fn what_was_counted_without_a_word_is_not_taken_again(
        world in worlds(),
        silent_per_mille in 1..900_u64,
    ) {
        let world = World {
            is_bucket: false,
            window_ms: 20_000,
            limit: world.limit * 5,
            silent_per_mille,
            ..world
        };
        prop_assert_eq!(run(world, world.window_ms - 1).refused, 0);
    }
}

#[test]
fn what_is_left_is_used() {
    for (is_bucket, resets) in [
        (false, Resets::At),
        (false, Resets::InSeconds),
        (false, Resets::Untold),
        (true, Resets::At),
        (true, Resets::InSeconds),
        (true, Resets::Untold),
    ] {
        for seed in 1..9 {
            let world = World {
                counts: Counts::Requests,
                limit: 100,
                window_ms: 5_000,
                is_bucket,
                resets,
                silent_per_mille: 0,
                seed: seed * 0x9e37_79b9,
            };
            let outcome = run(world, 50_000);
            assert_eq!(outcome.refused, 0, "{world:?}");
            // Ten windows of a hundred.
            assert!(outcome.served >= 500, "{world:?}: {outcome:?}");
        }
    }
}

#[test]
fn under_a_limit_that_is_never_reached_nobody_is_held_back() {
    let world = World {
        counts: Counts::Requests,
        limit: 100_000,
        window_ms: 60_000,
        is_bucket: true,
        resets: Resets::At,
        silent_per_mille: 20,
        seed: 7,
    };
    let outcome = run(world, 60_000);
    // 32 clients, 150 ms a turn on average: about 200 a second for a minute.
    assert!(outcome.served > 10_000, "{outcome:?}");
}
