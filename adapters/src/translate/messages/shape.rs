//! What an Anthropic request may say.
//!
//! Every parameter of `MessageCreateParams`, the beta's too, as the types of Anthropic's Python SDK 2.12 have them (read
//! 2026-11).

mod blocks;
mod tools;

use super::super::feature::Feature;
use super::super::shape::{Field, Kind, Shape};
use blocks::{CACHE_CONTROL, MESSAGE, SYSTEM_BLOCK, TYPE};
use tools::{TOOL, TOOL_CHOICE};

/// A request.
pub(super) static SHAPE: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("stream"),
    Field::asks("max_tokens", Feature::OutputMax, "256"),
    Field::plain("messages").of(&Shape::List(&MESSAGE)),
    Field::plain("system").of(&Shape::List(&SYSTEM_BLOCK)),
    CACHE_CONTROL,
    Field::asks("stop_sequences", Feature::Stop, r#"["END"]"#).idle(&["[]"]),
    Field::asks("temperature", Feature::Temperature, "0.5"),
    Field::asks("top_p", Feature::TopP, "0.5"),
    Field::asks("top_k", Feature::TopK, "5"),
    Field::asks(
        "tools",
        Feature::Tools,
        r#"[{"name":"g","input_schema":{"type":"object"}}]"#,
    )
    .idle(&["[]"])
    .of(&Shape::List(&TOOL)),
    Field::plain("tool_choice").of(&TOOL_CHOICE),
    Field::plain("thinking").of(&THINKING),
    Field::plain("output_config").of(&Shape::Object(&[
        Field::asks("effort", Feature::ReasoningEffort, "\"high\""),
        Field::asks("format", Feature::JsonSchema, FORMAT_SAMPLE).of(&FORMAT),
        Field::asks(
            "task_budget",
            Feature::ContextManagement,
            r#"{"type":"tokens","total":9000}"#,
        ),
    ])),
    // The beta's name for `output_config.format`.
    Field::asks("output_format", Feature::JsonSchema, FORMAT_SAMPLE).of(&FORMAT),
    Field::plain("metadata").of(&Shape::Object(&[Field::asks(
        "user_id",
        Feature::User,
        "\"user-7\"",
    )])),
    Field::asks("service_tier", Feature::ServiceTier, "\"standard_only\"").idle(&["\"auto\""]),
    Field::asks("inference_geo", Feature::Placement, "\"us\""),
    Field::asks("speed", Feature::Placement, "\"fast\"").idle(&["\"standard\""]),
    Field::asks("container", Feature::Hosted, "\"container_1\""),
    Field::asks(
        "mcp_servers",
        Feature::Hosted,
        r#"[{"type":"url","name":"a","url":"https://a.example"}]"#,
    )
    .idle(&["[]"]),
    Field::plain("context_management").of(&Shape::Object(&[
        Field::plain("edits").of(&Shape::List(&EDIT))
    ])),
    Field::asks(
        "compaction",
        Feature::ContextManagement,
        r#"{"type":"enabled"}"#,
    ),
    Field::asks("thread", Feature::StoredState, r#"{"type":"create"}"#),
    Field::asks(
        "diagnostics",
        Feature::Include,
        r#"{"previous_message_id":"msg_1"}"#,
    ),
    Field::asks("fallbacks", Feature::Placement, "\"default\""),
    // Who pays. These have no word of their own: nobody else knows such a thing.
    Field::asks(
        "billing_policy",
        Feature::Unknown,
        r#"{"type":"billing_policy","bill_to":"user_profile"}"#,
    ),
    Field::asks("fallback_credit_token", Feature::Unknown, "\"token\""),
]);

const DISPLAY: Field = Field::asks("display", Feature::ReasoningShown, "\"summarized\"");

static THINKING: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(
            &["enabled"],
            &[
                TYPE,
                Field::asks("budget_tokens", Feature::ReasoningBudget, "2048"),
                DISPLAY,
                BLOCK_BINDING,
            ],
        ),
        Kind::asks(
            &["adaptive"],
            Feature::ReasoningEffort,
            &[TYPE, DISPLAY, BLOCK_BINDING],
        ),
        Kind::asks(&["disabled"], Feature::ReasoningEffort, &[TYPE]),
    ],
};

/// What becomes of thoughts that come back in another conversation.
const BLOCK_BINDING: Field = Field::asks(
    "block_binding",
    Feature::ContextManagement,
    r#"{"on_mismatch":"drop"}"#,
)
.idle(&["{}"]);

const FORMAT_SAMPLE: &str = r#"{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}"#;

static FORMAT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[Kind::plain(
        &["json_schema"],
        &[TYPE, Field::plain("schema")],
    )],
};

/// What is taken out of a conversation by the provider. Coding agents ask for all thoughts to be kept, which is what
/// happens elsewhere unasked.
static EDIT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(
            &["clear_thinking_20251015"],
            &[
                TYPE,
                Field::asks(
                    "keep",
                    Feature::ContextManagement,
                    r#"{"type":"thinking_turns","value":1}"#,
                )
                .idle(&["\"all\""]),
            ],
        ),
        Kind::asks(
            &["clear_tool_uses_20250919", "compact_20260112"],
            Feature::ContextManagement,
            &[
                TYPE,
                Field::plain("clear_at_least"),
                Field::plain("clear_tool_inputs"),
                Field::plain("exclude_tools"),
                Field::plain("instructions"),
                Field::plain("keep"),
                Field::plain("pause_after_compaction"),
                Field::plain("trigger"),
            ],
        ),
    ],
};
