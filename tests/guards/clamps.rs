//! Output caps, answers at once and reasoning: lowered where they stand, put in where they are absent, or refused.

use super::{CHAT, GEMINI, MESSAGES, RESPONSES, assert_guarded, behind, dialect_of, sent, through};
use crate::harness::Request;

/// Path, a body with `CAP` for its cap, and what stands in its place where it is absent: member and position.
const CAPPED: [(&str, &str); 6] = [
    (
        CHAT,
        r#"{ "model" : "gpt-4o-mini", "max_tokens":  CAP , "messages":[{"role":"user","content":"\u00e9 max_tokens"}] }"#,
    ),
    (
        CHAT,
        r#"{"max_completion_tokens":CAP,"model":"gpt-5-mini","stream":true,"stream_options":{"include_usage":true}}"#,
    ),
    (
        RESPONSES,
        r#"{"model":"gpt-5-mini","input":"hi","max_output_tokens":CAP}"#,
    ),
    (
        MESSAGES,
        r#"{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"hi"}],"max_tokens":CAP,"x":1e400}"#,
    ),
    (
        GEMINI,
        r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"generationConfig":{"temperature":0.5,"maxOutputTokens":CAP}}"#,
    ),
    (
        GEMINI,
        r#"{"generation_config":{"max_output_tokens":CAP},"contents":[{"parts":[{"text":"hi"}]}]}"#,
    ),
];

#[test]
fn a_cap_above_the_bound_is_lowered_and_every_other_byte_stays() {
    let (provider, quotah) = behind("max_tokens = 100\nmax_tokens_action = \"clamp\"");
    for (target, body) in CAPPED {
        for (asked, lowered_to) in [
            ("128000", Some("100")),
            ("101", Some("100")),
            ("100", None),
            ("7", None),
        ] {
            let (seen, answer) = through(&provider, &quotah, target, &body.replace("CAP", asked));
            let expected = body.replace("CAP", lowered_to.unwrap_or(asked));
            assert_eq!(seen, expected, "{target}");
            assert_eq!(answer.header("x-quotah-max-tokens"), lowered_to, "{target}");
        }
    }
}

#[test]
fn a_cap_above_the_bound_is_refused_where_the_guard_says_so() {
    let (provider, quotah) = behind("max_tokens = 100\nmax_tokens_action = \"refuse\"");
    for (target, body) in CAPPED {
        let refused = quotah.send(&Request::post(target, body.replace("CAP", "101")));
        let message = assert_guarded(&refused, dialect_of(target));
        assert_eq!(
            message,
            "guard \"g\" allows at most 100 for max_tokens, not 101"
        );
    }
    assert_eq!(provider.requests_count(), 0);
    for (target, body) in CAPPED {
        let body = body.replace("CAP", "100");
        assert_eq!(through(&provider, &quotah, target, &body).0, body);
    }
}

#[test]
fn a_request_that_caps_nothing_gets_the_bound_under_its_dialects_name() {
    let (provider, quotah) = behind("max_tokens = 100\nmax_tokens_action = \"clamp\"");
    for (target, body, expected) in [
        (
            CHAT,
            r#"{"model":"gpt-4o-mini"}"#,
            r#"{"max_completion_tokens":100,"model":"gpt-4o-mini"}"#,
        ),
        (
            CHAT,
            r#"{"model":"gpt-4o-mini","max_completion_tokens":null}"#,
            r#"{"model":"gpt-4o-mini","max_completion_tokens":100}"#,
        ),
        (
            "/v1/completions",
            r#"{"model":"gpt-3.5-turbo-instruct","prompt":"hi"}"#,
            r#"{"max_tokens":100,"model":"gpt-3.5-turbo-instruct","prompt":"hi"}"#,
        ),
        (
            RESPONSES,
            r#"{"model":"gpt-5-mini","input":"hi"}"#,
            r#"{"max_output_tokens":100,"model":"gpt-5-mini","input":"hi"}"#,
        ),
        (
            MESSAGES,
            r#"{"model":"claude-haiku-4-5","messages":[]}"#,
            r#"{"max_tokens":100,"model":"claude-haiku-4-5","messages":[]}"#,
        ),
        (
            GEMINI,
            r#"{"contents":[]}"#,
            r#"{"generationConfig":{"maxOutputTokens":100},"contents":[]}"#,
        ),
        (
            GEMINI,
            r#"{"contents":[],"generationConfig":{"temperature":1}}"#,
            r#"{"contents":[],"generationConfig":{"maxOutputTokens":100,"temperature":1}}"#,
        ),
    ] {
        let (seen, answer) = through(&provider, &quotah, target, body);
        assert_eq!(seen, expected);
        assert_eq!(
            answer.header("x-quotah-max-tokens"),
            Some("100"),
            "{target}"
        );
    }
    // What has no output to cap is left alone.
    let embeddings = r#"{"model":"text-embedding-3-small","input":"hi"}"#;
    let (seen, answer) = through(&provider, &quotah, "/v1/embeddings", embeddings);
    assert_eq!(
        (&*seen, answer.header("x-quotah-max-tokens")),
        (embeddings, None)
    );
}

