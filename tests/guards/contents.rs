//! What a request may not hold: tools, the provider's own tools, pictures, sound, files; for all or for one key.

use super::{CHAT, GEMINI, MESSAGES, RESPONSES, assert_guarded, behind, dialect_of, through};
use crate::harness::{Config, Request, provider};

/// What it holds, the path, the body.
const HOLDING: [(&str, &str, &str); 12] = [
    (
        "tools",
        CHAT,
        r#"{"model":"gpt-4o-mini","messages":[],"tools":[{"type":"function","function":{"name":"f"}}]}"#,
    ),
    (
        "tools",
        MESSAGES,
        r#"{"model":"claude-haiku-4-5","max_tokens":9,"messages":[],"tools":[{"name":"f","input_schema":{}}]}"#,
    ),
    (
        "tools",
        GEMINI,
        r#"{"contents":[],"tools":[{"functionDeclarations":[{"name":"f"}]}]}"#,
    ),
    (
        "server_tools",
        RESPONSES,
        r#"{"model":"gpt-5-mini","input":"hi","tools":[{"type":"web_search"}]}"#,
    ),
    (
        "server_tools",
        MESSAGES,
        r#"{"model":"claude-haiku-4-5","max_tokens":9,"messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#,
    ),
    (
        "server_tools",
        GEMINI,
        r#"{"contents":[],"tools":[{"googleSearch":{}}]}"#,
    ),
    (
        "images",
        CHAT,
        r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#,
    ),
    (
        "images",
        MESSAGES,
        r#"{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]}"#,
    ),
    (
        "images",
        GEMINI,
        r#"{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]}"#,
    ),
    (
        "audio",
        CHAT,
        r#"{"model":"gpt-4o-audio-preview","messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}"#,
    ),
    (
        "files",
        MESSAGES,
        r#"{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}}]}]}"#,
    ),
    (
        "files",
        RESPONSES,
        r#"{"model":"gpt-5-mini","input":[{"role":"user","content":[{"type":"input_file","file_id":"file-1"}]}]}"#,
    ),
];

#[test]
fn what_is_denied_is_refused_in_every_dialect_and_nothing_else_is() {
    for denied in ["tools", "server_tools", "images", "audio", "files"] {
        let (provider, quotah) = behind(&format!("deny = [\"{denied}\"]"));
        for (holds, target, body) in HOLDING {
            if holds == denied {
                let refused = quotah.send(&Request::post(target, body));
                let message = assert_guarded(&refused, dialect_of(target));
                assert_eq!(message, format!("guard \"g\" does not allow {denied}"));
            } else {
                let (seen, _) = through(&provider, &quotah, target, body);
                assert_eq!(seen, body);
            }
        }
        let allowed = HOLDING.iter().filter(|(holds, ..)| *holds != denied);
        assert_eq!(provider.requests().len(), allowed.count());
    }
}

#[test]
fn a_keys_own_guard_and_one_that_matches_it_hold_for_it_alone() {
    const RED: &str = "sk-virtual-key-of-red";
    const BLUE: &str = "sk-virtual-key-of-blue";
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("red", RED, "guards = { deny = [\"images\"] }")
        .key("blue", BLUE, "team = \"blues\"")
        .table("[[guards]]\nid = \"blues\"\nmatch = { team = \"blues\" }\ndeny = [\"tools\"]")
        .start();
    let of = |wanted: &str| {
        let found = HOLDING.iter().find(|(holds, ..)| *holds == wanted);
        let (_, target, body) = found.expect("a body of it");
        Request::post(target, body)
    };
    for (what, key, status) in [
        ("images", RED, 403),
        ("tools", RED, 200),
        ("images", BLUE, 200),
        ("tools", BLUE, 403),
    ] {
        let answer = quotah.send(&of(what).bearer(key));
        assert_eq!(answer.status, status, "{what} by {key}: {}", answer.text());
    }
    assert_eq!(quotah.send(&of("images")).status, 200);
    let refused = quotah.send(&of("images").bearer(RED));
    assert!(assert_guarded(&refused, "openai").contains("guard \"key:red\""));
    let entries = quotah.ledger_of(6);
    let refused = entries
        .iter()
        .filter(|e| e.str("reason") == "request_not_allowed");
    assert_eq!(refused.count(), 3);
}
