//! `[[guards]]`: what requests may ask for.

use super::super::policy::{Denied, GuardWords, OnExcess};
use super::super::section::Section;
use super::select::{Known, selects};

/// The guards in the order of the file.
pub(super) fn guards(root: &Section<'_>, known: &Known<'_>) -> Vec<GuardWords> {
    let mut guards = Vec::new();
    for row in root.tables("guards", "[[guards]]") {
        guards.push(guard(&row, known));
        if !GUARDS.iter().any(|key| row.is_present(key)) {
            row.missing("max_tokens", ": or another bound, or it guards nothing");
        }
        row.end();
    }
    guards
}

fn guard(row: &Section<'_>, known: &Known<'_>) -> GuardWords {
    let effort = row.required_if_present("reasoning_effort");
    let max_tokens = row.integer("max_tokens", 1..=COUNT_MAX);
    let n = row.integer("n", 1..=COUNT_MAX);
    GuardWords {
        selects: selects(row, "`match` in [[guards]]", known),
        max_tokens: max_tokens.zip(action(row, "max_tokens", "max_tokens_action")),
        n: n.zip(action(row, "n", "n_action")),
        reasoning_effort: effort.map(|at| at.value.to_owned()).zip(action(
            row,
            "reasoning_effort",
            "reasoning_effort_action",
        )),
        deny: denied(row),
        body_bytes_max: row.size("body_bytes_max", 1..=1 << 40),
    }
}

/// What happens beyond a bound: refused, unless it is said. An action without its bound would do nothing.
fn action(row: &Section<'_>, of: &'static str, key: &'static str) -> Option<OnExcess> {
    let words = [("clamp", OnExcess::Clamp), ("refuse", OnExcess::Refuse)];
    let action = row.choice(key, &words);
    if action.is_some() && !row.is_present(of) {
        let expected = format!("left out without `{of}`, which it is for");
        row.invalid::<()>(key, row.place_of(key), &expected);
    }
    Some(action.unwrap_or_default())
}

fn denied(row: &Section<'_>) -> Vec<Denied> {
    let mut denied = Vec::new();
    for at in row.texts("deny") {
        match DENIED.iter().find(|(word, _)| *word == at.value) {
            Some((_, what)) => denied.push(*what),
            None => {
                let words = DENIED.map(|(word, _)| format!("\"{word}\"")).join(", ");
                row.invalid::<()>("deny", &at.place, &format!("a list of {words}"));
            }
        }
    }
    denied
}

const DENIED: [(&str, Denied); 5] = [
    ("tools", Denied::Tools),
    ("server_tools", Denied::ServerTools),
    ("images", Denied::Images),
    ("audio", Denied::Audio),
    ("files", Denied::Files),
];

const GUARDS: [&str; 5] = [
    "max_tokens",
    "n",
    "reasoning_effort",
    "deny",
    "body_bytes_max",
];

/// Beyond what any model is asked for.
const COUNT_MAX: u64 = 1_000_000_000;
