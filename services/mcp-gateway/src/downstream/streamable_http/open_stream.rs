use std::sync::Arc;

use async_stream::stream;
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use super::{
    super::{
        Doors,
        entrance::{Visitor, text_of},
        event_stream::{self, COMMENT, KEEP_ALIVE, RETRY, priming_event, resumable_event, retry_field},
        refusal::Refusal,
        takes::Takes,
    },
    answer::stream_of,
    check_era, session,
};
use crate::{
    header_names,
    message::{ErrorCode, Revision},
    outbox::{OutboxReader, outbox},
    session::{EventId, EventLog, Session},
};

/// Streams of this kind that one session may have open.
const MAX_OPEN: usize = 16;

/// The stream by which servers reach the client of their own accord, or the
/// rest of one that broke off.
pub(super) fn get(doors: &Doors, visitor: &Visitor<'_>, headers: &HeaderMap) -> Result<Response, Refusal> {
    check_era(headers)?;
    if !Takes::of(headers)?.events {
        return Err(Takes::nothing_we_have());
    }
    let session = session(doors, visitor, headers)?;
    if doors.shutdown.is_soft() {
        return Err(Refusal::stopping());
    }
    let Some(last) = text_of(headers, header_names::LAST_EVENT_ID) else {
        let log = session.logs.open(true);
        let start = log.start();
        return open(doors, session, &log, start, true);
    };
    let event: Option<EventId> = last.trim().parse().ok();
    let log = event.and_then(|event| Some((event, session.logs.find(event)?)));
    let Some((event, log)) = log else {
        return Err(gone());
    };
    if log.is_open_ended {
        return open(doors, session, &log, event, false);
    }
    let reader = log.read_after(event).ok_or_else(gone)?;
    Ok(stream_of(session, reader, None))
}

fn open(
    doors: &Doors,
    session: Arc<Session>,
    log: &Arc<EventLog>,
    after: EventId,
    is_new: bool,
) -> Result<Response, Refusal> {
    let mut reader = log.read_after(after).ok_or_else(gone)?;
    if session.streams.count() >= MAX_OPEN {
        return Err(Refusal::too_many_requests(
            "this session has as many streams open as it may; close some",
        ));
    }
    let is_primed = is_new
        && session
            .revision()
            .is_some_and(|revision| revision >= Revision::V2025_11_25);
    let (writer, told) = outbox();
    session.streams.add(&writer);
    let mut arriving = Arriving {
        told,
        log: log.clone(),
    };
    let shutdown = doors.shutdown.clone();
    Ok(event_stream::response(stream! {
        if is_primed {
            yield priming_event(after);
        } else {
            // So that the head goes out, and a proxy sees life.
            yield COMMENT;
        }
        loop {
            tokio::select! {
                biased;
                next = reader.next() => match next {
                    Some((id, message)) => yield resumable_event(id, &message),
                    // The client reads it by another connection.
                    None => break,
                },
                message = arriving.told.next() => match message {
                    Some(message) => arriving.log.push(message),
                    None => break,
                },
                () = session.ended.cancelled() => break,
                () = shutdown.soft() => {
                    yield retry_field(RETRY);
                    break;
                }
                () = tokio::time::sleep(KEEP_ALIVE) => yield COMMENT,
            }
        }
        drop(writer);
    }))
}

/// What comes for a stream. What has come and was not sent when its connection
/// is lost waits for the next.
struct Arriving {
    told: OutboxReader,
    log: Arc<EventLog>,
}

impl Drop for Arriving {
    fn drop(&mut self) {
        while let Some(message) = self.told.try_next() {
            self.log.push(message);
        }
    }
}

fn gone() -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        ErrorCode::InvalidRequest,
        "Last-Event-ID names no event of this session, or one after which some are gone; open a stream without it",
    )
}
