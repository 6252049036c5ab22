//! What the service says by itself: the type of an error in a header, an exception in a stream.
//!
//! Types are those of the service's model, so that the AWS SDKs raise the class of that name (documented at
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html> and
//! `API_runtime_Converse.html` there, read 2026-11).

use crate::call::Operation;
use crate::eventstream::exception;
use crate::json::quoted;
use crate::refusal::RefusalKind;

/// `x-amzn-errortype`, by which AWS's SDKs tell errors apart.
pub(super) fn headers(kind: RefusalKind) -> Vec<(&'static str, String)> {
    vec![("x-amzn-errortype", error_type(kind).to_owned())]
}

/// An exception, spelled as the members of a stream are.
pub(super) fn stream_error(
    operation: Operation,
    kind: RefusalKind,
    message: &str,
) -> Option<Vec<u8>> {
    let exception_type = match (error_type(kind), operation) {
        // Neither stream has a member for these.
        ("AccessDeniedException" | "ResourceNotFoundException", _) => "validationException",
        // Neither for this; whoever is told of throttling tries again, and it would only be refused again.
        ("ServiceQuotaExceededException", _) => "validationException",
        ("ThrottlingException", _) => "throttlingException",
        ("ServiceUnavailableException", _) => "serviceUnavailableException",
        ("ModelTimeoutException", Operation::Invoke) => "modelTimeoutException",
        ("ModelTimeoutException", _) => "modelStreamErrorException",
        ("ValidationException", _) => "validationException",
        _ => "internalServerException",
    };
    let json = format!("{{\"message\":{}}}", quoted(message));
    matches!(operation, Operation::Converse | Operation::Invoke)
        .then(|| exception(exception_type, &json))
}

const fn error_type(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::BadKey
        | RefusalKind::NotAllowed
        | RefusalKind::Guarded
        | RefusalKind::Unpriced => "AccessDeniedException",
        RefusalKind::ModelNotFound | RefusalKind::PathNotFound => "ResourceNotFoundException",
        RefusalKind::BudgetExhausted => "ServiceQuotaExceededException",
        RefusalKind::RateLimited | RefusalKind::CoolingDown => "ThrottlingException",
        RefusalKind::NoHealthyDeployment
        | RefusalKind::LedgerUnavailable
        | RefusalKind::CredentialUnavailable
        | RefusalKind::Overloaded => "ServiceUnavailableException",
        RefusalKind::UpstreamUnreachable => "InternalServerException",
        RefusalKind::UpstreamTimeout => "ModelTimeoutException",
        RefusalKind::InvalidRequest
        | RefusalKind::BodyTooLarge
        | RefusalKind::MethodNotAllowed
        | RefusalKind::HeaderTooLarge
        | RefusalKind::RequestTimeout
        | RefusalKind::BadHead => "ValidationException",
    }
}
