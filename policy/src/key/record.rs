//! What is kept of a virtual key.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

use super::{KeyError, KeyForm, KeyId, OwnBudget, OwnLimits, VirtualKey};

/// A virtual key as it is stored: everything but its secret.
///
/// Its JSON form is that of the store; members that say nothing are left out of it. Times are milliseconds since
/// 1970 UTC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// Public id.
    pub id: KeyId,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Further labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Models it may use, wildcards allowed; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Providers it may use; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<String>,
    /// Operations it may use, by their names in the ledger; empty means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// Networks that its clients may call from, as [`super::KeyNetworks`] reads them; empty means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// When it was made.
    pub created_at_unix_ms: u64,
    /// From when on it is not valid any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_unix_ms: Option<u64>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at_unix_ms: Option<u64>,
    /// Its budget, beside those that rules give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<OwnBudget>,
    /// Its limits, beside those that rules give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<OwnLimits>,
    /// Bounds on what its requests may ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guards: Option<serde_json::Value>,
    /// Hashes of its secrets: the current one first, then the one that it replaced, while that is still valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<KeySecret>,
}

/// A secret that opens a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySecret {
    /// What is kept of it.
    pub digest: KeyDigest,
    /// Until when it is valid; always without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_unix_ms: Option<u64>,
}

/// A keyed hash (HMAC-SHA256) of a whole key's text; 64 hex digits in JSON, nothing at all in `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyDigest(pub [u8; 32]);

/// What a key can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyStatus {
    /// It is valid.
    Active,
    /// It is valid, and so is the one that it replaced.
    Rotating,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

impl KeyRecord {
    /// A new key of these words, opened by `secret`.
    ///
    /// # Errors
    /// [`KeyError`] for the first word that means nothing.
    pub fn create(
        form: KeyForm,
        id: KeyId,
        secret: KeyDigest,
        now_unix_ms: u64,
    ) -> Result<Self, KeyError> {
        let expires = form.check()?;
        if expires.is_some_and(|at| at <= now_unix_ms) {
            return Err(KeyError::Past);
        }
        let new = Self {
            id,
            name: None,
            team: None,
            user: None,
            project: None,
            tags: BTreeMap::new(),
            models: Vec::new(),
            providers: Vec::new(),
            operations: Vec::new(),
            networks: Vec::new(),
            created_at_unix_ms: now_unix_ms,
            expires_at_unix_ms: None,
            revoked_at_unix_ms: None,
            budget: None,
            limits: None,
            guards: None,
            secrets: vec![KeySecret {
                digest: secret,
                until_unix_ms: None,
            }],
        };
        Ok(new.with(form, expires))
    }

    /// The key with some of its words changed: `patch` is a JSON merge patch (RFC 7396) over its [`KeyForm`], in
    /// which a member that is `null` is taken away.
    ///
    /// # Errors
    /// [`KeyError`] when the words that come out mean nothing, or name another id.
    pub fn patched(&self, patch: &RawValue) -> Result<Self, KeyError> {
        let form = self.form().merged(patch)?;
        if form.id.as_deref().is_some_and(|id| id != self.id.as_str()) {
            return Err(KeyError::Id(form.id.unwrap_or_default()));
        }
        let expires = form.check()?;
        Ok(self.clone().with(form, expires))
    }

    /// The key opened by `secret`. What opened it until now still does for `overlap_ms`; what was replaced before
    /// does not.
    #[must_use]
    pub fn rotated(&self, secret: KeyDigest, overlap_ms: u64, now_unix_ms: u64) -> Self {
        let old = self.secrets.first().filter(|_| overlap_ms > 0);
        let old = old.map(|old| KeySecret {
            digest: old.digest,
            until_unix_ms: Some(now_unix_ms.saturating_add(overlap_ms)),
        });
        let new = KeySecret {
            digest: secret,
            until_unix_ms: None,
        };
        Self {
            secrets: std::iter::once(new).chain(old).collect(),
            ..self.clone()
        }
    }

    /// The key taken back. One that was stays so since then.
    #[must_use]
    pub fn revoked(&self, now_unix_ms: u64) -> Self {
        Self {
            revoked_at_unix_ms: self.revoked_at_unix_ms.or(Some(now_unix_ms)),
            ..self.clone()
        }
    }

    /// What it is at `now_unix_ms`.
    #[must_use]
    pub fn status(&self, now_unix_ms: u64) -> KeyStatus {
        let is_over = |at: Option<u64>| at.is_some_and(|at| at <= now_unix_ms);
        let overlaps = |secret: &KeySecret| secret.until_unix_ms.is_some_and(|at| now_unix_ms < at);
        if self.revoked_at_unix_ms.is_some() {
            KeyStatus::Revoked
        } else if is_over(self.expires_at_unix_ms) {
            KeyStatus::Expired
        } else if self.secrets.iter().any(overlaps) {
            KeyStatus::Rotating
        } else {
            KeyStatus::Active
        }
    }

    /// What may be shown of the key itself: `sk-qh-` and its id.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("{}{}", VirtualKey::PREFIX, self.id)
    }

    /// The words that it was made of.
    #[must_use]
    pub fn form(&self) -> KeyForm {
        KeyForm {
            id: Some(self.id.to_string()),
            name: self.name.clone(),
            team: self.team.clone(),
            user: self.user.clone(),
            project: self.project.clone(),
            tags: self.tags.clone(),
            models: self.models.clone(),
            providers: self.providers.clone(),
            operations: self.operations.clone(),
            networks: self.networks.clone(),
            expires_at: self.expires_at_unix_ms.map(super::form::moment),
            budget: self.budget.clone(),
            limits: self.limits,
            guards: self.guards.clone(),
        }
    }

    fn with(self, form: KeyForm, expires_at_unix_ms: Option<u64>) -> Self {
        Self {
            name: form.name,
            team: form.team,
            user: form.user,
            project: form.project,
            tags: form.tags,
            models: form.models,
            providers: form.providers,
            operations: form.operations,
            networks: form.networks,
            expires_at_unix_ms,
            budget: form.budget,
            limits: form.limits.filter(|limits| !limits.is_empty()),
            guards: form.guards,
            ..self
        }
    }
}

impl KeyStatus {
    /// Its word in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rotating => "rotating",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for KeyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for KeyDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hex = String::with_capacity(64);
        for digit in self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]) {
            hex.extend(char::from_digit(digit.into(), 16));
        }
        serializer.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for KeyDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Hex;
        impl de::Visitor<'_> for Hex {
            type Value = KeyDigest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 hex digits")
            }

            fn visit_str<E: de::Error>(self, hex: &str) -> Result<KeyDigest, E> {
                digest(hex).ok_or_else(|| E::invalid_length(hex.len(), &self))
            }
        }
        deserializer.deserialize_str(Hex)
    }
}

fn digest(hex: &str) -> Option<KeyDigest> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    let pairs = <&[[u8; 2]; 32]>::try_from(pairs).ok()?;
    let mut bytes = [0_u8; 32];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let value = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
        *byte = u8::try_from(value).ok()?;
    }
    rest.is_empty().then_some(KeyDigest(bytes))
}
