//! `quotah whatif`: the ledger replayed against another configuration.
//!
//! Works on the data directory, beside a running process or without one, and changes nothing.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::check::print_errors;
use super::output::{Output, Rows};
use super::{Exit, Streams};
use crate::clock;
use crate::config::{self, Config, Flags, Inputs};
use crate::ledger::{Conditions, Entry, ReadError, Reader, usd};
use crate::time::{WHEN, parse_since_until};
use crate::whatif::{Count, Move, Replay, Report};

#[derive(Debug, Args)]
pub(super) struct Whatif {
    /// What ran so far, where that is not what `run` would load; `--config` is what might run instead
    #[arg(long, value_name = "FILE")]
    current: Option<PathBuf>,
    /// From when: RFC 3339, a day (UTC), or so long ago (24h, 7d) [default: the beginning]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Until when, exclusive [default: the end]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    #[arg(long, default_value = "table")]
    output: Output,
}

pub(super) fn whatif(
    whatif: &Whatif,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let span = (whatif.since.as_deref(), whatif.until.as_deref());
    let span = parse_since_until(span.0, span.1, clock::unix_ms());
    let Some((from_ms, to_ms)) = span else {
        writeln!(streams.err, "error: --since and --until must be {WHEN}")?;
        return Ok(Exit::Usage);
    };
    if inputs.flags.config.is_none() {
        let said = "error: --config FILE says what might run instead";
        writeln!(streams.err, "{said}")?;
        return Ok(Exit::Usage);
    }
    let Some((current, new)) = both(whatif, inputs, streams)? else {
        return Ok(Exit::Config);
    };
    let conditions = Conditions {
        from_ms,
        to_ms,
        ..Conditions::default()
    };
    let dir = current.ledger_dir();
    let mut replay = Replay::new(&current, &new);
    let run = Run {
        dir: &dir,
        conditions: &conditions,
        is_shown: inputs.stderr_is_terminal,
    };
    let damaged = match run.over(&mut replay) {
        Ok(damaged) => damaged,
        Err(error) => {
            writeln!(streams.err, "error: {}: {error}", dir.display())?;
            return Ok(Exit::Failed);
        }
    };
    let report = replay.finish();
    rows(&report).print(whatif.output, &report, streams.out)?;
    if whatif.output == Output::Table {
        notes(&report, streams.err)?;
    }
    if damaged == 0 {
        return Ok(Exit::Done);
    }
    let said = "damaged ranges were left out";
    writeln!(streams.err, "warning: {damaged} {said}")?;
    Ok(Exit::Failed)
}

/// The configuration that runs, and the one that might, on the same data; `None` when one of them is wrong.
fn both(
    whatif: &Whatif,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Option<(Config, Config)>> {
    let with = |flags: Flags| Inputs {
        flags,
        ..inputs.clone()
    };
    let current = with(Flags {
        config: whatif.current.clone(),
        ..inputs.flags.clone()
    });
    let Some(current) = loaded("current configuration", &current, streams)? else {
        return Ok(None);
    };
    let new = with(Flags {
        data_dir: Some(current.data_dir.clone()),
        ..inputs.flags.clone()
    });
    let new = loaded("new configuration", &new, streams)?;
    Ok(new.map(|new| (current, new)))
}

fn loaded(what: &str, inputs: &Inputs, streams: &mut Streams<'_>) -> io::Result<Option<Config>> {
    match config::load(inputs) {
        Ok(loaded) => Ok(Some(loaded.config)),
        Err(errors) => {
            writeln!(streams.err, "{what}:")?;
            print_errors(&errors, streams.err)?;
            Ok(None)
        }
    }
}

/// Reading the ledger, once or twice.
struct Run<'a> {
    dir: &'a std::path::Path,
    conditions: &'a Conditions,
    /// Whether anybody watches.
    is_shown: bool,
}

