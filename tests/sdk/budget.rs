//! A hard budget that ends, as users of the client libraries see it: an exception of a class that they catch, and no
//! second request for money that is not there.

use std::collections::BTreeMap;

use crate::harness::{Config, provider};

/// Library, and the classes that a cut and a refusal raise.
const LIBRARIES: [(&str, &str, &str); 4] = [
    ("openai", "APIError", "RateLimitError"),
    ("openai responses", "APIError", "RateLimitError"),
    ("anthropic", "APIStatusError", "RateLimitError"),
    ("google-genai", "ClientError", "ClientError"),
];

#[test]
fn every_library_raises_and_none_tries_again_when_a_budget_ends() {
    let provider = provider();
    let budget = "[[budgets]]\nid = \"by-model\"\nper = \"model\"\nlimit_usd = \"0.002\"\nwindow = \"total\"\n";
    let quotah = Config::toward(&provider).table(budget).start();
    let url = quotah.proxy_url();
    let openai_url = format!("{url}/v1");
    let told = super::script(
        "sdk-venv",
        "budget_cut.py",
        &[
            ("OPENAI_BASE_URL", &openai_url),
            ("OPENAI_API_KEY", "sk-none"),
            ("ANTHROPIC_BASE_URL", url),
            ("ANTHROPIC_API_KEY", "sk-none"),
            ("GOOGLE_GEMINI_BASE_URL", url),
            ("GEMINI_API_KEY", "none"),
        ],
    );
    let told: BTreeMap<_, _> = told
        .iter()
        .map(|call| (call["call"].as_str().unwrap_or_default(), call))
        .collect();
    let mut calls = 0;
    for (library, cut, refused) in LIBRARIES {
        let told = told[library];
        // The second of OpenAI's shapes finds the model's account empty from its first call.
        if library != "openai responses" {
            assert_eq!(told["cut"], cut, "{library}");
        }
        assert_eq!(
            (&told["refused"], &told["status"]),
            (&refused.into(), &429.into()),
            "{library}"
        );
        calls += told["calls"].as_u64().unwrap_or(0) as usize;
    }
    // Every call is one request: nobody asked again for money that is not there.
    let entries = quotah.ledger_of(calls);
    assert_eq!(entries.len(), calls);
    let refused = entries
        .iter()
        .filter(|entry| entry.str("outcome") == "refused");
    assert_eq!(refused.count(), LIBRARIES.len());
    let cut = entries
        .iter()
        .filter(|entry| entry.str("outcome") == "cut_by_budget");
    assert_eq!(cut.count(), provider.requests().len());
}
