use quotah_policy::{Unit, Usage, UsageSource};

use crate::{
    Asked, Dialect, ErrorClass, Meter, Operation, Reading, RefusalKind, error_class,
    stream_error_event, stream_error_line,
};

const JSON: &[u8] = b"application/json";

fn read(operation: Operation, kind: &[u8], headers: &[(&str, &str)], body: &str) -> Reading {
    let in_pieces = |size: usize| {
        let mut meter = Meter::new(&Asked::native(Dialect::Cohere, operation), kind);
        for (name, value) in headers {
            meter.header(name, value.as_bytes());
        }
        for piece in body.as_bytes().chunks(size) {
            meter.feed(piece);
        }
        meter.finish(true)
    };
    let whole = in_pieces(body.len().max(1));
    for size in [1, 3] {
        assert_eq!(in_pieces(size), whole, "{size}: {body}");
    }
    whole
}

fn usage(reading: &Reading) -> Usage {
    reading.usage.expect("usage")
}

#[test]
fn what_is_billed_is_booked_and_not_what_was_processed() {
    let reading = read(
        Operation::Chat,
        JSON,
        &[],
        r#"{"id":"a","message":{"content":[{"type":"thinking","thinking":"ab"},{"type":"text","text":"cde"}]},"finish_reason":"COMPLETE",
        "usage":{"billed_units":{"input_tokens":51,"output_tokens":66},"tokens":{"input_tokens":267,"output_tokens":91,"reasoning_tokens":58},"cached_tokens":144}}"#,
    );
    let expected = Usage {
        input_tokens: 51,
        output_tokens: 66,
        reasoning_tokens: 58,
        ..Usage::default()
    };
    assert_eq!(usage(&reading), expected);
    assert_eq!(
        (reading.source, reading.output_bytes),
        (UsageSource::Provider, 5)
    );
    assert_eq!(reading.response_id.as_deref(), Some("a"));
}

#[test]
fn usage_that_is_null_is_none() {
    let reading = read(
        Operation::Chat,
        JSON,
        &[("num-tokens", "9")],
        r#"{"id":"a","usage":null}"#,
    );
    assert_eq!((reading.usage, reading.faults), (None, 0));
}

