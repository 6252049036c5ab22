//! Load over HTTP/1.1, and what came back.
//!
//! Two loops, because they answer different questions. The [`closed`] loop keeps N connections busy:
//! throughput, and CPU per request of whatever is in between. The [`open`] loop sends at a fixed rate and
//! measures from the moment a request was *due*, so that a stalled server cannot hide its stall by slowing
//! the load (coordinated omission). [`hold`] opens streams and keeps them, so that memory can be read.

pub mod answer;
pub mod closed;
pub mod hold;
pub mod open;
pub mod report;

use std::net::{SocketAddr, ToSocketAddrs};

pub use self::report::Report;

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not `http://host:port/path`.
    #[error("not an http url with a host: {0:?}")]
    Url(String),
    /// Not `name: value`.
    #[error("not a header line: {0:?}")]
    Header(String),
    /// The host has no address.
    #[error("cannot resolve {host}: {source}")]
    Resolve {
        /// The host and port asked for.
        host: String,
        /// What the resolver said.
        source: std::io::Error,
    },
    /// No thread or runtime could be made.
    #[error("cannot start: {0}")]
    Start(#[from] std::io::Error),
}

/// Where requests go and what they are: written once, sent many times.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where to connect.
    pub addr: SocketAddr,
    /// The whole request.
    pub request: Vec<u8>,
}

/// What a chat request should be like.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// `model`.
    pub model: String,
    /// `stream`.
    pub stream: bool,
    /// `stream_options.include_usage`.
    pub ask_usage: bool,
    /// The body is filled up with text to about this length, bytes.
    pub body_bytes: usize,
    /// Header lines, `name: value`.
    pub headers: Vec<String>,
}

impl Target {
    /// A chat request to `url`.
    ///
    /// # Errors
    /// [`LoadError`] when the URL or a header line is none, or the host has no address.
    pub fn chat(url: &str, shape: &Shape) -> Result<Self, LoadError> {
        let bad_url = || LoadError::Url(url.to_owned());
        let rest = url.strip_prefix("http://").ok_or_else(bad_url)?;
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() {
            "/v1/chat/completions"
        } else {
            path
        };
        let addr = host
            .to_socket_addrs()
            .map_err(|source| LoadError::Resolve {
                host: host.to_owned(),
                source,
            })?
            .next()
            .ok_or_else(bad_url)?;
        let body = body(shape);
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n\
             Content-Type: application/json\r\nUser-Agent: quotah-load\r\n"
        );
        for line in &shape.headers {
            if !line.contains(": ") || line.contains(['\r', '\n']) {
                return Err(LoadError::Header(line.clone()));
            }
            request.push_str(line);
            request.push_str("\r\n");
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        Ok(Self {
            addr,
            request: request.into_bytes(),
        })
    }
}

/// The JSON body, filled up to the length asked for.
fn body(shape: &Shape) -> String {
    let model = serde_json::Value::from(shape.model.as_str());
    let stream = if shape.stream { ",\"stream\":true" } else { "" };
    let usage = if shape.ask_usage {
        ",\"stream_options\":{\"include_usage\":true}"
    } else {
        ""
    };
    let around = format!(
        "{{\"model\":{model},\"messages\":[{{\"role\":\"system\",\"content\":\"You are a helpful \
         assistant.\"}},{{\"role\":\"user\",\"content\":\"\"}}]{stream}{usage},\"temperature\":0.2}}"
    );
    let fill = shape.body_bytes.saturating_sub(around.len());
    let text: String = "All work and no play. "
        .chars()
        .cycle()
        .take(fill)
        .collect();
    around.replacen("\"content\":\"\"", &format!("\"content\":\"{text}\""), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_request_is_valid_and_as_long_as_asked() {
        let shape = Shape {
            model: "m".to_owned(),
            stream: true,
            ask_usage: true,
            body_bytes: 1_000_000,
            headers: vec!["x-mock-chunks: 5".to_owned()],
        };
        let target = Target::chat("http://127.0.0.1:9/v1/x", &shape).unwrap();
        let text = String::from_utf8(target.request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("POST /v1/x HTTP/1.1\r\nHost: 127.0.0.1:9\r\n"),
            "{head}"
        );
        assert!(
            head.contains("\r\nx-mock-chunks: 5\r\n") && head.ends_with("1000000"),
            "{head}"
        );
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(json["stream_options"]["include_usage"], true);
    }

    #[test]
    fn a_header_line_cannot_smuggle_another() {
        let shape = Shape {
            headers: vec!["a: b\r\nc: d".to_owned()],
            ..Shape::default()
        };
        assert!(matches!(
            Target::chat("http://127.0.0.1:9", &shape),
            Err(LoadError::Header(_))
        ));
    }
}
