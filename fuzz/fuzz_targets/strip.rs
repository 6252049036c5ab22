//! What the usage strip gives is what it took but for whole usage chunks, in any cut.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use quotah_adapters::UsageStrip;
use quotah_fuzz::{Input, SHORT_BYTES};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let whole = strip([input.body]);
    // Each piece is a buffer of its own, as it would be off a socket: too dear for long bodies.
    if input.body.len() <= SHORT_BYTES {
        assert_eq!(strip(input.body.chunks(1)), whole, "byte by byte");
    }
    assert_eq!(strip(input.pieces()), whole, "in pieces");
    let (mut expected, body) = (Vec::new(), input.body);
    for event in events(body) {
        let kept = strip([event]);
        if kept.is_empty() {
            assert!(may_go(event), "taken out: {}", event.escape_ascii());
        } else {
            assert_eq!(kept, event, "an event stays whole or goes");
            assert!(!must_go(event), "left in: {}", event.escape_ascii());
        }
        expected.extend(kept);
    }
    assert_eq!(whole, expected, "event by event");
});

fn strip<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let (mut strip, mut out) = (UsageStrip::new(), Vec::new());
    for piece in pieces {
        strip.push(Bytes::copy_from_slice(piece), &mut |bytes| {
            out.extend_from_slice(&bytes)
        });
    }
    strip.finish(&mut |bytes| out.extend_from_slice(&bytes));
    out
}

/// Whether an event that was taken out could be a usage chunk: no choices, and a usage.
fn may_go(event: &[u8]) -> bool {
    let data = data_lines(event).join(&b"\n"[..]);
    match serde_json::from_slice::<Value>(&data) {
        Ok(chunk) => chunk["choices"] == Value::Array(Vec::new()) && chunk.get("usage").is_some(),
        // Lone surrogates and numbers beyond a float are grammar, but no value of this type.
        Err(_) => serde_json::from_slice::<serde::de::IgnoredAny>(&data).is_ok(),
    }
}

/// Whether an event is a usage chunk as any provider would spell it.
fn must_go(event: &[u8]) -> bool {
    let [data] = data_lines(event)[..] else {
        return false;
    };
    let once = |name: &str| memchr::memmem::find_iter(data, name).count() == 1;
    let is_plain = !data.contains(&b'\\') && once("\"choices\"") && once("\"usage\"");
    is_plain
        && serde_json::from_slice::<Value>(data).is_ok_and(|chunk| {
            chunk["choices"] == Value::Array(Vec::new()) && chunk["usage"].is_object()
        })
}

fn data_lines(event: &[u8]) -> Vec<&[u8]> {
    let event = event.strip_prefix(b"\xef\xbb\xbf").unwrap_or(event);
    let lines = event.split(|byte| b"\r\n".contains(byte));
    lines
        .filter(|line| *line == b"data" || line.starts_with(b"data:"))
        .map(|line| line.strip_prefix(b"data:").unwrap_or_default())
        .map(|value| value.strip_prefix(b" ").unwrap_or(value))
        .collect()
}

/// The events of `body`, each with the blank line that ends it.
fn events(body: &[u8]) -> Vec<&[u8]> {
    let (mut events, mut from, mut at, mut line_at) = (Vec::new(), 0, 0, 0);
    while at < body.len() {
        let ending = match body[at..] {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        let is_blank = ending > 0 && line_at == at;
        at += ending.max(1);
        if ending > 0 {
            line_at = at;
        }
        if is_blank {
            events.push(&body[from..at]);
            from = at;
        }
    }
    if from < body.len() {
        events.push(&body[from..]);
    }
    events
}
