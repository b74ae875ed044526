use std::{convert::Infallible, time::Duration};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::Stream;
use http::{HeaderValue, header};

use crate::session::EventId;

/// How often a silent stream shows that it lives. Proxies cut silent ones after
/// a minute or so.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// After how long a client comes back that lost its connection.
pub(super) const RETRY: Duration = Duration::from_secs(1);

/// A comment, which clients ignore.
pub(super) const COMMENT: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// One event. The data has no line breaks.
pub(super) fn event(name: &str, data: &str) -> Bytes {
    format!("event: {name}\ndata: {data}\n\n").into()
}

/// A JSON-RPC message as an event.
pub(super) fn message_event(message: &str) -> Bytes {
    event("message", message)
}

/// A JSON-RPC message as an event to which the client can come back.
pub(super) fn resumable_event(id: EventId, message: &str) -> Bytes {
    format!("id: {id}\nevent: message\ndata: {message}\n\n").into()
}

/// Tells the client how to come back before there is anything else to tell
/// (2025-11-25, transports, "sending messages").
pub(super) fn priming_event(id: EventId) -> Bytes {
    format!("id: {id}\nretry: {}\ndata: \n\n", RETRY.as_millis()).into()
}

/// Tells the client when to come back to a stream that the gateway closes.
pub(super) fn retry_field(after: Duration) -> Bytes {
    format!("retry: {}\n\n", after.as_millis()).into()
}

/// The answer that a stream of events is.
pub(super) fn response(events: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let events = futures::StreamExt::map(events, Ok::<_, Infallible>);
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-transform"),
    );
    // nginx holds events back otherwise.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
