//! Reading a table: each key once, by type; what nobody asked for is unknown.

mod part;
mod switch;

use std::cell::RefCell;
use std::time::Duration;

use super::amount::{parse_size, parse_span, show_size};
use super::problem::{Problem, nearest};
use super::tree::{Node, Place, Problems, Table, UNFILLED, Value};
use crate::time::parse_moment;

pub(super) use part::{Part, parse_part};
pub(super) use switch::Switch;

/// A table being read.
pub(super) struct Section<'a> {
    /// How errors call it: `[server]`, `[[models]]`.
    label: String,
    table: &'a Table,
    place: Place,
    problems: &'a Problems,
    asked: RefCell<Vec<&'static str>>,
}

/// A value with its place, for checks that need more than the value.
#[derive(Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

impl<'a> Section<'a> {
    pub(super) fn new(
        label: impl Into<String>,
        table: &'a Table,
        place: Place,
        problems: &'a Problems,
    ) -> Self {
        Self {
            label: label.into(),
            table,
            place,
            problems,
            asked: RefCell::default(),
        }
    }

    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// Where the value of `key` stands; the table's own place when it is absent.
    pub(super) fn place_of(&self, key: &str) -> &Place {
        let entry = self.table.get(key);
        entry.map_or(&self.place, |entry| &entry.node.place)
    }

