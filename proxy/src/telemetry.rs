//! Logs: for people or for machines, on stderr, never with a secret, a prompt or an answer.
//!
//! Lines are gathered and written together, because a write for each request would cost as much as
//! relaying it; warnings and errors go out at once, with everything before them. pingora's own
//! messages arrive through the `log` bridge.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use quotah_policy::Money;
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::resolved::{Log, LogFormat};
use crate::ledger::Entry;

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter was not checked.
    #[error("log filter: {0}")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// Logs were set up before.
    #[error("logs are set up already: {0}")]
    Twice(#[from] Box<dyn std::error::Error + Send + Sync>),
    /// No thread to write them.
    #[error("log writer: {0}")]
    Thread(#[from] io::Error),
}

/// Sends logs to stderr until the process ends; drop the guard last, it writes what is left.
///
/// # Errors
/// [`TelemetryError`] when the filter is bad or logs were set up before.
pub fn init(log: &Log) -> Result<Guard, TelemetryError> {
    let mut directives = with_quiet_libraries(&log.filter);
    if !log.access {
        directives.push_str(&format!(",{ACCESS}=off"));
    }
    let filter = EnvFilter::try_new(directives)?;
    let (lines, guard) = Lines::to(io::stderr())?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(lines);
    match log.format {
        LogFormat::Text => builder.with_ansi(false).try_init()?,
        LogFormat::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init()?,
    }
    Ok(guard)
}

/// What libraries say at `info` is about themselves. Later directives win: a user's own stay in force.
fn with_quiet_libraries(filter: &str) -> String {
    let (default, own) = match filter.split_once(',') {
        Some((first, rest)) if !first.contains('=') => (first, rest),
        None if !filter.contains('=') => (filter, ""),
        _ => return filter.to_owned(),
    };
    let quiet = matches!(
        default.trim().to_ascii_lowercase().as_str(),
        "info" | "debug"
    );
    let libraries = if quiet { QUIET } else { "" };
    format!("{default}{libraries},{own}")
        .trim_end_matches(',')
        .to_owned()
}

const QUIET: &str = ",pingora_core=warn,hyper=warn,hyper_util=warn,h2=warn,rustls=warn,sled=warn";

/// Logs one settled request: one line, whatever became of it; none with `log.access = false`.
///
/// It holds what the ledger holds, less the words that are the caller's own (user agent, tags).
pub fn access(entry: &Entry) {
    // A disabled line costs one load.
    if !tracing::enabled!(target: ACCESS, Level::INFO) {
        return;
    }
    let cost = entry
        .cost_picousd
        .map(|picos| Money::from_picos(picos.into()));
    tracing::info!(
        target: ACCESS,
        id = %entry.id(),
        key = entry.key,
        team = entry.team,
        operation = entry.operation,
        model = entry.model_asked,
        provider = entry.provider,
        status = entry.status,
        outcome = entry.outcome().as_str(),
        stream = entry.stream,
        input_tokens = entry.input_tokens,
        output_tokens = entry.output_tokens,
        cost_usd = cost.map(tracing::field::display),
        duration_ms = entry.duration_ms,
        ttft_ms = entry.ttft_ms,
        overhead_us = entry.overhead_us,
        attempts = entry.attempts.len(),
        client_ip = entry.client_ip,
        "request"
    );
}

/// The target of access lines, for filters.
pub const ACCESS: &str = "quotah::access";

/// Writes gathered lines in the background; writes the rest when dropped.
#[derive(Debug)]
pub struct Guard {
    lines: Lines,
    writer: Option<JoinHandle<()>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.lines.0.state.lock().ending = true;
        self.lines.0.wake.notify_all();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to say.
            writer.join().unwrap_or_default();
        }
        self.lines.0.flush();
    }
}

/// Gathered lines and where they go.
#[derive(Clone)]
struct Lines(Arc<Shared>);

struct Shared {
    state: Mutex<Gathered>,
    wake: Condvar,
    sink: Mutex<Box<dyn Write + Send>>,
}

#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    /// Lines that found no room.
    dropped: u64,
    ending: bool,
}

impl Lines {
    fn to(sink: impl Write + Send + 'static) -> io::Result<(Self, Guard)> {
        let lines = Self(Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            sink: Mutex::new(Box::new(sink)),
        }));
        let shared = Arc::clone(&lines.0);
        let writer = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || shared.run())?;
        let guard = Guard {
            lines: lines.clone(),
            writer: Some(writer),
        };
        Ok((lines, guard))
    }
}

impl Shared {
    fn run(&self) {
        loop {
            let mut state = self.state.lock();
            while state.bytes.is_empty() && !state.ending {
                self.wake.wait(&mut state);
            }
            if state.ending {
                return;
            }
            // Others' lines gather meanwhile.
            self.wake.wait_for(&mut state, GATHER);
            drop(state);
            self.flush();
        }
    }

    fn push(&self, line: &[u8]) {
        let mut state = self.state.lock();
        if state.bytes.len() + line.len() > GATHERED_BYTES_MAX {
            state.dropped += 1;
            return;
        }
        let was_empty = state.bytes.is_empty();
        state.bytes.extend_from_slice(line);
        drop(state);
        if was_empty {
            self.wake.notify_all();
        }
    }

