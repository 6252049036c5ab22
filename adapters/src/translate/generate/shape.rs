//! What a generateContent request may say: all of `GenerateContentRequest` of the Gemini API and of Vertex AI
//! (<https://ai.google.dev/api/generate-content>, and the types of Google's own SDK 3.4, read 2026-11).
//!
//! What depends on more than one member (JSON with or without a schema, one function allowed or several) is noted by
//! [`super::read`].

use crate::translate::feature::Feature;
use crate::translate::shape::{Field, Shape};

pub(super) static SHAPE: Shape = Shape::Object(&[
    Field::plain("model"),
    Field::plain("contents").of(&Shape::List(&CONTENT)),
    Field::plain("systemInstruction").of(&CONTENT),
    Field::plain("tools").of(&Shape::List(&TOOL)),
    Field::plain("toolConfig").of(&TOOL_CONFIG),
    Field::asks(
        "safetySettings",
        Feature::SafetySettings,
        r#"[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_ONLY_HIGH"}]"#,
    )
    .idle(&["[]"]),
    Field::plain("generationConfig").of(&GENERATION_CONFIG),
    Field::asks(
        "cachedContent",
        Feature::CachedContent,
        r#""cachedContents/1""#,
    )
    .idle(&[r#""""#]),
    Field::asks("labels", Feature::Metadata, r#"{"team":"a"}"#).idle(&["{}"]),
    Field::asks("serviceTier", Feature::ServiceTier, r#""flex""#).idle(&[
        r#""unspecified""#,
        r#""SERVICE_TIER_UNSPECIFIED""#,
        r#""""#,
    ]),
    Field::asks("store", Feature::Store, "true").idle(&["false"]),
    Field::asks(
        "modelArmorConfig",
        Feature::SafetySettings,
        r#"{"promptTemplateName":"t"}"#,
    ),
    Field::asks("continuationToken", Feature::StoredState, r#""eA==""#),
    Field::asks("outputConfig", Feature::Unknown, "{}"),
]);

static CONTENT: Shape = Shape::Object(&[
    Field::plain("role"),
    Field::plain("parts").of(&Shape::List(&PART)),
]);

static PART: Shape = Shape::Object(&[
    Field::plain("text"),
    Field::asks("thought", Feature::ThinkingHistory, "true").idle(&["false"]),
    Field::asks("thoughtSignature", Feature::ThinkingHistory, r#""eA==""#).idle(&[r#""""#]),
    Field::plain("inlineData").of(&BLOB),
    Field::plain("fileData").of(&FILE),
    Field::plain("functionCall").of(&FUNCTION_CALL),
    Field::plain("functionResponse").of(&FUNCTION_RESPONSE),
    Field::asks(
        "mediaResolution",
        Feature::ImageDetail,
        r#"{"level":"MEDIA_RESOLUTION_HIGH"}"#,
    ),
    Field::asks("videoMetadata", Feature::PartNotes, r#"{"fps":1}"#),
    Field::asks("executableCode", Feature::ServerToolHistory, "{}"),
    Field::asks("codeExecutionResult", Feature::ServerToolHistory, "{}"),
    Field::asks("toolCall", Feature::ServerToolHistory, "{}"),
    Field::asks("toolResponse", Feature::ServerToolHistory, "{}"),
    Field::asks("partMetadata", Feature::PartNotes, r#"{"a":1}"#),
    Field::asks("documentMetadata", Feature::PartNotes, "{}"),
    Field::asks("spreadsheetMetadata", Feature::PartNotes, "{}"),
    Field::asks("audioMetadata", Feature::PartNotes, "{}"),
    Field::asks("speechMetadata", Feature::PartNotes, "{}"),
    Field::asks("audioTranscription", Feature::PartNotes, "{}"),
    Field::asks("mediaProcessing", Feature::MediaResolution, "{}"),
]);

static BLOB: Shape = Shape::Object(&[
    Field::asks("mimeType", Feature::FileData, r#""application/pdf""#).starts(&[
        ("image/", Feature::ImageData),
        ("audio/", Feature::AudioInput),
        ("video/", Feature::VideoInput),
        ("text/", Feature::FileText),
    ]),
    Field::plain("data"),
    Field::asks("displayName", Feature::FileName, r#""a.pdf""#).idle(&[r#""""#]),
]);

/// What lies in Google's own stores has their addresses.
static FILE: Shape = Shape::Object(&[
    Field::asks("mimeType", Feature::FileUrl, r#""application/pdf""#).starts(&[
        ("image/", Feature::ImageUrl),
        // There is no sound by its address anywhere else.
        ("audio/", Feature::FileId),
        ("video/", Feature::VideoUrl),
    ]),
    Field::plain("fileUri").starts(&[
        (
            "https://generativelanguage.googleapis.com/",
            Feature::FileId,
        ),
        ("gs://", Feature::FileId),
        ("files/", Feature::FileId),
        ("https://www.youtube.com/", Feature::VideoUrl),
        ("https://youtu.be/", Feature::VideoUrl),
    ]),
    Field::asks("displayName", Feature::FileName, r#""a.pdf""#).idle(&[r#""""#]),
]);

static FUNCTION_CALL: Shape = Shape::Object(&[
    Field::plain("id"),
    Field::plain("name"),
    Field::plain("args"),
    Field::asks("partialArgs", Feature::Unknown, "[{}]").idle(&["[]"]),
    Field::asks("willContinue", Feature::Unknown, "true").idle(&["false"]),
]);

static FUNCTION_RESPONSE: Shape = Shape::Object(&[
    Field::plain("id"),
    Field::plain("name"),
    Field::plain("response"),
    Field::asks(
        "parts",
        Feature::ToolResultMedia,
        r#"[{"inlineData":{"mimeType":"image/png","data":"eA=="}}]"#,
    )
    .idle(&["[]"])
    .of(&Shape::List(&RESPONSE_PART)),
    Field::asks("scheduling", Feature::ToolSettings, r#""SILENT""#)
        .idle(&[r#""SCHEDULING_UNSPECIFIED""#]),
    Field::asks("willContinue", Feature::ToolSettings, "true").idle(&["false"]),
]);

static RESPONSE_PART: Shape = Shape::Object(&[
    Field::plain("inlineData").of(&Shape::Object(&[
        Field::plain("mimeType").starts(&[
            ("audio/", Feature::AudioInput),
            ("video/", Feature::VideoInput),
        ]),
        Field::plain("data"),
        Field::asks("displayName", Feature::FileName, r#""a.png""#).idle(&[r#""""#]),
    ])),
    Field::plain("fileData").of(&FILE),
    Field::asks("mediaResolution", Feature::MediaResolution, "{}"),
    Field::asks("mediaProcessing", Feature::MediaResolution, "{}"),
    Field::asks("videoMetadata", Feature::PartNotes, "{}"),
    Field::asks("documentMetadata", Feature::PartNotes, "{}"),
    Field::asks("spreadsheetMetadata", Feature::PartNotes, "{}"),
    Field::asks("audioMetadata", Feature::PartNotes, "{}"),
]);

static TOOL: Shape = Shape::Object(&[
    Field::asks(
        "functionDeclarations",
        Feature::Tools,
        r#"[{"name":"weather","parametersJsonSchema":{"type":"object"}}]"#,
    )
    .idle(&["[]"])
    .of(&Shape::List(&FUNCTION)),
    Field::asks("googleSearch", Feature::ServerTools, "{}"),
    Field::asks("googleSearchRetrieval", Feature::ServerTools, "{}"),
    Field::asks("enterpriseWebSearch", Feature::ServerTools, "{}"),
    Field::asks("parallelAiSearch", Feature::ServerTools, "{}"),
    Field::asks("exaAiSearch", Feature::ServerTools, "{}"),
    Field::asks("googleMaps", Feature::ServerTools, "{}"),
    Field::asks("codeExecution", Feature::ServerTools, "{}"),
    Field::asks("urlContext", Feature::ServerTools, "{}"),
    Field::asks("computerUse", Feature::ServerTools, "{}"),
    Field::asks("fileSearch", Feature::ServerTools, "{}"),
    Field::asks("retrieval", Feature::ServerTools, "{}"),
    Field::asks("mcpServers", Feature::Hosted, r#"[{"name":"a"}]"#).idle(&["[]"]),
]);

static FUNCTION: Shape = Shape::Object(&[
    Field::plain("name"),
    Field::plain("description"),
    Field::plain("parameters"),
    Field::plain("parametersJsonSchema"),
    Field::plain("response"),
    Field::plain("responseJsonSchema"),
    Field::asks("behavior", Feature::ToolSettings, r#""NON_BLOCKING""#)
        .idle(&[r#""BLOCKING""#, r#""UNSPECIFIED""#]),
]);

static TOOL_CONFIG: Shape = Shape::Object(&[
    Field::plain("functionCallingConfig").of(&Shape::Object(&[
        // VALIDATED, and which functions are allowed, is noted where it is read.
        Field::asks("mode", Feature::ToolChoice, r#""ANY""#).idle(&[
            r#""AUTO""#,
            r#""VALIDATED""#,
            r#""MODE_UNSPECIFIED""#,
        ]),
        Field::plain("allowedFunctionNames"),
        Field::asks(
            "streamFunctionCallArguments",
            Feature::StreamOptions,
            "true",
        )
        .idle(&["false"]),
    ])),
    Field::asks("retrievalConfig", Feature::ServerTools, "{}"),
    Field::asks(
        "includeServerSideToolInvocations",
        Feature::ServerTools,
        "true",
    )
    .idle(&["false"]),
]);

static GENERATION_CONFIG: Shape = Shape::Object(&[
    Field::asks("temperature", Feature::Temperature, "0.5"),
    Field::asks("topP", Feature::TopP, "0.9"),
    Field::asks("topK", Feature::TopK, "40"),
    Field::asks("candidateCount", Feature::ManyAnswers, "2").idle(&["1", "0"]),
    Field::asks("maxOutputTokens", Feature::OutputMax, "64"),
    Field::asks("stopSequences", Feature::Stop, r#"["END"]"#).idle(&["[]"]),
    Field::asks("seed", Feature::Seed, "7"),
    Field::asks("presencePenalty", Feature::PresencePenalty, "0.5").idle(&["0", "0.0"]),
    Field::asks("frequencyPenalty", Feature::FrequencyPenalty, "0.5").idle(&["0", "0.0"]),
    // With a schema or without: noted where it is read.
    Field::plain("responseMimeType"),
    Field::asks(
        "responseSchema",
        Feature::JsonSchema,
        r#"{"type":"OBJECT"}"#,
    ),
    Field::asks(
        "responseJsonSchema",
        Feature::JsonSchema,
        r#"{"type":"object"}"#,
    ),
    Field::asks(
        "_responseJsonSchema",
        Feature::JsonSchema,
        r#"{"type":"object"}"#,
    ),
    Field::asks("responseFormat", Feature::Unknown, "[{}]").idle(&["[]"]),
    Field::asks("responseLogprobs", Feature::Logprobs, "true").idle(&["false"]),
    Field::asks("logprobs", Feature::Logprobs, "3").idle(&["0"]),
    // Each that is not text is noted where it is read.
    Field::plain("responseModalities"),
    Field::asks("speechConfig", Feature::AudioOutput, "{}"),
    Field::asks("imageConfig", Feature::ImageOutput, "{}"),
    Field::plain("thinkingConfig").of(&Shape::Object(&[
        // -1: as many as the model likes.
        Field::asks("thinkingBudget", Feature::ReasoningBudget, "1024").idle(&["-1"]),
        Field::asks("thinkingLevel", Feature::ReasoningEffort, r#""LOW""#)
            .idle(&[r#""THINKING_LEVEL_UNSPECIFIED""#]),
        Field::asks("includeThoughts", Feature::ReasoningShown, "true").idle(&["false"]),
    ])),
    Field::asks(
        "mediaResolution",
        Feature::MediaResolution,
        r#""MEDIA_RESOLUTION_LOW""#,
    )
    .idle(&[r#""MEDIA_RESOLUTION_UNSPECIFIED""#]),
    Field::asks("audioTimestamp", Feature::Unknown, "true").idle(&["false"]),
    Field::asks("enableEnhancedCivicAnswers", Feature::Unknown, "true").idle(&["false"]),
    Field::asks("enableAffectiveDialog", Feature::AudioOutput, "true").idle(&["false"]),
    Field::asks("routingConfig", Feature::Unknown, "{}"),
    Field::asks("modelConfig", Feature::Unknown, "{}"),
    Field::asks("modelSelectionConfig", Feature::Unknown, "{}"),
    Field::asks("translationConfig", Feature::Unknown, "{}"),
    Field::asks("audioTranscriptionConfig", Feature::Unknown, "{}"),
]);
