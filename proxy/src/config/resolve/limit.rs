//! `[[limits]]`, and the limits in `[key_defaults]`.

use quotah_policy::OwnLimits;
use quotah_policy::limit::{Limit, LimitForm};

use super::super::problem::Problem;
use super::super::section::Section;
use super::select::{Known, per, selects};
use super::server::is_label;

/// The limits in the order of the file.
pub(super) fn limits(root: &Section<'_>, known: &Known<'_>) -> Vec<Limit> {
    let mut limits: Vec<Limit> = Vec::new();
    for (at, row) in root.tables("limits", "[[limits]]").into_iter().enumerate() {
        let form = LimitForm {
            id: id(&row).unwrap_or_else(|| format!("limit-{}", at + 1)),
            selects: selects(&row, "`match` in [[limits]]", known),
            per: per(&row, known),
            ..figures(&row)
        };
        if limits.iter().any(|limit| *limit.id == *form.id) {
            let problem = Problem::Twice {
                what: "limit",
                name: form.id.clone(),
            };
            row.problems().at(row.place_of("id"), problem);
        }
        // What its words lack has been told.
        limits.extend(form.read());
        row.end();
    }
    limits
}

/// What every key gets that is made without limits of its own.
pub(super) fn of_keys(section: &Section<'_>) -> OwnLimits {
    let words = figures(section);
    let count = |figure: Option<u64>| figure.and_then(|figure| u32::try_from(figure).ok());
    OwnLimits {
        requests_per_minute: count(words.requests_per_minute),
        requests_per_hour: count(words.requests_per_hour),
        requests_per_day: count(words.requests_per_day),
        tokens_per_minute: words.tokens_per_minute,
        concurrent: count(words.concurrent),
        concurrent_streams: count(words.concurrent_streams),
    }
}

/// What a limit and a key's own have in common.
fn figures(row: &Section<'_>) -> LimitForm {
    let count = |key| row.integer(key, 1..=COUNT_MAX);
    let limit = LimitForm {
        requests_per_minute: count("requests_per_minute"),
        requests_per_hour: count("requests_per_hour"),
        requests_per_day: count("requests_per_day"),
        tokens_per_minute: row.integer("tokens_per_minute", 1..=TOKENS_MAX),
        concurrent: count("concurrent"),
        concurrent_streams: count("concurrent_streams"),
        ..LimitForm::default()
    };
    if !FIGURES.iter().any(|key| row.is_present(key)) {
        row.missing(FIGURES[0], ": or another figure, or it limits nothing");
    }
    limit
}

/// The name of a rule that needs none.
pub(super) fn id(row: &Section<'_>) -> Option<String> {
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

/// A thousand million: no machine serves as many in a day.
const COUNT_MAX: u64 = 1_000_000_000;

/// A million million: no fleet of GPUs makes as many in a minute.
const TOKENS_MAX: u64 = 1_000_000_000_000;
