//! `[[guards]]`: what requests may ask for.

use quotah_policy::guard::{Effort, Guard, GuardForm};

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
        let form = GuardForm {
            id,
            selects: selects(&row, "`match` in [[guards]]", known),
            ..bounds(&row)
        };
        guards.extend(whole(&row, &form));
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
    let guard = whole(&section, &form);
    section.end();
    guard
}

/// The guard, unless a fault is told: of its words each by itself, or here of what they lack together.
fn whole(row: &Section<'_>, form: &GuardForm) -> Option<Guard> {
    let mut is_told = false;
    for (bound, action) in ACTIONS {
        if row.is_present(action) && !row.is_present(bound) {
            row.missing(bound, ": its action alone bounds nothing");
            is_told = true;
        }
    }
    if !is_told && !GUARDS.iter().any(|key| row.is_present(key)) {
        row.missing("max_tokens", ": or another bound, or it guards nothing");
    }
    form.read().ok()
}

/// What a guard and a key's own have in common.
fn bounds(row: &Section<'_>) -> GuardForm {
    let action = |key| {
        let words = ["clamp", "refuse"].map(|word| (word, word));
        row.choice(key, &words).map(str::to_owned)
    };
    let effort = row.text("reasoning_effort").filter(|at| {
        let known = Effort::parse(at.value).is_some();
        if !known {
            let words = Effort::ALL.map(Effort::as_str).join(", ");
            row.invalid::<()>("reasoning_effort", &at.place, &format!("one of {words}"));
        }
        known
    });
    GuardForm {
        max_tokens: row.integer("max_tokens", 1..=COUNT_MAX),
        max_tokens_action: action("max_tokens_action"),
        n: row.integer("n", 1..=COUNT_MAX),
        n_action: action("n_action"),
        reasoning_effort: effort.map(|at| at.value.to_owned()),
        reasoning_effort_action: action("reasoning_effort_action"),
        reasoning_tokens: row.integer("reasoning_tokens", 0..=COUNT_MAX),
        reasoning_tokens_action: action("reasoning_tokens_action"),
        deny: denied(row),
        body_bytes_max: row.size("body_bytes_max", 1..=1 << 40),
        ..GuardForm::default()
    }
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
    "n",
    "reasoning_effort",
    "reasoning_tokens",
    "deny",
    "body_bytes_max",
];

const ACTIONS: [(&str, &str); 4] = [
    ("max_tokens", "max_tokens_action"),
    ("n", "n_action"),
    ("reasoning_effort", "reasoning_effort_action"),
    ("reasoning_tokens", "reasoning_tokens_action"),
];

/// Beyond what any model is asked for.
const COUNT_MAX: u64 = 1_000_000_000;
