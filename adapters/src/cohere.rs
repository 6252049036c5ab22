//! Cohere's wire format, versions 1 and 2: chat, embeddings, rerank.

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, never_last, no_headers};
use crate::call::{Dialect, Operation};
use crate::error_class::{Code, ErrorClass, code, sentence};
use crate::json::quoted;
use crate::meter::{Count, Counts, Field, Totals};
use crate::provider::{Paths, Provider};
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "cohere",
    title: "Cohere",
    dialect: Dialect::Cohere,
    also_speaks: &[Dialect::OpenAi],
    base_url: Some("https://api.cohere.com"),
    version: "/v2",
    paths: Paths::Cohere,
    key_vars: &["COHERE_API_KEY", "CO_API_KEY"],
    base_url_vars: &["COHERE_BASE_URL", "CO_API_URL"],
    asks_for_usage: false,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |_| &ANSWERS,
    error_codes: ERROR_CODES,
    refusal: |told| format!("{{\"message\":{}}}", quoted(told.message)),
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
    ("usage", Field::Usage),
    (
        "usage.billed_units.input_tokens",
        Field::Count(Count::Input),
    ),
    (
        "usage.billed_units.output_tokens",
        Field::Count(Count::Output),
    ),
    ("finish_reason", Field::Stop),
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

/// What a path behind a version asks for, if it is one that Cohere alone has.
pub(crate) fn operation(method: &str, version: Option<&str>, path: &str) -> Option<Operation> {
    let is_v2 = version == Some("/v2");
    match (method, path.trim_end_matches('/')) {
        ("POST", "/chat") => Some(Operation::Chat),
        ("POST", "/generate") if version.is_some() => Some(Operation::Completions),
        ("POST", "/embed") => Some(Operation::Embeddings),
        ("POST", "/rerank") if is_v2 => Some(Operation::Rerank),
        ("POST", "/classify" | "/summarize") if version.is_some() => Some(Operation::Other),
        _ => None,
    }
}

/// What stands before a path in `OpenAI`'s dialect.
pub(crate) fn compatible_front(base: &str) -> String {
    let host = base
        .trim_end_matches("/v1")
        .trim_end_matches("/v2")
        .trim_end_matches("/compatibility");
    [host, "/compatibility/v1"].concat()
}

/// Only too long a prompt has a word of its own (recorded 2026-08); the rest is told by the status.
const ERROR_CODES: &[Code] = &[
    code("\"TOO_MANY_TOKENS\"", ErrorClass::ContextOverflow),
    sentence("too many tokens", ErrorClass::ContextOverflow),
    // A trial key's month, which waiting does not bring back soon.
    sentence("API calls / month", ErrorClass::QuotaExhausted),
];
