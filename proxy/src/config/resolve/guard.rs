//! `[[guards]]`: what requests may ask for.

use super::super::policy::{Denied, GuardWords, OnExcess};
use super::super::problem::Problem;
use super::super::section::Section;
use super::limit::id;
use super::select::{Known, selects};

/// The guards in the order of the file.
pub(super) fn guards(root: &Section<'_>, known: &Known<'_>) -> Vec<GuardWords> {
    let mut guards: Vec<GuardWords> = Vec::new();
    for (at, row) in root.tables("guards", "[[guards]]").into_iter().enumerate() {
        let id = id(&row).unwrap_or_else(|| format!("guard-{}", at + 1));
        if guards.iter().any(|guard| guard.id == id) {
            let problem = Problem::Twice {
                what: "guard",
                name: id.clone(),
            };
            row.problems().at(row.place_of("id"), problem);
        }
        guards.push(guard(&row, id, known));
        if !GUARDS.iter().any(|key| row.is_present(key)) {
            row.missing("max_tokens", ": or another bound, or it guards nothing");
        }
        row.end();
    }
    guards
}

fn guard(row: &Section<'_>, id: String, known: &Known<'_>) -> GuardWords {
    let count = |key, label, least| {
        bound(row, key, label, |bound| {
            bound.integer("max", least..=COUNT_MAX)
        })
    };
    let effort = |bound: &Section<'_>| {
        let at = bound.text("max")?;
        if !EFFORTS.contains(&at.value) {
            return bound.invalid("max", &at.place, &format!("one of {}", EFFORTS.join(", ")));
        }
        Some(at.value.to_owned())
    };
    GuardWords {
        id,
        selects: selects(row, "`match` in [[guards]]", known),
        max_tokens: count("max_tokens", "`max_tokens` in [[guards]]", 1),
        answers: count("answers", "`answers` in [[guards]]", 1),
        reasoning_effort: bound(
            row,
            "reasoning_effort",
            "`reasoning_effort` in [[guards]]",
            effort,
        ),
        reasoning_tokens: count("reasoning_tokens", "`reasoning_tokens` in [[guards]]", 0),
        deny: denied(row),
        body_bytes_max: row.size("body_bytes_max", 1..=1 << 40),
    }
}

/// `{ max = 4096, action = "clamp" }`.
fn bound<T>(
    row: &Section<'_>,
    key: &'static str,
    label: &str,
    max: impl FnOnce(&Section<'_>) -> Option<T>,
) -> Option<(T, OnExcess)> {
    let section = row.table(key, label)?;
    if !section.is_present("max") {
        section.missing("max", "");
    }
    let max = max(&section);
    let words = [("clamp", OnExcess::Clamp), ("refuse", OnExcess::Refuse)];
    let action = section.choice("action", &words).unwrap_or_default();
    section.end();
    Some((max?, action))
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

const GUARDS: [&str; 6] = [
    "max_tokens",
    "answers",
    "reasoning_effort",
    "reasoning_tokens",
    "deny",
    "body_bytes_max",
];

/// From none to most, by the providers' words.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// Beyond what any model is asked for.
const COUNT_MAX: u64 = 1_000_000_000;
