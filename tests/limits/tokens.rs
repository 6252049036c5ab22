//! Tokens per minute: held when a request begins, settled by what it used, given back or owed.

use std::thread;
use std::time::Duration;

use super::{assert_refused, chat, limit, number, standing, with};
use crate::harness::{Request, eventually, now, provider};

/// Input and output tokens of an answered request.
fn used(quotah: &crate::harness::Quotah, answer: &crate::harness::Response) -> u64 {
    let entry = quotah.entry(answer);
    entry.u64("input_tokens") + entry.u64("output_tokens")
}

fn capped(max_tokens: u64) -> Request {
    let body = format!(
        r#"{{"model":"gpt-4o-mini","max_tokens":{max_tokens},"messages":[{{"role":"user","content":"hi"}}]}}"#
    );
    Request::post("/v1/chat/completions", body)
}

#[test]
fn what_was_used_beyond_the_estimate_is_owed_and_the_next_waits_until_it_is_repaid() {
    let provider = provider();
    let quotah = with(&provider, &limit("tpm", "tokens_per_minute = 1_000")).start();
    // Ten tokens were announced, and three thousand came.
    let asked_at = now();
    let large = quotah.send(&chat().header("x-mock-output", "3000"));
    assert_eq!(large.status, 200, "{}", large.text());
    let used = used(&quotah, &large);
    assert!(used > 3_000, "{used}");
    let refused = quotah.send(&chat());
    let message = assert_refused(&refused, "openai");
    assert!(
        message.contains("\"tpm\" of 1000 tokens per minute"),
        "{message}"
    );
    // A token comes back every 60 ms; the next holds some twenty.
    let since_ms = u64::try_from(now().duration_since(asked_at).as_millis()).expect("short");
    let repaid_ms = (used - 1_000) * 60;
    let wait_ms = number(&refused, "retry-after-ms");
    let possible = repaid_ms - since_ms..=repaid_ms + 60 * 60;
    assert!(possible.contains(&wait_ms), "{wait_ms} not in {possible:?}");
    let (limit, left, reset) = standing(&refused, "tokens");
    assert_eq!((limit, left), (1_000, 0));
    let full = used * 60 / 1_000;
    assert!(
        (full - since_ms.div_ceil(1_000)..=full + 1).contains(&reset),
        "{reset}"
    );
    // Nobody gets around it by asking for less.
    assert_eq!(quotah.send(&capped(1)).status, 429);
}

#[test]
fn a_debt_that_is_repaid_lets_the_next_through_when_it_was_said() {
    let provider = provider();
    // A thousand come back each second.
    let quotah = with(&provider, &limit("tpm", "tokens_per_minute = 60_000")).start();
    let large = quotah.send(&chat().header("x-mock-output", "61500"));
    assert_eq!(large.status, 200);
    quotah.entry(&large);
    let refused = quotah.send(&chat());
    assert_refused(&refused, "openai");
    let wait = Duration::from_millis(number(&refused, "retry-after-ms"));
    assert!(wait < Duration::from_secs(3), "{wait:?}");
    thread::sleep(wait);
    assert_eq!(quotah.send(&chat()).status, 200);
}

#[test]
fn what_was_held_and_not_used_is_given_back_when_the_answer_ends() {
    let provider = provider();
    let quotah = with(&provider, &limit("tpm", "tokens_per_minute = 600")).start();
    let mut waiting = quotah.connect();
    let slow = capped(580)
        .header("x-mock-output", "5")
        .header("x-mock-first-delay-ms", "1500");
    waiting.send(slow.bytes());
    eventually("it is with the provider", || {
        (provider.requests_count() == 1).then_some(())
    });
    // All is held: for half a minute and more, if nothing were given back.
    let refused = quotah.send(&capped(400));
    assert_refused(&refused, "openai");
    assert!(number(&refused, "retry-after") > 30, "{}", refused.head);
    let answer = waiting.response();
    assert_eq!(standing(&answer, "tokens").0, 600);
    quotah.entry(&answer);
    assert_eq!(quotah.send(&capped(400)).status, 200);
}

#[test]
fn a_provider_that_fails_and_a_client_that_is_refused_use_no_tokens() {
    let provider = provider();
    let quotah = with(&provider, &limit("tpm", "tokens_per_minute = 1_000")).start();
    for _ in 0..5 {
        let failed = quotah.send(&capped(900).header("x-mock-status", "500"));
        assert_eq!(failed.status, 500);
        quotah.entry(&failed);
    }
    let answer = quotah.send(&capped(900));
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn who_asks_for_more_than_a_minute_has_waits_for_a_full_one_and_is_served() {
    let provider = provider();
    let quotah = with(&provider, &limit("tpm", "tokens_per_minute = 100")).start();
    let answer = quotah.send(&capped(5_000).header("x-mock-output", "7"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    quotah.entry(&answer);
    assert_eq!(quotah.send(&capped(5_000)).status, 429);
}

#[test]
fn what_is_no_model_call_needs_no_tokens() {
    let provider = provider();
    let quotah = with(&provider, &limit("tpm", "tokens_per_minute = 20")).start();
    let large = quotah.send(&chat().header("x-mock-output", "500"));
    assert_eq!(large.status, 200);
    quotah.entry(&large);
    assert_eq!(quotah.send(&chat()).status, 429);
    let count = r#"{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"hi"}]}"#;
    let answer = quotah.post("/v1/messages/count_tokens", count);
    assert_eq!(answer.status, 200, "{}", answer.text());
}
