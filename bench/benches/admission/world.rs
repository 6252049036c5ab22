//! What is admitted, and by which rules: a gateway with so many keys and rules, and who calls it.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use http::{HeaderMap, Request};
use quotah::config::{self, Flags, Inputs};
use quotah::gateway::admission::{Admission, Caller, Sample};
use quotah::registry::Actor;
use quotah_policy::{KeyForm, VirtualKey};

/// Whoever calls, and so accounts of the budgets and cells of the limits that are `per` key or user.
pub(crate) const CALLERS: usize = 10_000;

/// How many keys the registry has, and how many budgets and limits no request here matches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// Keys.
    pub(crate) keys: usize,
    /// Budgets; as many limits.
    pub(crate) others: usize,
}

/// A gateway, a request, and who sends it.
#[derive(Debug)]
pub(crate) struct World {
    /// The gateway.
    pub(crate) admission: Admission,
    /// The request.
    pub(crate) sample: Sample,
    /// Credentials of at most [`CALLERS`] keys.
    pub(crate) callers: Vec<HeaderMap>,
    dir: PathBuf,
}

impl World {
    /// Opens the gateway in `dir` with so many keys, which are made if need be, and has each caller in once.
    pub(crate) fn open(dir: &Path, size: Size) -> Result<Self, Box<dyn Error>> {
        let admission = open(dir, size)?;
        let callers = callers(&admission, dir, size.keys)?;
        let first = callers.first().ok_or("no keys")?;
        let mut sample = admission.sample(&request(first))?;
        for headers in &callers {
            let caller = admission.identify(headers)?;
            admit(&mut sample, &caller)?;
        }
        for answer in 0..64 {
            sample.learn(900, 200 + answer);
        }
        let dir = dir.to_owned();
        Ok(Self {
            admission,
            sample,
            callers,
            dir,
        })
    }

    /// The gateway opened anew with another number of rules.
    pub(crate) fn reopen(self, size: Size) -> Result<Self, Box<dyn Error>> {
        let Self { dir, sample, .. } = self;
        drop(sample);
        Self::open(&dir, size)
    }

    /// Another request like the first, for another thread.
    pub(crate) fn another(&self) -> Result<Sample, Box<dyn Error>> {
        let first = self.callers.first().ok_or("no keys")?;
        Ok(self.admission.sample(&request(first))?)
    }
}

/// Everything but identifying.
pub(crate) fn admit(sample: &mut Sample, caller: &Caller) -> Result<(), Box<dyn Error>> {
    sample.set_caller(caller);
    let held = sample.hold(caller)?;
    if held <= quotah_policy::Money::ZERO {
        return Err("no budget held it".into());
    }
    Ok(())
}

/// Opens the gateway alone.
pub(crate) fn open(dir: &Path, size: Size) -> Result<Admission, Box<dyn Error>> {
    let file = dir.join("quotah.toml");
    std::fs::write(&file, configuration(size.others)?)?;
    let inputs = Inputs {
        flags: Flags {
            config: Some(file),
            data_dir: Some(dir.to_owned()),
            ..Flags::default()
        },
        ..Inputs::default()
    };
    let loaded = config::load(&inputs).map_err(|faults| format!("{faults:?}"))?;
    Ok(Admission::open(loaded.config)?)
}

/// Credentials of the first keys. Secrets are told once: they are kept beside the registry.
fn callers(
    admission: &Admission,
    dir: &Path,
    keys: usize,
) -> Result<Vec<HeaderMap>, Box<dyn Error>> {
    let file = dir.join("callers");
    if !file.exists() {
        let mut text = String::new();
        for at in 0..keys {
            let new = admission
                .registry()
                .create_key(&Actor::default(), key(at)?)?;
            if at < CALLERS {
                writeln!(text, "{}", new.secret.expose())?;
            }
        }
        std::fs::write(&file, text)?;
    }
    let text = std::fs::read_to_string(&file)?;
    let headers = text.lines().map(|key| {
        debug_assert!(VirtualKey::is_meant(key), "one of ours");
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {key}").parse()?);
        Ok(headers)
    });
    headers.collect()
}

/// A key of a user of its own, with limits of its own.
fn key(at: usize) -> Result<KeyForm, Box<dyn Error>> {
    Ok(KeyForm::from_json(&format!(
        r#"{{"name":"key {at}","team":"research","project":"search","user":"user-{at}","models":["gpt-*"],
           "limits":{{"requests_per_minute":1000000000,"tokens_per_minute":1000000000000,"concurrent":1000}}}}"#
    ))?)
}

/// A plain answer is asked for: what it holds is also what it is capped at, which is the dearer case to decide.
fn request(headers: &HeaderMap) -> Request<Vec<u8>> {
    let body = format!(
        r#"{{"model":"gpt-4o-mini","max_tokens":128000,"messages":[{{"role":"user","content":"{}"}}]}}"#,
        "word ".repeat(700)
    );
    let mut request = Request::post("/v1/chat/completions").body(body.into_bytes());
    if let Ok(request) = &mut request {
        request.headers_mut().clone_from(headers);
        let headers = request.headers_mut();
        let json = http::HeaderValue::from_static("application/json");
        headers.insert("content-type", json);
        let tags = http::HeaderValue::from_static("feature=autocomplete");
        headers.insert("x-quotah-tags", tags);
    }
    request.unwrap_or_default()
}

/// Five hard budgets and three limits that match, as many `others` of each that do not.
fn configuration(others: usize) -> Result<String, std::fmt::Error> {
    let mut text = String::from(HEAD);
    let dimensions = ["key", "user", "team", "project", "model"];
    for (other, dimension) in (0..others).zip(dimensions.into_iter().cycle()) {
        write!(
            text,
            "[[budgets]]\nid = \"budget-{other}\"\nmatch = {{ {dimension} = \"other-{other}\" }}\nlimit_usd = \"5\"\n\
             [[limits]]\nid = \"limit-{other}\"\nmatch = {{ {dimension} = \"other-{other}\" }}\nconcurrent = 8\n"
        )?;
    }
    Ok(text)
}

const HEAD: &str = r#"
[server]
require_key = true
tags = ["feature"]
[[providers]]
kind = "openai"
api_key = "sk-upstream-0123456789"
base_url = "http://127.0.0.1:9/v1"
[[keys]]
id = "static"
key = "a-key-of-the-configuration"
[[budgets]]
id = "team"
match = { team = "research" }
limit_usd = "1000000"
timezone = "Europe/Berlin"
[[budgets]]
id = "by-user"
match = { project = "search" }
per = "user"
limit_usd = "1000000"
window = "day"
timezone = "Europe/Berlin"
[[budgets]]
id = "model"
match = { model = "gpt-*" }
limit_usd = "1000000"
[[budgets]]
id = "by-key"
match = { provider = "openai" }
per = "key"
limit_usd = "1000000"
window = "week"
[[budgets]]
id = "feature"
match = { "tag.feature" = "autocomplete" }
limit_usd = "1000000"
[[limits]]
id = "team"
match = { team = "research" }
requests_per_minute = 1000000000
concurrent = 1000
[[limits]]
id = "by-user"
match = { project = "search" }
per = "user"
requests_per_minute = 1000000000
requests_per_day = 1000000000
tokens_per_minute = 1000000000000
concurrent_streams = 64
[[limits]]
id = "model"
match = { model = "gpt-*" }
tokens_per_minute = 1000000000000
"#;
