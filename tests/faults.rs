//! Providers that break off, lie, fall silent or send nonsense: nothing looks complete that is not, and
//! nothing is booked that was not.

mod cut;
mod lies;
pub(crate) mod memory;
mod nonsense;
mod pool;
mod silence;

use crate::harness::{Config, Conn, Entry, Quotah, Request, Response, eventually, provider};
use bytes::Bytes;
use quotah_bench::mock::{Directives, Mock, Recorded, Script};

/// One way to ask for an answer, and the model that it names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) dialect: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: &'static str,
    pub(crate) model: &'static str,
}

impl Call {
    /// The request, to which the mock's directives may be added.
    pub(crate) fn request(self) -> Request {
        Request::post(self.path, self.body)
    }

    /// Whether a body is an error as this dialect's SDK reads it.
    pub(crate) fn is_error(self, body: &serde_json::Value) -> bool {
        let has = |field: &str| body["error"][field].is_string();
        match self.dialect {
            "openai" => has("message") && has("code"),
            "anthropic" => body["type"] == "error" && has("type") && has("message"),
            _ => body["error"]["code"].is_u64() && has("status") && has("message"),
        }
    }
}

/// Answers that come whole.
pub(crate) const PLAIN: [Call; 3] = [
    Call {
        dialect: "openai",
        path: "/v1/chat/completions",
        body: r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Good day!"}]}"#,
        model: "gpt-4o-mini",
    },
    Call {
        dialect: "anthropic",
        path: "/v1/messages",
        body: r#"{"model":"claude-sonnet-4-5","max_tokens":99,"messages":[{"role":"user","content":"Good day!"}]}"#,
        model: "claude-sonnet-4-5",
    },
    Call {
        dialect: "gemini",
        path: "/v1beta/models/gemini-2.5-flash:generateContent",
        body: r#"{"contents":[{"parts":[{"text":"Good day!"}]}]}"#,
        model: "gemini-2.5-flash",
    },
];

/// Answers that come in events.
pub(crate) const STREAMED: [Call; 3] = [
    Call {
        body: r#"{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Good day!"}]}"#,
        ..PLAIN[0]
    },
    Call {
        body: r#"{"model":"claude-sonnet-4-5","stream":true,"max_tokens":99,"messages":[{"role":"user","content":"Good day!"}]}"#,
        ..PLAIN[1]
    },
    Call {
        path: "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        ..PLAIN[2]
    },
];

/// A route of one deployment for each dialect's model, toward one mock.
pub(crate) fn routed_toward(provider: &Mock) -> Config {
    PLAIN.iter().fold(Config::toward(provider), |config, call| {
        let deployment = format!("{}/{}", call.dialect, call.model);
        config.route(call.model, "", &[&deployment])
    })
}

/// The three dialects toward one mock, with further lines in each provider's table.
pub(crate) fn gateway_with(more: &str) -> (Mock, Quotah) {
    let provider = provider();
    let url = provider.url();
    let config = PLAIN.iter().fold(Config::empty(), |config, call| {
        config.provider(call.dialect, call.dialect, &url, more)
    });
    (provider, config.start())
}

/// Bytes that the mock sends for an answer, head and framing included.
fn raw(bytes: impl Into<Bytes>) -> Script {
    let raw = Some(bytes.into());
    Script::always(Directives {
        raw,
        ..Directives::default()
    })
}

/// Asks on a connection of its own; `None` when it ends without an answer.
fn ask(quotah: &Quotah, request: &Request) -> Option<Response> {
    let mut conn: Conn = quotah.connect();
    conn.try_send(&request.bytes()).ok();
    conn.try_response()
}

/// The provider's last request, once its answer is written and billed: a client may be done before.
fn last_answered(provider: &Mock) -> Recorded {
    eventually("the provider is done with its last answer", || {
        let last = provider.requests().pop()?;
        last.finished_at.is_some().then_some(last)
    })
}

/// What must be true after every fault: the program lives, and books what it serves.
fn lives(quotah: &Quotah) {
    let stderr = quotah.stderr();
    assert!(!stderr.contains("panicked"), "{stderr}");
    for call in PLAIN {
        let answer = quotah.send(&call.request());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(quotah.entry(&answer).str("outcome"), "ok");
    }
}

/// The entry of an answer, which must be the only one with its id.
fn only_entry<'a>(entries: &'a [Entry], response: &Response) -> &'a Entry {
    let id = response.header("x-quotah-request-id").unwrap();
    let mut found = entries.iter().filter(|entry| entry.str("id") == id);
    let entry = found.next().unwrap_or_else(|| panic!("{id} is not booked"));
    assert!(found.next().is_none(), "{id} is booked twice");
    entry
}
