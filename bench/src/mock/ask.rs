//! What a request asks a provider for, as far as the mock cares.

use serde::Deserialize;

/// One request, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Which operation.
    pub call: Call,
    /// The model named in body or path; `mock-model` when there is none.
    pub model: String,
    /// Whether the answer is a stream.
    pub stream: bool,
    /// `stream_options.include_usage`.
    pub include_usage: bool,
    /// The output ceiling, whatever the dialect calls it.
    pub output_max: Option<u64>,
    /// Length of the body, bytes: the tokens are derived from it.
    pub body_bytes: u64,
}

/// The operations that the mock knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `OpenAI` chat completions.
    Chat,
    /// `OpenAI` legacy completions.
    Completions,
    /// `OpenAI` responses.
    Responses,
    /// `OpenAI` embeddings.
    Embeddings,
    /// `OpenAI` and Anthropic model lists.
    Models,
    /// Anthropic messages.
    Messages,
    /// Anthropic `count_tokens`.
    CountTokens,
    /// Gemini `generateContent`.
    Generate,
    /// Gemini `streamGenerateContent?alt=sse`.
    GenerateSse,
    /// Gemini `streamGenerateContent` without `alt=sse`: one JSON array.
    GenerateArray,
    /// Gemini `embedContent`.
    Embed,
    /// Gemini `batchEmbedContents`.
    BatchEmbed,
    /// Gemini `countTokens`.
    GeminiCountTokens,
    /// Anything else: `{}` with status 200 (so that unknown paths can be seen to pass).
    Other,
}

impl Ask {
    /// Reads a request. A body that is not the JSON we know leaves the defaults: a mock answers anyhow.
    #[must_use]
    pub fn read(target: &str, body: &[u8]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (call, path_model) = call_of(path, query);
        let fields: Fields = serde_json::from_slice(body).unwrap_or_default();
        let model = path_model
            .or(fields.model)
            .unwrap_or_else(|| "mock-model".to_owned());
        let streams = match call {
            Call::Chat | Call::Completions | Call::Responses | Call::Messages => {
                fields.stream.unwrap_or(false)
            }
            Call::GenerateSse | Call::GenerateArray => true,
            _ => false,
        };
        Self {
            call,
            model,
            stream: streams,
            include_usage: fields.stream_options.is_some_and(|o| o.include_usage),
            output_max: fields
                .max_completion_tokens
                .or(fields.max_tokens)
                .or(fields.max_output_tokens)
                .or_else(|| fields.generation_config.and_then(|c| c.max_output_tokens)),
            body_bytes: body.len() as u64,
        }
    }
}

/// The operation that a path names, and the model in it (Gemini).
fn call_of(path: &str, query: &str) -> (Call, Option<String>) {
    let path = path.strip_suffix('/').unwrap_or(path);
    for (tail, call) in TAILS {
        if path.ends_with(tail) {
            return (call, None);
        }
    }
    let last = path
        .rsplit('/')
        .next()
        .unwrap_or(path)
        .replace("%3A", ":")
        .replace("%3a", ":");
    let Some((model, verb)) = last.split_once(':') else {
        return (Call::Other, None);
    };
    let call = match verb {
        "generateContent" => Call::Generate,
        "streamGenerateContent" if query.split('&').any(|pair| pair == "alt=sse") => {
            Call::GenerateSse
        }
        "streamGenerateContent" => Call::GenerateArray,
        "embedContent" => Call::Embed,
        "batchEmbedContents" => Call::BatchEmbed,
        "countTokens" => Call::GeminiCountTokens,
        _ => return (Call::Other, None),
    };
    (call, Some(model.to_owned()))
}

/// Path ends that name an operation, whatever stands before them.
const TAILS: [(&str, Call); 7] = [
    ("/chat/completions", Call::Chat),
    ("/completions", Call::Completions),
    ("/responses", Call::Responses),
    ("/embeddings", Call::Embeddings),
    ("/models", Call::Models),
    ("/messages", Call::Messages),
    ("/messages/count_tokens", Call::CountTokens),
];

/// The body fields that shape an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fields {
    model: Option<String>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<u64>,
    max_completion_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
    #[serde(rename = "generationConfig")]
    generation_config: Option<GenerationConfig>,
}

/// `stream_options`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StreamOptions {
    include_usage: bool,
}

/// `generationConfig`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GenerationConfig {
    #[serde(rename = "maxOutputTokens")]
    max_output_tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_operations_whatever_stands_before_them() {
        for (target, call) in [
            ("/v1/chat/completions", Call::Chat),
            ("/v1/v1/chat/completions?x=1", Call::Chat),
            ("/openai/v1/completions", Call::Completions),
            ("/v1/messages?beta=true", Call::Messages),
            ("/v1/messages/count_tokens", Call::CountTokens),
            ("/v1beta/models/gemini-x:generateContent", Call::Generate),
            (
                "/v1beta/models/gemini-x%3AstreamGenerateContent?alt=sse",
                Call::GenerateSse,
            ),
            (
                "/v1/models/gemini-x:streamGenerateContent",
                Call::GenerateArray,
            ),
            ("/v1/files", Call::Other),
        ] {
            assert_eq!(Ask::read(target, b"").call, call, "{target}");
        }
    }

    #[test]
    fn the_body_says_model_stream_usage_and_ceiling() {
        let body = br#"{"model":"gpt-x","stream":true,"stream_options":{"include_usage":true},"max_tokens":7}"#;
        let ask = Ask::read("/v1/chat/completions", body);
        assert_eq!(ask.model, "gpt-x");
        assert!(ask.stream && ask.include_usage);
        assert_eq!(ask.output_max, Some(7));
        assert_eq!(ask.body_bytes, body.len() as u64);
    }

    #[test]
    fn the_gemini_model_is_in_the_path() {
        let ask = Ask::read("/v1beta/models/gemini-2.5-flash:generateContent", b"{}");
        assert_eq!(ask.model, "gemini-2.5-flash");
    }
}
