//! Tasks without turns: token counts, embeddings, rankings.
//!
//! Each has a small neutral form of its own: [`embed`], [`rank`]; a count goes through that of a turn ([`count`]).

mod count;
mod embed;
mod rank;
#[cfg(test)]
mod tests;

use quotah_policy::Usage;

use super::feature::{Fate, Feature};
use super::form::{Form, Task};
use super::json::Value;
use super::shape::{self, Seen, Shape};
use super::{AnswerFault, Caller, To, Untranslatable};
use crate::provider::ProviderKind;

pub(super) use count::turn_of;
pub(super) use embed::wants_base64;

/// What a request may say; `None` for forms that are no task without turns.
pub(super) fn shape(form: Form) -> Option<&'static Shape> {
    match form.task() {
        Task::Count => count::shape(form),
        Task::Embed => embed::half(form).map(|half| half.shape),
        Task::Rank => rank::shape(form),
        Task::Turn => None,
    }
}

/// Whether a deployment may be asked in it.
pub(super) fn is_served(form: Form) -> bool {
    match form {
        // What it asks is asked by the batch.
        Form::GeminiEmbed => false,
        form if form.task() == Task::Count => count::is_served(form),
        form => shape(form).is_some(),
    }
}

/// What becomes of a feature there.
pub(super) fn fate(form: Form, feature: Feature, kind: ProviderKind) -> Fate {
    match form.task() {
        Task::Count => count::fate(form, feature, kind),
        Task::Embed => embed::fate(form, feature, kind),
        Task::Rank => rank::fate(form, feature),
        Task::Turn => Fate::Lost,
    }
}

/// Notes what a request asks for.
pub(super) fn look(form: Form, value: &Value<'_>, seen: &mut Seen) -> Result<(), Untranslatable> {
    match (form.task(), shape(form)) {
        (Task::Count, _) => count::look(form, value, seen),
        (Task::Embed, Some(shape)) => {
            shape::look(shape, value, seen);
            embed::note(form, value, seen)
        }
        (Task::Rank, Some(shape)) => {
            shape::look(shape, value, seen);
            rank::read(form, value, seen).map(drop)
        }
        _ => Err(unknown()),
    }
}

/// A request as the deployment is asked it.
pub(super) fn request(
    from: Form,
    value: &Value<'_>,
    to: &To<'_>,
) -> Result<String, Untranslatable> {
    match (from.task(), to.form.task()) {
        (Task::Count, Task::Count) => count::request(from, value, to),
        (Task::Embed, Task::Embed) => embed::request(from, value, to),
        (Task::Rank, Task::Rank) => rank::request(from, value, to),
        _ => Err(unknown()),
    }
}

/// An answer as the caller gets it.
pub(super) fn answer(
    caller: &Caller,
    from: Form,
    value: &Value<'_>,
    usage: Option<&Usage>,
) -> Result<String, AnswerFault> {
    match (caller.form.task(), from.task()) {
        (Task::Count, Task::Count) => count::answer(caller, from, value),
        (Task::Embed, Task::Embed) => embed::answer(caller, from, value, usage),
        (Task::Rank, Task::Rank) => rank::answer(caller, from, value, usage),
        _ => Err(AnswerFault::Unsayable),
    }
}

fn unknown() -> Untranslatable {
    Untranslatable::at("", "there is no translation of it")
}
