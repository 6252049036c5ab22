//! Clients that go, stall, or read slowly: the provider is left at once, memory stays bounded, and what was
//! delivered is on the books once.

use std::io::Read;
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use crate::faults::memory::{self, MIB};
use crate::faults::{Call, PLAIN, STREAMED, gateway_with};
use crate::harness::{Config, Conn, Entry, Quotah, block_on, eventually, now, provider};
use bytes::Bytes;
use quotah_bench::mock::{Directives, Framing, Mock, Recorded, Script};

#[test]
fn a_client_gone_in_mid_stream_closes_the_provider_at_once_and_is_booked_once() {
    let (provider, quotah) = gateway_with("");
    for call in STREAMED {
        provider.forget();
        let mut conn = begin(&quotah, call, "2000", "5");
        let seen = read_some(&mut conn, call);
        let left_at = now();
        drop(conn);
        let aborted = aborted(&provider);
        let took = aborted
            .aborted_at
            .unwrap()
            .saturating_duration_since(left_at);
        assert!(
            took < Duration::from_secs(2),
            "{call:?}: the provider was left after {took:?}"
        );
        let entry = gone(&quotah, &seen);
        assert_eq!(entry.str("outcome"), "client_gone", "{call:?}");
        assert_ne!(entry.str("usage_source"), "provider", "{call:?}");
        let (output, billed) = (entry.u64("output_tokens"), aborted.billed.output);
        assert!(
            output > 0 && output < 1000,
            "{call:?}: {output} booked, {billed} generated"
        );
    }
    assert_booked_once(&quotah, 3);
}

#[test]
fn a_client_gone_before_the_first_byte_closes_the_provider_at_once_and_is_booked_once() {
    let (provider, quotah) = gateway_with("");
    for call in PLAIN.into_iter().chain(STREAMED) {
        provider.forget();
        let mut conn = quotah.connect();
        conn.send(call.request().header("x-mock-hang", "before-head").bytes());
        asked(&provider);
        let left_at = now();
        drop(conn);
        let took = aborted(&provider)
            .aborted_at
            .unwrap()
            .saturating_duration_since(left_at);
        assert!(
            took < Duration::from_secs(2),
            "{call:?}: the provider was left after {took:?}"
        );
    }
    let entries = assert_booked_once(&quotah, 6);
    for entry in entries {
        assert_eq!(entry.str("outcome"), "client_gone");
        assert_eq!(entry.u64("output_tokens"), 0);
        assert!(
            entry.u64("input_tokens") > 0,
            "the prompt was read: {}",
            entry.0
        );
        assert_eq!(entry.str("usage_source"), "estimated");
    }
}

#[test]
fn with_drain_a_streams_usage_is_read_though_its_reader_has_gone() {
    let (provider, quotah) = draining();
    for call in STREAMED {
        provider.forget();
        let mut conn = begin(&quotah, call, "60", "10");
        let seen = read_some(&mut conn, call);
        drop(conn);
        let finished = finished(&provider);
        let entry = gone(&quotah, &seen);
        assert_eq!(entry.str("outcome"), "client_gone", "{call:?}");
        assert_eq!(entry.str("usage_source"), "provider", "{call:?}");
        assert_eq!(entry.tokens(), finished.billed, "{call:?}");
    }
    assert_booked_once(&quotah, 3);
}

#[test]
fn with_drain_an_answers_usage_is_read_though_its_client_left_before_the_first_byte() {
    let (provider, quotah) = draining();
    for call in PLAIN.into_iter().chain(STREAMED) {
        provider.forget();
        let mut conn = quotah.connect();
        conn.send(
            call.request()
                .header("x-mock-first-delay-ms", "300")
                .bytes(),
        );
        asked(&provider);
        drop(conn);
        let finished = finished(&provider);
        let booked = || {
            quotah
                .ledger()
                .into_iter()
                .find(|e| e.tokens() == finished.billed)
        };
        let entry = eventually("the usage of an answer that nobody took", booked);
        assert_eq!(entry.str("outcome"), "client_gone", "{call:?}");
        assert_eq!(entry.str("usage_source"), "provider", "{call:?}");
    }
    assert_booked_once(&quotah, 6);
}

