//! A credential that was told to wait waits: it is not asked again before its time while another can serve,
//! and where none can the client hears when it may.

use std::time::Duration;

use quotah_bench::mock::{Directives, Mock, Rule, Script};

use crate::faults::{Call, PLAIN, routed_toward};
use crate::harness::{Config, Quotah, Request, Response, eventually, now, provider, served};

/// A 429 with further header lines.
fn wait(lines: &[(&str, &str)]) -> Directives {
    let headers = lines
        .iter()
        .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
    Directives {
        status: Some(429),
        headers: headers.collect(),
        ..Directives::default()
    }
}

fn out_of_quota() -> Directives {
    let body = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;
    Directives {
        body: Some(body.into()),
        ..wait(&[])
    }
}

/// Two models of two providers behind the routes `m` and `n`.
fn pair(more: &str) -> (Mock, Mock, Quotah) {
    let (first, second) = (provider(), provider());
    let quotah = Config::empty()
        .provider("first", "openai", &first.url(), "")
        .provider("second", "openai", &second.url(), "")
        .route("m", "", &["first/m", "second/m"])
        .route("n", "", &["first/n", "second/n"])
        .table(more)
        .start();
    (first, second, quotah)
}

fn chat(model: &str) -> Request {
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"hello"}}]}}"#);
    Request::post("/v1/chat/completions", body)
}

fn by(answer: &Response) -> (u16, &str, &str) {
    let header = |name| answer.header(name).unwrap_or_default();
    (
        answer.status,
        header("x-quotah-provider"),
        header("x-quotah-attempts"),
    )
}

#[test]
fn a_model_told_to_wait_is_not_asked_before_its_time_while_another_serves() {
    let (first, second, quotah) = pair("");
    first.set(Script::first(1, wait(&[("retry-after", "2")])));
    let told_at = now();
    assert_eq!(by(&quotah.send(&chat("m"))), (200, "second", "2"));
    // Another model of the same credential has limits of its own.
    assert_eq!(by(&quotah.send(&chat("n"))), (200, "first", "1"));
    let answer = eventually("the first is asked again", || {
        let answer = quotah.send(&chat("m"));
        assert_eq!(
            (answer.status, answer.header("x-quotah-attempts")),
            (200, Some("1"))
        );
        (answer.header("x-quotah-provider") == Some("first")).then_some(answer)
    });
    assert_eq!(by(&answer), (200, "first", "1"));
    let took = told_at.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    assert_eq!(
        first.requests().len(),
        3,
        "the refusal, the other model, the return"
    );
    assert!(second.requests().len() > 1);
}

#[test]
fn with_nobody_else_the_first_429_passes_and_then_the_wait_is_told() {
    for call in PLAIN {
        let provider = provider();
        let quotah = routed_toward(&provider).start();
        provider.set(Script::first(
            1,
            wait(&[("retry-after", "2"), ("x-of-theirs", "1")]),
        ));
        let theirs = quotah.send(&call.request());
        assert_eq!(theirs.status, 429, "{}", theirs.text());
        assert_eq!(theirs.body, served(&provider, 1)[0].answer, "{call:?}");
        assert_eq!(theirs.header("retry-after"), Some("2"));
        assert_eq!(theirs.header("x-of-theirs"), Some("1"));
        for _ in 0..3 {
            assert_ours(call, &quotah.send(&call.request()));
        }
        assert_eq!(provider.requests().len(), 1, "{call:?}");
    }
}

/// Our own 429: in the dialect, with a wait of at most two seconds.
fn assert_ours(call: Call, answer: &Response) {
    assert_eq!(answer.status, 429, "{}", answer.text());
    let json = answer.json();
    assert!(call.is_error(&json), "{json}");
    let (field, word) = match call.dialect {
        "openai" => ("code", "rate_limit_exceeded"),
        "anthropic" => ("type", "rate_limit_error"),
        _ => ("status", "RESOURCE_EXHAUSTED"),
    };
    assert_eq!(json["error"][field], word, "{json}");
    let number = |name| answer.header(name).unwrap().parse::<u64>().unwrap();
    assert!((1..=2).contains(&number("retry-after")), "{}", answer.head);
    assert!(
        (1..=2_000).contains(&number("retry-after-ms")),
        "{}",
        answer.head
    );
}

