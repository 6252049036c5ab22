//! Commands as a shell meets them.

use std::path::Path;

use clap::CommandFactory as _;
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::clock;
use crate::ledger::{Appended, Clock, Entry, Hooks, Ledger, Settings};

struct Said {
    exit: Exit,
    out: String,
    err: String,
}

/// Runs a command line as `main` would, with this environment.
fn quotah(line: &[&str], variables: &[(&str, &str)]) -> Said {
    let args = ["quotah"].iter().chain(line);
    let cli = Cli::try_parse_from(args).unwrap_or_else(|e| panic!("{e}"));
    let env = Environment::from_pairs(variables.iter().copied());
    let inputs = Inputs {
        flags: cli.common.into(),
        env,
        stderr_is_terminal: false,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams {
        out: &mut out,
        err: &mut err,
    };
    let exit = dispatch(cli.verb.expect("a verb"), &inputs, &mut streams).expect("written");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Said {
        exit,
        out: text(out),
        err: text(err),
    }
}

fn books() -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let clock = Clock {
        now: clock::now,
        unix_ms: clock::unix_ms,
    };
    let (ledger, _) = Ledger::open(
        &dir.path().join("ledger"),
        Settings::default(),
        Hooks::new(clock),
    )
    .expect("opened");
    for n in 1..=2_u64 {
        let at_unix_ms = clock::unix_ms();
        let mut entry = Entry {
            at_unix_ms,
            provider: "openai".into(),
            model_sent: "gpt-4o-mini".into(),
            team: "a,\"b\"".into(),
            input_tokens: 10 * n,
            cost_picousd: Some(1_000_000),
            ..Entry::default()
        };
        entry.set_id(Uuid::from_u128(
            u128::from(at_unix_ms) << 80 | u128::from(n),
        ));
        assert_eq!(ledger.append_entry(&entry), Appended::Written);
    }
    dir
}

fn data(dir: &TempDir) -> &str {
    dir.path().to_str().expect("text")
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn wrong_usage_is_status_2_and_help_is_0() {
    let status = |args: &[&str]| Cli::try_parse_from(args).expect_err("said").exit_code();
    assert_eq!(status(&["quotah", "serv"]), 2);
    assert_eq!(status(&["quotah", "usage", "--output", "xml"]), 2);
    assert_eq!(status(&["quotah", "--help"]), 0);
    assert_eq!(status(&["quotah", "--version"]), 0);
}

#[test]
fn check_tells_every_fault_and_ends_with_78() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("q.toml");
    std::fs::write(&file, "[server]\nlisen = 1\nrequire_key = 2\n").expect("written");
    let path = file.to_str().expect("text");
    let said = quotah(&["check", "--config", path], &[("OPENAI_API_KEY", "k")]);
    assert_eq!((said.exit, &*said.out), (Exit::Config, ""));
    assert!(said.err.contains(&format!("{path}:2:1")), "{}", said.err);
    assert!(
        said.err.ends_with("2 errors: nothing was started\n"),
        "{}",
        said.err
    );
    let said = quotah(&["check", "--config", "/no/such.toml"], &[]);
    assert_eq!(said.exit, Exit::Config);
    assert!(
        said.err
            .starts_with("error: cannot read /no/such.toml: No such file"),
        "{}",
        said.err
    );
}

#[test]
fn check_looks_at_the_files_that_are_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("q.toml");
    let text = "[server]\ntls = { cert = \"/no/cert.pem\", key = \"/dev/null\" }\n";
    std::fs::write(&file, text).expect("written");
    let path = file.to_str().expect("text");
    let said = quotah(
        &["check", "--config", path],
        &[("OPENAI_API_KEY", "k"), ("HOME", "/")],
    );
    assert_eq!(said.exit, Exit::Config);
    assert!(
        said.err
            .contains("server.tls.cert: cannot read /no/cert.pem"),
        "{}",
        said.err
    );
    assert!(
        said.err
            .contains("/dev/null holds no PEM block `…PRIVATE KEY-----`"),
        "{}",
        said.err
    );
}