#[test]
fn embeddings_count_texts_and_pictures_and_else_what_the_header_says() {
    let read =
        |headers: &[(&str, &str)], body: &str| read(Operation::Embeddings, JSON, headers, body);
    let texts = read(
        &[("num-tokens", "7")],
        r#"{"embeddings":{"float":[[0.5]]},"meta":{"billed_units":{"input_tokens":7,"image_tokens":0}}}"#,
    );
    assert_eq!(
        (usage(&texts).input_tokens, texts.source),
        (7, UsageSource::Provider)
    );
    let pictures = read(&[], r#"{"meta":{"billed_units":{"image_tokens":1200}}}"#);
    assert_eq!(usage(&pictures).input_tokens, 1200);
    assert_eq!(usage(&pictures).input_image_tokens, 1200);
    let by_piece = read(&[], r#"{"meta":{"billed_units":{"images":2}}}"#);
    assert_eq!(usage(&by_piece).units.get(Unit::InputImages), 2);
    assert_eq!(by_piece.source, UsageSource::Provider);
    let bare = read(&[("num_tokens", "39")], r#"{"embeddings":[[0.5]]}"#);
    assert_eq!(
        (usage(&bare).input_tokens, bare.source),
        (39, UsageSource::Provider)
    );
}

#[test]
fn a_rerank_is_billed_by_search_units() {
    let reading = read(
        Operation::Rerank,
        JSON,
        &[],
        r#"{"results":[{"index":0}],"meta":{"billed_units":{"search_units":3}}}"#,
    );
    assert_eq!(usage(&reading).units.get(Unit::SearchUnits), 3);
    assert_eq!(
        (usage(&reading).input_tokens, reading.source),
        (0, UsageSource::Provider)
    );
}

#[test]
fn both_versions_streams_end_with_the_usage() {
    let events = "event: message-start\ndata: {\"id\":\"a\",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[]}}}\n\n\
        event: content-delta\ndata: {\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"abc\"}}}}\n\n\
        event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":{\"input_tokens\":6,\"output_tokens\":3}}}}\n\n\
        data: [DONE]\n\n";
    let lines = "{\"is_finished\":false,\"event_type\":\"stream-start\",\"generation_id\":\"a\"}\n\
        {\"is_finished\":false,\"event_type\":\"text-generation\",\"text\":\"abc\"}\r\n\n\
        {\"is_finished\":true,\"event_type\":\"stream-end\",\"response\":{\"text\":\"abc\",\"meta\":{\"billed_units\":{\"input_tokens\":6,\"output_tokens\":3}}},\"finish_reason\":\"COMPLETE\"}";
    for (kind, body) in [
        (&b"text/event-stream"[..], events),
        (b"application/stream+json", lines),
        (b"application/x-ndjson", lines),
        (JSON, lines),
    ] {
        let reading = read(Operation::Chat, kind, &[], body);
        assert_eq!(
            (usage(&reading).input_tokens, usage(&reading).output_tokens),
            (6, 3)
        );
        assert_eq!(
            (reading.source, reading.output_bytes),
            (UsageSource::Provider, 3)
        );
        assert!(reading.finished && reading.faults == 0, "{reading:?}");
        let cut = body.replace("message-end", "x").replace("stream-end", "x");
        let cut = cut
            .replace("\"is_finished\":true", "\"x\":0")
            .replace("[DONE]", "{}");
        assert!(!read(Operation::Chat, kind, &[], &cut).finished, "{cut}");
    }
}

#[test]
fn a_stream_that_fails_or_is_cut_says_so() {
    let event = stream_error_event(
        Dialect::Cohere,
        Operation::Chat,
        RefusalKind::UpstreamUnreachable,
        "\"gone\"",
    );
    let event = String::from_utf8(event.unwrap()).unwrap();
    let line = stream_error_line(
        Dialect::Cohere,
        RefusalKind::UpstreamUnreachable,
        "\"gone\"",
    );
    let line = String::from_utf8(line.unwrap()).unwrap();
    assert!(event.ends_with("\n\n") && line.ends_with("}\n"));
    assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
    let reading = read(Operation::Chat, b"text/event-stream", &[], &event);
    assert!(reading.error.is_some() && reading.faults == 0);
}

#[test]
fn errors_are_classed_by_status_and_sentence() {
    let too_long = r#"{"error_type":"TOO_MANY_TOKENS","id":"a","message":"too many tokens: size limit exceeded by 25836 tokens."}"#;
    for (status, body, class) in [
        (400, too_long, ErrorClass::ContextOverflow),
        (
            400,
            r#"{"message":"too many tokens: total"}"#,
            ErrorClass::ContextOverflow,
        ),
        (
            400,
            r#"{"message":"model is required"}"#,
            ErrorClass::BadRequest,
        ),
        (
            401,
            r#"{"message":"invalid api token"}"#,
            ErrorClass::BadCredential,
        ),
        (402, "{}", ErrorClass::QuotaExhausted),
        (
            404,
            r#"{"message":"model 'x' not found"}"#,
            ErrorClass::BadRequest,
        ),
        (
            429,
            r#"{"message":"limited to 1000 API calls / month"}"#,
            ErrorClass::QuotaExhausted,
        ),
        (
            429,
            r#"{"message":"limited to 40 API calls / minute"}"#,
            ErrorClass::RateLimited,
        ),
        (498, "{}", ErrorClass::ContentFiltered),
        (503, "{}", ErrorClass::Overloaded),
    ] {
        assert_eq!(
            error_class(Dialect::Cohere, status, b"", body.as_bytes()),
            class,
            "{status} {body}"
        );
    }
}
