use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde::Serialize;

use crate::{Code, ServiceError};

/// The body of an HTTP error: RFC 9457 "problem details" with our extension
/// members `code`, `request_id` and `errors`.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// `about:blank`: the status says the kind of problem, `code` which one.
    #[serde(rename = "type")]
    pub problem_type: &'static str,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// Path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Stable, snake_case.
    pub code: String,
    /// Finds the request in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Which parts of the request are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
}

/// What is wrong with one part of a request.
#[derive(Debug, Clone, Serialize)]
pub struct ProblemField {
    /// JSON pointer (RFC 6901) into the request.
    pub pointer: String,
    /// What would be right.
    pub detail: String,
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
        Self {
            problem_type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: error.message,
            instance: None,
            code: error.reason,
            request_id: None,
            errors: error
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
                .collect(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}
