//! Who is calling: bearer tokens, roles, and patience with those who guess.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use dashmap::DashMap;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::store::Actor;
use super::{Problem, Shared};
use crate::clock;
use crate::config::resolved::{AdminToken, Role};

/// The other end of a connection: an address, or a unix socket of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Ip(IpAddr),
    Local,
}

impl Peer {
    pub(super) fn is_local(self) -> bool {
        match self {
            Self::Ip(ip) => ip.to_canonical().is_loopback(),
            Self::Local => true,
        }
    }

    /// What failed attempts are counted by: an IPv6 network of one customer counts as one.
    fn counted_as(self) -> IpAddr {
        match self {
            Self::Ip(ip) => match ip.to_canonical() {
                IpAddr::V6(v6) => {
                    let [a, b, c, d, ..] = v6.segments();
                    Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
                }
                v4 @ IpAddr::V4(_) => v4,
            },
            Self::Local => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}

/// Somebody with a token.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) name: Arc<str>,
    pub(super) role: Role,
    /// The only team that it sees; `None` sees all.
    pub(super) team: Option<Arc<str>>,
    pub(super) peer: Peer,
}

impl Caller {
    /// Whether it may know of what belongs to `team`.
    pub(super) fn sees(&self, team: Option<&str>) -> bool {
        self.team.is_none() || self.team.as_deref() == team
    }

    /// As audits name it.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            name: self.name.to_string(),
            role: self.role,
            ip: match self.peer {
                Peer::Ip(ip) => Some(ip.to_canonical()),
                Peer::Local => None,
            },
            team: self.team.as_deref().map(str::to_owned),
        }
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    /// The caller that the guard let in; without a guard (no such path), whoever has a token.
    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Problem> {
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        authenticate(shared, &parts.headers, peer(&parts.extensions))
    }
}

/// The other end of this request's connection.
pub(super) fn peer(extensions: &Extensions) -> Peer {
    let peer = extensions.get::<Peer>().copied();
    peer.unwrap_or(Peer::Ip(ANYBODY))
}

/// Whose token this is.
///
/// # Errors
/// 401 without a known token, 429 for an address that guessed too often.
pub(super) fn authenticate(
    shared: &Shared,
    headers: &HeaderMap,
    peer: Peer,
) -> Result<Caller, Problem> {
    let now = clock::now();
    shared.throttle.admit(peer, now)?;
    if bearer(headers).is_none() {
        // Nothing was guessed: not counted.
        let detail = "an admin token is needed";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
    }
    known(shared, headers, peer).ok_or_else(|| {
        shared.throttle.failed(peer, now);
        Problem::new(StatusCode::UNAUTHORIZED, "this token is not known")
    })
}

/// Whose token this is, if it is anybody's; not counted as a guess.
pub(super) fn known(shared: &Shared, headers: &HeaderMap, peer: Peer) -> Option<Caller> {
    let config = (shared.state.config)();
    find(&config.admin.tokens, bearer(headers)?, peer)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The token's owner. Compares digests, all of them, so that time tells nothing.
fn find(tokens: &[AdminToken], presented: &str, peer: Peer) -> Option<Caller> {
    let presented = Sha256::digest(presented.as_bytes());
    let mut found = 0_u32;
    for (index, token) in (1..).zip(tokens) {
        let same: Choice = Sha256::digest(token.token.expose().as_bytes()).ct_eq(&presented);
        found.conditional_assign(&index, same);
    }
    let index = usize::try_from(found.checked_sub(1)?).ok()?;
    tokens.get(index).map(|t| Caller {
        name: t.name.as_str().into(),
        role: t.role,
        team: t.team.as_deref().map(Into::into),
        peer,
    })
}

/// Counts failed attempts by address; too many, and the address waits.
pub(super) struct Throttle {
    failures: DefaultKeyedRateLimiter<IpAddr>,
    shut_out: DashMap<IpAddr, Instant>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            failures: RateLimiter::keyed(Quota::per_minute(FAILURES_PER_MINUTE)),
            shut_out: DashMap::new(),
        }
    }
}

impl Throttle {
    /// Refuses an address that is shut out, whatever token it brings now.
    fn admit(&self, peer: Peer, now: Instant) -> Result<(), Problem> {
        let until = self.shut_out.get(&peer.counted_as()).map(|until| *until);
        let left = until
            .map(|until| until.saturating_duration_since(now))
            .unwrap_or_default();
        if left.is_zero() {
            return Ok(());
        }
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens");
        Err(problem.retry_after(left.as_secs() + 1))
    }

    fn failed(&self, peer: Peer, now: Instant) {
        let address = peer.counted_as();
        if self.failures.check_key(&address).is_ok() {
            return;
        }
        self.shut_out.insert(address, now + SHUT_OUT);
        if self.shut_out.len() > ADDRESSES_MAX {
            self.shut_out.retain(|_, until| *until > now);
        }
        if self.failures.len() > ADDRESSES_MAX {
            self.failures.retain_recent();
        }
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Throttle({} shut out)", self.shut_out.len())
    }
}

/// Stands for a peer that the listener did not name: treated as a stranger.
const ANYBODY: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// More wrong tokens than a person mistypes.
const FAILURES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// How long an address waits after too many.
const SHUT_OUT: Duration = Duration::from_secs(60);

/// Addresses remembered before old ones are let go.
const ADDRESSES_MAX: usize = 10_000;
