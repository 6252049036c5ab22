//! `quotah prices update`: a public price table, as a correction to the one in force.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use quotah_policy::feed::Feed;
use quotah_policy::{Date, PriceRow, PriceTable};

use super::super::{Exit, Streams};
use crate::clock;
use crate::config::{self, Inputs};
use crate::prices::{read_text, updated_table, write_update};

#[derive(Debug, Args)]
#[expect(
    clippy::doc_markdown,
    reason = "printed as help, where backticks would only be noise"
)]
pub(super) struct Update {
    /// LiteLLM's model_prices_and_context_window.json, or genai-prices' data.json
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The first day (UTC) on which changed prices hold, or `always` [default: today]
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Say what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn update(
    update: &Update,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let data_dir = config::data_dir(inputs);
    let (table, fault) = updated_table(&data_dir);
    if let Some(fault) = fault {
        writeln!(streams.err, "warning: {fault}: an update replaces it")?;
    }
    let plan = match plan(update, &table, &data_dir) {
        Ok(plan) => plan,
        Err((exit, why)) => {
            writeln!(streams.err, "error: {why}; nothing was changed")?;
            return Ok(exit);
        }
    };
    for line in &plan.changes {
        writeln!(streams.out, "{line}")?;
    }
    let (read, changed) = (&plan.read, plan.changes.len());
    if update.dry_run || changed == 0 {
        writeln!(
            streams.err,
            "{read}: {changed} prices differ; nothing was written"
        )?;
        return Ok(Exit::Done);
    }
    let path = write_update(&data_dir, &plan.text)?;
    writeln!(
        streams.err,
        "{read}: {changed} prices differ and are in {}, version {}\n\
         a running Quotah takes them up when it reloads (HUP, POST /admin/v1/reload)",
        path.display(),
        plan.version
    )?;
    Ok(Exit::Done)
}

/// What an update would do.
struct Plan {
    /// What was read, in words.
    read: String,
    /// A line for each row that is new.
    changes: Vec<String>,
    /// The file to be.
    text: String,
    version: String,
}

fn plan(update: &Update, table: &PriceTable, data_dir: &Path) -> Result<Plan, (Exit, String)> {
    let failed =
        |why: &dyn std::fmt::Display| (Exit::Failed, format!("{}: {why}", update.from.display()));
    let today = Date::of_unix_seconds(clock::unix_seconds());
    let since = match update.since.as_deref() {
        None => Some(today),
        Some("always") => None,
        Some(day) => Some(Date::parse(day).ok_or_else(|| {
            (
                Exit::Usage,
                "--since must be a day such as 2026-01-31, or always".to_owned(),
            )
        })?),
    };
    let text = read_text(&update.from).map_err(|error| failed(&error))?;
    let feed = Feed::read(&text, today).map_err(|error| failed(&error))?;
    let rows = feed.changes(table, today, since);
    let change = |row: &PriceRow| {
        let known = table.rows_of(&row.provider, row.model.as_str(), today);
        let what = if known.is_empty() { "new" } else { "changed" };
        format!("{what} {} {}", row.provider, row.model)
    };
    let changes = rows.iter().map(change).collect();
    let source = Source {
        name: feed.source.as_str(),
        path: &update.from,
        text: &text,
    };
    let text = source.head(data_dir, today) + &table.write_update(rows, today);
    let updated = table
        .clone()
        .with_update(&text)
        .map_err(|error| failed(&error))?;
    Ok(Plan {
        read: format!("{} models of {}", feed.models_len(), feed.source.as_str()),
        changes,
        text,
        version: updated.version().to_owned(),
    })
}

/// Where an update's figures come from.
struct Source<'a> {
    name: &'static str,
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    /// The comment lines that say so, after those of the updates before; at most [`SOURCES_MAX`].
    fn head(&self, data_dir: &Path, today: Date) -> String {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        let digest = crc32fast::hash(self.text.as_bytes());
        let line = format!(
            "{FACTS} {} ({file}, crc32 {digest:08x}), read {today}",
            self.name
        );
        let before = read_text(&data_dir.join(crate::prices::UPDATE_FILE)).unwrap_or_default();
        let mut lines: Vec<&str> = before.lines().filter(|l| l.starts_with(FACTS)).collect();
        if !lines.contains(&line.as_str()) {
            lines.push(&line);
        }
        let kept = lines.split_off(lines.len().saturating_sub(SOURCES_MAX));
        format!(
            "# Written by `quotah prices update`; [[prices]] win over it.\n{}\n",
            kept.join("\n")
        )
    }
}

const FACTS: &str = "# Facts from";

/// Most sources that are remembered by name.
const SOURCES_MAX: usize = 64;
