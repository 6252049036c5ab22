use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quotah_policy::{Unit, Units, Usage, UsageSource};

use crate::eventstream::tests::{frame, text};
use crate::{
    Asked, Dialect, Meter, Operation, Reading, RefusalKind, eventstream, stream_error_event,
};

const EVENT_STREAM: &[u8] = b"application/vnd.amazon.eventstream";

fn meter(operation: Operation, content_type: &[u8]) -> Meter {
    Meter::new(&Asked::native(Dialect::Bedrock, operation), content_type)
}

fn read(operation: Operation, json: &str) -> Reading {
    let mut meter = meter(operation, b"application/json");
    meter.feed(json.as_bytes());
    meter.finish(true)
}

fn event(kind: &str, json: &str) -> Vec<u8> {
    let headers = [
        text(":event-type", kind),
        text(":content-type", "application/json"),
        text(":message-type", "event"),
    ];
    frame(&headers.concat(), json.as_bytes())
}

fn chunks(texts: &[&str]) -> Vec<u8> {
    let chunk = |text: &&str| {
        let base64 = STANDARD.encode(text);
        event("chunk", &format!(r#"{{"bytes":"{base64}","p":"abc"}}"#))
    };
    texts.iter().flat_map(chunk).collect()
}

fn stream(operation: Operation, frames: &[u8]) -> Reading {
    let mut meter = meter(operation, EVENT_STREAM);
    meter.feed(frames);
    meter.finish(true)
}

/// Input, of it cached, written, written for long; output, of it reasoning.
fn figures(reading: &Reading) -> [u64; 6] {
    let usage = reading.usage.expect("usage");
    assert_eq!(reading.faults, 0);
    [
        usage.input_tokens,
        usage.cached_input_tokens,
        usage.cache_write_tokens,
        usage.cache_write_long_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
    ]
}

#[test]
fn caches_lie_beside_the_input_and_are_told_by_their_time_to_live() {
    let reading = read(
        Operation::Converse,
        r#"{"output":{"message":{"content":[{"text":"abc"},{"toolUse":{"name":"f","input":{"a":1}}},
        {"reasoningContent":{"reasoningText":{"text":"de"}}}]}},"stopReason":"tool_use","serviceTier":{"type":"flex"},
        "usage":{"inputTokens":10,"outputTokens":5,"totalTokens":165,"cacheReadInputTokens":50,
        "cacheReadInputTokenCount":50,"cacheWriteInputTokens":100,"cacheWriteInputTokenCount":100,
        "cacheDetails":[{"ttl":"1h","inputTokens":70},{"inputTokens":30,"ttl":"5m"}],"serverToolUsage":{}},
        "trace":{"promptRouter":{"invokedModelId":"arn:aws:bedrock:us-east-1::foundation-model/x"}}}"#,
    );
    assert_eq!(figures(&reading), [160, 50, 100, 70, 5, 0]);
    assert_eq!(reading.source, UsageSource::Provider);
    assert_eq!(reading.service_tier.as_deref(), Some("flex"));
    assert_eq!(reading.output_bytes, 3 + 1 + 7 + 2);
    assert_eq!(
        reading.model.as_deref(),
        Some("arn:aws:bedrock:us-east-1::foundation-model/x")
    );
}

