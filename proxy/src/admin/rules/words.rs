//! A rule's words, read into its kind's form and back: what the store keeps is always a checked form.

use quotah_policy::budget::BudgetForm;
use quotah_policy::guard::GuardForm;
use quotah_policy::limit::LimitForm;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::Problem;
use super::super::body::{Members, form, member};
use super::super::store::Kind;
use crate::time::{parse_when, rfc3339};

/// The name in a rule's members, and its checked form.
///
/// # Errors
/// 422 with the first field that means nothing.
pub(in crate::admin) fn check(kind: Kind, members: &Members) -> Result<(String, Value), Problem> {
    match kind {
        Kind::Budget => budget(members),
        Kind::Limit => limit(members),
        Kind::Guard => guard(members),
    }
}

fn limit(members: &Members) -> Result<(String, Value), Problem> {
    let form: LimitForm = form(members)?;
    let fault = form.read().err();
    named(
        &form.id,
        &form,
        fault.map(|fault| (fault.field(), fault.to_string())),
    )
}

fn guard(members: &Members) -> Result<(String, Value), Problem> {
    let form: GuardForm = form(members)?;
    let fault = form.read().err();
    named(
        &form.id,
        &form,
        fault.map(|fault| (fault.field(), fault.to_string())),
    )
}

fn named(
    id: &str,
    form: &impl Serialize,
    fault: Option<(&'static str, String)>,
) -> Result<(String, Value), Problem> {
    match fault {
        Some((field, detail)) => Err(Problem::field(field, detail)),
        None => Ok((id.to_owned(), json!(form))),
    }
}

fn budget(members: &Members) -> Result<(String, Value), Problem> {
    let mut members = members.clone();
    // People write times; the store keeps numbers.
    if let Some(until) = members.remove("raise_until") {
        let until = moment(&until).ok_or_else(|| Problem::field("raise_until", WHEN))?;
        members.insert("raise_until_unix_ms".to_owned(), member(&until));
    }
    let form: BudgetForm = form(&members)?;
    if form.id.starts_with(OWN) {
        let detail = "names that begin with `key:` are those of keys' own budgets";
        return Err(Problem::field("id", detail));
    }
    let fault = form.read().err();
    named(
        &form.id,
        &form,
        fault.map(|fault| (fault.field(), fault.to_string())),
    )
}

/// A form's members, to be changed.
pub(super) fn members_of(form: &Value) -> Members {
    let members = form.as_object().into_iter().flatten();
    members
        .map(|(name, value)| (name.clone(), member(value)))
        .collect()
}

/// A time as people write it: nothing that lies back can be meant.
fn moment(text: &RawValue) -> Option<u64> {
    let text: String = serde_json::from_str(text.get()).ok()?;
    let is_ago = text.ends_with(['m', 'h', 'd']);
    parse_when(&text, 0).filter(|_| !is_ago)
}

/// Shows the end of a raise as people write it.
pub(in crate::admin) fn show_moment(face: &mut serde_json::Map<String, Value>) {
    if let Some(until) = face
        .remove("raise_until_unix_ms")
        .and_then(|ms| ms.as_u64())
    {
        face.insert("raise_until".to_owned(), rfc3339(until).into());
    }
}

const WHEN: &str = "must be a time such as 2026-12-01T00:00:00Z, or a day (its start in UTC)";

/// What names of keys' own budgets begin with.
const OWN: &str = "key:";
