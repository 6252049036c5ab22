//! What an Anthropic request may say.
//!
//! Every parameter of `MessageCreateParams`, the beta's too, as the types of Anthropic's Python SDK 2.12 have them (read
//! 2026-11).

use super::super::feature::Feature;
use super::super::shape::{Field, Kind, Shape};

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
    Field::asks(
        "context_management",
        Feature::ContextManagement,
        r#"{"edits":[{"type":"clear_tool_uses_20250919"}]}"#,
    )
    .idle(&["{}", r#"{"edits":[]}"#]),
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

static MESSAGE: Shape = Shape::Tagged {
    tag: "role",
    kinds: &[
        Kind::plain(
            &["user", "assistant"],
            &[
                Field::plain("role"),
                Field::plain("content").of(&Shape::List(&BLOCK)),
            ],
        ),
        Kind::asks(
            &["system"],
            Feature::SystemMidway,
            &[
                Field::plain("role"),
                Field::plain("content").of(&Shape::List(&SYSTEM_BLOCK)),
                Field::asks(
                    "clear_at",
                    Feature::ContextManagement,
                    "\"next_user_message\"",
                )
                .idle(&["\"never\""]),
                Field::asks("output_config", Feature::Unknown, r#"{"effort":"low"}"#).idle(&["{}"]),
            ],
        ),
    ],
};

const TYPE: Field = Field::plain("type");

const CACHE_CONTROL: Field = Field::asks(
    "cache_control",
    Feature::CacheMarks,
    r#"{"type":"ephemeral"}"#,
)
.of(&Shape::Object(&[
    TYPE,
    Field::asks("ttl", Feature::CacheTtl, "\"1h\"").idle(&["\"5m\""]),
]));

const TEXT: Kind = Kind::plain(
    &["text"],
    &[
        TYPE,
        Field::plain("text"),
        CACHE_CONTROL,
        Field::asks(
            "citations",
            Feature::CitationHistory,
            r#"[{"type":"char_location","cited_text":"a","document_index":0,"start_char_index":0,"end_char_index":1}]"#,
        )
        .idle(&["[]"]),
    ],
);

const IMAGE_FIELDS: &[Field] = &[
    TYPE,
    CACHE_CONTROL,
    Field::plain("source").of(&Shape::Tagged {
        tag: "type",
        kinds: &[
            Kind::asks(
                &["base64"],
                Feature::ImageData,
                &[TYPE, Field::plain("media_type"), Field::plain("data")],
            ),
            Kind::asks(&["url"], Feature::ImageUrl, &[TYPE, Field::plain("url")]),
            Kind::asks(
                &["file"],
                Feature::ImageId,
                &[TYPE, Field::plain("file_id")],
            ),
        ],
    }),
    Field::plain("transformations").of(&Shape::Object(&[Field::asks(
        "oversized_image",
        Feature::ImageDetail,
        "\"error\"",
    )
    .idle(&["\"downsize\""])])),
];

const DOCUMENT_FIELDS: &[Field] = &[
    TYPE,
    CACHE_CONTROL,
    Field::plain("source").of(&Shape::Tagged {
        tag: "type",
        kinds: &[
            Kind::asks(
                &["base64"],
                Feature::FileData,
                &[TYPE, Field::plain("media_type"), Field::plain("data")],
            ),
            Kind::asks(
                &["text"],
                Feature::FileText,
                &[TYPE, Field::plain("media_type"), Field::plain("data")],
            ),
            Kind::asks(&["url"], Feature::FileUrl, &[TYPE, Field::plain("url")]),
            Kind::asks(&["file"], Feature::FileId, &[TYPE, Field::plain("file_id")]),
            // A document in pieces of the caller's own making, to be cited by piece.
            Kind::asks(
                &["content"],
                Feature::SearchResults,
                &[TYPE, Field::plain("content")],
            ),
        ],
    }),
    Field::asks("title", Feature::FileName, "\"a.pdf\""),
    Field::asks("context", Feature::FileContext, "\"of 2026\""),
    CITATIONS,
];

const CITATIONS: Field = Field::plain("citations").of(&Shape::Object(&[Field::asks(
    "enabled",
    Feature::Citations,
    "true",
)
.idle(&["false"])]));

const SEARCH_RESULT: Kind = Kind::asks(
    &["search_result"],
    Feature::SearchResults,
    &[
        TYPE,
        Field::plain("source"),
        Field::plain("title"),
        Field::plain("content"),
        CACHE_CONTROL,
        CITATIONS,
    ],
);

const TOOL_RESULT_FIELDS: &[Field] = &[
    TYPE,
    Field::plain("tool_use_id"),
    CACHE_CONTROL,
    Field::asks("is_error", Feature::ToolResultError, "true").idle(&["false"]),
    Field::asks("toolset_name", Feature::ServerTools, "\"computer\""),
    Field::plain("content").of(&Shape::List(&Shape::Tagged {
        tag: "type",
        kinds: &[
            TEXT,
            Kind::asks(&["image"], Feature::ToolResultMedia, IMAGE_FIELDS),
            Kind::asks(&["document"], Feature::ToolResultMedia, DOCUMENT_FIELDS),
            SEARCH_RESULT,
            Kind::asks(
                &["tool_reference", "browser_state"],
                Feature::ServerToolHistory,
                &ANYTHING_OF_SERVER_TOOLS,
            ),
        ],
    })),
];

static SYSTEM_BLOCK: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        TEXT,
        Kind::asks(
            &["tool_addition", "tool_removal"],
            Feature::ToolSettings,
            &[TYPE, Field::plain("tool"), CACHE_CONTROL],
        ),
    ],
};

static BLOCK: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        TEXT,
        Kind::plain(&["image"], IMAGE_FIELDS),
        Kind::plain(&["document"], DOCUMENT_FIELDS),
        SEARCH_RESULT,
        Kind::asks(
            &["thinking"],
            Feature::ThinkingHistory,
            &[TYPE, Field::plain("thinking"), Field::plain("signature")],
        ),
        Kind::asks(
            &["redacted_thinking"],
            Feature::ThinkingHistory,
            &[TYPE, Field::plain("data")],
        ),
        Kind::plain(
            &["tool_use"],
            &[
                TYPE,
                Field::plain("id"),
                Field::plain("name"),
                Field::plain("input"),
                CACHE_CONTROL,
                Field::asks(
                    "caller",
                    Feature::ServerToolHistory,
                    r#"{"type":"code_execution_20250825","tool_id":"srvtoolu_1"}"#,
                )
                .idle(&[r#"{"type":"direct"}"#, r#"{"type": "direct"}"#]),
                Field::asks("toolset_name", Feature::ServerTools, "\"computer\""),
            ],
        ),
        Kind::plain(&["tool_result"], TOOL_RESULT_FIELDS),
        Kind::asks(
            &[
                "server_tool_use",
                "web_search_tool_result",
                "web_fetch_tool_result",
                "code_execution_tool_result",
                "bash_code_execution_tool_result",
                "text_editor_code_execution_tool_result",
                "tool_search_tool_result",
                "advisor_tool_result",
                "mcp_tool_use",
                "mcp_tool_result",
                "mcp_tool_listing",
            ],
            Feature::ServerToolHistory,
            &ANYTHING_OF_SERVER_TOOLS,
        ),
        Kind::asks(
            &["container_upload"],
            Feature::Hosted,
            &[TYPE, Field::plain("file_id"), CACHE_CONTROL],
        ),
        Kind::asks(
            &["compaction", "fallback"],
            Feature::ContextManagement,
            &ANYTHING_OF_SERVER_TOOLS,
        ),
    ],
};

/// What stands in blocks that are lost as a whole.
const ANYTHING_OF_SERVER_TOOLS: [Field; 20] = [
    TYPE,
    Field::plain("id"),
    Field::plain("name"),
    Field::plain("input"),
    Field::plain("content"),
    Field::plain("tool_use_id"),
    Field::plain("caller"),
    Field::plain("cache_control"),
    Field::plain("is_error"),
    Field::plain("server_name"),
    Field::plain("tool_name"),
    Field::plain("tools"),
    Field::plain("tabs"),
    Field::plain("changes"),
    Field::plain("signature"),
    Field::plain("encrypted_content"),
    Field::plain("from"),
    Field::plain("to"),
    Field::plain("model"),
    Field::plain("toolset_name"),
];

static TOOL: Shape = Shape::Tagged {
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

static TOOL_CHOICE: Shape = Shape::Tagged {
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
