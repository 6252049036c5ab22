//! Every member of a responses request (openai-python 3.54's types, read 2026-11), and what each asks for.

use crate::translate::feature::Feature;
use crate::translate::shape::{Field, Kind, Shape};

/// A request.
pub(super) static REQUEST: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("input").of(&Shape::List(&ITEM)),
    Field::plain("instructions"),
    Field::plain("stream"),
    Field::plain("tools").of(&Shape::List(&TOOL)),
    Field::asks("tool_choice", Feature::ToolChoice, "\"required\"")
        .idle(&["\"auto\""])
        .of(&TOOL_CHOICE),
    Field::asks("parallel_tool_calls", Feature::ParallelToolsOff, "false").idle(&["true"]),
    Field::asks("max_output_tokens", Feature::OutputMax, "100"),
    Field::asks("max_tool_calls", Feature::ToolCallsMax, "3"),
    Field::asks("temperature", Feature::Temperature, "0.5"),
    Field::asks("top_p", Feature::TopP, "0.9"),
    Field::asks("top_logprobs", Feature::Logprobs, "2").idle(&["0"]),
    Field::plain("reasoning").of(&REASONING),
    Field::plain("text").of(&TEXT),
    Field::asks(
        "include",
        Feature::Include,
        "[\"web_search_call.action.sources\"]",
    )
    // Thoughts are told encrypted where they are, whether asked for or not.
    .idle(&[
        "[]",
        "[\"reasoning.encrypted_content\"]",
        "[ \"reasoning.encrypted_content\" ]",
    ]),
    Field::asks("store", Feature::Store, "true").idle(&["false"]),
    Field::asks("previous_response_id", Feature::StoredState, "\"resp_1\""),
    Field::asks("conversation", Feature::StoredState, "\"conv_1\""),
    Field::asks("prompt", Feature::StoredState, "{\"id\":\"pmpt_1\"}"),
    Field::asks("background", Feature::Background, "true").idle(&["false"]),
    Field::asks(
        "background_options",
        Feature::Background,
        "{\"completion_window\":\"2h\"}",
    ),
    Field::asks("truncation", Feature::Truncation, "\"auto\"").idle(&["\"disabled\""]),
    Field::asks("user", Feature::User, "\"user-1\""),
    Field::asks("safety_identifier", Feature::User, "\"user-1\""),
    Field::asks("prompt_cache_key", Feature::CacheKey, "\"key-1\""),
    // It says how long prompts are kept that are marked elsewhere; alone it keeps nothing where marks are needed.
    Field::asks("prompt_cache_retention", Feature::CacheTtl, "").idle(&["\"in_memory\""]),
    Field::plain("prompt_cache_options").of(&CACHE_OPTIONS),
    Field::asks("metadata", Feature::Metadata, "{\"k\":\"v\"}").idle(&["{}"]),
    Field::asks("service_tier", Feature::ServiceTier, "\"priority\"").idle(&["\"auto\""]),
    Field::plain("stream_options").of(&Shape::Object(&[Field::asks(
        "include_obfuscation",
        Feature::StreamOptions,
        "true",
    )
    .idle(&["false"])])),
    Field::asks(
        "context_management",
        Feature::ContextManagement,
        "[{\"type\":\"compaction\"}]",
    )
    .idle(&["[]"]),
    Field::asks(
        "moderation",
        Feature::SafetySettings,
        "{\"model\":\"omni-moderation-latest\"}",
    ),
    Field::asks(
        "access_programs",
        Feature::SafetySettings,
        "{\"cyber\":\"daybreak_blue\"}",
    ),
    Field::plain("image").of(&Shape::Object(&[Field::asks(
        "context_compression",
        Feature::MediaResolution,
        "\"enabled\"",
    )
    .idle(&["\"auto\""])])),
]);

static REASONING: Shape = Shape::Object(&[
    Field::asks("effort", Feature::ReasoningEffort, "\"high\""),
    Field::asks("summary", Feature::ReasoningShown, "\"auto\""),
    Field::asks("generate_summary", Feature::ReasoningShown, "\"auto\""),
    Field::asks("context", Feature::ContextManagement, "\"all_turns\"").idle(&["\"auto\""]),
    // Several runs of a model behind one answer: a service of its own.
    Field::asks("mode", Feature::Hosted, "\"pro\"").idle(&["\"standard\""]),
]);

static TEXT: Shape = Shape::Object(&[
    Field::plain("format").of(&FORMAT),
    Field::asks("verbosity", Feature::Verbosity, "\"low\"").idle(&["\"medium\""]),
]);

static FORMAT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["text"], &[Field::plain("type")]),
        Kind::asks(
            &["json_object"],
            Feature::JsonObject,
            &[Field::plain("type")],
        ),
        Kind::asks(
            &["json_schema"],
            Feature::JsonSchema,
            &[
                Field::plain("type"),
                Field::plain("name"),
                Field::plain("description"),
                Field::plain("schema"),
                Field::plain("strict"),
            ],
        ),
    ],
};

static CACHE_OPTIONS: Shape = Shape::Object(&[
    // Without marks, that nothing is cached.
    Field::asks("mode", Feature::CacheMarks, "").idle(&["\"implicit\""]),
    Field::asks("ttl", Feature::CacheTtl, "").idle(&["\"30m\""]),
    Field::asks("prewarm", Feature::CachedContent, "true").idle(&["false"]),
    Field::asks("comparison_response_id", Feature::StoredState, "\"resp_1\""),
]);

static TOOL: Shape = Shape::Tagged {
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
                Field::asks("defer_loading", Feature::ToolSettings, "true").idle(&["false"]),
                Field::asks("async", Feature::ToolSettings, "true").idle(&["false"]),
                Field::asks(
                    "allowed_callers",
                    Feature::ToolSettings,
                    "[\"programmatic\"]",
                )
                .idle(&["[\"direct\"]"]),
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
                Field::plain("format"),
                Field::plain("defer_loading"),
                Field::plain("allowed_callers"),
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

static TOOL_CHOICE: Shape = Shape::Tagged {
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

static ITEM: Shape = Shape::Tagged {
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
                Field::plain("phase"),
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
            &["custom_tool_call", "custom_tool_call_output"],
            Feature::CustomTools,
            SERVER_ITEM,
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
    Field::asks("file_id", Feature::FileId, "\"file-1\""),
    Field::asks("filename", Feature::FileName, "\"b.pdf\""),
    Field::asks("detail", Feature::ImageDetail, "\"high\"").idle(&["\"auto\""]),
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
