//! Requests: conversations.

use serde_json::{Value, json};

use crate::call::Dialect;
use crate::provider::ProviderKind;
use crate::translate::check;
use crate::translate::feature::Feature;
use crate::translate::form::Form;
use crate::translate::generate::signed;
use crate::translate::json::Spelled;
use crate::translate::signature::Signature;
use crate::translate::{To, Untranslatable, look, request, unmarked};

fn again(asked: &Value) -> Value {
    check::request(Form::Generate, asked, Form::Generate)
}

/// As it is asked of a model of the provider.
fn sent(asked: &Value, kind: ProviderKind, model: &str) -> Result<Value, Untranslatable> {
    let to = To {
        form: Form::Generate,
        kind,
        model,
    };
    let sent = request(Form::Generate, asked.to_string().as_bytes(), false, &to)?;
    Ok(serde_json::from_str(&sent.body).unwrap())
}

fn seen(asked: &Value) -> Vec<(Feature, String)> {
    look(Form::Generate, asked.to_string().as_bytes())
        .unwrap()
        .places
}

fn marked(data: &str, is_whole: bool) -> String {
    let signature = Signature {
        maker: Dialect::Anthropic,
        data: Spelled::of_plain(data),
        is_whole,
    };
    signed::spelled(&signature).plain().into_owned()
}

#[test]
fn a_conversation_with_all_that_is_known_comes_back_as_it_was() {
    let asked = json!({
        "systemInstruction": {"parts": [{"text": "Be \"brief\"."}, {"text": "Be kind."}]},
        "contents": [
            {"role": "user", "parts": [
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
                {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0=", "displayName": "a.pdf"}},
                {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
                {"inlineData": {"mimeType": "text/plain", "data": "aGkg8J+YgA=="}},
                {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://a.example/b.jpg"}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://a.example/b"}},
                {"text": "What is this?"}]},
            {"role": "model", "parts": [
                {"text": "I think.", "thought": true, "thoughtSignature": "c2ln"},
                {"text": "Looking."},
                {"functionCall": {"id": "a", "name": "look", "args": {"x": 1.50}}, "thoughtSignature": "c2ky"},
                {"functionCall": {"id": "b", "name": "look", "args": {}}}]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "b", "name": "look", "response": {"y": [1], "z": 2}}},
                {"functionResponse": {"id": "a", "name": "look", "response": {"error": "gone"}}}]},
            {"role": "model", "parts": [{"text": "Done."}, {"text": "", "thoughtSignature": "c2kz"}]},
            {"role": "user", "parts": [{"text": "More."}]}
        ],
        "tools": [{"functionDeclarations": [
            {"name": "look", "description": "Looks.", "parametersJsonSchema": {"type": "object", "properties": {}}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
        "generationConfig": {"temperature": 0.50, "topP": 0.9, "topK": 40, "seed": 7,
            "presencePenalty": 0.5, "frequencyPenalty": -0.5, "candidateCount": 2, "maxOutputTokens": 64,
            "stopSequences": ["END"], "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"}},
        "serviceTier": "flex"
    });
    assert_eq!(again(&asked), asked);
}

#[test]
fn both_spellings_of_names_and_of_schemas_are_read() {
    let asked = json!({
        "system_instruction": {"parts": [{"text": "s"}]},
        "contents": [{"parts": [
            {"inline_data": {"mime_type": "image/png", "data": "eA=="}}, {"text": "u"}]}],
        "tools": [{"function_declarations": [
            {"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": true}}}}]}],
        "tool_config": {"function_calling_config": {"mode": "AUTO"}},
        "generation_config": {"max_output_tokens": 9, "response_mime_type": "application/json",
            "response_schema": {"type": "ARRAY", "items": {"type": "INTEGER"}}}
    });
    assert_eq!(
        again(&asked),
        json!({
            "systemInstruction": {"parts": [{"text": "s"}]},
            "contents": [{"role": "user", "parts": [
                {"inlineData": {"mimeType": "image/png", "data": "eA=="}}, {"text": "u"}]}],
            "tools": [{"functionDeclarations": [
                {"name": "f", "parametersJsonSchema": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}}]}],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
            "generationConfig": {"maxOutputTokens": 9, "responseMimeType": "application/json",
                "responseJsonSchema": {"type": "array", "items": {"type": "integer"}}}
        })
    );
    let unknown: Vec<_> = seen(&asked)
        .into_iter()
        .filter(|(feature, _)| *feature == Feature::Unknown)
        .collect();
    assert_eq!(unknown, []);
}

