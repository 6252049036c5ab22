//! Believable answers, a dialect a file, before any framing.

mod anthropic;
mod errors;
mod gemini;
mod openai;
mod usage;

use bytes::Bytes;

use super::ask::{Ask, Call};
use super::directives::{Directives, UsageForm};
use super::record::Tokens;

use self::errors::{break_off, error_body};
use self::usage::tokens;

/// An answer before encoding, framing and mischief.
#[derive(Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// Name and value of every header but those of framing.
    pub(super) headers: Vec<(&'static str, &'static str)>,
    /// The entity: an event each for a stream, else one piece.
    pub(super) pieces: Vec<Piece>,
    /// What it is billed as, when it is delivered whole.
    pub(super) tokens: Tokens,
    /// Whether it is a stream.
    pub(super) stream: bool,
}

/// A part of an entity that is sent at once.
#[derive(Debug)]
pub(super) struct Piece {
    /// The bytes.
    pub(super) bytes: Bytes,
    /// Whether it carries generated content: what is billed when the client leaves early.
    pub(super) content: bool,
}

/// Answers `ask`.
pub(super) fn answer(ask: &Ask, directives: &Directives) -> Answer {
    if let Some(status) = directives.status.filter(|status| *status >= 400) {
        return Answer {
            status,
            headers: headers(ask.call, JSON),
            pieces: vec![Piece::plain(match ask.call {
                // Gemini wraps the error in the array that the caller is reading.
                Call::GenerateArray => format!("[{}\n]", error_body(ask.call, status)),
                call => error_body(call, status),
            })],
            tokens: Tokens::default(),
            stream: false,
        };
    }
    let tokens = tokens(ask, directives);
    let scene = Scene::new(ask, directives, tokens);
    let mut pieces = match ask.call {
        Call::Chat | Call::Completions | Call::Responses | Call::Embeddings | Call::Models => {
            openai::pieces(&scene)
        }
        Call::Messages | Call::CountTokens => anthropic::pieces(&scene),
        Call::Other => vec![Piece::plain("{}".to_owned())],
        _ => gemini::pieces(&scene),
    };
    if let Some(count) = directives.error_at.filter(|_| ask.stream) {
        break_off(&mut pieces, count, ask.call);
    }
    if directives.error_first && ask.stream {
        pieces.clear();
        break_off(&mut pieces, 0, ask.call);
    }
    let content_type = if ask.stream && ask.call != Call::GenerateArray {
        SSE
    } else {
        JSON
    };
    Answer {
        status: directives.status.unwrap_or(200),
        headers: headers(ask.call, content_type),
        pieces,
        tokens: if scene.billed() {
            tokens
        } else {
            Tokens::default()
        },
        stream: ask.stream,
    }
}

/// Everything an answer is made of.
struct Scene<'a> {
    ask: &'a Ask,
    tokens: Tokens,
    usage: UsageForm,
    /// The model as a JSON string, quotes included.
    model: String,
    /// Text of a plain answer, or of one chunk.
    text: String,
    /// Content chunks of a stream.
    chunks: u32,
    /// Unknown members that open every object, or nothing.
    odd: &'static str,
}

impl<'a> Scene<'a> {
    fn new(ask: &'a Ask, directives: &Directives, tokens: Tokens) -> Self {
        let chunks = directives
            .chunks
            .unwrap_or_else(|| CHUNKS.min(clamp(tokens.output)));
        let words = if ask.stream {
            1
        } else {
            clamp(tokens.output).min(WORDS_MAX)
        };
        let text = match directives.text_bytes {
            Some(length) => "quota ".chars().cycle().take(length).collect(),
            None => " token".repeat(words as usize),
        };
        Self {
            ask,
            tokens,
            usage: directives.usage,
            model: serde_json::Value::from(ask.model.as_str()).to_string(),
            text,
            chunks,
            odd: if directives.odd { ODD } else { "" },
        }
    }

    /// Whether this operation costs anything.
    const fn billed(&self) -> bool {
        !matches!(
            self.ask.call,
            Call::Models | Call::CountTokens | Call::GeminiCountTokens | Call::Other
        )
    }

    /// Whether the output ceiling was reached.
    fn at_ceiling(&self) -> bool {
        self.ask
            .output_max
            .is_some_and(|max| self.tokens.output >= max)
    }
}

impl Piece {
    const fn owned(bytes: Bytes, content: bool) -> Self {
        Self { bytes, content }
    }

    /// A piece without generated content of its own: ends, headers, or a whole plain answer.
    fn plain(text: String) -> Self {
        Self::owned(Bytes::from(text), false)
    }

    /// A piece that carries one chunk of content.
    fn content(text: String) -> Self {
        Self::owned(Bytes::from(text), true)
    }
}

/// The headers that a provider of this dialect sends.
fn headers(call: Call, content_type: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut headers = vec![("Content-Type", content_type)];
    match call {
        Call::Messages | Call::CountTokens => headers.extend([
            ("request-id", "req_mock"),
            ("anthropic-ratelimit-requests-limit", "4000"),
            ("anthropic-ratelimit-requests-remaining", "3999"),
        ]),
        Call::Chat | Call::Completions | Call::Responses | Call::Embeddings => headers.extend([
            ("x-request-id", "req_mock"),
            ("openai-processing-ms", "7"),
            ("x-ratelimit-limit-requests", "10000"),
            ("x-ratelimit-remaining-requests", "9999"),
            ("x-ratelimit-reset-requests", "6ms"),
        ]),
        _ => {}
    }
    headers
}

