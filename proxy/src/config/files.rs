//! Files that a configuration names: whether they are there and hold what they should.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::resolved::Config;

/// A fault of a file that the configuration points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileFault {
    /// Serving would fail.
    Error(String),
    /// Serving would work, though perhaps not as meant.
    Warning(String),
}

/// Looks at the certificates, keys, CA files and credentials that `config` names.
#[must_use]
pub fn faults(config: &Config) -> Vec<FileFault> {
    let tls = config.server.tls.iter();
    let of_server = tls.flat_map(|tls| {
        let client_ca = tls
            .client_ca
            .as_deref()
            .map(|p| ("server.tls.client_ca", p, CERTIFICATE));
        let own = [
            ("server.tls.cert", &*tls.cert, CERTIFICATE),
            ("server.tls.key", &*tls.key, KEY),
        ];
        own.into_iter().chain(client_ca)
    });
    let of_providers = config
        .providers
        .iter()
        .filter_map(|p| Some(("ca_file", p.ca_file.as_deref()?, CERTIFICATE)));
    let of_credentials = config.providers.iter().flat_map(|p| {
        let more = p.credentials_more.iter().map(|more| &more.credential);
        let faults = std::iter::once(&p.credential)
            .chain(more)
            .filter_map(crate::credentials::fault);
        faults.map(|fault| FileFault::Error(format!("provider `{}`: {fault}", p.name)))
    });
    of_server
        .chain(of_providers)
        .filter_map(|(what, path, holds)| fault(what, path, holds))
        .chain(of_credentials)
        .collect()
}

fn fault(what: &str, path: &Path, holds: &str) -> Option<FileFault> {
    let shown = path.display();
    match read(path) {
        Err(e) => Some(FileFault::Error(format!(
            "{what}: cannot read {shown}: {e}"
        ))),
        Ok(text) if !text.contains(holds) => Some(FileFault::Error(format!(
            "{what}: {shown} holds no PEM block `…{holds}`"
        ))),
        Ok(_) => None,
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?
        .take(FILE_BYTES_MAX)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// How a block of a certificate, and one of any form of private key, begin.
const CERTIFICATE: &str = "CERTIFICATE-----";
const KEY: &str = "PRIVATE KEY-----";

/// A system's whole bundle of authorities has some 250 KiB.
const FILE_BYTES_MAX: u64 = 4 << 20;