#[test]
fn results_without_ids_are_matched_by_name_and_order() {
    let call = |name| json!({"functionCall": {"name": name, "args": {}}});
    let result =
        |name, said| json!({"functionResponse": {"name": name, "response": {"result": said}}});
    let asked = json!({"contents": [
        {"role": "user", "parts": [{"text": "u"}]},
        {"role": "model", "parts": [call("f"), call("g"), call("f")]},
        {"role": "user", "parts": [result("f", "1"), result("f", "2"), result("g", "3")]}]});
    let told = again(&asked);
    let ids = |content: usize, part: &str| -> Vec<String> {
        let parts = told["contents"][content]["parts"]
            .as_array()
            .unwrap()
            .iter();
        parts
            .map(|told| told[part]["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(1, "functionCall"), ["call_0", "call_1", "call_2"]);
    assert_eq!(ids(2, "functionResponse"), ["call_0", "call_2", "call_1"]);

    let alone = json!({"contents": [{"role": "user", "parts": [result("f", "1")]}]});
    let fault = sent(&alone, ProviderKind::GEMINI, "gemini-3-pro").unwrap_err();
    assert_eq!(fault.place, "contents[0].parts[0]");
}

#[test]
fn what_a_client_kept_of_a_stream_is_one_turn() {
    let asked = json!({"contents": [
        {"role": "user", "parts": [{"text": "u"}]},
        {"role": "model", "parts": [{"text": "Th", "thought": true}]},
        {"role": "model", "parts": [{"text": "ink", "thought": true}]},
        {"role": "model", "parts": [{"text": "", "thoughtSignature": "c2ln"}]},
        {"role": "model", "parts": [{"text": "He"}]},
        {"role": "model", "parts": [{"text": "llo"}]},
        {"role": "model", "parts": [{"text": ""}]},
        {"role": "user", "parts": [{"text": "v"}]}]});
    assert_eq!(
        again(&asked)["contents"][1],
        json!({"role": "model", "parts": [
            {"text": "Think", "thought": true, "thoughtSignature": "c2ln"}, {"text": "Hello"}]})
    );
}

#[test]
fn values_tell_what_a_request_asks_for() {
    let asked = json!({
        "contents": [
            {"role": "user", "parts": [
                {"inlineData": {"mimeType": "image/png", "data": "eA=="}},
                {"inlineData": {"mimeType": "video/mp4", "data": "eA=="}},
                {"fileData": {"fileUri": "https://a.example/b.png"}},
                {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://a/b"}},
                {"odd": 1}]},
            {"role": "model", "parts": [{"text": "begun"}, {"inlineData": {"mimeType": "image/png", "data": "eA=="}}]}],
        "tools": [{"googleSearch": {}}],
        "toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}},
        "generationConfig": {"responseMimeType": "application/json", "responseModalities": ["TEXT", "IMAGE"],
            "thinkingConfig": {"thinkingBudget": -1, "includeThoughts": false}},
        "safetySettings": []
    });
    let place = |feature, place: &str| (feature, place.to_owned());
    assert_eq!(
        seen(&asked),
        [
            place(
                Feature::ImageData,
                "contents[0].parts[0].inlineData.mimeType"
            ),
            place(
                Feature::VideoInput,
                "contents[0].parts[1].inlineData.mimeType"
            ),
            place(Feature::FileId, "contents[0].parts[3].fileData.fileUri"),
            place(Feature::FileUrl, "contents[0].parts[3].fileData.mimeType"),
            place(Feature::Unknown, "contents[0].parts[4].odd"),
            place(
                Feature::ImageData,
                "contents[1].parts[1].inlineData.mimeType"
            ),
            place(Feature::ServerTools, "tools[0].googleSearch"),
            place(Feature::ImageUrl, "contents[0].parts[2].fileData.fileUri"),
            place(Feature::Unknown, "contents[1].parts[1].inlineData"),
            place(Feature::Prefill, "contents[1]"),
            place(Feature::ToolStrict, "toolConfig.functionCallingConfig.mode"),
            place(Feature::ImageOutput, "generationConfig.responseModalities"),
            place(Feature::JsonObject, "generationConfig.responseMimeType"),
        ]
    );
}

#[test]
fn calls_that_nobody_signed_are_taken_by_models_that_want_them_signed() {
    let call = |name| json!({"functionCall": {"id": name, "name": name, "args": {}}});
    let asked = json!({"contents": [
        {"role": "user", "parts": [{"text": "u"}]},
        {"role": "model", "parts": [{"text": "t"}, call("f"), call("g")]},
        {"role": "user", "parts": [{"functionResponse": {"id": "f", "name": "f", "response": {"a": 1, "b": 2}}}]}]});
    let parts =
        |model| sent(&asked, ProviderKind::GEMINI, model).unwrap()["contents"][1]["parts"].clone();
    assert_eq!(parts("gemini-2.5-pro"), asked["contents"][1]["parts"]);
    for model in [
        "gemini-3-pro-preview",
        "models/gemini-4-argon",
        "gemini-flash-latest",
    ] {
        let told = parts(model);
        assert_eq!(told[1]["thoughtSignature"], signed::FOREIGN, "{model}");
        assert_eq!(told[2], call("g"), "{model}");
    }
}

#[test]
fn media_that_a_function_gave_back_stand_in_its_response_or_beside_it() {
    let image = json!({"inlineData": {"mimeType": "image/png", "data": "eA=="}});
    let asked = json!({"contents": [
        {"role": "user", "parts": [{"text": "u"}]},
        {"role": "model", "parts": [{"functionCall": {"id": "a", "name": "f", "args": {}}, "thoughtSignature": "c2ln"}]},
        {"role": "user", "parts": [{"functionResponse": {
            "id": "a", "name": "f", "response": {"result": "seen"}, "parts": [image]}}]}]});
    let last =
        |model| sent(&asked, ProviderKind::GEMINI, model).unwrap()["contents"][2]["parts"].clone();
    assert_eq!(last("gemini-3-pro"), asked["contents"][2]["parts"]);
    assert_eq!(
        last("gemini-2.5-flash"),
        json!([{"functionResponse": {"id": "a", "name": "f", "response": {"result": "seen"}}}, image])
    );
}

#[test]
fn what_others_signed_is_carried_and_left_out_here() {
    let asked = json!({"contents": [
        {"role": "user", "parts": [{"text": "u"}]},
        {"role": "model", "parts": [
            {"text": "T", "thought": true},
            {"text": "", "thoughtSignature": marked("EqQB+/", false)},
            {"text": "", "thoughtSignature": marked("whole", true)},
            {"text": "A"}]},
        {"role": "model", "parts": [{"text": "", "thoughtSignature": marked("x", false)}]},
        {"role": "user", "parts": [{"text": "v"}]}], "x": [1.0, "\u{e9}"]});
    // Asked in another dialect and back, nothing of theirs is sent to Gemini.
    assert_eq!(
        again(&asked)["contents"][1]["parts"],
        json!([{"text": "A"}])
    );
    // Asked natively, only what was left by us goes.
    let body = asked.to_string();
    let native: Value =
        serde_json::from_str(&unmarked(Form::Generate, body.as_bytes()).unwrap()).unwrap();
    assert_eq!(
        native,
        json!({"contents": [
            {"role": "user", "parts": [{"text": "u"}]},
            {"role": "model", "parts": [{"text": "T", "thought": true}, {"text": "A"}]},
            {"role": "user", "parts": [{"text": "v"}]}], "x": [1.0, "\u{e9}"]})
    );
    assert_eq!(
        unmarked(Form::Generate, native.to_string().as_bytes()),
        None
    );
}

#[test]
fn every_other_byte_of_an_unmarked_request_stays() {
    let body = format!(
        r#"{{"contents":[{{"parts":[{{"text":"cWgxL",  "a":1e-07}}]}},{{"role":"model","parts":[{{"functionCall":{{ "name":"f" }},"thoughtSignature":"{}"}}]}}],"k":[ 1.0 ]}}"#,
        marked("x", false)
    );
    assert_eq!(
        unmarked(Form::Generate, body.as_bytes()).unwrap(),
        r#"{"contents":[{"parts":[{"text":"cWgxL",  "a":1e-07}]},{"role":"model","parts":[{"functionCall":{ "name":"f" }}]}],"k":[ 1.0 ]}"#
    );
}

#[test]
fn what_stands_in_the_wrong_kind_is_refused_with_its_place() {
    for (asked, place) in [
        (json!([]), ""),
        (json!({"contents": {"parts": []}}), "contents"),
        (json!({"contents": ["hi"]}), "contents[0]"),
        (
            json!({"contents": [{"parts": {"text": "hi"}}]}),
            "contents[0].parts",
        ),
        (
            json!({"contents": [{"parts": [{"text": 1}]}]}),
            "contents[0].parts[0].text",
        ),
        (
            json!({"contents": [{"role": "system", "parts": []}]}),
            "contents[0]",
        ),
        (
            json!({"contents": [{"role": "model", "parts": [{"functionResponse": {}}]}]}),
            "contents[0].parts[0]",
        ),
        (json!({"systemInstruction": "hi"}), "systemInstruction"),
        (json!({"tools": {}}), "tools"),
        (json!({"generation_config": [1]}), "generationConfig"),
        (
            json!({"generationConfig": {"temperature": "1"}}),
            "generationConfig.temperature",
        ),
        (
            json!({"generationConfig": {"stopSequences": [1]}}),
            "generationConfig.stopSequences",
        ),
        (
            json!({"generationConfig": {"maxOutputTokens": 1.5}}),
            "generationConfig.maxOutputTokens",
        ),
        (json!({"serviceTier": "odd"}), "serviceTier"),
    ] {
        let fault = sent(&asked, ProviderKind::GEMINI, "gemini-3-pro").unwrap_err();
        assert_eq!(fault.place, place, "{asked}");
    }
}
