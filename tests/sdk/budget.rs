//! A hard budget that ends, as users of the client libraries see it: an exception of a class that they catch, and no
//! second request for money that is not there.

use std::collections::BTreeMap;

use crate::harness::{Config, provider};

/// Library, and the classes that a cut and a refusal raise.
const LIBRARIES: [(&str, &str, &str); 4] = [
    ("openai", "APIError", "RateLimitError"),
    ("openai responses", "APIError", "RateLimitError"),
    ("anthropic", "RateLimitError", "RateLimitError"),
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
    for (library, cut, refused) in LIBRARIES {
        // The second of OpenAI's shapes finds the model's account empty from its first call.
        if library != "openai responses" {
            assert_eq!(told[&*format!("{library}: cut")]["error"], cut, "{library}");
        }
        let call = told[&*format!("{library}: refused")];
        assert_eq!(
            (&call["error"], &call["status"]),
            (&refused.into(), &429.into()),
            "{library}"
        );
    }
    // One stream of each model reached its provider; everything else was refused, and asked for once.
    let entries = quotah.ledger_of(8);
    let outcome = |outcome: &str| {
        entries
            .iter()
            .filter(|entry| entry.str("outcome") == outcome)
            .count()
    };
    assert_eq!(
        (entries.len(), outcome("cut_by_budget"), outcome("refused")),
        (8, 3, 5)
    );
    assert_eq!(provider.requests().len(), 3);
}