impl Run<'_> {
    /// Feeds all entries that the conditions hold of. Says how many damaged ranges were met.
    fn over(&self, replay: &mut Replay<'_>) -> Result<usize, ReadError> {
        if replay.needs_survey() {
            self.read("surveying", |entry| replay.survey(entry))?;
        }
        self.read("replaying", |entry| replay.feed(entry))
    }

    fn read(&self, verb: &'static str, mut each: impl FnMut(&Entry)) -> Result<usize, ReadError> {
        let reader = Reader::new(self.dir.to_owned());
        let bar = self.bar(verb, reader.bytes(self.conditions)?);
        let mut entries = 0_u64;
        let damaged = reader.each(self.conditions, |entry| {
            each(&entry);
            entries += 1;
            if entries.is_multiple_of(SHOWN_EVERY) {
                bar.set_position(reader.read_bytes());
            }
            ControlFlow::Continue(())
        });
        bar.finish_and_clear();
        Ok(damaged?.len())
    }

    fn bar(&self, verb: &'static str, bytes: u64) -> ProgressBar {
        let target = if self.is_shown {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(bytes), target).with_message(verb);
        match ProgressStyle::with_template(BAR) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    }
}

fn rows(report: &Report) -> Rows {
    let mut rows = Vec::new();
    for moved in &report.moves {
        let what = if moved.from == moved.to {
            "repriced"
        } else {
            "moved"
        };
        rows.push(line(what, moved));
    }
    rows.extend(report.other.as_ref().map(|rest| line("other", rest)));
    for (model, count) in &report.unknown_models {
        rows.push(counted("unknown", model, count, true));
    }
    for budget in &report.budgets {
        for (what, count) in [("blocked", &budget.blocked), ("over", &budget.over)] {
            if count.requests > 0 {
                rows.push(counted(what, &budget.budget, count, false));
            }
        }
    }
    let total = Move {
        requests: report.entries,
        cost_then_picousd: report.cost_then_picousd,
        cost_new_picousd: report.cost_new_picousd,
        ..Move::default()
    };
    rows.push(line("total", &total));
    Rows {
        header: HEADER.map(str::to_owned).to_vec(),
        rows,
        words: 4,
    }
}

const HEADER: [&str; 8] = [
    "what",
    "name",
    "from",
    "to",
    "requests",
    "cost_then_usd",
    "cost_new_usd",
    "saving_usd",
];

fn line(what: &str, moved: &Move) -> Vec<String> {
    vec![
        what.to_owned(),
        moved.model.clone(),
        moved.from.clone(),
        moved.to.clone(),
        moved.requests.to_string(),
        usd(moved.cost_then_picousd),
        usd(moved.cost_new_picousd),
        usd(moved.saving_picousd()),
    ]
}

/// A count of requests: with what they did cost, or with what they would have cost.
fn counted(what: &str, name: &str, count: &Count, is_then: bool) -> Vec<String> {
    let (cost, none) = (usd(count.cost_picousd), String::new());
    let (then, new) = if is_then { (cost, none) } else { (none, cost) };
    let words = [what, name, "", ""].map(str::to_owned).to_vec();
    let requests = count.requests.to_string();
    [words, vec![requests, then, new, String::new()]].concat()
}

/// What figures alone do not say.
fn notes(report: &Report, err: &mut dyn Write) -> io::Result<()> {
    let unpriced = report.unpriced.requests;
    if unpriced > 0 {
        let said = "requests have no price where they would go: counted with what they did cost";
        writeln!(err, "note: {unpriced} {said}")?;
    }
    let translated = report.translated.requests;
    if translated > 0 {
        let said = "requests would be asked in another dialect than their client's: some may ask for \
                    what it cannot say, which the ledger does not know";
        writeln!(err, "note: {translated} {said}")?;
    }
    if report.refused_then > 0 {
        let said = "requests were refused by a budget then: whether they would pass is not known";
        writeln!(err, "note: {} {said}", report.refused_then)?;
    }
    for budget in report.budgets.iter().filter(|budget| budget.alerts > 0) {
        let (id, alerts) = (&budget.budget, budget.alerts);
        writeln!(err, "note: budget `{id}` would have alerted {alerts} times")?;
    }
    if !report.not_simulated.is_empty() {
        let what = report.not_simulated.join("; ");
        writeln!(err, "note: differ, and are not simulated: {what}")?;
    }
    Ok(())
}

/// How often the bar is told, entries.
const SHOWN_EVERY: u64 = 4_096;

const BAR: &str = "{msg} {bar:40} {percent}% {bytes}/{total_bytes}, {eta} left";
