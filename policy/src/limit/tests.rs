use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{Pattern, Subject};

const SECOND_NS: u64 = 1_000_000_000;

fn caps(of: impl FnOnce(&mut Caps)) -> Caps {
    let mut caps = Caps::default();
    of(&mut caps);
    caps
}

fn limit(id: &str, per: &str, caps: Caps) -> LimitCells {
    LimitCells::new(Arc::new(Limit {
        id: id.into(),
        selector: Selector::default(),
        per: Dimension::parse(per).ok(),
        caps,
    }))
}

fn limits(all: &[&LimitCells]) -> Limits {
    let rule = |cells: &&LimitCells| {
        let selector = cells.limit().selector.clone();
        (selector, Arc::new((*cells).clone()))
    };
    Limits::new(all.iter().map(rule))
}

fn by(key: &str) -> Subject<'_> {
    Subject {
        key,
        team: "research",
        ..Subject::default()
    }
}

fn tokens(tokens: u64) -> Asking {
    Asking {
        tokens,
        is_stream: false,
    }
}

fn left(cells: &LimitCells, measure: Measure, now_ns: u64) -> u64 {
    let cell = cells.standing(&by("k"), now_ns);
    let found = cell.marks.iter().find(|(own, _)| *own == measure);
    found.unwrap().1.remaining
}

#[test]
fn a_request_is_counted_in_all_its_limits_or_in_none() {
    let wide = limit(
        "team",
        "team",
        caps(|c| {
            c.requests_per_minute = NonZeroU32::new(10);
            c.tokens_per_minute = NonZeroU64::new(1_000);
            c.concurrent = NonZeroU32::new(5);
        }),
    );
    let narrow = limit(
        "key",
        "key",
        caps(|c| c.requests_per_hour = NonZeroU32::new(1)),
    );
    let both = limits(&[&wide, &narrow]);
    let first = both.enter(None, &by("k"), tokens(100), 0).unwrap();
    for _ in 0..100 {
        let refused = both.enter(None, &by("k"), tokens(100), 0).unwrap_err();
        assert_eq!(&*refused.limit_id, "key");
        assert_eq!(&*refused.account, "k");
        assert_eq!(refused.limit, 1);
        assert_eq!(refused.retry_after, Duration::from_secs(3_600));
        assert_eq!(
            refused.to_string(),
            "limit \"key\" of 1 requests per hour is reached"
        );
    }
    assert_eq!(left(&wide, Measure::RequestsPerMinute, 0), 9);
    assert_eq!(left(&wide, Measure::TokensPerMinute, 0), 900);
    assert_eq!(left(&wide, Measure::Concurrent, 0), 4);
    drop(first);
    assert_eq!(left(&wide, Measure::TokensPerMinute, 0), 1_000);
    assert_eq!(left(&wide, Measure::Concurrent, 0), 5);
}

#[test]
fn the_limit_that_takes_longest_says_when_to_try_again() {
    let all = limit(
        "all",
        "",
        caps(|c| {
            c.requests_per_minute = NonZeroU32::new(1);
            c.requests_per_day = NonZeroU32::new(1);
            c.tokens_per_minute = NonZeroU64::new(60);
            c.concurrent = NonZeroU32::new(1);
        }),
    );
    let rules = limits(&[&all]);
    let _held = rules.enter(None, &by("k"), tokens(60), 0).unwrap();
    let refused = rules
        .enter(None, &by("k"), tokens(1), SECOND_NS)
        .unwrap_err();
    assert_eq!(refused.measure, Measure::RequestsPerDay);
    assert_eq!(refused.retry_after, Duration::from_secs(86_399));
    let requests = refused.standing.requests.unwrap();
    assert_eq!(
        (requests.limit, requests.remaining, requests.reset),
        (1, 0, Duration::from_secs(86_399))
    );
    let tokens = refused.standing.tokens.unwrap();
    assert_eq!((tokens.limit, tokens.remaining), (60, 1));
    assert_eq!(tokens.reset, Duration::from_secs(59));
}

