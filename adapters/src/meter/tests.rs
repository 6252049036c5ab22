use proptest::prelude::*;
use quotah_policy::UsageSource;

use super::*;
use crate::Dialect;

const SSE: &[u8] = b"text/event-stream";
const JSON: &[u8] = b"application/json; charset=utf-8";

fn read(dialect: Dialect, operation: Operation, body: &str) -> Reading {
    let mut meter = Meter::new(&Asked::native(dialect, operation), JSON);
    meter.feed(body.as_bytes());
    meter.finish(true)
}

fn chat(body: &str) -> Reading {
    read(Dialect::OpenAi, Operation::Chat, body)
}

fn gemini(body: &str) -> Reading {
    read(Dialect::Gemini, Operation::GenerateContent, body)
}

fn messages(body: &str) -> Reading {
    read(Dialect::Anthropic, Operation::Messages, body)
}

fn usage(reading: &Reading) -> Usage {
    reading.usage.expect("usage")
}

#[test]
fn nonsense_is_not_booked_and_is_counted_as_a_fault() {
    for nonsense in [
        "-1",
        "1.5",
        "1e3",
        "\"7\"",
        "true",
        "{}",
        "[]",
        "1099511627777",
        "18446744073709551616",
    ] {
        let reading = chat(&format!(
            r#"{{"usage":{{"prompt_tokens":5,"completion_tokens":{nonsense}}}}}"#
        ));
        assert_eq!(reading.faults, 1, "{nonsense}");
        assert_eq!(reading.source, UsageSource::Partial, "{nonsense}");
        assert!(
            reading.input_reported && !reading.output_reported,
            "{nonsense}"
        );
        assert_eq!(
            usage(&reading),
            Usage {
                input_tokens: 5,
                ..Usage::default()
            },
            "{nonsense}"
        );
    }
}

