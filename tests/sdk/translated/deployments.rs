//! The deployments of `tests/sdk/deployments`, as a process of the test's.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;

use crate::harness::{Config, Conn, Request, workspace};

/// A running process. It ends with its input, and is killed when dropped.
pub(super) struct Deployments {
    process: Child,
    url: String,
    _input: ChildStdin,
}

impl Deployments {
    pub(super) fn start() -> Self {
        let python = crate::sdk::environments().join("sdk-venv/bin/python");
        let mut process = Command::new(python)
            .args(["-m", "deployments"])
            .current_dir(workspace().join("tests/sdk"))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut url = String::new();
        let output = process.stdout.take().expect("stdout is piped");
        BufReader::new(output)
            .read_line(&mut url)
            .expect("a line with its URL");
        let input = process.stdin.take().expect("stdin is piped");
        Self {
            process,
            url: url.trim().to_owned(),
            _input: input,
        }
    }

    /// All three dialects toward it, with nothing that waits between failures.
    pub(super) fn config(&self) -> Config {
        let kinds = ["openai", "anthropic", "gemini"];
        let config = kinds.iter().fold(Config::empty(), |config, kind| {
            config.provider(kind, kind, &self.url, "")
        });
        config.patient()
    }

    /// What a `POST` to lets the next request in that dialect fail.
    pub(super) fn down(&self, dialect: &str) -> String {
        format!("{}/down/{dialect}", self.url)
    }

    /// Every request that it saw, oldest first: `dialect`, `body`, what was `broken`, the `prompt`, the `thoughts`.
    pub(super) fn seen(&self) -> Vec<Value> {
        let address = self.url.trim_start_matches("http://");
        let answer = Conn::open(address).exchange(&Request::get("/seen"));
        answer.json().as_array().cloned().expect("a list")
    }
}

impl Drop for Deployments {
    fn drop(&mut self) {
        // Fails only for one that has ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
