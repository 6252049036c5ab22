//! What fails before its first byte is tried at the next deployment, with the same body; what has begun
//! to go down is not.

mod cut;
mod elsewhere;
mod held;
mod here;
mod last;
mod often;

use std::net::TcpListener;

use quotah_bench::mock::{Directives, Mock, Script};

use crate::harness::{Config, End, Entry, Quotah, Request, Response, provider};

/// Two providers of `OpenAI`'s dialect behind routes that ask `first` before `second`.
struct Pair {
    first: Mock,
    second: Mock,
    quotah: Quotah,
    /// Bound, but nobody listens.
    _gone: TcpListener,
}

impl Pair {
    /// Routes of one letter each lead to `second` behind something that fails: `m` asks `first`, `s` is `first`
    /// with little patience, `g` is not there, `t` speaks no TLS.
    fn patient() -> Self {
        Self::start(Config::empty().patient())
    }

    /// The same beside what is configured.
    fn start(config: Config) -> Self {
        let (first, second) = (provider(), provider());
        let (gone, gone_url) = nobody();
        let clear_text = first.url().replace("http://", "https://");
        let config = [
            ("first", first.url(), ""),
            ("slow", first.url(), "timeout_first_byte_ms = 300"),
            ("gone", gone_url, ""),
            ("clear", clear_text, "timeout_connect_ms = 2000"),
            ("second", second.url(), ""),
        ]
        .iter()
        .fold(config, |config, (name, url, more)| {
            config.provider(
                name,
                "openai",
                url,
                &format!("inject_usage = false\n{more}"),
            )
        });
        let quotah = config
            .route("m", "", &["first/m", "second/m"])
            .route("s", "", &["slow/s", "second/s"])
            .route("g", "", &["gone/g", "second/g"])
            .route("t", "", &["clear/t", "second/t"])
            .start();
        Self {
            first,
            second,
            quotah,
            _gone: gone,
        }
    }

    /// From here on the first provider answers so; both forget what they saw.
    fn first_answers(&self, directives: Directives) {
        self.first.set(Script::always(directives));
        self.first.forget();
        self.second.forget();
    }
}

/// An address that refuses connections for as long as the listener lives: bound, and not listening.
fn nobody() -> (TcpListener, String) {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
        None,
    )
    .unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    rustix::net::bind(&socket, &any).unwrap();
    let listener = TcpListener::from(socket);
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// An error status, with the dialect's body.
fn status(status: u16) -> Directives {
    Directives {
        status: Some(status),
        ..Directives::default()
    }
}

/// A chat request of exactly so many bytes.
fn body_of(model: &str, stream: bool, bytes: usize) -> Vec<u8> {
    let stream = if stream { r#","stream":true"# } else { "" };
    let before = format!(r#"{{"model":"{model}"{stream},"messages":[{{"role":"user","content":""#);
    let after = r#""}]}"#;
    let filling = bytes.checked_sub(before.len() + after.len()).unwrap();
    let letters = b"quota! ".iter().copied().cycle().take(filling);
    before.bytes().chain(letters).chain(after.bytes()).collect()
}

/// A small chat request.
fn chat(model: &str) -> Request {
    Request::post("/v1/chat/completions", body_of(model, false, 100))
}

/// Providers, statuses and error classes of an entry's attempts.
fn attempts(entry: &Entry) -> Vec<(String, u64, String)> {
    let rows = entry.0["attempts"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| {
            let status = row["status"].as_u64().unwrap();
            (text(&row["provider"]), status, text(&row["error_class"]))
        })
        .collect()
}

/// The client has one whole answer after so many attempts.
fn assert_good(answer: &Response, attempts: &str, what: &str) {
    let shown = || format!("{what}: {}{}", answer.head, answer.text());
    assert_eq!(
        (answer.status, answer.end),
        (200, End::Whole),
        "{}",
        shown()
    );
    assert_eq!(
        answer.header("x-quotah-attempts"),
        Some(attempts),
        "{}",
        shown()
    );
}
