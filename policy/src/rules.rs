//! Finding the rules that a request matches, at a price that grows with those alone.
//!
//! A rule is filed under one exact condition of its selector, the one that fewest requests share. A request looks
//! into the drawers of its own values; rules without an exact condition are looked at every time.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Dimension, Selector, Subject};

/// Rules of one kind, filed by what they select.
#[derive(Debug, Clone)]
pub struct Rules<T> {
    rules: Vec<(Selector, Arc<T>)>,
    /// By value, for each dimension of [`FILED`].
    drawers: [Drawer; FILED.len()],
    /// By value, for each tag that any rule is filed under.
    tags: Vec<(Box<str>, Drawer)>,
    /// Looked at by every request.
    open: Vec<usize>,
}

/// What is filed comes from whoever makes the rules, not from those who ask: a quick hash will do.
type Drawer = HashMap<Box<str>, Vec<usize>, foldhash::fast::RandomState>;

/// From what fewest requests share to what most do; tags stand behind `Project`.
const FILED: [Dimension; 6] = [
    Dimension::Key,
    Dimension::User,
    Dimension::Project,
    Dimension::Team,
    Dimension::Model,
    Dimension::Provider,
];

impl<T> Default for Rules<T> {
    fn default() -> Self {
        Self {
            rules: Vec::new(),
            drawers: Default::default(),
            tags: Vec::new(),
            open: Vec::new(),
        }
    }
}

impl<T> Rules<T> {
    /// Files `rules`, each under its selector.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = (Selector, Arc<T>)>) -> Self {
        let mut all = Self::default();
        for (selector, rule) in rules {
            all.file(selector, rule);
        }
        all
    }

    fn file(&mut self, selector: Selector, rule: Arc<T>) {
        let place = self.rules.len();
        let exact = |dimension: &Dimension| {
            let pattern = selector.on(dimension)?;
            pattern.is_exact().then(|| pattern.as_str())
        };
        let filed = FILED.iter().zip(&mut self.drawers);
        let mut drawers = filed.filter_map(|(dimension, drawer)| Some((exact(dimension)?, drawer)));
        let tag = selector
            .conditions()
            .iter()
            .find_map(|(dimension, pattern)| {
                let Dimension::Tag(name) = dimension else {
                    return None;
                };
                pattern.is_exact().then(|| (name, pattern.as_str()))
            });
        if let Some((value, drawer)) = drawers.next() {
            drawer.entry(value.into()).or_default().push(place);
        } else if let Some((name, value)) = tag {
            let found = self.tags.iter().position(|(known, _)| known == name);
            let at = found.unwrap_or_else(|| {
                self.tags.push((name.clone(), Drawer::default()));
                self.tags.len().saturating_sub(1)
            });
            if let Some((_, drawer)) = self.tags.get_mut(at) {
                drawer.entry(value.into()).or_default().push(place);
            }
        } else {
            self.open.push(place);
        }
        self.rules.push((selector, rule));
    }

    /// Calls `each` with every rule that `subject` matches, once.
    pub fn matching<'a>(&'a self, subject: &Subject<'_>, mut each: impl FnMut(&'a Arc<T>)) {
        let mut look = |places: &[usize]| {
            for place in places {
                if let Some((selector, rule)) = self.rules.get(*place)
                    && selector.matches(subject)
                {
                    each(rule);
                }
            }
        };
        look(&self.open);
        for (dimension, drawer) in FILED.iter().zip(&self.drawers) {
            if drawer.is_empty() {
                continue;
            }
            let value = dimension.of(subject);
            if let Some(places) = drawer.get(value) {
                look(places);
            }
            // A model is known by two names.
            if *dimension == Dimension::Model
                && subject.model_asked != value
                && let Some(places) = drawer.get(subject.model_asked)
            {
                look(places);
            }
        }
        for (name, drawer) in &self.tags {
            let tag = subject.tags.iter().find(|(tag, _)| *tag == &**name);
            if let Some(places) = tag.and_then(|(_, value)| drawer.get(*value)) {
                look(places);
            }
        }
    }

    /// Every rule, in the order it was filed.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rules.iter().map(|(_, rule)| rule)
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Pattern;

    fn found(rules: &Rules<usize>, subject: &Subject<'_>) -> Vec<usize> {
        let mut found = Vec::new();
        rules.matching(subject, |rule| found.push(**rule));
        found.sort_unstable();
        found
    }

    fn a_selector() -> impl Strategy<Value = Selector> {
        let dimension = prop::sample::select(vec![
            "key", "user", "team", "project", "model", "provider", "tag.x", "tag.y",
        ]);
        let value = prop::sample::select(vec!["a", "b", "a*", "*"]);
        prop::collection::vec((dimension, value), 0..4).prop_map(|conditions| {
            Selector::new(conditions.into_iter().map(|(dimension, value)| {
                (Dimension::parse(dimension).unwrap(), Pattern::new(value))
            }))
        })
    }

    proptest! {
        #[test]
        fn filed_rules_are_found_as_if_all_were_looked_at(
            selectors in prop::collection::vec(a_selector(), 0..20),
            values in prop::array::uniform7(prop::sample::select(vec!["", "a", "b", "ab"])),
            tag in prop::sample::select(vec!["a", "c"]),
        ) {
            let subject = Subject {
                key: values[0],
                user: values[1],
                team: values[2],
                project: values[3],
                model_asked: values[4],
                model: values[5],
                provider: values[6],
                tags: &[("x", tag)],
            };
            let wanted: Vec<usize> = (0..selectors.len())
                .filter(|place| selectors[*place].matches(&subject))
                .collect();
            let rules = Rules::new(selectors.into_iter().zip((0..).map(Arc::new)));
            prop_assert_eq!(found(&rules, &subject), wanted);
        }
    }
}
