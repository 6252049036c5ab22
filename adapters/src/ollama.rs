//! Ollama's wire format: chat, generate and embed, plain and as JSON lines.

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, never_last, no_headers};
use crate::call::{Dialect, Operation};
use crate::error_class::{Code, ErrorClass, sentence};
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
    asks_for_usage: false,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |_| &ANSWERS,
    error_codes: ERROR_CODES,
    refusal: |told| format!("{{\"error\":{}}}", quoted(told.message)),
    refusal_headers: no_headers,
    stream_error: |_, _, _| None,
};

static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    envelope: None,
    totals: |counts, _| totals(counts),
    is_last_event: never_last,
    stop_is_last: false,
    may_end_unsaid: false,
};

static FIELDS: PathTable<Field, 16> = PathTable::new(&[
    ("model", Field::Model),
    ("prompt_eval_count", Field::Count(Count::Input)),
    ("eval_count", Field::Count(Count::Output)),
    ("done_reason", Field::Stop),
]);

fn totals(counts: &Counts) -> Totals {
    let (input, output) = (counts.tokens(Count::Input), counts.tokens(Count::Output));
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

/// A sentence is all there is (recorded 2026-08).
const ERROR_CODES: &[Code] = &[
    sentence("max context length", ErrorClass::ContextOverflow),
    sentence("exceeds the context length", ErrorClass::ContextOverflow),
    sentence(
        "exceeds the available context size",
        ErrorClass::ContextOverflow,
    ),
];
