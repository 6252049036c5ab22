//! Headroom before the 429: who said that nothing is left is not asked before its reset.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quotah_bench::mock::{Counted, LimitHeaders, Mock, Options, RequestLimit, Script};

use crate::harness::{Config, Quotah, Request, now, provider, provider_of, served};

const CHAT: (&str, &str) = ("/v1/chat/completions", r#"{"model":"m","messages":[]}"#);
const MESSAGES: (&str, &str) = (
    "/v1/messages",
    r#"{"model":"m","max_tokens":9,"messages":[]}"#,
);

/// Each header format, the kind of provider that has it, and a request to it.
const FORMATS: [(LimitHeaders, &str, (&str, &str)); 7] = [
    (LimitHeaders::OpenAi, "openai", CHAT),
    (LimitHeaders::Anthropic, "anthropic", MESSAGES),
    (LimitHeaders::Azure, "openai-compatible", CHAT),
    (LimitHeaders::OpenRouter, "openrouter", CHAT),
    (LimitHeaders::Cerebras, "cerebras", CHAT),
    (LimitHeaders::RateLimitEach, "openai-compatible", CHAT),
    (LimitHeaders::RateLimit, "openai-compatible", CHAT),
];

const CLIENTS: u64 = 32;

/// More than the clients that ask before a first answer came: then what is left is known.
const REQUESTS: u64 = 40;

const WINDOW_SECONDS: u64 = 2;

/// A provider that answers so many requests in a window, and its count.
fn limited(headers: LimitHeaders) -> (Mock, Arc<RequestLimit>) {
    let limit = Arc::new(RequestLimit::new(REQUESTS, WINDOW_SECONDS, headers));
    let script = Script::default().limited(Arc::clone(&limit));
    (provider_of(Options::default(), script), limit)
}

fn toward(providers: &[(&str, &str, &Mock)]) -> Quotah {
    let config = providers
        .iter()
        .fold(Config::empty(), |config, (name, kind, mock)| {
            config.provider(name, kind, &mock.url(), "")
        });
    let deployments: Vec<_> = providers
        .iter()
        .map(|(name, ..)| format!("{{ provider = \"{name}\", model = \"mock-model\" }}"))
        .collect();
    let row = format!(
        "[[models]]\nname = \"m\"\ndeployments = [{}]",
        deployments.join(", ")
    );
    config.table(&row).start()
}

/// What clients got.
#[derive(Debug, Default)]
struct Got {
    answers: AtomicU64,
    refusals: AtomicU64,
}

/// 200 requests a second from 32 clients, for so long.
fn load(quotah: &Quotah, (path, body): (&str, &str), lasts: Duration) -> Got {
    let got = Got::default();
    let until = now() + lasts;
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut conn = quotah.connect();
                while now() < until {
                    let answer = conn.exchange(&Request::post(path, body));
                    match answer.status {
                        200 => got.answers.fetch_add(1, Ordering::Relaxed),
                        429 => {
                            let wait = answer.header("retry-after").and_then(|w| w.parse().ok());
                            let window = 1..=WINDOW_SECONDS + 1;
                            assert!(wait.is_some_and(|w: u64| window.contains(&w)), "{wait:?}");
                            got.refusals.fetch_add(1, Ordering::Relaxed)
                        }
                        other => panic!("{other}: {}", answer.text()),
                    };
                    std::thread::sleep(Duration::from_millis(1_000 * CLIENTS / 200));
                }
            });
        }
    });
    got
}

#[test]
fn in_every_format_a_provider_with_nothing_left_is_not_asked_before_its_reset() {
    for (headers, kind, request) in FORMATS {
        let (mock, limit) = limited(headers);
        let quotah = toward(&[("a", kind, &mock)]);
        let got = load(
            &quotah,
            request,
            Duration::from_secs(5 * WINDOW_SECONDS / 2),
        );
        let Counted {
            answered,
            refused,
            windows,
            ..
        } = limit.counted();
        assert_eq!(refused, 0, "{headers:?}");
        assert_eq!(got.answers.into_inner(), answered, "{headers:?}");
        assert!(got.refusals.into_inner() > 0, "{headers:?}: never full");
        // At the reset it is asked again, and what it has is used.
        assert!(windows >= 2, "{headers:?}");
        assert!(answered >= REQUESTS * 3 / 2, "{headers:?}: {answered}");
    }
}

#[test]
fn while_one_has_nothing_left_another_answers() {
    let (mock, limit) = limited(LimitHeaders::OpenAi);
    let other = provider();
    let quotah = toward(&[("a", "openai", &mock), ("b", "openai", &other)]);
    let got = load(&quotah, CHAT, Duration::from_secs(5 * WINDOW_SECONDS / 2));
    let counted = limit.counted();
    assert_eq!((counted.refused, got.refusals.into_inner()), (0, 0));
    let by_other = u64::try_from(served(&other, 1).len()).unwrap();
    assert_eq!(got.answers.into_inner(), counted.answered + by_other);
    assert!(counted.answered >= REQUESTS * 3 / 2, "{counted:?}");
}
