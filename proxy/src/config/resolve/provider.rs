//! `[[providers]]`: where requests may go.

use http::{HeaderName, HeaderValue};
use quotah_adapters::ProviderKind;

use super::super::Environment;
use super::super::problem::{Problem, nearest};
use super::super::resolved::{BaseUrl, Credential, HttpVersion, Provider};
use super::super::section::Section;
use super::adapter::adapter;
use super::cloud;
use super::credential::place;
use super::credentials::{Credentials, credentials};
use super::health::health_check;
use super::server::is_label;

/// The providers in the order of the file.
pub(super) fn providers(root: &Section<'_>, env: &Environment) -> Vec<Provider> {
    let mut providers: Vec<Provider> = Vec::new();
    for row in root.tables("providers", "[[providers]]") {
        if let Some(provider) = provider(&row, env) {
            if providers.iter().any(|p| p.name == provider.name) {
                let name = provider.name.to_string();
                row.problems().at(
                    row.place(),
                    Problem::Twice {
                        what: "provider",
                        name,
                    },
                );
            }
            providers.push(provider);
        }
        row.not_yet(&[
            "requests_per_minute",
            "tokens_per_minute",
            "weight",
            "regions",
        ]);
        row.end();
    }
    providers
}

/// A provider of `kind` with every setting at its default.
pub(in crate::config) fn with_defaults(
    kind: ProviderKind,
    base: BaseUrl,
    credential: Credential,
) -> Provider {
    Provider {
        name: kind.as_str().into(),
        kind,
        base,
        credential,
        credential_label: None,
        credentials_more: Vec::new(),
        credential_place: None,
        timeout_connect: std::time::Duration::from_millis(TIMEOUT_CONNECT_MS),
        timeout_first_byte: std::time::Duration::from_millis(TIMEOUT_FIRST_BYTE_MS),
        timeout_idle: std::time::Duration::from_millis(TIMEOUT_IDLE_MS),
        timeout_total: std::time::Duration::from_millis(TIMEOUT_TOTAL_MS),
        ca_file: None,
        http: HttpVersion::Auto,
        headers: Vec::new(),
        inject_usage: kind.asks_for_usage(),
        keep_header_case: false,
        custom: None,
        limits: None,
        health_check: None,
    }
}

fn provider(row: &Section<'_>, env: &Environment) -> Option<Provider> {
    let kind = kind(row);
    let name = name(row);
    let base = base(row, kind, env);
    let credentials = credentials(row, (kind, base.as_ref()), env);
    let credential_place = place(row);
    let is_elsewhere = |c: &Credentials| !matches!(c.first, Credential::Configured(_));
    if credential_place.is_some() && credentials.as_ref().is_some_and(is_elsewhere) {
        let expected = "left out without an `api_key`, which it is for";
        row.invalid::<()>("credential_place", row.place(), expected);
    }
    let versions = [
        ("auto", HttpVersion::Auto),
        ("1.1", HttpVersion::Http1),
        ("2", HttpVersion::Http2),
    ];
    let http = row.choice("http", &versions).unwrap_or(HttpVersion::Auto);
    let ca_file = row.required_if_present("ca_file").map(|at| at.value.into());
    let timeouts = [
        row.millis("timeout_connect_ms", TIMEOUT_CONNECT_MS),
        row.millis("timeout_first_byte_ms", TIMEOUT_FIRST_BYTE_MS),
        row.millis("timeout_idle_ms", TIMEOUT_IDLE_MS),
        row.millis("timeout_total_ms", TIMEOUT_TOTAL_MS),
    ];
    let headers = headers(row);
    let inject_usage = row.boolean("inject_usage");
    let keep_header_case = row.boolean("keep_header_case").unwrap_or(false);
    let health_check = health_check(row);
    let kind = kind?;
    let adapter = if kind == ProviderKind::CUSTOM {
        Some(adapter(row)?)
    } else {
        None
    };
    let (custom, limits) = adapter.map(|a| (a.custom, a.limits)).unzip();
    let [
        timeout_connect,
        timeout_first_byte,
        timeout_idle,
        timeout_total,
    ] = timeouts;
    let credentials = credentials?;
    Some(Provider {
        name: name.map_or_else(|| kind.as_str().into(), Into::into),
        credential_label: credentials.label,
        credentials_more: credentials.more,
        credential_place,
        timeout_connect,
        timeout_first_byte,
        timeout_idle,
        timeout_total,
        ca_file,
        http,
        headers,
        inject_usage: inject_usage.unwrap_or_else(|| kind.asks_for_usage()),
        keep_header_case,
        custom,
        limits,
        health_check,
        ..with_defaults(kind, base?, credentials.first)
    })
}

