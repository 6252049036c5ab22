//! The items of a conversation, and what is in them.

use crate::translate::feature::Feature;
use crate::translate::shape::{Field, Kind, Shape};

/// An item.
pub(super) static ITEM: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(
            &["message"],
            &[
                Field::plain("type"),
                Field::plain("id"),
                Field::plain("role"),
                Field::plain("status"),
                // A label of OpenAI's own models on their own messages, commentary or final answer.
                Field::asks("phase", Feature::PhaseHistory, "\"commentary\""),
                Field::plain("content").of(&Shape::List(&CONTENT)),
            ],
        ),
        Kind::plain(
            &["function_call"],
            &[
                Field::plain("type"),
                Field::plain("id"),
                Field::plain("call_id"),
                Field::plain("name"),
                Field::plain("arguments"),
                Field::plain("status"),
                Field::asks("namespace", Feature::ToolSettings, "\"ns\""),
                Field::asks("async", Feature::ToolSettings, "true").idle(&["false"]),
                Field::plain("caller").of(&CALLER),
            ],
        ),
        Kind::plain(
            &["function_call_output"],
            &[
                Field::plain("type"),
                Field::plain("id"),
                Field::plain("call_id"),
                Field::plain("name"),
                Field::plain("status"),
                Field::plain("output").of(&Shape::List(&RESULT)),
                Field::asks("namespace", Feature::ToolSettings, "\"ns\""),
                Field::plain("caller").of(&CALLER),
            ],
        ),
        Kind::asks(
            &["reasoning"],
            Feature::ThinkingHistory,
            &[
                Field::plain("type"),
                Field::plain("id"),
                Field::plain("status"),
                Field::plain("summary"),
                Field::plain("content"),
                Field::plain("encrypted_content"),
            ],
        ),
        Kind::asks(
            &["item_reference"],
            Feature::StoredState,
            &[Field::plain("type"), Field::plain("id")],
        ),
        Kind::asks(
            &["custom_tool_call"],
            Feature::CustomTools,
            &[
                Field::plain("type"),
                Field::plain("id"),
                Field::plain("call_id"),
                Field::plain("name"),
                Field::plain("input"),
                Field::plain("status"),
                Field::asks("namespace", Feature::ToolSettings, "\"ns\""),
                Field::asks("async", Feature::ToolSettings, "true").idle(&["false"]),
                Field::plain("caller").of(&CALLER),
            ],
        ),
        Kind::asks(
            &["custom_tool_call_output"],
            Feature::CustomTools,
            &[
                Field::plain("type"),
                Field::plain("id"),
                Field::plain("call_id"),
                Field::plain("name"),
                Field::plain("status"),
                Field::plain("output").of(&Shape::List(&RESULT)),
                Field::plain("caller").of(&CALLER),
            ],
        ),
        Kind::asks(
            &["compaction", "compaction_trigger", "configuration_update"],
            Feature::ContextManagement,
            &[
                Field::plain("type"),
                Field::plain("id"),
                Field::plain("encrypted_content"),
                Field::plain("reasoning"),
                Field::plain("text"),
            ],
        ),
        Kind::asks(SERVER_ITEMS, Feature::ServerToolHistory, SERVER_ITEM),
    ],
};

static CALLER: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["direct"], &[Field::plain("type")]),
        Kind::asks(
            &["program"],
            Feature::ServerToolHistory,
            &[Field::plain("type"), Field::plain("caller_id")],
        ),
    ],
};

const SERVER_ITEMS: &[&str] = &[
    "file_search_call",
    "web_search_call",
    "computer_call",
    "computer_call_output",
    "tool_search_call",
    "tool_search_output",
    "additional_tools",
    "image_generation_call",
    "code_interpreter_call",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "mcp_list_tools",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "program",
    "program_output",
];

