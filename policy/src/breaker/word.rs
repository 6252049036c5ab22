//! A breaker's state in one word, so that looking at it is one load, and nobody ever sees half of a change.

use super::BreakerState;

/// What a breaker does, and which change of it this is.
///
/// Open and half-open without a probe are one phase: time alone makes the one into the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) phase: Phase,
    /// Until when it is open, in unix milliseconds up to [`UNTIL_MAX`]; 0 when it is closed.
    pub(super) until_ms: u64,
    /// Counts the changes, modulo 2^20: a verdict on a call of another generation moves nothing. A call would have to
    /// last for a million changes to be taken for one of today.
    pub(super) generation: u64,
}

/// The phases that do not depend on the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    Open,
    Probing,
}

/// The latest time that has a place in the word: 42 bits of unix milliseconds, in the year 2109.
pub(super) const UNTIL_MAX: u64 = (1 << 42) - 1;

const GENERATION_MAX: u64 = (1 << 20) - 1;

impl Standing {
    pub(super) const CLOSED: Self = Self {
        phase: Phase::Closed,
        until_ms: 0,
        generation: 0,
    };

    pub(super) fn read(word: u64) -> Self {
        Self {
            phase: match word & 3 {
                0 => Phase::Closed,
                1 => Phase::Open,
                _ => Phase::Probing,
            },
            until_ms: (word >> 2) & UNTIL_MAX,
            generation: word >> 44,
        }
    }

    pub(super) fn word(self) -> u64 {
        let phase = match self.phase {
            Phase::Closed => 0,
            Phase::Open => 1,
            Phase::Probing => 2,
        };
        phase | self.until_ms.min(UNTIL_MAX) << 2 | (self.generation & GENERATION_MAX) << 44
    }

    /// What follows this one.
    pub(super) fn next(self, phase: Phase, until_ms: u64) -> Self {
        Self {
            phase,
            until_ms: until_ms.min(UNTIL_MAX),
            generation: self.generation.wrapping_add(1) & GENERATION_MAX,
        }
    }

    /// What it means at `now_ms`.
    pub(super) fn at(self, now_ms: u64) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open if now_ms < self.until_ms => BreakerState::Open {
                until_ms: self.until_ms,
            },
            Phase::Open => BreakerState::HalfOpen { is_probing: false },
            Phase::Probing => BreakerState::HalfOpen { is_probing: true },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_reads_back_as_what_it_was_made_of() {
        for phase in [Phase::Closed, Phase::Open, Phase::Probing] {
            for until_ms in [0, 1, 1_795_240_000_000, UNTIL_MAX] {
                for generation in [0, 1, GENERATION_MAX] {
                    let standing = Standing {
                        phase,
                        until_ms,
                        generation,
                    };
                    assert_eq!(Standing::read(standing.word()), standing);
                }
            }
        }
    }

    #[test]
    fn generations_begin_again_and_times_end() {
        let last = Standing {
            generation: GENERATION_MAX,
            ..Standing::CLOSED
        };
        let next = last.next(Phase::Open, u64::MAX);
        assert_eq!((next.generation, next.until_ms), (0, UNTIL_MAX));
        assert_eq!(Standing::read(next.word()), next);
    }
}
