//! What is asked of each model.

use super::*;

const NOVA: &str = "us.amazon.nova-2-lite-v1:0";

const OFF: Reasoning = Reasoning {
    on: Some(false),
    effort: None,
    tokens: None,
    shown: None,
};

fn effort(effort: EffortLevel) -> Reasoning {
    Reasoning {
        effort: Some(effort),
        ..Reasoning::default()
    }
}

/// What is written beside what the service knows, for a request with that cap.
fn fields(model: &str, reasoning: Reasoning, cap: Option<u64>) -> Value {
    let request = Request {
        reasoning: Some(reasoning),
        output_max: cap,
        ..hello()
    };
    let told = written_to(model, &request).unwrap();
    if model == CLAUDE {
        assert_eq!(told["outputConfig"], json!({"effort": "medium"}));
    }
    told["additionalModelRequestFields"].clone()
}

#[test]
fn claude_thinks_within_a_budget_or_as_it_likes() {
    let tokens = |tokens| Reasoning {
        tokens: Some(tokens),
        on: Some(true),
        ..Reasoning::default()
    };
    let budget = |tokens: u64| json!({"thinking": {"type": "enabled", "budget_tokens": tokens}});
    for (model, reasoning, cap, told) in [
        (OLDER, effort(EffortLevel::Low), None, budget(1_024)),
        (OLDER, effort(EffortLevel::High), Some(8_000), budget(4_000)),
        (OLDER, tokens(2_000), Some(8_000), budget(2_000)),
        (OLDER, tokens(2_000), Some(500), Value::Null),
        (OLDER, OFF, None, json!({"thinking": {"type": "disabled"}})),
        (
            "anthropic.claude-opus-4-7",
            OFF,
            None,
            json!({"thinking": {"type": "disabled"}}),
        ),
        (
            CLAUDE,
            tokens(2_000),
            None,
            json!({"thinking": {"type": "adaptive"}}),
        ),
    ] {
        assert_eq!(fields(model, reasoning, cap), told, "{model} {reasoning:?}");
    }
}

#[test]
fn thinking_is_asked_for_in_the_words_of_the_models_maker() {
    for (model, reasoning, cap, told) in [
        (
            NOVA,
            effort(EffortLevel::XHigh),
            None,
            json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
        ),
        (
            "amazon.nova-pro-v1:0",
            effort(EffortLevel::High),
            None,
            Value::Null,
        ),
        (
            "meta.llama3-8b-instruct-v1:0",
            effort(EffortLevel::High),
            None,
            Value::Null,
        ),
        (
            "openai.gpt-oss-120b-1:0",
            effort(EffortLevel::Minimal),
            None,
            json!({"reasoning_effort": "low"}),
        ),
    ] {
        assert_eq!(fields(model, reasoning, cap), told, "{model} {reasoning:?}");
    }
    let request = Request {
        reasoning: Some(effort(EffortLevel::Low)),
        ..hello()
    };
    let profile = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3";
    assert!(written_to(profile, &request).is_err());
}

#[test]
fn chance_is_used_as_far_as_the_model_takes_it() {
    let sampling = Sampling {
        temperature: Some("1.5"),
        top_p: Some("0.9"),
        top_k: Some("40"),
        ..Sampling::default()
    };
    let thinking = Reasoning {
        effort: Some(EffortLevel::Low),
        ..Reasoning::default()
    };
    let both = json!({"temperature": 1, "topP": 0.9});
    let one = json!({"temperature": 1});
    for (model, reasoning, config) in [
        ("amazon.nova-2-lite-v1:0", None, &both),
        ("amazon.nova-2-lite-v1:0", Some(thinking), &both),
        ("anthropic.claude-v2:1", None, &both),
        (OLDER, None, &both),
        (OLDER, Some(thinking), &Value::Null),
        (CLAUDE, None, &one),
        (CLAUDE, Some(thinking), &Value::Null),
        ("anthropic.claude-opus-4-7", None, &Value::Null),
    ] {
        let request = Request {
            sampling,
            reasoning,
            ..hello()
        };
        let told = written_to(model, &request).unwrap();
        assert_eq!(told["inferenceConfig"], *config, "{model} {reasoning:?}");
        let has_k = told["additionalModelRequestFields"]["top_k"] == 40;
        assert_eq!(
            has_k,
            !config.is_null() && model.contains("claude"),
            "{model}"
        );
    }
}