/// A count as a small number of chunks or words.
fn clamp(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

const JSON: &str = "application/json";
const SSE: &str = "text/event-stream; charset=utf-8";

/// Content chunks of a stream unless told otherwise.
const CHUNKS: u32 = 8;

/// Words in a plain answer, however many tokens it claims.
const WORDS_MAX: u32 = 4096;

/// What a re-serialising gateway would change: spacing, a big integer, an exponent, a negative zero,
/// escapes, raw UTF-8, a doubled key.
const ODD: &str = "  \"x_odd\" :\t{\"big\":123456789012345678901234567890,\"e\":1e-07,\"zero\":-0.0,\
                   \"esc\":\"\\u00e9\\/\\ud83d\\ude00\",\"utf8\":\"é😀\",\"dup\":1,\"dup\":2} , ";

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(target: &str, body: &str) -> Ask {
        Ask::read(target, body.as_bytes())
    }

    fn entity(answer: &Answer) -> String {
        answer
            .pieces
            .iter()
            .map(|p| String::from_utf8_lossy(&p.bytes).into_owned())
            .collect()
    }

    #[test]
    fn every_operation_answers_valid_json() {
        for target in [
            "/v1/chat/completions",
            "/v1/completions",
            "/v1/responses",
            "/v1/embeddings",
            "/v1/models",
            "/v1/messages",
            "/v1/messages/count_tokens",
            "/v1beta/models/g:generateContent",
            "/v1beta/models/g:streamGenerateContent",
            "/v1beta/models/g:embedContent",
            "/v1beta/models/g:batchEmbedContents",
            "/v1beta/models/g:countTokens",
            "/v1/files",
        ] {
            for odd in [false, true] {
                let directives = Directives {
                    odd,
                    ..Directives::default()
                };
                let answer = answer(&ask(target, r#"{"model":"m\"x"}"#), &directives);
                let text = entity(&answer);
                let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
                assert!(parsed.is_ok(), "{target}: {text}");
            }
        }
    }

    #[test]
    fn every_event_of_every_stream_is_valid_json() {
        for target in [
            "/v1/chat/completions",
            "/v1/completions",
            "/v1/responses",
            "/v1/messages",
            "/v1beta/models/g:streamGenerateContent?alt=sse",
        ] {
            let body = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#;
            let text = entity(&answer(&ask(target, body), &Directives::default()));
            let events: Vec<_> = text
                .lines()
                .filter_map(|l| l.strip_prefix("data: "))
                .collect();
            assert!(events.len() >= 8, "{target}: {text}");
            for data in events.iter().filter(|data| **data != "[DONE]") {
                let parsed: Result<serde_json::Value, _> = serde_json::from_str(data.trim_end());
                assert!(parsed.is_ok(), "{target}: {data}");
            }
        }
    }

    #[test]
    fn a_chat_stream_tells_usage_only_when_asked() {
        let plain = r#"{"model":"m","stream":true}"#;
        let text = entity(&answer(
            &ask("/v1/chat/completions", plain),
            &Directives::default(),
        ));
        assert!(!text.contains("usage"));
        let asked = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#;
        let text = entity(&answer(
            &ask("/v1/chat/completions", asked),
            &Directives::default(),
        ));
        assert!(
            text.contains(r#""choices":[],"usage":{"prompt_tokens":"#),
            "{text}"
        );
    }

    #[test]
    fn output_stays_under_the_ceiling_and_says_so() {
        let asked = ask("/v1/chat/completions", r#"{"model":"m","max_tokens":3}"#);
        let answer = answer(&asked, &Directives::default());
        assert_eq!(answer.tokens.output, 3);
        assert!(entity(&answer).contains(r#""finish_reason":"length""#));
    }

    #[test]
    fn usage_lies_in_every_way_but_the_bill_stays_true() {
        for (usage, shown) in [
            (UsageForm::Negative, r#""prompt_tokens":-12,"#),
            (
                UsageForm::Huge,
                r#""prompt_tokens":1199999999999999999999999,"#,
            ),
            (UsageForm::Float, r#""prompt_tokens":11.5,"#),
            (UsageForm::Text, r#""prompt_tokens":"11","#),
            (UsageForm::Doubled, r#""prompt_tokens":110,"#),
            (UsageForm::Null, r#""usage":null"#),
        ] {
            let directives = Directives {
                usage,
                ..Directives::default()
            };
            let answer = answer(
                &ask("/v1/chat/completions", r#"{"model":"m"}"#),
                &directives,
            );
            assert!(entity(&answer).contains(shown), "{}", entity(&answer));
            assert_eq!(answer.tokens.input, 11);
        }
    }

    #[test]
    fn a_stream_can_break_off_with_the_dialects_error() {
        let body = r#"{"model":"m","stream":true}"#;
        let directives = Directives {
            error_at: Some(2),
            ..Directives::default()
        };
        let text = entity(&answer(&ask("/v1/messages", body), &directives));
        assert_eq!(text.matches("content_block_delta\n").count(), 2);
        assert!(
            text.ends_with("\n\n") && text.contains("event: error\n"),
            "{text}"
        );
        assert!(!text.contains("message_stop"));
    }

    #[test]
    fn a_stream_can_be_nothing_but_the_dialects_error() {
        let directives = Directives {
            error_first: true,
            ..Directives::default()
        };
        for (target, start) in [
            ("/v1/chat/completions", "data: {\"error\":{"),
            ("/v1/responses", "event: error\ndata: {\"type\":\"error\""),
            ("/v1/messages", "event: error\ndata: {\"type\":\"error\""),
            (
                "/v1beta/models/g:streamGenerateContent?alt=sse",
                "data: {\"error\":{",
            ),
            ("/v1beta/models/g:streamGenerateContent", "[{\"error\":{"),
        ] {
            let text = entity(&answer(&ask(target, r#"{"stream":true}"#), &directives));
            assert!(text.starts_with(start), "{target}: {text}");
            assert!(!text.contains("choices"), "{target}: {text}");
        }
    }
}
