//! What providers really answered, read by every library: the same texts and the same calls, whoever made them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::deployments::Deployments;
use super::{Caller, Deployment, GEMINI_2, GPT, GPT_IN_CHAT, MESSAGES, SONNET, row, run};
use crate::recordings::case::cases;

#[test]
fn every_library_reads_what_anthropic_answered() {
    reads("anthropic/messages", &SONNET, 20);
}

#[test]
fn every_library_reads_what_gemini_answered() {
    reads("gemini/generate-content", &GEMINI_2, 10);
}

#[test]
fn every_library_reads_what_openai_answered_in_chat() {
    reads("openai/chat", &GPT_IN_CHAT, 10);
}

#[test]
fn every_library_reads_what_openai_answered_in_responses() {
    // In responses alone, also by whoever speaks chat.
    let responses = Deployment {
        more: ", api = \"responses\"",
        ..GPT
    };
    reads("openai/responses", &responses, 5);
}

/// Recordings that libraries of other dialects need not read as the provider's own does.
const OTHERWISE: [&str; 5] = [
    // Speech: its transcript is what is said, where sound has no place.
    "openai/chat-output-audio",
    // A stream that is called JSON, which no library asked for.
    "openai/chat-stream-empty-choices-chunk-tools",
    // Calls without arguments, which the script cannot read at home.
    "openai/chat-stream-tools-reported-cost-usd-2",
    // A call in the manner of 2023, which is one like others elsewhere.
    "openai/chat-tools",
    // A conversation made shorter, which is no answer.
    "openai/responses",
];

/// Every recorded answer of that kind, through the same deployment, to all libraries.
fn reads(kind: &str, deployment: &Deployment, at_least: usize) {
    let deployments = Deployments::start();
    let quotah = deployments
        .config()
        .table(&row("any", &[deployment]))
        .start();
    let is_one = |name: &str| name.starts_with(kind) && !OTHERWISE.contains(&name);
    let recorded: Vec<String> = cases()
        .into_iter()
        .filter(|case| case.status == 200 && is_one(&case.name))
        .map(|case| format!("any:{}", case.name))
        .collect();
    assert!(recorded.len() >= at_least, "{recorded:?}");
    let names = recorded.join(" ");
    let told = run(&EVERYBODY, &quotah, &[("RECORDED", &names)]);
    assert_eq!(
        told.len(),
        recorded.len() * 4,
        "each recording by each library"
    );
    let mut readings: BTreeMap<&str, &Value> = BTreeMap::new();
    for reading in &told {
        let name = reading["call"].as_str().expect("named");
        assert!(reading["error"].is_null(), "{reading}");
        let first = readings.entry(name).or_insert(reading);
        assert_eq!(reading["text"], first["text"], "{reading} and {first}");
        assert_eq!(reading["calls"], first["calls"], "{reading} and {first}");
    }
}

/// The script that has every library; it catches and tells what is raised.
const EVERYBODY: Caller = Caller {
    script: "translated_recorded.py",
    ..MESSAGES
};
