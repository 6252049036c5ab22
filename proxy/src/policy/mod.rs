//! The policy in force: which budgets, limits and guards hold, and what the books say has been spent.
//!
//! Rules come from the configuration and from the policy log; whichever changes, a new [`InForce`] is made and
//! swapped in. Accounts outlive that: a budget whose limit changes goes on with what it had spent, one that is new is
//! first told everything that the ledger knows of its window.
//!
//! | room | holds |
//! |---|---|
//! | `in_force` | the rules, filed so that a request looks at those alone that it matches |
//! | `spending` | entries applied to accounts, live and from the ledger |
//! | `subject` | an entry as rules see it |
//! | `view` | how budgets stand |

mod in_force;
mod spending;
mod subject;
mod view;

use std::sync::Arc;

use arc_swap::ArcSwap;

pub(crate) use in_force::InForce;
pub(crate) use subject::with_subject;
pub use view::BudgetView;

/// What the gateway holds requests to.
#[derive(Debug, Default)]
pub struct Policy {
    in_force: ArcSwap<InForce>,
}

impl Policy {
    /// The rules in force.
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        self.in_force.load_full()
    }
}
