//! A recorded exchange: what was asked, what was answered, what the ledger should say of it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::server::Cuts;
use crate::harness::{Request, workspace};

/// One recorded exchange.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(super) provider: String,
    pub(crate) status: u16,
    /// Header lines of the answer but for its framing.
    pub(super) headers: Vec<(String, String)>,
    /// The answer's body.
    pub(super) answer: Vec<u8>,
    fixture: Value,
}

/// Header lines that belong to the framing of the recorded connection.
const FRAMING: [&str; 6] = [
    "content-length",
    "transfer-encoding",
    "content-encoding",
    "connection",
    "keep-alive",
    "trailer",
];

/// Figures of the ledger and what the recordings call them.
const CLASSES: [(&str, &str); 12] = [
    ("input_tokens", "input"),
    ("cached_input_tokens", "cached_input"),
    ("cache_write_tokens", "cache_write"),
    ("cache_write_long_tokens", "cache_write_1h"),
    ("output_tokens", "output"),
    ("reasoning_tokens", "reasoning"),
    ("input_audio_tokens", "input_audio"),
    ("output_audio_tokens", "output_audio"),
    ("input_image_tokens", "input_image"),
    ("output_image_tokens", "output_image"),
    ("input_video_tokens", "input_video"),
    ("web_search_requests", "web_search_requests"),
];

impl Case {
    /// The request that was recorded; where its body was too long to be kept, one that asks for the same.
    pub(super) fn request(&self, index: usize, cuts: Cuts) -> Request {
        let request = &self.fixture["request"];
        let method = request["method"].as_str().expect("a method");
        // Names that were scrubbed stand between angle brackets, which no target has.
        let path = request["path"].as_str().expect("a path");
        let path = path.replace('<', "%3C").replace('>', "%3E");
        let head = Request::of(method, &format!("/{}{path}", self.provider))
            .header("x-replay", &format!("{index} {cuts}"));
        if matches!(method, "GET" | "HEAD" | "DELETE") {
            return head;
        }
        let operation = self.fixture["operation"].as_str().unwrap_or_default();
        if operation == "transcription" {
            return head
                .header("content-type", "multipart/form-data; boundary=b")
                .body(self.form());
        }
        let recorded = request["body"]
            .as_str()
            .filter(|body| serde_json::from_str::<Value>(body).is_ok_and(|body| body.is_object()));
        let body = recorded.map_or_else(|| self.stand_in(), str::to_owned);
        head.header("content-type", "application/json").body(body)
    }

    /// A body that asks for what was answered.
    fn stand_in(&self) -> String {
        let mut body = json!({ "model": self.model() });
        if self.name.contains("-stream") {
            body["stream"] = json!(true);
            if matches!(
                self.fixture["operation"].as_str(),
                Some("chat" | "completions")
            ) {
                body["stream_options"] = json!({ "include_usage": true });
            }
        }
        body.to_string()
    }

    fn form(&self) -> String {
        let field = |name: &str, value: &str| {
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let stream = if self.name.contains("-stream") {
            "true"
        } else {
            "false"
        };
        let (model, stream) = (field("model", self.model()), field("stream", stream));
        format!("{model}{stream}{}--b--\r\n", field("file", "RIFF"))
    }

    fn model(&self) -> &str {
        self.fixture["expected_model"].as_str().unwrap_or("model")
    }

    /// Where the ledger says something else than the provider did, but for what the recording has wrong.
    pub(crate) fn mismatches(&self, entry: &Value) -> Vec<String> {
        let expected = &self.fixture["expected_usage"];
        let is_fault = |class: &str| {
            let faults = self.fixture["faults"].as_array().into_iter().flatten();
            faults
                .into_iter()
                .any(|fault| fault == class || fault == "usage")
        };
        let is_reported = !expected.is_null() && expected.get("counted_tokens").is_none();
        let mut wrong = Vec::new();
        for (field, class) in CLASSES {
            if !is_reported || is_fault(class) {
                continue;
            }
            let wanted = self.wanted(class);
            let extra = self.extra(class);
            if entry[field] != json!(wanted + extra) {
                wrong.push(format!(
                    "{}: {field} {}, recorded {wanted}",
                    self.name, entry[field]
                ));
            }
        }
        if is_reported && !is_fault("usage") && entry["usage_source"] != "provider" {
            wrong.push(format!(
                "{}: usage from {}",
                self.name, entry["usage_source"]
            ));
        }
        let is_counted = expected.get("counted_tokens").is_some();
        if is_counted
            && (entry["cost_picousd"].as_u64().unwrap_or(0) > 0
                || entry["input_tokens"] != json!(0))
        {
            wrong.push(format!("{}: counting was billed", self.name));
        }
        if let Some(cost) = expected["reported_cost_usd"].as_f64()
            && cost > 0.0
            && !is_fault("reported_cost_usd")
        {
            let booked = entry["cost_picousd"].as_f64().unwrap_or(-1.0) / 1e12;
            if entry["cost_source"] != "provider" || (booked - cost).abs() > 1e-12 {
                let source = &entry["cost_source"];
                wrong.push(format!(
                    "{}: {booked} USD by {source}, told {cost}",
                    self.name
                ));
            }
        }
        wrong
    }

    /// What the recording says of a class. Cohere processes more than it bills, and what was cached is a part of that.
    fn wanted(&self, class: &str) -> u64 {
        let told = |class: &str| self.fixture["expected_usage"][class].as_u64();
        let figure = match (told("billed_input"), class) {
            (Some(billed), "input") => Some(billed),
            (Some(_), "output") => told("billed_output"),
            (Some(_), "cached_input") => None,
            (Some(_), "reasoning") => told(class).min(told("billed_output")),
            _ => told(class),
        };
        figure.unwrap_or(0)
    }

    /// What sub-calls used beside the top-level figures.
    fn extra(&self, class: &str) -> u64 {
        let calls = self.fixture["expected_usage"]["extra_iterations"].as_array();
        let calls = calls.into_iter().flatten();
        calls.filter_map(|call| call[class].as_u64()).sum()
    }
}

/// Every fixture of the adapters, by name.
pub(crate) fn cases() -> Vec<Case> {
    let root = workspace().join("adapters/fixtures");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("the fixtures")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.is_dir())
        .flat_map(|dir| std::fs::read_dir(dir).expect("readable"))
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    files.into_iter().map(|path| case(&root, &path)).collect()
}

fn case(root: &std::path::Path, path: &std::path::Path) -> Case {
    let text = std::fs::read(path).expect("readable");
    let fixture: Value = serde_json::from_slice(&text).expect("JSON");
    let name = path.strip_prefix(root).expect("inside").with_extension("");
    let name = name.display().to_string();
    let response = &fixture["response"];
    let answer = match response["body_base64"].as_str() {
        Some(packed) => BASE64.decode(packed).expect("base64"),
        None => response["body"]
            .as_str()
            .expect("a body")
            .as_bytes()
            .to_vec(),
    };
    let headers = response["headers"].as_array().expect("headers").iter();
    let headers = headers
        .map(|line| {
            let part = |at: usize| line[at].as_str().expect("a text").to_owned();
            (part(0), part(1))
        })
        .filter(|(name, _)| !FRAMING.contains(&&*name.to_ascii_lowercase()))
        .collect();
    Case {
        provider: name.split('/').next().expect("a folder").to_owned(),
        status: u16::try_from(response["status"].as_u64().expect("a status")).expect("small"),
        headers,
        answer,
        name,
        fixture,
    }
}
