//! A key as the command line and the admin plane show it.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use quotah_policy::{OwnBudget, OwnLimits};
use serde::Serialize;

use super::HeldKey;
use crate::time::rfc3339;

/// A key's JSON form: times are RFC 3339, what it does not have is `null` or empty.
#[derive(Debug, Serialize)]
pub struct KeyFace<'a> {
    /// Public id.
    pub id: &'a str,
    /// What people call it.
    pub name: Option<&'a str>,
    /// What may be shown of the key itself.
    pub prefix: String,
    /// `active`, `rotating`, `expired`, `revoked`.
    pub status: &'static str,
    /// Whose it is.
    pub team: Option<&'a str>,
    /// Whose it is.
    pub user: Option<&'a str>,
    /// What it is for.
    pub project: Option<&'a str>,
    /// Further labels.
    pub tags: &'a BTreeMap<String, String>,
    /// Models it may use; empty means all.
    pub models: &'a [String],
    /// Providers it may use; empty means all.
    pub providers: &'a [String],
    /// Operations it may use; empty means all.
    pub operations: &'a [String],
    /// Networks that its clients may call from; empty means any.
    pub networks: &'a [String],
    /// Its own budget.
    pub budget: Option<&'a OwnBudget>,
    /// Its own limits.
    pub limits: Option<OwnLimits>,
    /// Its own guards.
    pub guards: Option<&'a serde_json::Value>,
    /// When it was made.
    pub created_at: String,
    /// From when on it is not valid.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
    /// When it was used last, as far as this process knows.
    pub last_used_at: Option<String>,
    /// Until when the secret before this one is valid too.
    pub rotating_until: Option<String>,
    /// The whole key: in the answers of create and rotate only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<&'a str>,
}

impl HeldKey {
    /// The key as it is shown at `now_unix_ms`, without a secret.
    #[must_use]
    pub fn face(&self, now_unix_ms: u64) -> KeyFace<'_> {
        let record = &self.record;
        let used = self.last_used_unix_ms.load(Ordering::Relaxed);
        let overlaps = record
            .secrets
            .iter()
            .filter_map(|secret| secret.until_unix_ms);
        let overlap = overlaps.filter(|until| now_unix_ms < *until).max();
        KeyFace {
            id: record.id.as_str(),
            name: record.name.as_deref(),
            prefix: record.prefix(),
            status: record.status(now_unix_ms).as_str(),
            team: record.team.as_deref(),
            user: record.user.as_deref(),
            project: record.project.as_deref(),
            tags: &record.tags,
            models: &record.models,
            providers: &record.providers,
            operations: &record.operations,
            networks: &record.networks,
            budget: record.budget.as_ref(),
            limits: record.limits,
            guards: record.guards.as_ref(),
            created_at: rfc3339(record.created_at_unix_ms),
            expires_at: record.expires_at_unix_ms.map(rfc3339),
            revoked_at: record.revoked_at_unix_ms.map(rfc3339),
            last_used_at: (used > 0).then(|| rfc3339(used)),
            rotating_until: overlap.map(rfc3339),
            secret: None,
        }
    }
}
