use quotah_policy::{Unit, Usage, UsageSource};

use crate::{
    Asked, Dialect, ErrorClass, Meter, Operation, ProviderKind, Reading, RefusalKind, error_class,
    stream_error_event,
};

const SSE: &[u8] = b"text/event-stream";
const JSON: &[u8] = b"application/json; charset=UTF-8";

fn read(operation: Operation, model: &str, kind: &[u8], body: &str) -> Reading {
    let asked = Asked {
        model,
        ..Asked::native(Dialect::Gemini, operation)
    };
    let whole = in_pieces(&asked, kind, body, body.len().max(1));
    for size in [1, 2, 7] {
        assert_eq!(in_pieces(&asked, kind, body, size), whole, "{size}: {body}");
    }
    whole
}

fn in_pieces(asked: &Asked<'_>, kind: &[u8], body: &str, size: usize) -> Reading {
    let mut meter = Meter::new(asked, kind);
    for piece in body.as_bytes().chunks(size) {
        meter.feed(piece);
    }
    meter.finish(true)
}

fn generated(body: &str) -> Reading {
    read(Operation::GenerateContent, "gemini-3-flash", JSON, body)
}

fn usage(reading: &Reading) -> Usage {
    reading.usage.expect("usage")
}

#[test]
fn every_modality_is_told_apart_in_words_and_in_numbers() {
    for [image, video, audio] in [["\"IMAGE\"", "\"VIDEO\"", "\"AUDIO\""], ["2", "3", "4"]] {
        let usage = usage(&generated(&format!(
            r#"{{"usageMetadata":{{"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":50,
            "promptTokensDetails":[{{"modality":{image},"tokenCount":11}},{{"modality":{video},"tokenCount":12}},{{"tokenCount":13,"modality":{audio}}}],
            "cacheTokensDetails":[{{"modality":{image},"tokenCount":6}},{{"modality":{audio},"tokenCount":7}},{{"modality":{video},"tokenCount":8}}],
            "candidatesTokensDetails":[{{"modality":{image},"tokenCount":20}},{{"modality":{audio},"tokenCount":9}},{{"modality":{video},"tokenCount":3}}]}}}}"#
        )));
        let expected = Usage {
            input_tokens: 100,
            cached_input_tokens: 40,
            output_tokens: 50,
            input_image_tokens: 11,
            input_video_tokens: 12,
            input_audio_tokens: 13,
            cached_image_tokens: 6,
            cached_audio_tokens: 7,
            output_image_tokens: 20,
            output_audio_tokens: 9,
            output_video_tokens: 3,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
    }
}

#[test]
fn searches_are_billed_by_the_query_from_gemini_3_on_and_by_the_request_before() {
    let body = r#"{"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b",""]}}],"usageMetadata":{"promptTokenCount":1}}"#;
    for (model, searches) in [
        ("gemini-3-flash-preview", 2),
        ("gemini-4-argon", 2),
        ("gemini-2.5-pro", 1),
        ("publishers/google/models/gemini-2.0-flash", 1),
        ("gemini-1.5-pro", 1),
    ] {
        let reading = read(Operation::GenerateContent, model, JSON, body);
        assert_eq!(usage(&reading).web_search_requests, searches, "{model}");
    }
    let none = generated(
        r#"{"candidates":[{"groundingMetadata":{}}],"usageMetadata":{"promptTokenCount":1}}"#,
    );
    assert_eq!(usage(&none).web_search_requests, 0);
}

#[test]
fn searches_that_a_stream_repeats_are_not_added_up() {
    let chunk = |queries: &str| {
        format!(
            "data: {{\"candidates\":[{{\"groundingMetadata\":{{\"webSearchQueries\":[{queries}]}}}}],\"usageMetadata\":{{\"promptTokenCount\":1}}}}\r\n\r\n"
        )
    };
    let body = [chunk("\"a\""), chunk("\"a\",\"b\""), chunk("")].concat();
    let reading = read(Operation::GenerateContent, "gemini-3-pro", SSE, &body);
    assert_eq!(usage(&reading).web_search_requests, 2);
}

#[test]
fn places_on_the_map_are_one_search() {
    let reading = generated(
        r#"{"candidates":[{"groundingMetadata":{"groundingChunks":[{"maps":{"uri":"u"}},{"maps":{"uri":"v"}},{"web":{}}]}}],"usageMetadata":{"promptTokenCount":1}}"#,
    );
    assert_eq!(usage(&reading).units.get(Unit::MapsSearches), 1);
}

