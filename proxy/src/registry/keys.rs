//! Keys made, patched, rotated, revoked, deleted.

use std::ops::Bound;
use std::sync::Arc;

use quotah_policy::{KeyError, KeyForm, KeyId, KeyRecord, VirtualKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::record::{Actor, Draft};
use super::{HeldKey, Registry, RegistryError};
use crate::clock;
use crate::config::resolved::Secret;

/// A key with its secret, which nobody can be told again.
#[derive(Debug)]
pub struct NewKey {
    /// What is kept of it.
    pub held: Arc<HeldKey>,
    /// The whole key as its holder must present it.
    pub secret: Secret,
}

/// Which revision a caller means to change; any without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guarded(pub Option<u64>);

impl Registry {
    /// Makes a key. Its id is made too, unless the form says one.
    ///
    /// # Errors
    /// [`RegistryError::Key`] for the first word that means nothing, [`RegistryError::Exists`], and
    /// [`RegistryError::OtherTeam`] where `actor` is bound to another team than the form says; and what keeps the
    /// file from being written.
    pub fn create_key(&self, actor: &Actor, mut form: KeyForm) -> Result<NewKey, RegistryError> {
        if form.team.is_none() {
            form.team.clone_from(&actor.team);
        }
        is_own(actor, form.team.as_deref())?;
        let id = match form.id.as_deref() {
            Some(id) => KeyId::parse(id).ok_or_else(|| KeyError::Id(id.to_owned()))?,
            None => random_id()?,
        };
        operations(&form.operations)?;
        let (secret, key) = self.secret(id)?;
        let record = KeyRecord::create(form, id, self.pepper.digest(&key), clock::unix_ms())?;
        self.change(actor, |holdings| {
            if holdings.keys.contains_key(&id) || holdings.gone.contains(&id) {
                return Err(RegistryError::Exists(format!("key {id}")));
            }
            draft("create", None, &record).map(Some)
        })?;
        let held = self.held(id)?;
        Ok(NewKey { held, secret })
    }

    /// Changes a key's words by a JSON merge patch (RFC 7396) over its [`KeyForm`].
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] (also for another team's key), [`RegistryError::Stale`], [`RegistryError::Key`],
    /// [`RegistryError::OtherTeam`], and what keeps the file from being written.
    pub fn patch_key(
        &self,
        actor: &Actor,
        id: &str,
        patch: &RawValue,
        guarded: Guarded,
    ) -> Result<Arc<HeldKey>, RegistryError> {
        self.change_key(actor, id, guarded, |key| {
            let after = key.patched(patch)?;
            operations(&after.operations)?;
            is_own(actor, after.team.as_deref())?;
            Ok(("patch", after))
        })
    }

    /// Gives a key another secret. The one that it had stays valid for `overlap_ms`.
    ///
    /// # Errors
    /// As [`Self::patch_key`], and [`RegistryError::Revoked`].
    pub fn rotate_key(
        &self,
        actor: &Actor,
        id: &str,
        overlap_ms: u64,
        guarded: Guarded,
    ) -> Result<NewKey, RegistryError> {
        let key_id = KeyId::parse(id).ok_or_else(|| not_found(id))?;
        let (secret, text) = self.secret(key_id)?;
        let digest = self.pepper.digest(&text);
        let held = self.change_key(actor, id, guarded, |key| {
            if key.revoked_at_unix_ms.is_some() {
                return Err(RegistryError::Revoked(key.id));
            }
            Ok(("rotate", key.rotated(digest, overlap_ms, clock::unix_ms())))
        })?;
        Ok(NewKey { held, secret })
    }

    /// Takes a key back: it opens nothing any more, in this process when this returns, in others within
    /// [`super::FOLLOW_EVERY`]. Revoking twice is revoking once.
    ///
    /// # Errors
    /// As [`Self::patch_key`].
    pub fn revoke_key(
        &self,
        actor: &Actor,
        id: &str,
        guarded: Guarded,
    ) -> Result<Arc<HeldKey>, RegistryError> {
        self.change_key(actor, id, guarded, |key| {
            Ok(("revoke", key.revoked(clock::unix_ms())))
        })
    }

    /// Takes a key away altogether. Its id is not given again.
    ///
    /// # Errors
    /// As [`Self::patch_key`].
    pub fn delete_key(
        &self,
        actor: &Actor,
        id: &str,
        guarded: Guarded,
    ) -> Result<(), RegistryError> {
        self.change(actor, |holdings| {
            let held = found(actor, id, holdings.keys.get(&known(id)?), guarded)?;
            Ok(Some(Draft {
                after: None,
                ..draft("delete", Some(&held.record), &held.record)?
            }))
        })
    }

    /// The key of this id.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<Arc<HeldKey>> {
        let holdings = self.holdings.read();
        holdings.keys.get(&KeyId::parse(id)?).cloned()
    }

    /// At most `count` keys behind the id `after`, by id, of those that `keep` keeps.
    pub fn keys(
        &self,
        after: Option<&str>,
        count: usize,
        keep: impl Fn(&HeldKey) -> bool,
    ) -> Vec<Arc<HeldKey>> {
        let from = match after.map(KeyId::parse) {
            Some(Some(id)) => Bound::Excluded(id),
            Some(None) => return Vec::new(),
            None => Bound::Unbounded,
        };
        let holdings = self.holdings.read();
        let keys = holdings.keys.range((from, Bound::Unbounded));
        let keys = keys.map(|(_, held)| held).filter(|held| keep(held));
        keys.take(count).cloned().collect()
    }

    fn change_key(
        &self,
        actor: &Actor,
        id: &str,
        guarded: Guarded,
        change: impl FnOnce(&KeyRecord) -> Result<(&'static str, KeyRecord), RegistryError>,
    ) -> Result<Arc<HeldKey>, RegistryError> {
        let key = known(id)?;
        self.change(actor, |holdings| {
            let held = found(actor, id, holdings.keys.get(&key), guarded)?;
            let (verb, after) = change(&held.record)?;
            if after == held.record {
                return Ok(None);
            }
            draft(verb, Some(&held.record), &after).map(Some)
        })?;
        self.held(key)
    }

    fn held(&self, id: KeyId) -> Result<Arc<HeldKey>, RegistryError> {
        let held = self.holdings.read().keys.get(&id).cloned();
        held.ok_or_else(|| not_found(id.as_str()))
    }

    /// A new secret for a key: to be told, and to be hashed.
    fn secret(&self, id: KeyId) -> Result<(Secret, String), RegistryError> {
        let mut bytes = [0; 32];
        random(&mut bytes)?;
        let text = VirtualKey::compose(id, bytes).expose();
        Ok((Secret::new(&*text), text))
    }
}

fn known(id: &str) -> Result<KeyId, RegistryError> {
    KeyId::parse(id).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> RegistryError {
    RegistryError::NotFound(format!("key {id:?}"))
}

/// The key, if `actor` may see it and it is the revision that was meant.
fn found<'a>(
    actor: &Actor,
    id: &str,
    held: Option<&'a Arc<HeldKey>>,
    Guarded(revision): Guarded,
) -> Result<&'a HeldKey, RegistryError> {
    let is_seen = |held: &&Arc<HeldKey>| actor.team.is_none() || actor.team == held.record.team;
    let held = held.filter(is_seen).ok_or_else(|| not_found(id))?;
    if revision.is_some_and(|revision| revision != held.revision) {
        return Err(RegistryError::Stale(format!("the key {id}")));
    }
    Ok(held)
}

