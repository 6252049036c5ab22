//! What cannot be said in a deployment's dialect: refused by name before anything is spent, or left out where the route
//! says so.

use super::{Caller, DEPLOYMENTS, gateway, says};
use crate::harness::{Config, provider, served};
use quotah_bench::mock::Directives;

/// A request that asks for what Anthropic has no words for.
const UNSAYABLE: (Caller, &str, &str) =
    (Caller::Chat, r#","seed":7,"logprobs":true"#, "to-anthropic");

#[test]
fn what_cannot_be_said_is_refused_by_field_and_deployment_and_nothing_is_sent_or_set_aside() {
    let (provider, quotah) = gateway(
        "[[budgets]]\nid = \"all\"\nlimit_usd = \"1\"\nmode = \"hard\"\nwindow = \"day\"\n",
    );
    let (caller, more, route) = UNSAYABLE;
    let answer = quotah.send(&caller.ask_with(route, false, more));
    assert_eq!(answer.status, 400, "{}", answer.text());
    let message = answer.json()["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(message.contains("`logprobs`"), "{message}");
    assert!(message.contains("anthropic/claude-haiku-4-5"), "{message}");
    assert_eq!(provider.requests().len(), 0);
    let entry = quotah.entry(&answer);
    assert_eq!(entry.str("outcome"), "refused");
    assert_eq!(entry.str("reserved_usd").trim_matches(['0', '.']), "");
    assert_eq!(entry.0["cost_nanousd"], serde_json::Value::Null);
}

#[test]
fn a_lossy_route_leaves_it_out_and_says_so() {
    let provider = provider();
    let row = DEPLOYMENTS[2].row;
    let quotah = Config::toward(&provider)
        .table(&format!(
            "[[models]]\nname = \"to-anthropic\"\nlossy = true\ndeployments = [{row}]"
        ))
        .start();
    says(&provider, Directives::default());
    let (caller, more, route) = UNSAYABLE;
    for streams in [false, true] {
        provider.forget();
        let answer = quotah.send(&caller.ask_with(route, streams, more));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let dropped = answer.header("x-quotah-dropped").unwrap_or_default();
        assert!(
            dropped.split(", ").any(|place| place == "logprobs"),
            "{dropped}"
        );
        let entry = quotah.entry(&answer);
        let listed: Vec<&str> = entry.0["dropped"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|v| v.as_str())
            .collect();
        assert_eq!(listed.join(", "), dropped);
        let body = String::from_utf8_lossy(&served(&provider, 1)[0].body).into_owned();
        assert!(!body.contains("logprobs"), "{body}");
    }
}

#[test]
fn a_deployment_that_can_say_it_is_chosen_over_one_that_cannot() {
    let provider = provider();
    let (anthropic, openai) = (DEPLOYMENTS[2].row, DEPLOYMENTS[0].row);
    let quotah = Config::toward(&provider)
        .table(&format!(
            "[[models]]\nname = \"both\"\ndeployments = [{anthropic}, {openai}]"
        ))
        .start();
    let (caller, more, _) = UNSAYABLE;
    let plain = quotah.entry(&quotah.send(&caller.ask("both", false)));
    assert_eq!(plain.str("deployment"), "anthropic/claude-haiku-4-5");
    let asked = quotah.entry(&quotah.send(&caller.ask_with("both", false, more)));
    assert_eq!(asked.str("deployment"), "openai/gpt-4o-mini");
    let first = &asked.0["decision"]["candidates"][0];
    assert_eq!(first["state"], "unsayable", "{}", asked.0);
    assert_eq!(first["translated_to"], "anthropic");
    let lost: Vec<&str> = first["lost"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v.as_str())
        .collect();
    assert!(lost.contains(&"logprobs"), "{lost:?}");
}
