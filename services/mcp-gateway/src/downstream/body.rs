use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming as Body;

use super::refusal::Refusal;
use crate::message::{ErrorCode, MAX_CLIENT_BODY_BYTES};

/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(30);

/// How much of a body that is refused is read and dropped, and for how long: a
/// client that is still sending does not see an answer before it has sent all.
const MAX_DROPPED_BYTES: usize = 32 * 1024 * 1024;
const DROP_WITHIN: Duration = Duration::from_secs(5);

/// Reads a body of JSON, and keeps no more of it than the limit.
pub(super) async fn read_json(headers: &HeaderMap, mut body: Body) -> Result<Bytes, Refusal> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::InvalidRequest,
            "send the message with Content-Type: application/json",
        ));
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_CLIENT_BODY_BYTES) {
        // Who asks first (RFC 9110, section 10.1.1) has not begun to send.
        if !headers.contains_key(header::EXPECT) {
            drop_rest(&mut body).await;
        }
        return Err(Refusal::too_large(MAX_CLIENT_BODY_BYTES));
    }
    match tokio::time::timeout(WITHIN, read(&mut body)).await {
        Ok(Ok(Some(body))) => Ok(body),
        Ok(Ok(None)) => {
            drop_rest(&mut body).await;
            Err(Refusal::too_large(MAX_CLIENT_BODY_BYTES))
        }
        Ok(Err(_)) => Err(Refusal::bad_request("the body broke off; send it again")),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::InvalidRequest,
            "the body did not arrive within 30 seconds",
        )),
    }
}

/// All of a body; none where it is over the limit. Most come in one piece, which is
/// not copied.
async fn read(body: &mut Body) -> Result<Option<Bytes>, hyper::Error> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if first.len() + rest.len() + data.len() > MAX_CLIENT_BODY_BYTES {
            return Ok(None);
        }
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            rest.extend_from_slice(&std::mem::take(&mut first));
            rest.extend_from_slice(&data);
        }
    }
    Ok(Some(if rest.is_empty() { first } else { rest.freeze() }))
}

async fn drop_rest(body: &mut Body) {
    let dropping = async {
        let mut dropped = 0;
        while let Some(Ok(frame)) = body.frame().await {
            dropped += frame.data_ref().map_or(0, Bytes::len);
            if dropped > MAX_DROPPED_BYTES {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(DROP_WITHIN, dropping).await;
}
