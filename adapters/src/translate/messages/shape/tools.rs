//! Tools, and how they are chosen.

use super::super::super::feature::Feature;
use super::super::super::shape::{Field, Kind, Shape};
use super::blocks::{CACHE_CONTROL, TYPE};

/// A tool.
pub(super) static TOOL: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(
            &["custom"],
            &[
                TYPE,
                Field::plain("name"),
                Field::plain("description"),
                Field::plain("input_schema"),
                CACHE_CONTROL,
                Field::asks("strict", Feature::ToolStrict, "true").idle(&["false"]),
                Field::asks("input_examples", Feature::ToolSettings, r#"[{"a":"b"}]"#)
                    .idle(&["[]"]),
                Field::asks("defer_loading", Feature::ToolSettings, "true").idle(&["false"]),
                Field::asks(
                    "allowed_callers",
                    Feature::ToolSettings,
                    r#"["code_execution_20250825"]"#,
                )
                .idle(&[r#"["direct"]"#]),
                // In which pieces a call's arguments come: they are the same.
                Field::plain("eager_input_streaming"),
            ],
        ),
        Kind::asks(SERVER_TOOLS, Feature::ServerTools, SERVER_TOOL_FIELDS),
        Kind::asks(
            &["mcp_toolset"],
            Feature::Hosted,
            &[
                TYPE,
                Field::plain("mcp_server_name"),
                Field::plain("configs"),
                Field::plain("default_config"),
                Field::plain("cache_control"),
            ],
        ),
    ],
};

/// Tools whose schema, and mostly work, is the provider's.
const SERVER_TOOLS: &[&str] = &[
    "advisor_20260301",
    "bash_20241022",
    "bash_20250124",
    "browser_toolset_20260801",
    "code_execution_20250522",
    "code_execution_20250825",
    "code_execution_20260120",
    "code_execution_20260521",
    "computer_20241022",
    "computer_20250124",
    "computer_20251124",
    "computer_toolset_20260801",
    "memory_20250818",
    "text_editor_20241022",
    "text_editor_20250124",
    "text_editor_20250429",
    "text_editor_20250728",
    "tool_search_tool_bm25",
    "tool_search_tool_bm25_20251119",
    "tool_search_tool_regex",
    "tool_search_tool_regex_20251119",
    "web_fetch_20250910",
    "web_fetch_20260209",
    "web_fetch_20260309",
    "web_fetch_20260318",
    "web_search_20250305",
    "web_search_20260209",
    "web_search_20260318",
];

/// What is set of them is lost with them; a setting that is not here is noted as unknown besides.
const SERVER_TOOL_FIELDS: &[Field] = &[
    TYPE,
    Field::plain("name"),
    Field::plain("cache_control"),
    Field::plain("strict"),
    Field::plain("defer_loading"),
    Field::plain("allowed_callers"),
    Field::plain("input_examples"),
    Field::plain("max_uses"),
    Field::plain("allowed_domains"),
    Field::plain("blocked_domains"),
    Field::plain("user_location"),
    Field::plain("citations"),
    Field::plain("max_content_tokens"),
    Field::plain("use_cache"),
    Field::plain("max_characters"),
    Field::plain("display_width_px"),
    Field::plain("display_height_px"),
    Field::plain("display_number"),
    Field::plain("enable_zoom"),
    Field::plain("model"),
    Field::plain("max_tokens"),
    Field::plain("caching"),
    Field::plain("configs"),
    Field::plain("default_config"),
];

const PARALLEL: Field = Field::asks(
    "disable_parallel_tool_use",
    Feature::ParallelToolsOff,
    "true",
)
.idle(&["false"]);

/// Whether and which tools are called.
pub(super) static TOOL_CHOICE: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["auto"], &[TYPE, PARALLEL]),
        Kind::asks(&["any"], Feature::ToolChoice, &[TYPE, PARALLEL]),
        Kind::asks(&["none"], Feature::ToolChoice, &[TYPE]),
        Kind::asks(
            &["tool"],
            Feature::ToolChoiceNamed,
            &[TYPE, Field::plain("name"), PARALLEL],
        ),
    ],
};
