//! The command line: what it prints, where, and with which exit status.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{
    ADMIN_TOKEN, Command, Config, Finished, Quotah, eventually, provider, served,
};

#[test]
fn check_names_every_fault_with_file_line_and_column_and_exits_78() {
    let provider = "[[providers]]\nkind = \"openai\"\napi_key = \"sk-secret-1\"\n";
    for (toml, place, message) in [
        ("[server]\nlisten = \"127.0.0.1:0\n", "2:", "TOML"),
        (
            "[server]\nlissten = \"127.0.0.1:0\"\n",
            "2:1",
            "did you mean `listen`",
        ),
        ("[server]\nlisten = \"nowhere\"\n", "2:10", "listen"),
        ("\n\n[servr]\n", "3:", "did you mean `server`"),
        (
            "[server]\ndrain_seconds = \"long\"\n",
            "2:17",
            "drain_seconds",
        ),
        (
            "[server]\nlisten = \"0.0.0.0:8080\"\n",
            "2:10",
            "require_key",
        ),
        (
            "[[models]]\nname = \"m\"\ndeployments = [{ provider = \"opnai\" }]\n",
            "3:29",
            "did you mean `openai`",
        ),
        ("[[keys]]\nid = \"k\"\n", "1:", "needs `key`"),
        (
            "[[prices]]\nprovider = \"openai\"\nmodel = \"m\"\ninput_usd_per_mtok = \"0.1.2\"\n",
            "4:22",
            "input_usd_per_mtok",
        ),
        (
            "[admin]\ntoken = \"${NO_SUCH_VARIABLE}\"\n",
            "2:9",
            "NO_SUCH_VARIABLE",
        ),
        ("[[budgets]]\nid = \"b\"\n", "1:1", "needs `limit_usd`"),
        ("[jwt]\n", "1:2", "not in this version"),
        ("[retry]\nattempts_max = 0\n", "2:16", "from 1 to 10"),
    ] {
        let dir = dir_with(&format!("{toml}{provider}"));
        let checked = run(&dir, &["check"]);
        let said = &checked.stderr;
        assert_eq!(checked.code(), 78, "{toml}{said}");
        assert!(
            said.contains(&format!("quotah.toml:{place}")),
            "{place} for\n{toml}\n{said}"
        );
        assert!(said.contains(message), "{message} for\n{toml}\n{said}");
        assert!(
            checked.stdout.is_empty() && !said.contains("sk-secret-1"),
            "{said}"
        );
        assert_eq!(
            run(&dir, &["run"]).code(),
            78,
            "run refuses what check refuses: {toml}"
        );
    }
}

#[test]
fn check_lists_all_faults_at_once() {
    let dir = dir_with("[server]\nx = 1\ny = 2\n[[providers]]\nkind = \"opnai\"\n");
    let said = run(&dir, &["check"]).stderr;
    for fault in [
        "quotah.toml:2:1",
        "quotah.toml:3:1",
        "quotah.toml:5:8",
        "3 errors",
    ] {
        assert!(said.contains(fault), "{fault} in\n{said}");
    }
}

#[test]
fn what_init_writes_checks_clean_and_is_not_overwritten() {
    let dir = TempDir::new().expect("a directory");
    let written = run(&dir, &["init"]);
    assert_eq!(written.code(), 0, "{}", written.stderr);
    let check = Command::new(["check"]).dir(dir.path());
    let checked = check.clone().env("OPENAI_API_KEY", "sk-1").run();
    assert_eq!(checked.code(), 0, "{}", checked.stderr);
    let without = check.run();
    assert_eq!(without.code(), 78);
    assert!(
        without.stderr.contains("OPENAI_API_KEY"),
        "{}",
        without.stderr
    );
    let file = dir.path().join("quotah.toml");
    fs::write(&file, "# mine").expect("written");
    assert_eq!(run(&dir, &["init"]).code(), 1);
    assert_eq!(fs::read_to_string(file).expect("there"), "# mine");
    let printed = run(&dir, &["init", "-"]).stdout;
    assert!(printed.contains("[[providers]]"), "{printed}");
}

#[test]
fn the_exit_status_tells_wrong_usage_from_wrong_configuration_from_failure() {
    let dir = TempDir::new().expect("a directory");
    for (args, status) in [
        (&["--version"][..], 0),
        (&["--help"], 0),
        (&["--no-such-flag"], 2),
        (&["no-such-verb"], 2),
        (&["usage", "--by", "shoe-size"], 2),
        (&["export", "--format", "parquet"], 2),
        (&["check", "--config", "/no/such/file.toml"], 78),
        (&["run"], 78),
        (&["healthcheck", "--admin-listen", "127.0.0.1:1"], 1),
    ] {
        let done = run(&dir, args);
        assert_eq!(
            done.code(),
            status,
            "{args:?}: {}{}",
            done.stdout,
            done.stderr
        );
        assert_eq!(
            done.stdout.is_empty(),
            status != 0,
            "{args:?}: data alone goes to stdout"
        );
    }
    let none = run(&dir, &["run"]).stderr;
    assert!(none.contains("OPENAI_API_KEY"), "says what to set: {none}");
}

