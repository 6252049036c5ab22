//! Limits of one key: of the configuration, of the command line, changed while it is used.

use serde_json::Value;

use super::{assert_refused, chat, limit, number, until_refused, with};
use crate::harness::{Config, Quotah, eventually, provider};

const RED: &str = "sk-virtual-key-of-red";

fn keys(quotah: &Quotah, args: &[&str]) -> Value {
    let args = [&["keys"], args, &["--output", "json"]].concat();
    let done = quotah.cli(&args);
    assert!(done.status.success(), "{args:?}: {}", done.stderr);
    serde_json::from_str(&done.stdout).expect("JSON")
}

#[test]
fn a_key_of_the_configuration_has_limits_of_its_own_beside_the_rules() {
    let provider = provider();
    let quotah = with(&provider, &limit("all", "requests_per_hour = 4"))
        .key("red", RED, "limits = { requests_per_hour = 3 }")
        .start();
    let (served, refused) = until_refused(&quotah, &chat().bearer(RED), 3);
    assert_eq!(served, 3);
    let message = assert_refused(&refused, "openai");
    assert!(
        message.contains("limit \"key:red\" of 3 requests per hour"),
        "{message}"
    );
    // Who has no key counts in the rule alone.
    let (served, refused) = until_refused(&quotah, &chat(), 4);
    assert_eq!(served, 1);
    assert!(assert_refused(&refused, "openai").contains("\"all\""));
}

#[test]
fn a_key_of_the_command_line_is_limited_and_a_changed_figure_keeps_what_was_used() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("require_key = true")
        .start();
    let made = keys(
        &quotah,
        &["create", "--requests-per-hour", "2", "--concurrent", "9"],
    );
    let id = made["id"].as_str().expect("an id");
    let secret = made["secret"].as_str().expect("a secret");
    let ask = || chat().bearer(secret);
    eventually("the key is known", || {
        (quotah.send(&ask()).status == 200).then_some(())
    });
    let (served, refused) = until_refused(&quotah, &ask(), 2);
    assert_eq!(served, 1);
    let message = assert_refused(&refused, "openai");
    assert!(
        message.contains(&format!("\"key:{id}\" of 2 requests per hour")),
        "{message}"
    );
    keys(&quotah, &["patch", id, "--requests-per-hour", "5"]);
    // All of an hour was used: of five in an hour one comes back after twelve minutes.
    let refused = eventually("the new figure holds", || {
        let answer = quotah.send(&ask());
        let is_new = assert_refused(&answer, "openai").contains("of 5 requests per hour");
        is_new.then_some(answer)
    });
    let wait = number(&refused, "retry-after");
    assert!((660..=720).contains(&wait), "{wait}");
}

#[test]
fn what_all_new_keys_get_holds_for_them() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .server("require_key = true")
        .table("[key_defaults]\nlimits = { requests_per_hour = 1 }")
        .start();
    let made = keys(&quotah, &["create"]);
    let secret = made["secret"].as_str().expect("a secret");
    eventually("the key is known", || {
        (quotah.send(&chat().bearer(secret)).status == 200).then_some(())
    });
    assert_eq!(quotah.send(&chat().bearer(secret)).status, 429);
}

#[test]
fn a_rotated_key_and_a_reloaded_one_go_on_with_what_was_used() {
    let provider = provider();
    let config = |more: &str| {
        with(&provider, "").key(
            "red",
            RED,
            &format!("limits = {{ requests_per_hour = 2 }}\n{more}"),
        )
    };
    let quotah = config("").start();
    assert_eq!(until_refused(&quotah, &chat().bearer(RED), 2).0, 2);
    quotah.write_config(&config("team = \"moved\"").toml());
    eventually("the key has moved", || {
        assert_eq!(quotah.send(&chat().bearer(RED)).status, 429);
        let entries = quotah.ledger();
        (entries.last().map(|entry| entry.str("team")) == Some("moved")).then_some(())
    });
    let made = keys(&quotah, &["create", "--requests-per-hour", "1"]);
    let text = |key: &Value, field: &str| key[field].as_str().expect("a text").to_owned();
    let old = text(&made, "secret");
    eventually("the key is known", || {
        (quotah.send(&chat().bearer(&old)).status == 200).then_some(())
    });
    let rotated = keys(&quotah, &["rotate", &text(&made, "id"), "--overlap", "1h"]);
    let new = text(&rotated, "secret");
    eventually("the new secret is known", || {
        let status = quotah.send(&chat().bearer(&new)).status;
        assert_ne!(status, 200, "the hour is used up");
        (status == 429).then_some(())
    });
    assert_eq!(quotah.send(&chat().bearer(&old)).status, 429);
}
