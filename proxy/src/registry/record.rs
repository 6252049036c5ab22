//! A line of the registry: who changed what, from what, to what.
//!
//! ```text
//! {"seq":2,"id":"…","at_unix_ms":…,"actor":"…","role":"admin","ip":null,"action":"key.revoke","target":"key:…",
//!  "before":{…},"after":{…},"prev_hash":"…","hash":"…"}
//! ```
//!
//! `hash` is the SHA-256 of the line without its last member, as text: `{…,"prev_hash":"…"}`. Whoever changes, drops or
//! reorders a line must change all behind it.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// SHA-256.
pub(super) type Hash = [u8; 32];

/// Who changes something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// The name of an admin token, or `cli:UID`.
    pub name: String,
    /// What it may do.
    pub role: String,
    /// Where it called from.
    pub ip: Option<IpAddr>,
    /// It sees and touches this team's things only.
    pub team: Option<String>,
}

/// A line without its hash, as it is read and written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line<'a> {
    pub(super) seq: u64,
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    pub(super) at_unix_ms: u64,
    #[serde(borrow)]
    pub(super) actor: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) role: Cow<'a, str>,
    pub(super) ip: Option<IpAddr>,
    #[serde(borrow)]
    pub(super) action: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) target: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) before: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) after: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) prev_hash: Cow<'a, str>,
}

/// What is to be written: the rest of a line is the log's to say.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) action: String,
    pub(super) target: String,
    /// As it may be shown: nothing is ever made of it.
    pub(super) before: Option<Box<RawValue>>,
    /// What is in force from here on; nothing where it is gone.
    pub(super) after: Option<Box<RawValue>>,
}

/// A record of the audit trail. Its sides are seen through [`Self::shown`] only.
#[derive(Clone)]
pub struct Record {
    /// Its number: 1, 2, 3, …
    pub seq: u64,
    /// UUID version 7.
    pub id: String,
    /// When.
    pub at_unix_ms: u64,
    /// Who.
    pub actor: String,
    /// As what.
    pub role: String,
    /// From where.
    pub ip: Option<IpAddr>,
    /// What was done: `key.create`, `budget.patch`, `reload`, …
    pub action: String,
    /// To what: `key:ID`, `budget:ID`, …
    pub target: String,
    before: Option<Box<RawValue>>,
    after: Option<Box<RawValue>>,
    /// Hash of the record before, hex.
    pub prev_hash: String,
    /// Its own, hex.
    pub hash: String,
}

/// A record's two sides as they may be shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shown {
    /// Before.
    pub before: Option<Value>,
    /// After.
    pub after: Option<Value>,
}

impl Draft {
    /// The line that says so; the log fills in number and hash.
    pub(super) fn line<'a>(&'a self, actor: &'a Actor, id: &'a str, at_unix_ms: u64) -> Line<'a> {
        Line {
            seq: 0,
            id: id.into(),
            at_unix_ms,
            actor: (&*actor.name).into(),
            role: (&*actor.role).into(),
            ip: actor.ip,
            action: (&*self.action).into(),
            target: (&*self.target).into(),
            before: self.before.as_deref(),
            after: self.after.as_deref(),
            prev_hash: "".into(),
        }
    }
}

impl Line<'_> {
    /// The line's text, its end included, and its hash.
    pub(super) fn write(&self) -> serde_json::Result<(Vec<u8>, Hash)> {
        let mut text = serde_json::to_vec(self)?;
        let hash = sha256(&[&text]);
        text.pop();
        text.extend_from_slice(HASH_MEMBER);
        text.extend_from_slice(hex(&hash).as_bytes());
        text.extend_from_slice(b"\"}\n");
        Ok((text, hash))
    }

    /// The record, for those who keep it.
    pub(super) fn record(&self, hash: &Hash) -> Record {
        Record {
            seq: self.seq,
            id: self.id.to_string(),
            at_unix_ms: self.at_unix_ms,
            actor: self.actor.to_string(),
            role: self.role.to_string(),
            ip: self.ip,
            action: self.action.to_string(),
            target: self.target.to_string(),
            before: self.before.map(ToOwned::to_owned),
            after: self.after.map(ToOwned::to_owned),
            prev_hash: self.prev_hash.to_string(),
            hash: hex(hash),
        }
    }
}

/// Takes a line's text apart: what was hashed, and the hash that it says. `None` when it does not end in one.
pub(super) fn signed(text: &[u8]) -> Option<(&[u8], Hash)> {
    let (body, end) = text.split_at_checked(text.len().checked_sub(HASH_MEMBER.len() + 64 + 2)?)?;
    let hash = end.strip_prefix(HASH_MEMBER)?.strip_suffix(b"\"}")?;
    Some((body, unhex(hash)?))
}

/// The hash of a line whose text before the last member is `body`.
pub(super) fn hash_of(body: &[u8]) -> Hash {
    sha256(&[body, b"}"])
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seq,
            action,
            target,
            ..
        } = self;
        write!(f, "Record({seq} {action} {target})")
    }
}

impl Record {
    /// Both sides as they may be shown: without hashes of secrets.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let shown = |side: &Option<Box<RawValue>>| {
            let mut value: Value = serde_json::from_str(side.as_ref()?.get()).ok()?;
            if let Value::Object(members) = &mut value {
                members.remove(SECRETS);
            }
            Some(value)
        };
        Shown {
            before: shown(&self.before),
            after: shown(&self.after),
        }
    }
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = Hash::default();
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

pub(super) fn hex(hash: &Hash) -> String {
    let digits = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.map(|digit| char::from_digit(digit.into(), 16));
    digits.map(Option::unwrap_or_default).collect()
}

pub(super) fn unhex(text: &[u8]) -> Option<Hash> {
    let (pairs, rest) = text.as_chunks::<2>();
    let pairs = <&[[u8; 2]; 32]>::try_from(pairs)
        .ok()
        .filter(|_| rest.is_empty())?;
    let mut hash = Hash::default();
    for (byte, pair) in hash.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(hash)
}

const HASH_MEMBER: &[u8] = b",\"hash\":\"";

/// The member of a key that holds hashes of its secrets.
const SECRETS: &str = "secrets";
