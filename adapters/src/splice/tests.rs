mod changes;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::facts::{Facts, FactsReader};
use crate::path::classify;
use crate::provider::ProviderKind;

fn facts(path: &str, body: &str) -> Facts {
    let mut reader = FactsReader::new(&classify("POST", path).unwrap());
    reader.feed(body.as_bytes());
    reader.finish().unwrap()
}

fn cut(body: &str, size: usize) -> Vec<Bytes> {
    body.as_bytes()
        .chunks(size)
        .map(Bytes::copy_from_slice)
        .collect()
}

fn spliced(path: &str, body: &str, rename_to: Option<&str>, ask_usage: bool) -> String {
    changed(
        path,
        body,
        &Changes {
            rename_to,
            ask_usage,
            ..Changes::default()
        },
        ProviderKind::OPENAI,
    )
}

fn changed(path: &str, body: &str, changes: &Changes<'_>, kind: ProviderKind) -> String {
    let edits = plan(&facts(path, body), changes, kind);
    let whole = apply(&cut(body, body.len()), &edits).concat();
    assert_eq!(whole.len(), edits.edited_bytes(body.len()));
    for size in 1..body.len() {
        assert_eq!(
            apply(&cut(body, size), &edits).concat(),
            whole,
            "cut by {size}"
        );
    }
    String::from_utf8(whole).unwrap()
}

const CHAT: &str = "/v1/chat/completions";

#[test]
fn usage_is_asked_for_beside_what_is_there() {
    for (body, sent) in [
        (
            r#"{"model":"m","stream":true}"#,
            r#"{"stream_options":{"include_usage":true},"model":"m","stream":true}"#,
        ),
        (
            " {\n \"model\":\"m\" ,\"stream\":true}\n",
            " {\"stream_options\":{\"include_usage\":true},\n \"model\":\"m\" ,\"stream\":true}\n",
        ),
        (
            r#"{"model":"m","stream":true,"stream_options":null}"#,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"model":"m","stream":true,"stream_options":{ }}"#,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true }}"#,
        ),
        (
            r#"{"model":"m","stream":true,"stream_options":{"include_obfuscation":false}}"#,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false}}"#,
        ),
        (
            r#"{"model":"m","stream":true,"stream_options":{"include_usage": false,"x":1}}"#,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage": true,"x":1}}"#,
        ),
    ] {
        assert_eq!(spliced(CHAT, body, None, true), sent);
        assert_eq!(spliced(CHAT, body, None, false), body);
    }
    for (path, untouched) in [
        (
            CHAT,
            r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (CHAT, r#"{"model":"m","stream":false}"#),
        ("/v1/responses", r#"{"model":"m","stream":true}"#),
        ("/v1/messages", r#"{"model":"m","stream":true}"#),
    ] {
        assert_eq!(spliced(path, untouched, Some("m"), true), untouched);
    }
}

#[test]
fn a_rename_reaches_every_place_that_names_the_model() {
    assert_eq!(
        spliced(
            CHAT,
            r#"{"a":1e-07,"model" : "x\u0079"}"#,
            Some("q\"\n"),
            true
        ),
        r#"{"a":1e-07,"model" : "q\"\n"}"#
    );
    let body = r#"{"requests":[{"model":"models/a"},{"model":"a","content":{}}]}"#;
    let path = "/v1beta/models/a:batchEmbedContents";
    assert_eq!(
        spliced(path, body, Some("b"), false),
        r#"{"requests":[{"model":"models/b"},{"model":"b","content":{}}]}"#
    );
}

#[test]
fn edits_keep_their_order_and_never_overlap() {
    let mut edits = Edits::none();
    assert!(edits.replace(4..6, "X"));
    assert!(edits.replace(0..2, "Y"));
    assert!(!edits.replace(5..7, "Z"));
    assert!(!edits.replace(1..5, "Z"));
    assert!(edits.replace(6..6, "W"));
    assert!(edits.replace(8..8, "!"));
    for size in 1..9 {
        assert_eq!(
            apply(&cut("01234567", size), &edits).concat(),
            b"Y23XW67!",
            "cut by {size}"
        );
    }
    assert_eq!(edits.edited_bytes(8), 8);
    assert!(apply(&[], &Edits::none()).is_empty());
}

#[test]
fn untouched_bytes_are_shared() {
    let body = Bytes::from(vec![b'x'; 100]);
    let mut edits = Edits::none();
    edits.replace(10..20, "new");
    let out = apply(std::slice::from_ref(&body), &edits);
    assert_eq!(out[0].as_ptr(), body.as_ptr());
    assert_eq!(out[2].as_ptr(), body[20..].as_ptr());
}

/// A chat body with the metered fields at random places among others.
fn bodies() -> impl Strategy<Value = String> {
    let options = prop::sample::select(vec![
        None,
        Some(json!(null)),
        Some(json!({})),
        Some(json!({"include_usage": false})),
        Some(json!({"include_usage": null, "include_obfuscation": true})),
        Some(json!({"include_usage": true})),
        Some(json!({"x": [1, {}]})),
    ]);
    let others = prop::collection::btree_map("[a-z]{3}", "\\PC{0,12}", 0..4);
    (options, others, any::<bool>(), "\\PC{1,12}", any::<bool>()).prop_map(
        |(options, others, stream, model, pretty)| {
            let mut body: serde_json::Map<String, Value> = others
                .into_iter()
                .map(|(key, text)| (key, text.into()))
                .collect();
            body.insert("model".into(), model.into());
            body.insert("stream".into(), stream.into());
            body.extend(options.map(|options| ("stream_options".to_owned(), options)));
            let body = Value::Object(body);
            if pretty {
                format!("{body:#}")
            } else {
                body.to_string()
            }
        },
    )
}

proptest! {
    #[test]
    fn only_the_field_in_question_changes(body in bodies(), name in "\\PC{1,20}", size in 1..40_usize) {
        let facts = facts(CHAT, &body);
        let changes = Changes { rename_to: Some(&name), ask_usage: true, ..Changes::default() };
        let edits = plan(&facts, &changes, ProviderKind::OPENAI);
        let sent = apply(&cut(&body, size), &edits).concat();
        let mut wanted: Value = serde_json::from_str(&body).unwrap();
        wanted["model"] = name.into();
        if facts.stream {
            if !wanted["stream_options"].is_object() {
                wanted["stream_options"] = json!({});
            }
            wanted["stream_options"]["include_usage"] = true.into();
        }
        prop_assert_eq!(serde_json::from_slice::<Value>(&sent).unwrap(), wanted);
        prop_assert_eq!(sent.len(), edits.edited_bytes(body.len()));
    }
}
