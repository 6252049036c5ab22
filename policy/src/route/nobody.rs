//! Why no candidate may be chosen, and when that may change.

use super::candidate::{Availability, Candidate};

/// Why nobody takes the request. Times are unix milliseconds, not before now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNobody {
    /// All that could have taken it were asked to pause, or have no room for it.
    Cooling {
        /// When the first of them may be asked again.
        soonest_ms: u64,
    },
    /// Some that could have taken it are broken; the others pause, or have no room for it.
    Unhealthy {
        /// When the first of all of them may be asked again.
        soonest_ms: u64,
    },
    /// The caller may use none of them.
    NotAllowed,
    /// Those that could be asked were asked.
    AllTried,
    /// The request fits into none of those that the caller may use.
    TooSmall,
    /// Those that the caller may use speak another dialect, and the request asks for what cannot be said in it.
    Unsayable,
}

/// Why none of `candidates` may be chosen.
///
/// What the request met itself comes first: where any was tried, that one's answer says more than another's pause.
/// Candidates that may be chosen after all count as broken until now.
#[must_use]
pub fn nobody(candidates: &[Candidate], now_ms: u64) -> WhyNobody {
    let mut why = WhyNobody::NotAllowed;
    for candidate in candidates {
        why = worse(why, one(candidate.availability, now_ms));
    }
    why
}

fn one(availability: Availability, now_ms: u64) -> WhyNobody {
    match availability {
        Availability::Ready | Availability::HalfOpen => WhyNobody::Unhealthy { soonest_ms: now_ms },
        Availability::Open { until_ms } => WhyNobody::Unhealthy {
            soonest_ms: until_ms.max(now_ms),
        },
        Availability::Cooling { until_ms } | Availability::Full { until_ms } => {
            WhyNobody::Cooling {
                soonest_ms: until_ms.max(now_ms),
            }
        }
        Availability::NotAllowed => WhyNobody::NotAllowed,
        Availability::Tried => WhyNobody::AllTried,
        Availability::TooSmall => WhyNobody::TooSmall,
        Availability::Unsayable => WhyNobody::Unsayable,
    }
}

/// What holds for both together.
fn worse(one: WhyNobody, other: WhyNobody) -> WhyNobody {
    use WhyNobody::{AllTried, Cooling, NotAllowed, TooSmall, Unhealthy, Unsayable};
    match (one, other) {
        (AllTried, _) | (_, AllTried) => AllTried,
        (Unhealthy { soonest_ms: a }, Unhealthy { soonest_ms: b } | Cooling { soonest_ms: b })
        | (Cooling { soonest_ms: a }, Unhealthy { soonest_ms: b }) => Unhealthy {
            soonest_ms: a.min(b),
        },
        (Cooling { soonest_ms: a }, Cooling { soonest_ms: b }) => Cooling {
            soonest_ms: a.min(b),
        },
        (timed @ (Unhealthy { .. } | Cooling { .. }), NotAllowed | TooSmall | Unsayable)
        | (NotAllowed | TooSmall | Unsayable, timed @ (Unhealthy { .. } | Cooling { .. })) => timed,
        // Who finds it too long may be asked all the same: that is an estimate.
        (TooSmall, NotAllowed | TooSmall | Unsayable) | (NotAllowed | Unsayable, TooSmall) => {
            TooSmall
        }
        (Unsayable, NotAllowed | Unsayable) | (NotAllowed, Unsayable) => Unsayable,
        (NotAllowed, NotAllowed) => NotAllowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::tests::candidate;

    fn why(availabilities: &[Availability]) -> WhyNobody {
        let mut candidates = Vec::new();
        for availability in availabilities {
            candidates.push(Candidate {
                availability: *availability,
                ..candidate(0)
            });
        }
        nobody(&candidates, 100)
    }

    #[test]
    fn each_mixture_has_one_reason() {
        use Availability::{Cooling, Full, NotAllowed, Open, TooSmall, Tried, Unsayable};
        let (open, cooling, full) = (
            Open { until_ms: 300 },
            Cooling { until_ms: 200 },
            Full { until_ms: 90 },
        );
        for (mixture, expected) in [
            (&[][..], WhyNobody::NotAllowed),
            (&[NotAllowed, NotAllowed], WhyNobody::NotAllowed),
            (&[NotAllowed, TooSmall], WhyNobody::TooSmall),
            (&[NotAllowed, Unsayable], WhyNobody::Unsayable),
            (&[Unsayable, TooSmall], WhyNobody::TooSmall),
            (&[open, Unsayable], WhyNobody::Unhealthy { soonest_ms: 300 }),
            (
                &[cooling, NotAllowed],
                WhyNobody::Cooling { soonest_ms: 200 },
            ),
            (&[cooling, full], WhyNobody::Cooling { soonest_ms: 100 }),
            (&[cooling, open], WhyNobody::Unhealthy { soonest_ms: 200 }),
            (&[open, TooSmall], WhyNobody::Unhealthy { soonest_ms: 300 }),
            (&[open, cooling, Tried, NotAllowed], WhyNobody::AllTried),
        ] {
            assert_eq!(why(mixture), expected, "{mixture:?}");
            let mut backwards = mixture.to_vec();
            backwards.reverse();
            assert_eq!(why(&backwards), expected, "{mixture:?} backwards");
        }
    }
}
