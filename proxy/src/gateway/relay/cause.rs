//! Why an answer ends before its end.

use quotah_adapters::translate::AnswerFault;
use quotah_adapters::{ErrorClass, RefusalKind};
use quotah_policy::budget::Exhausted;

use crate::gateway::refuse::exhausted_text;
use crate::ledger::Outcome;
use crate::upstream::ExchangeError;

/// The ledger's word for an answer that could not be put into the caller's words.
const UNTRANSLATABLE: &str = "untranslatable";

/// Why an answer ends before its end. Shown to the client, so it names nobody else.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    /// The exchange with the provider.
    #[error(transparent)]
    Exchange(ExchangeError),
    /// It cannot be put into the caller's words.
    #[error(transparent)]
    Untranslatable(AnswerFault),
    /// A hard budget has nothing left.
    #[error("{0}")]
    Budget(Box<str>),
}

impl Cause {
    /// A budget that was used up while the answer ran.
    pub(super) fn budget(exhausted: &Exhausted) -> Self {
        Self::Budget(exhausted_text(exhausted).into())
    }

    /// The entry's reason.
    pub(in crate::gateway) const fn reason(&self) -> &'static str {
        match self {
            Self::Exchange(error) => error.class(),
            Self::Untranslatable(_) => UNTRANSLATABLE,
            Self::Budget(_) => RefusalKind::BudgetExhausted.code(),
        }
    }

    /// How the request is booked.
    pub(in crate::gateway) const fn outcome(&self) -> Outcome {
        match self {
            Self::Exchange(ExchangeError::Draining) => Outcome::Interrupted,
            Self::Exchange(_) | Self::Untranslatable(_) => Outcome::UpstreamError,
            Self::Budget(_) => Outcome::CutByBudget,
        }
    }

    /// What the client is told, where its dialect has words for it.
    pub(super) const fn kind(&self) -> RefusalKind {
        match self {
            Self::Exchange(ExchangeError::Draining) => RefusalKind::Overloaded,
            Self::Exchange(ExchangeError::IdleTimeout | ExchangeError::TotalTimeout) => {
                RefusalKind::UpstreamTimeout
            }
            Self::Exchange(_) | Self::Untranslatable(_) => RefusalKind::UpstreamUnreachable,
            Self::Budget(_) => RefusalKind::BudgetExhausted,
        }
    }

    /// What the provider did wrong, if it did.
    pub(in crate::gateway) const fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Exchange(error) => Some(error.class()),
            // What is cut short, or is no answer at all, is the provider's doing; what else we cannot say is ours.
            Self::Untranslatable(AnswerFault::CutShort) => Some(ExchangeError::BrokenOff.class()),
            Self::Untranslatable(AnswerFault::Unreadable) => Some(ErrorClass::ServerError.as_str()),
            Self::Untranslatable(
                AnswerFault::TooLong | AnswerFault::Unsayable | AnswerFault::BadArguments,
            ) => Some(UNTRANSLATABLE),
            Self::Budget(_) => None,
        }
    }
}
