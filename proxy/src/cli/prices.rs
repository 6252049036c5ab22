//! `quotah prices`: the price table in force, or what one model costs.

use std::io;

use clap::{Args, Subcommand};
use quotah_policy::Class;
use serde_json::json;

use super::output::{Output, Rows};
use super::{Exit, Streams};
use crate::clock;
use crate::config::{self, Inputs};
use crate::prices::{PriceLine, lines, lines_of};

#[derive(Debug, Args)]
pub(super) struct Prices {
    #[command(subcommand)]
    what: Option<What>,
    #[arg(long, default_value = "table", global = true)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum What {
    /// What one model costs now, at every provider that has it
    Show {
        /// Its name, as a provider spells it
        model: String,
    },
}

pub(super) fn prices(
    prices: &Prices,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let table = config::price_table(inputs);
    let found: Vec<PriceLine> = match &prices.what {
        None => table.rows().flat_map(lines).collect(),
        Some(What::Show { model }) => lines_of(&table, model, clock::unix_seconds()),
    };
    if let (Some(What::Show { model }), true) = (&prices.what, found.is_empty()) {
        writeln!(
            streams.err,
            "error: no price for `{model}`: requests to it are counted as unpriced (see [[prices]])"
        )?;
        return Ok(Exit::Failed);
    }
    let json = json!({ "version": table.version(), "items": &found });
    rows(&found).print(prices.output, &json, streams.out)?;
    Ok(Exit::Done)
}

/// Only classes that some line has a rate for.
fn rows(lines: &[PriceLine]) -> Rows {
    let used = |class: &Class| lines.iter().any(|line| !line.rate(*class).is_empty());
    let classes: Vec<Class> = Class::ALL.into_iter().filter(used).collect();
    let words = ["provider", "model", "from", "tier"];
    let figures = classes
        .iter()
        .map(|class| format!("{}_usd", class.as_str()));
    let header = words
        .map(str::to_owned)
        .into_iter()
        .chain(["above".to_owned()])
        .chain(figures);
    let row = |line: &PriceLine| {
        let first = [
            line.provider.clone(),
            line.model.clone(),
            line.effective_from.clone().unwrap_or_default(),
            line.tier.to_owned(),
            line.above_tokens.to_string(),
        ];
        let rates = classes.iter().map(|class| line.rate(*class).to_owned());
        first.into_iter().chain(rates).collect()
    };
    Rows {
        header: header.collect(),
        rows: lines.iter().map(row).collect(),
        words: words.len(),
    }
}