    pub(super) const fn problems(&self) -> &'a Problems {
        self.problems
    }

    /// A string; `None` when it is absent, or wrong and said to be.
    pub(super) fn text(&self, key: &'static str) -> Option<At<&'a str>> {
        let node = self.node(key)?;
        self.plain_text(key, node)
    }

    /// A string that must be there and not be empty.
    pub(super) fn required(&self, key: &'static str, why: &'static str) -> Option<At<&'a str>> {
        if self.table.get(key).is_none() {
            self.asked.borrow_mut().push(key);
            self.missing(key, why);
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            return self.invalid(key, &text.place, "a text that is not empty");
        }
        Some(text)
    }

    /// A string that may be absent but not empty.
    pub(super) fn required_if_present(&self, key: &'static str) -> Option<At<&'a str>> {
        self.table.get(key).map_or_else(
            || {
                self.asked.borrow_mut().push(key);
                None
            },
            |_| self.required(key, ""),
        )
    }

    /// Whether the key is there at all.
    pub(super) fn is_present(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Whether the key is a list with nothing in it.
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        let value = self.table.get(key).map(|entry| &entry.node.value);
        matches!(value, Some(Value::Array(items)) if items.is_empty())
    }

    /// Takes note that a key has its place here, whether it is read or not.
    pub(super) fn know(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
    }

    /// An empty section in place of one that was not written.
    pub(super) fn stand_in<'b>(&self, empty: &'b Table) -> Section<'b>
    where
        'a: 'b,
    {
        Section::new("", empty, self.place.clone(), self.problems)
    }

    pub(super) fn boolean(&self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        match &node.value {
            Value::Boolean(value) => Some(*value),
            _ => self.invalid(key, &node.place, "true or false"),
        }
    }

    /// A whole number within a range.
    pub(super) fn integer(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let node = self.node(key)?;
        let number = match &node.value {
            Value::Number(text) => text.parse().ok().filter(|n| range.contains(n)),
            Value::Text(text) if text == UNFILLED => return None,
            // `"${PORT}"` is the only way to take a number from the environment.
            Value::Text(text) => text.trim().parse().ok().filter(|n| range.contains(n)),
            _ => None,
        };
        number.or_else(|| {
            let (low, high) = (range.start(), range.end());
            self.invalid(
                key,
                &node.place,
                &format!("a whole number from {low} to {high}"),
            )
        })
    }

    /// A time in milliseconds, at most a day.
    pub(super) fn millis(&self, key: &'static str, default_ms: u64) -> Duration {
        Duration::from_millis(self.integer(key, 1..=MILLIS_MAX).unwrap_or(default_ms))
    }

    /// A size: a number of bytes, or a text such as `"64MiB"`.
    pub(super) fn size(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let node = self.node(key)?;
        let bytes = match &node.value {
            Value::Text(text) if text == UNFILLED => return None,
            Value::Text(text) | Value::Number(text) => parse_size(text),
            _ => None,
        };
        bytes.filter(|n| range.contains(n)).or_else(|| {
            let expected = format!(
                "a size from {} to {}, such as \"64MiB\"",
                show_size(*range.start()),
                show_size(*range.end())
            );
            self.invalid(key, &node.place, &expected)
        })
    }

    /// A span of time such as `"90d"`, from a second to ten years.
    pub(super) fn span(&self, key: &'static str) -> Option<Duration> {
        let text = self.text(key)?;
        let span = parse_span(text.value).filter(|span| SPANS.contains(&span.as_secs()));
        span.or_else(|| {
            let expected = "a time from 1s to 3650d, such as \"90d\" or \"12h\"";
            self.invalid(key, &text.place, expected)
        })
    }

    /// A moment, in quotes or not, in milliseconds since 1970 UTC.
    pub(super) fn moment(&self, key: &'static str) -> Option<u64> {
        let at = self.decimal(key)?;
        parse_moment(at.value).or_else(|| {
            let expected = "a time such as 2026-12-01T00:00:00Z, or a day (UTC)";
            self.invalid(key, &at.place, expected)
        })
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words
            .iter()
            .find(|(word, _)| *word == text.value)
            .map(|(_, value)| *value);
        found.or_else(|| {
            let names: Vec<String> = words
                .iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect();
            self.invalid(key, &text.place, &names.join(" or "))
        })
    }

    /// A decimal number as it was written, whether in quotes or not.
    pub(super) fn decimal(&self, key: &'static str) -> Option<At<&'a str>> {
        let node = self.node(key)?;
        match &node.value {
            Value::Number(text) | Value::Date(text) => Some(At {
                value: text,
                place: node.place.clone(),
            }),
            _ => self.plain_text(key, node),
        }
    }

    /// A list of decimal numbers as they were written; `None` when it is absent.
    pub(super) fn decimals(&self, key: &'static str) -> Option<Vec<&'a str>> {
        let node = self.node(key)?;
        let Value::Array(items) = &node.value else {
            return self.invalid(key, &node.place, "a list of numbers");
        };
        let number = |item: &'a Node| match &item.value {
            Value::Number(text) => Some(text.as_str()),
            _ => self.plain_text(key, item).map(|at| at.value),
        };
        Some(items.iter().filter_map(number).collect())
    }

    /// A list of strings; a single string is a list of one.
    pub(super) fn texts(&self, key: &'static str) -> Vec<At<&'a str>> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        match &node.value {
            Value::Array(items) => items
                .iter()
                .filter_map(|item| self.plain_text(key, item))
                .collect(),
            _ => self.plain_text(key, node).into_iter().collect(),
        }
    }

    /// A table inside this one.
    pub(super) fn table(&self, key: &'static str, label: &str) -> Option<Self> {
        let node = self.node(key)?;
        match &node.value {
            Value::Table(table) => Some(Section::new(
                label,
                table,
                node.place.clone(),
                self.problems,
            )),
            _ => self.invalid(key, &node.place, "a table"),
        }
    }

    /// The tables of an array of tables.
    pub(super) fn tables(&self, key: &'static str, label: &str) -> Vec<Self> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let Value::Array(items) = &node.value else {
            self.invalid::<()>(
                key,
                &node.place,
                &format!("a list of tables: write {label}"),
            );
            return Vec::new();
        };
        let section = |item: &'a Node| match &item.value {
            Value::Table(table) => Some(Section::new(
                label,
                table,
                item.place.clone(),
                self.problems,
            )),
            _ => None,
        };
        let sections: Vec<Self> = items.iter().filter_map(section).collect();
        if sections.len() < items.len() {
            // At the list's place: what stands in it may be a secret, on a line that nothing tells to be one.
            self.invalid::<()>(key, &node.place, "a list of tables");
        }
        sections
    }

    /// Every key with a string value: for tables whose keys are the user's own.
    pub(super) fn pairs(&self) -> Vec<(At<&'a str>, At<&'a str>)> {
        let pair = |entry: &'a super::tree::Entry| {
            let key = At {
                value: &*entry.key,
                place: entry.key_place.clone(),
            };
            Some((key, self.plain_text(&entry.key, &entry.node)?))
        };
        self.table.0.iter().filter_map(pair).collect()
    }

    /// Every key with its string, or each of its strings: for tables whose keys are the user's own.
    pub(super) fn lists(&self) -> Vec<(At<&'a str>, At<&'a str>)> {
        let mut lists = Vec::new();
        for entry in &self.table.0 {
            let key = At {
                value: &*entry.key,
                place: entry.key_place.clone(),
            };
            let items = match &entry.node.value {
                Value::Array(items) => items.as_slice(),
                _ => std::slice::from_ref(&entry.node),
            };
            let texts = items
                .iter()
                .filter_map(|item| self.plain_text(&entry.key, item));
            lists.extend(texts.map(|text| (key.clone(), text)));
        }
        lists
    }

    /// Refuses keys that a later version acts on.
    pub(super) fn not_yet(&self, keys: &[&'static str]) {
        for key in keys {
            if let Some(entry) = self.table.get(key) {
                self.asked.borrow_mut().push(key);
                let what = match (&entry.node.value, self.label.is_empty()) {
                    (Value::Array(_), true) => format!("[[{key}]]"),
                    (_, true) => format!("[{key}]"),
                    _ => format!("`{key}` in {}", self.label),
                };
                self.problems.at(&entry.key_place, Problem::NotYet(what));
            }
        }
    }

    /// Says which keys nobody asked for.
    pub(super) fn end(self) {
        let asked = self.asked.into_inner();
        #[cfg(test)]
        for key in &asked {
            self.problems
                .1
                .borrow_mut()
                .insert((self.label.clone(), key));
        }
        for entry in self.table.0.iter().filter(|e| !asked.contains(&&*e.key)) {
            let table = match &*self.label {
                "" => "the configuration".to_owned(),
                label => label.to_owned(),
            };
            let meant = nearest(&entry.key, asked.iter().copied());
            let problem = Problem::UnknownKey {
                key: entry.key.clone(),
                table,
                meant,
            };
            self.problems.at(&entry.key_place, problem);
        }
    }

    /// Notes that a key must be there.
    pub(super) fn missing(&self, key: &'static str, why: &'static str) {
        let problem = Problem::Missing {
            key,
            table: self.label.clone(),
            why,
        };
        self.problems.at(&self.place, problem);
    }

    /// Notes a bad value; always `None`, so that it can end a chain.
    pub(super) fn invalid<T>(&self, key: &str, place: &Place, expected: &str) -> Option<T> {
        let problem = Problem::Invalid {
            key: key.to_owned(),
            expected: expected.to_owned(),
        };
        self.problems.at(place, problem);
        None
    }

    fn node(&self, key: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        self.table.get(key).map(|entry| &entry.node)
    }

    fn plain_text(&self, key: &str, node: &'a Node) -> Option<At<&'a str>> {
        match &node.value {
            Value::Text(text) if text == UNFILLED => None,
            Value::Text(text) => Some(At {
                value: text,
                place: node.place.clone(),
            }),
            _ => self.invalid(key, &node.place, "a text in quotes"),
        }
    }
}

/// A day: longer waits are mistakes.
const MILLIS_MAX: u64 = 86_400_000;

/// Seconds from one to ten years: longer spans are mistakes.
const SPANS: std::ops::RangeInclusive<u64> = 1..=3_650 * 86_400;
