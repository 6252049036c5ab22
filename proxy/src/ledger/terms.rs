//! The words of an entry that come from a fixed list, with their numbers on disk and names in exports.

use quotah_policy::UsageSource;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Outcome {
    /// The provider answered, and the client got all of it.
    Ok = 0,
    /// Quotah said no.
    Refused = 1,
    /// The provider failed, or could not be reached.
    UpstreamError = 2,
    /// The client left before the end.
    ClientGone = 3,
    /// A budget ended the stream.
    CutByBudget = 4,
    /// The process died before the request was settled.
    Interrupted = 5,
    /// Another attempt of the same request answered first, and this one was given up.
    Superseded = 6,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 7] = [
        Self::Ok,
        Self::Refused,
        Self::UpstreamError,
        Self::ClientGone,
        Self::CutByBudget,
        Self::Interrupted,
        Self::Superseded,
    ];

    /// The name used in exports and queries.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::UpstreamError => "upstream_error",
            Self::ClientGone => "client_gone",
            Self::CutByBudget => "cut_by_budget",
            Self::Interrupted => "interrupted",
            Self::Superseded => "superseded",
        }
    }

    /// Whether usage reports count it as an error: refused, upstream error or interrupted.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(
            self,
            Self::Refused | Self::UpstreamError | Self::Interrupted
        )
    }
}

/// [`UsageSource`] as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Metered {
    /// Nothing was used, or nothing is known.
    None = 0,
    /// The provider reported all of it.
    Provider = 1,
    /// The provider reported a part.
    Partial = 2,
    /// Estimated from bytes.
    Estimated = 3,
}

impl From<UsageSource> for Metered {
    fn from(source: UsageSource) -> Self {
        match source {
            UsageSource::Provider => Self::Provider,
            UsageSource::Partial => Self::Partial,
            UsageSource::Estimated => Self::Estimated,
            UsageSource::None => Self::None,
        }
    }
}

impl From<Metered> for UsageSource {
    fn from(metered: Metered) -> Self {
        match metered {
            Metered::Provider => Self::Provider,
            Metered::Partial => Self::Partial,
            Metered::Estimated => Self::Estimated,
            Metered::None => Self::None,
        }
    }
}

/// How a cost came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum CostSource {
    /// It is not known, or there was nothing to pay.
    None = 0,
    /// The provider said it.
    Provider = 1,
    /// Tokens times the price table.
    Table = 2,
}

impl From<quotah_policy::CostSource> for CostSource {
    fn from(source: quotah_policy::CostSource) -> Self {
        match source {
            quotah_policy::CostSource::Provider => Self::Provider,
            quotah_policy::CostSource::Table => Self::Table,
            quotah_policy::CostSource::None => Self::None,
        }
    }
}

impl CostSource {
    /// The name used in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Provider => "provider",
            Self::Table => "table",
        }
    }
}
