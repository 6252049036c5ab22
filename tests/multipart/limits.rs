//! Bounds of uploads, and ends that come too early on either side.

use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use super::provider::{OK, Provider};
use super::{booked, fields_of, file_head, form, gateway, noise, request};
use crate::faults::memory::{self, MIB};
use crate::harness::{Conn, End, Quotah, now};

/// A form of which 300 KB are sent and much more is announced.
fn begun(quotah: &Quotah) -> Conn {
    let mut conn = quotah.connect();
    conn.send(request().header("content-length", "9000000").head());
    conn.send(fields_of(&[("model", "whisper-1")]));
    conn.send(file_head());
    conn.send(noise(300_000));
    conn
}

#[test]
fn two_hundred_mebibytes_pass_in_little_memory() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let total = 200 * MIB;
    let head = [
        &*fields_of(&[("model", "whisper-1")]),
        file_head().as_bytes(),
    ]
    .concat();
    let warm = form(&[("model", "whisper-1")], &noise(3_000_000));
    let chunk = noise(1 << 20);
    thread::scope(|scope| {
        let there = scope.spawn(|| {
            for _ in 0..2 {
                let mut exchange = provider.accept();
                let length: u64 = exchange.header("content-length").unwrap().parse().unwrap();
                let mut left = length;
                while left > 0 {
                    left -= exchange.raw(left.min(1 << 20) as usize).len() as u64;
                }
                exchange.say(OK);
            }
        });
        assert_eq!(quotah.send(&request().body(&warm)).status, 200);
        let before = memory::of(quotah.pid(), "VmRSS");
        let mut conn = quotah.connect();
        let length = head.len() as u64 + total;
        conn.send(
            request()
                .header("content-length", &length.to_string())
                .head(),
        );
        conn.send(&head);
        let mut most = 0;
        for _ in 0..200 {
            conn.send(&chunk);
            most = most.max(memory::of(quotah.pid(), "VmRSS"));
        }
        assert_eq!(conn.response().status, 200);
        let grown = most.saturating_sub(before);
        assert!(grown < 6 * MIB, "grew by {} KiB", grown / 1024);
        there.join().unwrap();
    });
    assert_eq!(
        quotah.ledger_of(2)[1].u64("request_bytes"),
        head.len() as u64 + total
    );
}

#[test]
fn a_provider_that_takes_nothing_makes_the_client_wait() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let mut conn = quotah.connect();
    conn.send(request().header("content-length", "99000000").head());
    conn.send(fields_of(&[("model", "whisper-1")]));
    conn.send(file_head());
    let mut exchange = provider.accept();
    let stop = Duration::from_secs(1);
    conn.socket().set_write_timeout(Some(stop)).unwrap();
    let chunk = noise(1 << 20);
    let taken = (0..90)
        .take_while(|_| conn.try_send(&chunk).is_ok())
        .count();
    assert!(taken < 60, "{taken} MiB went into buffers");
    let grown = memory::of(quotah.pid(), "VmRSS");
    assert!(grown < 120 * MIB, "{} MiB resident", grown / MIB);
    assert!(exchange.drink(Duration::from_millis(500)) > taken as u64 * MIB);
}

#[test]
fn a_client_gone_in_its_upload_closes_the_provider_at_once_and_is_booked() {
    for on_gone in ["cancel", "drain"] {
        let provider = Provider::listen();
        let quotah = gateway(&provider, &format!("on_client_disconnect = \"{on_gone}\""));
        let conn = begun(&quotah);
        let mut exchange = provider.accept();
        exchange.drink(Duration::from_millis(300));
        let left_at = now();
        drop(conn);
        assert!(exchange.is_left());
        assert!(now() - left_at < Duration::from_secs(2), "{on_gone}");
        let entry = booked(&quotah);
        assert_eq!(entry.str("outcome"), "client_gone", "{on_gone}");
        assert_eq!(
            entry.u64("input_tokens"),
            0,
            "nobody worked on half a request"
        );
        assert!(entry.u64("request_bytes") > 300_000, "{}", entry.0);
    }
}

