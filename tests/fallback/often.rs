//! How often: a budget of retries, the free try on a dead connection, and what of it all costs money.

use quotah_bench::mock::{Directives, Script};

use super::{Pair, assert_good, attempts, chat, status};
use crate::harness::{Config, now, provider, served};

#[test]
fn retries_have_a_budget_of_their_own() {
    let pair =
        Pair::start(Config::empty().table(
            "[breaker]\nfailures = 0\n\n[retry]\nbudget_ratio = 0\nbudget_min_per_second = 1",
        ));
    pair.first_answers(status(500));
    let began = now();
    let mut retried = 0;
    for _ in 0..60 {
        let answer = pair.quotah.send(&chat("m"));
        let tried = answer
            .header("x-quotah-attempts")
            .unwrap()
            .parse::<u64>()
            .unwrap();
        let expected = if tried == 2 { 200 } else { 500 };
        assert_eq!(answer.status, expected, "{}", answer.text());
        retried += tried - 1;
    }
    // Slots are whole seconds: a burst may see one more than it lasts.
    let seconds = began.elapsed().as_secs() + 1;
    assert!(
        (1..=seconds + 1).contains(&retried),
        "{retried} in {seconds} s"
    );
    assert_eq!(
        u64::try_from(pair.second.requests().len()).unwrap(),
        retried
    );
}

#[test]
fn a_dead_kept_connection_is_one_free_try_and_no_attempt() {
    let pair = Pair::start(Config::empty().table("[retry]\nattempts_max = 1"));
    pair.first_answers(Directives::default());
    assert_good(&pair.quotah.send(&chat("m")), "1", "a first");
    pair.first.set(Script::first(
        1,
        Directives {
            cut_at: Some(0),
            ..Directives::default()
        },
    ));
    let answer = pair.quotah.send(&chat("m"));
    assert_good(&answer, "1", "over a dead connection");
    assert_eq!(attempts(&pair.quotah.entry(&answer)).len(), 1);
    let connections: Vec<u64> = pair.first.requests().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
    assert!(pair.second.requests().is_empty());
}

#[test]
fn money_is_held_and_paid_where_the_answer_came_from() {
    let (first, second) = (provider(), provider());
    let quotah = Config::empty()
        .provider("first", "openai", &first.url(), "")
        .provider("second", "openai", &second.url(), "")
        .route("m", "", &["first/m", "second/m"])
        .table(&price("first", "100"))
        .table(&price("second", "2"))
        .table("[[budgets]]\nid = \"all\"\nlimit_usd = \"5\"")
        .table("[[limits]]\nrequests_per_minute = 10")
        .patient()
        .start();
    first.set(Script::always(status(500)));
    let mut left = Vec::new();
    for _ in 0..3 {
        let answer = quotah.send(&chat("m"));
        assert_good(&answer, "2", "priced");
        let remaining = answer.header("x-quotah-ratelimit-remaining-requests");
        left.push(remaining.unwrap().to_owned());
        let billed = served(&second, 1).pop().unwrap().billed;
        let entry = quotah.entry(&answer);
        let cost = (billed.input + billed.output) * 2_000;
        assert_eq!(entry.u64("cost_nanousd"), cost, "at the second's price");
    }
    assert_eq!(left, ["9", "8", "7"], "two attempts are one request");
    let budget = quotah.admin_json("/admin/v1/budgets/all");
    let account = &budget["accounts"][0];
    assert_eq!(account["reserved_usd"], "0.00", "{budget}");
    let spent = quotah
        .ledger()
        .iter()
        .map(|entry| entry.u64("cost_nanousd"))
        .sum::<u64>();
    assert_eq!(account["spent_nanousd"].as_u64(), Some(spent), "{budget}");
}

#[test]
fn where_the_next_deployment_is_too_dear_the_first_ones_error_is_the_answer() {
    let (first, second) = (provider(), provider());
    let quotah = Config::empty()
        .provider("first", "openai", &first.url(), "")
        .provider("second", "openai", &second.url(), "")
        .route("m", "", &["first/m", "second/m"])
        .table(&price("first", "1"))
        .table(&price("second", "1000000"))
        .table("[[budgets]]\nid = \"all\"\nlimit_usd = \"5\"")
        .patient()
        .start();
    first.set(Script::always(status(500)));
    for _ in 0..3 {
        let answer = quotah.send(&chat("m"));
        assert_eq!(answer.status, 500, "{}", answer.text());
        assert_eq!(answer.body, served(&first, 1)[0].answer);
        let entry = quotah.entry(&answer);
        assert_eq!(
            (entry.str("deployment"), entry.str("outcome")),
            ("first/m", "upstream_error")
        );
        assert_eq!(attempts(&entry).len(), 1);
    }
    assert!(second.requests().is_empty());
    let budget = quotah.admin_json("/admin/v1/budgets/all");
    assert_eq!(budget["accounts"][0]["reserved_usd"], "0.00", "{budget}");
    assert_eq!(budget["accounts"][0]["spent_usd"], "0.00", "{budget}");
}

fn price(provider: &str, usd_per_mtok: &str) -> String {
    format!(
        "[[prices]]\nprovider = \"{provider}\"\nmodel = \"m\"\neffective_from = \"2026-01-01\"\n\
         input_usd_per_mtok = \"{usd_per_mtok}\"\noutput_usd_per_mtok = \"{usd_per_mtok}\""
    )
}
