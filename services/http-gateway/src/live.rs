//! The live tails: tool calls, and lines of servers, as server-sent events, from
//! a cursor on.
//!
//! Events: `call` (a tool call, new or changed) and `dropped` (`{"n": …}`: the
//! reader was too slow for so many, and should list again); `line`. The id of an event
//! is the cursor to go on from; a browser sends it back as `Last-Event-ID`. A
//! stream ends when the service behind it goes away; the reader comes again.

use std::{convert::Infallible, time::Duration};

use axum::{
    http::HeaderMap,
    response::{
        IntoResponse as _, Response,
        sse::{Event, Sse},
    },
};
use domain::Permission;
use futures::Stream;
use proto::logging as wire;
use serde::Serialize;
use service_error::{Code, ServiceError};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{MissedTickBehavior, interval},
};
use tonic::Streaming;

use crate::{
    app::App,
    caller::Caller,
    routes::{Payloads, ServerLog, ToolCall},
};

/// How long a browser waits until it comes again.
const RETRY: Duration = Duration::from_secs(2);

/// How often it is asked whether the reader may still read: who may not any more
/// reads on for at most 5 seconds.
const LOOKS_EVERY: Duration = Duration::from_secs(3);

/// One live tail.
pub(crate) struct Tail<M> {
    pub(crate) messages: Streaming<M>,
    /// What one message is to a browser.
    pub(crate) events: Box<dyn Fn(M) -> Vec<Event> + Send>,
    pub(crate) project_id: String,
    pub(crate) caller: Caller,
    /// The place among the tails that this one takes.
    pub(crate) place: OwnedSemaphorePermit,
}

#[derive(Serialize)]
struct Dropped {
    n: u64,
}

/// Takes a place, or refuses when all are taken.
pub(crate) fn place(app: &App) -> Result<OwnedSemaphorePermit, ServiceError> {
    app.tails.clone().try_acquire_owned().map_err(|_| {
        ServiceError::new(
            Code::Unavailable,
            "too_many_live_tails",
            "all places for live tails are taken; try again, or raise max_live_tails",
        )
    })
}

/// Where a reader wants to go on: what it saw last, before what it asked for at
/// first.
pub(crate) fn cursor(headers: &HeaderMap, asked: Option<String>) -> String {
    headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .map(str::to_owned)
        .or(asked)
        .unwrap_or_default()
}

pub(crate) fn respond<M: Send + 'static>(app: App, tail: Tail<M>) -> Response {
    // A proxy that gathers a stream before it passes it on makes it useless.
    ([("x-accel-buffering", "no")], Sse::new(events(app, tail))).into_response()
}

fn events<M>(app: App, mut tail: Tail<M>) -> impl Stream<Item = Result<Event, Infallible>> {
    async_stream::stream! {
        let _place = tail.place;
        let mut heartbeat = interval(app.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is at once, and the caller has just been asked.
        heartbeat.tick().await;
        let mut look = interval(app.heartbeat.min(LOOKS_EVERY));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        look.tick().await;
        yield Ok(Event::default().retry(RETRY).comment("live"));
        loop {
            tokio::select! {
                message = tail.messages.message() => match message {
                    Ok(Some(message)) => {
                        for event in (tail.events)(message) {
                            yield Ok(event);
                        }
                    }
                    Ok(None) => return,
                    Err(status) => {
                        tracing::debug!(code = ?status.code(), "the tail behind a live tail ended");
                        return;
                    }
                },
                _ = heartbeat.tick() => {
                    yield Ok(Event::default().comment("heartbeat"));
                }
                _ = look.tick() => {
                    if has_lost_access(&app, &tail.caller, &tail.project_id).await {
                        return;
                    }
                }
                () = app.shutdown.soft() => return,
            }
        }
    }
}

/// The events of one message about calls.
pub(crate) fn events_of_calls(message: wire::TailToolCallsResponse, payloads: Payloads) -> Vec<Event> {
    let calls = message.tool_calls.into_iter();
    let calls = calls.map(|call| ("call", ToolCall::new(call, payloads)));
    let mut events = events_named(calls);
    if message.skipped > 0 {
        events.extend(events_named([("dropped", Dropped { n: message.skipped })]));
    }
    with_cursor(events, message.cursor)
}

/// The events of one message about lines of servers.
pub(crate) fn events_of_lines(message: wire::TailServerLogsResponse) -> Vec<Event> {
    let lines = message.server_logs.into_iter();
    let events = events_named(lines.map(|line| ("line", ServerLog::from(line))));
    with_cursor(events, message.cursor)
}

fn events_named<T: Serialize>(items: impl IntoIterator<Item = (&'static str, T)>) -> Vec<Event> {
    let event = |(name, item)| Event::default().event(name).json_data(item).ok();
    items.into_iter().filter_map(event).collect()
}

/// Only the last event of a message carries the cursor: a reader that breaks off
/// in the middle gets the whole message again.
fn with_cursor(mut events: Vec<Event>, cursor: String) -> Vec<Event> {
    if !cursor.is_empty() {
        // Without data nothing is dispatched, and the cursor is still remembered.
        let last = events.pop().unwrap_or_default();
        events.push(last.id(cursor));
    }
    events
}

/// A service that does not answer is no reason to end a stream.
async fn has_lost_access(app: &App, caller: &Caller, project_id: &str) -> bool {
    match app.authorize(caller, project_id, &[Permission::ReadLogs]).await {
        Ok(_) => false,
        Err(error) => matches!(
            error.code,
            Code::Unauthenticated | Code::PermissionDenied | Code::NotFound
        ),
    }
}
