use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use crate::message::{self, ErrorCode, Id, ParseError};

/// Why a request is not served: an HTTP status, and a JSON-RPC error that says
/// what to do.
#[derive(Debug)]
pub(super) struct Refusal(Box<Answer>);

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    code: ErrorCode,
    words: String,
    id: Option<Id>,
    header: Option<(header::HeaderName, HeaderValue)>,
    data: Option<serde_json::Value>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: ErrorCode, words: impl Into<String>) -> Self {
        Self(Box::new(Answer {
            status,
            code,
            words: words.into(),
            id: None,
            header: None,
            data: None,
        }))
    }

    pub(super) fn bad_request(words: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, words)
    }

    pub(super) fn not_found(words: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::Refused, words)
    }

    pub(super) fn forbidden(words: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorCode::Refused, words)
    }

    /// RFC 9110, section 11.6.1: says how to authenticate.
    pub(super) fn unauthorized(words: impl Into<String>) -> Self {
        let challenge =
            HeaderValue::from_static("Bearer realm=\"mcp-orchestrator\", error=\"invalid_token\"");
        Self::new(StatusCode::UNAUTHORIZED, ErrorCode::Refused, words)
            .with(header::WWW_AUTHENTICATE, challenge)
    }

    pub(super) fn method_not_allowed(allowed: &'static str) -> Self {
        let words = format!("this address takes {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::Refused, words)
            .with(header::ALLOW, HeaderValue::from_static(allowed))
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let words = format!("the body is larger than {limit} bytes; send less at once");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::InvalidRequest, words)
    }

    pub(super) fn too_many_sessions() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Refused,
            "this key has as many sessions open as it may; end some with DELETE, or wait until idle ones end",
        )
        .with(header::RETRY_AFTER, HeaderValue::from_static("60"))
    }

    pub(super) fn too_many_requests(words: &str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::Refused, words)
            .with(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    pub(super) fn stopping() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Refused,
            "the gateway is stopping; come again in a few seconds",
        )
        .with(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// Nobody can be told from anybody else yet.
    pub(super) fn starting() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Refused,
            "the gateway has just started and does not know the projects yet; come again in a few seconds",
        )
        .with(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    pub(super) fn of_parsing(error: ParseError) -> Self {
        let words = error.to_string();
        match error {
            ParseError::Json(_) => Self::new(StatusCode::BAD_REQUEST, ErrorCode::Parse, words),
            ParseError::Shape { id, .. } => Self::bad_request(words).of_request(id),
        }
    }

    /// Names the request that is refused, so that the client finds it.
    pub(super) fn of_request(mut self, id: Option<Id>) -> Self {
        self.0.id = id;
        self
    }

    /// Adds what programs read in the error.
    pub(super) fn with_data(mut self, data: serde_json::Value) -> Self {
        self.0.data = Some(data);
        self
    }

    fn with(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Answer {
            status,
            code,
            words,
            id,
            header,
            data,
        } = *self.0;
        tracing::debug!(status = status.as_u16(), words, "request refused");
        let mut error = serde_json::json!({ "code": code.number(), "message": words });
        if let Some(data) = data {
            error["data"] = data;
        }
        let message = message::error_object_reply(id.as_ref(), &error.to_string());
        let mut response = json(status, message);
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// A JSON-RPC message as the body of an answer.
pub(super) fn json(status: StatusCode, message: String) -> Response {
    let mut response = Response::new(Body::from(message));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Taken, and nothing to say about it.
pub(super) fn accepted() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}
