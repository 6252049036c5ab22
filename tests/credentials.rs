//! Credentials that are fetched, kept fresh and signed with: mock clouds on one side, a mock provider on the other.

mod aws;
mod bearer;
mod cloud;
mod fresh;
mod place;
mod signature;

use quotah_bench::mock::Mock;

use crate::harness::{Command, Config, Finished, Quotah, Response};

const BODY: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}"#;

/// A configuration with one provider, `cloud`, whose credential `lines` say.
fn toward(provider: &Mock, lines: &str) -> Config {
    let url = provider.url();
    Config::empty().table(&format!(
        "[[providers]]\nname = \"cloud\"\nkind = \"openai-compatible\"\nbase_url = \"{url}\"\n{lines}"
    ))
}

/// Starts the program with variables of its own.
fn started(config: &Config, variables: &[(&str, &str)]) -> Quotah {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("quotah.toml"), config.toml()).expect("written");
    let command = variables
        .iter()
        .fold(Command::new(["run"]), |command, (name, value)| {
            command.env(name, *value)
        });
    Quotah::start_with(dir, command)
}

/// What `quotah check` says of a configuration.
fn checked(config: &Config, variables: &[(&str, &str)]) -> Finished {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("quotah.toml");
    std::fs::write(&file, config.toml()).expect("written");
    let command = Command::new(["check"]).dir(dir.path());
    let command = command.env("QUOTAH_CONFIG", file);
    let command = variables
        .iter()
        .fold(command, |command, (name, value)| command.env(name, *value));
    command.run()
}

fn chat(quotah: &Quotah) -> Response {
    quotah.post("/v1/chat/completions", BODY)
}

/// The last request's `authorization` as the provider saw it.
fn authorization(provider: &Mock) -> String {
    let requests = provider.requests();
    let last = requests.last().expect("a request");
    last.header("authorization").unwrap_or_default().to_owned()
}

/// A small file in a directory that goes with the test.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    file
}

fn path(file: &tempfile::NamedTempFile) -> String {
    file.path().display().to_string()
}
