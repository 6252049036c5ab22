use quotah_policy::{Money, Unit, Units, Usage, UsageSource};

use crate::adapter::Asked;
use crate::call::{Dialect, Operation};
use crate::meter::{Meter, Reading};
use crate::provider::ProviderKind;

fn read(kind: &str, operation: Operation, body: &str) -> Reading {
    let asked = Asked {
        kind: kind.parse().unwrap(),
        ..Asked::native(Dialect::OpenAi, operation)
    };
    let content_type: &[u8] = if body.starts_with('{') {
        b"application/json"
    } else {
        b"text/event-stream"
    };
    let mut meter = Meter::new(&asked, content_type);
    for byte in body.as_bytes().chunks(1) {
        meter.feed(byte);
    }
    let reading = meter.finish(true);
    assert_eq!(reading.faults, 0, "{body}");
    reading
}

/// The usage that a chat answer with this `usage` object is read as.
fn chat(kind: &str, usage: &str) -> Usage {
    let body = format!(r#"{{"choices":[],"usage":{usage}}}"#);
    read(kind, Operation::Chat, &body).usage.unwrap()
}

#[test]
fn cached_tokens_are_found_under_every_name_and_counted_once() {
    for details in [
        r#""prompt_tokens_details":{"cached_tokens":60}"#,
        r#""prompt_cache_hit_tokens":60,"prompt_cache_miss_tokens":40,"prompt_tokens_details":{"cached_tokens":60}"#,
        r#""prompt_cache_hit_tokens":60"#,
        r#""cached_tokens":60"#,
        r#""num_cached_tokens":60"#,
        r#""num_cached_tokens":0,"prompt_tokens_details":{"cached_tokens":60}"#,
        r#""cache_read_input_tokens":60,"prompt_tokens_details":{"cached_tokens":60}"#,
        r#""prompt_tokens_details":null,"cached_tokens":60"#,
    ] {
        let usage = format!(r#"{{"prompt_tokens":100,"completion_tokens":5,{details}}}"#);
        let expected = Usage {
            input_tokens: 100,
            cached_input_tokens: 60,
            output_tokens: 5,
            ..Usage::default()
        };
        assert_eq!(chat("openai-compatible", &usage), expected, "{details}");
    }
}

#[test]
fn more_cached_than_prompt_is_cut_to_the_prompt() {
    let usage = chat(
        "azure",
        r#"{"prompt_tokens":347,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":403}}"#,
    );
    assert_eq!((usage.input_tokens, usage.cached_input_tokens), (347, 347));
}

#[test]
fn writes_to_the_cache_are_told_by_their_time_to_live() {
    let usage = chat(
        "openai",
        r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":10,
            "cache_write_tokens":50,"cache_write_tokens_details":{"ttl_30m_tokens":30,"ttl_12h_tokens":20}}}"#,
    );
    let written = (usage.cache_write_tokens, usage.cache_write_long_tokens);
    assert_eq!((usage.cached_input_tokens, written), (10, (50, 20)));
    // Alibaba's explicit cache.
    let usage = chat(
        "alibaba",
        r#"{"prompt_tokens":100,"completion_tokens":5,"total_tokens":105,"prompt_tokens_details":
            {"cached_tokens":0,"cache_creation_input_tokens":80,"cache_type":"ephemeral"}}"#,
    );
    assert_eq!((usage.input_tokens, usage.cache_write_tokens), (100, 80));
}

#[test]
fn audio_beside_the_prompt_joins_the_input() {
    let usage = chat(
        "mistral",
        r#"{"prompt_audio_seconds":30,"prompt_tokens":9,"completion_tokens":248,"total_tokens":632,
            "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":375}}"#,
    );
    let expected = Usage {
        input_tokens: 384,
        input_audio_tokens: 375,
        output_tokens: 248,
        units: Units::NONE.with(Unit::InputAudioMs, 30_000),
        ..Usage::default()
    };
    assert_eq!(usage, expected);
}