#[test]
fn with_drain_reading_on_is_bounded_by_the_drain_time() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("on_client_disconnect = \"drain\"")
        .server("drain_seconds = 1")
        .start();
    let mut conn = begin(&quotah, STREAMED[0], "2000", "10");
    read_some(&mut conn, STREAMED[0]);
    let left_at = now();
    drop(conn);
    let took = aborted(&provider)
        .aborted_at
        .unwrap()
        .saturating_duration_since(left_at);
    assert!(
        took > Duration::from_millis(800) && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert_eq!(
        assert_booked_once(&quotah, 1)[0].str("outcome"),
        "client_gone"
    );
}

#[test]
fn a_client_gone_in_the_middle_of_its_request_reaches_nobody() {
    let (provider, quotah) = gateway_with("");
    for sent in [
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"model\":",
        "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{\"mo",
    ] {
        let mut conn = quotah.connect();
        conn.send(sent);
        drop(conn);
    }
    assert_eq!(quotah.send(&PLAIN[0].request()).status, 200);
    assert_eq!(provider.requests_count(), 1);
    eventually("nothing is in flight", || {
        (quotah.metric("quotah_inflight_requests", &[]) == 0.0).then_some(())
    });
}

#[test]
fn a_reader_that_takes_nothing_holds_the_provider_back_in_bounded_memory() {
    let (provider, quotah) = gateway_with("");
    let body = body_of(64 << 20);
    serve(&provider, &body);
    let before = memory::of(quotah.pid(), "VmHWM");
    let mut readers: Vec<Conn> = (0..8)
        .map(|_| {
            let mut conn = quotah.connect();
            conn.send(STREAMED[1].request().bytes());
            conn.read_until("\r\n\r\n");
            conn
        })
        .collect();
    // Sockets take what they may; then everybody stands still.
    let sent = || {
        provider
            .requests()
            .iter()
            .map(|r| r.sent.len())
            .sum::<usize>()
    };
    let mut last = usize::MAX;
    eventually("the provider is held back", || {
        thread::sleep(Duration::from_millis(300));
        let now = sent();
        (std::mem::replace(&mut last, now) == now).then_some(())
    });
    let grown = memory::of(quotah.pid(), "VmHWM").saturating_sub(before);
    assert!(
        grown < 16 * MIB,
        "{grown} bytes for 8 readers of 64 MiB that take nothing"
    );
    // Whoever reads on gets all of it.
    let mut reader = readers.pop().unwrap();
    let (rest, _) = read_chunks(&mut reader);
    assert_eq!(rest, body.len());
    let grown = memory::of(quotah.pid(), "VmHWM").saturating_sub(before);
    assert!(grown < 16 * MIB, "{grown} bytes after one reader took all");
}

#[test]
fn a_reader_that_takes_nothing_for_too_long_is_cut_off_and_booked() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("timeout_write_ms = 500")
        .start();
    serve(&provider, &body_of(64 << 20));
    let mut conn = quotah.connect();
    conn.send(STREAMED[0].request().bytes());
    let began = now();
    aborted(&provider);
    let took = began.elapsed();
    assert!(
        took > Duration::from_millis(400) && took < Duration::from_secs(10),
        "{took:?}"
    );
    assert_eq!(
        assert_booked_once(&quotah, 1)[0].str("outcome"),
        "client_gone"
    );
    let mut rest = Vec::new();
    conn.socket().shutdown(Shutdown::Write).ok();
    let end = conn.socket().read_to_end(&mut rest);
    assert!(
        end.is_err() || !rest.ends_with(b"0\r\n\r\n"),
        "it must not look complete"
    );
}

