//! The shortest whole line: a call goes through, and is on the books.

use crate::harness::{Config, provider};

#[test]
fn a_chat_call_goes_through_and_is_booked_with_the_tokens_that_the_provider_billed() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    let answer = quotah.post(
        "/v1/chat/completions",
        r#"{"model":"gpt-4o-mini","messages":[]}"#,
    );
    assert_eq!(answer.status, 200, "{}", answer.text());
    let entry = quotah.entry(&answer);
    assert_eq!(entry.tokens(), provider.billed()["gpt-4o-mini"]);
    assert_eq!(entry.str("outcome"), "ok");
}
