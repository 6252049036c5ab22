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
//! hours 6-7@00:00-24:00                          what follows holds at these hours (UTC) instead
//! price input=4 output=20
//! every code_executions=30                       for each model behind it that has no such price itself
//! ```
//!
//! Calls, pages and other units are in USD per thousand, characters per million. Written by `scripts/compile-prices`. Why not TOML: a
//! provider's file is read in a fraction of a millisecond, and a changed price is one changed line.

use std::sync::Arc;

use super::PriceRow;
use crate::{Class, Column, Date, Hours, MoneyError, Pattern, Price, Rate, Rates, ServiceTier};

/// Why a price file cannot be read; `line` counts from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// A word that means nothing there.
    #[error("line {line}: unknown word {word:?}")]
    UnknownWord {
        /// The line, from 1.
        line: usize,
        /// The word.
        word: String,
    },
    /// A day is missing, or is none.
    #[error("line {line}: no date")]
    NoDate {
        /// The line, from 1.
        line: usize,
    },
    /// Hours are missing, or are none.
    #[error("line {line}: no hours such as 1-5@00:00-24:00")]
    NoHours {
        /// The line, from 1.
        line: usize,
    },
    /// A rate cannot be read.
    #[error("line {line}: {source}")]
    Rate {
        /// The line, from 1.
        line: usize,
        /// Why.
        source: MoneyError,
    },
    /// A line of prices without any.
    #[error("line {line}: no prices")]
    NoPrices {
        /// The line, from 1.
        line: usize,
    },
}

/// What a price file says.
#[derive(Debug, Default)]
pub(super) struct File<'a> {
    pub(super) rows: Vec<PriceRow>,
    pub(super) as_of: Date,
    provider: &'a str,
    /// The model being read, its names.
    names: Vec<&'a str>,
    since: Option<Date>,
    hours: Option<Hours>,
    price: Option<Price>,
    /// What every model costs that does not say otherwise.
    every: Rates,
}

pub(super) fn read(text: &str) -> Result<File<'_>, FileError> {
    let mut file = File::default();
    for (index, content) in text.lines().enumerate() {
        let line = index.saturating_add(1);
        let mut words = content.split_ascii_whitespace();
        match words.next() {
            None => {}
            Some(word) if word.starts_with('#') => {}
            Some("as_of") => file.as_of = date(words.next(), line)?,
            Some("provider") => {
                file.close();
                file.names.clear();
                file.every = Rates::default();
                file.provider = words.next().unwrap_or_default();
            }
            Some("model") => {
                file.close();
                file.names = words.collect();
                (file.since, file.hours) = (None, None);
            }
            Some("since") => {
                file.close();
                (file.since, file.hours) = (Some(date(words.next(), line)?), None);
            }
            Some("hours") => {
                file.close();
                file.hours = Some(Hours::parse(words).ok_or(FileError::NoHours { line })?);
            }
            Some("every") => file.every = column(words, line)?.rates,
            Some("price") => {
                let column = column(words, line)?;
                if column.rates.is_empty() {
                    return Err(FileError::NoPrices { line });
                }
                let price = file.price.take().unwrap_or_default();
                file.price = Some(price.with_column(column));
            }
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
    /// Ends the price list being read: a row for each name of its model.
    fn close(&mut self) {
        let Some(mut price) = self.price.take() else {
            return;
        };
        for (class, rate) in self.every.listed() {
            if price.standard().get(class).is_none() {
                price = price.with(class, rate);
            }
        }
        let price = Arc::new(price);
        self.rows.extend(self.names.iter().map(|name| PriceRow {
            provider: self.provider.into(),
            model: Pattern::new(name),
            effective_from: self.since,
            hours: self.hours.clone(),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    fn a_provider_begins_anew() {
        let text = "provider p\nevery web_search=5\nmodel a\nprice input=1\nprovider q\nmodel b\nprice input=2\n";
        let rows = read(text).unwrap().rows;
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (&*row.provider, row.price.standard().listed().count()))
            .collect();
        assert_eq!(seen, [("p", 2), ("q", 1)]);
    }

    #[test]
    fn hours_hold_within_their_day_and_every_model_gets_what_it_does_not_say() {
        let text = "provider p\nevery web_search=5\nmodel a\nprice input=2\nhours 6-7@00:00-24:00\n\
                    price input=1 web_search=4\nsince 2027-01-01\nprice input=3\n";
        let rows = read(text).unwrap().rows;
        let seen: Vec<_> = rows
            .iter()
            .map(|row| {
                let search = row.price.standard().get(Class::WebSearch).unwrap();
                let usd = search.usd_for(Class::WebSearch).to_string();
                (row.effective_from.is_some(), row.hours.is_some(), usd)
            })
            .collect();
        let row = |since, hours, usd: &str| (since, hours, usd.to_owned());
        assert_eq!(
            seen,
            [
                row(false, false, "5.00"),
                row(false, true, "4.00"),
                row(true, false, "5.00")
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
            ("model a\nprice", FileError::NoPrices { line: 2 }),
            ("model a\nhours 1-5", FileError::NoHours { line: 2 }),
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
            text in "((model|since|price|as_of|provider|hours|every) ?[ >=a-z0-9.-]{0,12}\n){0,8}"
        ) {
            let priced = |row: &PriceRow| row.price.each().next().is_some();
            prop_assert!(read(&text).is_err() || read(&text).unwrap().rows.iter().all(priced));
        }
    }
}
