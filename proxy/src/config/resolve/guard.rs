//! `[[guards]]`: what requests may ask for.

use quotah_policy::guard::{BoundForm, Guard, GuardForm};

use super::super::problem::Problem;
use super::super::section::Section;
use super::limit::id;
use super::select::{Known, selects};

/// The guards in the order of the file.
pub(super) fn guards(root: &Section<'_>, known: &Known<'_>) -> Vec<Guard> {
    let mut guards: Vec<Guard> = Vec::new();
    for (at, row) in root.tables("guards", "[[guards]]").into_iter().enumerate() {
        let id = id(&row).unwrap_or_else(|| format!("guard-{}", at + 1));
        if guards.iter().any(|guard| *guard.id == *id) {
            let problem = Problem::Twice {
                what: "guard",
                name: id.clone(),
            };
            row.problems().at(row.place_of("id"), problem);
        }
        // What its words lack is told.
        guards.extend(guard(&row, id, known).read());
        if !GUARDS.iter().any(|key| row.is_present(key)) {
            row.missing("max_tokens", ": or another bound, or it guards nothing");
        }
        row.end();
    }
    guards
}

/// A key's own.
pub(super) fn of_key(row: &Section<'_>, key: &str) -> Option<Guard> {
    let section = row.table("guards", "`guards` in [[keys]]")?;
    let form = GuardForm {
        id: format!("key:{key}"),
        ..bounds(&section)
    };
    section.end();
    form.read().ok()
}

fn guard(row: &Section<'_>, id: String, known: &Known<'_>) -> GuardForm {
    GuardForm {
        id,
        selects: selects(row, "`match` in [[guards]]", known),
        ..bounds(row)
    }
}

/// What a guard and a key's own have in common.
fn bounds(row: &Section<'_>) -> GuardForm {
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
    GuardForm {
        max_tokens: count("max_tokens", "`max_tokens` of a guard", 1),
        answers: count("answers", "`answers` of a guard", 1),
        reasoning_effort: bound(
            row,
            "reasoning_effort",
            "`reasoning_effort` of a guard",
            effort,
        ),
        reasoning_tokens: count("reasoning_tokens", "`reasoning_tokens` of a guard", 0),
        deny: denied(row),
        body_bytes_max: row.size("body_bytes_max", 1..=1 << 40),
        ..GuardForm::default()
    }
}

/// `{ max = 4096, action = "clamp" }`.
fn bound<T>(
    row: &Section<'_>,
    key: &'static str,
    label: &str,
    max: impl FnOnce(&Section<'_>) -> Option<T>,
) -> Option<BoundForm<T>> {
    let section = row.table(key, label)?;
    if !section.is_present("max") {
        section.missing("max", "");
    }
    let max = max(&section);
    let words = ["clamp", "refuse"].map(|word| (word, word));
    let action = section.choice("action", &words).unwrap_or("clamp");
    section.end();
    Some(BoundForm {
        max: max?,
        action: action.to_owned(),
    })
}

fn denied(row: &Section<'_>) -> Vec<String> {
    let mut denied = Vec::new();
    for at in row.texts("deny") {
        if DENIED.contains(&at.value) {
            denied.push(at.value.to_owned());
        } else {
            let words = DENIED.map(|word| format!("\"{word}\"")).join(", ");
            row.invalid::<()>("deny", &at.place, &format!("a list of {words}"));
        }
    }
    denied
}

const DENIED: [&str; 5] = ["tools", "server_tools", "images", "audio", "files"];

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
