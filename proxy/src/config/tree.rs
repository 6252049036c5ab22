//! The configuration as a tree of values that know where they were written.
//!
//! TOML is parsed first; then references inside strings are filled in. Several files become one tree:
//! tables are merged key by key (the later file wins), arrays of tables are joined.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Environment;
use super::interpolate::interpolate;
use super::problem::{ConfigError, Location, Problem};

/// A file that was read.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A range of bytes in one of the sources.
#[derive(Clone)]
pub(super) struct Place {
    file: usize,
    span: Range<usize>,
}

impl Place {
    /// The beginning of the first source.
    pub(super) const fn start() -> Self {
        Self {
            file: 0,
            span: 0..0,
        }
    }
}

/// A value and where it stands.
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// A value. Numbers and dates are kept as they were written, so that money is never a float.
pub(super) enum Value {
    Text(String),
    Number(String),
    Boolean(bool),
    Date(String),
    Array(Vec<Node>),
    Table(Table),
}

/// Keys in the order of the files.
#[derive(Default)]
pub(super) struct Table(pub(super) Vec<Entry>);

/// A key with its value.
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_place: Place,
    pub(super) node: Node,
}

impl Table {
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }
}

/// Every fault found so far, with its place.
#[derive(Default)]
pub(super) struct Problems(
    std::cell::RefCell<Vec<(Problem, Option<Place>)>>,
    /// Every key that was asked for, by table: what the schema is held against.
    #[cfg(test)]
    pub(super) std::cell::RefCell<std::collections::BTreeSet<(String, &'static str)>>,
);

impl Problems {
    /// Notes a fault at a place.
    pub(super) fn at(&self, place: &Place, problem: impl Into<Problem>) {
        self.0
            .borrow_mut()
            .push((problem.into(), Some(place.clone())));
    }

    /// Notes a fault that is in no file.
    pub(super) fn nowhere(&self, problem: impl Into<Problem>) {
        self.0.borrow_mut().push((problem.into(), None));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Whether a source could not be parsed at all: what follows from that would be noise.
    pub(super) fn has_syntax(&self) -> bool {
        self.0
            .borrow()
            .iter()
            .any(|(problem, _)| matches!(problem, Problem::Syntax(_)))
    }

    /// The faults in the order of the files, those without a place first.
    pub(super) fn into_errors(self, sources: &[Source]) -> Vec<ConfigError> {
        let mut found = self.0.into_inner();
        found.sort_by_key(|(_, place)| place.as_ref().map(|p| (p.file, p.span.start)));
        let locate = |place: Place| {
            let source = sources.get(place.file)?;
            Some(Location::new(source.path.clone(), &source.text, place.span))
        };
        found
            .into_iter()
            .map(|(problem, place)| ConfigError {
                problem,
                at: place.and_then(locate),
            })
            .collect()
    }
}

/// Parses and merges all sources.
pub(super) fn grow(sources: &[Source], env: &Environment, problems: &Problems) -> Table {
    let mut root = Table::default();
    for (file, source) in sources.iter().enumerate() {
        let (table, errors) = DeTable::parse_recoverable(&source.text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            // Its message may go on over lines; the first says it.
            let message = error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            problems.at(&Place { file, span }, Problem::Syntax(message));
        }
        // What follows from a broken file would be noise.
        if errors.is_empty() {
            let planter = Planter {
                file,
                env,
                problems,
            };
            merge(&mut root, planter.table(table.get_ref()));
        }
    }
    root
}

fn merge(into: &mut Table, from: Table) {
    for entry in from.0 {
        let Some(held) = into.0.iter_mut().find(|held| held.key == entry.key) else {
            into.0.push(entry);
            continue;
        };
        match (&mut held.node.value, entry.node.value) {
            (Value::Table(held), Value::Table(new)) => merge(held, new),
            (Value::Array(held), Value::Array(new))
                if held
                    .iter()
                    .chain(&new)
                    .all(|n| matches!(n.value, Value::Table(_))) =>
            {
                held.extend(new);
            }
            (_, value) => {
                held.node = Node {
                    value,
                    place: entry.node.place,
                };
                held.key_place = entry.key_place;
            }
        }
    }
}

/// Turns one file's values into nodes.
struct Planter<'a> {
    file: usize,
    env: &'a Environment,
    problems: &'a Problems,
}

impl Planter<'_> {
    fn table(&self, table: &DeTable<'_>) -> Table {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                key_place: self.place(key.span()),
                node: self.node(value),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_place.span.start);
        Table(entries)
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let place = self.place(value.span());
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(interpolate(text, self.env).unwrap_or_else(|e| {
                self.problems.at(&place, e);
                UNFILLED.to_owned()
            })),
            DeValue::Integer(number) => match number.radix() {
                10 => Value::Number(number.as_str().to_owned()),
                radix => Value::Number(format!("{} (base {radix})", number.as_str())),
            },
            DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
            DeValue::Boolean(value) => Value::Boolean(*value),
            DeValue::Datetime(date) => Value::Date(date.to_string()),
            DeValue::Array(items) => Value::Array(items.iter().map(|n| self.node(n)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { value, place }
    }

    const fn place(&self, span: Range<usize>) -> Place {
        Place {
            file: self.file,
            span,
        }
    }
}

/// Stands for a string whose reference could not be filled in: that was said once, readers say nothing more.
pub(super) const UNFILLED: &str = "\u{0}unfilled";
