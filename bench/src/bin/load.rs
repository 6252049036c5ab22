//! `quotah-load`: puts load on an HTTP/1.1 address and prints one JSON object.

use std::io::{Read, Write};
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use quotah_bench::load::closed::Bounds;
use quotah_bench::load::open::Schedule;
use quotah_bench::load::{Shape, Target, closed, hold, open};

/// Load over HTTP/1.1, and what came back.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Debug, Subcommand)]
enum Mode {
    /// Keep N connections busy.
    Closed {
        #[command(flatten)]
        request: Request,
        /// Connections.
        #[arg(long, default_value_t = 16)]
        connections: usize,
        /// Stop after so many requests.
        #[arg(long, default_value_t = 10_000)]
        requests: u64,
        /// Stop after so many seconds.
        #[arg(long, default_value_t = 60.0)]
        seconds: f64,
    },
    /// Send at a fixed rate; latency counts from when a request was due.
    Open {
        #[command(flatten)]
        request: Request,
        /// Requests per second.
        #[arg(long, default_value_t = 200.0)]
        rate: f64,
        /// Requests counted.
        #[arg(long, default_value_t = 1_000)]
        requests: u64,
        /// Requests sent before counting.
        #[arg(long, default_value_t = 100)]
        warm_up: u64,
        /// Connections: the most that can be under way at once.
        #[arg(long, default_value_t = 8)]
        connections: usize,
    },
    /// Open streams, print how many on one line, and keep them until standard input ends.
    Hold {
        #[command(flatten)]
        request: Request,
        /// Streams.
        #[arg(long, default_value_t = 1_000)]
        streams: usize,
    },
}

#[derive(Debug, Args)]
struct Request {
    /// `http://host:port[/path]`; the path is `/v1/chat/completions` unless said.
    #[arg(long)]
    url: String,
    /// The model asked for.
    #[arg(long, default_value = "gpt-4o-mini")]
    model: String,
    /// Ask for a stream.
    #[arg(long)]
    stream: bool,
    /// Ask for usage in the stream.
    #[arg(long)]
    ask_usage: bool,
    /// Fill the body up to about this length.
    #[arg(long, default_value_t = 400)]
    body_bytes: usize,
    /// A header line, `name: value`; may be repeated.
    #[arg(long = "header", short = 'H')]
    headers: Vec<String>,
}

impl Request {
    fn target(self) -> Result<Target, quotah_bench::load::LoadError> {
        let Self {
            url,
            model,
            stream,
            ask_usage,
            body_bytes,
            headers,
        } = self;
        Target::chat(
            &url,
            &Shape {
                model,
                stream,
                ask_usage,
                body_bytes,
                headers,
            },
        )
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let report = match Arguments::parse().mode {
        Mode::Closed {
            request,
            connections,
            requests,
            seconds,
        } => {
            let time = Duration::try_from_secs_f64(seconds)?;
            closed::run(
                request.target()?,
                Bounds {
                    connections,
                    requests,
                    time,
                },
            )?
        }
        Mode::Open {
            request,
            rate,
            requests,
            warm_up,
            connections,
        } => {
            let requests = requests + warm_up;
            let schedule = Schedule {
                per_second: rate.max(0.1),
                requests,
                warm_up,
                connections,
            };
            open::run(request.target()?, schedule)?
        }
        Mode::Hold { request, streams } => {
            return Ok(hold::run(&request.target()?, streams, |opened| {
                // Whoever started us reads the line, then ends our input; without a reader we end too.
                if writeln!(std::io::stdout(), "{opened}").is_ok() {
                    drop(std::io::stdin().read_to_end(&mut Vec::new()));
                }
            })?);
        }
    };
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    Ok(())
}
