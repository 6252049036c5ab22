//! `quotah-meter`: what the meter alone costs on the mock's answers, as one JSON object.
//!
//! Beside the CPU of a whole request, taken in the same run, it tells the meter's share.

use std::error::Error;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use clap::Parser;
use quotah_adapters::{Asked, Dialect, Meter, Operation};
use quotah_bench::clock;

/// The meter alone, on answers of the mock provider.
#[derive(Debug, Parser)]
struct Arguments {
    /// The mock's host and port.
    #[arg(long)]
    address: String,
    /// How long each answer is read over and over, milliseconds.
    #[arg(long, default_value_t = 500)]
    millis: u64,
}

/// What a read off a busy connection brings at most.
const PIECE_BYTES: usize = 8 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { address, millis } = Arguments::parse();
    let time = Duration::from_millis(millis);
    let plain = answer(&address, false, &["x-mock-text-bytes: 600"])?;
    let stream = answer(&address, true, &["x-mock-chunks: 1000"])?;
    let plain_ns = read_over_and_over(&plain, b"application/json", time);
    let stream_ns = read_over_and_over(&stream, b"text/event-stream", time);
    let events = memchr::memmem::find_iter(&stream, b"data: ").count();
    let figures = serde_json::json!({
        "answer_bytes": plain.len(),
        "answer_us": plain_ns / 1000.0,
        "event_us": stream_ns / 1000.0 / as_f64(events.max(1)),
        "stream_ns_per_byte": stream_ns / as_f64(stream.len().max(1)),
    });
    writeln!(std::io::stdout(), "{figures}")?;
    Ok(())
}

/// The mock's answer to a chat request, without its head.
fn answer(address: &str, stream: bool, headers: &[&str]) -> Result<Vec<u8>, Box<dyn Error>> {
    let body = format!(
        r#"{{"model":"gpt-4o-mini","stream":{stream},"stream_options":{{"include_usage":true}},"messages":[]}}"#
    );
    let mut connection = TcpStream::connect(address)?;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         x-mock-framing: close\r\n{}\r\ncontent-length: {}\r\n\r\n",
        headers.join("\r\n"),
        body.len()
    );
    connection.write_all(head.as_bytes())?;
    connection.write_all(body.as_bytes())?;
    let mut whole = Vec::new();
    connection.read_to_end(&mut whole)?;
    let end = memchr::memmem::find(&whole, b"\r\n\r\n").ok_or("no head")?;
    let body = whole.split_off(end + 4);
    if body.is_empty() {
        return Err("an empty answer".into());
    }
    Ok(body)
}

/// Nanoseconds that one reading takes: the best of ten turns, which together last about `time`.
fn read_over_and_over(answer: &[u8], content_type: &[u8], time: Duration) -> f64 {
    let asked = Asked::native(Dialect::OpenAi, Operation::Chat);
    let read = || {
        let mut meter = Meter::new(&asked, content_type);
        for piece in answer.chunks(PIECE_BYTES) {
            meter.feed(black_box(piece));
        }
        black_box(meter.finish(true));
    };
    let turn = || {
        let (began, mut rounds) = (clock::now(), 0_u32);
        while began.elapsed() < time / 10 {
            read();
            rounds += 1;
        }
        began.elapsed().as_secs_f64() * 1e9 / f64::from(rounds)
    };
    (0..10).map(|_| turn()).fold(f64::INFINITY, f64::min)
}

/// A count as a divisor; those here are small.
fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
