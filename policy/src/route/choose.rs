//! The choice of one candidate.
//!
//! Candidates are put into one order: those that serve before those on probation and those with a weight before
//! reserves; then what the strategy goes by; then, among equals, who takes the request untranslated, who has more headroom,
//! who is less busy, and dice.
//! One pass finds what candidates are measured by, another the first of them and the first of another deployment.

use super::candidate::{Availability, CANDIDATES_MAX, Candidate};
use super::dice::{LOTS, MEASURE, PROBE, throw};
use super::draw::draw;
use super::score::{Best, Scored, picos};
use super::{Strategy, WHOLE, Weights};

/// One of so many requests goes to a deployment on probation while others serve. Without that, it would never be
/// asked again; its breaker lets one through at a time, whatever the dice.
pub const PROBE_ONE_IN: u64 = 8;

/// One of so many requests of [`Strategy::Fastest`] goes to a deployment that was never measured, as if it were the
/// fastest. Always would send all traffic there until its first answer begins; never would leave it unknown.
pub const MEASURE_ONE_IN: u64 = 16;

/// Who takes the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// Place among the candidates.
    pub place: usize,
    /// Place of the one that would have taken it, had this deployment not been there.
    pub runner_up: Option<usize>,
    /// Why the strategy's order holds, or not.
    pub turn: Turn,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Turn {
    /// The best one's.
    #[default]
    Best,
    /// A deployment's on probation: see [`PROBE_ONE_IN`].
    Probe,
    /// A deployment's that was not measured: see [`MEASURE_ONE_IN`].
    Measure,
}

/// Chooses one of `candidates` by `strategy`, and the one that comes second.
///
/// Only what is [`Availability::is_available`] is chosen; `None` where nothing is ([`super::nobody`] says why).
/// `scored` takes what speaks for each candidate, at its place, whatever the strategy; places that it lacks are left
/// out. Of more than [`CANDIDATES_MAX`] candidates the first so many are looked at. `dice` is any random number: with
/// the same one, the same is chosen.
///
/// - `Ordered`: the lowest rank. One on probation takes its turn at once.
/// - `Weighted`: a rank by dice, each with its weight's share, however many credentials it has.
/// - `Fastest`: the shortest time to the first byte; unmeasured ones last, but first in one of [`MEASURE_ONE_IN`].
/// - `Cheapest`: the least cost; those without a price last.
/// - `Balanced`: the highest score.
///
/// Otherwise one on probation is chosen where none is ready, and in one of [`PROBE_ONE_IN`].
#[must_use]
pub fn choose(
    strategy: Strategy,
    weights: &Weights,
    candidates: &[Candidate],
    scored: &mut [Scored],
    dice: u64,
) -> Option<Choice> {
    let candidates = candidates.get(..CANDIDATES_MAX).unwrap_or(candidates);
    let field = Field::of(candidates);
    let turn = field.turn(strategy, dice);
    let drawn = match strategy {
        Strategy::Weighted => draw(candidates, turn, dice),
        _ => None,
    };
    let mut podium = Podium::new(dice);
    for (place, candidate) in candidates.iter().enumerate() {
        let score = field.best.score(candidate, weights);
        if let Some(shown) = scored.get_mut(place) {
            *shown = score;
        }
        if !candidate.availability.is_available() {
            continue;
        }
        let preference = match strategy {
            Strategy::Ordered => u64::from(candidate.rank),
            Strategy::Weighted if drawn == Some(candidate.rank) => 0,
            Strategy::Weighted => u64::MAX.saturating_sub(u64::from(candidate.weight)),
            Strategy::Fastest => quickness(candidate.first_byte_us, turn),
            Strategy::Cheapest => candidate.cost.map_or(u64::MAX, picos),
            Strategy::Balanced => u64::from(WHOLE.saturating_sub(score.score)),
        };
        podium.enter(Entrant {
            place,
            rank: candidate.rank,
            order: Order {
                standing: standing(strategy, turn, candidate),
                preference,
                is_translated: candidate.is_translated,
                used: WHOLE.saturating_sub(candidate.headroom_ten_thousandths.unwrap_or(WHOLE / 2)),
                in_flight: candidate.in_flight,
            },
        });
    }
    podium.first.map(|first| Choice {
        place: first.place,
        runner_up: podium.second.map(|second| second.place),
        turn,
    })
}

