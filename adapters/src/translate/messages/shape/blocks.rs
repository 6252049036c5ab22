//! Messages, and the blocks that they are made of.

use super::super::super::feature::Feature;
use super::super::super::shape::{Field, Kind, Shape};

/// A message.
pub(super) static MESSAGE: Shape = Shape::Tagged {
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

pub(super) const TYPE: Field = Field::plain("type");

/// The prompt is to be cached up to here.
pub(super) const CACHE_CONTROL: Field = Field::asks(
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
                &[TYPE, Field::plain("content").of(&Shape::List(&PIECE))],
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

/// What can be cited one by one. Images among texts are Anthropic's alone.
const PIECE: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["text"], &[TYPE, Field::plain("text"), CACHE_CONTROL]),
        Kind::asks(&["image"], Feature::Unknown, IMAGE_FIELDS),
    ],
};

const SEARCH_RESULT: Kind = Kind::asks(
    &["search_result"],
    Feature::SearchResults,
    &[
        TYPE,
        Field::plain("source"),
        Field::plain("title"),
        Field::plain("content").of(&Shape::List(&PIECE)),
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

/// What instructions may say.
pub(super) static SYSTEM_BLOCK: Shape = Shape::Tagged {
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
                Field::plain("caller").of(&CALLER),
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

/// Who called a tool: the model, or code of its own.
static CALLER: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["direct"], &[TYPE]),
        Kind::asks(
            &[
                "code_execution_20250825",
                "code_execution_20260120",
                "code_execution_20260521",
            ],
            Feature::ServerToolHistory,
            &[TYPE, Field::plain("tool_id")],
        ),
    ],
};
