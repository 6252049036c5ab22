//! A configuration is reloaded by HUP, by a change of its files and by the admin plane: whole, or not at all.

use std::fs;

use quotah_bench::mock::Mock;
use rustix::process::Signal;

use crate::harness::{Config, Quotah, Request, eventually, provider};

const BODY: &str = r#"{"model":"fast"}"#;

#[test]
fn a_changed_file_takes_effect_by_itself() {
    let provider = provider();
    let quotah = leading_to(&provider, "gpt-4o-mini").start();
    assert_eq!(model_of(&quotah), "gpt-4o-mini");
    for model in ["gpt-4o", "gpt-4.1", "gpt-4o-mini"] {
        quotah.write_config(&leading_to(&provider, model).toml());
        eventually(model, || (model_of(&quotah) == model).then_some(()));
    }
    let ok = quotah.metric("quotah_config_last_reload_successful", &[]);
    assert!((ok - 1.0).abs() < 0.1);
}

#[test]
fn a_drop_in_beside_the_file_is_part_of_the_configuration() {
    let provider = provider();
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(
        dir.path().join("quotah.toml"),
        Config::toward(&provider).toml(),
    )
    .expect("written");
    fs::create_dir(dir.path().join("conf.d")).expect("made");
    let path = dir.path().join("conf.d/fast.toml");
    let drop_in = |model| {
        let config = Config::empty().model("fast", "openai", model);
        fs::write(&path, config.tables()).expect("written");
    };
    drop_in("gpt-4o-mini");
    let quotah = Quotah::start_in(dir);
    assert_eq!(model_of(&quotah), "gpt-4o-mini");
    drop_in("gpt-4.1");
    eventually("the drop-in's change", || {
        (model_of(&quotah) == "gpt-4.1").then_some(())
    });
}

#[test]
fn hup_and_the_admin_plane_read_again_what_no_watch_sees() {
    let provider = provider();
    let secret = tempfile::NamedTempFile::new().expect("a file");
    let write = |key: &str| fs::write(secret.path(), key).expect("written");
    write("sk-first");
    let quotah = Config::empty()
        .table(&format!(
            "[[providers]]\nkind = \"openai\"\nbase_url = \"{}\"\napi_key = \"${{file:{}}}\"",
            provider.url(),
            secret.path().display()
        ))
        .start();
    let credential = || {
        assert_eq!(quotah.post("/v1/chat/completions", BODY).status, 200);
        let requests = provider.requests();
        let sent = requests
            .last()
            .and_then(|request| request.header("authorization"));
        sent.unwrap_or_default().to_owned()
    };
    assert_eq!(credential(), "Bearer sk-first");
    write("sk-second");
    quotah.signal(Signal::HUP);
    eventually("HUP", || (credential() == "Bearer sk-second").then_some(()));
    write("sk-third");
    let report = quotah.admin(Request::post("/admin/v1/reload", ""));
    assert_eq!(report.status, 200, "{}", report.text());
    assert_eq!(
        credential(),
        "Bearer sk-third",
        "in force when the answer is there"
    );
    let log = quotah.stderr();
    assert!(
        !log.contains("sk-first") && !log.contains("sk-third"),
        "{log}"
    );
}

#[test]
fn hup_right_behind_the_ready_line_reloads_and_does_not_kill() {
    let provider = provider();
    for _ in 0..3 {
        let quotah = leading_to(&provider, "gpt-4o-mini").start();
        quotah.signal(Signal::HUP);
        quotah.process().line_with("\"HUP\"");
        assert_eq!(model_of(&quotah), "gpt-4o-mini");
    }
}

