//! Bounds that are put on bodies, in every dialect.

use super::*;
use crate::facts::EffortLevel;

const OPENAI: ProviderKind = ProviderKind::OPENAI;
const ANY: ProviderKind = ProviderKind::OPENAI_COMPATIBLE;
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const GENERATE: &str = "/v1beta/models/g:generateContent";
const INTERACTIONS: &str = "/v1beta/interactions";
const CONVERSE: &str = "/model/m/converse";
const INVOKE: &str = "/model/m/invoke";
const OLLAMA: &str = "/api/chat";

const PATHS: [&str; 11] = [
    CHAT,
    "/v1/completions",
    RESPONSES,
    MESSAGES,
    GENERATE,
    INTERACTIONS,
    CONVERSE,
    INVOKE,
    "/v2/chat",
    OLLAMA,
    "/v1/embeddings",
];

/// Path, provider, body, and what goes up under a cap of 100.
const CAPPED: &[(&str, ProviderKind, &str, &str)] = &[
    (
        CHAT,
        OPENAI,
        r#"{"model":"m"}"#,
        r#"{"max_completion_tokens":100,"model":"m"}"#,
    ),
    (
        CHAT,
        ANY,
        r#"{"model":"m"}"#,
        r#"{"max_tokens":100,"model":"m"}"#,
    ),
    (
        CHAT,
        ANY,
        r#"{"model":"m","max_tokens":101}"#,
        r#"{"model":"m","max_tokens":100}"#,
    ),
    (
        CHAT,
        ANY,
        r#"{"model":"m","max_tokens":99}"#,
        r#"{"model":"m","max_tokens":99}"#,
    ),
    (
        CHAT,
        ANY,
        r#"{"model":"m","max_tokens":-1}"#,
        r#"{"model":"m","max_tokens":100}"#,
    ),
    // All of several are lowered, and a null is no cap.
    (
        CHAT,
        OPENAI,
        r#"{"max_tokens":200,"max_completion_tokens":300,"model":"m"}"#,
        r#"{"max_tokens":100,"max_completion_tokens":100,"model":"m"}"#,
    ),
    (
        CHAT,
        OPENAI,
        r#"{"max_tokens":null,"max_completion_tokens":300,"model":"m"}"#,
        r#"{"max_tokens":null,"max_completion_tokens":100,"model":"m"}"#,
    ),
    (
        CHAT,
        OPENAI,
        r#"{"max_tokens":null,"model":"m"}"#,
        r#"{"max_completion_tokens":100,"max_tokens":null,"model":"m"}"#,
    ),
    (
        CHAT,
        OPENAI,
        r#"{"max_completion_tokens":null,"model":"m"}"#,
        r#"{"max_completion_tokens":100,"model":"m"}"#,
    ),
    (
        RESPONSES,
        OPENAI,
        r#"{"model":"m"}"#,
        r#"{"max_output_tokens":100,"model":"m"}"#,
    ),
    (
        "/v1/responses/compact",
        OPENAI,
        r#"{"model":"m"}"#,
        r#"{"model":"m"}"#,
    ),
    (
        GENERATE,
        ANY,
        "{}",
        r#"{"generationConfig":{"maxOutputTokens":100}}"#,
    ),
    (
        GENERATE,
        ANY,
        r#"{"generation_config":{"topK":1}}"#,
        r#"{"generation_config":{"maxOutputTokens":100,"topK":1}}"#,
    ),
    (
        GENERATE,
        ANY,
        r#"{"generationConfig":null,"contents":[]}"#,
        r#"{"generationConfig":{"maxOutputTokens":100},"contents":[]}"#,
    ),
    (
        GENERATE,
        ANY,
        r#"{"generationConfig":{"maxOutputTokens":"8192"}}"#,
        r#"{"generationConfig":{"maxOutputTokens":100}}"#,
    ),
    (
        INTERACTIONS,
        ANY,
        r#"{"model":"m"}"#,
        r#"{"generation_config":{"max_output_tokens":100},"model":"m"}"#,
    ),
    (
        CONVERSE,
        ANY,
        r#"{"inferenceConfig":{}}"#,
        r#"{"inferenceConfig":{"maxTokens":100}}"#,
    ),
    (
        CONVERSE,
        ANY,
        r#"{"additionalModelRequestFields":{"max_tokens":500}}"#,
        r#"{"additionalModelRequestFields":{"max_tokens":100}}"#,
    ),
    (
        INVOKE,
        ANY,
        r#"{"prompt":"a","max_gen_len":500}"#,
        r#"{"prompt":"a","max_gen_len":100}"#,
    ),
    (INVOKE, ANY, r#"{"prompt":"a"}"#, r#"{"prompt":"a"}"#),
    (
        INVOKE,
        ANY,
        r#"{"anthropic_version":"bedrock-2023-05-31"}"#,
        r#"{"max_tokens":100,"anthropic_version":"bedrock-2023-05-31"}"#,
    ),
    (
        "/v2/chat",
        ANY,
        r#"{"model":"m"}"#,
        r#"{"max_tokens":100,"model":"m"}"#,
    ),
    (
        OLLAMA,
        ANY,
        r#"{"model":"m","options":{"num_predict":-1}}"#,
        r#"{"model":"m","options":{"num_predict":100}}"#,
    ),
    (
        OLLAMA,
        ANY,
        r#"{"model":"m"}"#,
        r#"{"options":{"num_predict":100},"model":"m"}"#,
    ),
    (
        "/v1/embeddings",
        ANY,
        r#"{"model":"m"}"#,
        r#"{"model":"m"}"#,
    ),
];

#[test]
fn a_cap_is_put_where_the_dialect_has_it_or_lowered_where_it_is() {
    let changes = Changes {
        output_cap: Some(100),
        ..Changes::default()
    };
    for &(path, kind, body, sent) in CAPPED {
        assert_eq!(changed(path, body, &changes, kind), sent, "{body}");
    }
}

#[test]
fn thinking_stays_below_a_lowered_cap_and_above_its_floor() {
    let body = r#"{"model":"m","max_tokens":64000,"thinking":{"budget_tokens":32000}}"#;
    for (cap, sent) in [
        (
            40_000,
            r#"{"model":"m","max_tokens":40000,"thinking":{"budget_tokens":32000}}"#,
        ),
        (
            9_000,
            r#"{"model":"m","max_tokens":9000,"thinking":{"budget_tokens":8999}}"#,
        ),
        (
            1_025,
            r#"{"model":"m","max_tokens":1025,"thinking":{"budget_tokens":1024}}"#,
        ),
    ] {
        let changes = Changes {
            output_cap: Some(cap),
            ..Changes::default()
        };
        assert_eq!(changed(MESSAGES, body, &changes, ANY), sent);
    }
}

#[test]
fn effort_is_lowered_in_the_words_that_the_field_has() {
    let changes = |effort, thinking_tokens| Changes {
        effort: Some(effort),
        thinking_tokens,
        ..Changes::default()
    };
    let low = changes(EffortLevel::Low, Some(500));
    let none = changes(EffortLevel::None, None);
    for (path, changes, body, sent) in [
        (
            CHAT,
            low,
            r#"{"model":"m","reasoning_effort":"high"}"#,
            r#"{"model":"m","reasoning_effort":"low"}"#,
        ),
        (
            CHAT,
            low,
            r#"{"model":"m","reasoning_effort":"minimal"}"#,
            r#"{"model":"m","reasoning_effort":"minimal"}"#,
        ),
        (
            CHAT,
            low,
            r#"{"model":"m","reasoning_effort":"ultra"}"#,
            r#"{"model":"m","reasoning_effort":"low"}"#,
        ),
        (CHAT, low, r#"{"model":"m"}"#, r#"{"model":"m"}"#),
        (
            RESPONSES,
            none,
            r#"{"model":"m","reasoning":{"effort":"low"}}"#,
            r#"{"model":"m","reasoning":{"effort":"none"}}"#,
        ),
        // Anthropic has no word below this.
        (
            MESSAGES,
            none,
            r#"{"model":"m","output_config":{"effort":"max"}}"#,
            r#"{"model":"m","output_config":{"effort":"low"}}"#,
        ),
        (
            GENERATE,
            low,
            r#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":-1,"thinkingLevel":"HIGH"}}}"#,
            r#"{"generationConfig":{"thinkingConfig":{"thinkingBudget":500,"thinkingLevel":"LOW"}}}"#,
        ),
        (
            OLLAMA,
            low,
            r#"{"model":"m","think":"high"}"#,
            r#"{"model":"m","think":"low"}"#,
        ),
    ] {
        assert_eq!(changed(path, body, &changes, ANY), sent, "{body}");
    }
}

#[test]
fn answers_are_lowered_and_never_below_one() {
    let body = r#"{"model":"m","n":4,"best_of":8}"#;
    for (answers, sent) in [
        (9, body),
        (4, r#"{"model":"m","n":4,"best_of":4}"#),
        (0, r#"{"model":"m","n":1,"best_of":1}"#),
    ] {
        let changes = Changes {
            answers: Some(answers),
            ..Changes::default()
        };
        assert_eq!(changed("/v1/completions", body, &changes, ANY), sent);
    }
}

#[test]
fn two_members_may_be_put_into_one_object() {
    let changes = Changes {
        ask_usage: true,
        output_cap: Some(9),
        ..Changes::default()
    };
    assert_eq!(
        changed(CHAT, r#"{"model":"m","stream":true}"#, &changes, ANY),
        r#"{"stream_options":{"include_usage":true},"max_tokens":9,"model":"m","stream":true}"#
    );
    let mut edits = Edits::none();
    let object = Brace {
        at: 0,
        is_empty: true,
    };
    edits.insert(object, r#""a":1"#);
    edits.insert(object, r#""b":2"#);
    let sent = apply(&cut("{}", 2), &edits).concat();
    assert_eq!(sent, br#"{"a":1,"b":2}"#);
}

type Members = Vec<(&'static str, BoxedStrategy<Value>)>;

/// An object with some of these members.
fn object(members: Members) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| prop::option::of(value).prop_map(move |value| (name, value)))
        .collect();
    members
        .prop_map(|members| {
            let given = members
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)));
            Value::Object(given.collect())
        })
        .boxed()
}

fn one_of(values: Value) -> BoxedStrategy<Value> {
    let Value::Array(values) = values else {
        panic!("{values}")
    };
    prop::sample::select(values).boxed()
}

/// Bodies with members that bounds act on, each with values that it may have.
fn bodies_with_bounds() -> impl Strategy<Value = Value> {
    let number = || one_of(json!([null, 1, 50, 70_000, -1]));
    let count = || one_of(json!([null, 1, 5]));
    let word = || one_of(json!([null, "low", "HIGH", "max", "odd"]));
    let thinking = object(vec![
        ("thinkingBudget", number()),
        ("thinkingLevel", word()),
    ]);
    let generation = object(vec![
        ("maxOutputTokens", number()),
        ("candidateCount", count()),
        ("topK", count()),
        ("thinkingConfig", thinking),
    ]);
    object(vec![
        ("model", one_of(json!(["m"]))),
        ("stream", one_of(json!([true, false]))),
        ("max_tokens", number()),
        ("max_completion_tokens", number()),
        ("max_output_tokens", number()),
        ("n", count()),
        ("reasoning_effort", word()),
        ("generationConfig", generation),
        (
            "options",
            object(vec![("num_predict", number()), ("seed", count())]),
        ),
        (
            "inferenceConfig",
            object(vec![("maxTokens", number()), ("topP", count())]),
        ),
        ("thinking", object(vec![("budget_tokens", number())])),
        (
            "messages",
            one_of(json!([[{"content": "max_tokens", "n": 9}]])),
        ),
    ])
}

/// The members of `changed` that are not as in `body`, by their path.
fn differing(body: &Value, changed: &Value, path: &str, into: &mut Vec<String>) {
    match (body, changed) {
        (Value::Object(before), Value::Object(after)) => {
            for name in before.keys().chain(after.keys()) {
                let path = format!("{path}.{name}");
                let nothing = || Value::Object(serde_json::Map::default());
                let (before, after) = (before.get(name), after.get(name));
                let before = before.cloned().unwrap_or_else(nothing);
                let after = after.cloned().unwrap_or_else(nothing);
                differing(&before, &after, &path, into);
            }
        }
        (Value::Null, Value::Object(_)) => {
            differing(
                &Value::Object(serde_json::Map::default()),
                changed,
                path,
                into,
            );
        }
        _ if body != changed => into.push(path.to_owned()),
        _ => {}
    }
}

/// The only members that these bounds may touch.
const BOUNDED: [&str; 14] = [
    ".max_tokens",
    ".max_completion_tokens",
    ".max_output_tokens",
    ".n",
    ".reasoning_effort",
    ".thinking.budget_tokens",
    ".options.num_predict",
    ".inferenceConfig.maxTokens",
    ".generationConfig.maxOutputTokens",
    ".generationConfig.candidateCount",
    ".generationConfig.thinkingConfig.thinkingBudget",
    ".generationConfig.thinkingConfig.thinkingLevel",
    ".generation_config.max_output_tokens",
    ".generationConfig.max_output_tokens",
];

proptest! {
    #[test]
    fn bounds_hold_afterwards_and_change_nothing_else(
        body in bodies_with_bounds(),
        path in prop::sample::select(PATHS.to_vec()),
        output_cap in prop::option::of(1_u64..9_000),
        answers in prop::option::of(1_u64..4),
        effort in prop::option::of(prop::sample::select(EffortLevel::ALL.to_vec())),
        thinking_tokens in prop::option::of(1_u64..9_000),
        is_openai in any::<bool>(),
    ) {
        let changes = Changes { output_cap, answers, effort, thinking_tokens, ..Changes::default() };
        let kind = if is_openai { OPENAI } else { ANY };
        let text = body.to_string();
        let mut reader = FactsReader::new(&classify("POST", path).unwrap());
        reader.feed(text.as_bytes());
        let Ok(facts) = reader.finish() else { return Ok(()) };
        let sent = changed(path, &text, &changes, kind);
        let after: Value = serde_json::from_str(&sent).unwrap();
        let mut touched = Vec::new();
        differing(&body, &after, "", &mut touched);
        touched.retain(|path| !BOUNDED.contains(&&**path));
        prop_assert_eq!(touched, Vec::<String>::new(), "{}", sent);
        prop_assert_eq!(changed(path, &sent, &changes, kind), sent.clone(), "a second time");
        let bounded = super::facts(path, &sent);
        if let Some(cap) = output_cap.filter(|_| facts.takes_output_cap()) {
            prop_assert!(bounded.output_cap().is_some_and(|given| given <= cap), "{}", sent);
            prop_assert!(facts.output_cap().is_none_or(|given| given >= bounded.output_cap().unwrap()));
        }
        if let Some(most) = answers {
            prop_assert!(bounded.answers <= most, "{}", sent);
        }
    }
}
