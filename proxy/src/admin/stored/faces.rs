//! Keys and rules as they are kept, in the plane's words, and the plane's words in the registry's.

use std::sync::atomic::Ordering;

use quotah_policy::KeyStatus;
use quotah_policy::budget::BudgetForm;
use quotah_policy::guard::{Guard, GuardForm};
use serde_json::{Value, json};

use super::super::body::etag;
use super::super::keys::{KeyFace, KeyWords};
use super::super::store::{Actor, Kind, Rule, Source, WriteError};
use crate::config::resolved::StaticKey;
use crate::registry::{self, HeldKey, RegistryError, RuleKind};
use crate::time::rfc3339;

/// A key of the registry as it is shown.
pub(super) fn held_face(held: &HeldKey, now_unix_ms: u64) -> KeyFace {
    let used = held.last_used_unix_ms.load(Ordering::Relaxed);
    let used = Some(used).filter(|used| *used > 0);
    let face = KeyFace::of(&held.record, used, now_unix_ms);
    KeyFace {
        etag: key_etag(held),
        ..face
    }
}

/// The number of a record alone would tell how much others change.
pub(super) fn key_etag(held: &HeldKey) -> String {
    etag(&(held.record.id.as_str(), held.revision))
}

/// A key of the configuration as it is shown.
pub(super) fn configured_face(
    key: &StaticKey,
    last_used_unix_ms: Option<u64>,
    now_unix_ms: u64,
) -> KeyFace {
    let expired = key.expires_at_unix_ms.is_some_and(|at| at <= now_unix_ms);
    let status = if expired {
        KeyStatus::Expired
    } else {
        KeyStatus::Active
    };
    KeyFace {
        id: key.id.clone(),
        prefix: None,
        source: Source::Config,
        status: status.as_str(),
        words: KeyWords {
            name: None,
            team: key.team.clone(),
            user: key.user.clone(),
            project: key.project.clone(),
            tags: key.tags.iter().cloned().collect(),
            models: key.models.clone(),
            providers: key.providers.clone(),
            operations: key.operations.clone(),
            networks: key.networks.to_texts(),
            expires_at: key.expires_at_unix_ms.map(rfc3339),
            budget: key
                .budget
                .as_ref()
                .map(|budget| BudgetForm::from(budget).into()),
            limits: key.limits,
            guards: key.guards.as_ref().map(own_guards),
        },
        created_at: None,
        revoked_at: None,
        last_used_at: last_used_unix_ms.map(rfc3339),
        etag: etag(&key.id),
    }
}

/// A key's own guards in words.
fn own_guards(guard: &Guard) -> Value {
    json!(GuardForm {
        id: String::new(),
        ..GuardForm::from(guard)
    })
}

/// A rule of the registry as it is shown.
pub(super) fn rule_of(rule: &registry::Rule) -> Rule {
    Rule {
        id: rule.id.to_string(),
        form: serde_json::from_str(rule.form.get()).unwrap_or_default(),
        source: Source::Api,
    }
}

impl From<Kind> for RuleKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Budget => Self::Budget,
            Kind::Limit => Self::Limit,
            Kind::Guard => Self::Guard,
        }
    }
}

impl From<&Actor> for registry::Actor {
    fn from(by: &Actor) -> Self {
        Self {
            name: by.name.clone(),
            role: by.role.as_str().to_owned(),
            ip: by.ip,
            team: by.team.clone(),
        }
    }
}

impl From<RegistryError> for WriteError {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::NotFound(_) => Self::Unknown,
            RegistryError::Exists(_) => Self::Exists,
            RegistryError::Stale(_) => Self::Stale,
            RegistryError::Revoked(_) => Self::Revoked,
            RegistryError::OtherTeam(_) => Self::Field {
                field: "team".to_owned(),
                detail: error.to_string(),
            },
            RegistryError::Key(fault) => Self::Field {
                field: fault.field().to_owned(),
                detail: fault.to_string(),
            },
            RegistryError::Rule(_) | RegistryError::TooLong { .. } => Self::Field {
                field: String::new(),
                detail: error.to_string(),
            },
            RegistryError::Busy { .. } | RegistryError::Io { .. } => {
                Self::Storage(error.to_string())
            }
        }
    }
}
