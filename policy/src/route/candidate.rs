//! Who could take a request, and what is known of each.

use crate::Money;

/// Most candidates of one route: so many that "tried" is a bit each of one `u64`.
pub const CANDIDATES_MAX: usize = 64;

/// One deployment behind one credential, as it stands for one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its deployment's place in the configuration. Credentials of one deployment share it, and with it weight,
    /// cost and statistics.
    pub rank: u8,
    /// Its deployment's share of [`Strategy::Weighted`](super::Strategy::Weighted). With 0 it is a reserve, whatever
    /// the strategy: not chosen while another may be.
    pub weight: u32,
    /// Whether it may be chosen.
    pub availability: Availability,
    /// What this request is expected to cost there; `None` where the model has no price.
    pub cost: Option<Money>,
    /// How long its answers usually take to begin, in microseconds; `None` before one was measured.
    pub first_byte_us: Option<u64>,
    /// Share of its calls that succeeded lately; `None` when unknown.
    pub success_ten_thousandths: Option<u16>,
    /// What is left of its tightest rate limit; `None` when the provider told nothing.
    pub headroom_ten_thousandths: Option<u16>,
    /// Requests that it is busy with.
    pub in_flight: u32,
    /// Whether the request would have to be translated for it: of two that the strategy holds for equal, the one that
    /// takes it as it is goes first.
    pub is_translated: bool,
}

/// Whether a candidate may be chosen, and if not, why and until when. Times are unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It may be chosen.
    Ready,
    /// Its breaker lets a probe through: it may be chosen, for one request.
    HalfOpen,
    /// Its breaker is open.
    Open {
        /// When it lets a probe through.
        until_ms: u64,
    },
    /// Its provider asked for a pause.
    Cooling {
        /// When the pause is over.
        until_ms: u64,
    },
    /// What is left of its rate limit is less than this request is expected to use.
    Full {
        /// When the limit is whole again.
        until_ms: u64,
    },
    /// This caller may not use it, or its condition does not hold.
    NotAllowed,
    /// This request was there already.
    Tried,
    /// The request does not fit into the model's context window.
    TooSmall,
    /// The request asks for something that cannot be said in its dialect.
    Unsayable,
}

impl Availability {
    /// Whether a candidate may be chosen.
    #[must_use]
    pub const fn is_available(self) -> bool {
        matches!(self, Self::Ready | Self::HalfOpen)
    }

    /// The name used in the ledger and the admin plane.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::HalfOpen => "half_open",
            Self::Open { .. } => "open",
            Self::Cooling { .. } => "cooling",
            Self::Full { .. } => "full",
            Self::NotAllowed => "not_allowed",
            Self::Tried => "tried",
            Self::TooSmall => "too_small",
            Self::Unsayable => "unsayable",
        }
    }
}
