//! Tools, and which of them is called.

use crate::translate::feature::Feature;
use crate::translate::shape::{Field, Kind, Shape};

/// A tool.
pub(super) static TOOL: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::asks(
            &["function"],
            Feature::Tools,
            &[
                Field::plain("type"),
                Field::plain("name"),
                Field::plain("description"),
                Field::plain("parameters"),
                Field::asks("strict", Feature::ToolStrict, "true").idle(&["false"]),
                DEFER_LOADING,
                ASYNC,
                ALLOWED_CALLERS,
                Field::asks("output_schema", Feature::ToolSettings, "{}"),
            ],
        ),
        Kind::asks(
            &["custom"],
            Feature::CustomTools,
            &[
                Field::plain("type"),
                Field::plain("name"),
                Field::plain("description"),
                Field::plain("format").of(&TEXT_FORMAT),
                DEFER_LOADING,
                ASYNC,
                ALLOWED_CALLERS,
            ],
        ),
        Kind::asks(SERVER_TOOLS, Feature::ServerTools, SERVER_TOOL),
        Kind::asks(
            &["namespace", "tool_search"],
            Feature::ToolSettings,
            &[
                Field::plain("type"),
                Field::plain("name"),
                Field::plain("description"),
                Field::plain("tools"),
                Field::plain("execution"),
                Field::plain("parameters"),
            ],
        ),
    ],
};

const DEFER_LOADING: Field =
    Field::asks("defer_loading", Feature::ToolSettings, "true").idle(&["false"]);

const ASYNC: Field = Field::asks("async", Feature::ToolSettings, "true").idle(&["false"]);

const ALLOWED_CALLERS: Field = Field::asks(
    "allowed_callers",
    Feature::ToolSettings,
    "[\"programmatic\"]",
)
.idle(&["[\"direct\"]"]);

/// What a custom tool is called with.
static TEXT_FORMAT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["text"], &[Field::plain("type")]),
        Kind::plain(
            &["grammar"],
            &[
                Field::plain("type"),
                Field::plain("syntax"),
                Field::plain("definition"),
            ],
        ),
    ],
};

const SERVER_TOOLS: &[&str] = &[
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "file_search",
    "computer",
    "computer_use",
    "computer_use_preview",
    "mcp",
    "code_interpreter",
    "programmatic_tool_calling",
    "image_generation",
    "local_shell",
    "shell",
    "apply_patch",
];

/// What all of them have together: that there is one is all that matters here.
const SERVER_TOOL: &[Field] = &[
    Field::plain("type"),
    Field::plain("action"),
    Field::plain("allowed_callers"),
    Field::plain("allowed_tools"),
    Field::plain("authorization"),
    Field::plain("background"),
    Field::plain("complexity"),
    Field::plain("connector_id"),
    Field::plain("container"),
    Field::plain("defer_loading"),
    Field::plain("display_height"),
    Field::plain("display_width"),
    Field::plain("environment"),
    Field::plain("external_web_access"),
    Field::plain("filters"),
    Field::plain("frame_count"),
    Field::plain("frame_duration_ms"),
    Field::plain("headers"),
    Field::plain("input_fidelity"),
    Field::plain("input_image_mask"),
    Field::plain("max_num_results"),
    Field::plain("model"),
    Field::plain("moderation"),
    Field::plain("output_compression"),
    Field::plain("output_format"),
    Field::plain("partial_images"),
    Field::plain("quality"),
    Field::plain("ranking_options"),
    Field::plain("require_approval"),
    Field::plain("search_content_types"),
    Field::plain("search_context_size"),
    Field::plain("server_description"),
    Field::plain("server_label"),
    Field::plain("server_url"),
    Field::plain("size"),
    Field::plain("svg"),
    Field::plain("tunnel_id"),
    Field::plain("user_location"),
    Field::plain("vector_store_ids"),
];

/// Whether tools are called, where that is no word.
pub(super) static TOOL_CHOICE: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::asks(
            &["function"],
            Feature::ToolChoiceNamed,
            &[Field::plain("type"), Field::plain("name")],
        ),
        Kind::asks(
            &["allowed_tools"],
            Feature::ToolChoiceAmong,
            &[
                Field::plain("type"),
                Field::plain("mode"),
                Field::plain("tools").of(&Shape::List(&CHOSEN)),
            ],
        ),
        Kind::asks(
            &["custom"],
            Feature::CustomTools,
            &[Field::plain("type"), Field::plain("name")],
        ),
        Kind::asks(SERVER_TOOLS, Feature::ServerTools, CHOSEN_TOOL),
    ],
};

static CHOSEN: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["function"], CHOSEN_TOOL),
        Kind::asks(&["custom"], Feature::CustomTools, CHOSEN_TOOL),
        Kind::asks(SERVER_TOOLS, Feature::ServerTools, CHOSEN_TOOL),
    ],
};

const CHOSEN_TOOL: &[Field] = &[
    Field::plain("type"),
    Field::plain("name"),
    Field::plain("server_label"),
];
