//! Whom a request is accounted to, and what it may do.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quotah_policy::budget::BudgetAccounts;
use quotah_policy::guard::Guard;
use quotah_policy::limit::LimitCells;
use quotah_policy::{KeyNetworks, Pattern};

/// Whom a request is accounted to, whatever its credential was.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity {
    /// Key id: what logs and the ledger show.
    pub(crate) key: Arc<str>,
    pub(crate) team: Option<Arc<str>>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) project: Option<Arc<str>>,
    pub(crate) tags: Vec<(String, String)>,
    /// Models it may use; empty means all.
    pub(crate) models: Vec<Pattern>,
    /// Providers it may use; empty means all.
    pub(crate) providers: Vec<String>,
    /// Operations it may use, by their names in the ledger; empty means all.
    pub(crate) operations: Vec<String>,
    /// Where its clients may be.
    pub(crate) networks: KeyNetworks,
    /// From when on it is not valid, milliseconds since 1970.
    pub(crate) expires_at_unix_ms: Option<u64>,
    /// Its own budget, called `key:ID`.
    pub(crate) own_budget: Option<BudgetAccounts>,
    /// Its own limits, called `key:ID`.
    pub(crate) own_limits: Option<LimitCells>,
    /// Its own guard, called `key:ID`.
    pub(crate) guard: Option<Arc<Guard>>,
    /// When it was used last, milliseconds since 1970; 0 for never.
    pub(crate) last_used_unix_ms: Arc<AtomicU64>,
    /// Whether the credential was ours: then it must not go to a provider.
    pub(crate) is_virtual: bool,
}

/// Where and when a credential is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    /// The connection's peer; `None` on a unix socket.
    pub(crate) ip: Option<IpAddr>,
    pub(crate) now_unix_ms: u64,
}

impl Identity {
    /// Whether the key may use `model`.
    pub(crate) fn may_use_model(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| pattern.matches(model))
    }

    /// Whether the key may use `provider`.
    pub(crate) fn may_use_provider(&self, provider: &str) -> bool {
        self.providers.is_empty() || self.providers.iter().any(|allowed| allowed == provider)
    }

    /// Whether the key may use `operation`, by its name in the ledger.
    pub(crate) fn may_use_operation(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.iter().any(|allowed| allowed == operation)
    }

    /// Whether it is valid there and then.
    pub(super) fn is_valid(&self, shown: Shown) -> bool {
        let has_expired = |at| at <= shown.now_unix_ms;
        self.networks.allow(shown.ip) && !self.expires_at_unix_ms.is_some_and(has_expired)
    }

    /// Notes that it is used. To the second: busy keys would otherwise share one busy cache line.
    pub(super) fn touch(&self, now_unix_ms: u64) {
        let last = self.last_used_unix_ms.load(Ordering::Relaxed);
        if last.saturating_add(PRECISION_MS) <= now_unix_ms {
            self.last_used_unix_ms.store(now_unix_ms, Ordering::Relaxed);
        }
    }
}

const PRECISION_MS: u64 = 1_000;
