use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::refusal::Refusal;
use crate::message::{ErrorCode, MAX_CLIENT_BODY_BYTES};

/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(30);

/// Reads a body of JSON, no further than the limit.
pub(super) async fn read_json(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::InvalidRequest,
            "send the message with Content-Type: application/json",
        ));
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_CLIENT_BODY_BYTES) {
        return Err(Refusal::too_large(MAX_CLIENT_BODY_BYTES));
    }
    match tokio::time::timeout(WITHIN, Limited::new(body, MAX_CLIENT_BODY_BYTES).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::too_large(MAX_CLIENT_BODY_BYTES)),
        Ok(Err(_)) => Err(Refusal::bad_request("the body broke off")),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::InvalidRequest,
            "the body did not arrive within 30 seconds",
        )),
    }
}