#[test]
fn init_writes_what_check_accepts_and_overwrites_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("quotah.toml");
    let path = file.to_str().expect("text");
    assert_eq!(quotah(&["init", path], &[]).exit, Exit::Done);
    let said = quotah(
        &["check", "--config", path],
        &[("OPENAI_API_KEY", "k"), ("HOME", "/")],
    );
    assert!(
        said.exit == Exit::Done && said.err.contains("ok: "),
        "{}",
        said.err
    );
    assert_eq!(quotah(&["init", path], &[]).exit, Exit::Failed);
    assert!(Path::new(path).exists());
}

#[test]
fn usage_sums_the_ledger_without_a_configuration() {
    let dir = books();
    let said = quotah(&["usage", "--data-dir", data(&dir), "--output", "csv"], &[]);
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let expected = "provider,model,requests,errors,unpriced,input,cached,cache_write,output,reasoning,cost_usd\n\
                    openai,gpt-4o-mini,2,0,0,30,0,0,0,0,0.000002\n\
                    total,,2,0,0,30,0,0,0,0,0.000002\n";
    assert_eq!(said.out, expected);
    let said = quotah(
        &["usage", "--data-dir", data(&dir), "--output", "json"],
        &[],
    );
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(json["total"]["input_tokens"], 30);
    assert_eq!(quotah(&["usage", "--since", "soon"], &[]).exit, Exit::Usage);
    assert_eq!(quotah(&["usage", "--by", "colour"], &[]).exit, Exit::Usage);
}

#[test]
fn export_has_every_field_of_an_entry() {
    let dir = books();
    let said = quotah(
        &["export", "--format", "jsonl", "--data-dir", data(&dir)],
        &[],
    );
    assert_eq!(said.exit, Exit::Done, "{}", said.err);
    let lines: Vec<Value> = said
        .out
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 2);
    for field in lines[0].as_object().expect("an object").keys() {
        assert!(
            export::COLUMNS.contains(&field.as_str()),
            "no column for {field}"
        );
    }
    let said = quotah(
        &["export", "--format", "csv", "--data-dir", data(&dir)],
        &[],
    );
    let mut reader = csv::Reader::from_reader(said.out.as_bytes());
    let team = reader
        .headers()
        .expect("a header")
        .iter()
        .position(|h| h == "team");
    let teams: Vec<String> = reader
        .records()
        .map(|r| r.expect("a row")[team.expect("a column")].to_owned())
        .collect();
    assert_eq!(teams, ["a,\"b\""; 2]);
    assert_eq!(
        quotah(&["export", "--format", "parquet"], &[]).exit,
        Exit::Usage
    );
}

#[test]
fn prices_show_what_a_model_costs_and_own_prices_win() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("q.toml");
    let text = "[[prices]]\nprovider = \"openai\"\nmodel = \"mine\"\n\
                input_usd_per_mtok = \"0.10\"\noutput_usd_per_mtok = 0.3\n";
    std::fs::write(&file, text).expect("written");
    let path = file.to_str().expect("text");
    let said = quotah(
        &[
            "prices", "show", "mine", "--config", path, "--output", "csv",
        ],
        &[],
    );
    let expected = "provider,model,from,tier,above,input_usd,output_usd,source\n\
                    openai,mine,,standard,0,0.10,0.30,config\n";
    assert_eq!(said.out, expected, "{}", said.err);
    let said = quotah(&["prices", "show", "gpt-4o-mini"], &[]);
    assert!(
        said.out.contains("0.15") && said.out.contains("0.60"),
        "{}",
        said.out
    );
    assert_eq!(
        quotah(&["prices", "show", "no-such-model"], &[]).exit,
        Exit::Failed
    );
}

#[test]
fn a_healthcheck_without_a_server_fails() {
    let said = quotah(
        &["healthcheck", "--admin-listen", "unix:/no/such.sock"],
        &[],
    );
    assert_eq!(said.exit, Exit::Failed);
    assert!(
        said.err.starts_with("no answer from the admin plane: "),
        "{}",
        said.err
    );
}

#[test]
fn the_ready_line_is_the_one_that_scripts_wait_for() {
    assert_eq!(
        ready_line("http://127.0.0.1:8080", "http://127.0.0.1:8081", 4242),
        "quotah ready proxy=http://127.0.0.1:8080 admin=http://127.0.0.1:8081 pid=4242"
    );
}
