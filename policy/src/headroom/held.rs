//! One limit of a place: what is left of it, by answers that overlap.
//!
//! An answer to a request that was sent after another answer had come is newer than that, whatever it says. Of
//! answers that overlap nobody knows which is newer, so the less counts. Were each answer held against the last one
//! only, then under constant overlap the least would count for ever. So answers are kept in two generations. The
//! `older` came before `turned_at_ms`, the `newer` since; the first answer to a request sent after that moment is
//! newer than all of the older, which are forgotten: the newer become the older, and a generation begins.

use super::STRETCH_MS_MAX;
use super::front::{Front, Left};
use super::seen::{Amount, Counts, LimitSeen, Said};

/// A limit, as far as is known.
#[derive(Debug)]
pub(super) struct Held {
    /// The last word, whatever its order.
    pub(super) said: Said,
    older: Front,
    newer: Front,
    /// What was used without an answer that names the limit, in each generation.
    spent_older: u64,
    spent_newer: u64,
    /// When the generations changed last.
    turned_at_ms: u64,
    /// When it was heard of last, or a request let through to see.
    asked_at_ms: u64,
}

impl Held {
    pub(super) fn new(limit: LimitSeen, sent_at_ms: u64, now_ms: u64) -> Self {
        let seen_at_ms = now_ms;
        let mut held = Self {
            said: Said { limit, seen_at_ms },
            older: Front::default(),
            newer: Front::default(),
            spent_older: 0,
            spent_newer: 0,
            turned_at_ms: 0,
            asked_at_ms: now_ms,
        };
        held.saw(limit, sent_at_ms, now_ms);
        held
    }

    /// Takes in what an answer says, whose request was sent at `sent_at_ms`.
    pub(super) fn saw(&mut self, limit: LimitSeen, sent_at_ms: u64, now_ms: u64) {
        self.said = Said {
            limit,
            seen_at_ms: now_ms,
        };
        self.asked_at_ms = now_ms;
        let Some(remaining) = limit.remaining else {
            return;
        };
        let back_at = limit.back_at_ms(now_ms);
        let until_ms = back_at.unwrap_or_else(|| now_ms.saturating_add(BACK_MS_DEFAULT));
        self.newer.add(
            Left {
                remaining,
                until_ms,
            },
            now_ms,
        );
        if self.turned_at_ms > now_ms.saturating_add(CLOCK_MS_MAX) {
            self.turned_at_ms = now_ms;
        }
        if sent_at_ms > self.turned_at_ms {
            self.older = std::mem::take(&mut self.newer);
            self.spent_older = std::mem::take(&mut self.spent_newer);
            self.turned_at_ms = now_ms.max(self.turned_at_ms);
        }
    }

    /// Counts what a request used that was sent and named this limit in no answer.
    pub(super) fn spend(&mut self, amount: &Amount) {
        let spent = amount.of(self.counts());
        self.spent_newer = self.spent_newer.saturating_add(spent);
    }

    /// Until when it lacks what a request needs, `None` when it does not.
    pub(super) fn lacks(&self, need: &Amount, in_flight: &Amount, now_ms: u64) -> Option<u64> {
        let counts = self.counts();
        if counts == Counts::Nothing || self.until_ms() == 0 || self.limit() == Some(0) {
            return None;
        }
        let needed = match (need.of(counts), self.limit()) {
            (0, _) if counts != Counts::Other => return None,
            // Its estimate is more than the whole: no wait would help, so it tries as long as anything is left.
            (needed, Some(limit)) if needed > limit => 1,
            (needed, _) => needed.max(1),
        };
        let taken = in_flight.of(counts);
        let gone = self.spent().saturating_add(taken);
        let short = |left: &Left| left.remaining.saturating_sub(gone) < needed;
        if let Some(until_ms) = self.steps(now_ms).filter(short).map(|l| l.until_ms).max() {
            let stretch_ends = self.asked_at_ms.saturating_add(STRETCH_MS_MAX);
            return Some(until_ms.min(stretch_ends)).filter(|until| *until > now_ms);
        }
        let whole = self
            .limit()
            .filter(|_| self.steps(now_ms).next().is_none())?;
        let is_short = taken > 0 && whole.saturating_sub(taken) < needed;
        is_short.then(|| now_ms.saturating_add(UNDER_WAY_MS))
    }

    /// Notes that a request goes to see whether it is still so.
    pub(super) const fn ask(&mut self, now_ms: u64) {
        self.asked_at_ms = now_ms;
    }

    /// Whether a limit that is used up was not asked about for too long.
    pub(super) const fn is_asked_anew(&self, now_ms: u64) -> bool {
        self.asked_at_ms.saturating_add(STRETCH_MS_MAX) <= now_ms
    }

    /// The share that is left, of ten thousand; `None` where it is not known.
    pub(super) fn share(&self, in_flight: &Amount, now_ms: u64) -> Option<u16> {
        let counts = self.counts();
        if counts == Counts::Nothing || self.until_ms() == 0 {
            return None;
        }
        let said = [self.older.at(now_ms), self.newer.at(now_ms)];
        let said = said.into_iter().flatten().map(|left| left.remaining).min();
        let left = said
            .map(|remaining| remaining.saturating_sub(self.spent()))
            .or_else(|| self.limit())?
            .saturating_sub(in_flight.of(counts));
        let limit = match self.limit() {
            _ if left == 0 => return Some(0),
            limit => limit.filter(|limit| *limit > 0)?,
        };
        let share = u128::from(left)
            .saturating_mul(u128::from(WHOLE))
            .checked_div(u128::from(limit))?;
        Some(u16::try_from(share).unwrap_or(WHOLE).min(WHOLE))
    }

    /// Forgets what is long back and not named any more.
    pub(super) fn was_not_named(&mut self, now_ms: u64) {
        if self.until_ms().saturating_add(STRETCH_MS_MAX) <= now_ms {
            self.older = Front::default();
            self.newer = Front::default();
            (self.spent_older, self.spent_newer) = (0, 0);
        }
    }

    const fn counts(&self) -> Counts {
        self.said.limit.counts
    }

    const fn limit(&self) -> Option<u64> {
        self.said.limit.limit
    }

    const fn spent(&self) -> u64 {
        self.spent_older.saturating_add(self.spent_newer)
    }

    /// Everything that was said and holds now or later.
    fn steps(&self, now_ms: u64) -> impl Iterator<Item = Left> {
        let older = self.older.in_force(now_ms);
        older.chain(self.newer.in_force(now_ms))
    }

    /// When the last that was said is over; 0 when nothing was said of what is left.
    fn until_ms(&self) -> u64 {
        self.older.until_ms().max(self.newer.until_ms())
    }
}

/// When all is back, milliseconds, where neither a reset nor a window is told. Most windows are a minute.
const BACK_MS_DEFAULT: u64 = 60_000;

/// How soon to ask again when only what is under way stands in the way, milliseconds.
const UNDER_WAY_MS: u64 = 1_000;

/// How far threads may be apart in reading one clock, milliseconds. A clock that is further back was set.
pub(super) const CLOCK_MS_MAX: u64 = 1_000;

/// The whole of a limit.
const WHOLE: u16 = 10_000;
