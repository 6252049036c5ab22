//! `quotah export`: every ledger entry, oldest first, as CSV or JSON lines.

use std::io::{self, Write};
use std::ops::ControlFlow;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Exit, Streams};
use crate::clock;
use crate::config::{self, Inputs};
use crate::ledger::{Conditions, Entry, Reader};
use crate::time::{WHEN, parse_since_until};

#[derive(Debug, Args)]
pub(super) struct Export {
    #[arg(long, value_enum)]
    format: Format,
    /// From when: RFC 3339, a day (UTC), or so long ago (24h, 7d) [default: the beginning]
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Until when, exclusive [default: the end]
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Not in this version
    #[value(hide = true)]
    Parquet,
    /// Not in this version
    #[value(hide = true)]
    Focus,
}

pub(super) fn export(
    export: &Export,
    inputs: &Inputs,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    if matches!(export.format, Format::Parquet | Format::Focus) {
        writeln!(
            streams.err,
            "error: this format is not in this version of Quotah: csv or jsonl"
        )?;
        return Ok(Exit::Usage);
    }
    let span = (export.since.as_deref(), export.until.as_deref());
    let span = parse_since_until(span.0, span.1, clock::unix_ms());
    let Some((from_ms, to_ms)) = span else {
        writeln!(streams.err, "error: --since and --until must be {WHEN}")?;
        return Ok(Exit::Usage);
    };
    let conditions = Conditions {
        from_ms,
        to_ms,
        ..Conditions::default()
    };
    let dir = config::ledger_dir(inputs);
    let mut sink = Sink::new(export.format, streams.out)?;
    let mut written = Ok(());
    let read = Reader::new(dir.clone()).each(&conditions, |entry| {
        written = sink.write(&entry);
        if written.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    written?;
    sink.finish()?;
    match read {
        Ok(damaged) if damaged.is_empty() => Ok(Exit::Done),
        Ok(damaged) => {
            writeln!(
                streams.err,
                "warning: {} damaged ranges were left out",
                damaged.len()
            )?;
            Ok(Exit::Failed)
        }
        Err(error) => {
            writeln!(streams.err, "error: {}: {error}", dir.display())?;
            Ok(Exit::Failed)
        }
    }
}

/// Where entries go.
enum Sink<'a> {
    Csv(Box<csv::Writer<&'a mut dyn Write>>),
    Lines(&'a mut dyn Write),
}

impl<'a> Sink<'a> {
    fn new(format: Format, out: &'a mut dyn Write) -> io::Result<Self> {
        if format != Format::Csv {
            return Ok(Self::Lines(out));
        }
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(COLUMNS)?;
        Ok(Self::Csv(Box::new(writer)))
    }

    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        match self {
            Self::Lines(out) => {
                serde_json::to_writer(&mut **out, entry)?;
                writeln!(out)
            }
            Self::Csv(writer) => {
                let entry = serde_json::to_value(entry)?;
                writer.write_record(COLUMNS.map(|column| cell(&entry[column])))?;
                Ok(())
            }
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Lines(out) => out.flush(),
            Self::Csv(mut writer) => writer.flush(),
        }
    }
}

/// Lists and tags are JSON inside their cell; what is not known is empty.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The fields of an entry in the order in which the documentation lists them. New ones come last.
pub(super) const COLUMNS: [&str; 68] = [
    "id",
    "client_request_id",
    "at",
    "key",
    "team",
    "user",
    "project",
    "tags",
    "dialect",
    "operation",
    "model_asked",
    "model_sent",
    "model_answered",
    "provider",
    "deployment",
    "attempts",
    "status",
    "outcome",
    "reason",
    "stream",
    "input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "cache_write_long_tokens",
    "output_tokens",
    "reasoning_tokens",
    "input_audio_tokens",
    "cached_audio_tokens",
    "output_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "web_search_requests",
    "usage_source",
    "cost_usd",
    "cost_nanousd",
    "cost_picousd",
    "cost_source",
    "price_version",
    "would_have_cost_usd",
    "would_have_cost_nanousd",
    "duration_ms",
    "ttft_ms",
    "overhead_us",
    "client_ip",
    "user_agent",
    "request_bytes",
    "response_bytes",
    "cached_image_tokens",
    "input_video_tokens",
    "output_video_tokens",
    "units",
    "service_tier",
    "table_cost_usd",
    "corrected_at",
    "reserved_usd",
    "charged_usd",
    "prompt_bytes",
    "output_bytes",
    "max_tokens_lowered_to",
    "role",
    "parent",
    "route",
    "alternative",
    "cache",
    "saved_usd",
    "saved_nanousd",
    "translated_to",
    "dropped",
];
