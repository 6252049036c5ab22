//! Ollama's wire format: chat, generate and embed, plain and as JSON lines.

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, never_last, no_headers};
use crate::call::{Dialect, Operation};
use crate::error_class::{Code, ErrorClass, sentence, text};
use crate::json::quoted;
use crate::meter::{Count, Counts, Field, Totals};
use crate::path::{Call, call};
use crate::provider::{Paths, Provider};
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "ollama",
    title: "Ollama",
    dialect: Dialect::Ollama,
    also_speaks: &[Dialect::OpenAi],
    base_url: None,
    version: "",
    paths: Paths::Ollama,
    base_url_vars: &["OLLAMA_HOST"],
    // In OpenAI's dialect its streams tell usage when asked (8 of 17 recorded were not, and had none).
    asks_for_usage: true,
    says_end: true,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |_| &ANSWERS,
    error_codes: ERROR_CODES,
    refusal: |told| error(told.message),
    refusal_headers: no_headers,
    stream_error: |_, _, _| None,
    // As Ollama itself ends a stream that fails; its SDK raises.
    stream_error_line: |_, message| Some([&error(message), "\n"].concat().into_bytes()),
};

static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    totals,
    is_last_event: never_last,
    stop_is_last: false,
    may_end_unsaid: false,
};

static FIELDS: PathTable<Field, 20> = PathTable::new(&[
    ("model", Field::Model),
    ("message.content", Field::Text),
    ("message.thinking", Field::Text),
    ("message.tool_calls[*].function", Field::Json),
    ("response", Field::Text),
    ("thinking", Field::Text),
    ("prompt_eval_count", Field::Count(Count::Input)),
    ("eval_count", Field::Count(Count::Output)),
    ("done", Field::Done),
    ("done_reason", Field::Stop),
    ("error", Field::Error),
]);

/// A prompt that is cached as a whole is not evaluated and not counted: with output told, an unsaid input is none.
fn totals(counts: &Counts, operation: Operation) -> Totals {
    let (input, output) = (counts.tokens(Count::Input), counts.tokens(Count::Output));
    let input = input.or_else(|| output.map(|_| 0));
    let is_known = output.is_some() || (operation.has_no_output() && input.is_some());
    let output = is_known.then(|| output.unwrap_or(0));
    Totals {
        usage: Usage {
            input_tokens: input.unwrap_or(0),
            output_tokens: output.unwrap_or(0),
            ..Usage::default()
        },
        input_reported: input.is_some(),
        output_reported: output.is_some(),
    }
    .clamped()
}

fn error(message: &str) -> String {
    format!("{{\"error\":{}}}", quoted(message))
}

/// A sentence is all there is (recorded 2026-08).
const ERROR_CODES: &[Code] = &[
    sentence("max context length", ErrorClass::ContextOverflow),
    sentence("exceeds the context length", ErrorClass::ContextOverflow),
    sentence(
        "exceeds the available context size",
        ErrorClass::ContextOverflow,
    ),
    text(429, "usage limit", ErrorClass::QuotaExhausted),
];

/// `/api/chat` and its neighbours.
pub(crate) fn classify(method: &str, path: &str) -> Option<Call> {
    let operation = match (method, path.strip_prefix("/api/")?) {
        ("POST", "chat") => Operation::Chat,
        ("POST", "generate") => Operation::Completions,
        ("POST", "embed" | "embeddings") => Operation::Embeddings,
        (_, "tags" | "ps" | "show" | "version") => Operation::Models,
        (_, "pull" | "push" | "create" | "copy" | "delete") => Operation::Other,
        _ => return None,
    };
    Some(call(Dialect::Ollama, operation))
}

#[cfg(test)]
mod tests;
