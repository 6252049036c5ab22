//! `quotah prices`: the price table in force, what one model costs, and updates of it.

mod update;

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
#[expect(
    clippy::doc_markdown,
    reason = "printed as help, where backticks would only be noise"
)]
enum What {
    /// What one model costs now, at every provider that has it
    Show {
        /// Its name, as a provider spells it
        model: String,
    },
    /// Take changed and new prices out of a public table: LiteLLM's or genai-prices'
    Update(update::Update),
}

pub(super) fn prices(
    prices: &Prices,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    if let Some(What::Update(update)) = &prices.what {
        return update::update(update, inputs, streams);
    }
    let table = config::price_table(inputs);
    let found: Vec<PriceLine> = match &prices.what {
        None | Some(What::Update(_)) => table.rows().flat_map(lines).collect(),
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
    let last = [
        ("hours", lines.iter().any(|line| line.hours.is_some())),
        ("source", lines.iter().any(|line| line.origin.is_some())),
    ];
    let last: Vec<&str> = last
        .iter()
        .filter(|(_, used)| *used)
        .map(|(name, _)| *name)
        .collect();
    let header = words
        .map(str::to_owned)
        .into_iter()
        .chain(["above".to_owned()])
        .chain(figures)
        .chain(last.iter().map(|name| (*name).to_owned()));
    let row = |line: &PriceLine| {
        let first = [
            line.provider.clone(),
            line.model.clone(),
            line.effective_from.clone().unwrap_or_default(),
            line.tier.to_owned(),
            line.above_tokens.to_string(),
        ];
        let rates = classes.iter().map(|class| line.rate(*class).to_owned());
        let last = last.iter().map(|name| match *name {
            "hours" => line.hours.clone().unwrap_or_default(),
            _ => line.origin.unwrap_or_default().to_owned(),
        });
        first.into_iter().chain(rates).chain(last).collect()
    };
    Rows {
        header: header.collect(),
        rows: lines.iter().map(row).collect(),
        words: words.len(),
    }
}
