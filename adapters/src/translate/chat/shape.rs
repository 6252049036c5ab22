//! What a chat request may say.
//!
//! The members are those of openai-python 3.54's `CompletionCreateParams` (read 2026-11), and below them what clients of
//! OpenAI-likes send: `OpenRouter`'s `reasoning` and `cache_control`
//! (<https://openrouter.ai/docs/api-reference/parameters>, read 2026-11), vLLM's and Together's `top_k`, `min_p` and
//! `repetition_penalty`, `DeepSeek`'s `reasoning_content`.

use crate::translate::feature::Feature;
use crate::translate::shape::{Field, Kind, Shape};

/// A request.
pub(super) static REQUEST: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("messages").of(&Shape::List(&MESSAGE)),
    Field::plain("stream"),
    Field::plain("stream_options").of(&Shape::Object(&[
        Field::plain("include_usage"),
        Field::asks("include_obfuscation", Feature::StreamOptions, "true").idle(&["false"]),
    ])),
    // Tools.
    Field::plain("tools").of(&Shape::List(&TOOL)),
    Field::asks("tool_choice", Feature::ToolChoice, "\"required\"")
        .idle(&["\"auto\""])
        .of(&TOOL_CHOICE),
    Field::asks("parallel_tool_calls", Feature::ParallelToolsOff, "false").idle(&["true"]),
    Field::asks("functions", Feature::FunctionsOld, "[{\"name\":\"f\"}]").idle(&["[]"]),
    Field::asks("function_call", Feature::FunctionsOld, "\"auto\""),
    // How to answer.
    Field::asks("max_completion_tokens", Feature::OutputMax, "100"),
    Field::asks("max_tokens", Feature::OutputMax, "100"),
    Field::asks("stop", Feature::Stop, "[\"END\"]").idle(&["[]"]),
    Field::asks("temperature", Feature::Temperature, "0.5"),
    Field::asks("top_p", Feature::TopP, "0.9"),
    Field::asks("top_k", Feature::TopK, "40"),
    Field::asks("min_p", Feature::MinP, "0.1"),
    Field::asks("seed", Feature::Seed, "7"),
    Field::asks("presence_penalty", Feature::PresencePenalty, "0.5").idle(ZERO),
    Field::asks("frequency_penalty", Feature::FrequencyPenalty, "0.5").idle(ZERO),
    Field::asks("repetition_penalty", Feature::RepeatPenalty, "1.1").idle(&["1", "1.0"]),
    Field::asks("logit_bias", Feature::LogitBias, "{\"50256\":-100}").idle(&["{}"]),
    Field::asks("logprobs", Feature::Logprobs, "true").idle(&["false"]),
    Field::asks("top_logprobs", Feature::Logprobs, "2").idle(&["0"]),
    Field::asks("n", Feature::ManyAnswers, "2").idle(&["1"]),
    Field::plain("response_format").of(&Shape::Tagged {
        tag: "type",
        kinds: &[
            Kind::plain(&["text"], &[TYPE]),
            Kind::asks(&["json_object"], Feature::JsonObject, &[TYPE]),
            Kind::asks(
                &["json_schema"],
                Feature::JsonSchema,
                &[
                    TYPE,
                    Field::plain("json_schema").of(&Shape::Object(&[
                        Field::plain("name"),
                        Field::plain("description"),
                        Field::plain("schema"),
                        Field::plain("strict"),
                    ])),
                ],
            ),
        ],
    }),
    Field::asks("verbosity", Feature::Verbosity, "\"low\"").idle(&["\"medium\""]),
    Field::asks(
        "prediction",
        Feature::Prediction,
        "{\"type\":\"content\",\"content\":\"x\"}",
    ),
    Field::asks("modalities", Feature::AudioOutput, "[\"text\",\"audio\"]").idle(TEXT_ONLY),
    Field::asks(
        "audio",
        Feature::AudioOutput,
        "{\"voice\":\"alloy\",\"format\":\"wav\"}",
    ),
    // Of search models, which always search; the tool of responses is the model's to call, or has to be called: not the same.
    Field::asks("web_search_options", Feature::WebSearch, "{}"),
    Field::asks(
        "moderation",
        Feature::SafetySettings,
        "{\"model\":\"omni-moderation-latest\"}",
    ),
    // Thinking.
    Field::asks("reasoning_effort", Feature::ReasoningEffort, "\"low\""),
    Field::plain("reasoning").of(&Shape::Object(&[
        Field::asks("effort", Feature::ReasoningEffort, "\"low\""),
        Field::asks("max_tokens", Feature::ReasoningBudget, "2000"),
        Field::asks("enabled", Feature::ReasoningEffort, "true"),
        Field::asks("exclude", Feature::ReasoningShown, "false"),
    ])),
    Field::asks("include_reasoning", Feature::ReasoningShown, "true"),
    // Caches, tiers, books.
    Field::asks("prompt_cache_key", Feature::CacheKey, "\"k\""),
    Field::plain("prompt_cache_options").of(&Shape::Object(&[
        Field::asks("mode", Feature::CacheMarks, "").idle(&["\"implicit\""]),
        Field::asks("ttl", Feature::CacheTtl, "").idle(&["\"30m\""]),
    ])),
    Field::asks("prompt_cache_retention", Feature::CacheTtl, "").idle(&["\"in_memory\""]),
    Field::asks("user", Feature::User, "\"u-1\""),
    Field::asks("safety_identifier", Feature::User, "\"u-1\""),
    Field::asks("metadata", Feature::Metadata, "{\"k\":\"v\"}").idle(&["{}"]),
    Field::asks("store", Feature::Store, "true").idle(&["false"]),
    Field::asks("service_tier", Feature::ServiceTier, "\"flex\"")
        .idle(&["\"auto\""])
        .starts(&[("scale", Feature::Placement)]),
]);

