//! Limits that change while they are used, and figures that mean nothing.

use serde_json::json;

use super::{assert_refused, chat, limit, number, until_refused, with};
use crate::harness::{Quotah, Request, Response, eventually, provider};

/// Waits until the limit has that figure.
fn in_force(quotah: &Quotah, id: &str, requests_per_hour: u64) {
    eventually("the new figure", || {
        let answer = quotah.admin(Request::get(&format!("/admin/v1/limits/{id}")));
        let is_it = answer.status == 200 && answer.json()["requests_per_hour"] == requests_per_hour;
        is_it.then_some(())
    });
}

#[test]
fn a_reload_keeps_what_was_used() {
    let provider = provider();
    let config = |most: u64, more: &str| {
        with(
            &provider,
            &limit("l", &format!("requests_per_hour = {most}\n{more}")),
        )
    };
    let quotah = config(4, "").start();
    assert_eq!(until_refused(&quotah, &chat(), 4).0, 4);
    // All of an hour was used. Of eight in an hour one comes back after seven minutes and a half.
    quotah.write_config(&config(8, "").toml());
    in_force(&quotah, "l", 8);
    let refused = quotah.send(&chat());
    assert_refused(&refused, "openai");
    let wait = number(&refused, "retry-after");
    assert!((390..=450).contains(&wait), "{wait}");
    // Counted otherwise, it is another limit.
    quotah.write_config(&config(2, "per = \"model\"").toml());
    in_force(&quotah, "l", 2);
    assert_eq!(until_refused(&quotah, &chat(), 2).0, 2);
}

#[test]
fn a_limit_of_the_admin_plane_holds_at_once_changes_and_goes() {
    let provider = provider();
    let quotah = with(&provider, "").start();
    let form = json!({ "id": "made", "requests_per_hour": 2 }).to_string();
    let made = quotah.admin(Request::post("/admin/v1/limits", form));
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(until_refused(&quotah, &chat(), 2).0, 2);
    let delete = |id: &str| -> Response {
        quotah.admin(Request::of("DELETE", &format!("/admin/v1/limits/{id}")))
    };
    assert!(matches!(delete("made").status, 200 | 204));
    assert_eq!(quotah.send(&chat()).status, 200);
}

#[test]
fn a_figure_of_zero_is_refused_with_its_place() {
    let provider = provider();
    let dir = tempfile::tempdir().expect("a directory");
    for figure in [
        "requests_per_minute",
        "requests_per_hour",
        "requests_per_day",
        "tokens_per_minute",
        "concurrent",
        "concurrent_streams",
    ] {
        let toml = with(&provider, &limit("none", &format!("{figure} = 0"))).toml();
        let file = dir.path().join("quotah.toml");
        std::fs::write(&file, toml).expect("written");
        let file = file.to_str().expect("text");
        let done = crate::harness::Command::new(["check", "--config", file]).run();
        assert_eq!(done.status.code(), Some(78), "{figure}: {}", done.stderr);
        assert!(done.stderr.contains(figure), "{figure}: {}", done.stderr);
    }
}
