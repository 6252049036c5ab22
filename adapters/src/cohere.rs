//! Cohere's wire format, versions 1 and 2: chat, generate, embeddings, rerank, transcription.

use quotah_policy::{Unit, Usage};

use crate::adapter::{Adapter, Answers, no_headers};
use crate::call::{Dialect, Operation};
use crate::error_class::{Code, ErrorClass, code, sentence};
use crate::json::quoted;
use crate::meter::{Count, Counts, Field, Totals};
use crate::provider::{Paths, Provider, UsageHeader};
use crate::refusal::RefusalKind;
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "cohere",
    title: "Cohere",
    dialect: Dialect::Cohere,
    also_speaks: &[Dialect::OpenAi],
    // Its endpoint for OpenAI's clients has chat completions and embeddings (its documentation, read 2026-11).
    lacks_responses: true,
    base_url: Some("https://api.cohere.com"),
    version: "/v2",
    paths: Paths::Cohere,
    key_vars: &["COHERE_API_KEY", "CO_API_KEY"],
    base_url_vars: &["COHERE_BASE_URL", "CO_API_URL"],
    asks_for_usage: false,
    says_end: true,
    usage_headers: &[
        UsageHeader {
            name: "num_tokens",
            count: Count::Total,
        },
        UsageHeader {
            name: "num-tokens",
            count: Count::Total,
        },
    ],
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |asked| {
        if asked.operation.has_no_output() {
            &WITHOUT_OUTPUT
        } else {
            &ANSWERS
        }
    },
    error_codes: ERROR_CODES,
    refusal: |told| {
        format!(
            "{{\"id\":{},\"message\":{}}}",
            quoted(told.request_id),
            quoted(told.message)
        )
    },
    refusal_headers: no_headers,
    stream_error,
    stream_error_line,
};

static ANSWERS: Answers = Answers {
    tracker: || Tracker::new(&FIELDS),
    // Version 1 repeats the whole answer in its stream's last line.
    envelope: Some(b"response"),
    totals: |counts, _| totals(counts),
    is_last_event: |kind| matches!(kind, b"message-end" | b"stream-end"),
    stop_is_last: false,
    may_end_unsaid: false,
};

/// Embeddings, ranks and classes: what is not said of output is none, and of input as well where it is billed by
/// the piece.
static WITHOUT_OUTPUT: Answers = Answers {
    totals: |counts, _| {
        let mut totals = totals(counts);
        let billed = counts.tokens(Count::Total);
        if let (false, Some(billed)) = (totals.input_reported, billed) {
            totals.usage.input_tokens = billed;
            totals.input_reported = true;
        }
        totals.input_reported |= !totals.usage.units.is_none();
        totals.output_reported |= totals.input_reported;
        totals.clamped()
    },
    ..ANSWERS
};

/// Version 2 has its figures in `usage` (the stream: in the last event's `delta`), version 1 and all answers without
/// text in `meta`. Recorded in fixtures/cohere; images documented at docs.cohere.com/reference/embed, read 2026-11.
static FIELDS: PathTable<Field, 80> = PathTable::new(&[
    ("type", Field::EventType),
    ("event_type", Field::EventType),
    ("id", Field::Id),
    ("generation_id", Field::Id),
    ("is_finished", Field::Done),
    ("finish_reason", Field::Stop),
    ("usage", Field::Usage),
    (
        "usage.billed_units.input_tokens",
        Field::Count(Count::Input),
    ),
    (
        "usage.billed_units.output_tokens",
        Field::Count(Count::Output),
    ),
    (
        "usage.billed_units.search_units",
        Field::Count(Count::Unit(Unit::SearchUnits)),
    ),
    (
        "usage.tokens.reasoning_tokens",
        Field::Count(Count::Reasoning),
    ),
    ("meta", Field::Usage),
    ("meta.billed_units.input_tokens", Field::Count(Count::Input)),
    (
        "meta.billed_units.output_tokens",
        Field::Count(Count::Output),
    ),
    (
        "meta.billed_units.image_tokens",
        Field::Count(Count::InputImage),
    ),
    (
        "meta.billed_units.images",
        Field::Count(Count::Unit(Unit::InputImages)),
    ),
    (
        "meta.billed_units.search_units",
        Field::Count(Count::Unit(Unit::SearchUnits)),
    ),
    (
        "meta.billed_units.classifications",
        Field::Count(Count::Unit(Unit::Classifications)),
    ),
    (
        "meta.tokens.reasoning_tokens",
        Field::Count(Count::Reasoning),
    ),
    ("delta.usage", Field::Usage),
    (
        "delta.usage.billed_units.input_tokens",
        Field::Count(Count::Input),
    ),
    (
        "delta.usage.billed_units.output_tokens",
        Field::Count(Count::Output),
    ),
    (
        "delta.usage.billed_units.search_units",
        Field::Count(Count::Unit(Unit::SearchUnits)),
    ),
    (
        "delta.usage.tokens.reasoning_tokens",
        Field::Count(Count::Reasoning),
    ),
    ("delta.finish_reason", Field::Stop),
    ("delta.error", Field::Error),
    ("delta.message.content.text", Field::Text),
    ("delta.message.content.thinking", Field::Text),
    ("delta.message.tool_plan", Field::Text),
    ("delta.message.tool_calls.function.name", Field::Text),
    ("delta.message.tool_calls.function.arguments", Field::Text),
    ("message.content[*].text", Field::Text),
    ("message.content[*].thinking", Field::Text),
    ("message.tool_plan", Field::Text),
    ("message.tool_calls[*].function.name", Field::Text),
    ("message.tool_calls[*].function.arguments", Field::Text),
    ("text", Field::Text),
    ("tool_calls[*]", Field::Json),
    ("generations[*].text", Field::Text),
    ("error_type", Field::ErrorKind),
]);

