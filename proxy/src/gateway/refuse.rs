//! The HTTP face of everything that can go wrong here: one place, in the caller's dialect.

mod routing;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use quotah_adapters::{Dialect, FactsError, RefusalKind};
use quotah_policy::Money;
use quotah_policy::budget::Exhausted;
use quotah_policy::guard::Refused;
use quotah_policy::limit::{Mark, Overstepped, Standing};
use uuid::Uuid;

use super::body::AnswerBody;
use super::gate::GateError;
use super::io::Refused as AtTheGate;
use crate::time::rfc3339;
use crate::upstream::{ConnectError, ExchangeError, UploadFault};

/// When to come back after a momentary refusal.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A request that is not served, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    kind: RefusalKind,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    /// How the limits stand that it is under.
    standing: Option<Box<Standing>>,
}

impl Refusal {
    fn new(kind: RefusalKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            retry_after: None,
            standing: None,
        }
    }

    /// The same for a request that its limits let pass, and that stands so in them.
    pub(crate) fn standing_so(self, standing: Option<Standing>) -> Self {
        let known = self.standing;
        Self {
            standing: known.or_else(|| standing.map(Box::new)),
            ..self
        }
    }

    fn retry(self) -> Self {
        Self {
            retry_after: Some(RETRY_AFTER),
            ..self
        }
    }

    pub(crate) fn no_such_path() -> Self {
        Self::new(
            RefusalKind::PathNotFound,
            "no configured provider has such a path",
        )
    }

    /// The reason's name in metrics and the ledger.
    pub(crate) fn reason(&self) -> &'static str {
        self.kind.code()
    }

    /// Whether another deployment might take the request.
    pub(crate) fn is_about_deployment(&self) -> bool {
        matches!(
            self.kind,
            RefusalKind::BudgetExhausted | RefusalKind::Unpriced | RefusalKind::Guarded
        )
    }

    /// What its caller reads.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn at_the_gate(refused: Option<AtTheGate>) -> Self {
        match refused {
            Some(AtTheGate::HeadTimeout) => Self::new(
                RefusalKind::RequestTimeout,
                "request head did not arrive in time",
            ),
            Some(AtTheGate::Gate(GateError::TooLarge)) => {
                Self::new(RefusalKind::HeaderTooLarge, GateError::TooLarge.to_string())
            }
            Some(AtTheGate::Gate(error)) => Self::new(RefusalKind::BadHead, error.to_string()),
            None => Self::new(RefusalKind::BadHead, "method is not served here"),
        }
    }

    pub(crate) fn invalid_key() -> Self {
        Self::new(RefusalKind::BadKey, "the API key is missing or not valid")
    }

    pub(crate) fn overloaded() -> Self {
        Self::new(
            RefusalKind::Overloaded,
            "too many requests are under way; try again shortly",
        )
        .retry()
    }

    pub(crate) fn memory_full() -> Self {
        Self::new(
            RefusalKind::Overloaded,
            "the bodies of other requests take all memory that there is for them; try again shortly",
        )
        .retry()
    }

    pub(crate) fn body_too_large(bytes_max: u64) -> Self {
        Self::new(
            RefusalKind::BodyTooLarge,
            format!("request body is over the limit of {bytes_max} bytes"),
        )
    }

    pub(crate) fn body_timeout() -> Self {
        Self::new(RefusalKind::RequestTimeout, "request body stopped arriving")
    }

    pub(crate) fn broken_body() -> Self {
        Self::new(
            RefusalKind::InvalidRequest,
            "request body ended early or is not framed correctly",
        )
    }

    pub(crate) fn bad_request(error: &FactsError) -> Self {
        Self::new(RefusalKind::InvalidRequest, error.to_string())
    }

    pub(crate) fn upload(fault: &UploadFault) -> Self {
        match fault {
            UploadFault::TooLarge(bytes_max) => Self::body_too_large(*bytes_max),
            UploadFault::Silence => Self::body_timeout(),
            UploadFault::Broken | UploadFault::Left => Self::broken_body(),
            UploadFault::Ambiguous(error) => Self::bad_request(error),
        }
    }

    /// A hard budget has no room for the request.
    pub(crate) fn exhausted(exhausted: &Exhausted) -> Self {
        Self::new(RefusalKind::BudgetExhausted, exhausted_text(exhausted))
    }

    /// A limit is reached.
    pub(crate) fn overstepped(overstepped: &Overstepped) -> Self {
        let wait = overstepped.retry_after;
        let wait_ms = wait.as_nanos().div_ceil(1_000_000).max(1);
        let message = format!("{overstepped}; try again in {wait_ms} ms");
        Self {
            retry_after: Some(wait),
            standing: Some(overstepped.standing.clone()),
            ..Self::new(RefusalKind::RateLimited, message)
        }
    }

    /// A guard does not allow it.
    pub(crate) fn guarded(refused: &Refused) -> Self {
        match refused {
            Refused::TooMuch {
                field: "body_bytes_max",
                max,
                ..
            } => Self::body_too_large(*max),
            _ => Self::new(RefusalKind::Guarded, refused.to_string()),
        }
    }

    /// A guard would lower what stands in a form, which has no place for that.
    pub(crate) fn answers_in_a_form() -> Self {
        Self::new(
            RefusalKind::Guarded,
            "a guard allows fewer answers at once, and those of a form cannot be lowered: ask for fewer",
        )
    }

    /// Nobody can say what the request would cost, and a hard budget wants to know.
    pub(crate) fn unpriced(model: &str, budget: &str) -> Self {
        Self::new(
            RefusalKind::Unpriced,
            format!(
                "the model {:?} has no price, and the hard budget {budget:?} holds for this request",
                short(model)
            ),
        )
    }

    /// What is spent could not be written down, and a hard budget wants it written.
    pub(crate) fn ledger_unavailable() -> Self {
        Self::new(
            RefusalKind::LedgerUnavailable,
            "the ledger cannot be written just now, and a hard budget holds for this request",
        )
        .retry()
    }

    /// No credential for a provider can be had; `why` is one of a few fixed phrases.
    pub(crate) fn no_credential(provider: &str, why: &'static str) -> Self {
        Self::new(
            RefusalKind::CredentialUnavailable,
            format!("no credential for the provider {provider:?} can be had: {why}"),
        )
        .retry()
    }

    /// A client's signature that cannot hold where its request goes.
    pub(crate) fn signed_for_us() -> Self {
        Self::new(
            RefusalKind::BadKey,
            "a SigV4 signature is bound to the host that it was made for, which is this gateway: \
             send a Bedrock API key as a bearer token, or let the gateway hold the credential",
        )
    }

    pub(crate) fn upstream(error: ExchangeError) -> Self {
        let kind = match error {
            ExchangeError::FirstByteTimeout
            | ExchangeError::IdleTimeout
            | ExchangeError::TotalTimeout
            | ExchangeError::Connect(ConnectError::Timeout) => RefusalKind::UpstreamTimeout,
            ExchangeError::Draining => {
                return Self::new(RefusalKind::Overloaded, error.to_string()).retry();
            }
            ExchangeError::Connect(_)
            | ExchangeError::Upload
            | ExchangeError::Closed
            | ExchangeError::BrokenOff
            | ExchangeError::Protocol
            | ExchangeError::Upgrade => RefusalKind::UpstreamUnreachable,
        };
        Self::new(kind, error.to_string())
    }
}