const ZERO: &[&str] = &["0", "0.0"];

const TEXT_ONLY: &[&str] = &["[\"text\"]", "[ \"text\" ]"];

const TYPE: Field = Field::plain("type");

const CACHE_CONTROL: Field =
    Field::asks("cache_control", Feature::CacheMarks, "").of(&Shape::Object(&[
        TYPE,
        Field::asks("ttl", Feature::CacheTtl, "").idle(&["\"5m\""]),
    ]));

/// `OpenAI`'s own, since GPT-5.6.
const CACHE_BREAKPOINT: Field =
    Field::asks("prompt_cache_breakpoint", Feature::CacheMarks, "").of(&Shape::Object(&[
        Field::plain("mode"),
        Field::asks("ttl", Feature::CacheTtl, "").idle(&["\"30m\""]),
    ]));

static TOOL: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::asks(
            &["function"],
            Feature::Tools,
            &[
                TYPE,
                Field::plain("function").of(&Shape::Object(&[
                    Field::plain("name"),
                    Field::plain("description"),
                    Field::plain("parameters"),
                    Field::asks("strict", Feature::ToolStrict, "").idle(&["false"]),
                ])),
                CACHE_CONTROL,
            ],
        ),
        Kind::asks(
            &["custom"],
            Feature::CustomTools,
            &[
                TYPE,
                Field::plain("custom").of(&Shape::Object(&[
                    Field::plain("name"),
                    Field::plain("description"),
                    Field::plain("format").of(&TEXT_FORMAT),
                ])),
            ],
        ),
    ],
};

/// What a custom tool is called with.
static TEXT_FORMAT: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(&["text"], &[TYPE]),
        Kind::plain(
            &["grammar"],
            &[
                TYPE,
                Field::plain("grammar").of(&Shape::Object(&[
                    Field::plain("syntax"),
                    Field::plain("definition"),
                ])),
            ],
        ),
    ],
};

static TOOL_CHOICE: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::asks(
            &["function"],
            Feature::ToolChoiceNamed,
            &[TYPE, Field::plain("function")],
        ),
        Kind::asks(
            &["allowed_tools"],
            Feature::ToolChoiceAmong,
            &[TYPE, Field::plain("allowed_tools")],
        ),
        Kind::asks(
            &["custom"],
            Feature::CustomTools,
            &[TYPE, Field::plain("custom")],
        ),
    ],
};

const ROLE: Field = Field::plain("role");

const NAME: Field = Field::asks("name", Feature::SpeakerName, "");