    /// Writes what is gathered. The sink's lock is taken first, so that lines keep their order.
    fn flush(&self) {
        let mut sink = self.sink.lock();
        let (bytes, dropped) = {
            let mut state = self.state.lock();
            (
                std::mem::take(&mut state.bytes),
                std::mem::take(&mut state.dropped),
            )
        };
        // A closed stderr must not stop the service, and there is nowhere left to say so.
        write_lines(&mut **sink, &bytes).ok();
        if dropped > 0 {
            writeln!(
                sink,
                "quotah: {dropped} log lines were dropped: stderr is too slow"
            )
            .ok();
        }
        sink.flush().ok();
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lines({} bytes)", self.0.state.lock().bytes.len())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            shared: &self.0,
            at_once: false,
        }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line<'a> {
        Line {
            shared: &self.0,
            at_once: *meta.level() <= Level::WARN,
        }
    }
}

/// One line being written.
struct Line<'a> {
    shared: &'a Shared,
    at_once: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.push(line);
        if self.at_once {
            self.shared.flush();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes whole lines, as many at once as a pipe takes in one piece: a successor may write to the same one.
fn write_lines(sink: &mut dyn Write, mut lines: &[u8]) -> io::Result<()> {
    let end_of_line = |byte: &u8| *byte == b'\n';
    while !lines.is_empty() {
        let room = lines.get(..PIPE_BUF).unwrap_or(lines);
        let last = room.iter().rposition(end_of_line);
        // One line that is longer goes as it is.
        let last = last.or_else(|| lines.iter().position(end_of_line));
        let end = last.map_or(lines.len(), |at| at.saturating_add(1));
        let (piece, rest) = lines.split_at(end);
        sink.write_all(piece)?;
        lines = rest;
    }
    Ok(())
}

/// What a pipe takes without another writer's bytes in between, on Linux (pipe(7)).
const PIPE_BUF: usize = 4_096;

/// How long lines gather: nobody reads faster.
const GATHER: Duration = Duration::from_millis(50);

/// Some 3,000 lines; at 40,000 requests a second that is 75 ms of a stalled reader.
const GATHERED_BYTES_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(log: impl FnOnce()) -> String {
        let sink = Sink::default();
        let (lines, guard) = Lines::to(sink.clone()).expect("a thread");
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_writer(lines)
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        drop(guard);
        let bytes = sink.0.lock().clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn lines_go_out_whole_and_no_more_at_once_than_a_pipe_takes_in_one_piece() {
        #[derive(Default)]
        struct Pieces(Vec<Vec<u8>>);
        impl Write for Pieces {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.push(bytes.to_vec());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let line = |len: usize| [vec![b'x'; len - 1], vec![b'\n']].concat();
        let all = [line(3_000), line(1_096), line(1), line(9_000), line(2)].concat();
        let mut pieces = Pieces::default();
        write_lines(&mut pieces, &all).expect("a sink");
        let lens: Vec<usize> = pieces.0.iter().map(Vec::len).collect();
        assert_eq!(lens, [4_096, 1, 9_000, 2]);
        assert_eq!(pieces.0.concat(), all);
    }

    #[test]
    fn a_request_is_one_json_line_with_its_figures() {
        let entry = Entry {
            key: "search".into(),
            model_asked: "odd\n\"model\"".into(),
            status: 200,
            output_tokens: 7,
            cost_picousd: Some(1_234_500),
            user_agent: "agent".into(),
            ..Entry::default()
        };
        let text = written(|| access(&entry));
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(line["target"], ACCESS);
        assert_eq!(line["cost_usd"], "0.0000012345");
        assert_eq!(line["model"], "odd\n\"model\"");
        assert_eq!(
            (&line["output_tokens"], &line["status"]),
            (&7.into(), &200.into())
        );
        assert!(!text.contains("agent"));
    }

    #[test]
    fn a_warning_is_written_before_the_call_returns() {
        let sink = Sink::default();
        let (lines, _guard) = Lines::to(sink.clone()).expect("a thread");
        let subscriber = tracing_subscriber::fmt().with_writer(lines).finish();
        tracing::subscriber::with_default(subscriber, || tracing::warn!("disk is full"));
        assert!(String::from_utf8_lossy(&sink.0.lock()).contains("disk is full"));
    }

    #[test]
    fn lines_beyond_the_bound_are_counted_not_kept() {
        let sink = Sink::default();
        let (lines, guard) = Lines::to(sink.clone()).expect("a thread");
        let held = sink.0.lock();
        for _ in 0..20 {
            lines.0.push(&vec![b'x'; GATHERED_BYTES_MAX / 4]);
        }
        assert!(lines.0.state.lock().bytes.len() <= GATHERED_BYTES_MAX);
        drop(held);
        drop(guard);
        assert!(String::from_utf8_lossy(&sink.0.lock()).contains("log lines were dropped"));
    }

    #[test]
    fn a_plain_level_quietens_libraries_and_a_users_directive_still_wins() {
        assert_eq!(with_quiet_libraries("info"), format!("info{QUIET}"));
        assert_eq!(
            with_quiet_libraries("debug,h2=trace"),
            format!("debug{QUIET},h2=trace")
        );
        assert_eq!(with_quiet_libraries("quotah=debug"), "quotah=debug");
        assert_eq!(with_quiet_libraries("warn"), "warn");
    }
}