#[test]
fn a_wait_without_a_figure_is_the_configured_one() {
    let (first, _second, quotah) = pair("[retry]\ncooldown_ms = 700");
    first.set(Script::first(1, wait(&[])));
    let told_at = now();
    assert_eq!(by(&quotah.send(&chat("m"))), (200, "second", "2"));
    eventually("the first is asked again", || {
        let answer = quotah.send(&chat("m"));
        (answer.header("x-quotah-provider") == Some("first")).then_some(())
    });
    let took = told_at.elapsed();
    assert!(
        took >= Duration::from_millis(700) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[test]
fn an_account_out_of_quota_is_left_alone_for_all_its_models() {
    let (first, second, quotah) = pair("");
    first.set(Script::first(1, out_of_quota()));
    let answer = quotah.send(&chat("m"));
    assert_eq!(by(&answer), (200, "second", "2"));
    let class = quotah.entry(&answer).0["attempts"][0]["error_class"].clone();
    assert_eq!(class, "quota_exhausted");
    for model in ["n", "m", "n"] {
        assert_eq!(
            by(&quotah.send(&chat(model))),
            (200, "second", "1"),
            "{model}"
        );
    }
    assert_eq!((first.requests().len(), second.requests().len()), (1, 4));
}

/// One provider with two credentials.
fn two_credentials() -> (Mock, Quotah) {
    let provider = provider();
    let quotah = Config::empty()
        .table(&format!(
            "[[providers]]\nname = \"one\"\nkind = \"openai\"\nbase_url = \"{}\"\n\
             credentials = [{{ name = \"a\", api_key = \"sk-test-a\" }}, {{ name = \"b\", api_key = \"sk-test-b\" }}]",
            provider.url()
        ))
        .route("m", "", &["one/m"])
        .route("n", "", &["one/n"])
        .start();
    (provider, quotah)
}

fn for_a(directives: Directives) -> Script {
    Script::default().then(Rule {
        bearing: "sk-test-a".to_owned(),
        directives,
        ..Rule::default()
    })
}

/// How often each of the two was used.
fn used(provider: &Mock) -> [usize; 2] {
    let seen = provider.requests();
    ["Bearer sk-test-a", "Bearer sk-test-b"].map(|key| {
        let uses = |request: &&_| {
            quotah_bench::mock::Recorded::header(request, "authorization") == Some(key)
        };
        seen.iter().filter(uses).count()
    })
}

#[test]
fn while_one_credential_waits_the_other_serves() {
    let (provider, quotah) = two_credentials();
    provider.set(for_a(wait(&[("retry-after", "30")])));
    for _ in 0..12 {
        let answer = quotah.send(&chat("m"));
        assert_eq!(
            (answer.status, answer.header("x-quotah-provider")),
            (200, Some("one"))
        );
    }
    let [a, b] = used(&provider);
    assert_eq!(
        (a.min(1), b),
        (a, 12),
        "one refusal at most, everything served by the other"
    );
    let entries = quotah.ledger_of(12);
    let attempts: Vec<_> = entries
        .iter()
        .flat_map(|entry| entry.0["attempts"].as_array().unwrap().clone())
        .collect();
    assert_eq!(attempts.len(), 12 + a);
    let named = |name: &str| {
        attempts
            .iter()
            .filter(|row| row["credential"] == name)
            .count()
    };
    assert_eq!((named("a"), named("b")), (a, 12), "{attempts:?}");
}

#[test]
fn the_credential_with_more_left_is_used() {
    let left = |remaining: &str| Directives {
        headers: [("limit", "10000"), ("remaining", remaining)]
            .map(|(what, figure)| (format!("x-ratelimit-{what}-requests"), figure.to_owned()))
            .into(),
        ..Directives::default()
    };
    for (of_a, of_b) in [("100", "9000"), ("9000", "100")] {
        let (provider, quotah) = two_credentials();
        let rule = Rule {
            directives: left(of_b),
            ..Rule::default()
        };
        provider.set(for_a(left(of_a)).then(rule));
        for _ in 0..20 {
            assert_eq!(quotah.send(&chat("m")).status, 200);
        }
        let [a, b] = used(&provider);
        // One answer teaches that the other has more.
        let (most, least) = if of_a > of_b { (a, b) } else { (b, a) };
        assert!(
            most >= 19 && least <= 1,
            "{a} and {b} where {of_a} and {of_b} are left"
        );
    }
}

#[test]
fn both_credentials_must_wait_before_the_client_does() {
    let (provider, quotah) = two_credentials();
    provider.set(Script::always(wait(&[("retry-after", "30")])));
    let theirs = quotah.send(&chat("m"));
    assert_eq!(by(&theirs), (429, "one", "2"));
    assert_eq!(used(&provider), [1, 1]);
    let ours = quotah.send(&chat("m"));
    assert_eq!(ours.status, 429);
    assert_eq!(used(&provider), [1, 1]);
    let wait: u64 = ours.header("retry-after").unwrap().parse().unwrap();
    assert!((25..=30).contains(&wait), "{wait} s");
}

#[test]
fn an_account_out_of_quota_is_one_credential_and_not_the_provider() {
    let (provider, quotah) = two_credentials();
    provider.set(for_a(out_of_quota()));
    for n in 0..12 {
        let model = if n % 2 == 0 { "m" } else { "n" };
        assert_eq!(quotah.send(&chat(model)).status, 200);
    }
    let [a, b] = used(&provider);
    assert!(a <= 1 && b == 12, "{a} and {b}");
}
