//! A model of the account cell: requests in several threads reserve, raise, settle and release in two shared accounts,
//! in every order that threads can run in.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p quotah-policy --test accounts_model --profile model`
#![cfg(loom)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails, fails the test"
)]

use std::sync::Arc;

use loom::model::Builder;
use loom::sync::Mutex;
use loom::thread;
use quotah_policy::budget::{
    Account, Ask, Budget, Charge, Mode, Part, Parts, Reservation, charge, in_order, reserve,
};
use quotah_policy::{Money, Selector, Window, Zone};

const NOW: u64 = 1_795_240_000_000;

/// A budget, its account, and what became of all that was set aside in it.
#[derive(Clone)]
struct Shared {
    budget: Arc<Budget>,
    account: Arc<Account>,
}

/// Two accounts, the one that is locked first in front.
///
/// Accounts are locked in the order of their addresses, which differ from run to run; the model must do the same in each.
fn two(limits: [i128; 2]) -> [Shared; 2] {
    let budget = |limit| {
        Arc::new(Budget {
            id: "b".into(),
            selector: Selector::default(),
            per: None,
            limit: Money::from_picos(limit),
            window: Window::Total,
            zone: Zone::utc(),
            mode: Mode::Hard,
            alert_at: Vec::new(),
            carry_over: false,
            raise: None,
        })
    };
    let budgets = limits.map(budget);
    let mut accounts = [0, 1].map(|place: usize| Arc::new(Account::new("", &budgets[place], NOW)));
    accounts.sort_unstable_by_key(Arc::as_ptr);
    let [first, second] = budgets;
    let [lower, higher] = accounts;
    let shared = |budget, account| Shared { budget, account };
    [shared(first, lower), shared(second, higher)]
}

/// Parts in the order given, as `in_order` must be able to put right.
fn parts(given: &[&Shared]) -> Parts {
    let mut parts: Parts = given
        .iter()
        .map(|one| Part::new(&one.budget, Arc::clone(&one.account), true))
        .collect();
    in_order(&mut parts);
    parts
}

fn picos(amount: i128) -> Money {
    Money::from_picos(amount)
}

fn look(all: &[Shared]) {
    for one in all {
        let balance = one.account.balance(&one.budget, NOW);
        assert!(balance.room() >= Money::ZERO, "{balance:?}");
        assert!(balance.reserved >= Money::ZERO, "{balance:?}");
    }
}

fn settle(held: Reservation, cost: i128) {
    let own: Parts = held.parts().iter().cloned().collect();
    let charged = Charge {
        cost: picos(cost),
        at_unix_ms: NOW,
    };
    charge(&own, held, charged);
}

/// What has been set aside and what became of it, of all threads together.
#[derive(Default)]
struct Tally {
    reserved: i128,
    settled: i128,
    released: i128,
}

impl Tally {
    fn add(&mut self, reserved: i128, settled: i128) {
        self.reserved += reserved;
        self.settled += settled;
        self.released += reserved - settled;
    }
}

/// At rest: nothing is reserved, and what was spent is what was settled.
fn at_rest(all: &[Shared], spent: [i128; 2]) {
    look(all);
    for (one, spent) in all.iter().zip(spent) {
        let balance = one.account.balance(&one.budget, NOW);
        assert_eq!(
            (balance.reserved, balance.spent),
            (Money::ZERO, picos(spent))
        );
    }
}

fn model(preemptions: Option<usize>, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(run);
}

#[test]
fn two_requests_that_pass_two_accounts_in_both_orders_never_spend_more_than_either_has() {
    model(None, || {
        let all = two([10, 12]);
        let tally = Arc::new(Mutex::new(Tally::default()));
        let other = thread::spawn({
            let (all, tally) = (all.clone(), Arc::clone(&tally));
            move || {
                let ask = Ask {
                    most: picos(7),
                    least: picos(4),
                };
                if let Ok(held) = reserve(parts(&[&all[1], &all[0]]), ask, NOW) {
                    let amount = held.amount().picos();
                    assert!((4..=7).contains(&amount));
                    look(&all);
                    settle(held, amount - 1);
                    tally.lock().unwrap().add(amount, amount - 1);
                }
            }
        });
        if let Ok(mut held) = reserve(parts(&[&all[0], &all[1]]), Ask::exactly(picos(6)), NOW) {
            let more = Ask {
                most: picos(3),
                least: picos(1),
            };
            let raised = held.raise(more, NOW).unwrap_or(Money::ZERO);
            assert_eq!(held.amount(), picos(6).saturating_add(raised));
            let amount = held.amount().picos();
            drop(held);
            tally.lock().unwrap().add(amount, 0);
        }
        other.join().unwrap();
        let tally = tally.lock().unwrap();
        assert_eq!(tally.settled + tally.released, tally.reserved);
        assert!(tally.reserved > 0, "somebody always has room");
        at_rest(&all, [tally.settled; 2]);
    });
}

#[test]
fn a_request_beyond_the_last_one_that_there_is_money_for_is_refused_in_every_order() {
    model(None, || {
        let all = two([2, 2]);
        let served = Arc::new(Mutex::new(0));
        let client = |turned: bool| {
            let (all, served) = (all.clone(), Arc::clone(&served));
            move || {
                let given = if turned {
                    [&all[1], &all[0]]
                } else {
                    [&all[0], &all[1]]
                };
                if let Ok(held) = reserve(parts(&given), Ask::exactly(picos(1)), NOW) {
                    settle(held, 1);
                    *served.lock().unwrap() += 1;
                }
            }
        };
        let others = [thread::spawn(client(true)), thread::spawn(client(false))];
        client(true)();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(*served.lock().unwrap(), 2);
        at_rest(&all, [2, 2]);
    });
}

#[test]
fn requests_of_one_account_and_of_both_neither_wait_for_each_other_nor_lose_money() {
    model(Some(3), || {
        let all = two([5, 5]);
        let single = |place: usize| {
            let all = all.clone();
            move || {
                let held = reserve(parts(&[&all[place]]), Ask::exactly(picos(2)), NOW);
                let mut held = held.expect("at most 3 of 5 are set aside by others");
                held.lower_to(picos(1));
                look(&all);
                settle(held, 1);
            }
        };
        let others = [thread::spawn(single(0)), thread::spawn(single(1))];
        let both = reserve(parts(&[&all[1], &all[0]]), Ask::exactly(picos(3)), NOW);
        look(&all);
        drop(both.expect("at most 2 of 5 are set aside by others"));
        for other in others {
            other.join().unwrap();
        }
        at_rest(&all, [1, 1]);
    });
}
