//! Tokens times the price in force, exactly; what has no price is counted, never a silent zero.

use crate::harness::{Config, Rates, Request, provider, served};

#[test]
fn each_class_of_tokens_has_its_own_price_and_the_sum_is_exact() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .table(
            "[[prices]]\nprovider = \"anthropic\"\nmodel = \"contract-*\"\ninput_usd_per_mtok = \"1.000001\"\n\
             cached_input_usd_per_mtok = \"0.07\"\ncache_write_usd_per_mtok = \"1.13\"\noutput_usd_per_mtok = 5.3",
        )
        .start();
    let cases = [
        // 1.000001 USD for a million is 1,000,001 pico-dollars for one.
        (
            "contract-7",
            Rates {
                input: 1_000_001,
                cached: 70_000,
                cache_write: 1_130_000,
                output: 5_300_000,
            },
        ),
        (
            "claude-haiku-4-5",
            Rates {
                input: 1_000_000,
                cached: 100_000,
                cache_write: 1_250_000,
                output: 5_000_000,
            },
        ),
    ];
    for (index, (model, rates)) in cases.iter().enumerate() {
        let body = format!(
            r#"{{"model":"{model}","max_tokens":40,"pad":"{}"}}"#,
            "x".repeat(999)
        );
        let entry = quotah.entry(&quotah.post("/v1/messages", &body));
        let billed = served(&provider, index + 1)[index].billed;
        assert!(billed.cached > 0 && billed.cache_write > 0 && billed.output == 40);
        assert_eq!(entry.tokens(), billed);
        assert_eq!(
            entry.u64("cost_picousd"),
            rates.picousd(billed),
            "{}",
            entry.0
        );
        assert_eq!(
            entry.u64("cost_nanousd"),
            (rates.picousd(billed) + 500) / 1000
        );
        assert_eq!(entry.str("cost_source"), "table");
        assert!(!entry.str("price_version").is_empty());
    }
}

#[test]
fn a_model_without_a_price_is_counted_and_visible_and_its_cost_is_unknown_not_zero() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let unpriced = || quotah.metric("quotah_unpriced_requests_total", &[]);
    assert!(unpriced().abs() < 0.1, "shown from the start");
    let response = quotah.post("/v1/chat/completions", r#"{"model":"no-such-model-7"}"#);
    assert_eq!(response.status, 200, "served all the same");
    let entry = quotah.entry(&response);
    assert_eq!(entry.tokens(), served(&provider, 1)[0].billed);
    assert!(
        entry.0["cost_usd"].is_null() && entry.0["cost_nanousd"].is_null(),
        "{}",
        entry.0
    );
    assert_eq!(entry.str("cost_source"), "none");
    assert!((unpriced() - 1.0).abs() < 0.1);
    let total = &quotah.admin_json("/admin/v1/usage")["total"];
    assert_eq!(
        (&total["unpriced"], &total["cost_usd"]),
        (&1.into(), &"0.00".into()),
        "{total}"
    );
    // What was refused by the provider used nothing, and is not unpriced.
    let refused = Request::post("/v1/chat/completions", r#"{"model":"no-such-model-8"}"#);
    quotah.entry(&quotah.send(&refused.header("x-mock-status", "404")));
    assert!((unpriced() - 1.0).abs() < 0.1);
}

#[test]
fn a_renamed_model_costs_what_the_providers_model_costs() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .model("fast", "openai", "gpt-4o-mini")
        .start();
    let entry = quotah.entry(&quotah.post("/v1/chat/completions", r#"{"model":"fast"}"#));
    let rates = Rates {
        input: 150_000,
        cached: 75_000,
        cache_write: 0,
        output: 600_000,
    };
    assert_eq!(
        entry.u64("cost_picousd"),
        rates.picousd(served(&provider, 1)[0].billed)
    );
}

#[test]
fn an_update_from_a_public_table_holds_after_a_reload_and_a_bad_file_changes_nothing() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let write = |name: &str, text: &str| {
        let path = quotah.dir().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a name").to_owned()
    };
    let cost = || {
        let response = quotah.post("/v1/chat/completions", r#"{"model":"gpt-new-7"}"#);
        quotah.entry(&response).0["cost_picousd"].as_u64()
    };
    assert_eq!(cost(), None);

    for text in ["", "{", "{}", r#"[{"id":"openai","models":[]}]"#] {
        let bad = quotah.cli(&["prices", "update", "--from", &write("bad.json", text)]);
        assert_eq!(bad.code(), 1, "{}", bad.stderr);
        assert!(bad.stderr.contains("nothing was changed"), "{}", bad.stderr);
    }
    assert!(!quotah.data_dir().join("prices").exists());

    let litellm = r#"{"gpt-new-7": {"litellm_provider": "openai", "mode": "chat",
        "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}}"#;
    let updated = quotah.cli(&[
        "prices",
        "update",
        "--from",
        &write("litellm.json", litellm),
    ]);
    assert_eq!(updated.code(), 0, "{}", updated.stderr);
    assert_eq!(updated.stdout, "new openai gpt-new-7\n");
    let shown = quotah.cli(&["prices", "show", "gpt-new-7", "--output", "json"]);
    assert!(
        shown.stdout.contains(r#""origin":"update""#)
            || shown.stdout.contains(r#""origin": "update""#)
    );

    quotah.admin(Request::post("/admin/v1/reload", ""));
    let rates = |input, output| Rates {
        input,
        cached: input,
        cache_write: input,
        output,
    };
    let billed = |index: usize| served(&provider, index + 1)[index].billed;
    assert_eq!(cost(), Some(rates(1_000_000, 2_000_000).picousd(billed(1))));

    let genai = r#"[{"id": "openai", "models": [{"id": "gpt-new-7", "match": {"equals": "gpt-new-7"},
        "prices": {"input_mtok": 3, "output_mtok": 4}}]}]"#;
    let updated = quotah.cli(&["prices", "update", "--from", &write("genai.json", genai)]);
    assert_eq!(
        (updated.code(), &*updated.stdout),
        (0, "changed openai gpt-new-7\n")
    );
    let again = quotah.cli(&["prices", "update", "--from", &write("genai.json", genai)]);
    assert_eq!((again.code(), &*again.stdout), (0, ""));
    quotah.admin(Request::post("/admin/v1/reload", ""));
    assert_eq!(cost(), Some(rates(3_000_000, 4_000_000).picousd(billed(2))));
}
