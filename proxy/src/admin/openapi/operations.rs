//! What the document says of each route, in the order of the table.

use serde_json::{Value, json};

use super::Doc;
use crate::admin::config::ReloadReport;
use crate::admin::{events, rate_limits, requests, usage};
use crate::ledger::{Entry, Sums};

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

pub(crate) fn rate_limits(doc: Doc) -> Doc {
    let row = json!({
        "provider": "openai", "deployment": "openai/gpt-4o-mini", "credential": "api_key",
        "kind": "requests", "limit": 500, "remaining": 499, "reset_at": "2026-11-21T08:00:00Z",
        "window_seconds": 60, "seen_at": "2026-11-21T07:59:59Z",
    });
    doc.says("What every provider said last about its limits")
        .query::<rate_limits::Wanted>()
        .gives_like(200, "A page.", &page(row))
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
        .gives_like(200, "A page.", &page(json!(Entry::default())))
}

pub(crate) fn request(doc: Doc) -> Doc {
    doc.says("One ledger entry")
        .gives_like(200, "The entry.", &json!(Entry::default()))
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

pub(crate) fn events(doc: Doc) -> Doc {
    let row = json!({ "id": "18c0ffee-1", "event": "reload", "data": {} });
    doc.says("What happens, as it happens")
        .explains(
            "With `accept: text/event-stream`, a stream of server-sent events that `Last-Event-ID` resumes; \
             who reads too slowly gets `event: gap`. Otherwise the latest, newest first. Requests are told of \
             while somebody listens, and for a minute after.",
        )
        .query::<events::Wanted>()
        .gives_like(200, "The latest, or a stream.", &page(row))
        .gives_text(200, "", "text/event-stream")
}

/// A page with one row.
fn page(row: Value) -> Value {
    json!({ "items": [row], "next": null })
}
