//! `[[limits]]`, and the limits in `[key_defaults]`.

use super::super::policy::LimitWords;
use super::super::problem::Problem;
use super::super::section::Section;
use super::select::{Known, per, selects};
use super::server::is_label;

/// The limits in the order of the file.
pub(super) fn limits(root: &Section<'_>, known: &Known<'_>) -> Vec<LimitWords> {
    let mut limits: Vec<LimitWords> = Vec::new();
    for (at, row) in root.tables("limits", "[[limits]]").into_iter().enumerate() {
        let limit = LimitWords {
            id: id(&row).unwrap_or_else(|| format!("limit-{}", at + 1)),
            selects: selects(&row, "`match` in [[limits]]", known),
            per: per(&row, known),
            ..figures(&row)
        };
        if limits.iter().any(|l| l.id == limit.id) {
            let problem = Problem::Twice {
                what: "limit",
                name: limit.id.clone(),
            };
            row.problems().at(row.place_of("id"), problem);
        }
        limits.push(limit);
        row.end();
    }
    limits
}

/// What a limit and a key's own have in common.
pub(super) fn figures(row: &Section<'_>) -> LimitWords {
    let count = |key| {
        let count = row.integer(key, 1..=u64::from(u32::MAX))?;
        u32::try_from(count).ok()
    };
    let limit = LimitWords {
        requests_per_minute: count("requests_per_minute"),
        requests_per_hour: count("requests_per_hour"),
        requests_per_day: count("requests_per_day"),
        tokens_per_minute: row.integer("tokens_per_minute", 1..=TOKENS_MAX),
        concurrent: count("concurrent"),
        concurrent_streams: count("concurrent_streams"),
        ..LimitWords::default()
    };
    if !FIGURES.iter().any(|key| row.is_present(key)) {
        row.missing(FIGURES[0], ": or another figure, or it limits nothing");
    }
    limit
}

fn id(row: &Section<'_>) -> Option<String> {
    let at = row.required_if_present("id")?;
    if !is_label(at.value) {
        return row.invalid("id", &at.place, "at most 64 letters, digits, `_`, `-`, `.`");
    }
    Some(at.value.to_owned())
}

const FIGURES: [&str; 6] = [
    "requests_per_minute",
    "requests_per_hour",
    "requests_per_day",
    "tokens_per_minute",
    "concurrent",
    "concurrent_streams",
];

/// A million million: no fleet of GPUs makes as many in a minute.
const TOKENS_MAX: u64 = 1_000_000_000_000;
