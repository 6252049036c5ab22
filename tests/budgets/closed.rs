//! Where money is at stake and something is unknown, the door stays shut.

use super::{hard, usd, with};
use crate::harness::{Request, eventually, provider};

const BODY: &str = r#"{"model":"gpt-4o-mini","messages":[]}"#;

#[test]
fn a_model_without_a_price_is_refused_where_a_hard_budget_holds_and_served_where_none_does() {
    let provider = provider();
    let limited = "match = { team = \"red\" }\n";
    let quotah = with(&provider, &hard("red", 1_000_000_000_000, limited))
        .key("k-red", "sk-virtual-red-000001", "team = \"red\"")
        .start();
    let body = r#"{"model":"unheard-of","messages":[]}"#;
    let refused =
        quotah.send(&Request::post("/v1/chat/completions", body).bearer("sk-virtual-red-000001"));
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["error"]["code"], "model_unpriced");
    assert_eq!(quotah.post("/v1/chat/completions", body).status, 200);
    assert_eq!(
        quotah.metric("quotah_refused_total", &[("reason", "model_unpriced")]) as u64,
        1
    );
}

#[test]
fn a_budget_without_money_refuses_before_any_provider_is_called() {
    let provider = provider();
    let quotah = with(&provider, &hard("none", 0, "window = \"day\"\n")).start();
    let refused = quotah.post("/v1/chat/completions", BODY);
    assert_eq!(refused.status, 429);
    let error = &refused.json()["error"];
    assert_eq!(error["code"], "insufficient_quota");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("\"none\"") && message.contains("begins anew at 20"),
        "{message}"
    );
    assert_eq!(provider.requests().len(), 0);
    let entry = quotah.ledger_of(1).remove(0);
    assert_eq!(
        (entry.str("outcome"), entry.str("reason")),
        ("refused", "insufficient_quota")
    );
}

#[test]
fn a_soft_budget_never_refuses_and_tells_each_threshold_once() {
    let provider = provider();
    let soft = format!(
        "[[budgets]]\nid = \"soft\"\nlimit_usd = \"{}\"\nmode = \"soft\"\nalert_at = [0.5, 1.0]\nwindow = \"year\"\n",
        usd(60_000_000)
    );
    let quotah = with(&provider, &soft).start();
    for _ in 0..6 {
        let answer = quotah.post("/v1/chat/completions", BODY);
        assert_eq!(answer.status, 200);
    }
    let told = eventually("both thresholds", || {
        let events = quotah.admin_json("/admin/v1/events?limit=100");
        let events = events["items"].as_array().cloned().unwrap_or_default();
        let told: Vec<String> = events
            .iter()
            .map(|event| &event["data"])
            .filter(|data| data["type"] == "budget.threshold")
            .map(|data| data["threshold"].to_string())
            .collect();
        (told.len() >= 2).then_some(told)
    });
    assert_eq!(told.len(), 2, "{told:?}");
    let thresholds = quotah.metric(
        "quotah_budget_threshold_crossings_total",
        &[("budget", "soft")],
    );
    assert_eq!(thresholds as u64, 2);
}

#[test]
fn a_hard_budget_refuses_while_the_ledger_cannot_be_written_and_nothing_else_does() {
    let provider = provider();
    let limited = "match = { team = \"red\" }\n";
    let quotah = with(&provider, &hard("red", 1_000_000_000_000, limited))
        .key("k-red", "sk-virtual-red-000001", "team = \"red\"")
        .start();
    let red = || {
        quotah.send(&Request::post("/v1/chat/completions", BODY).bearer("sk-virtual-red-000001"))
    };
    assert_eq!(red().status, 200);
    quotah.process().limit_file_size(Some(0));
    let refused = red();
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert_eq!(refused.json()["error"]["code"], "ledger_unavailable");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(quotah.post("/v1/chat/completions", BODY).status, 200);
    quotah.process().limit_file_size(None);
    eventually("the ledger takes records again", || {
        (red().status == 200).then_some(())
    });
}
