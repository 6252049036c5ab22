//! A deployment that fails again and again is left alone for a while, then tried by exactly one request.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use quotah_bench::mock::{Directives, Hang, Mock, Script};

use crate::faults::{Call, PLAIN, STREAMED, routed_toward};
use crate::harness::{Config, End, Quotah, Request, Response, eventually, now, provider};

/// The three dialects toward one provider with nobody behind it, with these figures.
fn alone(breaker: &str) -> (Mock, Quotah) {
    let provider = provider();
    let config = routed_toward(&provider).table(&format!("[breaker]\n{breaker}"));
    let quotah = config.start();
    (provider, quotah)
}

fn status(status: u16) -> Directives {
    Directives {
        status: Some(status),
        ..Directives::default()
    }
}

/// Whether an answer is our own word that nothing is well.
fn is_shut(call: Call, answer: &Response) -> bool {
    if answer.status != 503 {
        return false;
    }
    let json = answer.json();
    let (field, word) = match call.dialect {
        "openai" => ("code", "no_healthy_deployment"),
        "anthropic" => ("type", "overloaded_error"),
        _ => ("status", "UNAVAILABLE"),
    };
    assert!(call.is_error(&json), "{json}");
    assert_eq!(json["error"][field], word, "{json}");
    true
}

/// Fails so often that it is shut; gives when the last failure began.
fn shut(provider: &Mock, quotah: &Quotah, call: Call) -> Instant {
    provider.set(Script::always(status(500)));
    let mut began = now();
    for n in 0..5 {
        began = now();
        assert_eq!(quotah.send(&call.request()).status, 500, "failure {n}");
    }
    began
}

#[test]
fn four_failures_are_borne_and_the_fifth_shuts_in_every_dialect() {
    let (provider, quotah) = alone("open_s = 30");
    for call in PLAIN {
        provider.set(Script::always(status(500)));
        provider.forget();
        for n in 1..=5 {
            let answer = quotah.send(&call.request());
            assert_eq!(answer.status, 500, "{n}: {}", answer.text());
            assert_eq!(provider.requests().len(), n, "{call:?}");
        }
        provider.set(Script::default());
        for _ in 0..3 {
            let answer = quotah.send(&call.request());
            assert!(is_shut(call, &answer), "{}{}", answer.head, answer.text());
            let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=30).contains(&wait), "{wait} s");
            assert_eq!(quotah.entry(&answer).str("outcome"), "refused");
        }
        assert_eq!(provider.requests().len(), 5, "{call:?}");
    }
}

#[test]
fn while_one_is_shut_the_next_serves_alone() {
    let (first, second) = (provider(), provider());
    let quotah = Config::empty()
        .provider("first", "openai", &first.url(), "")
        .provider("second", "openai", &second.url(), "")
        .route(PLAIN[0].model, "", &["first/m", "second/m"])
        .start();
    first.set(Script::always(status(502)));
    let tried: Vec<String> = (0..8)
        .map(|_| {
            let answer = quotah.send(&PLAIN[0].request());
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.header("x-quotah-attempts").unwrap().to_owned()
        })
        .collect();
    assert_eq!(tried, ["2", "2", "2", "2", "2", "1", "1", "1"]);
    assert_eq!((first.requests().len(), second.requests().len()), (5, 8));
}

#[test]
fn it_stays_shut_for_its_time_and_one_success_opens_it_to_all() {
    let (provider, quotah) = alone("open_s = 1");
    let call = PLAIN[0];
    let failed_at = shut(&provider, &quotah, call);
    provider.set(Script::default());
    eventually("the probe", || {
        let answer = quotah.send(&call.request());
        (!is_shut(call, &answer)).then_some(answer)
    });
    let took = failed_at.elapsed();
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert_eq!(provider.requests().len(), 6, "five failures and the probe");
    for _ in 0..3 {
        assert_eq!(quotah.send(&call.request()).status, 200);
    }
}

#[test]
fn a_failed_probe_shuts_it_for_as_long_again() {
    let (provider, quotah) = alone("open_s = 1");
    let call = PLAIN[0];
    shut(&provider, &quotah, call);
    let ours_or_not = || {
        let began = now();
        let answer = quotah.send(&call.request());
        (!is_shut(call, &answer)).then_some((began, answer.status))
    };
    let (probed_at, probe) = eventually("a probe", ours_or_not);
    assert_eq!(probe, 500);
    let (_, probe) = eventually("another probe", ours_or_not);
    let took = probed_at.elapsed();
    assert_eq!(probe, 500);
    assert!(took >= Duration::from_secs(1), "{took:?}");
    assert_eq!(provider.requests().len(), 7);
}