/// What a caller is told of a budget: its name, what is left of it, and when it begins anew.
pub(crate) fn exhausted_text(exhausted: &Exhausted) -> String {
    let Exhausted {
        budget, balance, ..
    } = exhausted;
    let left = balance.room().max(Money::ZERO);
    let under_way = if balance.reserved > Money::ZERO {
        format!(
            " ({} USD are set aside for requests under way)",
            balance.reserved
        )
    } else {
        String::new()
    };
    let anew = if balance.period.ends() {
        format!("it begins anew at {}", rfc3339(balance.period.end_unix_ms))
    } else {
        "it does not begin anew by itself".to_owned()
    };
    format!(
        "budget {budget:?} is exhausted: {left} USD are left of {} USD{under_way}; {anew}",
        balance.limit
    )
}

/// Says how the tightest of our own limits stand.
pub(crate) fn put_standing(headers: &mut HeaderMap, standing: &Standing) {
    let mut put = |mark: Option<Mark>, names: [&'static str; 3]| {
        let Some(mark) = mark else { return };
        let reset = mark.reset.as_nanos().div_ceil(1_000_000_000);
        let reset = u64::try_from(reset).unwrap_or(u64::MAX);
        for (name, figure) in names.into_iter().zip([mark.limit, mark.remaining, reset]) {
            headers.insert(name, HeaderValue::from(figure));
        }
    };
    put(
        standing.requests,
        [
            "x-quotah-ratelimit-limit-requests",
            "x-quotah-ratelimit-remaining-requests",
            "x-quotah-ratelimit-reset-requests",
        ],
    );
    put(
        standing.tokens,
        [
            "x-quotah-ratelimit-limit-tokens",
            "x-quotah-ratelimit-remaining-tokens",
            "x-quotah-ratelimit-reset-tokens",
        ],
    );
}

/// At most 64 characters of what a client sent, for a message.
fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(64)).unwrap_or_default()
}

/// Answers refusals in one request's dialect.
#[derive(Debug, Clone)]
pub(crate) struct Refuser {
    dialect: Dialect,
    id: Uuid,
}

impl Refuser {
    pub(crate) fn new(dialect: Dialect, id: Uuid) -> Self {
        Self { dialect, id }
    }

    /// The request's id.
    pub(crate) fn id(&self) -> Uuid {
        self.id
    }

    /// The id as `x-quotah-request-id` says it.
    pub(crate) fn id_value(&self) -> HeaderValue {
        let mut text = Uuid::encode_buffer();
        let text = self.id.hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// The HTTP status that a refusal has in this dialect.
    pub(crate) fn status(&self, refusal: &Refusal) -> StatusCode {
        StatusCode::from_u16(refusal.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The whole answer.
    pub(crate) fn answer(&self, refusal: &Refusal) -> Response<AnswerBody> {
        let id = self.id.hyphenated().to_string();
        let body = refusal
            .kind
            .body(self.dialect, &refusal.message, &id, refusal.retry_after);
        let length = body.len();
        let mut response = Response::new(AnswerBody::Local(Bytes::from(body)));
        *response.status_mut() = self.status(refusal);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert("x-quotah-request-id", self.id_value());
        if let Some(standing) = &refusal.standing {
            put_standing(headers, standing);
        }
        for (name, value) in refusal.kind.headers(self.dialect, refusal.retry_after) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}
