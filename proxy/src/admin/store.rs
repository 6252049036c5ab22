//! What the admin plane asks of those who keep keys and rules and count money.
//!
//! Handlers know these traits alone: who may see what, pages, preconditions and faces are theirs, everything
//! else is behind [`Store`] and [`Spending`] (the accounts).

use std::fmt;
use std::net::IpAddr;

use quotah_policy::Money;
use quotah_policy::budget::Balance;
use serde_json::Value;

use super::body::IfMatch;
use super::explain::{Explanation, Question};
use super::keys::KeyFace;
use crate::config::resolved::Role;

/// Keys, budgets, limits and guards: those of the configuration, and those that were made while running.
///
/// Methods may wait for the disk. What a token's team may see or change was decided by the caller.
pub trait Store: Send + Sync + fmt::Debug {
    /// Up to `count` keys behind the id `after`, by id, of those that `keep` keeps.
    fn keys(
        &self,
        after: Option<&str>,
        count: usize,
        keep: &dyn Fn(&KeyFace) -> bool,
    ) -> Vec<KeyFace>;

    /// The key of this id.
    fn key(&self, id: &str) -> Option<KeyFace>;

    /// Makes a key of a form in JSON; gives it and its secret, which nobody can see again.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    fn create_key(&self, by: &Actor, form: &str) -> Result<(KeyFace, String), WriteError>;

    /// Changes the words of a key by a JSON merge patch (RFC 7396).
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    fn patch_key(&self, by: &Actor, at: &At, patch: &str) -> Result<KeyFace, WriteError>;

    /// Gives a key a new secret; the old one is valid for `overlap_seconds` more.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    fn rotate_key(
        &self,
        by: &Actor,
        at: &At,
        overlap_seconds: u64,
    ) -> Result<(KeyFace, String), WriteError>;

    /// Takes a key back for good.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    fn revoke_key(&self, by: &Actor, at: &At) -> Result<KeyFace, WriteError>;

    /// Every rule of a kind, by id.
    fn rules(&self, kind: Kind) -> Vec<Rule>;

    /// The rule of this id.
    fn rule(&self, kind: Kind, id: &str) -> Option<Rule>;

    /// Makes a rule of checked words.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was made.
    fn create_rule(
        &self,
        by: &Actor,
        kind: Kind,
        id: &str,
        form: Value,
    ) -> Result<Rule, WriteError>;

    /// Puts other checked words in the place of a rule's.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    fn replace_rule(
        &self,
        by: &Actor,
        kind: Kind,
        at: &At,
        form: Value,
    ) -> Result<Rule, WriteError>;

    /// Takes a rule away.
    ///
    /// # Errors
    /// [`WriteError`]: nothing was changed.
    fn remove_rule(&self, by: &Actor, kind: Kind, at: &At) -> Result<(), WriteError>;

    /// Writes into the audit trail what is no change of a key or a rule.
    ///
    /// # Errors
    /// [`WriteError::Storage`].
    fn note(&self, by: &Actor, action: &str, target: &str, after: &Value)
    -> Result<(), WriteError>;

    /// Up to `limit` audit rows older than the one numbered `before`, newest first: number and row.
    ///
    /// # Errors
    /// What the disk says.
    fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<(u64, Value)>, String>;

    /// Reads the whole audit trail and checks its chain; gives how many records it has.
    ///
    /// # Errors
    /// Where it is broken.
    fn verify(&self) -> Result<u64, String>;
}

/// The accounts of budgets in force, and what would apply to a request.
pub trait Spending: Send + Sync {
    /// The accounts of a budget, by value; at most `limit` behind the value `after`, with their balances.
    fn accounts(&self, budget: &str, after: Option<&str>, limit: usize) -> Vec<AccountFace>;

    /// Records a correction of what was spent in an account: negative takes away.
    ///
    /// # Errors
    /// [`WriteError::Unknown`] without such a budget or account, [`WriteError::Storage`].
    fn adjust(&self, by: &Actor, adjustment: &Adjustment<'_>) -> Result<(), WriteError>;

    /// What would apply to a request.
    ///
    /// # Errors
    /// [`WriteError::Unknown`] without such a key.
    fn explain(&self, question: &Question) -> Result<Explanation, WriteError>;
}

/// A correction of what was spent.
#[derive(Debug, Clone, Copy)]
pub struct Adjustment<'a> {
    /// The budget.
    pub budget: &'a str,
    /// Its account; empty where there is one alone.
    pub account: &'a str,
    /// Added to what was spent.
    pub amount: Money,
    /// Why.
    pub reason: &'a str,
}

/// An account at a moment.
#[derive(Debug, Clone)]
pub struct AccountFace {
    /// Its value of the budget's `per` dimension; empty where there is one alone.
    pub value: String,
    /// How it stands.
    pub balance: Balance,
}

/// Kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// How much may be spent.
    Budget,
    /// How often, how much and how many at once.
    Limit,
    /// What requests may ask for.
    Guard,
}

impl Kind {
    /// Its noun.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Limit => "limit",
            Self::Guard => "guard",
        }
    }
}

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// Its words, as its form is written in JSON.
    pub form: Value,
    /// Where it comes from.
    pub source: Source,
}

/// Where a key or a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The configuration: it changes there alone.
    Config,
    /// The admin plane or the command line.
    Api,
}

/// What is to be changed, and in which state.
#[derive(Debug, Clone)]
pub struct At {
    /// Its id.
    pub id: String,
    /// The states that the change is meant for; in another it is [`WriteError::Stale`].
    pub if_match: Option<IfMatch>,
}

impl At {
    /// # Errors
    /// [`WriteError::Stale`] for what has changed since the caller looked.
    pub fn check(&self, etag: &str) -> Result<(), WriteError> {
        let is_meant = self
            .if_match
            .as_ref()
            .is_none_or(|given| given.allows(etag));
        is_meant.then_some(()).ok_or(WriteError::Stale)
    }
}

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Name of the token.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Where it called from; `None` for a unix socket.
    pub ip: Option<IpAddr>,
    /// The only team that it may touch.
    pub team: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// There is none of this id.
    #[error("there is none of this id")]
    Unknown,
    /// There is one of this id.
    #[error("there is one of this id already")]
    Exists,
    /// It stands in the configuration.
    #[error("it stands in the configuration, and changes there alone")]
    Configured,
    /// It has changed since.
    #[error("it has changed since")]
    Stale,
    /// It was revoked.
    #[error("it was revoked, for good")]
    Revoked,
    /// There are as many as there may be.
    #[error("there are {0} already, as many as may be")]
    TooMany(usize),
    /// A word that means nothing.
    #[error("{detail}")]
    Field {
        /// Which.
        field: String,
        /// What is wrong with it.
        detail: String,
    },
    /// It cannot be kept.
    #[error("it cannot be kept: {0}")]
    Storage(String),
}
