//! What the document says of each route, in the order of the table.

use serde_json::{Value, json};

use super::Doc;
use super::faces::{
    account, budget_face, budget_form, guard_face, guard_form, key_face, key_form, limit_face,
    limit_form, provider_row, with_secret,
};
use crate::admin::budgets::{AdjustForm, RaiseForm};
use crate::admin::config::ReloadReport;
use crate::admin::keys::RotateForm;
use crate::admin::{Explanation, Question};
use crate::admin::{audit, budgets, events, keys, providers, rate_limits, recommendations};
use crate::admin::{requests, rules, usage};
use crate::ledger::{Attempt, Decision, Entry, Sums, Weighed, Whole};
use crate::whatif::Advice;

pub(crate) fn livez(doc: Doc) -> Doc {
    doc.says("Whether the process is there")
        .gives_text(200, "It is.", "text/plain")
}

pub(crate) fn readyz(doc: Doc) -> Doc {
    doc.says("Whether it may be sent requests")
        .gives_text(200, "It may.", "text/plain")
        .gives_text(503, "It may not: it is leaving.", "text/plain")
}

pub(crate) fn healthz(doc: Doc) -> Doc {
    let component = json!({ "name": "ledger", "state": "up", "reason": null });
    let sample = json!({ "state": "up", "ready": true, "components": [component] });
    doc.says("How each component is doing")
        .gives_like(200, "Nothing is down.", &sample)
        .gives_like(503, "Something is down.", &sample)
}

pub(crate) fn metrics(doc: Doc) -> Doc {
    doc.says("Figures for Prometheus").gives_text(
        200,
        "The text format, version 0.0.4.",
        "text/plain",
    )
}

pub(crate) fn openapi(doc: Doc) -> Doc {
    let sample = json!({ "openapi": "3.1.0" });
    doc.says("This document").gives_like(200, "It.", &sample)
}

pub(crate) fn status(doc: Doc) -> Doc {
    let sample = json!({
        "version": "0.1.0", "commit": "unknown", "pid": 4242,
        "started_at": "2026-11-21T08:00:00Z", "uptime_seconds": 3600,
        "config": { "digest": "0123456789abcdef" }, "prices": { "version": "2026-11-20" },
        "store": {
            "health": "ok", "reason": null, "entries": 1, "bytes": 4096, "backlog": 0, "dropped": 0,
            "errors": 0, "damaged_ranges": 0, "synced_at": "2026-11-21T08:00:00Z",
        },
        "in_flight": { "requests": 0, "streams": 0 },
    });
    doc.says("Version, uptime, configuration, ledger, requests in flight")
        .gives_like(200, "How it stands.", &sample)
}

pub(crate) fn config(doc: Doc) -> Doc {
    let sample = json!({ "digest": "0123456789abcdef", "config": {} });
    doc.says("The configuration in force, without its secrets")
        .gives_like(200, "The merged configuration.", &sample)
}

pub(crate) fn reload(doc: Doc) -> Doc {
    doc.says("Load the configuration again")
        .explains("All or nothing: a wrong configuration changes nothing, and `errors` says why.")
        .gives::<ReloadReport>(200, "It is in force.")
}

pub(crate) fn providers(doc: Doc) -> Doc {
    doc.says("How every deployment stands: breaker, what its answers taught, price, headroom")
        .explains(
            "Those that routes name and those that were asked. `success_rate`, `first_byte_ms`, `output_tokens` and \
             `cached_share` fade: they are of the latest answers, and `null` before there were any.",
        )
        .query::<providers::Wanted>()
        .gives_like(200, "A page.", &page(&provider_row()))
}

pub(crate) fn rate_limits(doc: Doc) -> Doc {
    let row = json!({
        "provider": "openai", "deployment": "openai/gpt-4o-mini", "credential": "api_key",
        "kind": "requests", "limit": 500, "remaining": 499, "reset_at": "2026-11-21T08:00:00Z",
        "window_seconds": 60, "seen_at": "2026-11-21T07:59:59Z",
    });
    doc.says("What every provider said last about its limits")
        .query::<rate_limits::Wanted>()
        .gives_like(200, "A page.", &page(&row))
}

pub(crate) fn prices(doc: Doc) -> Doc {
    let row = json!({
        "provider": "openai", "model": "gpt-4o-mini", "effective_from": null, "tier": "standard",
        "above_tokens": 0, "rates": {},
    });
    let sample = json!({ "version": "2026-11-20", "items": [row], "next": null });
    doc.says("The prices in force")
        .gives_like(200, "All of them.", &sample)
}