#[test]
fn an_address_that_is_taken_is_a_failure_that_says_so() {
    let provider = provider();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("bound").to_string();
    let config = Config::toward(&provider).server(&format!("listen = \"{addr}\""));
    let dir = dir_with(&config.toml());
    let data = dir.path().join("data");
    let failed = Command::new(["run"])
        .dir(dir.path())
        .env("QUOTAH_DATA_DIR", data)
        .run();
    assert_eq!(failed.code(), 1, "{}", failed.stderr);
    assert!(failed.stderr.contains(&addr), "{}", failed.stderr);
}

#[test]
fn healthcheck_follows_the_running_program() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let admin = quotah.admin_addr().to_owned();
    let check = ["healthcheck", "--admin-listen", &admin];
    let healthy = quotah.cli(&check);
    assert_eq!(healthy.code(), 0, "{}", healthy.stderr);
    let dir = TempDir::new().expect("a directory");
    drop(quotah);
    assert_eq!(run(&dir, &check).code(), 1);
}

#[test]
fn one_command_and_a_key_in_the_environment_are_enough() {
    let provider = provider();
    let quotah = without_file(&provider.url(), "127.0.0.1:0");
    let answer = quotah.post("/v1/chat/completions", r#"{"model":"gpt-4o-mini"}"#);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        quotah.entry(&answer).tokens(),
        served(&provider, 1)[0].billed
    );
    let sent = provider.requests()[0]
        .header("authorization")
        .map(str::to_owned);
    assert_eq!(sent.as_deref(), Some("Bearer sk-test-from-environment"));
    let banner = eventually("the banner", || {
        let said = quotah.stderr();
        said.contains("export OPENAI_BASE_URL=").then_some(said)
    });
    assert!(
        banner.contains(&format!("export OPENAI_BASE_URL={}/v1", quotah.proxy_url())),
        "{banner}"
    );
    assert!(!banner.contains("sk-test-from-environment"), "{banner}");
    assert_eq!(
        banner
            .lines()
            .filter(|line| line.starts_with("quotah ready "))
            .count(),
        1
    );
}

#[test]
fn a_base_url_with_version_in_the_environment_means_the_same_address() {
    let provider = provider();
    let quotah = without_file(&format!("{}/v1", provider.url()), "127.0.0.1:0");
    quotah.post("/v1/chat/completions", r#"{"model":"gpt-4o-mini"}"#);
    assert_eq!(served(&provider, 1)[0].target, "/v1/chat/completions");
}

#[test]
fn a_base_url_that_is_our_own_address_is_ignored_with_a_warning() {
    let free = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("bound");
    let quotah = without_file(
        &format!("http://localhost:{}/v1", free.port()),
        &free.to_string(),
    );
    quotah.process().line_with("OPENAI_BASE_URL");
    let config = quotah.admin_json("/admin/v1/config").to_string();
    assert!(config.contains("api.openai.com"), "{config}");
}

#[test]
fn prices_show_prints_the_price_in_force_and_where_it_is_from() {
    let dir = TempDir::new().expect("a directory");
    let shown = run(&dir, &["prices", "show", "gpt-4o-mini", "--output", "json"]);
    assert_eq!(shown.code(), 0, "{}", shown.stderr);
    let json: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    let text = json.to_string();
    for part in ["gpt-4o-mini", "0.15", "0.075", "0.6"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let unknown = run(&dir, &["prices", "show", "no-such-model"]);
    assert_eq!(unknown.code(), 1, "{}", unknown.stdout);
}

/// A start with nothing but the environment.
fn without_file(base_url: &str, listen: &str) -> Quotah {
    let command = Command::new(Vec::<&str>::new())
        .arg("--listen")
        .arg(listen)
        .env("QUOTAH_ADMIN_LISTEN", "127.0.0.1:0")
        .env("QUOTAH_ADMIN_TOKEN", ADMIN_TOKEN)
        .env("OPENAI_API_KEY", "sk-test-from-environment")
        .env("OPENAI_BASE_URL", base_url);
    Quotah::start_with(TempDir::new().expect("a directory"), command)
}

/// A directory with this `quotah.toml`.
fn dir_with(toml: &str) -> TempDir {
    let dir = TempDir::new().expect("a directory");
    fs::write(dir.path().join("quotah.toml"), toml).expect("written");
    dir
}

/// The program in this directory, with an empty environment, to its end.
fn run(dir: &TempDir, args: &[&str]) -> Finished {
    Command::new(args.iter().copied()).dir(dir.path()).run()
}
