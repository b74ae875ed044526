use std::{collections::HashMap, time::Duration};

use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{Code, FieldError, ServiceError, Span};

/// The `domain` of `google.rpc.ErrorInfo`, which scopes reasons.
const DOMAIN: &str = "mcp-orchestrator";

/// Keys of its metadata.
const SPAN_START: &str = "span_start";
const SPAN_END: &str = "span_end";

impl From<ServiceError> for Status {
    /// The boundary of a service: causes are logged here and go no further.
    fn from(error: ServiceError) -> Self {
        if matches!(error.code, Code::Internal) {
            tracing::error!(reason = error.reason, causes = error.causes(), "request failed");
        } else {
            tracing::debug!(
                reason = error.reason,
                message = error.message,
                causes = error.causes(),
                "request refused"
            );
        }
        let mut details = ErrorDetails::new();
        let span = error.span.into_iter();
        let metadata = span.flat_map(|span| {
            [
                (SPAN_START.to_owned(), span.start.to_string()),
                (SPAN_END.to_owned(), span.end.to_string()),
            ]
        });
        details.set_error_info(error.reason, DOMAIN, metadata.collect::<HashMap<_, _>>());
        if let Some(wait_ms) = error.retry_after_ms {
            details.set_retry_info(Some(Duration::from_millis(wait_ms.into())));
        }
        for field in error.fields {
            details.add_bad_request_violation(field.field, field.message);
        }
        Self::with_error_details(error.code.grpc(), error.message, details)
    }
}

impl From<Status> for ServiceError {
    /// What another service answered. Words of a library about a broken
    /// connection are kept as the cause; people read ours.
    fn from(status: Status) -> Self {
        let code = Code::from_grpc(status.code());
        let details = status.get_error_details();
        let Some(info) = details.error_info() else {
            let message = match code {
                Code::Unavailable | Code::DeadlineExceeded => {
                    "a part of the system cannot be reached at the moment; try again in a few seconds"
                }
                Code::Internal => "this failed on our side; the request id finds it in the logs",
                _ => status.message(),
            };
            let reason = match code {
                Code::Unavailable => "unavailable",
                Code::DeadlineExceeded => "deadline_exceeded",
                Code::Internal => "internal",
                _ => "refused_by_service",
            };
            return Self::new(code, reason, message).caused_by(status);
        };
        let mut error = Self::new(code, &info.reason, status.message());
        let number = |name| info.metadata.get(name)?.parse().ok();
        error.span = number(SPAN_START)
            .zip(number(SPAN_END))
            .map(|(start, end)| Span { start, end });
        if let Some(wait) = details.retry_info().and_then(|info| info.retry_delay) {
            error = error.retry_after(wait);
        }
        if let Some(bad_request) = details.bad_request() {
            error.fields = bad_request
                .field_violations
                .iter()
                .map(|violation| FieldError {
                    field: violation.field.clone(),
                    message: violation.description.clone(),
                })
                .collect();
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_crosses_grpc_with_its_reason_and_its_fields_but_not_its_cause() {
        let mut sent = ServiceError::invalid("definition.timeout_ms", "expected 1000 to 3600000")
            .caused_by(std::io::Error::other("a secret"));
        sent.span = Some(Span { start: 7, end: 12 });
        sent.retry_after_ms = Some(1_500);
        let status = Status::from(sent);
        assert!(!format!("{status:?}").contains("a secret"));
        let received = ServiceError::from(status);
        assert_eq!(received.code, Code::InvalidArgument);
        assert_eq!(received.reason, "invalid_argument");
        assert_eq!(received.fields[0].field, "definition.timeout_ms");
        assert_eq!(received.span, Some(Span { start: 7, end: 12 }));
        assert_eq!(received.retry_after_ms, Some(1_500));
    }

    #[test]
    fn a_broken_connection_is_told_in_our_words() {
        let received = ServiceError::from(Status::unavailable("tcp connect error: os error 111"));
        assert_eq!(received.reason, "unavailable");
        assert!(!received.message.contains("os error"), "{}", received.message);
    }
}
