//! Which deployment an entry would have gone to, by its route's strategy.
//!
//! The gateway also looks at breakers, headroom and warm caches of the moment; nobody knows those of the past, so
//! that here every deployment is well and has room.

use quotah_policy::Money;
use quotah_policy::route::{
    Availability, CANDIDATES_MAX, Candidate, Scored, Strategy, Weights, choose,
};
use smallvec::SmallVec;

/// A deployment as the choice sees it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Runner {
    /// Its share where it is chosen by lot; with 0 it is chosen when no other can be.
    pub(super) weight: u32,
    /// The entry went there.
    pub(super) was_used: bool,
    /// It would be asked in another dialect than the client's.
    pub(super) is_translated: bool,
    /// What the entry would cost there, 10⁻¹² USD; `None` without a price.
    pub(super) cost_picousd: Option<i64>,
    /// How long it usually takes, milliseconds.
    pub(super) median_ms: Option<u64>,
    /// Share of its requests that went well, of ten thousand.
    pub(super) success: Option<u16>,
}

/// The place of the runner that is chosen. Of equals those are preferred that need no translation, then the one that was
/// used stays, else the first is taken.
///
/// `lot` decides where it is by lot: the same one always chooses the same.
pub(super) fn pick(
    strategy: Strategy,
    weights: &Weights,
    runners: &[Runner],
    lot: u128,
) -> Option<usize> {
    let candidates: SmallVec<[Candidate; 8]> = (0..).zip(runners).map(candidate).collect();
    let mut scored = [Scored::default(); CANDIDATES_MAX];
    let dice = (lot as u64) ^ ((lot >> 64) as u64).rotate_left(32);
    let drawn = choose(strategy, weights, &candidates, &mut scored, dice)?;
    if strategy == Strategy::Weighted {
        return Some(drawn.place);
    }
    // The gateway also lets some requests measure deployments that it knows nothing of: not here.
    let order = |place: usize, runner: &Runner| match strategy {
        Strategy::Ordered => place as u64,
        Strategy::Weighted => 0,
        Strategy::Fastest => runner.median_ms.unwrap_or(u64::MAX),
        Strategy::Cheapest => runner.cost_picousd.map_or(u64::MAX, positive),
        Strategy::Balanced => {
            let score = scored.get(place).map_or(0, |scored| scored.score);
            u64::from(u16::MAX - score)
        }
    };
    let all = runners.iter().take(CANDIDATES_MAX).enumerate();
    let key = |(place, runner): &(usize, &Runner)| {
        let is_reserve = runner.weight == 0;
        let order = order(*place, runner);
        (is_reserve, order, runner.is_translated, !runner.was_used)
    };
    all.min_by_key(key).map(|(place, _)| place)
}

/// A runner as the gateway's own choice takes it: well, and with all the room there is.
fn candidate((rank, runner): (u8, &Runner)) -> Candidate {
    Candidate {
        rank,
        weight: runner.weight,
        availability: Availability::Ready,
        cost: runner
            .cost_picousd
            .map(|cost| Money::from_picos(cost.into())),
        first_byte_us: runner.median_ms.map(|ms| ms.saturating_mul(1_000)),
        success_ten_thousandths: runner.success,
        headroom_ten_thousandths: None,
        in_flight: 0,
        is_translated: runner.is_translated,
    }
}

fn positive(picousd: i64) -> u64 {
    u64::try_from(picousd).unwrap_or(0)
}

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
    fn of_equals_those_are_preferred_that_need_no_translation() {
        let mut runners = [runner(1, Some(5), None); 3];
        runners[0].is_translated = true;
        assert_eq!(picked(Strategy::Cheapest, &runners), Some(1));
        runners[0].cost_picousd = Some(4);
        assert_eq!(picked(Strategy::Cheapest, &runners), Some(0));
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
