//! `SigV4` as its receiver checks it: written straight from AWS's description, sharing no code with the program.

use ring::{digest, hmac};

/// What a signature is checked with.
pub(super) struct Receiver<'a> {
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// A request as it arrived.
pub(super) struct Arrived<'a> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    /// In order, names as they came.
    pub(super) headers: &'a [(String, String)],
    pub(super) body: &'a [u8],
}

impl Receiver<'_> {
    /// Checks a request's signature and gives the names of the lines that it covers.
    pub(super) fn accepts(&self, arrived: &Arrived<'_>) -> Vec<String> {
        let authorization = value(arrived, "authorization");
        let rest = authorization
            .strip_prefix("AWS4-HMAC-SHA256 Credential=")
            .expect("a signature");
        let mut parts = rest.split(", ");
        let credential = parts.next().expect("a credential");
        let names = parts.next().and_then(|p| p.strip_prefix("SignedHeaders="));
        let names: Vec<&str> = names.expect("names").split(';').collect();
        let signature = parts.next().and_then(|p| p.strip_prefix("Signature="));
        let at = value(arrived, "x-amz-date");
        let day = &at[..8];
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        assert_eq!(credential, format!("{}/{scope}", self.id));
        assert!(names.is_sorted() && names.contains(&"host") && names.contains(&"x-amz-date"));

        let (path, query) = arrived
            .target
            .split_once('?')
            .unwrap_or((arrived.target, ""));
        let mut query: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
        query.sort_unstable();
        let path: String = path.chars().map(twice).collect();
        let lines: String = names
            .iter()
            .map(|name| format!("{name}:{}\n", value(arrived, name)))
            .collect();
        let (method, body) = (
            arrived.method,
            hex(digest::digest(&digest::SHA256, arrived.body).as_ref()),
        );
        let canonical = format!(
            "{method}\n{path}\n{}\n{lines}\n{}\n{body}",
            query.join("&"),
            names.join(";")
        );
        let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [day, self.region, self.service, "aws4_request"] {
            key = mac(&key, part);
        }
        let expected = mac(&key, &format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{hash}"));
        assert_eq!(signature, Some(&*hex(&expected)), "{canonical}");
        names.iter().map(|name| (*name).to_owned()).collect()
    }
}

/// A path's character in its second encoding.
fn twice(char: char) -> String {
    match char {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' | '/' => char.to_string(),
        _ => format!("%{:02X}", u32::from(char)),
    }
}

fn value<'a>(arrived: &'a Arrived<'_>, name: &str) -> &'a str {
    let mut lines = arrived
        .headers
        .iter()
        .filter(|(n, _)| n.eq_ignore_ascii_case(name));
    let (_, value) = lines.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(lines.next().is_none(), "{name} twice");
    value.trim()
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
