//! An answer cut at every byte: before anything went down another serves, afterwards it is broken visibly.

use quotah_bench::mock::{Directives, Script};

use super::{Pair, attempts, body_of};
use crate::harness::{End, Request, Response, eventually};

#[test]
fn a_json_answer_cut_at_any_byte_is_served_elsewhere_or_visibly_broken() {
    let pair = Pair::patient();
    let (whole, first_byte) = whole_answer(&pair, false);
    for at in 0..whole.len() {
        let answer = cut_at(&pair, false, at);
        assert_eq!(
            went_elsewhere(&pair, &answer, at),
            at <= first_byte,
            "cut at {at}"
        );
    }
}

#[test]
fn a_stream_cut_at_any_byte_is_served_elsewhere_or_visibly_broken() {
    let pair = Pair::patient();
    let (whole, first_byte) = whole_answer(&pair, true);
    // What stands before the first piece of content may be held back while it could still be an error.
    let content = whole
        .windows(8)
        .enumerate()
        .filter(|(_, part)| part == b"content\"")
        .map(|(at, _)| at);
    let second_content = content.clone().nth(1).unwrap();
    let mut last_elsewhere = 0;
    for at in 0..whole.len() {
        let answer = cut_at(&pair, true, at);
        let elsewhere = went_elsewhere(&pair, &answer, at);
        assert!(
            elsewhere || at > first_byte,
            "cut at {at}: nothing had gone down"
        );
        if elsewhere {
            assert_eq!(
                last_elsewhere,
                at.saturating_sub(1),
                "cut at {at}: and before?"
            );
            last_elsewhere = at;
        }
    }
    let border = event_end(&whole, second_content);
    assert!(
        last_elsewhere < border,
        "content was held back: {last_elsewhere} of {border}"
    );
}

/// Whether the second provider served it whole; if not, it must be the first's, visibly broken.
fn went_elsewhere(pair: &Pair, answer: &Response, at: usize) -> bool {
    let entry = pair.quotah.entry(answer);
    let tried = attempts(&entry);
    let shown = || format!("cut at {at}: {}{}", answer.head, answer.text());
    assert_eq!(answer.status, 200, "{}", shown());
    let count = tried.len().to_string();
    assert_eq!(
        answer.header("x-quotah-attempts"),
        Some(&*count),
        "{}",
        shown()
    );
    if tried.len() == 2 {
        assert_eq!(answer.end, End::Whole, "{}", shown());
        assert_eq!(entry.str("outcome"), "ok", "{}", shown());
        assert_eq!(pair.second.requests().len(), 1, "{}", shown());
        return true;
    }
    assert_eq!(tried.len(), 1, "{}", shown());
    assert_eq!(answer.end, End::Cut, "{}", shown());
    assert!(pair.second.requests().is_empty(), "{}", shown());
    false
}

fn cut_at(pair: &Pair, stream: bool, at: usize) -> Response {
    pair.first.set(Script::always(Directives {
        cut_at: Some(at),
        ..short()
    }));
    pair.second.forget();
    ask(pair, stream)
}

fn ask(pair: &Pair, stream: bool) -> Response {
    let body = body_of("m", stream, 100);
    pair.quotah
        .send(&Request::post("/v1/chat/completions", body))
}

/// The first provider's whole answer as it stands on the wire, and the place of its first body byte.
fn whole_answer(pair: &Pair, stream: bool) -> (Vec<u8>, usize) {
    pair.first_answers(short());
    let answer = ask(pair, stream);
    assert_eq!(
        (answer.status, answer.end),
        (200, End::Whole),
        "{}",
        answer.text()
    );
    let whole = eventually("the provider is done", || {
        let last = pair.first.requests().pop()?;
        last.finished_at.map(|_| last.sent)
    });
    let after = |from: usize, end: &[u8]| {
        let rest = whole.get(from..).unwrap();
        let place = rest.windows(end.len()).position(|part| part == end);
        from + place.unwrap() + end.len()
    };
    let body = after(0, b"\r\n\r\n");
    let first_byte = if stream { after(body, b"\r\n") } else { body };
    (whole, first_byte)
}

/// The end of the event that this place is in.
fn event_end(whole: &[u8], place: usize) -> usize {
    let rest = whole.get(place..).unwrap();
    let end = rest.windows(3).position(|part| part == b"}\n\n");
    place + end.unwrap() + 3
}

/// A short answer.
fn short() -> Directives {
    Directives {
        chunks: Some(2),
        output: Some(2),
        ..Directives::default()
    }
}
