//! Providers from the environment, for a start without any file.
//!
//! Each provider whose usual key variable is set is served, and each cloud whose own SDK would find a credential,
//! at its own address or at the one its usual base-URL variable names; servers of one's own that ask for no key
//! are found by that variable alone. People export that variable for their
//! clients in the same shell, pointing at this very gateway: that one is ignored, or requests would circle.

use std::borrow::Cow;
use std::net::IpAddr;

use quotah_adapters::ProviderKind;

use super::resolve::{base_of_environment, is_set_up, of_environment, with_defaults};
use super::resolved::{BaseUrl, Credential, Listen, Provider, Secret};
use super::{Environment, Warning};

/// Providers whose variables are set, in the order of the kinds.
pub(super) fn providers(
    env: &Environment,
    listen: &[Listen],
    warnings: &mut Vec<Warning>,
) -> Vec<Provider> {
    let mut providers = Vec::new();
    for kind in ProviderKind::all() {
        let keys = kind.key_vars().iter();
        let keyed = keys.copied().find_map(|v| Some((v, env.filled(v)?.trim())));
        if let Some((variable, key)) = keyed
            && !key.bytes().all(|b| b.is_ascii_graphic())
        {
            warnings.push(Warning::BadKey { variable });
            continue;
        }
        if keyed.is_none() && !is_set_up(kind, env) && !is_own_server(kind, env) {
            continue;
        }
        let Some(base) = base(kind, env, listen, warnings) else {
            continue;
        };
        let credential = match keyed {
            Some((_, key)) => Some(Credential::Configured(Secret::new(key))),
            None => of_environment(kind, &base, env),
        };
        providers.extend(credential.map(|credential| with_defaults(kind, base, credential)));
    }
    providers
}

fn base(
    kind: ProviderKind,
    env: &Environment,
    listen: &[Listen],
    warnings: &mut Vec<Warning>,
) -> Option<BaseUrl> {
    for variable in kind.base_url_vars() {
        let Some(text) = env.filled(variable) else {
            continue;
        };
        match BaseUrl::parse(&address(kind, text.trim())) {
            Ok(base) if is_own(&base, listen) => warnings.push(Warning::OwnAddress { variable }),
            Ok(base) => return Some(base),
            Err(expected) => warnings.push(Warning::BadBaseUrl { variable, expected }),
        }
    }
    base_of_environment(kind, env).or_else(|| BaseUrl::parse(kind.base_url()?).ok())
}

/// Whether the environment names a server of one's own, which may ask for no key.
fn is_own_server(kind: ProviderKind, env: &Environment) -> bool {
    let may_be_open = matches!(kind.as_str(), "ollama" | "vllm");
    let mut variables = kind.base_url_vars().iter();
    may_be_open && variables.any(|variable| env.filled(variable).is_some())
}

/// A variable's text as an address. `OLLAMA_HOST` may be less than that: scheme, host and port each may be left out,
/// and the server's own `0.0.0.0` is met on loopback (documented at <https://docs.ollama.com/faq>, read 2026-11).
fn address(kind: ProviderKind, text: &str) -> Cow<'_, str> {
    let is_whole = kind != ProviderKind::OLLAMA || text.contains("://");
    if is_whole {
        return text.into();
    }
    let (authority, path) = text.split_at(text.find('/').unwrap_or(text.len()));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (authority, OLLAMA_PORT),
    };
    let host = match host {
        "" | "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        host => host,
    };
    format!("http://{host}:{port}{path}").into()
}

/// Where Ollama listens unless told otherwise.
const OLLAMA_PORT: &str = "11434";

/// Whether an address leads back here: a port we listen on, on this machine as far as its name tells.
fn is_own(base: &BaseUrl, listen: &[Listen]) -> bool {
    let host = base.host.parse::<IpAddr>().ok();
    let is_local = base.host.eq_ignore_ascii_case("localhost")
        || base.host.ends_with(".localhost")
        || host.is_some_and(|ip| ip.is_loopback() || ip.is_unspecified());
    listen.iter().any(|listen| match listen {
        Listen::Tcp(address) => {
            address.port() == base.port && (is_local || host == Some(address.ip()))
        }
        Listen::Unix(_) => false,
    })
}
