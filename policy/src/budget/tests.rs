use proptest::prelude::*;

use super::*;
use crate::{Pattern, Rules, Subject};

const NOW: u64 = 1_795_240_000_000;
const DAY_MS: u64 = 86_400_000;

fn usd(text: &str) -> Money {
    Money::parse_usd(text).unwrap()
}

fn budget(limit: &str, mode: Mode) -> Budget {
    Budget {
        id: "b".into(),
        selector: Selector::default(),
        per: None,
        limit: usd(limit),
        window: Window::Day,
        zone: Zone::utc(),
        mode,
        alert_at: vec![Share::parse("0.5").unwrap(), Share::WHOLE],
        carry_over: false,
        raise: None,
    }
}

fn opened(budget: Budget) -> (Arc<Budget>, Arc<Account>) {
    let account = Account::new("", &budget, NOW);
    (Arc::new(budget), Arc::new(account))
}

fn parts(accounts: &[&(Arc<Budget>, Arc<Account>)]) -> Parts {
    let mut parts: Parts = accounts
        .iter()
        .map(|(budget, account)| Part::new(budget, Arc::clone(account), true))
        .collect();
    in_order(&mut parts);
    parts
}

fn settle(held: Reservation, cost: &str, at_unix_ms: u64) -> Vec<Crossing> {
    let parts: Parts = held.parts().iter().cloned().collect();
    let cost = usd(cost);
    charge(&parts, held, Charge { cost, at_unix_ms })
}

#[test]
fn all_accounts_are_reserved_in_together_or_none_is() {
    let wide = opened(budget("10", Mode::Hard));
    let narrow = opened(budget("1", Mode::Hard));
    let both = || parts(&[&wide, &narrow]);
    let denied = reserve(both(), Ask::exactly(usd("2")), NOW).unwrap_err();
    assert_eq!(denied.balance.limit, usd("1"));
    assert_eq!(wide.1.balance(&wide.0, NOW).reserved, Money::ZERO);

    let held = reserve(both(), Ask::exactly(usd("0.75")), NOW).unwrap();
    assert_eq!(wide.1.balance(&wide.0, NOW).reserved, usd("0.75"));
    let some = Ask {
        most: usd("2"),
        least: usd("0.25"),
    };
    let rest = reserve(both(), some, NOW).unwrap();
    assert_eq!(
        rest.amount(),
        usd("0.25"),
        "what is left, where that is enough"
    );
    assert!(reserve(both(), Ask::exactly(Money::from_picos(1)), NOW).is_err());
    drop((held, rest));
    assert_eq!(narrow.1.balance(&narrow.0, NOW).reserved, Money::ZERO);
}

#[test]
fn a_share_is_an_eighth_of_the_room_or_the_least() {
    let one = opened(budget("0.8", Mode::Hard));
    let ask = |most, least| Ask {
        most: usd(most),
        least: usd(least),
    };
    let reserved = |ask| reserve_share(parts(&[&one]), ask, NOW);
    let plenty = reserved(ask("0.05", "0.01")).unwrap();
    assert_eq!(plenty.amount(), usd("0.05"));
    drop(plenty);
    let shared = reserved(ask("0.5", "0.01")).unwrap();
    assert_eq!(shared.amount(), usd("0.1"));
    let least = reserved(ask("0.7", "0.6")).unwrap();
    assert_eq!(least.amount(), usd("0.6"));
    assert_eq!(reserved(ask("0.7", "0.2")).unwrap_err().least, usd("0.2"));
    assert_eq!(reserved(ask("0.1", "0.1")).unwrap().amount(), usd("0.1"));
}

#[test]
fn what_was_set_aside_is_given_back_and_the_cost_is_spent() {
    let one = opened(budget("1", Mode::Hard));
    let mut held = reserve(parts(&[&one]), Ask::exactly(usd("0.5")), NOW).unwrap();
    assert_eq!(held.raise(Ask::exactly(usd("0.25")), NOW), Ok(usd("0.25")));
    held.lower_to(usd("0.6"));
    assert_eq!(held.amount(), usd("0.6"));
    settle(held, "0.4", NOW);
    let balance = one.1.balance(&one.0, NOW);
    assert_eq!((balance.spent, balance.reserved), (usd("0.4"), Money::ZERO));
}

