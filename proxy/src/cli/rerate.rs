//! `quotah rerate`: what entries cost by the price table in force now, at the time of each request.
//!
//! Entries stay as they were written; what changes is recorded beside them (`ledger/amend.rs`). Works with and
//! without a running process: one that serves this directory follows the corrections within a second.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use quotah_policy::PriceTable;

use super::{Exit, Streams};
use crate::clock;
use crate::config::{self, Inputs};
use crate::ledger::{
    AmendError, Amender, CORRECTIONS_MAX, Clock, Conditions, Correction, CostSource, Entry,
    ReadError, Reader, usd,
};
use crate::prices::with_used;
use crate::time::{WHEN, parse_since_until};

#[derive(Debug, Args)]
pub(super) struct Rerate {
    /// From when: RFC 3339, a day (UTC), or so long ago (24h, 7d) [default: the beginning]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Until when, exclusive [default: the end]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Only entries of this provider, by its name in the configuration
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Only entries of this model, as asked for, sent or answered
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Why, to be kept with each correction
    #[arg(long, value_name = "TEXT", default_value = "rerate")]
    reason: String,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn rerate(
    rerate: &Rerate,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let span = (rerate.since.as_deref(), rerate.until.as_deref());
    let span = parse_since_until(span.0, span.1, clock::unix_ms());
    let Some((from_ms, to_ms)) = span else {
        writeln!(streams.err, "error: --since and --until must be {WHEN}")?;
        return Ok(Exit::Usage);
    };
    let conditions = Conditions {
        from_ms,
        to_ms,
        provider: rerate.provider.clone(),
        model: rerate.model.clone(),
        ..Conditions::default()
    };
    let prices = config::price_table(inputs);
    let dir = config::ledger_dir(inputs);
    let mut run = Run {
        prices,
        kinds: config::provider_kinds(inputs),
        reason: &rerate.reason,
        amender: None,
        left: 0,
        tally: Tally::default(),
    };
    let ended = run.over(&dir, &conditions, rerate.dry_run, streams.out);
    let verb = if rerate.dry_run { "would be" } else { "were" };
    writeln!(
        streams.err,
        "{} entries looked at, {} {verb} corrected: {} USD before, {} USD now (prices {})",
        run.tally.entries,
        run.tally.corrected,
        usd(run.tally.old_picousd),
        usd(run.tally.new_picousd),
        run.prices.version()
    )?;
    match ended {
        Ok(0) => Ok(Exit::Done),
        Ok(damaged) => {
            writeln!(
                streams.err,
                "warning: {damaged} damaged ranges were left out"
            )?;
            Ok(Exit::Failed)
        }
        Err(error) => {
            writeln!(streams.err, "error: {}: {error}", dir.display())?;
            Ok(Exit::Failed)
        }
    }
}

/// A run over the ledger.
struct Run<'a> {
    prices: Arc<PriceTable>,
    /// Kinds of the configured providers, for entries that do not name theirs.
    kinds: Vec<(String, &'static str)>,
    reason: &'a str,
    /// None on a dry run.
    amender: Option<Amender>,
    /// Corrections that may still be made.
    left: usize,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    entries: u64,
    corrected: u64,
    old_picousd: i128,
    new_picousd: i128,
}

/// Why a run ends early.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Amend(#[from] AmendError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{0}")]
    Out(#[from] io::Error),
}

impl Run<'_> {
    /// Rates all entries that the conditions hold of. Says how many damaged ranges were met.
    fn over(
        &mut self,
        dir: &Path,
        conditions: &Conditions,
        dry_run: bool,
        out: &mut dyn io::Write,
    ) -> Result<usize, RunError> {
        let reader = Reader::new(dir.to_owned());
        self.left = CORRECTIONS_MAX.saturating_sub(reader.corrected()?);
        if !dry_run && dir.is_dir() {
            let clock = Clock {
                unix_ms: clock::unix_ms,
                now: clock::now,
            };
            self.amender = Some(Amender::begin(dir, clock)?);
        }
        let mut failed = None;
        let read = reader.each(conditions, |entry| match self.entry(&entry, out) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        });
        if let Some(amender) = self.amender.take() {
            amender.finish()?;
        }
        let damaged = read?.len();
        failed.map_or(Ok(damaged), Err)
    }

    /// Rates one entry again, and corrects it if it costs something else.
    fn entry(&mut self, entry: &Entry, out: &mut dyn io::Write) -> Result<(), RunError> {
        self.tally.entries += 1;
        let Some(cost) = self
            .cost(entry)
            .filter(|cost| entry.cost_picousd != Some(*cost))
        else {
            return Ok(());
        };
        if self.left == 0 {
            return Err(AmendError::Full.into());
        }
        if let Some(amender) = &self.amender {
            let version = self.prices.version();
            let at = clock::unix_ms();
            let id = clock::request_id();
            amender.append(&Correction::new(
                id,
                at,
                entry,
                (cost, version),
                self.reason,
            ))?;
        }
        self.left -= 1;
        self.tally.corrected += 1;
        self.tally.old_picousd += i128::from(entry.cost_picousd.unwrap_or(0));
        self.tally.new_picousd += i128::from(cost);
        let old = entry
            .cost_picousd
            .map_or_else(|| "unpriced".to_owned(), |old| usd(old.into()));
        let model = &entry.model_sent;
        writeln!(
            out,
            "{} {} {model} {old} {}",
            entry.id(),
            entry.provider,
            usd(cost.into())
        )?;
        Ok(())
    }

    /// What an entry costs by the table; `None` for what the provider has said, and where there is no price.
    fn cost(&self, entry: &Entry) -> Option<i64> {
        if entry.cost_source() == CostSource::Provider || entry.usage().is_none() {
            return None;
        }
        let known = self.kinds.iter().find(|(name, _)| *name == entry.provider);
        let kind = known.map_or("", |(_, kind)| *kind);
        let cost = with_used(entry, kind, |used| used.charge(&self.prices))?;
        Some(i64::try_from(cost.picos()).unwrap_or(i64::MAX))
    }
}