/// What all of them have together.
const SERVER_ITEM: &[Field] = &[
    Field::plain("type"),
    Field::plain("id"),
    Field::plain("acknowledged_safety_checks"),
    Field::plain("action"),
    Field::plain("actions"),
    Field::plain("approval_request_id"),
    Field::plain("approve"),
    Field::plain("arguments"),
    Field::plain("background"),
    Field::plain("call_id"),
    Field::plain("caller"),
    Field::plain("code"),
    Field::plain("container_id"),
    Field::plain("environment"),
    Field::plain("error"),
    Field::plain("execution"),
    Field::plain("fingerprint"),
    Field::plain("input"),
    Field::plain("max_output_length"),
    Field::plain("name"),
    Field::plain("namespace"),
    Field::plain("operation"),
    Field::plain("output"),
    Field::plain("output_format"),
    Field::plain("outputs"),
    Field::plain("pending_safety_checks"),
    Field::plain("quality"),
    Field::plain("queries"),
    Field::plain("reason"),
    Field::plain("result"),
    Field::plain("results"),
    Field::plain("revised_prompt"),
    Field::plain("role"),
    Field::plain("server_label"),
    Field::plain("size"),
    Field::plain("status"),
    Field::plain("svg_usage"),
    Field::plain("tools"),
];

static CONTENT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        INPUT_TEXT,
        Kind::plain(&["input_image"], IMAGE),
        Kind::plain(&["input_file"], FILE),
        Kind::asks(
            &["input_audio"],
            Feature::AudioInput,
            &[Field::plain("type"), Field::plain("input_audio")],
        ),
        Kind::plain(
            &["output_text"],
            &[
                Field::plain("type"),
                Field::plain("text"),
                Field::asks(
                    "annotations",
                    Feature::CitationHistory,
                    "[{\"type\":\"url_citation\",\"url\":\"https://a.example\",\"title\":\"A\",\"start_index\":0,\"end_index\":1}]",
                )
                .idle(&["[]"]),
                // How likely the tokens of an earlier answer were is not read by anybody.
                Field::plain("logprobs"),
            ],
        ),
        Kind::asks(
            &["refusal"],
            Feature::RefusalHistory,
            &[Field::plain("type"), Field::plain("refusal")],
        ),
    ],
};

static RESULT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        INPUT_TEXT,
        Kind::asks(&["input_image"], Feature::ToolResultMedia, IMAGE),
        Kind::asks(&["input_file"], Feature::ToolResultMedia, FILE),
    ],
};

const INPUT_TEXT: Kind = Kind::plain(
    &["input_text"],
    &[Field::plain("type"), Field::plain("text"), BREAKPOINT],
);

const IMAGE: &[Field] = &[
    Field::plain("type"),
    Field::asks(
        "image_url",
        Feature::ImageUrl,
        "\"https://a.example/b.png\"",
    )
    .starts(&[("data:", Feature::ImageData)]),
    Field::asks("file_id", Feature::ImageId, "\"file-1\""),
    Field::asks("detail", Feature::ImageDetail, "\"high\"").idle(&["\"auto\""]),
    BREAKPOINT,
];

const FILE: &[Field] = &[
    Field::plain("type"),
    Field::asks(
        "file_data",
        Feature::FileData,
        "\"data:application/pdf;base64,JVBERi0=\"",
    ),
    Field::asks("file_url", Feature::FileUrl, "\"https://a.example/b.pdf\""),
    Field::asks("file_id", Feature::FileOfOpenAi, "\"file-1\""),
    Field::asks("filename", Feature::FileName, "\"b.pdf\"").idle(&["\"unnamed.pdf\""]),
    // Of documents nobody else has it.
    Field::asks("detail", Feature::PartNotes, "\"high\"").idle(&["\"auto\""]),
    BREAKPOINT,
];

const BREAKPOINT: Field = Field::asks(
    "prompt_cache_breakpoint",
    Feature::CacheMarks,
    "{\"mode\":\"explicit\"}",
)
.of(&Shape::Object(&[
    Field::plain("mode"),
    Field::asks("ttl", Feature::CacheTtl, "\"12h\"").idle(&["\"30m\""]),
]));
