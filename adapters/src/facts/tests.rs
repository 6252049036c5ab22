mod asked;
mod guarded;

use proptest::prelude::*;

use super::*;
use crate::path::classify;

const CHAT: &str = "/v1/chat/completions";
const GENERATE: &str = "/v1beta/models/g:generateContent";
const EMBED: &str = "/v1beta/models/g:batchEmbedContents";

fn read<'a>(path: &str, chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Facts, FactsError> {
    let mut reader = FactsReader::new(&classify("POST", path).unwrap());
    chunks.into_iter().for_each(|chunk| reader.feed(chunk));
    reader.finish()
}

fn facts(path: &str, body: &str) -> Result<Facts, FactsError> {
    let whole = read(path, [body.as_bytes()]);
    assert_eq!(
        read(path, body.as_bytes().chunks(1)),
        whole,
        "cuts changed {body}"
    );
    whole
}

#[test]
fn a_chat_body_tells_its_facts() {
    let body = r#" {"messages":[{"role":"user","content":"h\u00e9"}], "model" : "gpt-\u0034o","stream":true,"max_tokens":5,"max_completion_tokens":7,"n":2,"model2":{"model":1}}"#;
    let facts = facts(CHAT, body).unwrap();
    let model = facts.model.clone().unwrap();
    assert_eq!(
        (&*model.name, &body[model.span]),
        ("gpt-4o", r#""gpt-\u0034o""#)
    );
    assert!(facts.stream && facts.lacks_usage());
    assert_eq!(facts.stream_options, StreamOptions::Absent);
    let caps: Vec<_> = facts
        .output_caps
        .iter()
        .map(|cap| (cap.said, &body[cap.span.clone()]))
        .collect();
    assert_eq!(caps, [(CapSaid::Tokens(5), "5"), (CapSaid::Tokens(7), "7")]);
    assert_eq!((facts.output_cap(), facts.answers), (Some(7), 2));
    assert_eq!(facts.body_bytes, body.len());
    assert_eq!(
        facts.prompt_bytes,
        "user".len() + "hé".len() + "gpt-4o".len()
    );
    assert_eq!(
        facts.root,
        Some(Brace {
            at: 1,
            is_empty: false
        })
    );
}

#[test]
fn bedrocks_caps_are_found_in_every_models_format() {
    for (path, body) in [
        (
            "/model/m/converse",
            r#"{"messages":[{"content":[{"text":"ab"},{"image":{"source":{"bytes":"iVBOR"}}}]}],"inferenceConfig":{"maxTokens":9}}"#,
        ),
        ("/model/m/invoke", r#"{"prompt":"ab","max_tokens":9}"#),
        ("/model/m/invoke", r#"{"prompt":"ab","max_gen_len":9}"#),
        (
            "/model/m/invoke",
            r#"{"prompt":"ab","max_tokens_to_sample":9}"#,
        ),
        ("/model/m/invoke", r#"{"prompt":"ab","maxTokens":9}"#),
        (
            "/model/m/invoke-with-response-stream",
            r#"{"inputText":"ab","textGenerationConfig":{"maxTokenCount":9}}"#,
        ),
        (
            "/model/m/invoke",
            r#"{"messages":[{"content":[{"text":"ab"}]}],"inferenceConfig":{"max_new_tokens":9}}"#,
        ),
    ] {
        let facts = facts(path, body).unwrap();
        assert_eq!(
            (facts.output_cap(), facts.prompt_bytes),
            (Some(9), 2),
            "{body}"
        );
        assert_eq!(facts.model, None);
    }
    let fault = facts(
        "/model/m/converse",
        r#"{"inferenceConfig":{"maxTokens":"9"}}"#,
    );
    assert_eq!(
        fault.unwrap_err().to_string(),
        "\"inferenceConfig.maxTokens\" in request body must be a whole number of at least 0"
    );
}

#[test]
fn stream_options_are_told_apart() {
    let options = |options: &str| {
        let body = format!(r#"{{"model":"m","stream":true,"stream_options":{options}}}"#);
        facts(CHAT, &body).map(|facts| (facts.lacks_usage(), facts.stream_options))
    };
    let at = r#"{"model":"m","stream":true,"stream_options":"#.len();
    for (text, lacks, expected) in [
        ("null", true, StreamOptions::Null(at..at + 4)),
        (
            "{}",
            true,
            StreamOptions::Object(Brace { at, is_empty: true }),
        ),
        (
            r#"{"x":{"include_usage":true}}"#,
            true,
            StreamOptions::Object(Brace {
                at,
                is_empty: false,
            }),
        ),
        (
            r#"{"include_usage":true}"#,
            false,
            StreamOptions::UsageAsked,
        ),
        (
            r#"{"a":1,"include_usage":true,"b":2}"#,
            false,
            StreamOptions::UsageAsked,
        ),
        (
            r#"{"include_usage":false}"#,
            true,
            StreamOptions::UsageDeclined(at + 17..at + 22),
        ),
        (
            r#"{"include_usage":null}"#,
            true,
            StreamOptions::UsageDeclined(at + 17..at + 21),
        ),
    ] {
        assert_eq!(options(text), Ok((lacks, expected)), "{text}");
    }
    assert!(
        !facts(CHAT, r#"{"model":"m"}"#).unwrap().lacks_usage(),
        "no stream"
    );
    assert!(
        !facts("/v1/responses", r#"{"model":"m","stream":true}"#)
            .unwrap()
            .lacks_usage()
    );
}

#[test]
fn null_is_absent() {
    let body = r#"{"model":"m","stream":null,"max_tokens":null,"n":null,"stream_options":null}"#;
    let read = facts(CHAT, body).unwrap();
    assert_eq!(
        (read.stream, read.output_cap(), read.answers),
        (false, None, 1)
    );
    assert_eq!(facts(CHAT, r#"{"model":null}"#), Err(FactsError::NoModel));
}

#[test]
fn a_metered_field_that_could_be_read_otherwise_is_refused() {
    use Ambiguity::{Case, Doubled, Escaped};
    for (path, body, field, why) in [
        (CHAT, r#"{"model":"a","model":"b"}"#, "model", Doubled),
        (CHAT, r#"{"model":null,"model":"b"}"#, "model", Doubled),
        (CHAT, r#"{"model":"a","Model":"b"}"#, "model", Case),
        (CHAT, r#"{"mod\u0065l":"b"}"#, "model", Escaped),
        (CHAT, r#"{"model":"a","MOD\u0045L":"b"}"#, "model", Case),
        (
            CHAT,
            r#"{"stream":true,"model":"a","stream":false}"#,
            "stream",
            Doubled,
        ),
        (
            CHAT,
            r#"{"model":"a","stream_options":{},"stream_options":null}"#,
            "stream_options",
            Doubled,
        ),
        (
            CHAT,
            r#"{"stream_options":{"include_usage":true,"Include_Usage":false}}"#,
            "stream_options.include_usage",
            Case,
        ),
        (
            CHAT,
            r#"{"max_tokens":1,"max_tokens":2}"#,
            "max_tokens",
            Doubled,
        ),
        (CHAT, r#"{"N":1}"#, "n", Case),
        (
            "/v1/responses",
            r#"{"Max_Output_Tokens":1}"#,
            "max_output_tokens",
            Case,
        ),
        (
            "/v1/messages",
            r#"{"max_tokens":1,"MAX_TOKENS":2}"#,
            "max_tokens",
            Case,
        ),
        (
            GENERATE,
            r#"{"generationConfig":{},"generation_config":{}}"#,
            "generationConfig",
            Doubled,
        ),
        (
            GENERATE,
            r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}"#,
            "generationConfig.maxOutputTokens",
            Doubled,
        ),
        (
            "/v1/images/generations",
            r#"{"model":"a","model":"b"}"#,
            "model",
            Doubled,
        ),
    ] {
        assert_eq!(
            facts(path, body),
            Err(FactsError::Ambiguous { field, why }),
            "{body}"
        );
    }
}

#[test]
fn a_metered_field_of_the_wrong_type_is_refused() {
    for (path, body, field) in [
        (CHAT, r#"{"model":["a"]}"#, "model"),
        (CHAT, r#"{"model":""}"#, "model"),
        (CHAT, r#"{"model":7}"#, "model"),
        (CHAT, r#"{"model":"a","stream":1}"#, "stream"),
        (CHAT, r#"{"model":"a","stream":{}}"#, "stream"),
        (
            CHAT,
            r#"{"model":"a","stream_options":[]}"#,
            "stream_options",
        ),
        (
            CHAT,
            r#"{"model":"a","stream_options":{"include_usage":"yes"}}"#,
            "stream_options.include_usage",
        ),
        (CHAT, r#"{"model":"a","max_tokens":1.5}"#, "max_tokens"),
        (CHAT, r#"{"model":"a","max_tokens":"5"}"#, "max_tokens"),
        (CHAT, r#"{"model":"a","n":99999999999999999999}"#, "n"),
        (GENERATE, r#"{"generationConfig":7}"#, "generationConfig"),
    ] {
        let wrong =
            |error| matches!(error, FactsError::WrongType { field: named, .. } if named == field);
        assert!(facts(path, body).is_err_and(wrong), "{body}");
    }
    let long = format!(r#"{{"model":"{}"}}"#, "m".repeat(257));
    assert!(matches!(
        facts(CHAT, &long),
        Err(FactsError::WrongType { field: "model", .. })
    ));
}

#[test]
fn a_negative_cap_is_none_and_the_providers_to_judge() {
    let body = r#"{"model":"a","max_tokens":-1}"#;
    let facts = facts(CHAT, body).unwrap();
    let [cap] = &*facts.output_caps else {
        panic!("{:?}", facts.output_caps)
    };
    assert_eq!(
        (cap.said, &body[cap.span.clone()]),
        (CapSaid::Unlimited, "-1")
    );
    assert_eq!(facts.output_cap(), None);
}

#[test]
fn unknown_fields_are_nobodys_business() {
    let body = r#"{"model":"a","temp":1,"temp":2,"Temp":3,"x":{"model":1,"Model":2,"model":3},"t\u0065mp":4,"max_output_tokens":{}}"#;
    assert!(facts(CHAT, body).is_ok());
}

#[test]
fn gemini_bodies_need_no_model() {
    let read = facts(
        GENERATE,
        r#"{"generation_config":{"maxOutputTokens":"64","candidateCount":3}}"#,
    )
    .unwrap();
    assert_eq!((read.model, read.answers), (None, 3));
    assert_eq!(
        read.output_caps
            .iter()
            .map(|cap| cap.said)
            .collect::<Vec<_>>(),
        [CapSaid::Tokens(64)]
    );
    let body = r#"{"requests":[{"model":"models/e"},{"model":"e"},{"model":1}]}"#;
    let echoes = facts(EMBED, body).unwrap().model_echoes;
    let echoes: Vec<_> = echoes
        .iter()
        .map(|echo| (&body[echo.span.clone()], echo.is_resource_name))
        .collect();
    assert_eq!(echoes, [(r#""models/e""#, true), (r#""e""#, false)]);
}

#[test]
fn each_dialect_has_its_own_cap_and_its_own_word_on_streams() {
    for (path, body, streams, cap) in [
        ("/api/chat", r#"{"model":"m:1b"}"#, true, None),
        ("/api/chat", r#"{"model":"m:1b","stream":null}"#, true, None),
        (
            "/api/generate",
            r#"{"model":"m","stream":false,"options":{"num_predict":9}}"#,
            false,
            Some(9),
        ),
        (
            "/api/generate",
            r#"{"model":"m","stream":true,"options":{"num_predict":-1,"seed":2}}"#,
            true,
            None,
        ),
        ("/api/embed", r#"{"model":"m","input":"a"}"#, false, None),
        (
            "/v2/chat",
            r#"{"model":"m","max_tokens":7}"#,
            false,
            Some(7),
        ),
        (
            "/v1/chat",
            r#"{"model":"m","stream":true,"max_tokens":7,"message":"a"}"#,
            true,
            Some(7),
        ),
        (
            "/v1beta/interactions",
            r#"{"agent":"deep-research","input":"a"}"#,
            false,
            None,
        ),
        (
            "/v1beta/interactions",
            r#"{"model":"m","stream":true,"generation_config":{"max_output_tokens":5}}"#,
            true,
            Some(5),
        ),
        (
            "/v1/projects/p/locations/l/publishers/anthropic/models/c@1:rawPredict",
            r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":3,"stream":true}"#,
            true,
            Some(3),
        ),
    ] {
        let facts = facts(path, body).unwrap();
        assert_eq!(
            (facts.stream, facts.output_cap()),
            (streams, cap),
            "{path} {body}"
        );
    }
    let counted = "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict";
    assert_eq!(
        &*facts(counted, r#"{"model":"c@1"}"#)
            .unwrap()
            .model
            .unwrap()
            .name,
        "c@1"
    );
    assert!(facts("/api/chat", r#"{"model":"m","options":7}"#).is_err());
}

#[test]
fn media_is_not_counted_as_text() {
    let body = r#"{"model":"m","c":[{"image_url":{"url":"data:AAAA"}},{"source":{"data":"BBBB"}},{"text":"hi"}]}"#;
    let read = facts(CHAT, body).unwrap();
    assert_eq!((read.prompt_bytes, read.media_bytes), (3, 13));
}

#[test]
fn what_is_not_json_passes_only_where_nothing_is_metered() {
    for body in ["", "--boundary\r\n", "{\"model\":\"a\"", "{} x"] {
        assert!(
            matches!(facts(CHAT, body), Err(FactsError::NotJson(_))),
            "{body}"
        );
        let passed = facts("/v1/audio/transcriptions", body).unwrap();
        assert_eq!(
            passed,
            Facts {
                body_bytes: body.len(),
                answers: 1,
                ..Facts::default()
            }
        );
    }
    assert_eq!(facts(CHAT, "[1]"), Err(FactsError::NoModel));
    let image = facts(
        "/v1/images/generations",
        r#"{"model":"gpt-image-1","stream":"odd"}"#,
    )
    .unwrap();
    assert_eq!(&*image.model.unwrap().name, "gpt-image-1");
    assert_eq!(
        facts("/v1/fine_tuning/jobs", r#"{"model":{}}"#)
            .unwrap()
            .model,
        None
    );
}

proptest! {
    #[test]
    fn any_body_is_read_alike_however_it_is_cut(
        body in "\\{(\"(model|Model|stream|n|max_tokens|stream_options|x)\":(\"a\"|true|null|1|\\{\"include_usage\":false\\}|\\[\\]),?){0,5}\\}|\\PC{0,30}",
        size in 1..9_usize,
    ) {
        let whole = read(CHAT, [body.as_bytes()]);
        prop_assert_eq!(read(CHAT, body.as_bytes().chunks(size)), whole);
    }
}

#[test]
fn what_is_spoken_is_counted_in_characters_however_it_is_spelled_and_cut() {
    let body = r#"{"model":"tts-1","input":"Grüße 😀 \u00e9\ud83d\ude00\n","voice":"alloy"}"#;
    let call = classify("POST", "/v1/audio/speech").unwrap();
    for size in [1, 2, 3, body.len()] {
        let mut reader = FactsReader::new(&call);
        for piece in body.as_bytes().chunks(size) {
            reader.feed(piece);
        }
        assert_eq!(
            reader.finish().unwrap().characters,
            11,
            "in pieces of {size}"
        );
    }
}

#[test]
fn pictures_and_documents_are_counted() {
    let read = |path: &str, body: &str| {
        let mut reader = FactsReader::new(&classify("POST", path).unwrap());
        reader.feed(body.as_bytes());
        reader.finish().unwrap()
    };
    let images = read(
        "/v1/images/generations",
        r#"{"model":"dall-e-3","prompt":"a","n":2,"size":"1024x1024","quality":"hd"}"#,
    );
    assert_eq!(images.answers, 2);
    assert_eq!(images.image.size.as_deref(), Some("1024x1024"));
    assert_eq!(images.image.quality.as_deref(), Some("hd"));
    let ranked = read(
        "/v1/rerank",
        r#"{"model":"r","query":"q","documents":["a",{"text":"b"},["c"],"",4]}"#,
    );
    assert_eq!(ranked.documents, 5);
}
