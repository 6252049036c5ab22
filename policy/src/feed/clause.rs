//! Which names mean a model: genai-prices' `match` clauses.

use super::json::{Raw, list, map, text_of};

/// A clause. Regular expressions are not understood, and fit nothing: they tell snapshots apart from families,
/// which look-ups do by themselves.
#[derive(Debug)]
pub(super) enum Clause {
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Any(Vec<Self>),
    All(Vec<Self>),
    Unknown,
}

/// Deepest nesting that is read; published ones are two deep.
const DEPTH_MAX: usize = 8;

pub(super) fn clause(raw: Raw<'_>) -> Option<Clause> {
    read(raw, DEPTH_MAX)
}

fn read(raw: Raw<'_>, depth: usize) -> Option<Clause> {
    let depth = depth.checked_sub(1)?;
    let fields = map(raw)?;
    let parts = |raw: Raw<'_>| -> Option<Vec<Clause>> {
        list(raw)?
            .into_iter()
            .map(|part| read(part, depth))
            .collect()
    };
    let either = |one: &str, other: &str| fields.get(one).or_else(|| fields.get(other)).copied();
    if let Some(raw) = either("or_", "or") {
        return Some(Clause::Any(parts(raw)?));
    }
    if let Some(raw) = either("and_", "and") {
        return Some(Clause::All(parts(raw)?));
    }
    let text = |name| text_of(&fields, name);
    Some(if let Some(name) = text("equals") {
        Clause::Equals(name)
    } else if let Some(start) = text("starts_with") {
        Clause::StartsWith(start)
    } else if let Some(end) = text("ends_with") {
        Clause::EndsWith(end)
    } else if let Some(part) = text("contains") {
        Clause::Contains(part)
    } else {
        Clause::Unknown
    })
}

impl Clause {
    pub(super) fn fits(&self, name: &str) -> bool {
        match self {
            Self::Equals(text) => name == text,
            Self::StartsWith(text) => name.starts_with(text.as_str()),
            Self::EndsWith(text) => name.ends_with(text.as_str()),
            Self::Contains(text) => name.contains(text.as_str()),
            Self::Any(parts) => parts.iter().any(|part| part.fits(name)),
            Self::All(parts) => !parts.is_empty() && parts.iter().all(|part| part.fits(name)),
            Self::Unknown => false,
        }
    }

    /// Names that it means as they stand: prefixes count as names, the rest of them is left to date suffixes.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Equals(name) => vec![name.clone()],
            Self::StartsWith(start) => {
                let whole = start.ends_with(|c: char| c.is_ascii_alphanumeric());
                // A prefix that ends in a year is half a date.
                let half = start.rsplit_once('-').is_some_and(|(_, end)| {
                    end.len() == 4
                        && end.starts_with("20")
                        && end.bytes().all(|b| b.is_ascii_digit())
                });
                if whole && !half {
                    vec![start.clone()]
                } else {
                    Vec::new()
                }
            }
            Self::Any(parts) => parts.iter().flat_map(Self::names).collect(),
            Self::EndsWith(_) | Self::Contains(_) | Self::All(_) | Self::Unknown => Vec::new(),
        }
    }
}
