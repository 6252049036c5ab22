//! Virtual keys made while the program runs: at once in force, at once out of it, and nowhere to be read.

use std::time::Duration;

use quotah_bench::mock::Mock;
use serde_json::Value;

use crate::harness::{Config, Quotah, Request, Response, eventually, now, provider};

/// A server that demands keys, with the mock provider behind it.
fn server(provider: &Mock) -> Quotah {
    Config::toward(provider)
        .server("require_key = true")
        .start()
}

/// Runs `quotah keys …` and reads its JSON.
fn keys(quotah: &Quotah, args: &[&str]) -> Value {
    let args = [&["keys"], args, &["--output", "json"]].concat();
    let done = quotah.cli(&args);
    assert!(done.status.success(), "{args:?}: {}", done.stderr);
    serde_json::from_str(&done.stdout).expect("JSON")
}

fn text<'a>(key: &'a Value, field: &str) -> &'a str {
    key[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {key}"))
}

fn ask(quotah: &Quotah, secret: &str) -> Response {
    let body = r#"{"model":"gpt-4o-mini","messages":[]}"#;
    quotah.send(&Request::post("/v1/chat/completions", body).bearer(secret))
}

/// Everything of an answer but what differs between any two.
fn face(response: &Response) -> (u16, Vec<(String, String)>, String) {
    let headers = response
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| name != "x-quotah-request-id" && name != "date")
        .collect();
    headers.sort();
    (response.status, headers, response.text())
}

