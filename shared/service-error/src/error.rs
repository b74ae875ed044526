use std::{error::Error, sync::Arc, time::Duration};

use serde::Serialize;
use utoipa::ToSchema;

use crate::Code;

/// Why a request was not done: a code, a stable reason for programs, and words
/// for people that say what to do.
///
/// The cause, where there is one, is for the log of the service and never
/// leaves it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct ServiceError {
    /// The row of the table.
    pub code: Code,
    /// Stable, snake_case, finer than the code: `slug_taken`, `key_revoked`.
    pub reason: String,
    /// What happened and what to do.
    pub message: String,
    /// Which parts of the request are wrong, where parts are.
    pub fields: Vec<FieldError>,
    /// Where in a query text it is wrong.
    pub span: Option<Span>,
    /// How long to wait before trying again, where that is known.
    pub retry_after_ms: Option<u32>,
    #[source]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path with dots: `definition.timeout_ms`.
    pub field: String,
    /// What would be right.
    pub message: String,
}

/// A part of a text, in UTF-16 code units, as browsers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Span {
    /// Where it begins.
    #[schema(example = 7)]
    pub start: u32,
    /// Where it ends; what stands here is no part of it.
    #[schema(example = 12)]
    pub end: u32,
}

impl ServiceError {
    /// An error of that code.
    pub fn new(code: Code, reason: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            message: message.into(),
            fields: Vec::new(),
            span: None,
            retry_after_ms: None,
            source: None,
        }
    }

    /// A field whose value cannot be what it should be.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        let mut error = Self::new(
            Code::InvalidArgument,
            "invalid_argument",
            format!("{field}: {message}"),
        );
        error.fields.push(FieldError { field, message });
        error
    }

    /// Something that does not exist, or that the caller may not see.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            Code::NotFound,
            "not_found",
            format!("there is no such {what}, or you may not see it"),
        )
    }

    /// A fault of ours. The cause is logged where the error leaves the service.
    pub fn internal(source: impl Error + Send + Sync + 'static) -> Self {
        Self::new(
            Code::Internal,
            "internal",
            "this failed on our side; the request id finds it in the logs",
        )
        .caused_by(source)
    }

    /// Adds how long to wait before trying again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after_ms = Some(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// The causes, outermost first, in one line.
    pub fn causes(&self) -> String {
        let mut causes = Vec::new();
        let mut next = self.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        causes.join(": ")
    }
}
