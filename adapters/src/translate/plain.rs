//! Tasks without turns: token counts, embeddings, rankings.
//!
//! Each has a small neutral form of its own: [`embed`], [`rank`]; a count goes through that of a turn ([`count`]).

mod count;
mod embed;
mod rank;

use quotah_policy::Usage;

use super::feature::{Fate, Feature};
use super::form::{Form, Task};
use super::json::Value;
use super::shape::{self, Seen, Shape};
use super::{AnswerFault, Caller, To, Untranslatable};
use crate::provider::ProviderKind;

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
    let shape = shape(form).ok_or_else(unknown)?;
    shape::look(shape, value, seen);
    match form.task() {
        Task::Count => count::note(form, value, seen),
        Task::Embed => embed::read(form, value, seen).map(drop),
        Task::Rank => rank::read(form, value, seen).map(drop),
        Task::Turn => Err(unknown()),
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
