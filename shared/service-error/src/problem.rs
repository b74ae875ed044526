use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Code, ServiceError, Span};

/// How soon a caller may come again who was sent away for a while, where nobody
/// knows better.
const RETRY_AFTER_MS: u32 = 2_000;

/// The body of an HTTP error: RFC 9457 "problem details" with our extension
/// members `code`, `request_id` and `errors`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says the kind of problem, `code` which one.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub problem_type: &'static str,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What happened and what to do.
    #[schema(example = "there is no such project, or you may not see it")]
    pub detail: String,
    /// Path of the request.
    #[schema(example = "/api/v1/projects/acme")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Stable, snake_case.
    #[schema(example = "not_found")]
    pub code: String,
    /// Finds the request in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Which parts of the request are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// Where in the query text it is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// Told in the header `Retry-After`.
    #[serde(skip)]
    pub retry_after_ms: Option<u32>,
}

/// What is wrong with one part of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemField {
    /// JSON pointer (RFC 6901) into the request.
    #[schema(example = "/name")]
    pub pointer: String,
    /// What would be right.
    pub detail: String,
}

impl Problem {
    /// A problem that only HTTP has: a status outside of the table of [`Code`]s.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            problem_type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: None,
            code: code.to_owned(),
            request_id: None,
            errors: Vec::new(),
            span: None,
            retry_after_ms: None,
        }
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let status = error.code.http();
        if matches!(
            error.code,
            Code::Internal | Code::Unavailable | Code::DeadlineExceeded
        ) {
            tracing::warn!(reason = error.reason, causes = error.causes(), "request failed");
        }
        let mut problem = Self::new(status, &error.reason, error.message);
        problem.span = error.span;
        problem.retry_after_ms = error.retry_after_ms;
        problem.errors = error
            .fields
            .into_iter()
            .map(|field| ProblemField {
                pointer: format!(
                    "/{}",
                    field
                        .field
                        .replace('~', "~0")
                        .replace('/', "~1")
                        .replace('.', "/")
                ),
                detail: field.message,
            })
            .collect();
        problem
    }
}

impl IntoResponse for Problem {
    /// The problem stands in the response's extensions too, so that a layer may
    /// complete it with what handlers do not know.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = self.clone();
        // Whole seconds (RFC 9110, 10.2.3): too late is better than too early.
        let wait_secs = self.retry_after_ms.unwrap_or(RETRY_AFTER_MS).div_ceil(1_000);
        let mut response = (status, axum::Json(self)).into_response();
        response.extensions_mut().insert(problem);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if matches!(
            status,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
        ) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_secs));
        }
        response
    }
}

impl IntoResponse for ServiceError {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}
