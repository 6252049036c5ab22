//! Embeddings asked for in one dialect and made in another.

use serde_json::{Value, json};

use crate::translate::check::{caller, request, to, usage};
use crate::translate::{self, Fate, Feature, Form};

const FORMS: [Form; 5] = [
    Form::Embeddings,
    Form::GeminiEmbed,
    Form::GeminiEmbedBatch,
    Form::CohereEmbed,
    Form::OllamaEmbed,
];

/// A recorded answer to a request for embeddings.
fn recorded(case: &str) -> (Form, String) {
    let (form, text) = match case {
        "openai" => (
            Form::Embeddings,
            include_str!("../../../../fixtures/openrouter/embeddings-reported-cost-usd.json"),
        ),
        "cohere" => (
            Form::CohereEmbed,
            include_str!("../../../../fixtures/cohere/embeddings.json"),
        ),
        _ => (
            Form::GeminiEmbedBatch,
            include_str!("../../../../fixtures/gemini/embed-content-input-image.json"),
        ),
    };
    let case: Value = serde_json::from_str(text).unwrap();
    (form, case["response"]["body"].as_str().unwrap().to_owned())
}

fn answer(to: Form, from: Form, body: &str) -> String {
    let usage = usage(from, body.as_bytes(), "application/json");
    translate::answer(&caller(to), from, body.as_bytes(), usage.as_ref()).unwrap()
}

/// The numbers of all embeddings of an answer, as they are written.
fn numbers(form: Form, body: &str) -> Vec<Vec<String>> {
    let value = translate::json::parse(body).unwrap();
    let half = super::half(form).unwrap();
    let vectors = (half.read_answer)(&value).unwrap().vectors;
    let owned = |vector: Vec<&str>| vector.into_iter().map(str::to_owned).collect();
    vectors.into_iter().map(owned).collect()
}

fn lost(from: Form, body: &Value, to_form: Form) -> Vec<String> {
    let seen = translate::look(from, body.to_string().as_bytes()).unwrap();
    let kind = to(to_form).kind;
    let is_lost = |feature: Feature| to_form.fate(feature, kind) == Fate::Lost;
    let lost = seen
        .places
        .into_iter()
        .filter(|(feature, _)| is_lost(*feature));
    lost.map(|(_, place)| place).collect()
}

#[test]
fn a_request_of_openais_is_one_of_each_dialect() {
    let asked = json!({"model": "m", "input": ["a\n", "b"], "dimensions": 256, "encoding_format": "base64"});
    assert_eq!(
        request(Form::Embeddings, &asked, Form::GeminiEmbedBatch),
        json!({"requests": [
            {"model": "models/sent-model", "content": {"parts": [{"text": "a\n"}]}, "outputDimensionality": 256},
            {"model": "models/sent-model", "content": {"parts": [{"text": "b"}]}, "outputDimensionality": 256}]})
    );
    assert_eq!(
        request(Form::Embeddings, &asked, Form::CohereEmbed),
        json!({"model": "sent-model", "input_type": "search_document", "texts": ["a\n", "b"],
            "embedding_types": ["float"], "output_dimension": 256, "truncate": "NONE"})
    );
    assert_eq!(
        request(Form::Embeddings, &asked, Form::OllamaEmbed),
        json!({"model": "sent-model", "input": ["a\n", "b"], "truncate": false, "dimensions": 256})
    );
    for form in FORMS {
        assert_eq!(lost(Form::Embeddings, &asked, form), [""; 0], "{form:?}");
    }
}

