//! Providers' own client libraries against recorded answers: what they read, and what the ledger says of it.

use std::sync::Arc;

use serde_json::Value;

use super::script;
use crate::harness::{Config, Entry};
use crate::recordings::case::{Case, cases};
use crate::recordings::server::Server;

#[test]
fn boto3_reads_bedrocks_answers_and_each_is_booked() {
    let calls = passes(&Library {
        script: "with_boto3.py",
        environment: "sdk-venv-providers",
        providers: &["bedrock"],
        refusal: "AccessDeniedException AccessDeniedException",
    });
    assert_eq!(calls.len(), 7);
    assert_eq!(calls[5]["error"], "ValidationException ValidationException");
}

#[test]
fn coheres_library_reads_its_answers_and_each_is_booked() {
    let calls = passes(&Library {
        script: "with_cohere.py",
        environment: "sdk-venv-providers",
        providers: &["cohere"],
        refusal: "UnauthorizedError",
    });
    assert_eq!(calls.len(), 6);
    assert_eq!(calls[3]["searches"], 1);
    assert_eq!(calls[3]["text"], "2", "the second best document");
    assert_eq!(calls[4]["error"], "BadRequestError");
}

#[test]
fn ollamas_library_reads_its_answers_and_each_is_booked() {
    let calls = passes(&Library {
        script: "with_ollama.py",
        environment: "sdk-venv-providers",
        providers: &["ollama"],
        refusal: "ResponseError",
    });
    assert_eq!(calls.len(), 4);
}

#[test]
fn the_openai_library_reads_azure_and_others_who_speak_its_dialect() {
    let calls = passes(&Library {
        script: "with_openai_elsewhere.py",
        environment: "sdk-venv",
        providers: &["azure", "mistral", "groq", "openrouter"],
        refusal: "AuthenticationError",
    });
    assert_eq!(calls.len(), 10);
    assert_eq!(calls[7]["text"], "Hello!");
    assert_eq!(calls[8]["error"], "NotFoundError");
}

#[test]
fn google_genai_reads_vertex_ais_answers_and_each_is_booked() {
    let calls = passes(&Library {
        script: "with_vertex.py",
        environment: "sdk-venv",
        providers: &["vertex"],
        refusal: "ClientError",
    });
    assert_eq!(calls.len(), 4);
    assert_eq!(calls[1]["text"], "OK");
}

/// A client library, and whose answers it is given.
struct Library {
    script: &'static str,
    environment: &'static str,
    providers: &'static [&'static str],
    /// What an unknown key raises.
    refusal: &'static str,
}

/// The key that the scripts are given.
const KEY: &str = "sk-virtual-key-of-the-provider-tests";

/// Runs the script, whose calls are named after the recordings that they are answered with, in the order of the
/// entries. Its last call has a key that nobody knows.
fn passes(library: &Library) -> Vec<Value> {
    let recorded = Arc::new(cases());
    let server = Server::start(Arc::clone(&recorded));
    let config = Config::empty()
        .server("require_key = true")
        .key("sdk", KEY, "");
    let config = library.providers.iter().fold(config, |config, kind| {
        let more = match *kind {
            // Signed with keys of ours, whatever signature the client made.
            "bedrock" => SIGNED,
            _ => return config.provider(kind, kind, &server.url(), ""),
        };
        let url = server.url();
        config.table(&format!(
            "[[providers]]\nkind = \"{kind}\"\nbase_url = \"{url}\"\n{more}"
        ))
    });
    let quotah = config.start();
    let variables = [("QUOTAH", quotah.proxy_url()), ("KEY", KEY)];
    let calls = script(library.environment, library.script, &variables);
    let (last, booked) = calls.split_last().expect("calls");
    assert_eq!(last["error"], library.refusal, "{last}");
    assert_eq!(last["status"], 401, "{last}");
    let entries = quotah.ledger_of(booked.len());
    assert_eq!(entries.len(), booked.len(), "each call once");
    for (call, entry) in booked.iter().zip(&entries) {
        let case = recorded.iter().find(|case| call["call"] == *case.name);
        is_booked(call, entry, case.expect("recorded"));
    }
    calls
}

const SIGNED: &str = "region = \"eu-west-1\"\naccess_key_id = \"AKIA1\"\nsecret_access_key = \"s\"";

/// The entry has what the client read and what the provider reported.
fn is_booked(call: &Value, entry: &Entry, case: &Case) {
    let told = || format!("{call}\n{}", entry.0);
    assert_eq!(entry.str("key"), "sdk", "{}", told());
    assert_eq!(entry.u64("status"), u64::from(case.status), "{}", told());
    assert!(case.name.starts_with(entry.str("provider")), "{}", told());
    if case.status != 200 {
        assert_eq!(call["status"], case.status, "{}", told());
        assert_eq!(entry.str("outcome"), "upstream_error", "{}", told());
        return;
    }
    assert_eq!(entry.str("outcome"), "ok", "{}", told());
    assert_eq!(call["model"], entry.str("model_sent"), "{}", told());
    assert!(call["text"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(case.mismatches(&entry.0), Vec::<String>::new());
    for (class, field) in [("input", "input_tokens"), ("output", "output_tokens")] {
        if call["usage"][class].is_u64() {
            assert_eq!(call["usage"][class], entry.0[field], "{}", told());
        }
    }
}
