//! A cloud's token endpoint: answers by a closure, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the endpoint was asked.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Asked {
    /// A header's value by its lower-case name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A field of the form, or of the query, decoded.
    pub(super) fn field(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let text = if self.body.is_empty() {
            query
        } else {
            &self.body
        };
        text.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then(|| decoded(value))
        })
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let hex = std::str::from_utf8(&after[..2]).expect("hex");
            bytes.push(u8::from_str_radix(hex, 16).expect("hex"));
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).expect("text")
}

type Answer = Box<dyn FnMut(&Asked) -> (u16, String) + Send>;

/// A running endpoint; it lives as long as the test process.
pub(super) struct Cloud {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Cloud {
    /// An endpoint that answers by `answer`: status and body.
    pub(super) fn answering(answer: impl FnMut(&Asked) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let answer: Arc<Mutex<Answer>> = Arc::new(Mutex::new(Box::new(answer)));
        let (keep, by) = (Arc::clone(&asked), Arc::clone(&answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (keep, by) = (Arc::clone(&keep), Arc::clone(&by));
                std::thread::spawn(move || serve(&stream, &keep, &by));
            }
        });
        Self { url, asked, answer }
    }

    /// An endpoint of OAuth's: tokens `NAME-1`, `NAME-2`, …, each good for `seconds`.
    pub(super) fn oauth(name: &'static str, seconds: u64) -> Self {
        let mut count = 0;
        Self::answering(move |_| {
            count += 1;
            (200, oauth_body(&format!("{name}-{count}"), seconds))
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Everything it was asked, in order.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// Answers otherwise from now on.
    pub(super) fn set(&self, answer: impl FnMut(&Asked) -> (u16, String) + Send + 'static) {
        *self.answer.lock().expect("not poisoned") = Box::new(answer);
    }
}

pub(super) fn oauth_body(token: &str, seconds: u64) -> String {
    format!(r#"{{"access_token":"{token}","expires_in":{seconds},"token_type":"Bearer"}}"#)
}

fn serve(stream: &TcpStream, keep: &Mutex<Vec<Asked>>, by: &Mutex<Answer>) {
    let Some(asked) = read(stream) else { return };
    keep.lock().expect("not poisoned").push(asked.clone());
    let (status, body) = (by.lock().expect("not poisoned"))(&asked);
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    let mut stream = stream;
    stream.write_all(text.as_bytes()).ok();
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        target,
        headers,
        body: String::from_utf8(body).expect("text"),
    })
}
