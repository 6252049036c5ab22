//! A provider's address as users write it, split into what a connection and a request line need.

use std::net::IpAddr;

use super::resolved::BaseUrl;

/// Why a text is no base URL. Nothing of the text is repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// No `http://` or `https://`.
    #[error("an address that begins with https:// or http://")]
    Scheme,
    /// User name or password.
    #[error("an address without a user name or password")]
    UserInfo,
    /// `?` or `#`.
    #[error("an address without a query or fragment")]
    Query,
    /// Host or port that cannot be.
    #[error("an address with a host name or IP address and a port from 1 to 65535")]
    Host,
    /// Path with characters that no path has, or with `.` or `..` in it.
    #[error("an address whose path has only unreserved characters")]
    Path,
}

impl BaseUrl {
    /// Splits `text`, e.g. `https://api.openai.com/v1` or `http://[::1]:8000`.
    ///
    /// A last path segment that is a version (`v1`, `v1beta`) is taken off, because clients send it in
    /// their paths: with and without it, the address means the same.
    ///
    /// # Errors
    /// What a base URL must be, when `text` is none.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let (https, rest) = match (
            strip_scheme(text, "https://"),
            strip_scheme(text, "http://"),
        ) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(BaseUrlError::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let default_port = if https { 443 } else { 80 };
        let (host, port) = split_host(authority, default_port).ok_or(BaseUrlError::Host)?;
        let shown = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        let authority = if port == default_port {
            shown
        } else {
            format!("{shown}:{port}")
        };
        let (prefix, version) = split_path(path)?;
        Ok(Self {
            https,
            host: host.into(),
            port,
            authority: authority.into(),
            prefix: prefix.into(),
            version: version.map(Into::into),
        })
    }
}

impl BaseUrl {
    /// Whether its host is on this machine or a private network, as far as its name tells.
    #[must_use]
    pub fn is_near(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
            // Without a dot it is a name of this machine, a container or a cluster.
            Err(_) => {
                let near = [".localhost", ".local", ".internal"];
                !self.host.contains('.') || near.iter().any(|end| self.host.ends_with(end))
            }
        }
    }
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let head = text.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| &text[scheme.len()..])
}

fn split_host(authority: &str, default_port: u16) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (
                host,
                port.strip_prefix(':')
                    .or_else(|| port.is_empty().then_some(""))?,
            )
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let port = match port {
        "" => default_port,
        digits if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let fits = host.contains(':') || host.chars().all(is_name);
    (fits && !host.is_empty() && host.len() <= HOST_BYTES_MAX && port != 0)
        .then(|| (host.to_ascii_lowercase(), port))
}

/// The path without slashes at its end, and the version that was its last segment.
fn split_path(path: &str) -> Result<(&str, Option<&str>), BaseUrlError> {
    let path = path.trim_end_matches('/');
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%!$&'()*+,;=:@".contains(c);
    for segment in path.split('/').skip(1) {
        if !segment.chars().all(is_plain) || matches!(segment, "" | "." | "..") {
            return Err(BaseUrlError::Path);
        }
    }
    Ok(match path.rsplit_once('/') {
        Some((before, last)) if is_version(last) => (before, Some(&path[before.len()..])),
        _ => (path, None),
    })
}

/// `v1`, `v1beta`, `v1beta2`, `v2alpha`.
fn is_version(segment: &str) -> bool {
    let Some(rest) = segment.strip_prefix('v') else {
        return false;
    };
    let label = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let label = label.trim_end_matches(|c: char| c.is_ascii_digit());
    rest.starts_with(|c: char| c.is_ascii_digit()) && matches!(label, "" | "alpha" | "beta")
}

/// RFC 1035 §2.3.4.
const HOST_BYTES_MAX: usize = 253;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn an_address_is_split_and_its_version_taken_off() {
        for (text, https, host, port, authority, prefix) in [
            (
                "https://api.openai.com/v1",
                true,
                "api.openai.com",
                443,
                "api.openai.com",
                "",
            ),
            (
                "https://api.openai.com",
                true,
                "api.openai.com",
                443,
                "api.openai.com",
                "",
            ),
            (
                "https://api.openai.com:443/v1/",
                true,
                "api.openai.com",
                443,
                "api.openai.com",
                "",
            ),
            (
                "http://localhost:8000/v1",
                false,
                "localhost",
                8000,
                "localhost:8000",
                "",
            ),
            ("HTTP://Host:80", false, "host", 80, "host", ""),
            ("http://[::1]:11434", false, "::1", 11434, "[::1]:11434", ""),
            (
                "https://x.test/openai/v1",
                true,
                "x.test",
                443,
                "x.test",
                "/openai",
            ),
            (
                "https://x.test/v1/acct/gw",
                true,
                "x.test",
                443,
                "x.test",
                "/v1/acct/gw",
            ),
            ("https://x.test/v1beta", true, "x.test", 443, "x.test", ""),
            (
                "https://x.test/video",
                true,
                "x.test",
                443,
                "x.test",
                "/video",
            ),
        ] {
            let base = BaseUrl::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            let split = (
                base.https,
                &*base.host,
                base.port,
                &*base.authority,
                &*base.prefix,
            );
            assert_eq!(split, (https, host, port, authority, prefix), "{text}");
        }
    }

    #[test]
    fn the_version_is_kept_beside_the_prefix() {
        let version = |text| BaseUrl::parse(text).expect(text).version;
        assert_eq!(version("https://x.test/api/v4/").as_deref(), Some("/v4"));
        assert_eq!(version("https://x.test/api"), None);
    }

    #[test]
    fn nearness_is_told_by_the_name() {
        for (text, near) in [
            ("http://localhost:8000", true),
            ("http://10.0.0.7", true),
            ("http://[::1]", true),
            ("http://vllm:8000", true),
            ("http://vllm.ml.svc.cluster.local", true),
            ("http://203.0.113.9", false),
            ("http://api.openai.com", false),
        ] {
            assert_eq!(
                BaseUrl::parse(text).map(|base| base.is_near()),
                Ok(near),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (text, why) in [
            ("api.openai.com/v1", BaseUrlError::Scheme),
            ("ftp://x", BaseUrlError::Scheme),
            ("https://user:pw@x.test", BaseUrlError::UserInfo),
            ("https://x.test/v1?key=1", BaseUrlError::Query),
            ("https://", BaseUrlError::Host),
            ("https://x.test:0", BaseUrlError::Host),
            ("https://x.test:99999", BaseUrlError::Host),
            ("https://x.test:+80", BaseUrlError::Host),
            ("https://[::1", BaseUrlError::Host),
            ("https://[::1]x", BaseUrlError::Host),
            ("https://a b", BaseUrlError::Host),
            ("https://x.test/a b", BaseUrlError::Path),
            ("https://x.test/a/../b", BaseUrlError::Path),
            ("https://x.test/a//b", BaseUrlError::Path),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(https?://)?[\\[\\]a-z0-9:./@?ü-]*") {
            BaseUrl::parse(&text).ok();
        }
    }
}
