//! What admission costs: finding a request's budgets and limits, reserving in them, entering them, and giving back.
//!
//! `cargo bench -p quotah-bench --bench admission`. The aim is under 3 µs for everything, with 5 budgets that match
//! and 10,000 accounts, whether 10 or 100,000 rules do not match.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark: what is not as it should be ends it"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use quotah_policy::budget::{Ask, BudgetAccounts, BudgetForm, Usd, reserve};
use quotah_policy::limit::{Asking, Limit, LimitCells, LimitForm, Limits};
use quotah_policy::{Money, Rules, Subject};

/// Values that the budgets and limits `per = "user"` have been opened for.
const ACCOUNTS: usize = 10_000;

/// Noon of a day in 2026, milliseconds since 1970 UTC.
const NOW_UNIX_MS: u64 = 1_795_240_000_000;

/// Nanoseconds between two requests: more come back than are taken.
const PAUSE_NS: u64 = 1_000_000;

/// What a request passes.
struct Policy {
    budgets: Rules<BudgetAccounts>,
    limits: Limits,
    /// The key's own.
    own: LimitCells,
}

const SUBJECT: Subject<'_> = Subject {
    key: "k4711",
    user: "user-5000",
    team: "research",
    project: "search",
    model_asked: "fast",
    model: "gpt-5-mini",
    provider: "openai",
    tags: &[("feature", "autocomplete")],
};

fn admission(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("admission");
    for others in [10, 100_000] {
        let policy = policy(others);
        let mut now_ns = 0;
        group.bench_function(BenchmarkId::new("whole", others), |bencher| {
            bencher.iter(|| {
                now_ns += PAUSE_NS;
                admit(&policy, black_box(&SUBJECT), now_ns);
            });
        });
        group.bench_function(BenchmarkId::new("budgets", others), |bencher| {
            bencher.iter(|| reserve_and_give_back(&policy, black_box(&SUBJECT)));
        });
        group.bench_function(BenchmarkId::new("limits", others), |bencher| {
            bencher.iter(|| {
                now_ns += PAUSE_NS;
                enter_and_leave(&policy, black_box(&SUBJECT), now_ns);
            });
        });
    }
    group.finish();
}

fn admit(policy: &Policy, subject: &Subject<'_>, now_ns: u64) {
    let mut passed = policy
        .limits
        .enter(Some(&policy.own), subject, ASKING, now_ns)
        .unwrap();
    reserve_and_give_back(policy, subject);
    passed.settle(ASKING.tokens, now_ns);
}

fn reserve_and_give_back(policy: &Policy, subject: &Subject<'_>) {
    let parts = policy.budgets.parts(None, subject, NOW_UNIX_MS);
    let ask = Ask::exactly(Money::from_picos(1_000_000));
    let reservation = reserve(parts, ask, NOW_UNIX_MS).unwrap();
    debug_assert_eq!(reservation.parts().len(), 5, "five budgets match");
}

fn enter_and_leave(policy: &Policy, subject: &Subject<'_>, now_ns: u64) {
    let passed = policy
        .limits
        .enter(Some(&policy.own), subject, ASKING, now_ns);
    drop(passed.unwrap());
}

const ASKING: Asking = Asking {
    tokens: 1_000,
    is_stream: true,
};

/// Five budgets and three limits that match, `others` of each kind that do not, and accounts for each user.
fn policy(others: usize) -> Policy {
    let matching = [
        ("team", "research", None),
        ("project", "search", Some("user")),
        ("model", "gpt-*", None),
        ("provider", "openai", Some("key")),
        ("tag.feature", "autocomplete", None),
    ];
    let matching = matching
        .map(|(dimension, value, per)| (dimension, value.to_owned(), per.map(str::to_owned)));
    let dimensions = ["key", "user", "team", "project", "model"];
    let strangers = (0..others).map(|other| {
        let dimension = dimensions.into_iter().cycle().nth(other % dimensions.len());
        (dimension.unwrap(), format!("other-{other}"), None)
    });
    let rules = || {
        matching
            .clone()
            .into_iter()
            .chain(strangers.clone())
            .enumerate()
    };
    let limited = |(at, _): &(usize, _)| *at < 3 || *at >= matching.len();
    let policy = Policy {
        budgets: Rules::new(rules().map(|(at, rule)| budget(at, rule))),
        limits: Rules::new(rules().filter(limited).map(|(at, rule)| limit(at, rule))),
        own: LimitCells::new(Arc::new(Limit::own(
            "k4711",
            figures().read().unwrap().caps,
        ))),
    };
    open_accounts(&policy);
    policy
}

type Rule = (&'static str, String, Option<String>);

fn budget(
    at: usize,
    (dimension, value, per): Rule,
) -> (quotah_policy::Selector, Arc<BudgetAccounts>) {
    let form = BudgetForm {
        id: format!("budget-{at}"),
        selects: BTreeMap::from([(dimension.to_owned(), value)]),
        per,
        limit_usd: Usd("1000000".to_owned()),
        window: "month".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        mode: "hard".to_owned(),
        ..BudgetForm::default()
    };
    let budget = BudgetAccounts::new(Arc::new(form.read().unwrap()));
    budget.set_counted();
    (budget.budget.selector.clone(), Arc::new(budget))
}

fn limit(at: usize, (dimension, value, per): Rule) -> (quotah_policy::Selector, Arc<LimitCells>) {
    let form = LimitForm {
        id: format!("limit-{at}"),
        selects: BTreeMap::from([(dimension.to_owned(), value)]),
        per,
        ..figures()
    };
    let limit = Arc::new(form.read().unwrap());
    (limit.selector.clone(), Arc::new(LimitCells::new(limit)))
}

fn figures() -> LimitForm {
    LimitForm {
        id: "figures".to_owned(),
        requests_per_minute: Some(1_000_000),
        requests_per_day: Some(1_000_000_000),
        tokens_per_minute: Some(1_000_000_000),
        concurrent: Some(64),
        concurrent_streams: Some(64),
        ..LimitForm::default()
    }
}

fn open_accounts(policy: &Policy) {
    for user in 0..ACCOUNTS {
        let user = format!("user-{user}");
        let subject = Subject {
            user: &user,
            ..SUBJECT
        };
        admit(policy, &subject, 0);
    }
}

criterion_group!(benches, admission);
criterion_main!(benches);