/// Whether a caller bound to a team stays within it.
fn is_own(actor: &Actor, team: Option<&str>) -> Result<(), RegistryError> {
    match &actor.team {
        Some(own) if team != Some(own) => Err(RegistryError::OtherTeam(own.clone())),
        _ => Ok(()),
    }
}

/// Whether each is an operation's name.
fn operations(names: &[String]) -> Result<(), KeyError> {
    let unknown = names.iter().find(|name| !is_operation(name));
    unknown.map_or(Ok(()), |name| Err(KeyError::Operation(name.clone())))
}

/// Whether an operation is called so in the ledger.
pub(crate) fn is_operation(name: &str) -> bool {
    quotah_adapters::Operation::ALL
        .iter()
        .any(|operation| operation.as_str() == name)
}

fn draft(
    verb: &str,
    before: Option<&KeyRecord>,
    after: &KeyRecord,
) -> Result<Draft, RegistryError> {
    // Only the audit trail reads it: hashes of secrets are of no use there.
    let before = before.map(|before| KeyRecord {
        secrets: Vec::new(),
        ..before.clone()
    });
    Ok(Draft {
        action: format!("key.{verb}"),
        target: format!("key:{}", after.id),
        before: before.map(|before| json(&before)).transpose()?,
        after: Some(json(after)?),
    })
}

pub(super) fn json(value: &impl Serialize) -> Result<Box<RawValue>, RegistryError> {
    to_raw_value(value).map_err(|fault| RegistryError::Rule(fault.to_string()))
}

/// Twelve of `a–z0–9`: 62 bits, so that ids of ten million keys still differ by chance.
fn random_id() -> Result<KeyId, RegistryError> {
    let mut bytes = [0; 12];
    random(&mut bytes)?;
    // 256 is no multiple of 36: some letters are a little likelier, which an id may be.
    let letters = bytes.map(|byte| char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
    let id: String = letters.iter().collect();
    KeyId::parse(&id).ok_or_else(|| KeyError::Id(id).into())
}

fn random(bytes: &mut [u8]) -> Result<(), RegistryError> {
    let filled = SystemRandom::new().fill(bytes);
    filled.map_err(|_| RegistryError::Rule("the system gives no random numbers".to_owned()))
}

const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
