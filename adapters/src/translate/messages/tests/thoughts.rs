//! How models are asked to think.

use serde_json::json;

use super::{Value, asked_of, assistant, least, user};

/// What is written of thinking, and of effort.
fn told(model: &str, body: &Value) -> (Value, Value) {
    let asked = asked_of(model, body).unwrap();
    (
        asked["thinking"].clone(),
        asked["output_config"]["effort"].clone(),
    )
}

#[test]
fn each_model_is_asked_to_think_in_its_own_way() {
    let budget = least(json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}));
    let word = least(json!({"output_config": {"effort": "xhigh"}}));
    let off = least(json!({"thinking": {"type": "disabled"}}));
    let nothing = (Value::Null, Value::Null);
    let disabled = (json!({"type": "disabled"}), Value::Null);
    let adaptive = |effort: &str| (json!({"type": "adaptive"}), json!(effort));
    // Whoever gives a budget is told the thoughts; these models do not tell them by themselves.
    let told_too = |effort: &str| {
        let thinking = json!({"type": "adaptive", "display": "summarized"});
        (thinking, json!(effort))
    };
    let tokens = |tokens: u64| {
        let told = json!({"type": "enabled", "budget_tokens": tokens});
        (told, Value::Null)
    };
    for (model, by_budget, by_word, by_off) in [
        (
            "claude-3-haiku-20240307",
            nothing.clone(),
            nothing.clone(),
            disabled.clone(),
        ),
        (
            "claude-haiku-4-5",
            tokens(2000),
            tokens(2048),
            disabled.clone(),
        ),
        (
            "claude-opus-4-6",
            told_too("medium"),
            adaptive("max"),
            disabled.clone(),
        ),
        (
            "claude-opus-5",
            told_too("medium"),
            adaptive("xhigh"),
            disabled.clone(),
        ),
        (
            "claude-fable-5",
            told_too("medium"),
            adaptive("xhigh"),
            (Value::Null, json!("low")),
        ),
    ] {
        assert_eq!(told(model, &budget), by_budget, "{model}");
        assert_eq!(told(model, &word), by_word, "{model}");
        assert_eq!(told(model, &off), by_off, "{model}");
    }
}

#[test]
fn a_budget_lies_within_the_answers_cap() {
    for (max, asked, budget) in [
        (4_096, 9_000, json!(4_095)),
        (4_096, 0, json!(null)),
        (1_025, 9_000, json!(1_024)),
        (1_024, 9_000, json!(null)),
    ] {
        let body = json!({"max_tokens": max, "messages": [user("hi")],
            "thinking": {"type": "enabled", "budget_tokens": asked}});
        let (thinking, _) = told("claude-haiku-4-5", &body);
        assert_eq!(thinking["budget_tokens"], budget, "{asked} of {max}");
    }
}

#[test]
fn thoughts_are_shown_or_not_as_asked() {
    let body = |display: &str| least(json!({"thinking": {"type": "adaptive", "display": display}}));
    for display in ["summarized", "omitted"] {
        let (thinking, _) = told("claude-opus-5", &body(display));
        assert_eq!(thinking, json!({"type": "adaptive", "display": display}));
    }
}

#[test]
fn a_model_that_thinks_is_not_told_of_chance() {
    let body = least(json!({"temperature": 0.5, "top_p": 0.9, "top_k": 4,
        "thinking": {"type": "enabled", "budget_tokens": 2000}}));
    let asked = asked_of("claude-haiku-4-5", &body).unwrap();
    for member in ["temperature", "top_p", "top_k"] {
        assert_eq!(asked[member], Value::Null, "{member}");
    }
}

#[test]
fn thinking_is_off_where_anthropic_would_refuse_it() {
    let call = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
    let thought = json!({"type": "thinking", "thinking": "", "signature": "Eq=="});
    let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]});
    let body = |messages: Value, choice: Value| {
        json!({"max_tokens": 4096, "messages": messages, "tool_choice": choice,
            "tools": [{"name": "f", "input_schema": {"type": "object"}}],
            "thinking": {"type": "enabled", "budget_tokens": 2000}})
    };
    let auto = json!({"type": "auto"});
    let bare = json!([user("a"), assistant(json!([call])), result]);
    let signed = json!([
        user("a"),
        assistant(json!([thought, call])),
        result,
        assistant(json!([call])),
        result
    ]);
    let over = json!([
        user("a"),
        assistant(json!([call])),
        result,
        assistant(json!("b")),
        user("c")
    ]);
    let prefilled = json!([user("a"), assistant(json!("b"))]);
    for (messages, choice, thinks) in [
        (bare, auto.clone(), false),
        (signed.clone(), auto.clone(), true),
        (over, auto.clone(), true),
        (prefilled, auto, false),
        (signed, json!({"type": "any"}), false),
    ] {
        let (thinking, _) = told("claude-haiku-4-5", &body(messages.clone(), choice));
        assert_eq!(!thinking.is_null(), thinks, "{messages}");
    }
}