fn kind(row: &Section<'_>) -> Option<ProviderKind> {
    let text = row.required("kind", "")?;
    if let Ok(kind) = text.value.parse() {
        return Some(kind);
    }
    let known: Vec<&str> = ProviderKind::all().map(ProviderKind::as_str).collect();
    let meant = nearest(text.value, known.iter().copied());
    let meant = meant
        .map(|kind| format!(" (did you mean \"{kind}\"?)"))
        .unwrap_or_default();
    row.invalid(
        "kind",
        &text.place,
        &format!("one of {}{meant}", known.join(", ")),
    )
}

fn name<'a>(row: &Section<'a>) -> Option<&'a str> {
    let text = row.text("name")?;
    let version = text
        .value
        .strip_prefix('v')
        .is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()));
    if !is_label(text.value) || version {
        row.invalid::<()>("name", &text.place, NAME_EXPECTED);
    }
    Some(text.value)
}

fn base(row: &Section<'_>, kind: Option<ProviderKind>, env: &Environment) -> Option<BaseUrl> {
    if let Some(text) = row.text("base_url") {
        return BaseUrl::parse(text.value.trim())
            .map_err(|e| row.invalid::<()>("base_url", &text.place, &e.to_string()))
            .ok();
    }
    if row.is_present("base_url") {
        return None;
    }
    if let Some(base) = cloud::base(row, kind?, env).ok()? {
        return Some(base);
    }
    let Some(default) = kind?.base_url() else {
        row.missing("base_url", ": this kind has no address of its own");
        return None;
    };
    BaseUrl::parse(default).ok()
}

fn headers(row: &Section<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let Some(section) = row.table("headers", "`headers` in [[providers]]") else {
        return Vec::new();
    };
    let mut headers = Vec::new();
    for (name, value) in section.pairs() {
        let parsed = HeaderName::try_from(name.value)
            .ok()
            .filter(|n| !RESERVED.contains(&n.as_str()));
        let Some(parsed) = parsed else {
            row.invalid::<()>(
                name.value,
                &name.place,
                "a header name other than those that Quotah sets",
            );
            continue;
        };
        match HeaderValue::try_from(value.value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                headers.push((parsed, value));
            }
            Err(_) => {
                row.invalid::<()>(
                    name.value,
                    &value.place,
                    "a header value: visible ASCII characters",
                );
            }
        }
    }
    if headers.len() > HEADERS_MAX {
        row.invalid::<()>("headers", section.place(), "at most 32 lines");
    }
    headers
}

/// Headers that Quotah sets itself, or that frame a message.
pub(super) const RESERVED: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "keep-alive",
];

const NAME_EXPECTED: &str =
    "at most 64 letters, digits, `_`, `-`, `.`, and not a version such as \"v1\"";

/// Header lines that one provider may add.
const HEADERS_MAX: usize = 32;

/// TCP and TLS across an ocean take half a second; ten times that is a dead host.
const TIMEOUT_CONNECT_MS: u64 = 5_000;

/// The providers' own SDKs give a plain answer ten minutes.
const TIMEOUT_FIRST_BYTE_MS: u64 = 600_000;

/// Reasoning models fall silent for minutes inside a stream.
const TIMEOUT_IDLE_MS: u64 = 300_000;

/// No provider keeps a request open for an hour.
const TIMEOUT_TOTAL_MS: u64 = 3_600_000;
