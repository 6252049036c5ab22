//! Tasks without turns: token counts, embeddings, rankings.

use quotah_policy::Usage;

use super::feature::{Fate, Feature};
use super::form::Form;
use super::json::Value;
use super::shape::Seen;
use super::{AnswerFault, Caller, To, Untranslatable};

/// What becomes of a feature there.
pub(super) const fn fate(_: Form, _: Feature) -> Fate {
    Fate::Lost
}

/// Notes what a request asks for.
pub(super) fn look(_: Form, _: &Value<'_>, _: &mut Seen) -> Result<(), Untranslatable> {
    Err(Untranslatable::at("", "not translated"))
}

/// A request as the deployment is asked it.
pub(super) fn request(_: Form, _: &Value<'_>, _: &To<'_>) -> Result<String, Untranslatable> {
    Err(Untranslatable::at("", "not translated"))
}

/// An answer as the caller gets it.
pub(super) fn answer(
    _: &Caller,
    _: Form,
    _: &Value<'_>,
    _: Option<&Usage>,
) -> Result<String, AnswerFault> {
    Err(AnswerFault::Unreadable)
}
