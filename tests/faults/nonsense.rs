//! Answers that are no HTTP, no SSE, or far too much of either.

use super::memory::{self, MIB};
use super::{PLAIN, STREAMED, ask, gateway_with, lives, raw};
use crate::harness::{End, Request};
use bytes::Bytes;
use quotah_bench::mock::{Directives, Encoding, Framing, Script};

#[test]
fn chunks_with_a_broken_size_or_end_break_the_answer_visibly() {
    let (_provider, quotah) = gateway_with("");
    for bad in ["size", "crlf", "huge", "negative", "truncated"] {
        for call in PLAIN.into_iter().chain(STREAMED) {
            let request = call
                .request()
                .header("x-mock-bad-chunk", bad)
                .header("x-mock-framing", "chunked")
                .header("x-mock-chunks", "6");
            let answer = ask(&quotah, &request).unwrap();
            let broken_visibly = answer.status == 502 || answer.end == End::Cut;
            assert!(
                broken_visibly,
                "{bad}, {call:?}: {}{}",
                answer.head,
                answer.text()
            );
            assert_eq!(
                quotah.entry(&answer).str("outcome"),
                "upstream_error",
                "{bad}, {call:?}"
            );
        }
    }
    lives(&quotah);
}

#[test]
fn a_head_that_is_no_http_is_answered_502() {
    let (provider, quotah) = gateway_with("");
    let endless = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\n\r\n", "a".repeat(4000));
    let flood = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(40);
    let heads: [&[u8]; 20] = [
        b"",
        b"\r\n\r\n",
        b"garbage\r\n\r\n",
        b"<html>no</html>",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 20 Short\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        b"HTTP/1.1 200 OK\r\nX-A: \0\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX A: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        endless.as_bytes().get(..3000).unwrap(),
        flood.as_bytes(),
    ];
    for head in heads {
        for call in [PLAIN[0], STREAMED[1]] {
            provider.set(raw(head.to_vec()));
            let answer = ask(&quotah, &call.request()).unwrap();
            let shown = head.escape_ascii();
            assert_eq!(
                (answer.status, answer.end),
                (502, End::Whole),
                "{shown}: {}",
                answer.text()
            );
            assert!(call.is_error(&answer.json()), "{shown}: {}", answer.text());
            let entry = quotah.entry(&answer);
            assert_eq!(entry.str("outcome"), "upstream_error", "{shown}");
            assert_eq!(entry.u64("output_tokens"), 0, "{shown}");
        }
    }
    provider.set(Script::default());
    lives(&quotah);
}

#[test]
fn a_head_without_end_is_answered_502_in_bounded_memory() {
    let (provider, quotah) = gateway_with("");
    let lines = "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(500_000);
    provider.set(raw(format!("HTTP/1.1 200 OK\r\n{lines}")));
    let before = memory::of(quotah.pid(), "VmHWM");
    let answer = quotah.send(&PLAIN[0].request());
    assert_eq!(
        (answer.status, answer.end),
        (502, End::Whole),
        "{}",
        answer.text()
    );
    let grown = memory::of(quotah.pid(), "VmHWM") - before;
    assert!(grown < 8 * MIB, "{grown} bytes for a head of 28 MB");
    provider.set(Script::default());
    lives(&quotah);
}

#[test]
fn an_unasked_switch_of_protocols_is_answered_502() {
    let (provider, quotah) = gateway_with("");
    for upgrade in ["", "Upgrade: websocket\r\nConnection: upgrade\r\n"] {
        for call in PLAIN {
            provider.set(raw(format!(
                "HTTP/1.1 101 Switching Protocols\r\n{upgrade}\r\nhello"
            )));
            let answer = ask(&quotah, &call.request()).unwrap();
            assert_eq!(
                (answer.status, answer.end),
                (502, End::Whole),
                "{}",
                answer.text()
            );
            assert!(call.is_error(&answer.json()), "{}", answer.text());
            assert_eq!(quotah.entry(&answer).str("outcome"), "upstream_error");
        }
    }
    provider.set(Script::default());
    lives(&quotah);
}

#[test]
fn a_decompression_bomb_passes_as_it_is_in_bounded_memory() {
    for (encoding, bytes) in [
        (Encoding::Gzip, 256 << 20),
        (Encoding::Deflate, 256 << 20),
        (Encoding::Brotli, 256 << 20),
        (Encoding::Zstd, 256 << 20),
    ] {
        for call in [PLAIN[0], STREAMED[0], STREAMED[1]] {
            let (provider, quotah) = gateway_with("");
            let directives = Directives {
                encoding: Some(encoding),
                bomb_bytes: Some(bytes),
                ..Directives::default()
            };
            provider.set(Script::always(directives));
            let before = memory::of(quotah.pid(), "VmHWM");
            let mut conn = quotah.connect();
            conn.send(call.request().bytes());
            let answer = conn.response();
            let grown = memory::of(quotah.pid(), "VmHWM") - before;
            assert!(grown < 32 * MIB, "{encoding:?}, {call:?}: {grown} bytes");
            assert_eq!(answer.status, 200);
            provider.set(Script::default());
            lives(&quotah);
        }
    }
}

#[test]
fn an_event_of_64_mib_and_a_line_without_end_pass_whole_in_bounded_memory() {
    let letters = "a".repeat(64 << 20);
    let event = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{letters}\"}}}}]}}\n\ndata: [DONE]\n\n"
    );
    let field = format!("data: {{\"choices\":[],\"{letters}\":1}}\n\ndata: [DONE]\n\n");
    for (why, body) in [("event", event), ("key", field), ("line", letters)] {
        let body = Bytes::from(body);
        for call in [STREAMED[0], STREAMED[1]] {
            let (provider, quotah) = gateway_with("");
            let directives = Directives {
                body: Some(body.clone()),
                framing: Some(Framing::Chunked),
                ..Directives::default()
            };
            provider.set(Script::always(directives));
            let before = memory::of(quotah.pid(), "VmHWM");
            let answer = quotah.send(&call.request());
            let grown = memory::of(quotah.pid(), "VmHWM") - before;
            assert!(grown < 16 * MIB, "{why}, {call:?}: {grown} bytes");
            assert_eq!(answer.status, 200);
            let passed = answer.body.get(..body.len()) == Some(&body[..]);
            assert!(
                passed,
                "{why}, {call:?}: {} of {} bytes",
                answer.body.len(),
                body.len()
            );
            provider.set(Script::default());
            lives(&quotah);
        }
    }
}

#[test]
fn an_answer_to_head_has_no_body_whatever_the_provider_sends() {
    let (provider, quotah) = gateway_with("");
    provider.set(raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
    let request = Request::of("HEAD", "/openai/v1/files");
    let mut conn = quotah.connect();
    conn.send(request.bytes());
    let head = conn.response_head();
    assert_eq!(head.status, 200, "{}", head.head);
    provider.set(Script::default());
    // The next answer on the connection is the next one's, not five letters.
    conn.send(PLAIN[0].request().bytes());
    assert_eq!(conn.response().json()["object"], "chat.completion");
}
