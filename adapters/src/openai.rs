//! `OpenAI`'s wire format: chat, completions, responses, embeddings, and whoever speaks like it.

mod batch;
mod fields;
#[cfg(test)]
mod tests;
mod totals;

use crate::adapter::{Adapter, Answers, no_headers};
use crate::call::{Dialect, Operation};
use crate::error_class::COMPATIBLE_CODES;
use crate::json::quoted;
use crate::provider::Provider;
use crate::refusal::RefusalKind;
use crate::scan::Tracker;
use crate::translate::ChatVariant;
pub(crate) use fields::FIELDS;

pub(crate) const PROVIDER: Provider = Provider {
    name: "openai",
    title: "OpenAI",
    dialect: Dialect::OpenAi,
    base_url: Some("https://api.openai.com/v1"),
    key_vars: &["OPENAI_API_KEY"],
    base_url_vars: &["OPENAI_BASE_URL"],
    // Its reasoning models refuse `max_tokens` (documented at
    // <https://platform.openai.com/docs/api-reference/chat/create>, read 2026-11).
    chat_cap: "max_completion_tokens",
    chat: &ChatVariant::OPENAI,
    prefers_responses: true,
    says_end: true,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |asked| match asked.operation {
        Operation::BatchResults => &batch::BATCH,
        _ => asked.kind.row().answers.unwrap_or(&ANSWERS),
    },
    error_codes: COMPATIBLE_CODES,
    refusal: |told| {
        let error = words(told.kind, &quoted(told.message)).object();
        format!("{{\"error\":{error}}}")
    },
    refusal_headers: no_headers,
    stream_error,
    stream_error_line: |_, _| None,
};

static ANSWERS: Answers = LIKE_OPENAI;

/// Its streams end without `[DONE]`, and its deep research tells reasoning beside the output.
pub(crate) static PERPLEXITY: Answers = Answers {
    totals: totals::totals_with_reasoning_apart,
    stop_is_last: true,
    ..LIKE_OPENAI
};

const LIKE_OPENAI: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    // Responses' events carry the whole response so far under this name.
    envelope: Some(b"response"),
    totals: totals::totals,
    is_last_event,
    stop_is_last: false,
    may_end_unsaid: true,
};

fn is_last_event(kind: &[u8]) -> bool {
    matches!(
        kind,
        b"response.completed"
            | b"response.incomplete"
            | b"response.failed"
            | b"transcript.text.done"
            | b"speech.audio.done"
            | b"image_generation.completed"
            | b"image_edit.completed"
    )
}

/// What a path behind the version asks for.
pub(crate) fn operation(method: &str, suffix: &str) -> Operation {
    match (method, suffix.trim_end_matches('/')) {
        // Mistral's agents answer as its models do.
        ("POST", "/chat/completions" | "/agents/completions") => Operation::Chat,
        ("POST", "/completions") => Operation::Completions,
        // Compaction is a model call like any other, and answers with usage.
        ("POST", "/responses" | "/responses/compact") => Operation::Responses,
        ("POST", "/responses/input_tokens") => Operation::CountTokens,
        ("POST", "/embeddings") => Operation::Embeddings,
        ("POST", "/fim/completions") => Operation::Completions,
        ("POST", "/audio/transcriptions" | "/audio/translations") => Operation::Transcription,
        ("POST", "/audio/speech") => Operation::Speech,
        ("POST", "/images" | "/images/generations" | "/images/edits" | "/images/variations") => {
            Operation::Images
        }
        ("POST", "/moderations" | "/chat/moderations") => Operation::Moderations,
        ("POST", "/rerank" | "/score") => Operation::Rerank,
        ("POST", "/ocr") => Operation::Ocr,
        // Any file may be one with a batch's results.
        ("GET", other) if is_one_under(other, "/files/", "/content") => Operation::BatchResults,
        ("GET", other) if is_one_under(other, "/responses/", "") => Operation::Retrieval,
        (_, "/models") => Operation::Models,
        (_, other) if other.starts_with("/models/") => Operation::Models,
        _ => Operation::Other,
    }
}

/// Whether `path` is one segment between these two.
fn is_one_under(path: &str, before: &str, behind: &str) -> bool {
    let id = path
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(behind));
    id.is_some_and(|id| !id.is_empty() && !id.contains('/'))
}

/// First segments of `OpenAI`'s surface: understood without `/v1` too.
pub(crate) fn is_root(suffix: &str) -> bool {
    const ROOTS: [&str; 27] = [
        "agents",
        "assistants",
        "audio",
        "batches",
        "chat",
        "completions",
        "containers",
        "conversations",
        "embeddings",
        "evals",
        "files",
        "fim",
        "fine_tuning",
        "images",
        "models",
        "moderations",
        "ocr",
        "organization",
        "realtime",
        "rerank",
        "responses",
        "score",
        "threads",
        "tokenize",
        "uploads",
        "vector_stores",
        "videos",
    ];
    let segment = suffix.strip_prefix('/').unwrap_or(suffix);
    ROOTS.contains(&segment.split_once('/').map_or(segment, |(root, _)| root))
}

/// The words of an error: its `code` is the kind's name where we refuse.
pub(crate) struct ErrorWords<'a> {
    pub(crate) class: &'a str,
    pub(crate) code: Option<&'a str>,
    /// A JSON string, quotes and all.
    pub(crate) message: &'a str,
}

impl ErrorWords<'_> {
    /// The error object.
    pub(crate) fn object(&self) -> String {
        let Self { class, message, .. } = self;
        let code = self.code();
        format!("{{\"message\":{message},\"type\":\"{class}\",\"param\":null,\"code\":{code}}}")
    }

    /// What ends a stream before its time.
    pub(crate) fn event(&self, operation: Operation) -> Option<String> {
        let (error, code, message) = (self.object(), self.code(), self.message);
        match operation {
            Operation::Chat | Operation::Completions => {
                Some(format!("data: {{\"error\":{error}}}\n\n"))
            }
            // The documented event has code and message at its top; openai-python raises only if it sees "error".
            Operation::Responses => Some(format!(
                "event: error\ndata: {{\"type\":\"error\",\"code\":{code},\"message\":{message},\"param\":null,\"error\":{error}}}\n\n"
            )),
            _ => None,
        }
    }

    fn code(&self) -> String {
        self.code
            .map_or_else(|| "null".to_owned(), |code| format!("\"{code}\""))
    }
}

fn words(kind: RefusalKind, message: &str) -> ErrorWords<'_> {
    ErrorWords {
        class: match kind {
            RefusalKind::BudgetExhausted => "insufficient_quota",
            RefusalKind::RateLimited | RefusalKind::CoolingDown => "requests",
            _ if kind.status() >= 500 => "server_error",
            _ => "invalid_request_error",
        },
        code: Some(kind.code()),
        message,
    }
}

fn stream_error(operation: Operation, kind: RefusalKind, message: &str) -> Option<Vec<u8>> {
    let event = words(kind, &quoted(message)).event(operation)?;
    Some(event.into_bytes())
}
