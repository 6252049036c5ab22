//! How a `[[models]]` row chooses, and what it does beside a single attempt.

use std::time::Duration;

use http::HeaderName;
use quotah_policy::route::{Strategy, Weights};

use super::super::problem::nearest;
use super::super::resolved::{CacheSettings, FallbackOn, Hedge, Mirror, Provider, RouteCache};
use super::super::section::{At, Part, Section, Switch};
use super::key::provider_index;

/// By what a deployment is chosen, and what counts how much in a balanced score.
pub(super) fn strategy(row: &Section<'_>) -> (Strategy, Weights) {
    let words = [
        ("ordered", Strategy::Ordered),
        ("weighted", Strategy::Weighted),
        ("fastest", Strategy::Fastest),
        ("cheapest", Strategy::Cheapest),
        ("balanced", Strategy::Balanced),
    ];
    let written = row.choice("route", &words);
    let strategy = written.unwrap_or(Strategy::Ordered);
    // Where the word itself is wrong, its weights are not to blame.
    let is_known = written.is_some() || !row.is_present("route");
    if is_known && strategy != Strategy::Balanced && row.is_present("weights") {
        let expected = "left out unless route = \"balanced\", which weighs";
        row.invalid::<()>("weights", row.place_of("weights"), expected);
    }
    (strategy, weights(row).unwrap_or_default())
}

/// Those that are written; a factor that is not named among them does not count.
fn weights(row: &Section<'_>) -> Option<Weights> {
    let section = row.table("weights", "`weights` in [[models]]")?;
    let written = FACTORS.map(|key| section.integer(key, 0..=WEIGHT_MAX));
    let mut found = FACTORS.iter().zip(&written);
    let is_wrong = found.any(|(key, weight)| weight.is_none() && section.is_present(key));
    if !is_wrong && written.iter().flatten().all(|weight| *weight == 0) {
        let expected = "above 0 for at least one factor";
        row.invalid::<()>("weights", section.place(), expected);
    }
    section.end();
    let [latency, success, cost, breaker, headroom] =
        written.map(|weight| u16::try_from(weight.unwrap_or(0)).unwrap_or(u16::MAX));
    Some(Weights {
        latency,
        success,
        cost,
        breaker,
        headroom,
    })
}

/// Refusals that are tried elsewhere.
pub(super) fn fallback_on(row: &Section<'_>) -> FallbackOn {
    let mut on = FallbackOn::default();
    for at in row.texts("fallback_on") {
        match at.value {
            "content_filter" => on.content_filter = true,
            "context_overflow" => on.context_overflow = true,
            _ => {
                let words = ["content_filter", "context_overflow"];
                let meant = nearest(at.value, words)
                    .map(|word| format!(" (did you mean \"{word}\"?)"))
                    .unwrap_or_default();
                let expected = format!("a list of \"content_filter\", \"context_overflow\"{meant}");
                row.invalid::<()>("fallback_on", &at.place, &expected);
            }
        }
    }
    on
}

/// Whether, and when, a slow attempt gets a second one beside it.
pub(super) fn hedge(row: &Section<'_>) -> Option<Hedge> {
    match row.switch("hedge", "`hedge` in [[models]]") {
        Switch::Off => None,
        Switch::On => Some(Hedge { after: None }),
        Switch::With(section) => {
            let after = section.integer("after_ms", 1..=HEDGE_AFTER_MAX_MS);
            section.end();
            let after = after.map(Duration::from_millis);
            Some(Hedge { after })
        }
    }
}

/// Where a share of the requests is copied to.
pub(super) fn mirror(row: &Section<'_>, providers: &[Provider]) -> Option<Mirror> {
    let section = row.table("mirror", "`mirror` in [[models]]")?;
    let provider = section
        .required("provider", "")
        .and_then(|at| provider_index(&section, &at, providers));
    let model = section
        .required_if_present("model")
        .map(|at: At<&str>| at.value.to_owned());
    if !section.is_present("share") {
        section.missing("share", ": how many requests are copied, such as 0.05");
    }
    let share_ppm = section.part("share", Part::PerMillion, 1);
    section.end();
    Some(Mirror {
        provider: provider?,
        model,
        share_ppm: share_ppm?,
    })
}

/// Whether answers are kept, and how long.
pub(super) fn cache(row: &Section<'_>, kept: &CacheSettings) -> Option<RouteCache> {
    let usual = RouteCache {
        ttl: kept.ttl,
        any_temperature: false,
    };
    match row.switch("cache", "`cache` in [[models]]") {
        Switch::Off => None,
        Switch::On => Some(usual),
        Switch::With(section) => {
            let cache = RouteCache {
                ttl: section.span("ttl").unwrap_or(usual.ttl),
                any_temperature: section.boolean("any_temperature").unwrap_or(false),
            };
            section.end();
            Some(cache)
        }
    }
}

/// The header whose value names a session.
pub(super) fn session_header(row: &Section<'_>) -> Option<HeaderName> {
    let at = row.required_if_present("session_header")?;
    let name = HeaderName::try_from(at.value).ok();
    name.or_else(|| row.invalid("session_header", &at.place, "a header's name"))
}

/// What a score is made of, in the order of [`Weights`].
const FACTORS: [&str; 5] = ["latency", "success", "cost", "breaker", "headroom"];

/// A thousandth of a score is finer than what is measured.
const WEIGHT_MAX: u64 = 1_000;

/// As long as a first byte may take unless told otherwise: ten minutes.
const HEDGE_AFTER_MAX_MS: u64 = 600_000;