#[test]
fn what_runs_at_once_is_given_back_when_it_ends_and_streams_are_counted_alone() {
    let all = limit(
        "all",
        "",
        caps(|c| {
            c.concurrent = NonZeroU32::new(2);
            c.concurrent_streams = NonZeroU32::new(1);
        }),
    );
    let rules = limits(&[&all]);
    let enter = |is_stream| {
        let asking = Asking {
            tokens: 0,
            is_stream,
        };
        rules.enter(None, &by("k"), asking, 0)
    };
    let stream = enter(true).unwrap();
    let refused = enter(true).unwrap_err();
    assert_eq!(refused.measure, Measure::ConcurrentStreams);
    assert_eq!(refused.retry_after, CONCURRENT_RETRY);
    let plain = enter(false).unwrap();
    assert_eq!(enter(false).unwrap_err().measure, Measure::Concurrent);
    drop(plain);
    drop(enter(false).unwrap());
    drop(stream);
    drop(enter(true).unwrap());
    let cell = all.standing(&by("k"), 0);
    assert_eq!((cell.in_flight, cell.streams), (0, 0));
}

#[test]
fn a_keys_own_limit_counts_beside_the_rules() {
    let caps = caps(|c| c.requests_per_minute = NonZeroU32::new(1));
    let own = LimitCells::new(Arc::new(Limit::own("k", caps)));
    let rules = Limits::default();
    drop(rules.enter(Some(&own), &by("k"), tokens(0), 0).unwrap());
    let refused = rules.enter(Some(&own), &by("k"), tokens(0), 0).unwrap_err();
    assert_eq!(&*refused.limit_id, "key:k");
    assert_eq!(refused.retry_after, Duration::from_secs(60));
    let free = rules.enter(None, &by("k"), tokens(0), 0).unwrap();
    assert!(free.is_free());
    assert_eq!(free.standing(0), Standing::default());
}

#[test]
fn tokens_are_settled_once_and_what_was_used_too_much_is_owed() {
    let all = limit(
        "all",
        "",
        caps(|c| c.tokens_per_minute = NonZeroU64::new(600)),
    );
    let rules = limits(&[&all]);
    let mut passed = rules.enter(None, &by("k"), tokens(100), 0).unwrap();
    assert_eq!(passed.standing(0).tokens.unwrap().remaining, 500);
    passed.settle(40, 0);
    passed.settle(600, 0);
    assert_eq!(passed.standing(0).tokens.unwrap().remaining, 560);
    drop(passed);
    assert_eq!(left(&all, Measure::TokensPerMinute, 0), 560);

    let mut passed = rules.enter(None, &by("k"), tokens(9_999), SECOND_NS * 4);
    passed.as_mut().unwrap().settle(1_200, SECOND_NS * 4);
    drop(passed);
    let refused = rules
        .enter(None, &by("k"), tokens(1), SECOND_NS * 4)
        .unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_millis(60_100));
    // What uses none owes none.
    assert!(
        rules
            .enter(None, &by("k"), tokens(0), SECOND_NS * 4)
            .is_ok()
    );
}

#[test]
fn a_changed_limit_goes_on_with_what_is_counted() {
    let before = limit(
        "all",
        "key",
        caps(|c| {
            c.requests_per_minute = NonZeroU32::new(4);
            c.tokens_per_minute = NonZeroU64::new(100);
        }),
    );
    let first = limits(&[&before])
        .enter(None, &by("k"), tokens(30), 0)
        .unwrap();
    let _second = limits(&[&before])
        .enter(None, &by("k"), tokens(30), 0)
        .unwrap();
    let changed = Limit {
        caps: caps(|c| {
            c.requests_per_minute = NonZeroU32::new(8);
            c.tokens_per_minute = NonZeroU64::new(70);
            c.concurrent = NonZeroU32::new(2);
        }),
        ..(**before.limit()).clone()
    };
    let after = before.with(Arc::new(changed.clone()));
    // Half of the minute's requests are used, whatever half of them are now.
    assert_eq!(left(&after, Measure::RequestsPerMinute, 0), 4);
    assert_eq!(left(&after, Measure::TokensPerMinute, 0), 10);
    assert_eq!(left(&after, Measure::Concurrent, 0), 0);
    drop(first);
    assert_eq!(left(&after, Measure::TokensPerMinute, 0), 40);
    assert_eq!(left(&after, Measure::Concurrent, 0), 1);

    let other = Limit {
        selector: Selector::new([(Dimension::Team, Pattern::new("research"))]),
        ..changed
    };
    assert_eq!(
        left(&before.with(Arc::new(other)), Measure::Concurrent, 0),
        2
    );
}

