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
    list(shape, &mut String::new(), &mut rows);
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
        match to.fate(feature, ProviderKind::native(to.dialect())) {
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

/// Every member that a request may have, with what it asks for; those that only hold others are not listed.
fn list(shape: &Shape, place: &mut String, rows: &mut Vec<(String, Option<Feature>)>) {
    match shape {
        Shape::Any => {}
        Shape::Object(fields) => fields.iter().for_each(|field| member(field, place, rows)),
        Shape::List(inside) | Shape::OneOrMany(inside) => {
            within(place, "[]", |place| list(inside, place, rows));
        }
        Shape::Tagged { tag, kinds } => {
            for kind in *kinds {
                let tags = kind.tags.join("\\|");
                within(place, &format!("{{{tag}={tags}}}"), |place| {
                    if kind.feature.is_some() {
                        rows.push((place.clone(), kind.feature));
                    }
                    kind.fields
                        .iter()
                        .filter(|field| field.name != *tag)
                        .for_each(|field| member(field, place, rows));
                });
            }
        }
    }
}

fn member(field: &Field, place: &mut String, rows: &mut Vec<(String, Option<Feature>)>) {
    let dot = if place.is_empty() { "" } else { "." };
    within(place, &format!("{dot}{}", field.name), |place| {
        let is_leaf = matches!(field.shape, Shape::Any);
        if is_leaf || field.feature.is_some() {
            rows.push((place.clone(), field.feature));
        }
        for (start, feature) in field.starts {
            rows.push((format!("{place} ({start}…)"), Some(*feature)));
        }
        list(field.shape, place, rows);
    });
}

fn within(place: &mut String, step: &str, list: impl FnOnce(&mut String)) {
    let before = place.len();
    place.push_str(step);
    list(place);
    place.truncate(before);
}
