//! Patterns for model names: `gpt-4o`, `claude-*`, `*`.

use std::cmp::Ordering;
use std::fmt;

/// A model name, or a text with one or more `*` that stand for any characters, none included.
///
/// Ordered by how much it says: an exact name is greater than any pattern, and a pattern that spells out
/// more characters is greater than one that spells out fewer. `max` of those that match is the one to use.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    text: Box<str>,
}

impl Pattern {
    /// A pattern from its text; every text is one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.into() }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names one model only.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.text.contains('*')
    }

    /// Whether `name` fits, letter for letter.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let mut parts = self.text.split('*');
        let Some(rest) = name.strip_prefix(parts.next().unwrap_or_default()) else {
            return false;
        };
        let Some(last) = parts.next_back() else {
            return rest.is_empty();
        };
        // Leftmost places are enough: whatever fits later also fits after an earlier place.
        let mut rest = rest;
        for part in parts {
            let Some((_, after)) = rest.split_once(part) else {
                return false;
            };
            rest = after;
        }
        rest.ends_with(last)
    }

    /// Exactness first, then characters spelled out.
    fn specificity(&self) -> (bool, usize) {
        (
            self.is_exact(),
            self.text.bytes().filter(|byte| *byte != b'*').count(),
        )
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.specificity()
            .cmp(&other.specificity())
            .then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stand_for_anything_and_the_rest_for_itself() {
        for (pattern, name, fits) in [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("gpt-4o", "my-gpt-4o", false),
            ("claude-*", "claude-sonnet-4-5", true),
            ("claude-*", "claude-", true),
            ("claude-*", "claude", false),
            ("*-mini", "gpt-4o-mini", true),
            ("*-mini", "gpt-4o-mini-2024-07-18", false),
            ("gpt-*-mini", "gpt-4o-mini", true),
            ("gpt-*-mini", "gpt-mini", false),
            ("*4o*4o*", "gpt-4o", false),
            ("*4o*4o*", "gpt-4o-4o", true),
            ("**", "", true),
            ("*", "anything/at:all", true),
            ("", "", true),
            ("", "x", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(
                Pattern::new(pattern).matches(name),
                fits,
                "{pattern} on {name}"
            );
        }
    }

    #[test]
    fn what_says_more_is_greater() {
        let order = ["*", "gpt-*", "gpt-4o-*", "o3"];
        for pair in order.windows(2) {
            assert!(Pattern::new(pair[0]) < Pattern::new(pair[1]), "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_with_a_piece_starred_out_still_fits(name in "[a-c]{0,12}", from in 0..13_usize, len in 0..13_usize) {
            let from = from.min(name.len());
            let to = (from + len).min(name.len());
            let pattern = format!("{}*{}", &name[..from], &name[to..]);
            prop_assert!(Pattern::new(&pattern).matches(&name));
        }
    }
}
