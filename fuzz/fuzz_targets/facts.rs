//! What is read off a request body is what a JSON library reads, in any cut, and splicing changes nothing else.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use quotah_adapters::{
    Call, Changes, Facts, FactsError, FactsReader, ProviderKind, apply, classify, plan,
};
use quotah_fuzz::Input;
use serde_json::{Value, json};

/// In the order that corpora rely on.
const PATHS: [&str; 12] = [
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1beta/models/m:generateContent",
    "/v1beta/models/m:embedContent",
    "/v1beta/models/m:batchEmbedContents",
    "/v1beta/models/m:countTokens",
    "/v1/audio/speech",
    "/v1/models",
];

/// A name with everything in it that a JSON string escapes.
const OTHER_MODEL: &str = "o/\"\\\u{1}\u{7f}\n\u{e9}\u{1f600}";

/// What [`FactsReader`] keeps of a batch's models, and the longest of them that it reads.
const ECHOES_MAX: usize = 256;
const ECHO_BYTES_MAX: usize = 256;

fuzz_target!(|data: &[u8]| {
    let Some(input) = Input::read(data) else {
        return;
    };
    let path = input.choose(&PATHS);
    let Some(call) = classify("POST", path) else {
        panic!("{path} is a path that we know")
    };
    let whole = read(&call, [input.body]);
    assert_eq!(read(&call, input.body.chunks(1)), whole, "byte by byte");
    assert_eq!(read(&call, input.pieces()), whole, "in pieces");
    let Ok(facts) = whole else { return };
    assert_eq!(facts.body_bytes, input.body.len());
    assert!(facts.prompt_bytes + facts.media_bytes <= facts.body_bytes);
    let needs_json = !matches!(path, "/v1/audio/speech" | "/v1/models");
    // Lone surrogates and numbers beyond a float are grammar, but no `Value`.
    let Ok(body) = serde_json::from_slice::<Value>(input.body) else {
        let is_json = std::str::from_utf8(input.body).is_ok()
            && serde_json::from_slice::<serde::de::IgnoredAny>(input.body).is_ok();
        assert!(is_json || !needs_json, "no JSON, and accepted");
        return;
    };
    agree(path, &facts, &body);
    if facts.model_echoes.len() < ECHOES_MAX {
        splice(&input, path, &facts, body);
    }
});

fn read<'a>(call: &Call, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Facts, FactsError> {
    let mut reader = FactsReader::new(call);
    for piece in pieces {
        reader.feed(piece);
    }
    reader.finish()
}

/// Expects `facts` to be what `body` says.
fn agree(path: &str, facts: &Facts, body: &Value) {
    let model = facts.model.as_ref().map(|model| &*model.name);
    if !path.contains("/models/") {
        // Longer names than we read are refused where a model is needed, and nobody's business elsewhere.
        let name = body["model"]
            .as_str()
            .filter(|name| (1..=256).contains(&name.len()));
        assert_eq!(model, name);
    }
    let has_stream = !path.contains("/models/") && path != "/v1/embeddings";
    assert_eq!(facts.stream, has_stream && body["stream"] == true);
    if facts.has_usage_option {
        assert_eq!(
            facts.asks_for_usage(),
            body["stream_options"]["include_usage"] == true
        );
        let answers = [&body["n"], &body["best_of"]]
            .into_iter()
            .filter_map(Value::as_u64);
        assert_eq!(facts.answers, answers.fold(1, u64::max));
    }
    let caps = |names: &[&str]| {
        let given = || names.iter().map(|name| &body[*name]);
        // A negative number is for no cap at all.
        let is_unlimited = given().any(|cap| cap.to_string().starts_with('-'));
        given()
            .filter_map(Value::as_u64)
            .max()
            .filter(|_| !is_unlimited)
    };
    let cap = match path {
        "/v1/chat/completions" | "/v1/completions" => {
            caps(&["max_tokens", "max_completion_tokens"])
        }
        "/v1/responses" => caps(&["max_output_tokens"]),
        "/v1/messages" | "/v1/messages/count_tokens" => caps(&["max_tokens"]),
        _ => facts.output_cap(),
    };
    assert_eq!(facts.output_cap(), cap);
}

/// Expects a rename and a wish for usage to change those two and nothing else.
fn splice(input: &Input<'_>, path: &str, facts: &Facts, mut body: Value) {
    let chunks: Vec<_> = input.pieces().map(Bytes::copy_from_slice).collect();
    let changes = Changes {
        rename_to: Some(OTHER_MODEL),
        ask_usage: true,
        ..Changes::default()
    };
    let edits = plan(facts, &changes, ProviderKind::OPENAI);
    let spliced = apply(&chunks, &edits).concat();
    assert_eq!(spliced.len(), edits.edited_bytes(facts.body_bytes));
    if edits.is_empty() {
        assert_eq!(spliced, input.body);
        return;
    }
    if facts.model.is_some() {
        body["model"] = json!(OTHER_MODEL);
    }
    rename_echoes(path, &mut body);
    if facts.lacks_usage() {
        match &mut body["stream_options"] {
            Value::Object(options) => options.insert("include_usage".into(), json!(true)),
            options => Some(std::mem::replace(options, json!({ "include_usage": true }))),
        };
    }
    assert_eq!(serde_json::from_slice::<Value>(&spliced).ok(), Some(body));
}

fn rename_echoes(path: &str, body: &mut Value) {
    if !path.ends_with("mbedContent")
        && !path.ends_with("mbedContents")
        && !path.ends_with("m:countTokens")
    {
        return;
    }
    let echo = |object: &mut Value| {
        if let Some(Value::String(name)) = object.get_mut("model")
            && name.len() <= ECHO_BYTES_MAX
        {
            let prefix = if name.starts_with("models/") {
                "models/"
            } else {
                ""
            };
            *name = [prefix, OTHER_MODEL].concat();
        }
    };
    echo(body);
    for name in ["generateContentRequest", "generate_content_request"] {
        body.get_mut(name).into_iter().for_each(echo);
    }
    if let Some(Value::Array(requests)) = body.get_mut("requests") {
        requests.iter_mut().for_each(echo);
    }
}
