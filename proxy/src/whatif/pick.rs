//! Which deployment an entry would have gone to, by its route's strategy.
//!
//! The gateway also looks at breakers, headroom and warm caches of the moment; nobody knows those of the past, so
//! that here every deployment is well and has room.

use quotah_policy::route::{Strategy, Weights};

/// A deployment as the choice sees it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Runner {
    /// Its share where it is chosen by lot; with 0 it is chosen when no other can be.
    pub(super) weight: u32,
    /// The entry went there.
    pub(super) was_used: bool,
    /// What the entry would cost there, 10⁻¹² USD; `None` without a price.
    pub(super) cost_picousd: Option<i64>,
    /// How long it usually takes, milliseconds.
    pub(super) median_ms: Option<u64>,
    /// Share of its requests that went well, of ten thousand.
    pub(super) success: Option<u16>,
}

/// The place of the runner that is chosen. Of equals the one that was used stays, else the first is taken.
///
/// `lot` decides where it is by lot: the same one always chooses the same.
pub(super) fn pick(
    strategy: Strategy,
    weights: &Weights,
    runners: &[Runner],
    lot: u128,
) -> Option<usize> {
    let has_weight = runners.iter().any(|runner| runner.weight > 0);
    let stands = |runner: &&(usize, Runner)| runner.1.weight > 0 || !has_weight;
    let all: Vec<(usize, Runner)> = runners.iter().copied().enumerate().collect();
    let standing = || all.iter().filter(stands);
    if strategy == Strategy::Weighted && has_weight {
        return draw(standing().copied(), lot);
    }
    let best = Best::of(standing().map(|(_, runner)| runner));
    let order = |place: usize, runner: &Runner| match strategy {
        Strategy::Ordered => place as u64,
        Strategy::Weighted => 0,
        Strategy::Fastest => runner.median_ms.unwrap_or(u64::MAX),
        Strategy::Cheapest => runner.cost_picousd.map_or(u64::MAX, positive),
        Strategy::Balanced => WHOLE - best.score(runner, weights),
    };
    let first = standing().min_by_key(|(place, runner)| (order(*place, runner), !runner.was_used));
    first.map(|(place, _)| *place)
}

/// One of them by lot, each with its weight's share.
fn draw(runners: impl Iterator<Item = (usize, Runner)> + Clone, lot: u128) -> Option<usize> {
    let whole: u64 = runners.clone().map(|(_, r)| u64::from(r.weight)).sum();
    let mut point = mixed(lot).checked_rem(whole)?;
    for (place, runner) in runners {
        match point.checked_sub(u64::from(runner.weight)) {
            Some(rest) => point = rest,
            None => return Some(place),
        }
    }
    None
}

/// An even number out of an id whose first half is a time (`SplitMix64`'s finaliser).
fn mixed(id: u128) -> u64 {
    let mut z = (id as u64) ^ ((id >> 64) as u64).rotate_left(32);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What runners are measured by.
struct Best {
    median_ms: Option<u64>,
    cost: Option<u64>,
}

impl Best {
    fn of<'r>(runners: impl Iterator<Item = &'r Runner> + Clone) -> Self {
        Self {
            median_ms: runners.clone().filter_map(|r| r.median_ms).min(),
            cost: runners.filter_map(|r| r.cost_picousd).map(positive).min(),
        }
    }

    /// The mean of the factors by weight, of ten thousand: what the best has ÷ what this one has.
    fn score(&self, runner: &Runner, weights: &Weights) -> u64 {
        let cost = runner.cost_picousd.map(positive);
        let factors = [
            (factor(self.median_ms, runner.median_ms), weights.latency),
            (runner.success.map_or(WHOLE, u64::from), weights.success),
            (
                cost.map_or(0, |own| factor(self.cost, Some(own))),
                weights.cost,
            ),
            (WHOLE, weights.breaker),
            (WHOLE, weights.headroom),
        ];
        let weighed = factors.map(|(factor, weight)| factor * u64::from(weight));
        let whole: u64 = factors.iter().map(|(_, weight)| u64::from(*weight)).sum();
        weighed.iter().sum::<u64>().checked_div(whole).unwrap_or(0)
    }
}

/// `best` ÷ `own`, of ten thousand; all of it where either is not known.
fn factor(best: Option<u64>, own: Option<u64>) -> u64 {
    let (Some(best), Some(own)) = (best, own) else {
        return WHOLE;
    };
    let ratio = (u128::from(best) * u128::from(WHOLE)).checked_div(own.into());
    ratio.map_or(WHOLE, |ratio| {
        u64::try_from(ratio).unwrap_or(WHOLE).min(WHOLE)
    })
}

fn positive(picousd: i64) -> u64 {
    u64::try_from(picousd).unwrap_or(0)
}

/// All of a factor.
const WHOLE: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(weight: u32, cost: Option<i64>, median_ms: Option<u64>) -> Runner {
        Runner {
            weight,
            cost_picousd: cost,
            median_ms,
            ..Runner::default()
        }
    }

    fn picked(strategy: Strategy, runners: &[Runner]) -> Option<usize> {
        pick(strategy, &Weights::default(), runners, 1)
    }

    #[test]
    fn each_strategy_has_its_own_winner() {
        let runners = [
            runner(0, Some(1), Some(1)),
            runner(1, Some(90), Some(50)),
            runner(1, Some(80), Some(70)),
            runner(1, None, None),
        ];
        assert_eq!(picked(Strategy::Ordered, &runners), Some(1));
        assert_eq!(picked(Strategy::Fastest, &runners), Some(1));
        assert_eq!(picked(Strategy::Cheapest, &runners), Some(2));
        assert_eq!(picked(Strategy::Ordered, &runners[..1]), Some(0));
        assert_eq!(picked(Strategy::Weighted, &runners[..1]), Some(0));
        assert_eq!(picked(Strategy::Balanced, &[]), None);
    }

    #[test]
    fn of_equals_the_one_that_was_used_stays() {
        let mut runners = [runner(1, Some(5), None); 3];
        runners[2].was_used = true;
        assert_eq!(picked(Strategy::Cheapest, &runners), Some(2));
        assert_eq!(picked(Strategy::Balanced, &runners), Some(2));
        assert_eq!(picked(Strategy::Ordered, &runners), Some(0));
    }

    #[test]
    fn a_score_weighs_what_went_well_against_what_it_costs() {
        let mut runners = [
            runner(1, Some(50), Some(100)),
            runner(1, Some(100), Some(100)),
        ];
        runners[0].success = Some(9_900);
        runners[1].success = Some(10_000);
        assert_eq!(picked(Strategy::Balanced, &runners), Some(0));
        runners[0].success = Some(1_000);
        assert_eq!(picked(Strategy::Balanced, &runners), Some(1));
    }

    #[test]
    fn lots_fall_by_weight_and_the_same_way_again() {
        let runners = [runner(1, None, None), runner(3, None, None)];
        let drawn = |lot| pick(Strategy::Weighted, &Weights::default(), &runners, lot);
        let second = (0..10_000).filter(|lot| drawn(*lot) == Some(1)).count();
        assert!((7_300..7_700).contains(&second), "{second} of 10,000");
        assert_eq!(drawn(77), drawn(77));
    }
}