#[test]
fn groq_tells_a_stream_s_usage_once_or_twice_and_it_counts_once() {
    let figures = r#""prompt_tokens":343,"completion_tokens":180,"total_tokens":523,"completion_tokens_details":{"reasoning_tokens":153}"#;
    let alone = format!(r#""x_groq":{{"id":"r","usage":{{{figures}}}}}"#);
    let twice = format!(r#"{alone},"usage":{{{figures}}}"#);
    for told in [&alone, &twice] {
        let stream = format!(
            "data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}],{told}}}\n\ndata: [DONE]\n\n"
        );
        let reading = read("groq", Operation::Chat, &stream);
        let usage = reading.usage.unwrap();
        assert_eq!(
            (
                usage.input_tokens,
                usage.output_tokens,
                usage.reasoning_tokens
            ),
            (343, 180, 153)
        );
        assert_eq!(reading.source, UsageSource::Provider);
    }
}

#[test]
fn usage_in_the_choice_of_a_stream_is_read() {
    let stream = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":9,\
                  \"completion_tokens\":4,\"total_tokens\":13,\"cached_tokens\":8}}]}\n\ndata: [DONE]\n\n";
    let usage = read("openai-compatible", Operation::Chat, stream).usage;
    let usage = usage.unwrap();
    assert_eq!(
        (
            usage.input_tokens,
            usage.cached_input_tokens,
            usage.output_tokens
        ),
        (9, 8, 4)
    );
}

#[test]
fn deep_research_tells_reasoning_beside_everything_and_bills_its_searches() {
    let body = r#"{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":33,"completion_tokens":7163,
        "total_tokens":7196,"citation_tokens":20016,"num_search_queries":18,"reasoning_tokens":73997,
        "search_context_size":"low","cost":{"input_tokens_cost":0.000066,"total_cost":0.4093}}}"#;
    let reading = read("perplexity", Operation::Chat, body);
    let expected = Usage {
        input_tokens: 33,
        output_tokens: 7163 + 73_997,
        reasoning_tokens: 73_997,
        web_search_requests: 18,
        units: Units::NONE
            .with(Unit::CitationTokens, 20_016)
            .with(Unit::RequestsLow, 1),
        ..Usage::default()
    };
    assert_eq!(reading.usage, Some(expected));
    assert_eq!(
        reading.reported_cost,
        Some(Money::from_picos(409_300_000_000))
    );
    // SGLang has the same field for what is inside.
    let usage = chat(
        "openai-compatible",
        r#"{"prompt_tokens":33,"completion_tokens":71,"total_tokens":104,"reasoning_tokens":60}"#,
    );
    assert_eq!((usage.output_tokens, usage.reasoning_tokens), (71, 60));
}

#[test]
fn xai_counts_sources_and_the_calls_of_its_tools() {
    let body = r#"{"id":"r","output":[{"type":"web_search_call","action":{"type":"search"}},
        {"type":"web_search_call","action":{"type":"open_page"}}],"usage":{"input_tokens":10,"output_tokens":20,
        "total_tokens":30,"num_sources_used":4,"num_server_side_tools_used":5,"cost_in_usd_ticks":7000001,
        "server_side_tool_usage_details":{"web_search_calls":2,"x_search_calls":1,"code_interpreter_calls":1,
        "file_search_calls":0,"mcp_calls":1}}}"#;
    let reading = read("xai", Operation::Responses, body);
    let usage = reading.usage.unwrap();
    let units = Units::NONE
        .with(Unit::Sources, 4)
        .with(Unit::XSearches, 1)
        .with(Unit::CodeExecutions, 1);
    assert_eq!((usage.web_search_requests, usage.units), (2, units));
    assert_eq!(reading.reported_cost, Some(Money::from_picos(700_000_100)));
}

#[test]
fn tools_of_responses_are_counted_by_what_is_billed() {
    let body = r#"{"id":"r","output":[
        {"type":"file_search_call"},{"type":"file_search_call"},
        {"type":"code_interpreter_call","container_id":"a"},{"type":"code_interpreter_call","container_id":"a"},
        {"container_id":"b","type":"code_interpreter_call"},
        {"type":"mcp_call"},{"type":"function_call"},{"type":"image_generation_call"},
        {"type":"web_search_call","action":{"type":"search"}},{"type":"web_search_call"}],
        "usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}"#;
    let usage = read("openai", Operation::Responses, body).usage.unwrap();
    let units = Units::NONE
        .with(Unit::FileSearches, 2)
        .with(Unit::CodeExecutions, 2)
        .with(Unit::OutputImages, 1);
    assert_eq!((usage.units, usage.web_search_requests), (units, 2));
}

#[test]
fn pictures_that_a_tool_makes_are_a_call_of_their_own() {
    let response = |status: &str, tokens: u32| {
        format!(
            r#"{{"id":"r","model":"gpt-5.6","tools":[{{"type":"function","name":"f"}},{{"type":"image_generation",
            "model":"gpt-image-2"}}],"output":[{{"type":"image_generation_call"}}],"tool_usage":{{"image_gen":
            {{"input_tokens":{tokens},"input_tokens_details":{{"image_tokens":5,"text_tokens":1}},
            "output_tokens":{tokens},"output_tokens_details":{{"image_tokens":{tokens}}},"total_tokens":9}},
            "web_search":{{"num_requests":0}}}},"usage":{{"input_tokens":1,"output_tokens":2,"total_tokens":3}},
            "status":"{status}"}}"#
        )
        .replace('\n', "")
    };
    let stream = format!(
        "data: {{\"type\":\"response.in_progress\",\"response\":{}}}\n\ndata: {{\"type\":\"response.completed\",\"response\":{}}}\n\n",
        response("in_progress", 6),
        response("completed", 7)
    );
    for body in [response("completed", 7), stream] {
        let reading = read("openai", Operation::Responses, &body);
        let [call] = &reading.extra_calls[..] else {
            panic!("{:?}", reading.extra_calls)
        };
        assert_eq!(
            (&*call.kind, call.model.as_deref()),
            ("image_generation", Some("gpt-image-2"))
        );
        let usage = Usage {
            input_tokens: 7,
            input_image_tokens: 5,
            output_tokens: 7,
            output_image_tokens: 7,
            ..Usage::default()
        };
        assert_eq!(call.usage, usage);
        assert_eq!(reading.usage.unwrap().units, Units::NONE);
    }
    let none = response("completed", 0).replace("\"image_tokens\":5", "\"image_tokens\":0");
    let reading = read("openai", Operation::Responses, &none);
    assert!(reading.extra_calls.is_empty());
}

