//! Whose answers they are: a kept one goes to nobody but whom it was first given to.

use super::{BODY, CHAT, STREAM, asked, assert_hit, said, using};
use crate::budgets::hard;
use crate::harness::{Config, Request, picousd, provider};

const RED: &str = "sk-virtual-key-of-red";
const BLUE: &str = "sk-virtual-key-of-blue";

#[test]
fn two_keys_never_share_an_answer() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .key("red", RED, "team = \"one\"")
        .key("blue", BLUE, "team = \"one\"")
        .start();
    for body in [BODY, STREAM] {
        for key in [RED, BLUE] {
            assert_eq!(said(&quotah.send(&using(CHAT, body).bearer(key))), "miss");
        }
        assert_eq!(said(&quotah.send(&using(CHAT, body))), "miss", "nobody's");
        for key in [RED, BLUE] {
            assert_hit(&quotah.send(&using(CHAT, body).bearer(key)), key);
        }
    }
    assert_eq!(asked(&provider), 6);
    let keys: Vec<_> = quotah
        .ledger()
        .iter()
        .map(|e| e.str("key").to_owned())
        .collect();
    assert_eq!(&keys[3..5], ["red", "blue"]);
}

#[test]
fn clients_with_credentials_of_their_own_never_share_an_answer() {
    let provider = provider();
    let quotah = Config::empty()
        .table(&format!(
            "[[providers]]\nkind = \"openai\"\nbase_url = \"{}\"\ncredential = \"client\"",
            provider.url()
        ))
        .table(&format!(
            "[[providers]]\nkind = \"gemini\"\nbase_url = \"{}\"\ncredential = \"client\"",
            provider.url()
        ))
        .start();
    let gemini = |key: &str| {
        let target = format!("/v1beta/models/gemini-2.5-flash:generateContent?key={key}");
        using(&target, r#"{"contents":[]}"#)
    };
    let asks: [Request; 8] = [
        using(CHAT, BODY).bearer("sk-one"),
        using(CHAT, BODY).bearer("sk-two"),
        using(CHAT, BODY).header("api-key", "sk-one"),
        using(CHAT, BODY)
            .bearer("sk-one")
            .header("openai-organization", "o"),
        using(CHAT, BODY)
            .bearer("sk-one")
            .header("cookie", "session=1"),
        gemini("one"),
        gemini("two"),
        using(CHAT, BODY),
    ];
    for (place, request) in asks.iter().enumerate() {
        let response = quotah.send(request);
        assert_eq!(said(&response), "miss", "{place}: {}", response.text());
    }
    for (place, request) in asks.iter().enumerate() {
        assert_hit(&quotah.send(request), &place.to_string());
    }
    assert_eq!(asked(&provider), asks.len());
}

#[test]
fn a_kept_answer_is_given_when_there_is_no_money_and_no_turn_left() {
    let provider = provider();
    let limits =
        "[[limits]]\nid = \"two\"\nmatch = { model = \"gpt-4o-mini\" }\nrequests_per_hour = 2";
    let config = |limit_picousd| {
        Config::toward(&provider)
            .table(&hard("all", limit_picousd, "window = \"day\""))
            .table(limits)
    };
    let quotah = config(1_000_000_000).start();
    let first = quotah.send(&using(CHAT, BODY));
    assert_eq!(said(&first), "miss", "{}", first.text());
    for _ in 0..5 {
        assert_hit(&quotah.send(&using(CHAT, BODY)), "served");
    }
    assert_eq!(quotah.post(CHAT, BODY).status, 200);
    assert_eq!(quotah.post(CHAT, BODY).status, 429, "no turn left");
    assert_hit(&quotah.send(&using(CHAT, BODY)), "served all the same");
    quotah.write_config(&config(1).toml());
    crate::harness::eventually("no money left", || {
        let refused = quotah.post(CHAT, &BODY.replace("-mini", ""));
        refused.text().contains("budget").then_some(())
    });
    assert_hit(&quotah.send(&using(CHAT, BODY)), "served for nothing");
    let entries = quotah.ledger();
    let budget = quotah.admin_json("/admin/v1/budgets/all");
    let spent: u64 = entries
        .iter()
        .map(|entry| picousd(entry.0["cost_usd"].as_str().unwrap_or("0")))
        .sum();
    let account = &budget["accounts"][0];
    assert_eq!(picousd(account["spent_usd"].as_str().unwrap()), spent);
    assert_eq!(picousd(account["reserved_usd"].as_str().unwrap()), 0);
}

#[test]
fn what_a_key_may_not_have_it_does_not_get_from_here_either() {
    let provider = provider();
    let config = |more: &str| Config::toward(&provider).key("red", RED, more);
    let quotah = config("").start();
    let ask = || quotah.send(&using(CHAT, BODY).bearer(RED));
    assert_eq!(said(&ask()), "miss");
    assert_hit(&ask(), "allowed");
    for (more, status) in [
        ("models = [\"gpt-4o\"]", 403),
        ("providers = [\"anthropic\"]", 403),
        ("guards = { body_bytes_max = 10 }", 413),
    ] {
        quotah.write_config(&config(more).toml());
        crate::harness::eventually(more, || (ask().status == status).then_some(()));
    }
    quotah.write_config(&config("").toml());
    crate::harness::eventually("allowed again", || (said(&ask()) == "hit").then_some(()));
    // A key that is held to less output does not get the long answer that it once got.
    quotah
        .write_config(&config("guards = { max_tokens = 1, max_tokens_action = \"clamp\" }").toml());
    crate::harness::eventually("another answer", || (said(&ask()) == "miss").then_some(()));
}