#[test]
fn one_text_is_a_request_too() {
    let asked = json!({"model": "m", "input": "a"});
    assert_eq!(
        request(Form::Embeddings, &asked, Form::GeminiEmbed),
        json!({"model": "models/sent-model", "content": {"parts": [{"text": "a"}]}})
    );
    let asked = json!({"content": {"parts": [{"text": "a"}, {"text": "b"}]}, "taskType": "QUESTION_ANSWERING"});
    assert_eq!(
        request(Form::GeminiEmbed, &asked, Form::CohereEmbed),
        json!({"model": "sent-model", "input_type": "search_query", "embedding_types": ["float"],
            "inputs": [{"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]})
    );
    assert_eq!(
        request(Form::GeminiEmbed, &asked, Form::Embeddings),
        json!({"model": "sent-model", "input": ["a\nb"], "encoding_format": "float"})
    );
}

#[test]
fn images_go_where_images_are_embedded() {
    let asked = json!({"model": "m", "input_type": "image", "embedding_types": ["float"],
        "inputs": [{"content": [{"type": "text", "text": "a"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}]});
    let gemini = request(Form::CohereEmbed, &asked, Form::GeminiEmbedBatch);
    assert_eq!(
        gemini,
        json!({"requests": [{"model": "models/sent-model", "content": {"parts": [{"text": "a"},
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]}}]})
    );
    let back = request(Form::GeminiEmbedBatch, &gemini, Form::CohereEmbed);
    assert_eq!(back["inputs"], asked["inputs"]);
    assert_eq!(
        lost(Form::CohereEmbed, &asked, Form::Embeddings),
        ["inputs[0].content[1]"]
    );
    assert_eq!(
        lost(Form::CohereEmbed, &asked, Form::GeminiEmbedBatch),
        [""; 0]
    );

    let alone =
        json!({"model": "m", "input_type": "image", "images": ["data:image/png;base64,AAAA"]});
    let to = to(Form::Embeddings);
    let fault = translate::request(Form::CohereEmbed, alone.to_string().as_bytes(), false, &to);
    assert_eq!(fault.unwrap_err().place, "images[0]");
}

#[test]
fn what_has_no_place_is_named() {
    for (from, asked, to, places) in [
        (
            Form::Embeddings,
            json!({"input": [1, 2], "x": 1}),
            Form::CohereEmbed,
            &["x", "input"][..],
        ),
        (
            Form::Embeddings,
            json!({"input": [[1]], "encoding_format": "int8"}),
            Form::OllamaEmbed,
            &["encoding_format", "input"],
        ),
        (
            Form::CohereEmbed,
            json!({"texts": ["a"], "input_type": "search_query", "truncate": "NONE"}),
            Form::Embeddings,
            &[],
        ),
        (
            Form::CohereEmbed,
            json!({"texts": ["a"], "input_type": "search_query", "truncate": "START"}),
            Form::OllamaEmbed,
            &["input_type", "truncate"],
        ),
        (
            Form::CohereEmbed,
            json!({"texts": ["a"], "embedding_types": ["float", "int8"]}),
            Form::Embeddings,
            &["embedding_types[1]"],
        ),
        (
            Form::CohereEmbed,
            json!({"texts": ["a"], "embedding_types": ["float"], "truncate": "END"}),
            Form::Embeddings,
            &[],
        ),
        (
            Form::GeminiEmbedBatch,
            json!({"requests": [{"content": {"parts": [{"text": "a"}]}, "title": "b"}]}),
            Form::CohereEmbed,
            &["requests[0].title"],
        ),
        (
            Form::OllamaEmbed,
            json!({"input": "a", "keep_alive": "5m", "truncate": false}),
            Form::GeminiEmbedBatch,
            &["keep_alive", "truncate"],
        ),
    ] {
        assert_eq!(lost(from, &asked, to), places, "{asked}");
    }
}

#[test]
fn what_is_not_understood_is_never_left_out_in_silence() {
    let cohere =
        |content: Value| json!({"inputs": [{"content": [{"type": "text", "text": "a"}, content]}]});
    let by_address = json!({"type": "image_url", "image_url": {"url": "https://a.example/b.png"}});
    let gemini = |part: Value| json!({"content": {"parts": [{"text": "a"}, part]}});
    for (from, asked, to, place) in [
        (
            Form::CohereEmbed,
            cohere(by_address),
            Form::GeminiEmbedBatch,
            "inputs[0].content[1]",
        ),
        (
            Form::CohereEmbed,
            json!({"images": ["https://a.example/b.png"]}),
            Form::GeminiEmbedBatch,
            "images[0]",
        ),
        (
            Form::GeminiEmbed,
            gemini(json!({"inlineData": {"mimeType": "font/x", "data": ""}})),
            Form::CohereEmbed,
            "content.parts[1]",
        ),
        (
            Form::GeminiEmbed,
            gemini(json!({"inline_data": {"mime_type": "image/png"}})),
            Form::CohereEmbed,
            "content.parts[1]",
        ),
        (
            Form::OllamaEmbed,
            json!({"input": ["a", 7]}),
            Form::Embeddings,
            "input",
        ),
    ] {
        assert!(
            lost(from, &asked, to).contains(&place.to_owned()),
            "{asked}"
        );
    }
    // Nor would the others be counted right without it.
    let asked = json!({"input": ["a", 7]}).to_string();
    let to = to(Form::Embeddings);
    let fault = translate::request(Form::OllamaEmbed, asked.as_bytes(), false, &to).unwrap_err();
    assert_eq!(fault.place, "input[1]");
}

#[test]
fn requests_of_a_batch_must_ask_alike() {
    let one = json!({"content": {"parts": [{"text": "a"}]}, "task_type": "CLUSTERING"});
    let other = json!({"content": {"parts": [{"text": "b"}]}});
    let both = json!({"requests": [one, other]}).to_string();
    let fault = translate::look(Form::GeminiEmbedBatch, both.as_bytes()).unwrap_err();
    assert_eq!(fault.place, "requests[1]");
}

#[test]
fn what_two_dialects_know_comes_back_as_it_was() {
    let asked = json!({"model": "sent-model", "input_type": "clustering", "texts": ["a", "b"],
        "embedding_types": ["float"], "output_dimension": 256});
    let gemini = request(Form::CohereEmbed, &asked, Form::GeminiEmbedBatch);
    assert_eq!(
        request(Form::GeminiEmbedBatch, &gemini, Form::CohereEmbed),
        asked
    );
    let asked =
        json!({"model": "sent-model", "input": ["a", "b"], "truncate": false, "dimensions": 256});
    for between in [Form::Embeddings, Form::CohereEmbed] {
        let there = request(Form::OllamaEmbed, &asked, between);
        assert_eq!(
            request(between, &there, Form::OllamaEmbed),
            asked,
            "{between:?}"
        );
    }
}

#[test]
fn recorded_embeddings_keep_every_digit_and_their_usage_in_every_dialect() {
    for case in ["openai", "cohere", "gemini"] {
        let (from, body) = recorded(case);
        let used = usage(from, body.as_bytes(), "application/json").unwrap();
        let all = numbers(from, &body);
        assert!(all.len() == 1 && all[0].len() >= 256, "{case}");
        for to in FORMS {
            let told = answer(to, from, &body);
            assert_eq!(numbers(to, &told), all, "{case} as {to:?}");
            let read = usage(to, told.as_bytes(), "application/json").unwrap();
            assert_eq!(read.input_tokens, used.input_tokens, "{case} as {to:?}");
            // Ollama tells one number.
            if to != Form::OllamaEmbed {
                assert_eq!(read, used, "{case} as {to:?}");
            }
        }
    }
}

#[test]
fn answers_have_the_shape_that_sdks_read() {
    let cohere = r#"{"id":"e-1","embeddings":{"float":[[0.5,-1e-07],[1,2]]},"meta":{"billed_units":{"input_tokens":7}}}"#;
    let told = |to| serde_json::from_str::<Value>(&answer(to, Form::CohereEmbed, cohere)).unwrap();
    assert_eq!(
        told(Form::Embeddings),
        json!({"object": "list", "model": "asked-for", "data": [
            {"object": "embedding", "index": 0, "embedding": [0.5, -1e-07]},
            {"object": "embedding", "index": 1, "embedding": [1, 2]}],
            "usage": {"prompt_tokens": 7, "total_tokens": 7}})
    );
    assert_eq!(
        told(Form::GeminiEmbedBatch),
        json!({"embeddings": [{"values": [0.5, -1e-07]}, {"values": [1, 2]}],
            "usageMetadata": {"promptTokenCount": 7}})
    );
    assert_eq!(
        told(Form::OllamaEmbed),
        json!({"model": "asked-for", "embeddings": [[0.5, -1e-07], [1, 2]], "prompt_eval_count": 7})
    );
    let two = translate::answer(
        &caller(Form::GeminiEmbed),
        Form::CohereEmbed,
        cohere.as_bytes(),
        None,
    );
    assert_eq!(two, Err(translate::AnswerFault::Unreadable));
    let ollama = r#"{"model":"m","embeddings":[[0.5]],"total_duration":9,"prompt_eval_count":3}"#;
    let told = answer(Form::CohereEmbed, Form::OllamaEmbed, ollama);
    assert_eq!(
        serde_json::from_str::<Value>(&told).unwrap(),
        json!({"id": "req-1", "embeddings": {"float": [[0.5]]}, "response_type": "embeddings_by_type",
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 3}}})
    );
}

#[test]
fn base64_is_made_where_it_is_asked_for() {
    let asks = |body: &str| translate::wants_base64(Form::Embeddings, body.as_bytes());
    assert!(asks(r#"{"input":"a","encoding_format":"base64"}"#));
    assert!(!asks(r#"{"input":"base64","encoding_format":"float"}"#));
    let caller = translate::Caller {
        wants_base64: true,
        ..caller(Form::Embeddings)
    };
    let body = br#"{"embeddings":{"float":[[0.1,-2,1e-40]]}}"#;
    let told = translate::answer(&caller, Form::CohereEmbed, body, None).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    // As numpy packs float32: cd cc cc 3d, 00 00 00 c0, c2 16 01 00.
    assert_eq!(told["data"][0]["embedding"], "zczMPQAAAMDCFgEA");
    let body = br#"{"embeddings":{"float":[[1e99]]}}"#;
    let fault = translate::answer(&caller, Form::CohereEmbed, body, None);
    assert_eq!(fault, Err(translate::AnswerFault::Unreadable));
}

#[test]
fn bytes_that_do_not_say_what_they_are_are_not_read() {
    for text in [
        include_str!("../../../../fixtures/vllm/embeddings.json"),
        include_str!("../../../../fixtures/perplexity/embeddings-reported-cost-usd.json"),
    ] {
        let case: Value = serde_json::from_str(text).unwrap();
        let body = case["response"]["body"].as_str().unwrap();
        let fault = translate::answer(
            &caller(Form::CohereEmbed),
            Form::Embeddings,
            body.as_bytes(),
            None,
        );
        assert_eq!(fault, Err(translate::AnswerFault::Unreadable));
    }
}