/// Cohere bills `billed_units`. What it calls `tokens` counts its own template too (1,833 processed for 217 billed,
/// recorded), and `cached_tokens` is a part of these: neither is in what is billed. Images' tokens lie beside the
/// input's.
fn totals(counts: &Counts) -> Totals {
    let (input, output) = (counts.tokens(Count::Input), counts.tokens(Count::Output));
    let images = counts.part(Count::InputImage);
    Totals {
        usage: Usage {
            input_tokens: input.unwrap_or(0).saturating_add(images),
            input_image_tokens: images,
            output_tokens: output.unwrap_or(0),
            reasoning_tokens: counts.part(Count::Reasoning),
            units: counts.units(),
            ..Usage::default()
        },
        input_reported: input.is_some() || images > 0,
        output_reported: output.is_some(),
    }
    .clamped()
}

/// The end of version 2's streams, as it is when generation fails.
fn stream_error(operation: Operation, _: RefusalKind, message: &str) -> Option<Vec<u8>> {
    let event = format!(
        "event: message-end\ndata: {{\"type\":\"message-end\",\"delta\":{{\"error\":{},\"finish_reason\":\"ERROR\"}}}}\n\n",
        quoted(message)
    );
    (operation == Operation::Chat).then(|| event.into_bytes())
}

/// The end of version 1's.
#[expect(
    clippy::unnecessary_wraps,
    reason = "other dialects have no streams of lines"
)]
fn stream_error_line(_: RefusalKind, message: &str) -> Option<Vec<u8>> {
    let line = format!(
        "{{\"is_finished\":true,\"event_type\":\"stream-end\",\"finish_reason\":\"ERROR\",\"response\":{{\"text\":\"\",\"finish_reason\":\"ERROR\",\"message\":{}}}}}\n",
        quoted(message)
    );
    Some(line.into_bytes())
}

/// Only too long a prompt has a word of its own (recorded 2026-08); the rest is told by the status.
const ERROR_CODES: &[Code] = &[
    code("\"TOO_MANY_TOKENS\"", ErrorClass::ContextOverflow),
    sentence("too many tokens", ErrorClass::ContextOverflow),
    sentence("blocked output", ErrorClass::ContentFiltered),
    sentence("blocked input", ErrorClass::ContentFiltered),
    // A trial key's month, which waiting does not bring back soon.
    sentence("API calls / month", ErrorClass::QuotaExhausted),
];

/// What a path behind a version asks for, if it is one that Cohere alone has.
pub(crate) fn operation(method: &str, version: Option<&str>, path: &str) -> Option<Operation> {
    let is_v2 = version == Some("/v2");
    match (method, path.trim_end_matches('/')) {
        ("POST", "/chat") => Some(Operation::Chat),
        ("POST", "/generate") if version.is_some() => Some(Operation::Completions),
        ("POST", "/embed") => Some(Operation::Embeddings),
        ("POST", "/rerank") if is_v2 => Some(Operation::Rerank),
        ("POST", "/audio/transcriptions") if is_v2 => Some(Operation::Transcription),
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

#[cfg(test)]
mod tests;