#[test]
fn the_tier_is_told_by_the_body_and_else_by_the_header() {
    for (said, tier) in [
        (r#""serviceTier":"flex""#, "flex"),
        (r#""trafficType":"ON_DEMAND_FLEX""#, "ON_DEMAND_FLEX"),
        (r#""trafficType":1"#, "ON_DEMAND"),
        (r#""trafficType":2"#, "PROVISIONED_THROUGHPUT"),
        (r#""trafficType":3"#, "ON_DEMAND_PRIORITY"),
        (r#""promptTokenCount":1"#, "priority"),
    ] {
        let asked = Asked::native(Dialect::Gemini, Operation::GenerateContent);
        let mut meter = Meter::new(&asked, JSON);
        meter.header("x-gemini-service-tier", b"priority");
        meter.feed(format!("{{\"usageMetadata\":{{{said}}}}}").as_bytes());
        assert_eq!(
            meter.finish(true).service_tier.as_deref(),
            Some(tier),
            "{said}"
        );
    }
}

#[test]
fn a_prompt_that_was_blocked_is_a_whole_answer() {
    let reading = generated(
        r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}"#,
    );
    assert_eq!(
        (reading.source, reading.finished),
        (UsageSource::Provider, true)
    );
    assert_eq!(
        (usage(&reading).input_tokens, usage(&reading).output_tokens),
        (9, 0)
    );
}

#[test]
fn errors_are_found_whatever_stands_around_them() {
    let chunk = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":9}}"#;
    let error = "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"no\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n";
    for (kind, body) in [
        (JSON, error.to_owned()),
        (JSON, format!("[{error}]")),
        (JSON, format!("[{chunk}\n,\r\n{error}]")),
        (SSE, error.to_owned()),
        (SSE, format!("data: {chunk}\r\n\r\n{error}")),
        (SSE, format!("data: {chunk}\r\n\r\n[{error}]\n")),
        (
            SSE,
            format!("data: {chunk}\r\n\r\n{}\r\n\r\n", error.replace('\n', " ")),
        ),
        (
            SSE,
            format!(
                "data: {chunk}\r\n\r\ndata: {}\r\n\r\n",
                error.replace('\n', " ")
            ),
        ),
        (
            SSE,
            format!(
                "data: {chunk}\n\nevent: error\ndata: {}\n\n",
                error.replace('\n', " ")
            ),
        ),
    ] {
        let reading = read(Operation::GenerateContent, "gemini-3-pro", kind, &body);
        let seen = reading.error.unwrap_or_else(|| panic!("{body}"));
        assert_eq!(seen.kind.as_deref(), Some("UNAVAILABLE"), "{body}");
        assert_eq!(seen.code.as_deref(), Some("503"), "{body}");
        assert_eq!(reading.faults, 0, "{body}");
        if body.starts_with("data: ") {
            assert_eq!(reading.source, UsageSource::Partial, "{body}");
        }
    }
}

#[test]
fn a_whole_interaction_tells_its_usage() {
    let reading = read(
        Operation::Interactions,
        "gemini-3-flash-preview",
        JSON,
        r#"{"id":"v1_a","object":"interaction","status":"completed","model":"gemini-3-flash-preview","service_tier":"flex",
        "steps":[{"type":"thought","summary":[{"type":"text","text":"ab"}]},{"type":"model_output","content":[{"type":"text","text":"cde"}]}],
        "usage":{"total_tokens":170,"total_input_tokens":100,"total_cached_tokens":30,"total_tool_use_tokens":5,"total_output_tokens":20,"total_thought_tokens":45,
        "input_tokens_by_modality":[{"modality":"text","tokens":60},{"modality":"image","tokens":40}],"output_tokens_by_modality":[{"modality":"audio","tokens":8}],
        "cached_tokens_by_modality":[{"modality":"image","tokens":10}],
        "grounding_tool_count":[{"type":"google_search","count":3},{"type":"google_maps","count":1}]}}"#,
    );
    let expected = Usage {
        input_tokens: 105,
        cached_input_tokens: 30,
        input_image_tokens: 40,
        cached_image_tokens: 10,
        output_tokens: 65,
        reasoning_tokens: 45,
        output_audio_tokens: 8,
        web_search_requests: 3,
        units: quotah_policy::Units::default().with(Unit::MapsSearches, 1),
        ..Usage::default()
    };
    assert_eq!(usage(&reading), expected);
    assert_eq!(
        (reading.source, reading.output_bytes),
        (UsageSource::Provider, 5)
    );
    assert_eq!(reading.model.as_deref(), Some("gemini-3-flash-preview"));
    assert_eq!(reading.service_tier.as_deref(), Some("flex"));
    assert_eq!(reading.response_id.as_deref(), Some("v1_a"));
}

#[test]
fn a_streamed_interaction_ends_with_its_usage() {
    for last in ["interaction.completed", "interaction.complete"] {
        let created = r#"{"interaction":{"id":"v1_a","status":"in_progress","model":"gemini-3-flash-preview"},"event_type":"interaction.created"}"#;
        let delta =
            r#"{"index":1,"delta":{"text":"1, 2","type":"text"},"event_type":"step.delta"}"#;
        let completed = format!(
            r#"{{"interaction":{{"id":"v1_a","status":"completed","usage":{{"total_input_tokens":11,"total_output_tokens":90,"total_thought_tokens":245}},"steps":[{{"content":[{{"text":"1, 2"}}]}}]}},"event_type":"{last}"}}"#
        );
        let stream = |events: &[&str]| {
            let events: Vec<_> = events
                .iter()
                .map(|data| format!("event: e\ndata: {data}\n\n"))
                .collect();
            read(
                Operation::Interactions,
                "gemini-3-flash-preview",
                SSE,
                &events.concat(),
            )
        };
        let reading = stream(&[created, delta, &completed, "[DONE]"]);
        assert_eq!(
            (usage(&reading).input_tokens, usage(&reading).output_tokens),
            (11, 335)
        );
        assert_eq!(
            (reading.source, reading.output_bytes),
            (UsageSource::Provider, 4)
        );
        assert_eq!(reading.response_id.as_deref(), Some("v1_a"));
        let failed = r#"{"error":{"message":"Deadline expired","code":"gateway_timeout"},"event_type":"error"}"#;
        let reading = stream(&[created, delta, failed]);
        assert_eq!(
            (reading.source, reading.finished),
            (UsageSource::None, false)
        );
        assert_eq!(
            reading.error.unwrap().code.as_deref(),
            Some("gateway_timeout")
        );
    }
}

#[test]
fn predictions_count_their_tokens_or_their_pictures() {
    let read = |body: &str| read(Operation::Predict, "m", JSON, body);
    let embedded = read(
        r#"{"predictions":[{"embeddings":{"statistics":{"token_count":10,"truncated":false},"values":[0.5]}},{"embeddings":{"statistics":{"token_count":4}}}]}"#,
    );
    assert_eq!(usage(&embedded).input_tokens, 14);
    assert_eq!(embedded.source, UsageSource::Provider);
    let pictures = read(&format!(
        r#"{{"predictions":[{{"mimeType":"image/png","bytesBase64Encoded":"{}"}},{{"gcsUri":"gs://a"}},{{"raiFilteredReason":"no"}}]}}"#,
        "A".repeat(9_999)
    ));
    assert_eq!(usage(&pictures).units.get(Unit::OutputImages), 2);
    assert_eq!(pictures.source, UsageSource::Provider);
    let promised = read(r#"{"name":"models/veo/operations/a"}"#);
    assert_eq!((promised.usage, promised.source), (None, UsageSource::None));
}

#[test]
fn counted_tokens_are_no_usage() {
    let reading = read(Operation::CountTokens, "m", JSON, r#"{"totalTokens":8}"#);
    assert_eq!(reading.usage, None);
}

#[test]
fn the_gateway_sends_the_tier_header_to_vertex_readers_too() {
    assert_eq!(
        ProviderKind::VERTEX.row().tier_header,
        ProviderKind::GEMINI.row().tier_header
    );
}

#[test]
fn a_cut_interaction_ends_with_its_own_error_event() {
    let event = stream_error_event(
        Dialect::Gemini,
        Operation::Interactions,
        RefusalKind::UpstreamTimeout,
        "late",
    );
    let event = String::from_utf8(event.unwrap()).unwrap();
    assert_eq!(
        event,
        "event: error\ndata: {\"error\":{\"message\":\"late\",\"code\":\"deadline_exceeded\"},\"event_type\":\"error\"}\n\n"
    );
}

#[test]
fn errors_are_classed_by_their_words() {
    for (status, body, class) in [
        (
            400,
            "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
            ErrorClass::ContextOverflow,
        ),
        (
            429,
            r#"{"status": "RESOURCE_EXHAUSTED", "quotaId": "GenerateContentPaidTierInputTokensPerModelPerMinute"}"#,
            ErrorClass::RateLimited,
        ),
        (
            403,
            r#"{"status": "PERMISSION_DENIED"}"#,
            ErrorClass::BadCredential,
        ),
        (404, r#"{"status": "NOT_FOUND"}"#, ErrorClass::BadRequest),
        (200, r#"{"status": "INTERNAL"}"#, ErrorClass::ServerError),
    ] {
        assert_eq!(
            error_class(Dialect::Gemini, status, b"", body.as_bytes()),
            class,
            "{body}"
        );
    }
}