#[test]
fn a_client_that_says_no_more_leaves_the_provider_with_a_cut_request() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    let conn = begun(&quotah);
    let mut exchange = provider.accept();
    conn.socket().shutdown(Shutdown::Write).unwrap();
    assert!(!exchange.body().1);
    assert!(exchange.is_left());
    assert_eq!(booked(&quotah).str("outcome"), "client_gone");
}

#[test]
fn a_client_that_falls_silent_in_its_upload_is_told_so() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "timeout_body_ms = 700");
    let mut conn = begun(&quotah);
    let mut exchange = provider.accept();
    assert!(!exchange.body().1);
    assert_eq!(conn.response().status, 408);
    assert_eq!(booked(&quotah).str("outcome"), "refused");
}

#[test]
fn an_upload_over_its_bound_is_refused_ahead_or_broken_off() {
    let provider = Provider::listen();
    let quotah = gateway(&provider, "upload_bytes_max = \"1MiB\"");
    let mut conn = quotah.connect();
    conn.send(
        request()
            .header("content-length", "1048577")
            .header("expect", "100-continue")
            .head(),
    );
    let refused = conn.response();
    assert_eq!(refused.status, 413, "{}", refused.text());

    let body = form(&[("model", "whisper-1")], &noise(1_500_000));
    thread::scope(|scope| {
        let there = scope.spawn(|| provider.accept().body());
        let refused = quotah.send(&request().chunked(&body, &[30_000]));
        assert_eq!(refused.status, 413, "{}", refused.text());
        let (came, is_whole) = there.join().unwrap();
        assert!(!is_whole, "{} bytes as a whole", came.len());
        assert!(came.len() <= 1 << 20, "{} bytes", came.len());
    });
    for entry in quotah.ledger_of(2) {
        assert_eq!(entry.u64("status"), 413);
        assert_eq!(entry.str("outcome"), "refused");
    }
}

#[test]
fn a_provider_that_refuses_early_is_heard_at_once() {
    const NO: &str = "HTTP/1.1 413 Payload Too Large\r\ncontent-type: application/json\r\n\
                      connection: close\r\ncontent-length: 30\r\n\r\n{\"error\":{\"message\":\"too big\"}}";
    for closes in [false, true] {
        let provider = Provider::listen();
        let quotah = gateway(&provider, "");
        let mut conn = begun(&quotah);
        let mut exchange = provider.accept();
        exchange.raw(1_000);
        let said_at = now();
        exchange.say(&NO.replace(": 30", ": 31"));
        if closes {
            drop(exchange);
        }
        let answer = conn.response();
        assert!(now() - said_at < Duration::from_secs(2));
        assert_eq!(
            (answer.status, answer.end),
            (413, End::Whole),
            "{}",
            answer.head
        );
        assert_eq!(answer.text(), "{\"error\":{\"message\":\"too big\"}}");
        assert_eq!(answer.header("connection"), Some("close"));
        // The rest of the upload is not waited for.
        let (_, _) = conn.read_to_end();
        let entry = booked(&quotah);
        assert_eq!(entry.u64("status"), 413);
        assert_eq!(entry.str("outcome"), "upstream_error");
    }
}

#[test]
fn an_early_refusal_is_heard_by_a_client_that_sends_on() {
    const NO: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno";
    let provider = Provider::listen();
    let quotah = gateway(&provider, "");
    for _ in 0..5 {
        let mut conn = begun(&quotah);
        let mut exchange = provider.accept();
        exchange.raw(1_000);
        thread::scope(|scope| {
            let mut more = conn.socket().try_clone().unwrap();
            scope.spawn(move || {
                use std::io::Write;
                while more.write_all(&[b'x'; 4_096]).is_ok() {
                    thread::sleep(Duration::from_millis(5));
                }
            });
            exchange.say(NO);
            drop(exchange);
            let answer = conn.response();
            assert_eq!((answer.status, answer.text().as_str()), (400, "no"));
        });
    }
}
