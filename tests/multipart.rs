//! Uploads: forms and files pass as they come, in little memory, and break off visibly in both directions.

mod bills;
mod forms;
mod h2;
mod limits;
mod provider;
mod sdk;

use crate::harness::{Config, Entry, Quotah, Request};
use provider::Provider;

const BOUNDARY: &str = "----test-boundary-7MA4";

const PATH: &str = "/v1/audio/transcriptions";

/// A form of text fields and, behind them, one file.
fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    [&*fields_of(fields), &*file_of(file), &*end()].concat()
}

fn fields_of(fields: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    };
    fields.iter().map(part).collect::<String>().into_bytes()
}

fn file_of(file: &[u8]) -> Vec<u8> {
    [file_head().as_bytes(), file, b"\r\n"].concat()
}

fn file_head() -> String {
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
         Content-Type: audio/wav\r\n\r\n"
    )
}

fn end() -> Vec<u8> {
    format!("--{BOUNDARY}--\r\n").into_bytes()
}

/// A `POST` of a form, without its body.
fn request() -> Request {
    Request::of("POST", PATH).header(
        "content-type",
        &format!("multipart/form-data; boundary={BOUNDARY}"),
    )
}

/// Bytes that look like no form and no text.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

/// A gateway toward one provider that speaks OpenAI's dialect; `server` are lines of `[server]`.
fn gateway(provider: &Provider, server: &str) -> Quotah {
    config(provider).server(server).start()
}

fn config(provider: &Provider) -> Config {
    Config::empty().provider("openai", "openai", &provider.url(), "")
}

/// The only entry of the books.
fn booked(quotah: &Quotah) -> Entry {
    let mut entries = quotah.ledger_of(1);
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}
