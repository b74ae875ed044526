use std::{sync::Arc, time::Duration};

use async_stream::stream;
use axum::response::Response;
use domain::ErrorKind;
use http::{HeaderValue, StatusCode, header};
use tokio::sync::oneshot;

use super::super::{
    Doors,
    detachable::Detachable,
    event_stream::{self, COMMENT, KEEP_ALIVE, priming_event, resumable_event, retry_field},
    refusal::json,
    takes::Takes,
};
use crate::{
    message::{Id, Request as McpRequest, Revision, Severity},
    outbox::outbox,
    relay::{Answer, Caller},
    session::{EventId, EventLog, LogReader, Session, Waiting},
};

/// How long an answer may take to be given as JSON. What takes longer gets a
/// stream, to which the client can come back.
const GRACE: Duration = Duration::from_millis(50);

/// A request on its way, beside the connection that brought it.
struct Work {
    caller: Caller,
    request: McpRequest,
    waiting: Waiting,
    log: Arc<EventLog>,
    /// Whether there is a stream for more than the answer.
    has_stream: bool,
}

/// An answer, and whether it is all that there was to say.
struct Answered {
    answer: Answer,
    is_alone: bool,
}

/// Answers one request: with JSON when the answer is soon there and all that
/// there is to say, else with a stream. The request does not depend on the
/// connection: a client that loses it comes back for the rest (2025-11-25,
/// transports, "sending messages").
pub(super) async fn answer(
    doors: &Doors,
    caller: Caller,
    session: Arc<Session>,
    request: McpRequest,
    takes: Takes,
) -> Response {
    let id = request.id.clone();
    let waiting = match doors.relay.enter(&caller, &session, &request, None) {
        Ok(waiting) => waiting,
        Err(refused) => {
            let status = match refused.kind {
                ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::BAD_REQUEST,
            };
            return json(status, refused.answer.to_message(&id));
        }
    };
    let log = session.logs.open(false);
    let reader = log.read_after(log.start());
    let (sender, mut answer) = oneshot::channel();
    let work = Work {
        caller,
        request,
        waiting,
        log: log.clone(),
        has_stream: takes.events,
    };
    let (relay, of_session) = (doors.relay.clone(), session.clone());
    let work = async move { work.run(&relay, &of_session, sender).await };
    let mut work = Detachable::new(doors.tasks.clone(), work);
    let Some(mut reader) = reader.filter(|_| takes.events) else {
        work.await;
        let answer = answer.await.map_or(Answer::Cancelled, |answered| answered.answer);
        session.logs.forget(&log);
        return answered(&answer, &id);
    };
    let first = tokio::select! {
        biased;
        () = &mut work => Some(reader.next().await),
        first = reader.next() => Some(first),
        () = tokio::time::sleep(GRACE) => None,
    };
    if takes.json
        && !takes.events_first
        && matches!(first, Some(Some(_)))
        && let Ok(Answered {
            answer,
            is_alone: true,
        }) = answer.try_recv()
    {
        session.logs.forget(&log);
        return answered(&answer, &id);
    }
    drop(work);
    let first = first.flatten();
    stream_of(session, reader, Some(log.start()), first)
}

/// The rest of a stream, from where its reader is.
pub(super) fn stream_of(
    session: Arc<Session>,
    mut reader: LogReader,
    start: Option<EventId>,
    first: Option<(EventId, Arc<str>)>,
) -> Response {
    // Clients before it take an empty event for a broken message.
    let is_primed = is_primed(&session);
    event_stream::response(stream! {
        match start {
            Some(start) if is_primed => yield priming_event(start),
            // So that the head goes out, and a proxy sees life.
            _ => yield COMMENT,
        }
        if let Some((id, message)) = first {
            yield resumable_event(id, &message);
        }
        loop {
            tokio::select! {
                biased;
                next = reader.next() => match next {
                    Some((id, message)) => yield resumable_event(id, &message),
                    None => break,
                },
                () = session.ended.cancelled() => break,
                () = tokio::time::sleep(KEEP_ALIVE) => yield COMMENT,
            }
        }
        if let Some(pause) = reader.comes_back_after() {
            yield retry_field(pause);
        }
    })
}

/// Whether the client learns how to come back before there is anything to tell,
/// and so can be let go meanwhile.
fn is_primed(session: &Session) -> bool {
    session
        .revision()
        .is_some_and(|revision| revision >= Revision::V2025_11_25)
}

impl Work {
    async fn run(
        self,
        relay: &crate::relay::Relay,
        session: &Arc<Session>,
        sender: oneshot::Sender<Answered>,
    ) {
        let Self {
            caller,
            request,
            waiting,
            log,
            has_stream,
        } = self;
        // What is still written when the session is over keeps it from ending.
        let working = session.work();
        let (writer, mut told) = outbox();
        let outbox = has_stream.then_some(&writer);
        waiting.tell_on(outbox);
        let cancel = waiting.cancel.clone();
        let answer = relay.request(&caller, &request, outbox, &cancel);
        tokio::pin!(answer);
        let mut pauses = writer.polling.pauses();
        let may_let_go = has_stream && is_primed(session);
        let mut is_let_go = false;
        let mut is_alone = true;
        let answer = loop {
            tokio::select! {
                biased;
                Some(message) = told.next() => if is_wanted(session, &message) {
                    is_alone = false;
                    log.push(message);
                },
                answer = &mut answer => break Some(answer),
                Ok(()) = pauses.changed(), if may_let_go => if let Some(pause) = *pauses.borrow_and_update() {
                    log.let_go(pause);
                    is_let_go = true;
                },
                () = log.taken_up(), if is_let_go => {
                    writer.polling.come_back();
                    is_let_go = false;
                },
                // Nobody is there to be answered: what is dropped is withdrawn.
                () = session.ended.cancelled() => break None,
            }
        };
        while let Some(message) = told.try_next() {
            if is_wanted(session, &message) {
                is_alone = false;
                log.push(message);
            }
        }
        // Its id is free again before the client can know of the answer.
        drop(waiting);
        if let Some(answer) = answer {
            let message = answer.to_message(&request.id);
            // First, so that whoever reads the message has it already.
            let _ = sender.send(Answered { answer, is_alone });
            log.push(message);
        }
        log.finish();
        drop(working);
    }
}

/// Of what servers log a client gets what it asked for.
fn is_wanted(session: &Session, message: &str) -> bool {
    match (Severity::of_message(message), session.log_level()) {
        (Some(severity), Some(from)) => severity >= from,
        _ => true,
    }
}

pub(super) fn answered(answer: &Answer, id: &Id) -> Response {
    let status = match answer {
        Answer::Denied(_) => StatusCode::FORBIDDEN,
        Answer::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
        Answer::SpoolFull => StatusCode::SERVICE_UNAVAILABLE,
        Answer::Reply(_) | Answer::Error { .. } | Answer::Cancelled => StatusCode::OK,
    };
    let mut response = json(status, answer.to_message(id));
    if let Some(seconds) = answer.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
