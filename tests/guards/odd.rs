//! Fields that guards go by and that could be read in two ways: refused with 400, guard or none, in the caller's dialect.

use super::{CHAT, GEMINI, MESSAGES, RESPONSES, dialect_of};
use crate::harness::{Config, Request, provider};

/// Path, and what follows the model (or, for Gemini, the contents) in the body.
const ODD: [(&str, &str); 28] = [
    // Doubled.
    (CHAT, r#""max_tokens":1,"max_tokens":100000"#),
    (
        CHAT,
        r#""max_completion_tokens":1,"max_completion_tokens":2"#,
    ),
    (CHAT, r#""n":1,"n":8"#),
    (
        CHAT,
        r#""reasoning_effort":"low","reasoning_effort":"high""#,
    ),
    (CHAT, r#""tools":[],"tools":[{"type":"function"}]"#),
    (CHAT, r#""service_tier":"flex","service_tier":"priority""#),
    (RESPONSES, r#""max_output_tokens":1,"max_output_tokens":2"#),
    (RESPONSES, r#""reasoning":{"effort":"low","effort":"high"}"#),
    (MESSAGES, r#""max_tokens":1,"max_tokens":2"#),
    (
        MESSAGES,
        r#""thinking":{"budget_tokens":1024,"budget_tokens":32000}"#,
    ),
    (
        GEMINI,
        r#""generationConfig":{"maxOutputTokens":1,"maxOutputTokens":2}"#,
    ),
    (
        GEMINI,
        r#""generationConfig":{"candidateCount":1,"candidateCount":8}"#,
    ),
    // In other capitals.
    (CHAT, r#""Max_Tokens":100000"#),
    (CHAT, r#""N":8"#),
    (CHAT, r#""Reasoning_Effort":"high""#),
    (CHAT, r#""Tools":[]"#),
    (RESPONSES, r#""MAX_OUTPUT_TOKENS":5"#),
    (
        MESSAGES,
        r#""Thinking":{"type":"enabled","budget_tokens":32000}"#,
    ),
    (GEMINI, r#""GenerationConfig":{"maxOutputTokens":1}"#),
    // With escapes.
    (CHAT, r#""max\u005ftokens":100000"#),
    (CHAT, r#""\u006e":8"#),
    (RESPONSES, r#""t\u006fols":[]"#),
    (MESSAGES, r#""max_t\u006fkens":2"#),
    (GEMINI, r#""generationConfig":{"max\u004futputTokens":2}"#),
    // Of a type that they cannot have.
    (CHAT, r#""max_tokens":"100000""#),
    (CHAT, r#""n":2.5"#),
    (CHAT, r#""reasoning_effort":7"#),
    (
        MESSAGES,
        r#""thinking":{"type":"enabled","budget_tokens":"many"}"#,
    ),
];

#[test]
fn a_metered_field_that_reads_in_two_ways_never_goes_upstream() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (target, odd) in ODD {
        let body = if target == GEMINI {
            format!(r#"{{"contents":[],{odd}}}"#)
        } else {
            format!(r#"{{"model":"m",{odd}}}"#)
        };
        let answer = quotah.send(&Request::post(target, &body));
        let seen = format!("{body}: {}{}", answer.head, answer.text());
        assert_eq!(answer.status, 400, "{seen}");
        let error = &answer.json()["error"];
        match dialect_of(target) {
            "openai" => assert_eq!(error["code"], "invalid_request", "{seen}"),
            "anthropic" => assert_eq!(error["type"], "invalid_request_error", "{seen}"),
            _ => assert_eq!(error["status"], "INVALID_ARGUMENT", "{seen}"),
        }
    }
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn the_same_words_elsewhere_are_nobodys_business() {
    let provider = provider();
    let quotah = Config::toward(&provider).start();
    for (target, fine) in [
        (CHAT, r#""metadata":{"max_tokens":"1","N":2,"n":1,"n":3}"#),
        (
            CHAT,
            r#""messages":[{"role":"user","content":"\"n\":8,\"n\":9","name":"N"}]"#,
        ),
        (
            MESSAGES,
            r#""metadata":{"user_id":"max_tokens"},"max_tokens":5"#,
        ),
    ] {
        let body = format!(r#"{{"model":"m",{fine}}}"#);
        let answer = quotah.send(&Request::post(target, &body));
        assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    }
}
