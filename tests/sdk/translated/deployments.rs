//! The deployments of `tests/sdk/deployments`: one process for the whole run, in which every test has a world of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::harness::{Config, Conn, Request, workspace};

/// Deployments that nobody else asks.
pub(super) struct Deployments {
    url: String,
}

/// The running process. Its interpreter reads three client libraries before it serves: once is dear enough.
struct Process {
    url: String,
    /// It ends with its input, which ends with this process.
    _child: Child,
}

impl Deployments {
    pub(super) fn start() -> Self {
        static PROCESS: OnceLock<Process> = OnceLock::new();
        static WORLDS: AtomicUsize = AtomicUsize::new(0);
        let process = PROCESS.get_or_init(Process::start);
        let world = WORLDS.fetch_add(1, Ordering::Relaxed);
        Self {
            url: format!("{}/w{world}", process.url),
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
        let (address, world) = self.url["http://".len()..]
            .split_once('/')
            .expect("a world");
        let answer = Conn::open(address).exchange(&Request::get(&format!("/{world}/seen")));
        answer.json().as_array().cloned().expect("a list")
    }
}

impl Process {
    fn start() -> Self {
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
        Self {
            url: url.trim().to_owned(),
            _child: process,
        }
    }
}