#[test]
fn a_converse_stream_is_complete_with_its_metadata() {
    let mut frames = event("messageStart", r#"{"role":"assistant"}"#);
    frames.extend(event(
        "contentBlockStart",
        r#"{"start":{"toolUse":{"name":"get"}}}"#,
    ));
    frames.extend(event(
        "contentBlockDelta",
        r#"{"delta":{"toolUse":{"input":"{}"}}}"#,
    ));
    frames.extend(event(
        "contentBlockDelta",
        r#"{"delta":{"text":"hé"},"p":"abcdef"}"#,
    ));
    frames.extend(event("messageStop", r#"{"stopReason":"end_turn"}"#));
    let without = stream(Operation::Converse, &frames);
    assert_eq!((without.usage, without.output_bytes), (None, 3 + 2 + 3));
    frames.extend(event(
        "metadata",
        r#"{"usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7},"serviceTier":{"type":"priority"}}"#,
    ));
    let mut meter = meter(Operation::Converse, EVENT_STREAM);
    meter.feed(&frames[..frames.len() - 1]);
    assert!(!meter.is_finished() && !meter.is_between_frames());
    meter.feed(&frames[frames.len() - 1..]);
    assert!(meter.is_finished() && meter.is_between_frames());
    let reading = meter.finish(false);
    assert_eq!(figures(&reading), [3, 0, 0, 0, 4, 0]);
    assert_eq!((reading.source, reading.events), (UsageSource::Provider, 6));
    assert_eq!(reading.service_tier.as_deref(), Some("priority"));
}

#[test]
fn an_exception_in_a_stream_is_an_error_whatever_it_says() {
    let mut frames = event("messageStart", r#"{"role":"assistant"}"#);
    frames.extend(eventstream::exception(
        "modelStreamErrorException",
        r#"{"message":"m","usage":{"inputTokens":3}}"#,
    ));
    let reading = stream(Operation::Converse, &frames);
    let error = reading.error.expect("error");
    assert_eq!(error.kind.as_deref(), Some("modelStreamErrorException"));
    assert_eq!((reading.usage, reading.finished), (None, false));

    let headers = [
        text(":message-type", "error"),
        text(":error-code", "InternalError"),
        text(":error-message", "m"),
    ];
    let reading = stream(Operation::Invoke, &frame(&headers.concat(), b""));
    let error = reading.error.expect("error");
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (None, Some("InternalError"))
    );
}

#[test]
fn a_stream_that_breaks_off_is_not_complete() {
    let whole = chunks(&[r#"{"outputs":[{"text":"abc","stop_reason":null}]}"#]);
    let reading = stream(Operation::Invoke, &whole);
    assert_eq!((reading.finished, reading.faults), (false, 0));
    let reading = stream(Operation::Invoke, &whole[..whole.len() - 1]);
    assert_eq!((reading.finished, reading.faults), (false, 1));

    let mut bad = whole.clone();
    let middle = bad.len() - 20;
    bad[middle] ^= 1;
    let reading = stream(Operation::Invoke, &[bad, whole].concat());
    assert!(reading.faults >= 1 && !reading.finished);
    assert_eq!(reading.events, 1);
}

#[test]
fn a_frame_of_20_mib_costs_nothing() {
    let json = format!(
        r#"{{"delta":{{"text":"{}"}}}}"#,
        "x".repeat(20 * 1024 * 1024)
    );
    let reading = stream(Operation::Converse, &event("contentBlockDelta", &json));
    assert_eq!(
        (reading.output_bytes, reading.faults),
        (20 * 1024 * 1024, 0)
    );
}

/// Answers as the models' documentation has them, and what they used.
#[rustfmt::skip]
const MODELS: &[(&str, [u64; 6])] = &[
    // Claude
    (r#"{"type":"message","model":"claude","content":[{"text":"a"}],"stop_reason":"end_turn","usage":{"input_tokens":5,"cache_read_input_tokens":20,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_1h_input_tokens":7},"output_tokens":3}}"#, [32, 20, 7, 7, 3, 0]),
    // Nova
    (r#"{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"end_turn","usage":{"inputTokens":5,"outputTokens":3,"totalTokens":28,"cacheReadInputTokenCount":20,"cacheWriteInputTokenCount":0}}"#, [25, 20, 0, 0, 3, 0]),
    // Llama
    (r#"{"generation":"a","prompt_token_count":5,"generation_token_count":3,"stop_reason":"stop"}"#, [5, 0, 0, 0, 3, 0]),
    // Titan
    (r#"{"inputTextTokenCount":5,"results":[{"tokenCount":3,"outputText":"a","completionReason":"FINISH"}]}"#, [5, 0, 0, 0, 3, 0]),
    // its embeddings
    (r#"{"embedding":[0.1,0.2],"inputTextTokenCount":5}"#, [5, 0, 0, 0, 0, 0]),
    (r#"{"embeddingsByType":{"binary":[0,1]},"inputTextTokenCount":5}"#, [5, 0, 0, 0, 0, 0]),
    // gpt-oss, Jamba, DeepSeek, Qwen
    (r#"{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":25,"completion_tokens":3,"total_tokens":28,"prompt_tokens_details":{"cached_tokens":20},"completion_tokens_details":{"reasoning_tokens":2}}}"#, [25, 20, 0, 0, 3, 2]),
];

#[test]
fn every_models_answer_is_read_in_its_own_format() {
    for (json, wanted) in MODELS {
        let reading = read(Operation::Invoke, json);
        assert_eq!(figures(&reading), *wanted, "{json}");
        assert_eq!(reading.source, UsageSource::Provider, "{json}");
        assert!(reading.finished, "{json}");
    }
}

/// Chunks, what they used, and the bytes that were generated.
#[rustfmt::skip]
const STREAMS: &[(&[&str], [u64; 6], u64)] = &[
    // Nova
    (&[r#"{"messageStart":{"role":"assistant"}}"#,
       r#"{"contentBlockDelta":{"delta":{"text":"ab"},"contentBlockIndex":0}}"#,
       r#"{"messageStop":{"stopReason":"end_turn"}}"#,
       r#"{"metadata":{"usage":{"inputTokens":5,"outputTokens":3,"cacheReadInputTokenCount":20,"cacheWriteInputTokenCount":0},"metrics":{}},"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":4,"cacheReadInputTokenCount":20,"cacheWriteInputTokenCount":0}}"#],
     [25, 20, 0, 0, 3, 0], 2),
    // Llama
    (&[r#"{"generation":"ab","prompt_token_count":5,"generation_token_count":1,"stop_reason":null}"#,
       r#"{"generation":"c","prompt_token_count":null,"generation_token_count":2,"stop_reason":"stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":2}}"#],
     [5, 0, 0, 0, 2, 0], 3),
    // Mistral, Cohere and others of whose usage only the service tells
    (&[r#"{"outputs":[{"text":"ab","stop_reason":null}]}"#,
       r#"{"outputs":[{"text":"","stop_reason":"stop"}],"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":1}}"#],
     [5, 0, 0, 0, 1, 0], 2),
    (&[r#"{"is_finished":false,"event_type":"text-generation","text":"ab"}"#,
       r#"{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"ab"},"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":1}}"#],
     [5, 0, 0, 0, 1, 0], 2),
    // gpt-oss
    (&[r#"{"choices":[{"delta":{"content":"ab"},"finish_reason":null}]}"#,
       r#"{"choices":[{"delta":{},"finish_reason":"stop"}],"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":1}}"#],
     [5, 0, 0, 0, 1, 0], 2),
    // Titan
    (&[r#"{"outputText":"ab","index":0,"totalOutputTextTokenCount":null,"completionReason":null,"inputTextTokenCount":5}"#,
       r#"{"outputText":"","index":0,"totalOutputTextTokenCount":1,"completionReason":"FINISH","inputTextTokenCount":5}"#],
     [5, 0, 0, 0, 1, 0], 2),
];

#[test]
fn every_models_stream_is_read_in_its_own_format() {
    for (texts, wanted, output_bytes) in STREAMS {
        let reading = stream(Operation::Invoke, &chunks(texts));
        assert_eq!(figures(&reading), *wanted, "{texts:?}");
        assert_eq!(reading.source, UsageSource::Provider, "{texts:?}");
        assert_eq!(
            (reading.output_bytes, reading.finished),
            (*output_bytes, true),
            "{texts:?}"
        );
    }
}

#[test]
fn images_and_rerankings_are_counted_by_the_piece() {
    for (json, units) in [
        (
            r#"{"images":["iVBOR","iVBOR"],"error":null}"#,
            Units::NONE.with(Unit::OutputImages, 2),
        ),
        (
            r#"{"seeds":[1],"finish_reasons":[null],"images":["iVBOR"]}"#,
            Units::NONE.with(Unit::OutputImages, 1),
        ),
        (
            r#"{"result":"success","artifacts":[{"seed":1,"base64":"iVBOR"}]}"#,
            Units::NONE.with(Unit::OutputImages, 1),
        ),
        (
            r#"{"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":0.1}]}"#,
            Units::NONE.with(Unit::SearchUnits, 1),
        ),
    ] {
        let reading = read(Operation::Invoke, json);
        let wanted = Usage {
            units,
            ..Usage::default()
        };
        assert_eq!(
            (reading.usage, reading.source),
            (Some(wanted), UsageSource::Provider),
            "{json}"
        );
    }
}

#[test]
fn usage_may_stand_in_headers_only() {
    let mut meter = meter(Operation::Invoke, b"application/json");
    for (name, value) in [
        ("x-amzn-bedrock-input-token-count", "5"),
        ("x-amzn-bedrock-output-token-count", "3"),
        ("x-amzn-bedrock-cache-read-input-token-count", "20"),
        ("x-amzn-bedrock-service-tier", "flex"),
    ] {
        meter.header(name, value.as_bytes());
    }
    meter.feed(br#"{"text":"a","embeddings":[[0.1]],"finish_reason":"COMPLETE"}"#);
    let reading = meter.finish(true);
    assert_eq!(figures(&reading), [25, 20, 0, 0, 3, 0]);
    assert_eq!(reading.source, UsageSource::Provider);
    assert_eq!(reading.service_tier.as_deref(), Some("flex"));
}

#[test]
fn a_refusal_has_the_type_that_an_sdk_raises() {
    let headers = RefusalKind::RateLimited.headers(Dialect::Bedrock, None);
    assert!(headers.contains(&("x-amzn-errortype", "ThrottlingException".to_owned())));
    let headers = RefusalKind::BadKey.headers(Dialect::Bedrock, None);
    assert!(headers.contains(&("x-amzn-errortype", "AccessDeniedException".to_owned())));
}

#[test]
fn a_stream_that_we_cut_ends_with_an_exception() {
    for (kind, operation, exception) in [
        (
            RefusalKind::BudgetExhausted,
            Operation::Converse,
            "validationException",
        ),
        (
            RefusalKind::RateLimited,
            Operation::Converse,
            "throttlingException",
        ),
        (
            RefusalKind::Overloaded,
            Operation::Invoke,
            "serviceUnavailableException",
        ),
        (
            RefusalKind::UpstreamTimeout,
            Operation::Invoke,
            "modelTimeoutException",
        ),
        (
            RefusalKind::UpstreamTimeout,
            Operation::Converse,
            "modelStreamErrorException",
        ),
        (
            RefusalKind::UpstreamUnreachable,
            Operation::Converse,
            "internalServerException",
        ),
    ] {
        let frame = stream_error_event(Dialect::Bedrock, operation, kind, "no \"x\"").unwrap();
        let reading = stream(operation, &frame);
        let error = reading.error.expect("error");
        assert_eq!(
            error.kind.as_deref(),
            Some(exception),
            "{kind:?} {operation:?}"
        );
    }
    let other = stream_error_event(
        Dialect::Bedrock,
        Operation::CountTokens,
        RefusalKind::Overloaded,
        "",
    );
    assert_eq!(other, None);
}
