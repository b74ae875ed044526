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
    relay::{Answer, Caller, Relay},
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
    session: Arc<Session>,
    /// For more than the answer, where the client takes that.
    stream: Option<Stream>,
}

/// The stream of an answer, which is opened when it is needed.
struct Stream {
    log: Option<Arc<EventLog>>,
    /// Hands its first reader over.
    opened: Option<oneshot::Sender<LogReader>>,
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
    let (sender, mut opened) = oneshot::channel();
    let mut stream = Stream {
        log: None,
        opened: Some(sender),
    };
    let is_stream = takes.events && (takes.events_first || !takes.json);
    if is_stream {
        stream.open(&session);
    }
    let work = Work {
        caller,
        request,
        waiting,
        session: session.clone(),
        stream: takes.events.then_some(stream),
    };
    let mut work = Detachable::new(doors.tasks.clone(), || work.run(doors.relay.clone()));
    if !takes.events {
        return answered(&work.await.unwrap_or(Answer::Cancelled), &id);
    }
    let reader = tokio::select! {
        biased;
        answer = &mut work, if !is_stream => match answer {
            Some(answer) => return answered(&answer, &id),
            None => opened.try_recv().ok(),
        },
        reader = &mut opened => reader.ok(),
    };
    drop(work);
    match reader {
        Some(reader) => {
            let start = reader.start();
            stream_of(session, reader, Some(start))
        }
        // The session has ended, and with it the request.
        None => answered(&Answer::Cancelled, &id),
    }
}

/// The rest of a stream, from where its reader is.
pub(super) fn stream_of(session: Arc<Session>, mut reader: LogReader, start: Option<EventId>) -> Response {
    // Clients before it take an empty event for a broken message.
    let is_primed = is_primed(&session);
    event_stream::response(stream! {
        match start {
            Some(start) if is_primed => yield priming_event(start),
            // So that the head goes out, and a proxy sees life.
            _ => yield COMMENT,
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
    /// Gives the answer, where there is no stream by which it was given.
    fn run(self, relay: Arc<Relay>) -> impl Future<Output = Option<Answer>> + Send {
        let Self {
            caller,
            request,
            waiting,
            session,
            mut stream,
        } = self;
        // Not an `async fn`: that has room for all this twice.
        async move {
            // What is still written when the session is over keeps it from ending.
            let working = session.work();
            let (writer, mut told) = outbox();
            let outbox = stream.is_some().then_some(&writer);
            waiting.tell_on(outbox);
            let cancel = waiting.cancel.clone();
            let answer = relay.request(&caller, &request, outbox, &cancel);
            let grace = tokio::time::sleep(GRACE);
            tokio::pin!(answer, grace);
            let may_let_go = stream.is_some() && is_primed(&session);
            // Whose client is to come back for more.
            let mut let_go: Option<Arc<EventLog>> = None;
            let answer = loop {
                let has_time = stream.as_ref().is_some_and(|stream| stream.log.is_none());
                tokio::select! {
                    biased;
                    Some(message) = told.next() => if let Some(stream) = &mut stream {
                        stream.tell(&session, message);
                    },
                    answer = &mut answer => break Some(answer),
                    () = &mut grace, if has_time => if let Some(stream) = &mut stream {
                        stream.open(&session);
                    },
                    pause = writer.polling().changed(), if may_let_go => {
                        if let (Some(pause), Some(stream)) = (pause, &mut stream) {
                            let log = stream.open(&session);
                            log.let_go(pause);
                            let_go = Some(log.clone());
                        }
                    },
                    () = taken_up(let_go.as_deref()), if let_go.is_some() => {
                        writer.polling().come_back();
                        let_go = None;
                    },
                    // Nobody is there to be answered: what is dropped is withdrawn.
                    () = session.ended.cancelled() => break None,
                }
            };
            while let (Some(stream), Some(message)) = (&mut stream, told.try_next()) {
                stream.tell(&session, message);
            }
            // Its id is free again before the client can know of the answer.
            drop(waiting);
            let answer = match stream.and_then(|stream| stream.log) {
                None => answer,
                Some(log) => {
                    if let Some(answer) = answer {
                        log.push(answer.to_message(&request.id));
                    }
                    log.finish();
                    None
                }
            };
            drop(working);
            answer
        }
    }
}

impl Stream {
    fn open(&mut self, session: &Session) -> &Arc<EventLog> {
        let opened = &mut self.opened;
        self.log.get_or_insert_with(|| {
            let log = session.logs.open(false);
            // Nobody is there to read it where the connection is gone.
            if let (Some(opened), Some(reader)) = (opened.take(), log.read_after(log.start())) {
                let _ = opened.send(reader);
            }
            log
        })
    }

    /// Of what servers log a client gets what it asked for.
    fn tell(&mut self, session: &Session, message: String) {
        let is_wanted = match (Severity::of_message(&message), session.log_level()) {
            (Some(severity), Some(from)) => severity >= from,
            _ => true,
        };
        if is_wanted {
            self.open(session).push(message);
        }
    }
}

async fn taken_up(log: Option<&EventLog>) {
    if let Some(log) = log {
        log.taken_up().await;
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