static MESSAGE: Shape = Shape::Tagged {
    tag: "role",
    kinds: &[
        Kind::plain(
            &["user"],
            &[ROLE, Field::plain("content").of(&Shape::List(&PART)), NAME],
        ),
        Kind::plain(
            &["system", "developer"],
            &[ROLE, Field::plain("content").of(&Shape::List(&PART)), NAME],
        ),
        Kind::plain(
            &["assistant"],
            &[
                ROLE,
                Field::plain("content").of(&Shape::List(&PART)),
                Field::asks("refusal", Feature::RefusalHistory, "").idle(&["\"\""]),
                NAME,
                Field::asks("audio", Feature::AudioHistory, ""),
                Field::plain("tool_calls").of(&Shape::List(&TOOL_CALL)),
                Field::asks("function_call", Feature::FunctionsOld, ""),
                // The content again, as openai-python's helpers leave it in messages that are appended.
                Field::plain("parsed"),
                Field::asks("annotations", Feature::CitationHistory, "").idle(&["[]"]),
                Field::asks("reasoning_content", Feature::ThinkingHistory, "").idle(&["\"\""]),
                Field::asks("reasoning", Feature::ThinkingHistory, "").idle(&["\"\""]),
                Field::asks("reasoning_details", Feature::ThinkingHistory, "").idle(&["[]"]),
            ],
        ),
        Kind::plain(
            &["tool"],
            &[
                ROLE,
                Field::plain("content").of(&Shape::List(&RESULT_PART)),
                Field::plain("tool_call_id"),
                Field::plain("name"),
            ],
        ),
        Kind::asks(
            &["function"],
            Feature::FunctionsOld,
            &[ROLE, Field::plain("content"), Field::plain("name")],
        ),
    ],
};

static TOOL_CALL: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        Kind::plain(
            &["function"],
            &[
                TYPE,
                Field::plain("id"),
                // Where a delta of a stream was kept as it was.
                Field::plain("index"),
                Field::plain("function").of(&Shape::Object(&[
                    Field::plain("name"),
                    Field::plain("arguments"),
                    // As openai-python's helpers leave them in messages that are appended; they are the arguments again.
                    Field::plain("parsed_arguments"),
                ])),
            ],
        ),
        Kind::asks(
            &["custom"],
            Feature::CustomTools,
            &[
                TYPE,
                Field::plain("id"),
                Field::plain("index"),
                Field::plain("custom").of(&Shape::Object(&[
                    Field::plain("name"),
                    Field::plain("input"),
                ])),
            ],
        ),
    ],
};

const TEXT: Kind = Kind::plain(
    &["text"],
    &[TYPE, Field::plain("text"), CACHE_CONTROL, CACHE_BREAKPOINT],
);

const IMAGE_FIELDS: &[Field] = &[
    TYPE,
    // Mistral takes the address alone.
    Field::plain("image_url")
        .starts(&[("data:", Feature::ImageData), ("http", Feature::ImageUrl)])
        .of(&Shape::Object(&[
            Field::asks("url", Feature::ImageUrl, "").starts(&[("data:", Feature::ImageData)]),
            Field::asks("detail", Feature::ImageDetail, "").idle(&["\"auto\""]),
        ])),
    CACHE_CONTROL,
    CACHE_BREAKPOINT,
];

const FILE_FIELDS: &[Field] = &[
    TYPE,
    Field::plain("file").of(&Shape::Object(&[
        Field::asks("file_data", Feature::FileData, "").starts(&[("http", Feature::FileUrl)]),
        Field::asks("file_id", Feature::FileOfOpenAi, ""),
        Field::asks("filename", Feature::FileName, "").idle(&["\"\"", "\"unnamed.pdf\""]),
    ])),
    CACHE_CONTROL,
    CACHE_BREAKPOINT,
];

static PART: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        TEXT,
        Kind::asks(
            &["refusal"],
            Feature::RefusalHistory,
            &[TYPE, Field::plain("refusal")],
        ),
        Kind::plain(&["image_url"], IMAGE_FIELDS),
        Kind::plain(&["file"], FILE_FIELDS),
        Kind::asks(
            &["input_audio"],
            Feature::AudioInput,
            &[
                TYPE,
                Field::plain("input_audio").of(&Shape::Object(&[
                    Field::plain("data"),
                    Field::plain("format"),
                ])),
                CACHE_BREAKPOINT,
            ],
        ),
        Kind::asks(
            &["video_url"],
            Feature::VideoUrl,
            &[TYPE, Field::plain("video_url"), CACHE_CONTROL],
        ),
    ],
};

/// `OpenAI`'s tools give back text; others take pictures too.
static RESULT_PART: Shape = Shape::Tagged {
    tag: "type",
    kinds: &[
        TEXT,
        Kind::asks(&["image_url"], Feature::ToolResultMedia, IMAGE_FIELDS),
        Kind::asks(&["file"], Feature::ToolResultMedia, FILE_FIELDS),
    ],
};
