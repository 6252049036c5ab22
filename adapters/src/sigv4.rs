//! AWS Signature Version 4: the lines that sign a request for Bedrock, from its final bytes.
//!
//! A signature covers method, host, path, query, some header lines and the body's hash, so it is made last and
//! anew for each attempt. Time is an argument. Format: AWS IAM user guide, "Create a signed AWS API request",
//! read 2026-11; the tests hold values of AWS's published test suite for it.

use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit, Mac};
use quotah_policy::Date;
use sha2::{Digest, Sha256};

use crate::credential::{encode_onto, percent_decode};

/// An access key of AWS. Its `Debug` shows the public id alone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AwsKeys<'a> {
    /// Public part, `AKIA…` or `ASIA…`.
    pub access_key_id: &'a str,
    /// Secret part.
    pub secret_access_key: &'a str,
    /// Goes with temporary keys.
    pub session_token: Option<&'a str>,
}

impl fmt::Debug for AwsKeys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsKeys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// For what a signature is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwsScope<'a> {
    /// `us-east-1`.
    pub region: &'a str,
    /// The name that the service is signed by: `bedrock`, `bedrock-mantle`, `sts`.
    pub service: &'a str,
    /// Seconds since 1970-01-01T00:00:00Z; AWS takes a signature for five minutes around it.
    pub unix_seconds: i64,
}

/// A request as it goes out.
#[derive(Debug, Clone, Copy)]
pub struct AwsRequest<'a> {
    /// In capitals.
    pub method: &'a str,
    /// Value of `host` or `:authority`.
    pub host: &'a str,
    /// Path with its query, as on the wire.
    pub path_and_query: &'a str,
    /// Header lines to sign beside `host` and those that signing adds, names in lower case: see [`is_signed`].
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Of the body.
    pub payload: PayloadHash,
}

/// What a signature says about the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadHash {
    /// Its SHA-256.
    Sha256([u8; 32]),
    /// Nothing: for services that allow it (`UNSIGNED-PAYLOAD`). Bedrock is not among them.
    Unsigned,
}

/// Whether a header line belongs into the signature when it is there.
///
/// `x-amz-*` has to; the type and Bedrock's own switches (`x-amzn-bedrock-*`) are as well not to be changed on the way.
/// Everything else stays out, so that a proxy on the way may touch it.
#[must_use]
pub fn is_signed(name: &str) -> bool {
    name == "content-type" || name.starts_with("x-amz-") || name.starts_with("x-amzn-bedrock-")
}

