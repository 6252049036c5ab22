//! The documentation's table: what becomes of every member of a request, from the tables that the gateway itself goes by.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::feature::{Fate, Feature};
use super::form::Form;
use super::shape::{Field, Shape};
use crate::provider::ProviderKind;

/// A section for each form that callers use: a row for each member, a column for each form that deployments are asked in.
///
/// `cargo run -p quotah-adapters --example translation_table` prints it; a test holds `docs/translation.md` to it.
#[must_use]
pub fn translation_table() -> String {
    let mut text = String::new();
    for from in Form::ALL {
        if let Some(shape) = from.shape() {
            section(*from, shape, &mut text);
        }
    }
    text
}

fn section(from: Form, shape: &Shape, text: &mut String) {
    let columns: Vec<Form> = Form::ALL
        .iter()
        .copied()
        .filter(|to| *to != from && to.task() == from.task() && to.is_served())
        .collect();
    let mut rows = Vec::new();
    let is_told = |feature| {
        let mut fates = columns.iter().map(|to| fate(*to, feature));
        fates.any(|fate| fate != Fate::Lost)
    };
    list(shape, &mut String::new(), &mut rows, &is_told);
    let mut notes = Notes::default();
    let _infallible = write!(text, "### From {}\n\n| member |", from.title());
    for to in &columns {
        let _infallible = write!(text, " {} |", to.title());
    }
    text.push_str("\n|---|");
    columns.iter().for_each(|_| text.push_str("---|"));
    text.push('\n');
    for (place, feature) in rows {
        let _infallible = write!(text, "| `{place}` |");
        for to in &columns {
            let _infallible = write!(text, " {} |", notes.cell(*to, feature));
        }
        text.push('\n');
    }
    text.push('\n');
    notes.list(text);
}

fn fate(to: Form, feature: Feature) -> Fate {
    to.fate(feature, ProviderKind::native(to.dialect()))
}

/// What the cells of a table refer to.
#[derive(Default)]
struct Notes {
    numbers: BTreeMap<String, usize>,
    told: Vec<String>,
}

impl Notes {
    fn cell(&mut self, to: Form, feature: Option<Feature>) -> String {
        let Some(feature) = feature else {
            return "yes".to_owned();
        };
        match fate(to, feature) {
            Fate::Carried => "yes".to_owned(),
            Fate::Lost => "**no**".to_owned(),
            Fate::Adapted(how) => format!("yes [{}]", self.number(how)),
            Fate::Needless(why) => format!("– [{}]", self.number(why)),
        }
    }

    fn number(&mut self, note: &str) -> usize {
        let next = self.told.len().saturating_add(1);
        *self.numbers.entry(note.to_owned()).or_insert_with(|| {
            self.told.push(note.to_owned());
            next
        })
    }

    fn list(&self, text: &mut String) {
        for (at, note) in self.told.iter().enumerate() {
            let _infallible = writeln!(text, "{}. {note}", at.saturating_add(1));
        }
        if !self.told.is_empty() {
            text.push('\n');
        }
    }
}

/// A row: where a member stands, and what it asks for.
type Row = (String, Option<Feature>);

/// Every member that a request may have, once, whoever's turn it stands in. What stands inside something that no deployment
/// could be told is not listed beside it.
fn list(
    shape: &Shape,
    place: &mut String,
    rows: &mut Vec<Row>,
    is_told: &impl Fn(Feature) -> bool,
) {
    match shape {
        Shape::Any => {}
        Shape::Object(fields) => fields
            .iter()
            .for_each(|field| member(field, place, rows, is_told)),
        Shape::List(inside) => {
            within(place, "[]", |place| list(inside, place, rows, is_told));
        }
        Shape::Words(words) => {
            for (word, feature) in *words {
                add(rows, format!("{place} ({word})"), *feature);
            }
        }
        Shape::Tagged { tag, kinds } => {
            for kind in *kinds {
                let step = match kind.tags {
                    // Parts are the same in everybody's turns, but for what tools gave back.
                    [first, ..] if *tag == "role" && !["tool", "function"].contains(first) => {
                        String::new()
                    }
                    tags => format!("{{{tag}={}}}", tags.join(", ")),
                };
                within(place, &step, |place| {
                    if kind.feature.is_some() {
                        add(rows, place.clone(), kind.feature);
                    }
                    if kind.feature.is_none_or(is_told) {
                        kind.fields
                            .iter()
                            .filter(|field| field.name != *tag)
                            .for_each(|field| member(field, place, rows, is_told));
                    }
                });
            }
        }
    }
}

fn member(
    field: &Field,
    place: &mut String,
    rows: &mut Vec<Row>,
    is_told: &impl Fn(Feature) -> bool,
) {
    let dot = if place.is_empty() { "" } else { "." };
    within(place, &format!("{dot}{}", field.name), |place| {
        let is_leaf = matches!(field.shape, Shape::Any);
        if is_leaf || field.feature.is_some() {
            add(rows, format!("{place}{}", but_for(field)), field.feature);
        }
        for (start, feature) in field.starts {
            add(rows, format!("{place} ({start}…)"), Some(*feature));
        }
        if field.feature.is_none_or(is_told) {
            list(field.shape, place, rows, is_told);
        }
    });
}

fn add(rows: &mut Vec<Row>, place: String, feature: Option<Feature>) {
    let row = (place, feature);
    if !rows.contains(&row) {
        rows.push(row);
    }
}

/// Values that ask for nothing, and so may always be there.
fn but_for(field: &Field) -> String {
    match field.idle {
        [] => String::new(),
        idle => format!(" ≠ {}", idle.join(", ")),
    }
}

fn within(place: &mut String, step: &str, list: impl FnOnce(&mut String)) {
    let before = place.len();
    place.push_str(step);
    list(place);
    place.truncate(before);
}
