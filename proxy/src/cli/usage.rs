//! `quotah usage`: what was used and what it cost, from the ledger on disk.

use std::io;

use clap::{Args, ValueEnum};

use super::output::{Output, Rows};
use super::{Exit, Streams};
use crate::clock;
use crate::config::{self, Inputs};
use crate::ledger::{Dimension, Interval, Query, Reader, Sums, UsageReport, usd};
use crate::time::{MONTH_MS, WHEN, parse_when, rfc3339};

#[derive(Debug, Args)]
pub(super) struct Usage {
    /// From when: RFC 3339, a day (UTC), or so long ago (24h, 7d) [default: 30d]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Until when, exclusive [default: now]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Group by: provider, model, key, team, user, project, operation, outcome, tag.NAME
    #[arg(
        long,
        value_name = "LABEL,…",
        value_delimiter = ',',
        default_value = "provider,model"
    )]
    by: Vec<String>,
    /// One row for each of these
    #[arg(long)]
    interval: Option<Step>,
    #[arg(long, default_value = "table")]
    output: Output,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Step {
    Hour,
    Day,
    Month,
}

pub(super) fn usage(usage: &Usage, inputs: &Inputs, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let query = match query(usage, clock::unix_ms()) {
        Ok(query) => query,
        Err(said) => {
            writeln!(streams.err, "error: {said}")?;
            return Ok(Exit::Usage);
        }
    };
    let dir = config::ledger_dir(inputs);
    let report = match Reader::new(dir.clone()).usage(&query) {
        Ok(report) => report,
        Err(error) => {
            writeln!(streams.err, "error: {}: {error}", dir.display())?;
            return Ok(Exit::Failed);
        }
    };
    rows(&query, &report).print(usage.output, &report, streams.out)?;
    Ok(Exit::Done)
}

fn query(usage: &Usage, now: u64) -> Result<Query, String> {
    let when = |flag: &str, text: Option<&String>, default: u64| match text {
        Some(text) => parse_when(text, now).ok_or_else(|| format!("{flag} must be {WHEN}")),
        None => Ok(default),
    };
    let by = |name: &String| {
        Dimension::parse(name).ok_or_else(|| format!("--by: there is no label `{name}`"))
    };
    Ok(Query {
        from_ms: when(
            "--since",
            usage.since.as_ref(),
            now.saturating_sub(MONTH_MS),
        )?,
        to_ms: when("--until", usage.until.as_ref(), now)?,
        interval: usage.interval.map(|step| match step {
            Step::Hour => Interval::Hour,
            Step::Day => Interval::Day,
            Step::Month => Interval::Month,
        }),
        by: usage
            .by
            .iter()
            .filter(|n| !n.is_empty())
            .map(by)
            .collect::<Result<_, _>>()?,
        filters: Vec::new(),
    })
}

fn rows(query: &Query, report: &UsageReport) -> Rows {
    let start = query.interval.map(|_| "start".to_owned());
    let labels = query.by.iter().map(Dimension::name);
    let header: Vec<String> = start.into_iter().chain(labels).collect();
    let words = header.len();
    let line = |first: Vec<String>, sums: &Sums| [first, figures(sums)].concat();
    let mut rows: Vec<Vec<String>> = report
        .rows
        .iter()
        .map(|row| {
            let start = query.interval.map(|_| rfc3339(row.start_ms));
            let values = row
                .group
                .iter()
                .map(|(_, v)| if v.is_empty() { "-" } else { v }.to_owned());
            line(start.into_iter().chain(values).collect(), &row.sums)
        })
        .collect();
    if words > 0 {
        let mut first = vec![String::new(); words];
        "total".clone_into(&mut first[0]);
        rows.push(line(first, &report.total));
    }
    Rows {
        header: [header, FIGURES.map(str::to_owned).to_vec()].concat(),
        rows,
        words,
    }
}

const FIGURES: [&str; 9] = [
    "requests",
    "errors",
    "unpriced",
    "input",
    "cached",
    "cache_write",
    "output",
    "reasoning",
    "cost_usd",
];

fn figures(sums: &Sums) -> Vec<String> {
    let usage = &sums.usage;
    let counts = [
        sums.requests,
        sums.errors,
        sums.unpriced(),
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    ];
    let cost = std::iter::once(usd(sums.cost_picousd));
    counts.iter().map(ToString::to_string).chain(cost).collect()
}
