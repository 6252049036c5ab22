//! What a request counts under, and which rules that selects.
//!
//! A rule says `match = { team = "research", model = "claude-*" }`: every one of its conditions must hold. An
//! empty one holds for every request.

use std::fmt;

use crate::Pattern;

/// A request's place in every dimension that rules select by. Where it has none, the text is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// Public id of its key, or `anonymous`.
    pub key: &'a str,
    /// Whose it is.
    pub user: &'a str,
    /// Whose it is.
    pub team: &'a str,
    /// What it is for.
    pub project: &'a str,
    /// The model that the client named.
    pub model_asked: &'a str,
    /// The model that the provider is asked for.
    pub model: &'a str,
    /// Who is asked.
    pub provider: &'a str,
    /// Further labels, name and value.
    pub tags: &'a [(&'a str, &'a str)],
}

/// A thing that requests differ in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Virtual key, by its public id.
    Key,
    /// User.
    User,
    /// Team.
    Team,
    /// Project.
    Project,
    /// Model: selected by the client's name for it or the provider's, told apart by the provider's.
    Model,
    /// Provider.
    Provider,
    /// A label, by its name.
    Tag(Box<str>),
}

/// Why a text names no dimension.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of key, user, team, project, model, provider, tag.<name>")]
pub struct NoDimension(pub String);

impl Dimension {
    /// Reads `key`, `team`, …, or `tag.<name>`.
    ///
    /// # Errors
    /// [`NoDimension`] for anything else, an empty tag name included.
    pub fn parse(text: &str) -> Result<Self, NoDimension> {
        Ok(match text {
            "key" => Self::Key,
            "user" => Self::User,
            "team" => Self::Team,
            "project" => Self::Project,
            "model" => Self::Model,
            "provider" => Self::Provider,
            _ => match text.strip_prefix("tag.").filter(|name| !name.is_empty()) {
                Some(name) => Self::Tag(name.into()),
                None => return Err(NoDimension(text.to_owned())),
            },
        })
    }

    /// Where the request stands in this dimension.
    #[must_use]
    pub fn of<'a>(&self, subject: &Subject<'a>) -> &'a str {
        match self {
            Self::Key => subject.key,
            Self::User => subject.user,
            Self::Team => subject.team,
            Self::Project => subject.project,
            Self::Model => subject.model,
            Self::Provider => subject.provider,
            Self::Tag(name) => subject
                .tags
                .iter()
                .find(|(tag, _)| *tag == &**name)
                .map_or("", |(_, value)| value),
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key => f.write_str("key"),
            Self::User => f.write_str("user"),
            Self::Team => f.write_str("team"),
            Self::Project => f.write_str("project"),
            Self::Model => f.write_str("model"),
            Self::Provider => f.write_str("provider"),
            Self::Tag(name) => write!(f, "tag.{name}"),
        }
    }
}

/// Conditions on a request, all of which must hold; sorted by dimension, at most one for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector(Vec<(Dimension, Pattern)>);

impl Selector {
    /// A selector of these conditions; of two on one dimension the later stands.
    #[must_use]
    pub fn new(conditions: impl IntoIterator<Item = (Dimension, Pattern)>) -> Self {
        let mut all = std::collections::BTreeMap::new();
        all.extend(conditions);
        Self(all.into_iter().collect())
    }

    /// Its conditions, by dimension.
    #[must_use]
    pub fn conditions(&self) -> &[(Dimension, Pattern)] {
        &self.0
    }

    /// The condition on `dimension`, if there is one.
    #[must_use]
    pub fn on(&self, dimension: &Dimension) -> Option<&Pattern> {
        let found = self.0.iter().find(|(own, _)| own == dimension);
        found.map(|(_, pattern)| pattern)
    }

    /// Whether all conditions hold.
    #[must_use]
    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        self.0.iter().all(|(dimension, pattern)| match dimension {
            Dimension::Model => {
                pattern.matches(subject.model) || pattern.matches(subject.model_asked)
            }
            _ => {
                let value = dimension.of(subject);
                !value.is_empty() && pattern.matches(value)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(conditions: &[(&str, &str)]) -> Selector {
        Selector::new(conditions.iter().map(|(dimension, pattern)| {
            (Dimension::parse(dimension).unwrap(), Pattern::new(pattern))
        }))
    }

    const SUBJECT: Subject<'_> = Subject {
        key: "k1",
        user: "",
        team: "research",
        project: "p",
        model_asked: "fast",
        model: "gpt-5-mini",
        provider: "openai",
        tags: &[("feature", "search")],
    };

    #[test]
    fn every_condition_must_hold_and_none_holds_for_all() {
        for (conditions, holds) in [
            (&[][..], true),
            (&[("team", "research")], true),
            (&[("team", "sales")], false),
            (&[("team", "research"), ("model", "gpt-*")], true),
            (&[("team", "research"), ("model", "claude-*")], false),
            (&[("model", "fast")], true),
            (&[("tag.feature", "search")], true),
            (&[("tag.other", "*")], false),
            (&[("user", "*")], false),
        ] {
            assert_eq!(
                selector(conditions).matches(&SUBJECT),
                holds,
                "{conditions:?}"
            );
        }
    }

    #[test]
    fn dimensions_read_back_as_they_are_shown() {
        for text in [
            "key", "user", "team", "project", "model", "provider", "tag.x.y",
        ] {
            assert_eq!(Dimension::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "tag.", "tags", "Team"] {
            assert_eq!(Dimension::parse(text), Err(NoDimension(text.to_owned())));
        }
    }
}
