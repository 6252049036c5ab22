//! Tasks without turns: token counts, embeddings, rankings.

use quotah_policy::Usage;

use super::feature::{Fate, Feature};
use super::form::Form;
use super::json::Value;
use super::shape::Seen;
use super::{AnswerFault, Caller, To, Untranslatable};
use crate::provider::ProviderKind;

/// What becomes of a feature there.
pub(super) const fn fate(_: Form, _: Feature, _: ProviderKind) -> Fate {
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

/// Whether embeddings are asked for as base64.
pub(super) fn wants_base64(request: &Value<'_>) -> bool {
    let request = request.as_object();
    let format = request.and_then(|request| request.text("encoding_format"));
    format.is_some_and(|format| format.is("base64"))
}
