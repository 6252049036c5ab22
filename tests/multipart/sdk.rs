//! Uploads by the unmodified openai library.

use std::thread;

use super::config;
use super::provider::Provider;
use crate::sdk;

const KEY: &str = "sk-virtual-key-of-the-audio-tests";

/// What the library is told for everything: a transcript, a file, or, as bytes, a sound.
const ANSWER: &str = "{\"text\":\"Good\",\"id\":\"file-7\"}";

#[test]
fn the_openai_library_uploads_sounds_and_gets_them() {
    let provider = Provider::listen();
    let quotah = config(&provider)
        .server("require_key = true")
        .model("ears", "openai", "whisper-1")
        // A file upload names no model: that is for keys that may use all of them.
        .key("audio", KEY, "")
        .start();
    let (calls, seen) = thread::scope(|scope| {
        let there = scope.spawn(|| {
            let mut seen = Vec::new();
            while seen.len() < 5 {
                let mut exchange = provider.accept();
                let (body, is_whole) = exchange.body();
                assert!(is_whole, "{}", exchange.head);
                exchange.say(&format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                     content-length: {}\r\n\r\n{ANSWER}",
                    ANSWER.len()
                ));
                seen.push((exchange.head, body));
            }
            seen
        });
        let base_url = format!("{}/v1", quotah.proxy_url());
        let variables = [("OPENAI_BASE_URL", &*base_url), ("OPENAI_API_KEY", KEY)];
        let calls = sdk::script("sdk-venv", "with_openai_audio.py", &variables);
        (calls, there.join().unwrap())
    });
    for call in &calls[1..4] {
        assert_eq!(call["text"], "Good", "{call}");
    }
    for (head, body) in &seen[..3] {
        let text = String::from_utf8_lossy(body);
        assert!(
            text.contains("whisper-1") && !text.contains("ears"),
            "{head}"
        );
        let file: Vec<u8> = (0..=255).collect();
        let at = body.windows(256).position(|window| window == file).unwrap();
        assert!(body[at..at + 1_536_000] == file.repeat(6_000));
    }
    assert_eq!(calls[4]["id"], "file-7");
    assert_eq!(calls[5]["bytes"], ANSWER.len());
    let entries = quotah.ledger_of(5);
    let operations: Vec<_> = entries.iter().map(|entry| entry.str("operation")).collect();
    assert_eq!(operations[4], "speech");
    assert_eq!(entries[4].0["units"]["characters"], 9);
    for entry in &entries[..3] {
        assert_eq!(entry.str("operation"), "transcription");
        assert_eq!(
            (entry.str("model_asked"), entry.str("model_sent")),
            ("ears", "whisper-1")
        );
        assert_eq!(entry.str("outcome"), "ok");
    }
}