pub(crate) fn requests(doc: Doc) -> Doc {
    doc.says("Ledger entries, newest first")
        .query::<requests::Filter>()
        .gives_like(200, "A page.", &page(&json!(Entry::default())))
}

pub(crate) fn request(doc: Doc) -> Doc {
    let entry = Entry {
        decision: Some(Decision {
            strategy: "cheapest".to_owned(),
            candidates: vec![Weighed {
                deployment: "openai/gpt-4o-mini".to_owned(),
                state: "ready".to_owned(),
                chosen: true,
                score: 10_000,
                ..Weighed::default()
            }],
        }),
        attempts: vec![Attempt::default()],
        ..Entry::default()
    };
    doc.says("One ledger entry, and why it went where it went")
        .gives_like(200, "The entry.", &json!(Whole(&entry)))
}

pub(crate) fn usage(doc: Doc) -> Doc {
    let mut row = json!(Sums::default());
    let total = row.clone();
    row["start"] = "2026-11-21T07:00:00Z".into();
    row["end"] = "2026-11-21T08:00:00Z".into();
    row["group"] = json!({ "provider": "openai" });
    let sample = json!({
        "from": "2026-11-21T07:00:00Z", "to": "2026-11-21T08:00:00Z", "items": [row], "total": total,
    });
    doc.says("Requests, tokens and cost, by interval and label")
        .query::<usage::Wanted>()
        .gives_like(200, "Rows, and their total.", &sample)
}

pub(crate) fn recommendations(doc: Doc) -> Doc {
    let sample = json!({
        "from": "2026-11-14T08:00:00Z", "to": "2026-11-21T08:00:00Z", "entries": 1, "complete": true,
        "items": [Advice::default()], "next": null,
    });
    doc.says("Where the same traffic would have cost less")
        .explains(
            "Each deployment that was used, against the others of its route and every configured provider with a \
             model of the same name: the same usage at their prices, request by request, the newest 100,000. \
             `complete` says whether these are all.",
        )
        .query::<recommendations::Wanted>()
        .gives_like(200, "What would have cost less, the largest saving first.", &sample)
}

pub(crate) fn events(doc: Doc) -> Doc {
    let row = json!({ "id": "18c0ffee-1", "event": "reload", "data": {} });
    doc.says("What happens, as it happens")
        .explains(
            "With `accept: text/event-stream`, a stream of server-sent events that `Last-Event-ID` resumes; \
             who reads too slowly gets `event: gap`. Otherwise the latest, newest first. Requests are told of \
             while somebody listens, and for a minute after.",
        )
        .query::<events::Wanted>()
        .gives_like(200, "The latest, or a stream.", &page(&row))
        .gives_text(200, "", "text/event-stream")
}

pub(crate) fn explain(doc: Doc) -> Doc {
    doc.says("What would apply to a request of a key, and why")
        .explains("A token of one team is told of the rules that are its team's alone.")
        .query::<Question>()
        .gives::<Explanation>(200, "Key, route, price, budgets, limits, guards.")
}

pub(crate) fn audit(doc: Doc) -> Doc {
    let row = json!({
        "id": "019ab2c4-0000-7000-8000-000000000000", "at": "2026-11-21T08:00:00Z", "actor": "ops",
        "role": "operator", "ip": "127.0.0.1", "action": "budget.create", "target": "research",
        "before": null, "after": {}, "prev_hash": "…", "hash": "…",
    });
    doc.says("Who changed what, newest first")
        .explains("A trail that is only appended to; each record has the hash of the one before.")
        .query::<audit::Wanted>()
        .gives_like(
            200,
            "A page; with `verify=true`, also `chain`.",
            &page(&row),
        )
}

pub(crate) fn keys(doc: Doc) -> Doc {
    doc.says("Virtual keys, by id")
        .query::<keys::Filter>()
        .gives_like(200, "A page.", &page(&key_face()))
}

pub(crate) fn keys_create(doc: Doc) -> Doc {
    doc.says("Make a key")
        .explains("The answer has the secret: it is shown this once. Every member may be left out.")
        .takes_like(&key_form())
        .gives_like(201, "The key and its `secret`.", &with_secret())
}

pub(crate) fn key(doc: Doc) -> Doc {
    doc.says("One key").gives_like(200, "The key.", &key_face())
}

