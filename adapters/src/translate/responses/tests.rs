//! What callers and deployments of responses are held to.

mod answers;
mod requests;
mod streams;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

/// A recorded answer of status 200.
struct Recorded {
    name: String,
    content_type: &'static str,
    body: String,
}

impl Recorded {
    fn is_stream(&self) -> bool {
        self.content_type == STREAM
    }

    /// The response whole: of a stream, what its last event repeats. Encrypted thoughts are encrypted anew each time they
    /// are told; they are as they were first.
    fn whole(&self) -> Value {
        if !self.is_stream() {
            return serde_json::from_str(&self.body).unwrap();
        }
        let events: Vec<_> = data(&self.body).collect();
        let mut response = events.last().unwrap()["response"].clone();
        for item in response["output"].as_array_mut().unwrap() {
            let done = |event: &&Value| {
                event["type"] == "response.output_item.done" && event["item"]["id"] == item["id"]
            };
            let first = events.iter().find(done).map(|event| &event["item"]);
            if let Some(encrypted) = first.and_then(|first| first.get("encrypted_content")) {
                item["encrypted_content"] = encrypted.clone();
            }
        }
        response
    }
}

const STREAM: &str = "text/event-stream";

/// All there are, but for what only compacts a conversation.
static RECORDED: LazyLock<Vec<Recorded>> = LazyLock::new(recorded);

fn recorded() -> Vec<Recorded> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut all = Vec::new();
    for folder in fs::read_dir(root).unwrap() {
        let Ok(files) = fs::read_dir(folder.unwrap().path()) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let fixture: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            let asked = fixture["request"]["path"].as_str().unwrap();
            if !asked.ends_with("/responses") || fixture["response"]["status"] != 200 {
                continue;
            }
            let body = fixture["response"]["body"].as_str().unwrap().to_owned();
            let is_stream = !body.trim_start().starts_with('{');
            all.push(Recorded {
                name: path.display().to_string(),
                content_type: if is_stream {
                    STREAM
                } else {
                    "application/json"
                },
                body,
            });
        }
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(all.len() > 20, "{} recorded answers", all.len());
    all
}

/// The events of a stream.
fn data(stream: &str) -> impl Iterator<Item = Value> {
    let lines = stream.lines().filter_map(|line| line.strip_prefix("data:"));
    lines.filter_map(|data| serde_json::from_str(data).ok())
}