#[test]
fn audio_is_billed_by_tokens_or_by_time() {
    for (body, expected) in [
        (
            r#"{"text":"a","usage":{"type":"duration","seconds":7}}"#,
            Units::NONE.with(Unit::InputAudioMs, 7_000),
        ),
        (
            r#"{"task":"transcribe","duration":8.470000267028809,"text":"a","segments":[]}"#,
            Units::NONE.with(Unit::InputAudioMs, 8_471),
        ),
        (
            r#"{"duration":6.66,"text":"a","usage":{"type":"duration","seconds":7}}"#,
            Units::NONE.with(Unit::InputAudioMs, 7_000),
        ),
    ] {
        let reading = read("openai", Operation::Transcription, body);
        let usage = reading.usage.unwrap();
        assert_eq!((usage.units, usage.input_tokens), (expected, 0), "{body}");
        assert_eq!(reading.source, UsageSource::Provider);
    }
    let stream = "data: {\"type\":\"transcript.text.delta\",\"delta\":\"a\"}\r\n\r\n\
        data: {\"type\":\"transcript.text.done\",\"text\":\"a\",\"usage\":{\"type\":\"tokens\",\"total_tokens\":49,\
        \"input_tokens\":37,\"input_token_details\":{\"text_tokens\":0,\"audio_tokens\":37},\"output_tokens\":12}}\r\n\r\n";
    let reading = read("openai", Operation::Transcription, stream);
    let usage = reading.usage.unwrap();
    assert_eq!(
        (
            usage.input_tokens,
            usage.input_audio_tokens,
            usage.output_tokens
        ),
        (37, 37, 12)
    );
    assert!(reading.finished);
}

#[test]
fn a_transcript_in_plain_text_is_not_read_at_all() {
    let asked = Asked::native(Dialect::OpenAi, Operation::Transcription);
    for content_type in [
        &b"text/plain; charset=utf-8"[..],
        b"text/vtt",
        b"application/x-subrip",
    ] {
        let mut meter = Meter::new(&asked, content_type);
        meter.feed(b"[music]\ndata: {\"usage\":{\"input_tokens\":9}}\n\n");
        let reading = meter.finish(true);
        assert_eq!((reading.usage, reading.faults), (None, 0));
    }
}

#[test]
fn pictures_pages_and_searches_are_counted_where_no_tokens_are_told() {
    for (operation, body, units) in [
        (
            Operation::Images,
            r#"{"created":1,"data":[{"url":"u"},{"b64_json":"eA=="}]}"#,
            Units::NONE.with(Unit::OutputImages, 2),
        ),
        (
            Operation::Ocr,
            r#"{"pages":[],"usage_info":{"pages_processed":3,"doc_size_bytes":18810}}"#,
            Units::NONE.with(Unit::Pages, 3),
        ),
        (
            Operation::Rerank,
            r#"{"results":[],"usage":{"search_units":2,"cost":0.004}}"#,
            Units::NONE.with(Unit::SearchUnits, 2),
        ),
    ] {
        let reading = read("openrouter", operation, body);
        let usage = reading.usage.unwrap();
        assert_eq!((usage.units, usage.input_tokens), (units, 0), "{body}");
        assert_eq!(reading.source, UsageSource::Provider, "{body}");
    }
    let body = r#"{"data":[{"b64_json":"eA=="}],"usage":{"input_tokens":50,"output_tokens":272,"total_tokens":322,
        "input_tokens_details":{"text_tokens":10,"image_tokens":40}}}"#;
    let usage = read("openai", Operation::Images, body).usage.unwrap();
    assert_eq!(
        (usage.input_image_tokens, usage.output_tokens, usage.units),
        (40, 272, Units::NONE)
    );
}

