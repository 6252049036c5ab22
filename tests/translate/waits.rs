//! Limits that a deployment of another dialect names in its own way hold for it, and the client hears when to come back.

use quotah_bench::mock::{Directives, Mock, Script};

use super::{Caller, DEPLOYMENTS};
use crate::harness::{Config, Quotah, Response, provider};

/// A route to these deployments, and the mocks of `first` and of OpenAI's.
fn toward(first_kind: &str, deployments: &[&str]) -> (Mock, Mock, Quotah) {
    let (first, second) = (provider(), provider());
    let deployments = deployments.join(", ");
    let quotah = Config::empty()
        .provider("first", first_kind, &first.url(), "")
        .provider("openai", "openai", &second.url(), "")
        .table(&format!(
            "[[models]]\nname = \"m\"\ndeployments = [{deployments}]"
        ))
        .start();
    (first, second, quotah)
}

const CLAUDE: &str = r#"{ provider = "first", model = "claude-haiku-4-5" }"#;

const GEMINI: &str = r#"{ provider = "first", model = "gemini-2.5-flash", api = "own" }"#;

/// A 429 with these header lines, and this body if any.
fn refusal(lines: &[(&str, &str)], body: Option<&str>) -> Directives {
    let lines = lines.iter();
    Directives {
        status: Some(429),
        headers: lines
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect(),
        body: body.map(|body| body.to_owned().into()),
        ..Directives::default()
    }
}

/// Midnight of the next year's first day, by an entry of now.
fn next_year(quotah: &Quotah) -> String {
    let answer = quotah.send(&Caller::Chat.ask("m", false));
    let entry = quotah.entry(&answer);
    let year: u32 = entry.str("at")[..4].parse().expect("a year");
    format!("{}-01-01T00:00:00Z", year + 1)
}

fn wait(answer: &Response) -> u64 {
    let told = answer.header("retry-after").unwrap_or_default();
    told.parse()
        .unwrap_or_else(|_| panic!("{told:?}: {}", answer.head))
}

/// The provider's refusal reaches the caller with its wait, and until then the provider is left in peace.
fn assert_waits(quotah: &Quotah, provider: &Mock, refusal: Directives) -> u64 {
    provider.set(Script::always(refusal));
    provider.forget();
    let theirs = quotah.send(&Caller::Chat.ask("m", false));
    assert_eq!(theirs.status, 429, "{}", theirs.text());
    let told = wait(&theirs);
    let ours = quotah.send(&Caller::Chat.ask("m", true));
    assert_eq!(ours.status, 429, "{}", ours.text());
    assert_eq!(ours.json()["error"]["code"], "rate_limit_exceeded");
    assert!((1..=told).contains(&wait(&ours)), "{}", ours.head);
    assert_eq!(provider.requests().len(), 1, "it is not asked again");
    told
}

#[test]
fn resets_of_limits_that_are_used_up_are_waits_whatever_the_dialect() {
    let (provider, _other, quotah) = toward("anthropic", &[CLAUDE]);
    let reset = next_year(&quotah);
    let lines = [
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", &*reset),
    ];
    assert!(assert_waits(&quotah, &provider, refusal(&lines, None)) > 0);
    let (provider, _other, quotah) = toward("anthropic", &[CLAUDE]);
    let said = [&[("retry-after", "77")], &lines[..]].concat();
    assert_eq!(assert_waits(&quotah, &provider, refusal(&said, None)), 77);
}

#[test]
fn what_gemini_says_in_the_body_is_told_in_a_header() {
    let (provider, _other, quotah) = toward("gemini", &[GEMINI]);
    let body = r#"{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED","details":[
        {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"42.5s"}]}}"#;
    let refusal = refusal(&[], Some(body));
    assert_eq!(assert_waits(&quotah, &provider, refusal), 43);
}

#[test]
fn a_deployment_that_waits_is_passed_over_while_another_serves() {
    let (first, second, quotah) = toward("anthropic", &[CLAUDE, DEPLOYMENTS[0].row]);
    first.set(Script::always(refusal(&[("retry-after", "60")], None)));
    for (attempts, streams) in [("2", false), ("1", true), ("1", false)] {
        let answer = quotah.send(&Caller::Chat.ask("m", streams));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-quotah-attempts"), Some(attempts));
    }
    assert_eq!((first.requests().len(), second.requests().len()), (1, 3));
}