/// What the candidates are, taken together.
#[derive(Debug, Default)]
struct Field {
    best: Best,
    has_ready: bool,
    has_half_open: bool,
    has_measured: bool,
    has_unmeasured: bool,
}

impl Field {
    fn of(candidates: &[Candidate]) -> Self {
        let mut field = Self::default();
        for candidate in candidates {
            if !candidate.availability.is_available() {
                continue;
            }
            field.best.consider(candidate);
            // Reserves get neither probes nor measurements: they are asked when they are needed.
            if candidate.weight == 0 {
                continue;
            }
            if candidate.availability == Availability::HalfOpen {
                field.has_half_open = true;
                continue;
            }
            field.has_ready = true;
            field.has_measured |= candidate.first_byte_us.is_some();
            field.has_unmeasured |= candidate.first_byte_us.is_none();
        }
        field
    }

    fn turn(&self, strategy: Strategy, dice: u64) -> Turn {
        let is_mixed = self.has_ready && self.has_half_open;
        if is_mixed
            && strategy != Strategy::Ordered
            && throw(dice, PROBE).is_multiple_of(PROBE_ONE_IN)
        {
            return Turn::Probe;
        }
        let is_partly_known = self.has_measured && self.has_unmeasured;
        let is_fastest = strategy == Strategy::Fastest;
        if is_partly_known && is_fastest && throw(dice, MEASURE).is_multiple_of(MEASURE_ONE_IN) {
            return Turn::Measure;
        }
        Turn::Best
    }
}

/// Which group a candidate is in; a lower one goes first.
pub(super) fn standing(strategy: Strategy, turn: Turn, candidate: &Candidate) -> u8 {
    let is_half_open = candidate.availability == Availability::HalfOpen;
    let waits = match (strategy, turn) {
        (Strategy::Ordered, _) => false,
        (_, Turn::Probe) => !is_half_open,
        (_, Turn::Best | Turn::Measure) => is_half_open,
    };
    let is_reserve = candidate.weight == 0;
    u8::from(waits) | (u8::from(is_reserve) << 1)
}

/// What candidates are sorted by under [`Strategy::Fastest`].
fn quickness(first_byte_us: Option<u64>, turn: Turn) -> u64 {
    match first_byte_us {
        Some(us) => us.saturating_add(1),
        None if turn == Turn::Measure => 0,
        None => u64::MAX,
    }
}

/// The first of all, and the first of those that are another deployment than that.
#[derive(Debug)]
struct Podium {
    dice: u64,
    first: Option<Entrant>,
    second: Option<Entrant>,
}

#[derive(Debug, Clone, Copy)]
struct Entrant {
    place: usize,
    rank: u8,
    order: Order,
}

/// What candidates are sorted by, in this order; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Order {
    standing: u8,
    preference: u64,
    is_translated: bool,
    /// Share of the headroom that is gone; half where it is unknown.
    used: u16,
    in_flight: u32,
}

impl Podium {
    const fn new(dice: u64) -> Self {
        Self {
            dice,
            first: None,
            second: None,
        }
    }

    fn enter(&mut self, new: Entrant) {
        let Some(first) = self.first else {
            self.first = Some(new);
            return;
        };
        let is_other = first.rank != new.rank;
        if self.is_before(&new, &first) {
            if is_other {
                self.second = Some(first);
            }
            self.first = Some(new);
        } else if is_other
            && self
                .second
                .is_none_or(|second| self.is_before(&new, &second))
        {
            self.second = Some(new);
        }
    }

    /// Equals draw lots, of which each place has its own, so that they share the load evenly.
    fn is_before(&self, one: &Entrant, other: &Entrant) -> bool {
        let lot = |of: &Entrant| {
            let place = u64::try_from(of.place).unwrap_or(0);
            throw(self.dice, LOTS.saturating_add(place))
        };
        let order = one.order.cmp(&other.order);
        order.then_with(|| lot(one).cmp(&lot(other))).is_lt()
    }
}