#[test]
fn of_several_guards_and_a_keys_own_the_strictest_counts() {
    let provider = crate::harness::provider();
    let tables = "[[guards]]\nid = \"wide\"\nmax_tokens = 900\nmax_tokens_action = \"clamp\"\n\n\
        [[guards]]\nid = \"mini\"\nmatch = { model = \"*-mini\" }\nmax_tokens = 300\nmax_tokens_action = \"clamp\"";
    let quotah = crate::harness::Config::toward(&provider)
        .table(tables)
        .key(
            "red",
            "sk-virtual-key-of-red",
            "guards = { max_tokens = 50, max_tokens_action = \"clamp\" }",
        )
        .start();
    for (model, key, most) in [
        ("gpt-4o", None, "900"),
        ("gpt-4o-mini", None, "300"),
        ("gpt-4o-mini", Some("sk-virtual-key-of-red"), "50"),
    ] {
        let body = format!(r#"{{"model":"{model}","max_tokens":1000}}"#);
        let request = Request::post(CHAT, &body);
        let request = key.map_or(request.clone(), |key| request.clone().bearer(key));
        let answer = quotah.send(&request);
        assert_eq!(
            answer.header("x-quotah-max-tokens"),
            Some(most),
            "{}",
            answer.text()
        );
        assert_eq!(sent(&provider), body.replace("1000", most));
    }
}

#[test]
fn more_answers_at_once_than_the_bound_are_lowered_or_refused() {
    let bodies = [
        (
            CHAT,
            r#"{"model":"gpt-4o-mini","n": ANSWERS ,"messages":[]}"#,
        ),
        (
            GEMINI,
            r#"{"contents":[],"generationConfig":{"candidateCount":ANSWERS}}"#,
        ),
    ];
    let (provider, quotah) = behind("n = 2\nn_action = \"clamp\"");
    for (target, body) in bodies {
        for (asked, goes_out) in [("8", "2"), ("2", "2"), ("1", "1")] {
            let (seen, _) = through(&provider, &quotah, target, &body.replace("ANSWERS", asked));
            assert_eq!(seen, body.replace("ANSWERS", goes_out));
        }
    }
    let (provider, quotah) = behind("n = 2\nn_action = \"refuse\"");
    for (target, body) in bodies {
        let refused = quotah.send(&Request::post(target, body.replace("ANSWERS", "3")));
        let message = assert_guarded(&refused, dialect_of(target));
        assert_eq!(message, "guard \"g\" allows at most 2 for n, not 3");
        through(&provider, &quotah, target, &body.replace("ANSWERS", "2"));
    }
    assert_eq!(provider.requests_count(), 2);
}

/// Path, body with a level, the level that is too high, and the one that is put in its place for "low".
const LEVELS: [(&str, &str, &str, &str); 4] = [
    (
        CHAT,
        r#"{"model":"gpt-5-mini","reasoning_effort":"LEVEL","messages":[]}"#,
        "high",
        "low",
    ),
    (
        RESPONSES,
        r#"{"model":"gpt-5-mini","input":"hi","reasoning":{"summary":"auto","effort":"LEVEL"}}"#,
        "xhigh",
        "low",
    ),
    (
        MESSAGES,
        r#"{"model":"claude-opus-4-5","max_tokens":9,"output_config":{"effort":"LEVEL"},"messages":[]}"#,
        "max",
        "low",
    ),
    (
        GEMINI,
        r#"{"contents":[],"generationConfig":{"thinkingConfig":{"thinkingLevel":"LEVEL"}}}"#,
        "HIGH",
        "LOW",
    ),
];

#[test]
fn more_reasoning_effort_than_the_bound_is_lowered_or_refused() {
    let (provider, quotah) =
        behind("reasoning_effort = \"low\"\nreasoning_effort_action = \"clamp\"");
    for (target, body, asked, lowered_to) in LEVELS {
        let (seen, _) = through(&provider, &quotah, target, &body.replace("LEVEL", asked));
        assert_eq!(seen, body.replace("LEVEL", lowered_to));
        let kept = body.replace("LEVEL", lowered_to);
        assert_eq!(through(&provider, &quotah, target, &kept).0, kept);
    }
    // What says nothing is left as it is: models that do not reason refuse the field.
    let plain = r#"{"model":"gpt-4o-mini","messages":[]}"#;
    assert_eq!(through(&provider, &quotah, CHAT, plain).0, plain);
    let (provider, quotah) =
        behind("reasoning_effort = \"low\"\nreasoning_effort_action = \"refuse\"");
    for (target, body, asked, _) in LEVELS {
        let refused = quotah.send(&Request::post(target, body.replace("LEVEL", asked)));
        let message = assert_guarded(&refused, dialect_of(target));
        let level = asked.to_lowercase();
        assert_eq!(
            message,
            format!("guard \"g\" allows at most low for reasoning_effort, not {level}")
        );
    }
    assert_eq!(provider.requests_count(), 0);
}

#[test]
fn more_tokens_to_think_with_than_the_bound_are_lowered() {
    let (provider, quotah) = behind("reasoning_tokens = 2048\nreasoning_tokens_action = \"clamp\"");
    for (target, body) in [
        (
            MESSAGES,
            r#"{"model":"claude-opus-4-5","max_tokens":64000,"thinking":{"type":"enabled","budget_tokens":TOKENS},"messages":[]}"#,
        ),
        (
            GEMINI,
            r#"{"contents":[],"generationConfig":{"thinkingConfig":{"thinkingBudget":TOKENS}}}"#,
        ),
    ] {
        for (asked, goes_out) in [("32000", "2048"), ("2048", "2048"), ("1024", "1024")] {
            let (seen, _) = through(&provider, &quotah, target, &body.replace("TOKENS", asked));
            assert_eq!(seen, body.replace("TOKENS", goes_out));
        }
    }
}
