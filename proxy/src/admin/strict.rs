//! What the configuration refuses in its own rules, refused in those of the admin plane too: a rule that can never
//! match, and a budget that would begin anew at a restart.

use quotah_policy::budget::{Budget, BudgetForm};
use quotah_policy::{Dimension, OwnBudget};
use serde_json::Value;

use super::store::{Kind, WriteError};
use crate::config::policy::{is_kept, retain_days_needed};
use crate::config::resolved::Config;

/// Holds a rule of checked words to the configuration. `binds` says whether any key binds a tag.
///
/// # Errors
/// [`WriteError::Field`] for a tag that no request can have, and for a window longer than the ledger remembers.
pub(super) fn rule(
    kind: Kind,
    form: &Value,
    config: &Config,
    binds: impl Fn(&str) -> bool,
) -> Result<(), WriteError> {
    let selects = form.get("match").and_then(Value::as_object);
    let selects = selects
        .into_iter()
        .flatten()
        .map(|(name, _)| ("match", &**name));
    let per = form.get("per").and_then(Value::as_str);
    let per = per.map(|name| ("per", name));
    for (field, name) in selects.chain(per) {
        let Ok(Dimension::Tag(tag)) = Dimension::parse(name) else {
            continue;
        };
        let is_kept = *tag == *PROJECT || config.server.tags.iter().any(|kept| **kept == *tag);
        if !is_kept && !binds(&tag) {
            return Err(WriteError::Field {
                field: field.to_owned(),
                detail: format!(
                    "no request has the tag {tag:?}: `server.tags` does not keep it, and no key binds it"
                ),
            });
        }
    }
    if kind != Kind::Budget {
        return Ok(());
    }
    let form: BudgetForm = serde_json::from_value(form.clone()).unwrap_or_default();
    // Words that mean nothing were told before.
    form.read()
        .map_or(Ok(()), |budget| remembered("window", &budget, config))
}

/// Holds a key's own budget to the configuration.
///
/// # Errors
/// [`WriteError::Field`] for a window longer than the ledger remembers.
pub(super) fn key(budget: Option<&OwnBudget>, config: &Config) -> Result<(), WriteError> {
    let budget = budget.and_then(|budget| budget.read("own").ok());
    budget.map_or(Ok(()), |budget| {
        remembered("budget.window", &budget, config)
    })
}

fn remembered(field: &str, budget: &Budget, config: &Config) -> Result<(), WriteError> {
    let Some(age) = config
        .ledger
        .retain_age
        .filter(|age| !is_kept(budget, *age))
    else {
        return Ok(());
    };
    let needed = retain_days_needed(budget)
        .map_or_else(|| "everything".to_owned(), |days| format!("{days} days"));
    let kept = age.as_secs() / SECONDS_PER_DAY;
    let window = budget.window.as_str();
    Err(WriteError::Field {
        field: field.to_owned(),
        detail: format!(
            "a budget for {window:?} needs {needed} of the ledger, and `ledger.retain_days` keeps {kept}: what is \
             forgotten cannot count after a restart"
        ),
    })
}

/// The tag that is always kept.
const PROJECT: &str = "project";

const SECONDS_PER_DAY: u64 = 86_400;