#[test]
fn a_hundred_clients_gone_at_once_leave_nothing_behind() {
    let (provider, quotah) = gateway_with("");
    let open: Vec<Conn> = (0..100)
        .map(|n| {
            let mut conn = begin(&quotah, STREAMED[n % 3], "500", "50");
            conn.read_until("\r\n\r\n");
            conn
        })
        .collect();
    assert_eq!(quotah.metric("quotah_inflight_streams", &[]), 100.0);
    drop(open);
    eventually("every provider connection is left", || {
        let left = provider
            .requests()
            .iter()
            .filter(|r| r.aborted_at.is_some())
            .count();
        (left == 100).then_some(())
    });
    assert!(
        assert_booked_once(&quotah, 100)
            .iter()
            .all(|e| e.str("outcome") == "client_gone")
    );
    eventually("nothing is in flight", || {
        let idle = |name| quotah.metric(name, &[]) == 0.0;
        (idle("quotah_inflight_streams") && idle("quotah_inflight_requests")).then_some(())
    });
}

/// Asks for a stream of so many chunks, so far apart.
fn begin(quotah: &Quotah, call: Call, chunks: &str, delay_ms: &str) -> Conn {
    let mut conn = quotah.connect();
    let request = call
        .request()
        .header("x-mock-chunks", chunks)
        .header("x-mock-delay-ms", delay_ms);
    conn.send(request.bytes());
    conn
}

fn draining() -> (Mock, Quotah) {
    let provider = provider();
    let config = Config::toward(&provider).server("on_client_disconnect = \"drain\"");
    (provider, config.start())
}

fn asked(provider: &Mock) -> Recorded {
    wait(provider, |_| true)
}

fn aborted(provider: &Mock) -> Recorded {
    wait(provider, |request| request.aborted_at.is_some())
}

fn finished(provider: &Mock) -> Recorded {
    wait(provider, |request| request.finished_at.is_some())
}

fn wait(provider: &Mock, wanted: impl Fn(&Recorded) -> bool) -> Recorded {
    block_on(provider.wait_for(Duration::from_secs(20), wanted)).unwrap()
}

/// The entry of a request whose head was seen in these raw bytes.
fn gone(quotah: &Quotah, seen: &str) -> Entry {
    let id = seen
        .lines()
        .find_map(|line| line.strip_prefix("x-quotah-request-id: "))
        .unwrap();
    eventually(&format!("request {id} in the ledger"), || {
        quotah
            .ledger()
            .into_iter()
            .find(|entry| entry.str("id") == id)
    })
}

/// So many entries, and no more; none twice.
fn assert_booked_once(quotah: &Quotah, count: usize) -> Vec<Entry> {
    let entries = quotah.ledger_of(count);
    let mut ids: Vec<_> = entries
        .iter()
        .map(|entry| entry.str("id").to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), entries.len()), (count, count));
    entries
}

fn body_of(bytes: usize) -> Bytes {
    let event = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
    let last = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    Bytes::from(event.repeat(bytes / event.len()) + last)
}

fn serve(provider: &Mock, body: &Bytes) {
    provider.set(Script::always(Directives {
        body: Some(body.clone()),
        split: Some(16 << 10),
        framing: Some(Framing::Chunked),
        ..Directives::default()
    }));
}

/// Reads chunks to their end: how many bytes there were, and whether the last chunk came.
pub(crate) fn read_chunks(conn: &mut Conn) -> (usize, bool) {
    let mut total = 0;
    loop {
        let line = conn.read_until("\r\n");
        let size = usize::from_str_radix(line.trim_end(), 16).unwrap();
        conn.read_exact(size + 2);
        total += size;
        if size == 0 {
            return (total, true);
        }
    }
}

/// Reads the head and a few events of content.
fn read_some(conn: &mut Conn, call: Call) -> String {
    let content = match call.dialect {
        "openai" => "\"delta\":{\"content\"",
        "anthropic" => "content_block_delta",
        _ => "candidates",
    };
    (0..6).map(|_| conn.read_until(content)).collect()
}
