//! What a guard acts on says one thing only.

use super::asked::{said, with_model};
use super::*;

const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const CONVERSE: &str = "/model/m/converse";
const OLLAMA: &str = "/api/chat";

#[test]
fn a_field_that_a_guard_acts_on_says_one_thing_or_is_refused() {
    use Ambiguity::{Case, Doubled, Escaped};
    let ambiguous = |field, why| FactsError::Ambiguous { field, why };
    for (path, members, error) in [
        (
            CHAT,
            r#""tools":[],"tools":[]"#,
            ambiguous("tools", Doubled),
        ),
        (CHAT, r#""Tools":[]"#, ambiguous("tools", Case)),
        (CHAT, r#""t\u006fols":[]"#, ambiguous("tools", Escaped)),
        (
            RESPONSES,
            r#""tools":[{"type":"function","type":"web_search"}]"#,
            ambiguous("tools.type", Doubled),
        ),
        (
            RESPONSES,
            r#""tools":[{"type":"function"},{"Type":"web_search"}]"#,
            ambiguous("tools.type", Case),
        ),
        (
            CHAT,
            r#""reasoning_effort":"low","Reasoning_effort":"high""#,
            ambiguous("reasoning_effort", Case),
        ),
        (
            RESPONSES,
            r#""reasoning":{"effort":"low","effort":"high"}"#,
            ambiguous("reasoning.effort", Doubled),
        ),
        (
            MESSAGES,
            r#""thinking":{"budget_tok\u0065ns":1}"#,
            ambiguous("thinking.budget_tokens", Escaped),
        ),
        (
            GENERATE,
            r#""generationConfig":{"thinkingConfig":{"thinkingBudget":1,"thinking_budget":2}}"#,
            ambiguous("thinking_budget", Doubled),
        ),
        (
            CHAT,
            r#""service_tier":"flex","service_tier":"priority""#,
            ambiguous("service_tier", Doubled),
        ),
        (
            RESPONSES,
            r#""Previous_response_id":"r""#,
            ambiguous("previous_response_id", Case),
        ),
        (
            OLLAMA,
            r#""options":{"Num_Predict":1}"#,
            ambiguous("options.num_predict", Case),
        ),
    ] {
        assert_eq!(
            facts(path, &with_model(path, members)),
            Err(error),
            "{members}"
        );
    }
    // Many tools, each with a type, and whatever messages hold.
    said(
        RESPONSES,
        r#""tools":[{"type":"function"},{"type":"function"}],"input":[{"Type":"a","type":"b","type":"c"}]"#,
    );
}

#[test]
fn a_field_that_a_guard_acts_on_has_its_type_or_is_refused() {
    for (path, members, field) in [
        (CHAT, r#""tools":{}"#, "tools"),
        (CHAT, r#""tools":"x""#, "tools"),
        (CHAT, r#""reasoning_effort":3"#, "reasoning_effort"),
        (CHAT, r#""service_tier":["flex"]"#, "service_tier"),
        (RESPONSES, r#""reasoning":"high""#, "reasoning"),
        (
            RESPONSES,
            r#""previous_response_id":{}"#,
            "previous_response_id",
        ),
        (
            MESSAGES,
            r#""thinking":{"budget_tokens":"9"}"#,
            "thinking.budget_tokens",
        ),
        (
            GENERATE,
            r#""generationConfig":{"thinkingConfig":{"thinkingBudget":""}}"#,
            "thinking_budget",
        ),
        (CONVERSE, r#""inferenceConfig":[]"#, "inferenceConfig"),
    ] {
        let wrong =
            |error| matches!(error, FactsError::WrongType { field: named, .. } if named == field);
        assert!(
            facts(path, &with_model(path, members)).is_err_and(wrong),
            "{members}"
        );
    }
}