#[test]
fn a_wrong_file_changes_nothing_and_says_every_fault_with_its_place() {
    let provider = provider();
    let quotah = leading_to(&provider, "gpt-4o-mini").start();
    let digest = digest_of(&quotah);
    let good = leading_to(&provider, "gpt-4.1").toml();
    quotah.write_config(&format!("{good}\n[serverr]\nx = 1\n[[keys]]\nid = \"k\"\n"));
    let refused = quotah.admin(Request::post("/admin/v1/reload", ""));
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert_eq!(
        refused.header("content-type"),
        Some("application/problem+json")
    );
    let errors = refused.json()["errors"].to_string();
    assert!(
        errors.contains("serverr") && errors.contains("did you mean `server`"),
        "{errors}"
    );
    assert!(errors.contains("needs `key`"), "{errors}");
    let line = good.lines().count() + 2;
    assert!(errors.contains(&format!("quotah.toml:{line}:")), "{errors}");
    assert_eq!(model_of(&quotah), "gpt-4o-mini", "what was in force stays");
    assert_eq!(digest_of(&quotah), digest);
    let failed = quotah.metric("quotah_config_last_reload_successful", &[]);
    assert!(failed.abs() < 0.1);
    quotah.process().line_with("serverr");
    quotah.write_config(&good);
    eventually("the corrected file", || {
        (model_of(&quotah) == "gpt-4.1").then_some(())
    });
    assert_ne!(digest_of(&quotah), digest);
}

#[test]
fn a_request_keeps_the_configuration_that_it_began_with() {
    let provider = provider();
    let config = leading_to(&provider, "gpt-4o-mini").server("require_key = true");
    let quotah = config
        .clone()
        .key("old", "sk-virtual-old-key-01", "team = \"old\"")
        .start();
    let stream = r#"{"model":"fast","stream":true,"stream_options":{"include_usage":true}}"#;
    let request = Request::post("/v1/chat/completions", stream)
        .bearer("sk-virtual-old-key-01")
        .header("x-mock-delay-ms", "100")
        .header("x-mock-chunks", "12");
    let mut open = quotah.connect();
    open.send(request.bytes());
    open.read_until("data: ");
    quotah.write_config(&config.key("new", "sk-virtual-new-key-01", "").toml());
    assert_eq!(
        quotah.admin(Request::post("/admin/v1/reload", "")).status,
        200
    );
    let with = |key| {
        quotah
            .send(&Request::post("/v1/chat/completions", BODY).bearer(key))
            .status
    };
    assert_eq!(with("sk-virtual-old-key-01"), 401, "the key is gone");
    assert_eq!(with("sk-virtual-new-key-01"), 200);
    let rest = open.read_until("\r\n0\r\n\r\n");
    assert!(rest.contains("data: [DONE]"), "{rest}");
    let entries = quotah.ledger_of(2);
    let of_old: Vec<_> = entries
        .iter()
        .filter(|entry| entry.str("key") == "old")
        .collect();
    assert_eq!(of_old.len(), 1);
    assert_eq!(
        (of_old[0].str("outcome"), of_old[0].str("team")),
        ("ok", "old")
    );
}

#[test]
fn what_only_a_restart_can_change_is_named() {
    let provider = provider();
    let quotah = leading_to(&provider, "gpt-4o-mini").start();
    let elsewhere = leading_to(&provider, "gpt-4o").server("listen = \"127.0.0.1:1\"");
    quotah.write_config(&elsewhere.toml());
    let report = eventually("the reload", || {
        let report = quotah.admin(Request::post("/admin/v1/reload", "")).json();
        report["digest"].is_string().then_some(report)
    });
    assert!(
        report["needs_restart"]
            .to_string()
            .contains("server.listen"),
        "{report}"
    );
    assert_eq!(
        model_of(&quotah),
        "gpt-4o",
        "the rest is in force, on the address of before"
    );
}

/// `fast` leads to this model.
fn leading_to(provider: &Mock, model: &str) -> Config {
    Config::toward(provider).model("fast", "openai", model)
}

/// Where `fast` leads now.
fn model_of(quotah: &Quotah) -> String {
    let response = quotah.post("/v1/chat/completions", BODY);
    response
        .header("x-quotah-model")
        .unwrap_or_default()
        .to_owned()
}

fn digest_of(quotah: &Quotah) -> String {
    quotah.admin_json("/admin/v1/status")["config"]["digest"].to_string()
}
