//! AWS Bedrock's wire format: `converse` and `invoke`, plain and as event streams.

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, never_last, no_headers};
use crate::call::{Dialect, Operation};
use crate::json::quoted;
use crate::meter::{Count, Counts, Field, Totals};
use crate::path::{Call, call};
use crate::provider::{Paths, Provider};
use crate::scan::{PathTable, Tracker};

pub(crate) const PROVIDER: Provider = Provider {
    name: "bedrock",
    title: "AWS Bedrock",
    dialect: Dialect::Bedrock,
    also_speaks: &[Dialect::OpenAi],
    base_url: None,
    paths: Paths::Bedrock,
    key_vars: &["AWS_BEARER_TOKEN_BEDROCK"],
    base_url_vars: &["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
    asks_for_usage: false,
    ..Provider::COMPATIBLE
};

pub(crate) static ADAPTER: Adapter = Adapter {
    answers: |_| &ANSWERS,
    error_codes: &[],
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
    ("usage.inputTokens", Field::Count(Count::Input)),
    ("usage.outputTokens", Field::Count(Count::Output)),
    ("stopReason", Field::Stop),
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

/// `/model/{id}/{verb}`; the id is one percent-encoded segment.
pub(crate) fn classify(path: &str) -> Option<Call> {
    const BEFORE: &str = "/model/";
    let (id, verb) = path.strip_prefix(BEFORE)?.split_once('/')?;
    let (operation, streams) = match verb {
        "converse" => (Operation::Converse, false),
        "converse-stream" => (Operation::Converse, true),
        "invoke" => (Operation::Invoke, false),
        "invoke-with-response-stream" => (Operation::Invoke, true),
        "count-tokens" => (Operation::CountTokens, false),
        _ => (Operation::Other, false),
    };
    let model = BEFORE.len()..BEFORE.len().saturating_add(id.len());
    Some(
        call(Dialect::Bedrock, operation)
            .naming(model, streams)
            .entire(),
    )
}

/// What stands before a path in `OpenAI`'s dialect: the mantle endpoint's `/openai/v1` unless the base URL says
/// otherwise.
pub(crate) fn compatible_front(base: &str) -> String {
    if base.ends_with("/v1") {
        base.to_owned()
    } else {
        [base, "/openai/v1"].concat()
    }
}
