//! Answers that end before their end.

use super::{Call, PLAIN, STREAMED, ask, gateway_with, lives, only_entry};
use crate::harness::{End, Quotah, Response};
use quotah_bench::mock::Mock;

#[test]
fn a_plain_answer_cut_at_any_byte_never_looks_complete() {
    for call in PLAIN {
        let step = if call.dialect == "openai" { 1 } else { 7 };
        cut_everywhere(call, &[], step);
    }
}

#[test]
fn a_chunked_json_answer_cut_at_any_byte_never_looks_complete() {
    let directives = [("x-mock-framing", "chunked"), ("x-mock-split", "100")];
    for call in PLAIN {
        let step = if call.dialect == "openai" { 1 } else { 7 };
        cut_everywhere(call, &directives, step);
    }
}

#[test]
fn a_stream_cut_at_any_byte_never_looks_complete() {
    for call in STREAMED {
        let step = if call.dialect == "openai" { 1 } else { 5 };
        cut_everywhere(call, &[("x-mock-chunks", "2")], step);
    }
}

#[test]
fn a_compressed_stream_cut_at_any_byte_never_looks_complete() {
    for call in STREAMED {
        cut_everywhere(
            call,
            &[("x-mock-chunks", "2"), ("x-mock-encoding", "gzip")],
            11,
        );
    }
}

#[test]
fn a_reset_inside_an_answer_never_looks_complete() {
    for call in PLAIN.into_iter().chain(STREAMED) {
        cut_everywhere(call, &[("x-mock-chunks", "2"), ("x-mock-cut", "reset")], 41);
    }
}

#[test]
fn a_stream_framed_by_the_connections_end_is_broken_visibly_when_it_did_not_finish() {
    for call in STREAMED {
        let directives = [("x-mock-chunks", "4"), ("x-mock-framing", "close")];
        let (provider, quotah) = gateway_with("");
        let (whole, first_byte) = whole_answer(&provider, &quotah, call, &directives);
        let middle = first_byte + (whole.len() - first_byte) / 2;
        let answer = cut_at(&quotah, call, &directives, middle);
        assert_eq!((answer.status, answer.end), (200, End::Cut), "{call:?}");
        assert_error_event(call, &answer);
        assert_eq!(
            quotah.entry(&answer).str("outcome"),
            "upstream_error",
            "{call:?}"
        );
        lives(&quotah);
    }
}

#[test]
fn a_cut_stream_ends_with_the_dialects_error_event() {
    for call in STREAMED {
        let directives = [("x-mock-chunks", "4"), ("x-mock-delay-ms", "1")];
        let (provider, quotah) = gateway_with("");
        let (whole, first_byte) = whole_answer(&provider, &quotah, call, &directives);
        let middle = first_byte + (whole.len() - first_byte) / 2;
        let answer = cut_at(&quotah, call, &directives, middle);
        assert_eq!((answer.status, answer.end), (200, End::Cut), "{call:?}");
        assert_error_event(call, &answer);
        let entry = quotah.entry(&answer);
        assert_eq!(entry.str("outcome"), "upstream_error", "{call:?}");
        assert_ne!(
            entry.str("usage_source"),
            "none",
            "what was delivered is booked: {call:?}"
        );
    }
}

/// The last whole event of an answer must be an error.
fn assert_error_event(call: Call, answer: &Response) {
    let text = answer.text();
    let last = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("data: "));
    let last: serde_json::Value = serde_json::from_str(last.unwrap())
        .unwrap_or_else(|error| panic!("{error}: {call:?}: {text}"));
    assert!(call.is_error(&last), "{call:?}: {last}");
}

/// Cuts the answer at every `step`th byte.
fn cut_everywhere(call: Call, directives: &[(&str, &str)], step: usize) {
    let (provider, quotah) = gateway_with("");
    let (whole, first_byte) = whole_answer(&provider, &quotah, call, directives);
    let mut answers = Vec::new();
    for at in (0..whole.len()).step_by(step) {
        let answer = cut_at(&quotah, call, directives, at);
        let shown = whole.get(..at).unwrap().escape_ascii();
        if at <= first_byte {
            // Nothing went down yet: the failure is told as one.
            assert_eq!(
                (answer.status, answer.end),
                (502, End::Whole),
                "cut at {at}: {shown}"
            );
            assert!(
                call.is_error(&answer.json()),
                "cut at {at}: {}",
                answer.text()
            );
        } else {
            assert_eq!(
                (answer.status, answer.end),
                (200, End::Cut),
                "cut at {at}: {shown}"
            );
        }
        answers.push((at, answer));
    }
    let entries = quotah.ledger_of(answers.len() + 1);
    assert_eq!(entries.len(), answers.len() + 1, "every try is booked once");
    for (at, answer) in &answers {
        let entry = only_entry(&entries, answer);
        let outcome = entry.str("outcome");
        // A stream whose last event has arrived is complete for its reader, though its framing is not.
        let said_all = says_its_end(call, whole.get(..*at).unwrap());
        assert!(
            outcome == "upstream_error" || (outcome == "ok" && said_all),
            "cut at {at}: {outcome}"
        );
        assert!(entry.u64("output_tokens") < 10_000 && entry.u64("input_tokens") < 10_000);
    }
    lives(&quotah);
}

/// The mock's whole answer as it stands on the wire, and the place of its first body byte.
fn whole_answer(
    provider: &Mock,
    quotah: &Quotah,
    call: Call,
    directives: &[(&str, &str)],
) -> (Vec<u8>, usize) {
    // A cut never reached leaves the answer as it is, and every head of one length.
    let answer = cut_at(quotah, call, directives, 9_999_999);
    assert_eq!(
        (answer.status, answer.end),
        (200, End::Whole),
        "{}",
        answer.text()
    );
    assert_eq!(quotah.entry(&answer).str("outcome"), "ok");
    let whole = provider.requests().pop().unwrap().sent;
    let is_chunked = whole
        .windows(19)
        .any(|part| part.eq_ignore_ascii_case(b"transfer-encoding: "));
    let after = |from: usize, end: &[u8]| {
        let place = whole[from..]
            .windows(end.len())
            .position(|part| part == end);
        from + place.unwrap() + end.len()
    };
    let body = after(0, b"\r\n\r\n");
    (
        whole.clone(),
        if is_chunked {
            after(body, b"\r\n")
        } else {
            body
        },
    )
}

fn cut_at(quotah: &Quotah, call: Call, directives: &[(&str, &str)], at: usize) -> Response {
    let request = directives
        .iter()
        .fold(call.request(), |request, (name, value)| {
            request.header(name, value)
        })
        .header("x-mock-cut-at", &at.to_string());
    ask(quotah, &request).unwrap_or_else(|| panic!("cut at {at}: no answer at all"))
}

/// Whether a reader of this dialect has seen the end of the stream.
fn says_its_end(call: Call, raw: &[u8]) -> bool {
    let end: &[u8] = match call.dialect {
        "openai" => b"[DONE]",
        "anthropic" => b"message_stop",
        _ => return false,
    };
    // A compressed stream is read by what is in it, which only its end tells for sure.
    let compressed = raw
        .windows(18)
        .any(|part| part.eq_ignore_ascii_case(b"content-encoding: "));
    compressed || raw.windows(end.len()).any(|part| part == end)
}
