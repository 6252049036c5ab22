//! The prices that ship with the crate: one file a provider, each read when it is first asked for.
//!
//! Reading all of them takes several milliseconds, and most processes use two or three providers.

use std::sync::OnceLock;

use super::file::read;
use super::index::Index;
use crate::Date;

/// Files and what has been read of them.
#[derive(Debug)]
pub(super) struct Builtin {
    providers: [OnceLock<Index>; FILES.len()],
}

impl Default for Builtin {
    fn default() -> Self {
        Self {
            providers: std::array::from_fn(|_| OnceLock::new()),
        }
    }
}

impl Builtin {
    /// The rows of one provider kind.
    pub(super) fn of(&self, provider: &str) -> Option<&Index> {
        let place = FILES.iter().position(|(kind, _)| *kind == provider)?;
        self.at(place)
    }

    /// Every provider's, in the order of their names.
    pub(super) fn all(&self) -> impl Iterator<Item = &Index> {
        (0..FILES.len()).filter_map(|place| self.at(place))
    }

    fn at(&self, place: usize) -> Option<&Index> {
        let (_, text) = FILES.get(place)?;
        // A file that cannot be read would leave its models unpriced; the tests read every one.
        let read = || Index::new(read(text).map(|file| file.rows).unwrap_or_default());
        Some(self.providers.get(place)?.get_or_init(read))
    }
}

/// The day on which the files were compiled.
pub(super) fn as_of() -> Date {
    let day = |text: &str| {
        let mut head = text.lines().take(HEAD_LINES);
        Date::parse(head.find_map(|line| line.strip_prefix("as_of "))?)
    };
    let days = FILES.iter().filter_map(|(_, text)| day(text));
    days.max().unwrap_or_default()
}

/// The day stands within so many lines of a file's beginning.
const HEAD_LINES: usize = 8;

macro_rules! files {
    ($($kind:literal)*) => {
        [$(($kind, include_str!(concat!("../../prices/", $kind, ".prices")))),*]
    };
}

const FILES: [(&str, &str); 20] = files!(
    "alibaba" "anthropic" "azure" "bedrock" "cerebras" "cohere" "crusoe" "deepseek" "fireworks" "gemini"
    "groq" "huggingface" "mistral" "openai" "openrouter" "perplexity" "together" "vertex" "xai" "zai"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_ships_can_be_read() {
        for (kind, text) in FILES {
            let file = read(text).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert!(file.rows.len() >= 5, "{kind} {}", file.rows.len());
            assert_eq!(file.as_of.to_string(), "2026-11-20", "{kind}");
            assert!(file.rows.iter().all(|row| *row.provider == *kind), "{kind}");
        }
        assert_eq!(as_of().to_string(), "2026-11-20");
    }
}
