//! What else happens to a request on its way holds for translated ones as well: guards, mirrors, caches, credentials,
//! histories.

use quotah_bench::mock::Directives;

use super::{Caller, DEPLOYMENTS, config, gateway, pairs, said, says};
use crate::harness::{Config, Request, provider, served};

#[test]
fn a_guards_cap_on_output_holds_whatever_the_dialect() {
    let (provider, quotah) =
        gateway("[[guards]]\nid = \"g\"\nmax_tokens = 77\nmax_tokens_action = \"clamp\"\n");
    for (caller, to) in pairs() {
        provider.forget();
        let answer = quotah.send(&caller.ask(to.route, false));
        let what = format!("{caller:?} {}: {}", to.route, answer.text());
        assert_eq!(answer.status, 200, "{what}");
        assert_eq!(answer.header("x-quotah-max-tokens"), Some("77"), "{what}");
        let seen = served(&provider, 1).remove(0);
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        assert!(body.contains(":77"), "{what} {body}");
    }
}

#[test]
fn a_mirror_of_another_dialect_is_asked_in_its_own() {
    let (first, second) = (provider(), provider());
    let quotah = Config::empty()
        .provider("openai", "openai", &first.url(), "")
        .provider("anthropic", "anthropic", &second.url(), "")
        .route(
            "m",
            "mirror = { provider = \"anthropic\", model = \"claude-haiku-4-5\", share = 1 }",
            &["openai/gpt-4o-mini"],
        )
        .start();
    for streams in [false, true] {
        second.forget();
        let answer = quotah.send(&Caller::Chat.ask("m", streams));
        assert_eq!(answer.status, 200);
        let copy = served(&second, 1).remove(0);
        assert_eq!(copy.target, "/v1/messages");
        let copied = |entries: &[crate::harness::Entry]| {
            let mut all = entries.iter().rev();
            all.find(|entry| entry.str("role") == "mirror").cloned()
        };
        let entry = crate::harness::eventually("the copy is booked", || {
            let id = answer.header("x-quotah-request-id")?;
            copied(&quotah.ledger()).filter(|entry| entry.str("parent") == id)
        });
        assert_eq!(entry.str("outcome"), "ok", "{}", entry.0);
        assert_eq!(entry.str("translated_to"), "anthropic");
        assert_eq!(entry.tokens(), copy.billed);
    }
    // What the mirror cannot be told is not copied, and nobody is the worse for it.
    second.forget();
    let answer = quotah.send(&Caller::Chat.ask_with("m", false, r#","logprobs":true"#));
    assert_eq!(answer.status, 200);
    let answer = quotah.send(&Caller::Chat.ask("m", false));
    assert_eq!(answer.status, 200);
    assert_eq!(served(&second, 1).len(), 1);
}

#[test]
fn a_translated_answer_is_kept_and_given_again_byte_for_byte() {
    let provider = provider();
    let row = DEPLOYMENTS[2].row;
    let quotah = Config::toward(&provider)
        .table(&format!(
            "[[models]]\nname = \"kept\"\ncache = {{ any_temperature = true }}\ndeployments = [{row}]"
        ))
        .start();
    for streams in [false, true] {
        let first = quotah.send(&Caller::Chat.ask("kept", streams));
        assert_eq!(first.header("x-quotah-cache"), Some("miss"));
        let again = quotah.send(&Caller::Chat.ask("kept", streams));
        assert_eq!(again.header("x-quotah-cache"), Some("hit"));
        assert_eq!(again.body, first.body);
        let kind =
            |answer: &crate::harness::Response| answer.header("content-type").map(str::to_owned);
        assert_eq!(kind(&again), kind(&first));
    }
    assert_eq!(provider.requests().len(), 2);
}

#[test]
fn a_clients_own_credential_goes_to_no_provider_of_another_dialect() {
    let provider = provider();
    let quotah = Config::empty()
        .table(&format!(
            "[[providers]]\nkind = \"anthropic\"\nbase_url = \"{}\"\ncredential = \"client\"",
            provider.url()
        ))
        .route("m", "", &["anthropic/claude-haiku-4-5"])
        .start();
    let own = Caller::Messages
        .ask("m", false)
        .header("x-api-key", "sk-ant-x");
    assert_eq!(quotah.send(&own).status, 200);
    provider.forget();
    let answer = quotah.send(&Caller::Chat.ask("m", false).bearer("sk-ant-x"));
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(
        answer.text().contains("no credential for the provider"),
        "{}",
        answer.text()
    );
    assert_eq!(provider.requests().len(), 0);
}

#[test]
fn thoughts_that_another_provider_signed_stay_out_of_what_the_clients_own_dialect_is_asked() {
    let provider = provider();
    let (openai, anthropic) = (DEPLOYMENTS[0].row, DEPLOYMENTS[2].row);
    let quotah = Config::toward(&provider)
        .table(&format!(
            "[[models]]\nname = \"both\"\ndeployments = [{anthropic}, {openai}]"
        ))
        .start();
    let history = |signature: &str| {
        format!(
            r#"{{"model":"both","max_tokens":64,"messages":[{{"role":"user","content":"a"}},
            {{"role":"assistant","content":[{{"type":"thinking","thinking":"hm","signature":"{signature}"}},
            {{"type":"text","text":"b"}}]}},{{"role":"user","content":"c"}}]}}"#
        )
    };
    for (signature, stays) in [("EqQBCgIYAh", true), ("qh1.gemini.s.AB", false)] {
        provider.forget();
        let answer = quotah.post("/v1/messages", &history(signature));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let seen = served(&provider, 1).remove(0);
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        assert_eq!(seen.target, "/v1/messages");
        assert_eq!(body.contains(signature), stays, "{body}");
        assert!(
            body.contains("claude-haiku-4-5") && body.contains("\"b\""),
            "{body}"
        );
        if stays {
            let sent = history(signature).replace("\"both\"", "\"claude-haiku-4-5\"");
            assert_eq!(body, sent);
        }
    }
}

#[test]
fn explain_says_that_a_deployment_would_be_asked_in_another_dialect() {
    let (_provider, quotah) = gateway("");
    let explained =
        quotah.admin_json("/admin/v1/explain?key=anonymous&model=to-anthropic&operation=chat");
    assert_eq!(
        explained["route"]["translated_to"], "anthropic",
        "{explained}"
    );
    // Without an operation it is the model's own that is asked about.
    let explained = quotah.admin_json("/admin/v1/explain?key=anonymous&model=to-anthropic");
    assert_eq!(
        explained["route"]["translated_to"],
        serde_json::Value::Null,
        "{explained}"
    );
}

#[test]
fn a_long_history_that_comes_in_many_pieces_is_translated_whole() {
    let provider = provider();
    let quotah = config(&provider, "").start();
    says(&provider, Directives::default());
    let text = "abc \\u00e9 ".repeat(60_000);
    let body = Caller::Messages
        .body("to-chat", false, "")
        .replace("how many?", &text);
    let sizes = [1_000, 7, 65_536];
    let request = Request::of("POST", "/v1/messages")
        .header("content-type", "application/json")
        .chunked(&body, &sizes);
    let answer = quotah.send(&request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(Caller::Messages.text(&answer, false), said(false));
    let seen = served(&provider, 1).remove(0);
    assert!(String::from_utf8_lossy(&seen.body).contains(&text));
}
