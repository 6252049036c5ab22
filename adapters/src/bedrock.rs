//! AWS Bedrock's wire format: `converse` and `invoke`, plain and as event streams.

use quotah_policy::Usage;

use crate::adapter::{Adapter, Answers, never_last, no_headers};
use crate::call::{Dialect, Operation};
use crate::error_class::{Code, ErrorClass, code, sentence};
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
    error_codes: ERROR_CODES,
    refusal: |told| format!("{{\"message\":{}}}", quoted(told.message)),
    refusal_headers: no_headers,
    stream_error: |_, _, _| None,
    stream_error_line: |_, _| None,
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

/// Types stand in `x-amzn-errortype`, in a stream's `:exception-type`, or in `__type`; a sentence tells the rest.
/// Models behind `invoke` have sentences of their own.
const ERROR_CODES: &[Code] = &[
    sentence("Input is too long", ErrorClass::ContextOverflow),
    sentence("Input Tokens Exceeded", ErrorClass::ContextOverflow),
    sentence("Too many input tokens", ErrorClass::ContextOverflow),
    sentence("prompt is too long", ErrorClass::ContextOverflow),
    sentence("maximum context length", ErrorClass::ContextOverflow),
    sentence("oo many tokens per day", ErrorClass::QuotaExhausted),
    code(
        "\"ServiceQuotaExceededException\"",
        ErrorClass::QuotaExhausted,
    ),
    code("\"ThrottlingException\"", ErrorClass::RateLimited),
    code("\"TooManyRequestsException\"", ErrorClass::RateLimited),
    code("\"ModelNotReadyException\"", ErrorClass::Overloaded),
    code("\"ServiceUnavailableException\"", ErrorClass::Overloaded),
    code("\"ModelTimeoutException\"", ErrorClass::Timeout),
    code("\"AccessDeniedException\"", ErrorClass::BadCredential),
    code("\"ExpiredTokenException\"", ErrorClass::BadCredential),
    code("\"UnrecognizedClientException\"", ErrorClass::BadCredential),
    code("\"InvalidSignatureException\"", ErrorClass::BadCredential),
    code(
        "\"IncompleteSignatureException\"",
        ErrorClass::BadCredential,
    ),
    code(
        "\"MissingAuthenticationTokenException\"",
        ErrorClass::BadCredential,
    ),
    code("\"InvalidClientTokenId\"", ErrorClass::BadCredential),
    code("\"ModelErrorException\"", ErrorClass::ServerError),
    code("\"ModelStreamErrorException\"", ErrorClass::ServerError),
    code("\"InternalServerException\"", ErrorClass::ServerError),
    code("\"ValidationException\"", ErrorClass::BadRequest),
    code("\"ResourceNotFoundException\"", ErrorClass::BadRequest),
];