pub(crate) fn key_patch(doc: Doc) -> Doc {
    doc.says("Change a key")
        .explains("A JSON merge patch (RFC 7396): a member that is `null` is taken away.")
        .conditional()
        .takes_like(&json!({ "name": "search, nightly", "expires_at": null }))
        .gives_like(200, "The key as it is now.", &key_face())
}

pub(crate) fn key_revoke(doc: Doc) -> Doc {
    doc.says("Revoke a key, for good")
        .explains("It stays in lists, and stops working everywhere within 100 ms.")
        .conditional()
        .gives_like(200, "The key as it is now.", &key_face())
}

pub(crate) fn key_rotate(doc: Doc) -> Doc {
    doc.says("Give a key a new secret")
        .conditional()
        .takes::<RotateForm>(&json!({ "overlap_seconds": 3600 }))
        .gives_like(200, "The key and its new `secret`.", &with_secret())
}

pub(crate) fn budgets(doc: Doc) -> Doc {
    list(doc, "Budgets, by id", &budget_face())
}

pub(crate) fn budgets_create(doc: Doc) -> Doc {
    doc.says("Make a budget")
        .takes_like(&budget_form())
        .gives_like(201, "The budget.", &budget_face())
}

pub(crate) fn budget(doc: Doc) -> Doc {
    doc.says("One budget with its accounts")
        .gives_like(200, "The budget.", &budget_face())
}

pub(crate) fn budget_patch(doc: Doc) -> Doc {
    let example = json!({ "limit_usd": "300.00" });
    changed(doc, "Change a budget", &example, &budget_face())
}

pub(crate) fn budget_accounts(doc: Doc) -> Doc {
    doc.says("A budget's accounts, by value")
        .query::<budgets::Wanted>()
        .gives_like(200, "A page.", &page(&account()))
}

pub(crate) fn budget_adjust(doc: Doc) -> Doc {
    doc.says("Correct what was spent")
        .explains("A recorded correction: it is in the ledger, and no entry changes.")
        .takes::<AdjustForm>(
            &json!({ "amount_usd": "-1.50", "reason": "refunded by the provider" }),
        )
        .gives_like(200, "The budget as it stands now.", &budget_face())
}

pub(crate) fn budget_raise(doc: Doc) -> Doc {
    let example = json!({ "by_usd": "100.00", "until": "2026-12-01T00:00:00Z" });
    doc.says("Allow more for a while")
        .explains("It takes the place of a raise before it.")
        .conditional()
        .takes::<RaiseForm>(&example)
        .gives_like(200, "The budget as it stands now.", &budget_face())
}

pub(crate) fn limits(doc: Doc) -> Doc {
    list(doc, "Limits, by id", &limit_face())
}

pub(crate) fn limits_create(doc: Doc) -> Doc {
    doc.says("Make a limit")
        .takes_like(&limit_form())
        .gives_like(201, "The limit.", &limit_face())
}

pub(crate) fn limit(doc: Doc) -> Doc {
    doc.says("One limit")
        .gives_like(200, "The limit.", &limit_face())
}

pub(crate) fn limit_patch(doc: Doc) -> Doc {
    let example = json!({ "requests_per_minute": 1200 });
    changed(doc, "Change a limit", &example, &limit_face())
}

pub(crate) fn guards(doc: Doc) -> Doc {
    list(doc, "Guards, by id", &guard_face())
}

pub(crate) fn guards_create(doc: Doc) -> Doc {
    doc.says("Make a guard")
        .takes_like(&guard_form())
        .gives_like(201, "The guard.", &guard_face())
}

pub(crate) fn guard(doc: Doc) -> Doc {
    doc.says("One guard")
        .gives_like(200, "The guard.", &guard_face())
}

pub(crate) fn guard_patch(doc: Doc) -> Doc {
    let example = json!({ "max_tokens": 8192 });
    changed(doc, "Change a guard", &example, &guard_face())
}

pub(crate) fn rule_remove(doc: Doc) -> Doc {
    doc.says("Take it away, for good")
        .conditional()
        .gives_nothing("It is gone.")
}

fn list(doc: Doc, says: &str, face: &Value) -> Doc {
    doc.says(says)
        .query::<rules::Filter>()
        .gives_like(200, "A page.", &page(face))
}

fn changed(doc: Doc, says: &str, example: &Value, face: &Value) -> Doc {
    doc.says(says)
        .explains("A member takes the place of the one that is there; `null` takes it away.")
        .conditional()
        .takes_like(example)
        .gives_like(200, "It, as it is now.", face)
}

/// A page with one row.
fn page(row: &Value) -> Value {
    json!({ "items": [row], "next": null })
}
