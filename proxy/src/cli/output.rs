//! Records as a table for people, as JSON lines' bigger sibling, or as CSV.

use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;

/// `--output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Output {
    /// Columns for people
    #[default]
    Table,
    /// One JSON document
    Json,
    /// Comma-separated values with a header
    Csv,
}

/// Rows of text under a header.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Columns before this one are words and flush left; the others are figures.
    pub(super) words: usize,
}

impl Rows {
    /// Prints the rows, or `json` in their place.
    pub(super) fn print(
        &self,
        output: Output,
        json: &impl Serialize,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match output {
            Output::Table => self.table(out),
            Output::Csv => self.csv(out),
            Output::Json => {
                serde_json::to_writer_pretty(&mut *out, json)?;
                writeln!(out)
            }
        }
    }

    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| {
            let cells = lines().filter_map(|line| line.get(column));
            cells
                .map(|cell| shown(cell).chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        for line in lines() {
            let mut text = String::new();
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let cell = shown(cell);
                let gap = " ".repeat(width - cell.chars().count());
                let (before, after) = if column < self.words {
                    ("", &*gap)
                } else {
                    (&*gap, "")
                };
                text.extend([before, &cell, after, "  "]);
            }
            writeln!(out, "{}", text.trim_end())?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        for line in std::iter::once(&self.header).chain(&self.rows) {
            writer.write_record(line)?;
        }
        writer.flush()
    }
}

/// A cell on a terminal: names come from callers and may hold escape sequences.
fn shown(cell: &str) -> String {
    cell.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_flush_right_and_control_characters_do_nothing() {
        let rows = Rows {
            header: vec!["model".into(), "requests".into()],
            rows: vec![
                vec!["a\u{1b}[2J".into(), "7".into()],
                vec!["gpt-4o-mini".into(), "1200".into()],
            ],
            words: 1,
        };
        let mut out = Vec::new();
        rows.print(Output::Table, &(), &mut out).expect("written");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(
            text,
            "model        requests\na\u{fffd}[2J               7\ngpt-4o-mini      1200\n"
        );
    }
}
