//! The plane's [`Spending`]: the accounts of the policy in force, and corrections in the ledger.

use std::sync::Arc;

use quotah_policy::Money;

use super::explain::{Explanation, Question};
use super::store::{AccountFace, Actor, Adjustment, Spending, WriteError};
use crate::clock;
use crate::gateway::preview::{self, Wish};
use crate::ledger::{self, Appended};
use crate::state::State;

/// Budgets in force and the books that they are counted by.
#[derive(Debug, Clone)]
pub struct Accounts {
    /// The process's own.
    pub(crate) state: Arc<State>,
}

impl Spending for Accounts {
    fn accounts(&self, budget: &str, after: Option<&str>, limit: usize) -> Vec<AccountFace> {
        let Some(view) = self.state.policy.budget(budget, clock::unix_ms()) else {
            return Vec::new();
        };
        let accounts = view.accounts.into_iter();
        let behind = accounts.filter(|(value, _)| after.is_none_or(|after| &**value > after));
        let face = |(value, balance): (Box<str>, _)| AccountFace {
            value: value.into(),
            balance,
        };
        behind.take(limit).map(face).collect()
    }

    fn adjust(&self, by: &Actor, adjustment: &Adjustment<'_>) -> Result<(), WriteError> {
        let view = self
            .state
            .policy
            .budget(adjustment.budget, clock::unix_ms());
        let view = view.ok_or(WriteError::Unknown)?;
        let is_it = |(value, _): &(Box<str>, _)| **value == *adjustment.account;
        if !view.accounts.iter().any(is_it) {
            return Err(WriteError::Unknown);
        }
        let mut record = ledger::Adjustment {
            at_unix_ms: clock::unix_ms(),
            budget: adjustment.budget.to_owned(),
            account: adjustment.account.to_owned(),
            amount_picousd: picos(adjustment.amount),
            actor: by.name.clone(),
            reason: adjustment.reason.to_owned(),
            ..ledger::Adjustment::default()
        };
        record.set_id(clock::request_id());
        let _charging = self.state.ledger.charging();
        match self.state.ledger.append_adjustment(&record) {
            Appended::Dropped => {
                let reason = "the ledger takes nothing more".to_owned();
                return Err(WriteError::Storage(reason));
            }
            // What waits in memory is written when the disk takes it.
            _ => self.state.policy.adjust(&record),
        }
        Ok(())
    }

    fn explain(&self, question: &Question) -> Result<Explanation, WriteError> {
        let operation = question.operation.as_deref().map(|name| {
            let operation = preview::operation(name);
            operation.ok_or_else(|| WriteError::Field {
                field: "operation".to_owned(),
                detail: "is none that a model is asked for by, such as `chat`".to_owned(),
            })
        });
        let wish = Wish {
            key: &question.key,
            model: &question.model,
            provider: question.provider.as_deref(),
            user: question.user.as_deref(),
            operation: operation.transpose()?,
        };
        let seen = preview::preview(&self.state, wish).ok_or(WriteError::Unknown)?;
        Ok(Explanation::of(&seen, wish))
    }
}

/// At most a million dollars: see the form.
fn picos(amount: Money) -> i64 {
    i64::try_from(amount.picos()).unwrap_or(0)
}
