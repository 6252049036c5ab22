//! Errors as RFC 9457 problem documents.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What went wrong with a request to the admin plane.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    errors: Vec<Value>,
    retry_after_seconds: Option<u64>,
}

/// A field of a body that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct FieldError {
    /// Where it stands, with dots between members.
    #[schema(example = "limit_usd")]
    pub(super) field: String,
    /// What is wrong with it.
    #[schema(example = "is no amount of money")]
    pub(super) detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
        }
    }

    /// A parameter that cannot be read.
    pub(super) fn parameter(name: &str, expected: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            format!("`{name}` must be {expected}"),
        )
    }

    /// There is no such thing, or none that the caller may know of: both look the same.
    pub(super) fn unknown(noun: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no {noun} has this id"))
    }

    /// A field of the body that is wrong.
    pub(super) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError {
            field: field.into(),
            detail: detail.into(),
        };
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "a field of the body is wrong",
        );
        problem.errors.push(json!(error));
        problem
    }

    /// The same with a list of causes.
    pub(super) fn with_errors(mut self, errors: Vec<String>) -> Self {
        self.errors = errors.into_iter().map(Value::from).collect();
        self
    }

    /// The same with a time to wait.
    pub(super) const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let (Some(body), false) = (body.as_object_mut(), self.errors.is_empty()) {
            body.insert("errors".to_owned(), self.errors.into());
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