#[test]
fn a_count_said_twice_and_differently_is_not_booked() {
    let reading = chat(
        r#"{"usage":{"prompt_tokens":5,"completion_tokens":2},"usage":{"prompt_tokens":6,"completion_tokens":2}}"#,
    );
    assert_eq!((reading.faults, reading.input_reported), (1, false));
    assert_eq!(usage(&reading).output_tokens, 2);
    assert_eq!(
        chat(r#"{"usage":{"prompt_tokens":5},"usage":"none"}"#).faults,
        1
    );
}

#[test]
fn null_says_nothing_and_is_no_fault() {
    let reading = chat(
        r#"{"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}},"error":null}"#,
    );
    assert_eq!((reading.faults, reading.source), (0, UsageSource::Provider));
    assert_eq!(reading.error, None);
    assert_eq!(chat(r#"{"usage":null}"#).usage, None);
}

#[test]
fn parts_are_cut_to_their_totals() {
    let reading = chat(
        r#"{"usage":{"prompt_tokens":347,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":403,"cache_write_tokens":9,"audio_tokens":999},"completion_tokens_details":{"reasoning_tokens":6}}}"#,
    );
    let usage = usage(&reading);
    assert_eq!((usage.input_tokens, usage.cached_input_tokens), (347, 347));
    assert_eq!(
        (usage.cache_write_tokens, usage.input_audio_tokens),
        (0, 347)
    );
    assert_eq!((usage.output_tokens, usage.reasoning_tokens), (5, 5));
}

#[test]
fn reasoning_told_beside_the_output_is_added_to_it() {
    let grok = chat(
        r#"{"usage":{"prompt_tokens":12,"completion_tokens":2,"total_tokens":334,"completion_tokens_details":{"reasoning_tokens":320}}}"#,
    );
    assert_eq!(
        (usage(&grok).output_tokens, usage(&grok).reasoning_tokens),
        (322, 320)
    );
    let compat =
        chat(r#"{"usage":{"prompt_tokens":35,"completion_tokens":12,"total_tokens":109}}"#);
    assert_eq!(
        (
            usage(&compat).output_tokens,
            usage(&compat).reasoning_tokens
        ),
        (74, 62)
    );
}

#[test]
fn anthropic_totals_replace_each_other_and_caches_are_added_once() {
    let reading = messages(concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{",
        "\"input_tokens\":3,\"cache_read_input_tokens\":10,\"cache_creation_input_tokens\":100,",
        "\"cache_creation\":{\"ephemeral_5m_input_tokens\":60,\"ephemeral_1h_input_tokens\":40},",
        "\"output_tokens\":8}}}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},",
        "\"usage\":{\"input_tokens\":4,\"output_tokens\":20,\"server_tool_use\":{\"web_search_requests\":2}}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    ));
    let expected = Usage {
        input_tokens: 114,
        cached_input_tokens: 10,
        cache_write_tokens: 100,
        cache_write_long_tokens: 40,
        output_tokens: 20,
        web_search_requests: 2,
        ..Usage::default()
    };
    assert_eq!(
        (usage(&reading), reading.source),
        (expected, UsageSource::Provider)
    );
    assert!(reading.finished);
    assert_eq!(reading.model.as_deref(), Some("m"));
}

#[test]
fn a_gemini_array_of_chunks_is_read_like_its_events() {
    let chunks = [
        r#"{"candidates":[{"content":{"parts":[{"text":"Hé"}]}}],"usageMetadata":{"promptTokenCount":9,"thoughtsTokenCount":4},"modelVersion":"g"}"#,
        r#"{"candidates":[{"content":{"parts":[{"functionCall":{"a":1}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"toolUsePromptTokenCount":5,"promptTokensDetails":[{"modality":2,"tokenCount":3},{"tokenCount":1,"modality":"AUDIO"}]}}"#,
    ];
    let array = gemini(&format!("[{}\n,\r\n{}]", chunks[0], chunks[1]));
    let events = gemini(&format!(
        "data: {}\r\n\r\ndata: {}\r\n\r\n",
        chunks[0], chunks[1]
    ));
    assert_eq!(array, events);
    let expected = Usage {
        input_tokens: 14,
        output_tokens: 6,
        reasoning_tokens: 4,
        input_image_tokens: 3,
        input_audio_tokens: 1,
        ..Usage::default()
    };
    assert_eq!(
        (usage(&array), array.source),
        (expected, UsageSource::Provider)
    );
    assert_eq!((array.output_bytes, array.events), (10, 2));
}

#[test]
fn errors_are_seen_wherever_they_stand() {
    for (reading, kind, code) in [
        (
            chat(r#"{"error":{"message":"m","type":"t","code":"c"}}"#),
            Some("t"),
            Some("c"),
        ),
        (chat(r#"{"code":"c","error":"text"}"#), None, Some("c")),
        (
            chat("data: {\"choices\":[]}\n\nevent: error\ndata: {\"error\":{\"code\":429}}\n\n"),
            None,
            Some("429"),
        ),
        (chat(r#"{"error":{"type":null,"code":null}}"#), None, None),
        (
            gemini(r#"[{"error":{"code":503,"status":"UNAVAILABLE"}}]"#),
            Some("UNAVAILABLE"),
            Some("503"),
        ),
        (
            messages(
                "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n",
            ),
            Some("overloaded_error"),
            None,
        ),
    ] {
        let error = reading.error.expect("error");
        assert_eq!((error.kind.as_deref(), error.code.as_deref()), (kind, code));
    }
    let failed = read(
        Dialect::OpenAi,
        Operation::Responses,
        "data: {\"type\":\"error\",\"code\":\"insufficient_quota\",\"message\":\"m\"}\n\n\
         data: {\"type\":\"response.failed\",\"response\":{\"model\":\"m\",\"error\":{\"code\":\"server_error\"},\"usage\":null}}\n\n",
    );
    assert_eq!(
        failed.error.and_then(|error| error.code).as_deref(),
        Some("server_error")
    );
    assert!(failed.finished);
    let cut = chat(&format!(r#"{{"error":{{"code":"{}"}}}}"#, "é".repeat(100)));
    assert_eq!(
        cut.error
            .and_then(|error| error.code)
            .map(|code| code.len()),
        Some(64)
    );
}

#[test]
fn only_searches_are_counted_among_web_search_calls() {
    let reading = read(
        Dialect::OpenAi,
        Operation::Responses,
        r#"{"output":[{"type":"web_search_call","action":{"type":"search"}},{"action":{"type":"open_page"},"type":"web_search_call"},{"type":"message"},{"type":"web_search_call"}],"usage":{"input_tokens":1,"output_tokens":1}}"#,
    );
    assert_eq!(usage(&reading).web_search_requests, 2);
}

#[test]
fn what_is_not_billed_has_no_usage() {
    for operation in [Operation::CountTokens, Operation::Models, Operation::Other] {
        let body = r#"{"input_tokens":5,"usage":{"prompt_tokens":5,"completion_tokens":1}}"#;
        let reading = read(Dialect::OpenAi, operation, body);
        assert_eq!((reading.usage, reading.source), (None, UsageSource::None));
    }
    let audio = Meter::new(
        &Asked::native(Dialect::OpenAi, Operation::Chat),
        b"audio/mpeg",
    )
    .finish(true);
    assert_eq!(audio, Reading::default());
}

#[test]
fn a_stream_that_breaks_off_is_partial() {
    let mut meter = Meter::new(&Asked::native(Dialect::OpenAi, Operation::Chat), SSE);
    meter.feed(
        b"data: {\"choices\":[{\"delta\":{\"content\":\"abc\"}}]}\n\ndata: {\"choices\":[{\"del",
    );
    assert_eq!((meter.output_bytes(), meter.usage()), (3, None));
    let reading = meter.finish(false);
    assert_eq!(
        (reading.source, reading.faults, reading.finished),
        (UsageSource::None, 0, false)
    );

    let mut meter = Meter::new(
        &Asked::native(Dialect::Gemini, Operation::GenerateContent),
        SSE,
    );
    meter.feed(
        b"data: {\"usageMetadata\":{\"promptTokenCount\":7,\"candidatesTokenCount\":1}}\r\n\r\n",
    );
    assert_eq!(meter.usage().map(|usage| usage.input_tokens), Some(7));
    let reading = meter.finish(true);
    assert_eq!(
        (reading.source, reading.output_reported),
        (UsageSource::Partial, false)
    );
}

#[test]
fn heartbeats_are_skipped_and_garbage_is_a_fault() {
    let reading = chat(
        ": hello\n\ndata:\n\ndata: [DON\n\ndata: [1]\n\ndata: nonsense\n\ndata: {} x\n\ndata: {\n\ndata: [DONE]\n\n",
    );
    assert_eq!((reading.faults, reading.finished), (4, true));
}

#[test]
fn white_space_before_a_body_and_behind_a_done_reads_the_same_in_any_piece() {
    for body in [
        "\r\u{c}data: {}\n\n",
        " {\"id\":\"a\"}",
        "data: [DONE] \t\n\n",
        "data: [DONE] x\n\n",
    ] {
        let whole = chat(body);
        let mut meter = Meter::new(&Asked::native(Dialect::OpenAi, Operation::Chat), b"");
        body.as_bytes().chunks(1).for_each(|byte| meter.feed(byte));
        assert_eq!(meter.finish(true), whole, "{body:?}");
    }
    assert!(chat("data: [DONE] \n\n").finished);
}

#[test]
fn an_event_of_64_mib_and_an_endless_line_cost_nothing() {
    let piece = [b'x'; 64 * 1024];
    let mut meter = Meter::new(
        &Asked::native(Dialect::Gemini, Operation::GenerateContent),
        SSE,
    );
    meter.feed(b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"data\":\"");
    for _ in 0..1024 {
        meter.feed(&piece);
    }
    meter.feed(
        b"\"}}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":7}}\n\n",
    );
    // No buffer can have grown: there is none but the struct, the names and the sub-calls.
    assert!(size_of::<Meter>() < 4 * 1024);
    let reading = meter.finish(true);
    assert_eq!((usage(&reading).input_tokens, reading.faults), (7, 0));

    let mut meter = Meter::new(&Asked::native(Dialect::OpenAi, Operation::Chat), SSE);
    for _ in 0..1024 {
        meter.feed(&piece);
    }
    assert_eq!(meter.finish(false), Reading::default());
}

#[test]
fn sub_calls_are_bounded() {
    let call = r#"{"type":"compaction","input_tokens":1,"output_tokens":1}"#;
    let calls = [call; 40].join(",");
    let reading = messages(&format!(
        r#"{{"usage":{{"input_tokens":1,"output_tokens":1,"iterations":[{calls}]}}}}"#
    ));
    assert_eq!((reading.extra_calls.len(), reading.faults), (16, 24));
}

proptest! {
    #[test]
    fn nothing_that_a_provider_sends_panics_or_reads_differently_when_cut(
        tokens in proptest::collection::vec(prop::sample::select(vec![
            "data: ", "\n\n", "\r\n\r\n", "[DONE]", "{", "}", "[", "]", ",", ":", "\"usage\":", "\"error\":",
            "\"prompt_tokens\":", "\"response\":", "\"message\":", "\"type\":", "\"iterations\":", "-3", "17",
            "\"response.completed\"", "\"é\"", "null", " ", "event: error\n", "\"usageMetadata\":{\"promptTokenCount\":1}",
            "\"usage\":{\"input_tokens\":2,\"output_tokens\":3}", "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n",
        ]), 0..40),
        dialect in prop::sample::select(vec![
            (Dialect::OpenAi, Operation::Responses),
            (Dialect::Anthropic, Operation::Messages),
            (Dialect::Gemini, Operation::GenerateContent),
        ]),
        complete in any::<bool>(),
        size in 1..9_usize,
    ) {
        let body = tokens.concat();
        let mut whole = Meter::new(&Asked::native(dialect.0, dialect.1), SSE);
        whole.feed(body.as_bytes());
        let mut cut = Meter::new(&Asked::native(dialect.0, dialect.1), SSE);
        for piece in body.as_bytes().chunks(size) {
            cut.feed(piece);
        }
        prop_assert_eq!(whole.finish(complete), cut.finish(complete));
    }
}

/// Members of events as streams have them in many places, so that many events begin alike.
fn members() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#""id":"chatcmpl-0123456789012345678901234567890123456789""#,
        r#""id":null"#,
        r#""model":"one""#,
        r#""model":"two""#,
        r#""service_tier":"default""#,
        r#""service_tier":"flex""#,
        r#""service_tier":null"#,
        r#""object":{"a":["chat.completion.chunk"]},"created":1770747154,"x":null"#,
        r#""type":"content_block_delta""#,
        r#""type":"message_stop""#,
        r#""type":"response.completed""#,
        r#""type":"error""#,
        r#""error":null"#,
        r#""error":{"type":"overloaded"}"#,
        r#""response":{"id":"r","model":"three","service_tier":"auto","output":[]}"#,
        r#""message":{"id":"m","usage":{"input_tokens":3}}"#,
        r#""choices":[{"delta":{"content":"abc"},"finish_reason":null}]"#,
        r#""choices":[{"delta":{"content":"ab"},"finish_reason":"stop"}]"#,
        r#""delta":"words""#,
        r#""delta":{"text":"words"}"#,
        r#""usage":{"prompt_tokens":3,"completion_tokens":4,"service_tier":"batch"}"#,
        r#""usage":null"#,
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn events_that_begin_alike_read_the_same_as_byte_by_byte(
        kinds in prop::collection::vec((prop::collection::vec(members(), 1..5), any::<bool>()), 1..4),
        order in prop::collection::vec(any::<prop::sample::Index>(), 1..24),
        dialect in prop::sample::select(vec![Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini]),
    ) {
        let events: Vec<String> = kinds
            .iter()
            .map(|(members, is_whole)| {
                let end = if *is_whole { "}" } else { "" };
                format!("data: {{{}{end}\n\n", members.join(","))
            })
            .collect();
        let stream: String = order.iter().map(|at| &*events[at.index(events.len())]).collect();
        let read = |size: usize| {
            let mut meter = Meter::new(&Asked::native(dialect, Operation::Chat), SSE);
            stream.as_bytes().chunks(size).for_each(|piece| meter.feed(piece));
            meter.finish(true)
        };
        let byte_by_byte = read(1);
        for size in [7, 100, 1000, stream.len()] {
            prop_assert_eq!(&read(size), &byte_by_byte);
        }
    }
}
