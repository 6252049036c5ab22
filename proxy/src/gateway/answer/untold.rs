//! An answer of which the client was told nothing, since it could not be put into its words.

use http::StatusCode;
use quotah_adapters::{Dialect, ErrorClass, Reading, answer_error_class};

use crate::gateway::record::Booking;
use crate::gateway::refuse::{Refusal, Refuser};
use crate::gateway::relay::Cause;
use crate::upstream::ExchangeError;

/// An answer that had begun and that cannot be told. Another deployment may be asked in its place: the request's account
/// is as it was before the answer.
pub(in crate::gateway) struct Untold {
    pub(in crate::gateway) booking: Booking,
    /// What was read of it: it may be on the bill.
    pub(in crate::gateway) reading: Reading,
    /// The provider's.
    pub(in crate::gateway) status: StatusCode,
    pub(super) cause: Cause,
    /// What the provider speaks.
    pub(super) spoken: Dialect,
}

impl Untold {
    /// What was wrong with it, in the ledger's word.
    pub(in crate::gateway) fn class(&self) -> &'static str {
        let told = self.told().map(ErrorClass::as_str);
        told.or_else(|| self.cause.fault()).unwrap_or_default()
    }

    /// The error that it is, where it was labelled as an answer.
    pub(in crate::gateway) fn told(&self) -> Option<ErrorClass> {
        let error = self.reading.error.as_ref()?;
        Some(answer_error_class(self.spoken, error))
    }

    /// Whether the process is leaving, and not the answer at fault.
    pub(in crate::gateway) const fn is_draining(&self) -> bool {
        matches!(self.cause, Cause::Exchange(ExchangeError::Draining))
    }

    /// Books it as what became of the request, and says that to the client.
    pub(in crate::gateway) fn refused(self, refuser: &Refuser) -> Refusal {
        let class = self.class();
        let Self {
            mut booking,
            reading,
            status,
            cause,
            ..
        } = self;
        let refusal = match &cause {
            Cause::Exchange(error) => Refusal::upstream(*error),
            Cause::Untranslatable(fault) => Refusal::untranslated(*fault),
            Cause::Budget(_) => Refusal::upstream(ExchangeError::BrokenOff),
        };
        let refusal = refusal.standing_so(booking.standing());
        booking.attempt(status.as_u16());
        booking.attempt_failed(class);
        booking.entry.status = refuser.status(&refusal).as_u16().into();
        cause.reason().clone_into(&mut booking.entry.reason);
        booking.settle(cause.outcome(), &reading);
        refusal
    }
}
