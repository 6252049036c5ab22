//! Whether an entry's request could be asked of a deployment: in its client's dialect, or translated.

use quotah_adapters::translate::Form;
use quotah_adapters::{Dialect, Operation};

use crate::config::resolved::{Deployment, Provider};
use crate::fleet::deployment_name;
use crate::ledger::Entry;

/// How a request would be asked of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// As its client asked.
    AsItIs,
    /// In another dialect, or another way of the same. Whether all that it asked for can be said there, the ledger knows
    /// only where the gateway looked at that deployment for it.
    Translated,
}

/// How the entry's request would be asked of a deployment of that provider, whose name for the model is `model`; `None`
/// where it could not be.
pub(super) fn fit(
    entry: &Entry,
    deployment: &Deployment,
    (provider, model): (&Provider, &str),
) -> Option<Fit> {
    let kind = provider.kind;
    let Some(dialect) = dialect(entry) else {
        return Some(Fit::AsItIs);
    };
    let is_understood = || kind.speaks(dialect).then_some(Fit::AsItIs);
    let Some(form) = form(dialect, entry) else {
        return is_understood();
    };
    match form.asked_of(kind, deployment.api) {
        Some(to) if to != form && form.leads_to(to) => {
            let is_sayable = deployment.lossy || !was_unsayable(entry, (provider, model), to);
            is_sayable.then_some(Fit::Translated)
        }
        _ => is_understood(),
    }
}

/// The dialect that the client spoke; `None` for one that this version does not know.
pub(super) fn dialect(entry: &Entry) -> Option<Dialect> {
    let mut all = Dialect::ALL.into_iter();
    all.find(|dialect| dialect.as_str() == entry.dialect)
}

/// The form of its request.
fn form(dialect: Dialect, entry: &Entry) -> Option<Form> {
    let mut all = Operation::ALL.into_iter();
    let operation = all.find(|operation| operation.as_str() == entry.operation)?;
    let is_it = |form: &&Form| form.dialect() == dialect && form.operation() == operation;
    Form::ALL.iter().find(is_it).copied()
}

/// Whether the gateway found then that something which the request asked for cannot be said there.
fn was_unsayable(entry: &Entry, (provider, model): (&Provider, &str), to: Form) -> bool {
    let candidates = entry.decision.iter().flat_map(|told| &told.candidates);
    let mut lacking = candidates
        .filter(|told| told.translated_to == to.dialect().as_str() && !told.lost.is_empty())
        .peekable();
    if lacking.peek().is_none() {
        return false;
    }
    let name = deployment_name(&provider.name, model);
    lacking.any(|told| told.deployment == name)
}