#[test]
fn an_alert_is_told_once_a_window() {
    let one = opened(budget("1", Mode::Soft));
    let spend = |cost: &str, at| {
        let held = reserve(parts(&[&one]), Ask::exactly(usd("9")), at).unwrap();
        let told = settle(held, cost, at);
        told.iter()
            .map(|crossing| crossing.threshold.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(spend("0.4", NOW), [""; 0]);
    assert_eq!(spend("0.2", NOW), ["0.5"]);
    assert_eq!(spend("0.6", NOW), ["1"]);
    assert_eq!(spend("5", NOW), [""; 0]);
    assert_eq!(spend("1", NOW + DAY_MS), ["0.5", "1"]);
}

#[test]
fn a_new_window_begins_at_nothing_spent_and_keeps_what_is_under_way() {
    let one = opened(budget("1", Mode::Hard));
    settle(
        reserve(parts(&[&one]), Ask::exactly(usd("0.9")), NOW).unwrap(),
        "0.9",
        NOW,
    );
    let across = reserve(parts(&[&one]), Ask::exactly(usd("0.1")), NOW).unwrap();
    let tomorrow = NOW + DAY_MS;
    let balance = one.1.balance(&one.0, tomorrow);
    assert_eq!((balance.spent, balance.reserved), (Money::ZERO, usd("0.1")));
    settle(across, "0.1", tomorrow);
    assert_eq!(one.1.balance(&one.0, tomorrow).spent, usd("0.1"));
    // What ended yesterday and comes late is yesterday's.
    one.1.recall(&one.0, usd("0.3"), NOW);
    assert_eq!(one.1.balance(&one.0, tomorrow).spent, usd("0.1"));
}

#[test]
fn what_a_window_leaves_over_is_carried_into_the_next_one_only() {
    let one = opened(Budget {
        carry_over: true,
        ..budget("1", Mode::Hard)
    });
    assert_eq!(
        one.1.balance(&one.0, NOW).limit,
        usd("2"),
        "nothing was spent yesterday"
    );
    one.1.recall(&one.0, usd("0.7"), NOW - DAY_MS);
    assert_eq!(one.1.balance(&one.0, NOW).limit, usd("1.3"));
    one.1.recall(&one.0, usd("1.2"), NOW);
    assert_eq!(
        one.1.balance(&one.0, NOW + DAY_MS).limit,
        usd("1"),
        "overspending is not carried"
    );
}

#[test]
fn a_raise_ends_when_it_says() {
    let raise = Some(Raise {
        by: usd("0.5"),
        until_unix_ms: NOW + 10,
    });
    let one = opened(Budget {
        raise,
        ..budget("1", Mode::Hard)
    });
    assert!(reserve(parts(&[&one]), Ask::exactly(usd("1.5")), NOW + 9).is_ok());
    let denied = reserve(parts(&[&one]), Ask::exactly(usd("1.5")), NOW + 10).unwrap_err();
    assert_eq!(denied.balance.limit, usd("1"));
}

#[test]
fn a_charge_goes_to_those_who_match_at_the_end_and_frees_all_who_were_asked() {
    let asked = opened(budget("1", Mode::Hard));
    let answered = opened(budget("1", Mode::Hard));
    let held = reserve(parts(&[&asked]), Ask::exactly(usd("0.5")), NOW).unwrap();
    let cost = usd("0.3");
    charge(
        &parts(&[&answered]),
        held,
        Charge {
            cost,
            at_unix_ms: NOW,
        },
    );
    let balance = |one: &(Arc<Budget>, Arc<Account>)| one.1.balance(&one.0, NOW);
    assert_eq!(
        (balance(&asked).spent, balance(&asked).reserved),
        (Money::ZERO, Money::ZERO)
    );
    assert_eq!(balance(&answered).spent, cost);
}

#[test]
fn words_are_read_and_told_again() {
    let json = r#"{"id":"research","match":{"team":"research"},"per":"key","limit_usd":250.10,
        "window":"month","timezone":"Europe/Berlin","mode":"hard","alert_at":[0.5,"0.8",1.0]}"#;
    let form: BudgetForm = serde_json::from_str(json).unwrap();
    let budget = form.read().unwrap();
    assert_eq!(budget.limit, usd("250.10"));
    assert_eq!(budget.per, Some(Dimension::Key));
    let team = budget.selector.on(&Dimension::Team).map(Pattern::as_str);
    assert_eq!(team, Some("research"));
    let told = BudgetForm::from(&budget);
    assert_eq!(told.read().unwrap(), budget);
    assert_eq!(
        told.alert_at,
        [Usd("0.5".into()), Usd("0.8".into()), Usd("1".into())]
    );
}

#[test]
fn wrong_words_say_which() {
    let wrong = |json: &str| {
        let json = format!(r#"{{"id":"a","limit_usd":"1",{json}}}"#);
        let form: BudgetForm = serde_json::from_str(&json).unwrap();
        form.read().unwrap_err().field()
    };
    assert_eq!(wrong(r#""match":{"colour":"red"}"#), "match");
    assert_eq!(wrong(r#""match":{"team":""}"#), "match");
    assert_eq!(wrong(r#""per":"tag.""#), "per");
    assert_eq!(wrong(r#""window":"decade""#), "window");
    assert_eq!(wrong(r#""timezone":"Berlin""#), "timezone");
    assert_eq!(wrong(r#""mode":"firm""#), "mode");
    assert_eq!(wrong(r#""alert_at":[0]"#), "alert_at");
    assert_eq!(wrong(r#""raise_usd":"1""#), "raise_usd");
    for (limit, is_right) in [
        ("1e3", false),
        ("-1", false),
        ("2000000000", false),
        ("0", true),
    ] {
        let json = format!(r#"{{"id":"a","limit_usd":{limit}}}"#);
        let form: BudgetForm = serde_json::from_str(&json).unwrap();
        assert_eq!(form.read().is_ok(), is_right, "{limit}");
    }
}

#[test]
fn values_beyond_the_bound_share_an_account() {
    let per_user = Budget {
        per: Some(Dimension::User),
        ..budget("1", Mode::Hard)
    };
    let opened = BudgetAccounts::new(Arc::new(per_user));
    for n in 0..ACCOUNTS_MAX {
        drop(opened.named(&n.to_string(), NOW));
    }
    assert_eq!(opened.named("one more", NOW).value(), OTHER);
    assert_eq!(opened.named("7", NOW).value(), "7");
}

/// What one of several requests does next.
#[derive(Debug, Clone)]
enum Step {
    Reserve {
        accounts: Vec<usize>,
        most: i128,
        least: i128,
    },
    Raise {
        which: usize,
        most: i128,
    },
    Lower {
        which: usize,
        to: i128,
    },
    Settle {
        which: usize,
        share: i128,
    },
    Release {
        which: usize,
    },
}

fn a_step() -> impl Strategy<Value = Step> {
    let accounts = prop::collection::vec(0..4_usize, 1..4);
    prop_oneof![
        (accounts, 0..400_i128, 0..200_i128).prop_map(|(accounts, most, least)| Step::Reserve {
            accounts,
            most: most.max(least),
            least,
        }),
        (0..8_usize, 0..100_i128).prop_map(|(which, most)| Step::Raise { which, most }),
        (0..8_usize, 0..300_i128).prop_map(|(which, to)| Step::Lower { which, to }),
        (0..8_usize, 0..=100_i128).prop_map(|(which, share)| Step::Settle { which, share }),
        (0..8_usize).prop_map(|which| Step::Release { which }),
    ]
}

proptest! {
    #[test]
    fn spent_and_reserved_never_pass_a_limit_and_every_reservation_ends_once(
        steps in prop::collection::vec(a_step(), 0..120),
        limits in prop::array::uniform4(0..1_000_i128),
    ) {
        let accounts: Vec<_> = limits
            .iter()
            .map(|limit| opened(Budget { limit: Money::from_picos(*limit), ..budget("0", Mode::Hard) }))
            .collect();
        let mut held: Vec<Reservation> = Vec::new();
        // What was set aside in all accounts, and what became of it.
        let (mut reserved, mut settled, mut released) = (0_i128, 0_i128, 0_i128);
        for step in steps {
            let n = held.len().max(1);
            match step {
                Step::Reserve { accounts: which, most, least } => {
                    let which: Vec<_> = which.iter().map(|place| &accounts[*place]).collect();
                    let ask = Ask { most: Money::from_picos(most), least: Money::from_picos(least) };
                    if let Ok(reservation) = reserve(parts(&which), ask, NOW) {
                        prop_assert!(reservation.amount() >= ask.least);
                        reserved += reservation.amount().picos();
                        held.push(reservation);
                    }
                }
                Step::Raise { which, most } => if let Some(one) = held.get_mut(which % n) {
                    let ask = Ask { most: Money::from_picos(most), least: Money::ZERO };
                    if let Ok(more) = one.raise(ask, NOW) {
                        reserved += more.picos();
                    }
                },
                Step::Lower { which, to } => if let Some(one) = held.get_mut(which % n) {
                    let before = one.amount();
                    one.lower_to(Money::from_picos(to));
                    released += before.saturating_sub(one.amount()).picos();
                },
                Step::Settle { which, share } => if !held.is_empty() {
                    let one = held.swap_remove(which % n);
                    let cost = one.amount().picos() * share / 100;
                    settled += cost;
                    released += one.amount().picos() - cost;
                    let parts: Parts = one.parts().iter().cloned().collect();
                    charge(&parts, one, Charge { cost: Money::from_picos(cost), at_unix_ms: NOW });
                },
                Step::Release { which } => if !held.is_empty() {
                    let one = held.swap_remove(which % n);
                    released += one.amount().picos();
                },
            }
            let under_way: i128 = held.iter().map(|one| one.amount().picos()).sum();
            prop_assert_eq!(settled + released + under_way, reserved);
            for (place, (budget, account)) in accounts.iter().enumerate() {
                let balance = account.balance(budget, NOW);
                prop_assert!(balance.room() >= Money::ZERO, "{balance:?}");
                let own = held.iter().filter(|one| {
                    one.parts().iter().any(|part| Arc::ptr_eq(&part.account, &accounts[place].1))
                });
                let own: i128 = own.map(|one| one.amount().picos()).sum();
                prop_assert_eq!(balance.reserved.picos(), own);
            }
        }
        drop(held);
        for (budget, account) in &accounts {
            prop_assert_eq!(account.balance(budget, NOW).reserved, Money::ZERO);
        }
    }
}

#[test]
fn a_request_finds_its_accounts_in_all_budgets_that_match() {
    let team = Budget {
        selector: Selector::new([(Dimension::Team, Pattern::new("a"))]),
        per: Some(Dimension::User),
        ..budget("1", Mode::Hard)
    };
    let team = BudgetAccounts::new(Arc::new(team));
    let rules = Rules::new([(team.budget.selector.clone(), Arc::new(team.clone()))]);
    let subject = Subject {
        team: "a",
        user: "u",
        ..Subject::default()
    };
    let own = BudgetAccounts::new(Arc::new(budget("2", Mode::Hard)));
    let found = rules.parts([&own], &subject, NOW);
    assert_eq!(found.len(), 2);
    assert!(
        found.iter().all(|part| !part.is_held),
        "spending is not known yet"
    );
    team.set_counted();
    let found = rules.parts(None, &subject, NOW);
    assert_eq!(found[0].account.value(), "u");
    assert!(found[0].is_held);
    let stranger = Subject {
        team: "b",
        ..subject
    };
    assert!(rules.parts(None, &stranger, NOW).is_empty());
}
