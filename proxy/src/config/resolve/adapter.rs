//! `[providers.adapter]`: a wire format described by its user, for `kind = "custom"`.

use std::sync::Arc;

use quotah_adapters::limits::{
    LimitFormat, LimitFormats, LimitKind, LimitNames, LimitWindow, ResetUnit,
};
use quotah_adapters::{CUSTOM_FIELDS, Custom, CustomError, CustomSpec, Dialect};
use quotah_policy::Unit;

use super::super::problem::{Problem, nearest};
use super::super::section::{At, Section};
use super::super::tree::Place;

/// What a description comes to.
pub(super) struct Adapter {
    pub(super) custom: Arc<Custom>,
    pub(super) limits: LimitFormats,
}

/// The description in a provider's table; `None` when it is missing or wrong, and said to be.
pub(super) fn adapter(row: &Section<'_>) -> Option<Adapter> {
    let Some(section) = row.table("adapter", "[providers.adapter]") else {
        if !row.is_present("adapter") {
            row.missing("adapter", ": what its requests and answers look like");
        }
        return None;
    };
    let mut seen = Vec::new();
    let metered = section.texts("metered");
    seen.extend(metered.iter().cloned());
    let spec = CustomSpec {
        metered: metered.iter().map(|path| path.value.to_owned()).collect(),
        usage_event: name(&section, "usage_event"),
        last_event: name(&section, "last_event"),
        cached_beside_input: section.boolean("cached_beside_input").unwrap_or(false),
        reasoning_beside_output: section.boolean("reasoning_beside_output").unwrap_or(false),
        refusals: section.choice("refusals", &dialects()),
        answer: answer(&section, &mut seen),
        ..request(&section, &mut seen)
    };
    let custom = Custom::new(spec)
        .map_err(|error| wrong(&section, &seen, error))
        .ok();
    let limits = limits(&section);
    section.end();
    Some(Adapter {
        custom: Arc::new(custom?),
        limits,
    })
}

/// The formats of its limit headers: a table a kind of limit.
fn limits(section: &Section<'_>) -> LimitFormats {
    let Some(table) = section.table("limits", "`limits` in [providers.adapter]") else {
        return LimitFormats::new([]);
    };
    let rows = LimitKind::ALL.iter().filter_map(|kind| {
        let label = format!("`limits.{}` in [providers.adapter]", kind.as_str());
        let row = table.table(kind.as_str(), &label)?;
        let format = limit(&row, *kind);
        row.end();
        format
    });
    let formats = LimitFormats::new(rows.collect::<Vec<_>>());
    table.end();
    formats
}

fn limit(row: &Section<'_>, kind: LimitKind) -> Option<LimitFormat> {
    let name = |key| row.text(key).map(|text| text.value.to_owned());
    let names = LimitNames {
        limit: name("limit"),
        remaining: name("remaining"),
        reset: name("reset"),
    };
    let units = [
        ("seconds", ResetUnit::Seconds),
        ("epoch", ResetUnit::Epoch),
        ("rfc3339", ResetUnit::Rfc3339),
    ];
    let reset = row.choice("reset_unit", &units).unwrap_or(ResetUnit::Any);
    let window = row.integer("window_seconds", 1..=WINDOW_SECONDS_MAX);
    let window = window
        .and_then(|seconds| u32::try_from(seconds).ok())
        .map_or(LimitWindow::Unknown, LimitWindow::Seconds);
    LimitFormat::by_names(names, kind, window, reset)
        .map_err(|error| row.invalid::<()>("limits", row.place(), &format!("right: {error}")))
        .ok()
}

/// A year: no provider counts longer.
const WINDOW_SECONDS_MAX: u64 = 366 * 86_400;

fn dialects() -> [(&'static str, Dialect); Dialect::ALL.len()] {
    Dialect::ALL.map(|dialect| (dialect.as_str(), dialect))
}

fn name(section: &Section<'_>, key: &'static str) -> Option<String> {
    let text = section.required_if_present(key)?;
    Some(text.value.to_owned())
}

/// Where model, stream and cap stand in a request.
fn request<'a>(section: &Section<'a>, seen: &mut Vec<At<&'a str>>) -> CustomSpec {
    let Some(request) = section.table("request", "`request` in [providers.adapter]") else {
        return CustomSpec::default();
    };
    let mut pointer = |key| {
        let text = request.required_if_present(key)?;
        seen.push(text.clone());
        Some(text.value.to_owned())
    };
    let spec = CustomSpec {
        model: pointer("model"),
        stream: pointer("stream"),
        output_cap: pointer("output_cap"),
        ..CustomSpec::default()
    };
    request.end();
    spec
}

/// What stands where in an answer.
fn answer<'a>(section: &Section<'a>, seen: &mut Vec<At<&'a str>>) -> Vec<(String, String)> {
    let Some(answer) = section.table("answer", "`answer` in [providers.adapter]") else {
        return Vec::new();
    };
    let places = answer.lists();
    let owned =
        |(name, pointer): &(At<&str>, At<&str>)| (name.value.to_owned(), pointer.value.to_owned());
    let spec = places.iter().map(owned).collect();
    seen.extend(
        places
            .into_iter()
            .flat_map(|(name, pointer)| [name, pointer]),
    );
    spec
}

/// Notes what is wrong where the words stand that it is about.
fn wrong(section: &Section<'_>, seen: &[At<&str>], error: CustomError) {
    let about = match &error {
        CustomError::Pointer(error) => Some(&*error.path),
        CustomError::NotAPointer(text)
        | CustomError::UnknownField(text)
        | CustomError::Path { path: text, .. } => Some(text.as_str()),
        CustomError::NothingMetered
        | CustomError::TooManyPaths
        | CustomError::NoUsage
        | CustomError::NoModel => None,
    };
    let place: &Place = seen
        .iter()
        .find(|at| Some(at.value) == about)
        .map_or_else(|| section.place(), |at| &at.place);
    let known = Unit::ALL.into_iter().map(Unit::as_str);
    let meant = match &error {
        CustomError::UnknownField(name) => nearest(name, CUSTOM_FIELDS.into_iter().chain(known)),
        _ => None,
    };
    section
        .problems()
        .at(place, Problem::Adapter { error, meant });
}
