//! The policy in force: which budgets, limits and guards hold, and what the books say has been spent.
//!
//! Rules come from the configuration and from the policy log; whichever changes, a new `InForce` is made and
//! swapped in. Accounts outlive that: a budget whose limit changes goes on with what it had spent, one that is new is
//! first told everything that the ledger knows of its window.
//!
//! | room | holds |
//! |---|---|
//! | `in_force` | the rules, filed so that a request looks at those alone that it matches |
//! | `rule_set` | all rules there are |
//! | `publish` | other rules put in force |
//! | `spending` | entries applied to accounts |
//! | `experience` | what requests are expected to use |
//! | `kept` | what was learned of them, kept over restarts |
//! | `listen` | what the ledger tells: the past, and what other processes do |
//! | `subject` | an entry as rules see it |
//! | `view` | how budgets stand |

mod experience;
mod in_force;
mod kept;
mod listen;
mod publish;
mod rule_set;
mod spending;
mod subject;
mod view;

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::{ArcSwap, Guard};
use parking_lot::Mutex;
use quotah_policy::Experience;
use quotah_policy::budget::BudgetAccounts;
use uuid::Uuid;

pub(crate) use in_force::InForce;
pub(crate) use rule_set::RuleSet;
pub(crate) use subject::with_subject;
pub use view::BudgetView;

use listen::Elsewhere;

/// What the id of a key's own budget begins with; the key's id follows.
pub(crate) const OWN_PREFIX: &str = "key:";

/// What the gateway holds requests to.
#[derive(Debug)]
pub struct Policy {
    in_force: ArcSwap<InForce>,
    owners: Arc<dyn Owners>,
    experience: Experience,
    /// Whether anything was learned since it was written down.
    has_learned: AtomicBool,
    /// What requests of other living processes on the same ledger hold.
    elsewhere: Mutex<HashMap<Uuid, Elsewhere>>,
    /// One change at a time.
    turn: Mutex<()>,
}

/// Who has budgets of their own: keys.
pub(crate) trait Owners: Debug + Send + Sync {
    /// The budget of the key of that id.
    fn budget_of(&self, key: &str) -> Option<BudgetAccounts>;

    /// The budgets of all keys.
    fn budgets(&self) -> Vec<BudgetAccounts>;
}

impl Policy {
    /// No rules, and no keys.
    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        #[derive(Debug)]
        struct Nobody;
        impl Owners for Nobody {
            fn budget_of(&self, _: &str) -> Option<BudgetAccounts> {
                None
            }

            fn budgets(&self) -> Vec<BudgetAccounts> {
                Vec::new()
            }
        }
        Self::new(Arc::new(Nobody))
    }

    /// No rules, but those of keys.
    pub(crate) fn new(owners: Arc<dyn Owners>) -> Self {
        Self {
            in_force: ArcSwap::default(),
            owners,
            experience: Experience::new(),
            has_learned: AtomicBool::new(false),
            elsewhere: Mutex::default(),
            turn: Mutex::default(),
        }
    }

    /// The rules in force. Not to be kept: requests come and go without counting how many look at them.
    pub(crate) fn in_force(&self) -> Guard<Arc<InForce>> {
        self.in_force.load()
    }

    /// The budget of a key's own.
    pub(crate) fn own_budget(&self, key: &str) -> Option<BudgetAccounts> {
        self.owners.budget_of(key)
    }
}