#[test]
fn a_key_of_the_command_line_serves_at_once_and_is_accounted_to_its_owner() {
    let provider = provider();
    let quotah = server(&provider);
    let owner = [
        "--team",
        "research",
        "--user",
        "u",
        "--project",
        "p",
        "--tag",
        "feature=x",
    ];
    let key = keys(
        &quotah,
        &[
            &["create", "--id", "k3v9x0a1b2c4", "--name", "ci"],
            &owner[..],
        ]
        .concat(),
    );
    assert_eq!(text(&key, "prefix"), "sk-qh-k3v9x0a1b2c4");
    let secret = text(&key, "secret");
    eventually("the key is known", || {
        (ask(&quotah, secret).status == 200).then_some(())
    });
    let entry = &quotah.ledger_of(1)[0];
    for (field, value) in [
        ("key", "k3v9x0a1b2c4"),
        ("team", "research"),
        ("user", "u"),
        ("project", "p"),
    ] {
        assert_eq!(entry.0[field], value, "{field}");
    }
    let listed = keys(&quotah, &["list", "--team", "research"]);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(text(&listed["items"][0], "status"), "active");
    assert!(listed["items"][0].get("secret").is_none());
    // For scripts: the secret alone.
    let plain = quotah.cli(&["keys", "create"]);
    assert!(plain.stdout.starts_with("sk-qh-") && plain.stdout.lines().count() == 1);
    let again = quotah.cli(&["keys", "create", "--id", "k3v9x0a1b2c4"]);
    assert_eq!(again.status.code(), Some(1), "{}", again.stderr);
    let wrong = quotah.cli(&["keys", "create", "--network", "nowhere"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", wrong.stderr);
}

#[test]
fn what_is_not_valid_looks_the_same_whatever_the_reason() {
    let provider = provider();
    let quotah = server(&provider);
    let secret = |key: &Value| text(key, "secret").to_owned();
    let good = secret(&keys(&quotah, &["create"]));
    let revoked = keys(&quotah, &["create"]);
    keys(&quotah, &["revoke", text(&revoked, "id")]);
    let expired = keys(&quotah, &["create", "--expires", "1s"]);
    let elsewhere = keys(&quotah, &["create", "--network", "203.0.113.0/24"]);
    // Form and checksum are right, but it is a key of another installation.
    let other = tempfile::tempdir().expect("a directory");
    let other = other.path().to_str().expect("text");
    let unknown = secret(&keys(&quotah, &["create", "--data-dir", other]));
    eventually("the keys are known", || {
        (ask(&quotah, &good).status == 200).then_some(())
    });
    let expected = face(&ask(&quotah, "sk-qh-abcdefabcdef-0123456789"));
    assert_eq!(expected.0, 401);
    eventually("the short one has expired", || {
        (ask(&quotah, &secret(&expired)).status == 401).then_some(())
    });
    for (which, secret) in [
        ("revoked", secret(&revoked)),
        ("expired", secret(&expired)),
        ("from elsewhere", secret(&elsewhere)),
        ("unknown", unknown),
    ] {
        assert_eq!(face(&ask(&quotah, &secret)), expected, "{which}");
    }
}

#[test]
fn a_rotated_key_and_the_one_before_it_both_serve_for_the_overlap() {
    let provider = provider();
    let quotah = server(&provider);
    let first = keys(&quotah, &["create"]);
    let id = text(&first, "id");
    let second = keys(&quotah, &["rotate", id, "--overlap", "1h"]);
    assert_eq!(text(&second, "status"), "rotating");
    for key in [&first, &second] {
        let secret = text(key, "secret");
        eventually("it serves", || {
            (ask(&quotah, secret).status == 200).then_some(())
        });
    }
    let third = keys(&quotah, &["rotate", id]);
    eventually("the others are out", || {
        let status = |key| ask(&quotah, text(key, "secret")).status;
        ([status(&first), status(&second), status(&third)] == [401, 401, 200]).then_some(())
    });
}

#[test]
fn a_revoked_key_stops_within_a_tenth_of_a_second() {
    let provider = provider();
    let quotah = server(&provider);
    let mut waits = Vec::new();
    for _ in 0..5 {
        let key = keys(&quotah, &["create"]);
        let secret = text(&key, "secret");
        eventually("it serves", || {
            (ask(&quotah, secret).status == 200).then_some(())
        });
        keys(&quotah, &["revoke", text(&key, "id")]);
        let since = now();
        eventually("it is refused", || {
            (ask(&quotah, secret).status == 401).then_some(())
        });
        waits.push(since.elapsed());
    }
    // The median: a busy machine may keep one of them waiting.
    waits.sort();
    assert!(waits[2] < Duration::from_millis(100), "{waits:?}");
}

#[test]
fn keys_and_what_they_may_do_outlive_a_restart() {
    let provider = provider();
    let quotah = server(&provider);
    let key = keys(&quotah, &["create", "--operation", "embeddings"]);
    let secret = text(&key, "secret").to_owned();
    let quotah = quotah.restart(rustix::process::Signal::KILL);
    let refused = ask(&quotah, &secret);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert!(refused.text().contains("chat"), "{}", refused.text());
    keys(
        &quotah,
        &["patch", text(&key, "id"), "--unset", "operations"],
    );
    eventually("it may now", || {
        (ask(&quotah, &secret).status == 200).then_some(())
    });
}

#[test]
fn a_secret_is_in_no_file_no_log_and_no_answer() {
    let provider = provider();
    let quotah = server(&provider);
    let key = keys(&quotah, &["create", "--team", "t"]);
    let other = keys(&quotah, &["rotate", text(&key, "id"), "--overlap", "1h"]);
    for key in [&key, &other] {
        let secret = text(key, "secret");
        eventually("it serves", || {
            (ask(&quotah, secret).status == 200).then_some(())
        });
    }
    quotah.ledger_of(2);
    let mut seen = vec![quotah.stderr()];
    for target in [
        "/metrics",
        "/admin/v1/config",
        "/admin/v1/requests",
        "/healthz",
    ] {
        seen.push(quotah.admin(Request::get(target)).text());
    }
    seen.push(quotah.cli(&["keys", "list", "--output", "csv"]).stdout);
    seen.push(quotah.cli(&["keys", "show", text(&key, "id")]).stdout);
    seen.extend(files(&quotah.data_dir()));
    assert!(
        seen.iter().any(|text| text.contains("key.rotate")),
        "the registry was read"
    );
    for key in [&key, &other] {
        let secret = &text(key, "secret")["sk-qh-k3v9x0a1b2c4-".len()..];
        let found = seen.iter().position(|text| text.contains(secret));
        assert_eq!(found, None, "of {} texts", seen.len());
    }
}

/// Every file below `dir`, as text.
fn files(dir: &std::path::Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            texts.extend(files(&path));
        } else if path.is_file() {
            texts.push(String::from_utf8_lossy(&std::fs::read(&path).expect("read")).into_owned());
        }
    }
    texts
}