#[test]
fn a_ranking_may_tell_its_total_only() {
    let body = r#"{"results":[],"usage":{"total_tokens":17,"cost":3.4e-7}}"#;
    let reading = read("openrouter", Operation::Rerank, body);
    assert_eq!(reading.usage.unwrap().input_tokens, 17);
    assert_eq!(reading.reported_cost, Some(Money::from_picos(340_000)));
    // Elsewhere a total alone does not tell what was input.
    let body = r#"{"choices":[],"usage":{"total_tokens":17}}"#;
    assert_eq!(read("openai", Operation::Chat, body).usage, None);
}

#[test]
fn errors_come_as_objects_texts_and_whole_bodies() {
    for (body, kind, code) in [
        (
            r#"{"error":{"message":"m","type":"t","code":429}}"#,
            Some("t"),
            Some("429"),
        ),
        (
            r#"{"code":"invalid-argument","error":"Incorrect API key"}"#,
            None,
            Some("invalid-argument"),
        ),
        (r#"{"detail":"Invalid API Key"}"#, None, None),
        (
            r#"{"detail":[{"type":"extra_forbidden","loc":["body"]}]}"#,
            None,
            None,
        ),
        (
            r#"{"object":"error","message":"m","type":"BadRequestError","code":400}"#,
            None,
            Some("400"),
        ),
        (
            r#"{"choices":[{"error":{"code":502,"message":"m"},"finish_reason":"error"}]}"#,
            None,
            Some("502"),
        ),
    ] {
        let error = read("openai-compatible", Operation::Chat, body).error;
        let error = error.unwrap_or_else(|| panic!("{body}"));
        assert_eq!(
            (error.kind.as_deref(), error.code.as_deref()),
            (kind, code),
            "{body}"
        );
    }
    let stream =
        "event: error\ndata: {\"error\":{\"message\":\"m\",\"code\":\"tool_use_failed\"}}\n\n";
    let error = read("groq", Operation::Chat, stream).error.unwrap();
    assert_eq!(error.code.as_deref(), Some("tool_use_failed"));
}

#[test]
fn azure_names_the_model_behind_a_deployment_in_a_header() {
    let asked = Asked {
        kind: ProviderKind::AZURE,
        ..Asked::native(Dialect::OpenAi, Operation::Responses)
    };
    let mut meter = Meter::new(&asked, b"application/json");
    meter.header("x-ms-served-model", b"gpt-5-nano-2025-08-07");
    meter.feed(br#"{"model":"mine","usage":{"input_tokens":1,"output_tokens":1}}"#);
    let reading = meter.finish(true);
    assert_eq!(reading.model.as_deref(), Some("mine"));
    assert_eq!(
        reading.served_model.as_deref(),
        Some("gpt-5-nano-2025-08-07")
    );
}

#[test]
fn fireworks_counts_in_headers_too_and_the_body_wins() {
    let asked = Asked {
        kind: "fireworks".parse().unwrap(),
        ..Asked::native(Dialect::OpenAi, Operation::Chat)
    };
    let mut meter = Meter::new(&asked, b"application/json");
    meter.header("fireworks-prompt-tokens", b"100");
    meter.header("fireworks-cached-prompt-tokens", b"64");
    meter.feed(
        br#"{"choices":[],"usage":{"prompt_tokens":101,"completion_tokens":1,"total_tokens":102}}"#,
    );
    let usage = meter.finish(true).usage.unwrap();
    assert_eq!((usage.input_tokens, usage.cached_input_tokens), (101, 64));
}

#[test]
fn a_response_in_the_background_is_billed_where_it_is_done() {
    let answer = |background: bool, status: &str, usage: &str| {
        format!(
            r#"{{"id":"resp_1","background":{background},"status":"{status}","usage":{usage}}}"#
        )
    };
    let done = r#"{"input_tokens":3,"output_tokens":4,"total_tokens":7}"#;
    for (operation, background, status, usage, expected) in [
        (Operation::Responses, true, "queued", "null", (true, None)),
        (
            Operation::Responses,
            true,
            "completed",
            done,
            (false, Some(3)),
        ),
        (
            Operation::Responses,
            false,
            "completed",
            done,
            (false, Some(3)),
        ),
        (
            Operation::Responses,
            false,
            "in_progress",
            "null",
            (false, None),
        ),
        (
            Operation::Retrieval,
            true,
            "in_progress",
            "null",
            (true, None),
        ),
        (
            Operation::Retrieval,
            true,
            "completed",
            done,
            (false, Some(3)),
        ),
        (
            Operation::Retrieval,
            false,
            "completed",
            done,
            (false, None),
        ),
    ] {
        let reading = read("openai", operation, &answer(background, status, usage));
        let input = reading.usage.map(|usage| usage.input_tokens);
        assert_eq!(
            (reading.is_pending, input),
            expected,
            "{operation:?} {background} {status}"
        );
        assert_eq!(reading.response_id.as_deref(), Some("resp_1"));
    }
}
