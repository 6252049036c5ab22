//! Token counts: a turn's request, asked how long it is.
//!
//! Requests are read and written by the rooms of the turns that they count for.

use crate::provider::ProviderKind;
use crate::translate::feature::{Fate, Feature};
use crate::translate::form::Form;
use crate::translate::json::Value;
use crate::translate::shape::{Seen, Shape};
use crate::translate::{AnswerFault, Caller, To, Untranslatable};

pub(super) fn shape(_: Form) -> Option<&'static Shape> {
    None
}
pub(super) fn fate(_: Form, _: Feature, _: ProviderKind) -> Fate {
    Fate::Lost
}
pub(super) fn note(_: Form, _: &Value<'_>, _: &mut Seen) -> Result<(), Untranslatable> {
    Ok(())
}
pub(super) fn request(_: Form, _: &Value<'_>, _: &To<'_>) -> Result<String, Untranslatable> {
    Err(super::unknown())
}
pub(super) fn answer(_: &Caller, _: Form, _: &Value<'_>) -> Result<String, AnswerFault> {
    Err(AnswerFault::Unsayable)
}
