//! Documents and search results that are to be cited, video, and turns of which nothing is left.

use serde_json::{Value, json};

use crate::translate::check::{request, to};
use crate::translate::{Form, Untranslatable};

/// The messages of an Anthropic caller's request, as they are told.
fn told(messages: &Value) -> Result<Value, Untranslatable> {
    let body = json!({"model": "m", "max_tokens": 9, "messages": messages}).to_string();
    let to = to(Form::Converse);
    let written = crate::translate::request(Form::Messages, body.as_bytes(), false, &to)?;
    let written: Value = serde_json::from_str(&written.body).unwrap();
    Ok(written["messages"].clone())
}

#[expect(clippy::needless_pass_by_value, reason = "what json! makes")]
fn user(content: Value) -> Value {
    json!({"role": "user", "content": content})
}

#[test]
fn documents_are_told_with_their_context_and_whether_they_are_to_be_cited() {
    let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBE"});
    let text = json!({"type": "text", "media_type": "text/plain", "data": "A.\nB."});
    let pieces = json!({"type": "content", "content": [
        {"type": "text", "text": "A."}, {"type": "text", "text": "B."}]});
    let cited = json!({"enabled": true});
    let said = json!([
        {"type": "document", "source": pdf, "title": "a", "context": "of 2026", "citations": cited},
        {"type": "document", "source": text, "title": "b", "citations": cited},
        {"type": "document", "source": text, "title": "c", "citations": {"enabled": false}},
        {"type": "document", "source": pieces, "title": "d", "citations": cited},
        {"type": "text", "text": "Well?"},
    ]);
    assert_eq!(
        told(&json!([user(said)])).unwrap()[0]["content"],
        json!([
            {"document": {"format": "pdf", "name": "a", "source": {"bytes": "JVBE"},
                "context": "of 2026", "citations": {"enabled": true}}},
            {"document": {"format": "txt", "name": "b", "source": {"text": "A.\nB."},
                "citations": {"enabled": true}}},
            {"document": {"format": "txt", "name": "c", "source": {"bytes": "QS4KQi4="}}},
            {"document": {"name": "d", "source": {"content": [{"text": "A."}, {"text": "B."}]},
                "citations": {"enabled": true}}},
            {"text": "Well?"},
        ])
    );
}

#[test]
fn search_results_are_told_in_messages_and_in_tools_results() {
    let found = |mark: bool| {
        let mut found = json!({"type": "search_result", "source": "shelf-1", "title": "Rain",
            "content": [{"type": "text", "text": "It rains."}], "citations": {"enabled": true}});
        if mark {
            found["cache_control"] = json!({"type": "ephemeral"});
        }
        found
    };
    let said = json!({"searchResult": {"source": "shelf-1", "title": "Rain",
        "content": [{"text": "It rains."}], "citations": {"enabled": true}}});
    let mark = json!({"cachePoint": {"type": "default"}});
    let messages = json!([
        user(json!([found(true), {"type": "text", "text": "Well?"}])),
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]},
        user(json!([{"type": "tool_result", "tool_use_id": "t1", "content": [found(true)]}])),
    ]);
    let told = told(&messages).unwrap();
    assert_eq!(told[0]["content"], json!([said, mark, {"text": "Well?"}]));
    assert_eq!(
        told[2]["content"],
        json!([{"toolResult": {"toolUseId": "t1", "content": [said]}}, mark])
    );
}

#[test]
fn a_geminis_callers_video_is_told() {
    let video = |media_type| json!({"inlineData": {"mimeType": media_type, "data": "AAAA"}});
    let asked = |media_type| {
        json!({"contents": [
        {"role": "user", "parts": [video(media_type), {"text": "What is it?"}]}]})
    };
    let told = request(Form::Generate, &asked("video/mp4"), Form::Converse);
    assert_eq!(
        told["messages"][0]["content"],
        json!([{"video": {"format": "mp4", "source": {"bytes": "AAAA"}}}, {"text": "What is it?"}])
    );
    let odd = asked("video/avi").to_string();
    let odd = crate::translate::request(Form::Generate, odd.as_bytes(), false, &to(Form::Converse));
    assert!(odd.is_err());
}

#[test]
fn a_turn_of_which_nothing_is_left_is_left_out_but_for_the_users_last() {
    let lost =
        json!([{"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}]);
    let assistant = |text: &str| json!({"role": "assistant", "content": text});
    let messages = json!([
        user(json!("a")),
        assistant("b"),
        user(lost.clone()),
        assistant("c"),
        user(json!("d")),
    ]);
    assert_eq!(
        told(&messages).unwrap(),
        json!([
            {"role": "user", "content": [{"text": "a"}]},
            {"role": "assistant", "content": [{"text": "b"}, {"text": "c"}]},
            {"role": "user", "content": [{"text": "d"}]},
        ])
    );
    let fault = told(&json!([user(json!("a")), assistant("b"), user(lost)])).unwrap_err();
    assert_eq!(fault.place, "messages");
}
