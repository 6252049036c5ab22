//! The price files that ship with the crate: a line format read by hand at start-up.
//!
//! ```text
//! # comment
//! as_of 2026-11-20
//! provider openai
//! model gpt-6-astra gpt-6-astra-2026-09-01       names of one model
//! price input=10 cached_input=1 output=50        standard rates, USD per million tokens
//! price >272000 input=20 output=75               above that many input tokens
//! price batch >272000 input=10 output=37.5       on a tier
//! since 2027-01-01                               what follows holds from that day on
//! price input=8 output=40
//! ```
//!
//! Calls, pages and other units are in USD per thousand, characters per million. Written by `scripts/compile-prices`. Why not TOML: 1,100
//! lines are read in a fraction of a millisecond, and a changed price is one changed line.

use std::sync::Arc;

use super::PriceRow;
use crate::{Class, Column, Date, MoneyError, Pattern, Price, Rate, Rates, ServiceTier};

/// All rows that ship with the crate, and the day they were compiled.
///
/// A file that cannot be read would leave its models unpriced; the tests read every one.
pub(super) fn builtin() -> (Vec<PriceRow>, Date) {
    let mut rows = Vec::new();
    let mut as_of = Date::default();
    for text in FILES {
        if let Ok(file) = read(text) {
            rows.extend(file.rows);
            as_of = as_of.max(file.as_of);
        }
    }
    (rows, as_of)
}

/// Why a price file cannot be read; `line` counts from 1.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FileError {
    #[error("line {line}: unknown word {word:?}")]
    UnknownWord { line: usize, word: String },
    #[error("line {line}: no date")]
    NoDate { line: usize },
    #[error("line {line}: {source}")]
    Rate { line: usize, source: MoneyError },
    #[error("line {line}: a model's first prices are standard ones")]
    NoBase { line: usize },
}

/// What a price file says.
#[derive(Debug, Default)]
struct File<'a> {
    rows: Vec<PriceRow>,
    as_of: Date,
    provider: &'a str,
    /// The model being read, its names.
    names: Vec<&'a str>,
    since: Option<Date>,
    price: Option<Price>,
}

fn read(text: &str) -> Result<File<'_>, FileError> {
    let mut file = File::default();
    for (index, content) in text.lines().enumerate() {
        let line = index.saturating_add(1);
        let mut words = content.split_ascii_whitespace();
        match words.next() {
            None => {}
            Some(word) if word.starts_with('#') => {}
            Some("as_of") => file.as_of = date(words.next(), line)?,
            Some("provider") => file.provider = words.next().unwrap_or_default(),
            Some("model") => {
                file.close();
                file.names = words.collect();
                file.since = None;
            }
            Some("since") => {
                file.close();
                file.since = Some(date(words.next(), line)?);
            }
            Some("price") => file.add(column(words, line)?, line)?,
            Some(word) => {
                return Err(FileError::UnknownWord {
                    line,
                    word: word.to_owned(),
                });
            }
        }
    }
    file.close();
    Ok(file)
}

impl File<'_> {
    fn add(&mut self, column: Column, line: usize) -> Result<(), FileError> {
        let price = match self.price.take() {
            Some(price) => price,
            None if column.tier == ServiceTier::Standard
                && column.above_tokens == 0
                && !column.rates.is_empty() =>
            {
                Price::default()
            }
            None => return Err(FileError::NoBase { line }),
        };
        self.price = Some(price.with_column(column));
        Ok(())
    }

    /// Ends the price list being read: a row for each name of its model.
    fn close(&mut self) {
        let Some(price) = self.price.take().map(Arc::new) else {
            return;
        };
        self.rows.extend(self.names.iter().map(|name| PriceRow {
            provider: self.provider.into(),
            model: Pattern::new(name),
            effective_from: self.since,
            price: Arc::clone(&price),
        }));
    }
}

fn date(word: Option<&str>, line: usize) -> Result<Date, FileError> {
    word.and_then(Date::parse).ok_or(FileError::NoDate { line })
}

fn column<'a>(words: impl Iterator<Item = &'a str>, line: usize) -> Result<Column, FileError> {
    let mut column = Column {
        tier: ServiceTier::Standard,
        above_tokens: 0,
        rates: Rates::default(),
    };
    for word in words {
        let unknown = || FileError::UnknownWord {
            line,
            word: word.to_owned(),
        };
        if let Some((name, rate)) = word.split_once('=') {
            let class = Class::parse(name).ok_or_else(unknown)?;
            let rate = Rate::parse_for(class, rate);
            let rate = rate.map_err(|source| FileError::Rate { line, source })?;
            column.rates = column.rates.with(class, rate);
        } else if let Some(above) = word.strip_prefix('>') {
            column.above_tokens = above.parse().map_err(|_| unknown())?;
        } else {
            column.tier = ServiceTier::parse(word).ok_or_else(unknown)?;
        }
    }
    Ok(column)
}

const FILES: [&str; 3] = [
    include_str!("../../prices/anthropic.prices"),
    include_str!("../../prices/gemini.prices"),
    include_str!("../../prices/openai.prices"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_file_that_ships_can_be_read() {
        for text in FILES {
            let file = read(text).unwrap();
            assert!(file.rows.len() >= 25, "{}", file.provider);
            assert_eq!(file.as_of.to_string(), "2026-11-20");
        }
    }

    #[test]
    fn a_model_has_a_row_for_each_name_and_date() {
        let text = "provider p\nmodel a b\nprice input=1\nprice batch >5 input=0.5\nsince 2027-01-01\nprice input=2\n";
        let rows = read(text).unwrap().rows;
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row.model.as_str(),
                    row.effective_from.is_some(),
                    row.price.columns().len(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("a", false, 1),
                ("b", false, 1),
                ("a", true, 0),
                ("b", true, 0)
            ]
        );
    }

    #[test]
    fn a_fault_is_named_with_its_line() {
        for (text, error) in [
            (
                "prise",
                FileError::UnknownWord {
                    line: 1,
                    word: "prise".into(),
                },
            ),
            ("\nas_of tomorrow", FileError::NoDate { line: 2 }),
            ("model a\nprice", FileError::NoBase { line: 2 }),
            (
                "model a\nprice batch input=1",
                FileError::NoBase { line: 2 },
            ),
            (
                "price inputs=1",
                FileError::UnknownWord {
                    line: 1,
                    word: "inputs=1".into(),
                },
            ),
            (
                "price >x",
                FileError::UnknownWord {
                    line: 1,
                    word: ">x".into(),
                },
            ),
            (
                "price slow",
                FileError::UnknownWord {
                    line: 1,
                    word: "slow".into(),
                },
            ),
            (
                "price input=-1",
                FileError::Rate {
                    line: 1,
                    source: MoneyError::NotADigit('-'),
                },
            ),
        ] {
            assert_eq!(read(text).err(), Some(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_gives_rows_with_prices(
            text in "((model|since|price|as_of|provider) ?[ >=a-z0-9.-]{0,12}\n){0,8}"
        ) {
            let priced = |row: &PriceRow| !row.price.standard().is_empty();
            prop_assert!(read(&text).is_err() || read(&text).unwrap().rows.iter().all(priced));
        }
    }
}