/// The header lines that sign a request, to be added to it in place of any of the same names.
///
/// These are `x-amz-date`, `x-amz-security-token` with temporary keys, `x-amz-content-sha256` where the body is not
/// signed, and `authorization`.
#[must_use]
pub fn sign(
    request: &AwsRequest<'_>,
    scope: &AwsScope<'_>,
    keys: &AwsKeys<'_>,
) -> Vec<(&'static str, String)> {
    let (date, at) = stamps(scope.unix_seconds);
    let mut lines = vec![("x-amz-date", at.clone())];
    if let Some(token) = keys.session_token {
        lines.push(("x-amz-security-token", token.to_owned()));
    }
    if request.payload == PayloadHash::Unsigned {
        lines.push(("x-amz-content-sha256", UNSIGNED.to_owned()));
    }
    let (canonical, names) = canonical_request(request, &lines);
    let scope_text = format!("{date}/{}/{}/aws4_request", scope.region, scope.service);
    let hash = hex(&Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("{ALGORITHM}\n{at}\n{scope_text}\n{hash}");
    let secret = format!("AWS4{}", keys.secret_access_key);
    let key = [&date, scope.region, scope.service, "aws4_request"]
        .iter()
        .fold(secret.into_bytes(), |key, part| {
            hmac(&key, part.as_bytes()).to_vec()
        });
    let signature = hex(&hmac(&key, to_sign.as_bytes()));
    let id = keys.access_key_id;
    let authorization = format!(
        "{ALGORITHM} Credential={id}/{scope_text}, SignedHeaders={names}, Signature={signature}"
    );
    lines.push(("authorization", authorization));
    lines
}

/// The request in the form that is hashed, and the names of the lines in it.
fn canonical_request(
    request: &AwsRequest<'_>,
    ours: &[(&'static str, String)],
) -> (String, String) {
    let (path, query) = match request.path_and_query.split_once('?') {
        Some((path, query)) => (path, query),
        None => (request.path_and_query, ""),
    };
    let theirs = request.headers.iter().copied();
    let theirs = theirs.filter(|(name, _)| !ours.iter().any(|(our, _)| our == name));
    let mut headers: Vec<(&str, &[u8])> = theirs
        .chain(ours.iter().map(|(name, value)| (*name, value.as_bytes())))
        .chain([("host", request.host.as_bytes())])
        .collect();
    // Stable: lines of one name keep their order.
    headers.sort_by_key(|(name, _)| *name);

    let mut text = format!(
        "{}\n{}\n{}\n",
        request.method,
        canonical_path(path),
        canonical_query(query)
    );
    let mut names = String::new();
    let mut before = None;
    for (name, value) in headers {
        if before == Some(name) {
            text.push(',');
        } else {
            if before.is_some() {
                text.push('\n');
                names.push(';');
            }
            text.push_str(name);
            text.push(':');
            names.push_str(name);
        }
        push_trimmed(value, &mut text);
        before = Some(name);
    }
    text.push_str("\n\n");
    text.push_str(&names);
    text.push('\n');
    match request.payload {
        PayloadHash::Sha256(hash) => text.push_str(&hex(&hash)),
        PayloadHash::Unsigned => text.push_str(UNSIGNED),
    }
    (text, names)
}

/// A path in canonical form: dots and empty segments resolved, each segment encoded once more than on the wire
/// (`%3A` becomes `%253A`), as every service but S3 has it.
fn canonical_path(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let mut canonical = String::with_capacity(path.len().saturating_add(16));
    for segment in &segments {
        canonical.push('/');
        encode_onto(segment.as_bytes(), &mut canonical);
    }
    let ends_open = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
    if canonical.is_empty() || ends_open {
        canonical.push('/');
    }
    canonical
}

/// A query in canonical form: decoded, encoded anew in AWS's own way, and sorted by name, then by value.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encoded_anew(name), encoded_anew(value))
        })
        .collect();
    pairs.sort();
    let mut canonical = String::with_capacity(query.len());
    for (name, value) in pairs {
        if !canonical.is_empty() {
            canonical.push('&');
        }
        canonical.push_str(&name);
        canonical.push('=');
        canonical.push_str(&value);
    }
    canonical
}

fn encoded_anew(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let mut encoded = String::with_capacity(text.len());
    encode_onto(&percent_decode(spaced.as_bytes()), &mut encoded);
    encoded
}

/// Adds a header's value without space around it, and with one space where it has several.
fn push_trimmed(value: &[u8], text: &mut String) {
    let value = String::from_utf8_lossy(value);
    let words = value.split([' ', '\t']).filter(|word| !word.is_empty());
    for (nth, word) in words.enumerate() {
        if nth > 0 {
            text.push(' ');
        }
        text.push_str(word);
    }
}

/// `20260101` and `20260101T000000Z`.
fn stamps(unix_seconds: i64) -> (String, String) {
    let date = Date::of_unix_seconds(unix_seconds)
        .to_string()
        .replace('-', "");
    let of_day = unix_seconds.rem_euclid(86_400);
    let (hour, minute, second) = (
        of_day.div_euclid(3_600),
        of_day.div_euclid(60).rem_euclid(60),
        of_day.rem_euclid(60),
    );
    let at = format!("{date}T{hour:02}{minute:02}{second:02}Z");
    (date, at)
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    // HMAC takes keys of every length.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mut mac| {
        mac.update(text);
        mac.finalize().into_bytes().into()
    })
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // A String takes everything.
        write!(text, "{byte:02x}").ok();
    }
    text
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

#[cfg(test)]
mod tests;
