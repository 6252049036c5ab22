//! The gateway under test: a process with its directory, its addresses and its books.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use rustix::process::Signal;
use tempfile::TempDir;

use super::admin::{Entry, Samples};
use super::clock::eventually;
use super::config::{ADMIN_TOKEN, Config};
use super::http::{Conn, Request, Response};
use super::process::{Command, Finished, Process};

/// A running gateway. Dropped, it is killed and its directory removed.
#[derive(Debug)]
pub(crate) struct Quotah {
    process: Process,
    proxy: String,
    admin: String,
    dir: TempDir,
}

impl Quotah {
    /// Starts the program in a fresh directory and waits for its ready line.
    pub(crate) fn start(config: Config) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(dir.path().join(CONFIG_FILE), config.toml()).expect("written");
        Self::start_in(dir)
    }

    /// Starts the program in a directory that holds its configuration, and perhaps a ledger.
    pub(crate) fn start_in(dir: TempDir) -> Self {
        Self::start_with(dir, Command::new(["run"]))
    }

    /// Starts the program by a command of one's own, to which configuration and data directory are added.
    pub(crate) fn start_with(dir: TempDir, command: Command) -> Self {
        let process = placed(command, dir.path()).spawn();
        let (proxy, admin) = addresses(&process.line_with(READY));
        Self {
            process,
            proxy,
            admin,
            dir,
        }
    }

    /// Kills it with `signal`, waits for its end and starts it again on the same directory.
    pub(crate) fn restart(self, signal: Signal) -> Self {
        let Self {
            mut process, dir, ..
        } = self;
        process.signal(signal);
        process.wait();
        drop(process);
        Self::start_in(dir)
    }

    /// Host and port of the data plane.
    pub(crate) fn proxy_addr(&self) -> &str {
        address(&self.proxy)
    }

    /// Host and port of the admin plane.
    pub(crate) fn admin_addr(&self) -> &str {
        address(&self.admin)
    }

    /// The data plane's URL, as the ready line says it.
    pub(crate) fn proxy_url(&self) -> &str {
        &self.proxy
    }

    /// The process.
    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Everything that it wrote to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.process.stderr()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Its exit status, waited for.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait()
    }

    /// The directory of its configuration and data.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Its data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir().join(DATA_DIR)
    }

    /// Its configuration file.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.dir().join(CONFIG_FILE)
    }

    /// Replaces the configuration file, keeping the addresses in force; what reads it again is up to the test.
    pub(crate) fn write_config(&self, toml: &str) {
        let aside = self.dir().join("aside");
        std::fs::write(&aside, toml).expect("written");
        std::fs::rename(aside, self.config_file()).expect("renamed");
    }

    /// Runs another verb of the program on this configuration and data directory.
    pub(crate) fn cli(&self, args: &[&str]) -> Finished {
        placed(Command::new(args.iter().copied()), self.dir()).run()
    }

    /// A connection to the data plane.
    pub(crate) fn connect(&self) -> Conn {
        Conn::open(self.proxy_addr())
    }

    /// Sends one request on a connection of its own and reads the whole answer.
    pub(crate) fn send(&self, request: &Request) -> Response {
        self.connect().exchange(request)
    }

    /// A `POST` of a JSON text with no headers but the needed ones.
    pub(crate) fn post(&self, target: &str, body: &str) -> Response {
        self.send(&Request::post(target, body))
    }

    /// A request to the admin plane, with the admin token.
    pub(crate) fn admin(&self, request: Request) -> Response {
        let request = request.header("authorization", &format!("Bearer {ADMIN_TOKEN}"));
        Conn::open(self.admin_addr()).exchange(&request)
    }

    /// A resource of the admin plane.
    ///
    /// # Panics
    /// When it is not answered by 200 and JSON.
    pub(crate) fn admin_json(&self, target: &str) -> serde_json::Value {
        let response = self.admin(Request::get(target));
        assert_eq!(response.status, 200, "{target}: {}", response.text());
        response.json()
    }

    /// Every settled entry, oldest first.
    pub(crate) fn ledger(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut target = "/admin/v1/requests?limit=1000".to_owned();
        loop {
            let mut page = self.admin_json(&target);
            let items = page["items"]
                .as_array_mut()
                .map(std::mem::take)
                .unwrap_or_default();
            entries.extend(items.into_iter().map(Entry));
            let Some(next) = page["next"].as_str() else {
                break;
            };
            target = format!("/admin/v1/requests?limit=1000&cursor={next}");
        }
        entries.reverse();
        entries
    }

    /// The ledger once it holds `count` entries, oldest first.
    pub(crate) fn ledger_of(&self, count: usize) -> Vec<Entry> {
        eventually(&format!("{count} entries in the ledger"), || {
            Some(self.ledger()).filter(|entries| entries.len() >= count)
        })
    }

    /// The entry of an answered request, found by its `x-quotah-request-id`.
    pub(crate) fn entry(&self, response: &Response) -> Entry {
        let id = response
            .header("x-quotah-request-id")
            .expect("an id on the answer");
        let target = format!("/admin/v1/requests/{id}");
        eventually(&format!("request {id} in the ledger"), || {
            let found = self.admin(Request::get(&target));
            (found.status == 200).then(|| Entry(found.json()))
        })
    }

    /// What `/metrics` says now.
    pub(crate) fn metrics(&self) -> Samples {
        let response = self.admin(Request::get("/metrics"));
        assert_eq!(response.status, 200, "{}", response.text());
        Samples::parse(&response.text())
    }

    /// The sum of a metric's samples that have all these labels; 0 when there is none.
    pub(crate) fn metric(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.metrics().sum(name, labels)
    }
}

/// The command with this directory's configuration and data, and nothing of the machine's.
fn placed(command: Command, dir: &Path) -> Command {
    command
        .env("QUOTAH_CONFIG", dir.join(CONFIG_FILE))
        .env("QUOTAH_DATA_DIR", dir.join(DATA_DIR))
        .dir(dir)
}

/// Both addresses of a ready line.
fn addresses(line: &str) -> (String, String) {
    let field = |name: &str| {
        let value = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix(name));
        value
            .unwrap_or_else(|| panic!("no {name} in {line:?}"))
            .to_owned()
    };
    (field("proxy="), field("admin="))
}

fn address(url: &str) -> &str {
    url.split_once("://")
        .map_or(url, |(_, address)| address)
        .trim_end_matches('/')
}

const CONFIG_FILE: &str = "quotah.toml";

const DATA_DIR: &str = "data";

/// What the line begins with that says the program is listening.
const READY: &str = "quotah ready ";