#[test]
fn of_a_hundred_callers_at_once_one_probes() {
    let (provider, quotah) = alone("open_s = 1");
    let call = PLAIN[0];
    let failed_at = shut(&provider, &quotah, call);
    // Its answer comes when all the others have theirs.
    provider.set(Script::first(
        1,
        Directives {
            first_delay: Duration::from_secs(2),
            ..Directives::default()
        },
    ));
    let callers = 100;
    let barrier = Barrier::new(callers);
    eventually("its time is over", || {
        (failed_at.elapsed() > Duration::from_millis(1_300)).then_some(())
    });
    let answers: Vec<Response> = thread::scope(|scope| {
        let handles: Vec<_> = (0..callers)
            .map(|_| {
                scope.spawn(|| {
                    let mut conn = quotah.connect();
                    barrier.wait();
                    conn.exchange(&call.request())
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap())
            .collect()
    });
    let well = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers
        .iter()
        .filter(|answer| is_shut(call, answer))
        .count();
    assert_eq!((well, refused), (1, callers - 1));
    assert_eq!(provider.requests().len(), 6);
    assert_eq!(quotah.send(&call.request()).status, 200);
}

#[test]
fn what_the_client_did_wrong_never_shuts() {
    let (provider, quotah) = alone("failures = 2\nopen_s = 30");
    for call in PLAIN {
        for code in [400, 401, 403, 404, 408, 422, 501] {
            provider.set(Script::always(status(code)));
            for _ in 0..4 {
                assert_eq!(quotah.send(&call.request()).status, code, "{call:?}");
            }
        }
        provider.set(Script::default());
        assert_eq!(quotah.send(&call.request()).status, 200, "{call:?}");
    }
}

#[test]
fn answers_that_break_off_and_error_events_count_though_their_beginning_went_down() {
    let cut = Directives {
        chunks: Some(8),
        cut_body_at: Some(1_200),
        ..Directives::default()
    };
    let told = Directives {
        chunks: Some(8),
        error_at: Some(4),
        ..Directives::default()
    };
    for (directives, end) in [(cut, End::Cut), (told, End::Whole)] {
        let (provider, quotah) = alone("open_s = 30");
        for call in STREAMED {
            provider.set(Script::always(directives.clone()));
            provider.forget();
            for _ in 0..5 {
                let answer = quotah.send(&call.request());
                let text = answer.text();
                assert_eq!((answer.status, answer.end), (200, end), "{call:?}: {text}");
            }
            provider.set(Script::default());
            let answer = quotah.send(&call.request());
            assert!(is_shut(call, &answer), "{call:?}: {}", answer.text());
            assert_eq!(provider.requests().len(), 5, "{call:?}");
        }
    }
}

#[test]
fn a_busy_deployment_is_not_shut_by_a_few_strays_unless_told_so() {
    for (ratio, shuts) in [("", false), ("failure_ratio = 0", true)] {
        let (provider, quotah) = alone(&format!("open_s = 30\n{ratio}"));
        let call = PLAIN[0];
        for _ in 0..20 {
            assert_eq!(quotah.send(&call.request()).status, 200);
        }
        shut(&provider, &quotah, call);
        provider.set(Script::default());
        let answer = quotah.send(&call.request());
        assert_eq!(
            is_shut(call, &answer),
            shuts,
            "{ratio:?}: {}",
            answer.text()
        );
    }
}

#[test]
fn a_probe_whose_client_left_says_nothing_and_the_next_one_probes() {
    let (provider, quotah) = alone("open_s = 1");
    let call = PLAIN[0];
    shut(&provider, &quotah, call);
    provider.set(Script::first(
        1,
        Directives {
            hang: Some(Hang::BeforeHead),
            ..Directives::default()
        },
    ));
    // Each looks for a moment whether it is the probe, and leaves.
    let seen = eventually("a probe is under way", || {
        let mut conn = quotah.connect();
        conn.send(call.request().bytes());
        let soon = Duration::from_millis(200);
        conn.socket().set_read_timeout(Some(soon)).unwrap();
        let answered = conn.socket().peek(&mut [0]).is_ok();
        (!answered).then(|| provider.requests().len())
    });
    assert_eq!(seen, 6);
    eventually("the next one serves", || {
        let answer = quotah.send(&call.request());
        (!is_shut(call, &answer)).then(|| assert_eq!(answer.status, 200))
    });
    assert_eq!(provider.requests().len(), 7);
}

#[test]
fn whoever_names_the_provider_itself_gets_it_whatever_is_known_of_it() {
    let provider = provider();
    let quotah = Config::toward(&provider)
        .table("[breaker]\nfailures = 1\nopen_s = 30")
        .start();
    let call = PLAIN[0];
    for (code, target) in [
        (500, call.path),
        (429, call.path),
        (503, "/openai/v1/chat/completions"),
    ] {
        provider.set(Script::always(status(code)));
        for _ in 0..3 {
            let answer = quotah.post(target, call.body);
            assert_eq!(answer.status, code, "{}", answer.text());
        }
    }
    assert_eq!(provider.requests().len(), 9);
}

#[test]
fn a_reload_keeps_what_is_shut_shut() {
    let (provider, quotah) = alone("open_s = 30");
    let call = PLAIN[0];
    shut(&provider, &quotah, call);
    provider.set(Script::default());
    let config = std::fs::read_to_string(quotah.config_file()).unwrap();
    quotah.write_config(&format!("{config}\n[reservation]\nheadroom = 9\n"));
    let reloaded = quotah.admin(Request::of("POST", "/admin/v1/reload").body(""));
    assert_eq!(reloaded.status, 200, "{}", reloaded.text());
    assert!(is_shut(call, &quotah.send(&call.request())));
    assert_eq!(provider.requests().len(), 5);
}
