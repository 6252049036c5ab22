//! The accounts of a budget, by their value.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::{Account, Budget, Part, Parts, in_order};
use crate::{Rules, Subject};

/// Most accounts of one budget; further values share the one that is named [`OTHER`].
///
/// Values may come from clients (`user`, tags). An account takes about 300 bytes.
pub const ACCOUNTS_MAX: usize = 100_000;

/// The account of all values beyond [`ACCOUNTS_MAX`].
pub const OTHER: &str = "other";

/// A budget's accounts. They outlive a change of its limit.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The account of no value, which budgets without `per` have alone: found without a lock.
    whole: OnceLock<Arc<Account>>,
    accounts: RwLock<HashMap<Box<str>, Arc<Account>>>,
    /// What the books say has been spent is in them.
    is_counted: AtomicBool,
}

/// A budget in force, with its accounts.
#[derive(Debug, Clone)]
pub struct BudgetAccounts {
    /// The rule.
    pub budget: Arc<Budget>,
    /// Its accounts.
    pub shelf: Arc<Shelf>,
}

impl BudgetAccounts {
    /// A budget whose accounts have not been opened.
    #[must_use]
    pub fn new(budget: Arc<Budget>) -> Self {
        Self {
            budget,
            shelf: Arc::default(),
        }
    }

    /// The accounts go on under another rule that counts the same.
    #[must_use]
    pub fn with(&self, budget: Arc<Budget>) -> Self {
        Self {
            budget,
            shelf: Arc::clone(&self.shelf),
        }
    }

    /// Says that what the books know is counted: from now on, a hard limit holds.
    pub fn set_counted(&self) {
        self.shelf.is_counted.store(true, Ordering::Release);
    }

    /// Whether it is.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.shelf.is_counted.load(Ordering::Acquire)
    }

    /// The account that `subject` counts in; opened if need be.
    #[must_use]
    pub fn account(&self, subject: &Subject<'_>, now_unix_ms: u64) -> Arc<Account> {
        let per = self.budget.per.as_ref();
        let value = per.map_or("", |dimension| dimension.of(subject));
        self.named(value, now_unix_ms)
    }

    /// The account of `value`; opened if need be.
    #[must_use]
    pub fn named(&self, value: &str, now_unix_ms: u64) -> Arc<Account> {
        let open = |value: &str| Arc::new(Account::new(value, &self.budget, now_unix_ms));
        if value.is_empty() {
            return Arc::clone(self.shelf.whole.get_or_init(|| open("")));
        }
        let accounts = self.shelf.accounts.read();
        let accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(value) {
            return Arc::clone(account);
        }
        drop(accounts);
        let accounts = self.shelf.accounts.write();
        let mut accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        let is_full = accounts.len() >= ACCOUNTS_MAX && !accounts.contains_key(value);
        let value = if is_full { OTHER } else { value };
        let account = accounts.entry(value.into());
        Arc::clone(account.or_insert_with(|| open(value)))
    }

    /// The account that `subject` counts in, or one as it would be; none is opened for that.
    #[must_use]
    pub fn look(&self, subject: &Subject<'_>, now_unix_ms: u64) -> Arc<Account> {
        let per = self.budget.per.as_ref();
        let value = per.map_or("", |dimension| dimension.of(subject));
        let accounts = self.shelf.accounts.read();
        let accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        let known = accounts.get(value).or_else(|| {
            let is_full = accounts.len() >= ACCOUNTS_MAX;
            is_full.then(|| accounts.get(OTHER)).flatten()
        });
        let open = || Arc::new(Account::new(value, &self.budget, now_unix_ms));
        known.map_or_else(open, Arc::clone)
    }

    /// Every account that has been opened, by value.
    #[must_use]
    pub fn accounts(&self) -> Vec<Arc<Account>> {
        let accounts = self.shelf.accounts.read();
        let accounts = accounts.unwrap_or_else(PoisonError::into_inner);
        let whole = self.shelf.whole.get();
        let mut all: Vec<_> = whole
            .into_iter()
            .chain(accounts.values())
            .cloned()
            .collect();
        all.sort_unstable_by(|a, b| a.value().cmp(b.value()));
        all
    }

    /// The part that `subject` has in it.
    #[must_use]
    pub fn part(&self, subject: &Subject<'_>, now_unix_ms: u64) -> Part {
        let account = self.account(subject, now_unix_ms);
        Part::new(&self.budget, account, self.is_counted())
    }
}

impl Rules<BudgetAccounts> {
    /// The parts that `subject` has in these budgets and in `own`, its key's own, ready to be reserved in.
    #[must_use]
    pub fn parts<'a>(
        &self,
        own: impl IntoIterator<Item = &'a BudgetAccounts>,
        subject: &Subject<'_>,
        now_unix_ms: u64,
    ) -> Parts {
        let mut parts = Parts::new();
        parts.extend(
            own.into_iter()
                .map(|budget| budget.part(subject, now_unix_ms)),
        );
        self.matching(subject, |budget| {
            parts.push(budget.part(subject, now_unix_ms));
        });
        in_order(&mut parts);
        parts
    }
}