#[test]
fn many_at_once_never_pass_a_limit_and_leave_nothing_behind() {
    let wide = limit("wide", "", caps(|c| c.concurrent = NonZeroU32::new(3)));
    let narrow = limit(
        "narrow",
        "key",
        caps(|c| c.requests_per_day = NonZeroU32::new(50)),
    );
    let rules = limits(&[&wide, &narrow]);
    let passed: usize = std::thread::scope(|scope| {
        let run = || {
            let mut passed = 0;
            for _ in 0..500 {
                if let Ok(held) = rules.enter(None, &by("k"), tokens(0), 0) {
                    passed += 1;
                    assert!(wide.standing(&by("k"), 0).in_flight <= 3);
                    drop(held);
                }
            }
            passed
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(passed, 50);
    assert_eq!(wide.standing(&by("k"), 0).in_flight, 0);
    assert_eq!(narrow.standing(&by("k"), 0).in_flight, 0);
}

/// What a client may do.
#[derive(Debug, Clone)]
enum Step {
    Enter {
        key: &'static str,
        tokens: u64,
        is_stream: bool,
    },
    Settle(usize, u64),
    Drop(usize),
}

fn a_step() -> impl Strategy<Value = Step> {
    let key = prop::sample::select(vec!["a", "b"]);
    let enter = (key, 0..300_u64, any::<bool>());
    prop_oneof![
        3 => enter.prop_map(|(key, tokens, is_stream)| Step::Enter { key, tokens, is_stream }),
        1 => (0..8_usize, 0..400_u64).prop_map(|(at, used)| Step::Settle(at, used)),
        2 => (0..8_usize).prop_map(Step::Drop),
    ]
}

proptest! {
    #[test]
    fn whatever_order_things_happen_in_nothing_is_lost_and_no_limit_is_passed(
        steps in prop::collection::vec(a_step(), 1..80),
    ) {
        let wide = limit("wide", "", caps(|c| {
            c.tokens_per_minute = NonZeroU64::new(1_000_000);
            c.concurrent = NonZeroU32::new(4);
        }));
        let narrow = limit("narrow", "key", caps(|c| {
            c.requests_per_minute = NonZeroU32::new(9);
            c.tokens_per_minute = NonZeroU64::new(600);
            c.concurrent_streams = NonZeroU32::new(2);
        }));
        let rules = limits(&[&wide, &narrow]);
        let mut held: Vec<(Passed, u64)> = Vec::new();
        let mut used_in_all = 0;
        for step in steps {
            match step {
                Step::Enter { key, tokens, is_stream } => {
                    let asking = Asking { tokens, is_stream };
                    if let Ok(passed) = rules.enter(None, &by(key), asking, 0) {
                        held.push((passed, tokens));
                    }
                }
                Step::Settle(at, used) if at < held.len() => {
                    let (mut passed, _) = held.swap_remove(at);
                    passed.settle(used, 0);
                    used_in_all += used;
                }
                Step::Drop(at) if at < held.len() => drop(held.swap_remove(at)),
                Step::Settle(..) | Step::Drop(_) => {}
            }
            let cell = wide.standing(&by("a"), 0);
            prop_assert_eq!(usize::try_from(cell.in_flight).unwrap(), held.len());
            prop_assert!(cell.in_flight <= 4);
            let reserved: u64 = held.iter().map(|(_, tokens)| tokens).sum();
            prop_assert_eq!(
                left(&wide, Measure::TokensPerMinute, 0),
                1_000_000 - used_in_all - reserved
            );
            for cell in narrow.standings(0) {
                prop_assert!(cell.streams <= 2 && cell.in_flight <= 4);
            }
        }
        held.clear();
        for cell in narrow.standings(0).into_iter().chain(wide.standings(0)) {
            prop_assert_eq!((cell.in_flight, cell.streams), (0, 0));
        }
    }
}
