//! The rules that a request would meet, and how they stand. Nothing is opened for a look.

use std::sync::Arc;

use quotah_adapters::Facts;
use quotah_policy::budget::{Ask, BudgetAccounts, Exhausted, Mode};
use quotah_policy::guard::{self, Guard};
use quotah_policy::limit::{LimitCells, Mark, Measure};

use super::super::identify::Identity;
use super::super::refuse::{Refusal, exhausted_text};
use super::{BudgetSeen, LimitSeen};
use crate::ledger::Entry;
use crate::policy::{InForce, with_subject};

/// The guards that the request would meet, its key's own first.
pub(super) fn guards(in_force: &InForce, identity: &Identity, entry: &Entry) -> Vec<Arc<Guard>> {
    let mut guards: Vec<Arc<Guard>> = identity.guard.iter().cloned().collect();
    with_subject(entry, |subject| {
        in_force
            .guards
            .matching(subject, |guard| guards.push(Arc::clone(guard)));
    });
    guards
}

/// What guards cap its output at, or why one refuses it.
pub(super) fn caps(guards: &[Arc<Guard>], facts: &Facts) -> (Option<u64>, Option<String>) {
    let guards: Vec<&Guard> = guards.iter().map(|guard| &**guard).collect();
    let asked = guard::Asked {
        answers: Some(facts.answers),
        body_bytes: facts.body_bytes as u64,
        ..guard::Asked::default()
    };
    match guard::judge(&guards, &asked) {
        Ok(clamps) => (clamps.max_tokens, None),
        Err(refused) => (None, Some(refused.to_string())),
    }
}

/// The limits that it would count in, its key's own first. `tokens` is what it would take of them.
pub(super) fn limits(
    in_force: &InForce,
    identity: &Identity,
    entry: &Entry,
    (tokens, now_ns): (u64, u64),
) -> Vec<LimitSeen> {
    with_subject(entry, |subject| {
        let seen = |cells: &LimitCells| {
            let limit = Arc::clone(cells.limit());
            let standing = cells.standing(subject, now_ns);
            let mut marks = standing.marks.iter();
            let full = marks.find(|(measure, mark)| !has_room(*measure, mark, tokens));
            let refusal = full.map(|(measure, mark)| {
                let (what, id) = (measure.as_str(), &limit.id);
                let Mark {
                    remaining, limit, ..
                } = mark;
                format!("limit {id:?} is reached: {remaining} of {limit} {what} are left")
            });
            LimitSeen {
                limit,
                standing,
                refusal,
            }
        };
        let mut limits: Vec<LimitSeen> = identity.own_limits.iter().map(seen).collect();
        in_force
            .limits
            .matching(subject, |cells| limits.push(seen(cells)));
        limits
    })
}

/// The typical request is a plain one: streams may be as many as they are.
fn has_room(measure: Measure, mark: &Mark, tokens: u64) -> bool {
    match measure {
        Measure::TokensPerMinute => mark.remaining >= tokens.min(mark.limit),
        Measure::ConcurrentStreams => true,
        Measure::RequestsPerMinute
        | Measure::RequestsPerHour
        | Measure::RequestsPerDay
        | Measure::Concurrent => mark.remaining > 0,
    }
}

/// The budgets that it would count in, its key's own first.
pub(super) fn budgets(
    in_force: &InForce,
    identity: &Identity,
    entry: &Entry,
    now_unix_ms: u64,
) -> Vec<BudgetSeen> {
    with_subject(entry, |subject| {
        let seen = |accounts: &BudgetAccounts| {
            let account = accounts.look(subject, now_unix_ms);
            BudgetSeen {
                budget: Arc::clone(&accounts.budget),
                account: account.value().into(),
                balance: account.balance(&accounts.budget, now_unix_ms),
                is_counted: accounts.is_counted(),
                refusal: None,
            }
        };
        let mut budgets: Vec<BudgetSeen> = identity.own_budget.iter().map(seen).collect();
        in_force
            .budgets
            .matching(subject, |accounts| budgets.push(seen(accounts)));
        budgets
    })
}

/// Says which hard budgets would refuse it, and why. Without an ask it has no price.
pub(super) fn judge(
    budgets: &mut [BudgetSeen],
    ask: Option<Ask>,
    model_sent: &str,
    is_failing: bool,
) {
    for seen in budgets.iter_mut().filter(|seen| seen.is_held()) {
        let id = &seen.budget.id;
        seen.refusal = match ask {
            None => Some(Refusal::unpriced(model_sent, id).message().to_owned()),
            Some(ask) if seen.balance.room() < ask.least => Some(exhausted_text(&Exhausted {
                budget: Arc::clone(id),
                account: seen.account.clone(),
                balance: seen.balance,
                least: ask.least,
            })),
            Some(_) if is_failing => Some(Refusal::ledger_unavailable().message().to_owned()),
            Some(_) => None,
        };
    }
}

impl BudgetSeen {
    /// Whether requests are refused by it.
    pub(super) fn is_held(&self) -> bool {
        self.is_counted && self.budget.mode == Mode::Hard
    }
}
