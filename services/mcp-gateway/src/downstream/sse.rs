use std::sync::Arc;

use async_stream::stream;
use axum::response::Response;
use domain::{Door, SessionEnd};
use http::{Method, StatusCode, request};
use hyper::body::Incoming as Body;
use service_host::OnFailure;

use super::{
    Doors,
    body::read_json,
    entrance::Visitor,
    event_stream::{self, COMMENT, KEEP_ALIVE, event, message_event},
    refusal::{Refusal, accepted},
};
use crate::{
    message::{self, ErrorCode, Incoming, Message, Request as McpRequest},
    outbox::{Outbox, outbox},
    relay::{Answer, Caller},
    session::{Greeting, Session},
};

/// `.../sse`: opens a session of HTTP+SSE, revision 2024-11-05. The stream is
/// the session: all answers come by it, and when it closes, the session ends.
pub(super) fn serve_stream(
    doors: &Arc<Doors>,
    visitor: &Visitor<'_>,
    head: &request::Parts,
) -> Result<Response, Refusal> {
    if head.method != Method::GET {
        return Err(Refusal::method_not_allowed("GET"));
    }
    if doors.shutdown.is_soft() {
        return Err(Refusal::stopping());
    }
    let session = doors
        .relay
        .sessions
        .open(
            &visitor.key,
            visitor.endpoint,
            Door::Sse,
            visitor.user_agent,
            &visitor.ip_address(),
        )
        .map_err(|_| Refusal::too_many_sessions())?;
    let (writer, mut reader) = outbox();
    session.streams.add(&writer);
    doors.relay.sessions.record(&session);
    // Beside the address of the stream: relative, so that it stays right behind
    // any proxy.
    let path = head.uri.path();
    let base = path.strip_suffix("/sse").unwrap_or(path);
    let endpoint = event(
        "endpoint",
        &format!("{base}/messages?session_id={}", session.token),
    );
    let open = OpenStream {
        doors: doors.clone(),
        session: session.clone(),
    };
    Ok(event_stream::response(stream! {
        let _open = open;
        let _writer = writer;
        yield endpoint;
        loop {
            tokio::select! {
                biased;
                message = reader.next() => match message {
                    Some(message) => yield message_event(&message),
                    None => break,
                },
                () = session.ended.cancelled() => break,
                () = tokio::time::sleep(KEEP_ALIVE) => yield COMMENT,
            }
        }
    }))
}

/// Ends the session with its stream.
struct OpenStream {
    doors: Arc<Doors>,
    session: Arc<Session>,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.doors.relay.sessions.end(&self.session, SessionEnd::Closed);
    }
}

/// `.../messages`: takes one message; the answer comes by the stream.
pub(super) async fn serve_message(
    doors: &Doors,
    visitor: &Visitor<'_>,
    head: &request::Parts,
    body: Body,
) -> Result<Response, Refusal> {
    if head.method != Method::POST {
        return Err(Refusal::method_not_allowed("POST"));
    }
    // Not a credential: the key is asked for beside it.
    let query = head.uri.query().unwrap_or_default();
    let token = query.split('&').find_map(|part| part.strip_prefix("session_id="));
    let Some(token) = token else {
        return Err(Refusal::bad_request(
            "session_id is missing; open .../sse first and post to the address in its endpoint event",
        ));
    };
    let session = doors
        .relay
        .sessions
        .find(token, &visitor.key, visitor.endpoint)
        .filter(|session| session.door == Door::Sse)
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_FOUND,
                ErrorCode::NoSession,
                "this session is unknown or has ended; open .../sse again",
            )
        })?;
    let bytes = read_json(&head.headers, body).await?;
    let message = match Incoming::parse(&bytes).map_err(Refusal::of_parsing)? {
        Incoming::Single(message) => message,
        Incoming::Batch(_) => {
            return Err(Refusal::bad_request(
                "this transport has no batches; send each message by itself",
            ));
        }
    };
    match message {
        Message::Request(request) => begin(doors, visitor, &session, request)?,
        Message::Notification(notification) => {
            doors
                .relay
                .notification(&visitor.caller(&session, Door::Sse), &notification);
        }
        Message::Response(response) => {
            if let Some(id) = &response.id {
                session.asked.answer(id, response.reply);
            }
        }
    }
    Ok(accepted())
}

/// Works on a request beside the POST that brought it. Goes with the session.
fn begin(
    doors: &Doors,
    visitor: &Visitor<'_>,
    session: &Arc<Session>,
    request: McpRequest,
) -> Result<(), Refusal> {
    let stream = session.streams.open().ok_or_else(|| {
        Refusal::new(
            StatusCode::NOT_FOUND,
            ErrorCode::NoSession,
            "the stream of this session is closed; open .../sse again",
        )
    })?;
    if request.method == "initialize" {
        let params = request.params();
        match Greeting::read(params, visitor.user_agent, &visitor.ip_address()) {
            Ok(greeting) => {
                if !session.greet(greeting) {
                    let words = "this session is initialised already";
                    let _ = stream.push(message::error_reply(
                        Some(&request.id),
                        ErrorCode::InvalidRequest,
                        words,
                    ));
                    return Ok(());
                }
            }
            Err(words) => {
                let _ = stream.push(message::error_reply(
                    Some(&request.id),
                    ErrorCode::InvalidParams,
                    words,
                ));
                return Ok(());
            }
        }
        doors.relay.sessions.record(session);
    }
    let caller = visitor.caller(session, Door::Sse);
    let waiting = match doors
        .relay
        .enter(&caller, session, &request, Some(stream.clone()))
    {
        Ok(waiting) => waiting,
        Err(refused) => {
            send(&stream, &caller, &request, &refused.answer);
            return Ok(());
        }
    };
    let relay = doors.relay.clone();
    let ended = session.ended.clone();
    doors.tasks.spawn("sse request", OnFailure::Log, async move {
        let work = async {
            let answer = match caller.session.as_ref().and_then(|session| session.revision()) {
                Some(revision) if request.method == "initialize" => {
                    match relay.check_rate(&caller.permissions) {
                        Ok(()) => relay.initialize(&caller, revision).await,
                        Err(limited) => limited,
                    }
                }
                _ => {
                    relay
                        .request(&caller, &request, Some(&stream), &waiting.cancel)
                        .await
                }
            };
            send(&stream, &caller, &request, &answer);
        };
        tokio::select! {
            () = work => {}
            // Nobody is there to be answered: what is dropped is withdrawn.
            () = ended.cancelled() => {}
        }
        drop(waiting);
        Ok(())
    });
    Ok(())
}

fn send(stream: &Outbox, caller: &Caller, request: &McpRequest, answer: &Answer) {
    // What was withdrawn is not answered (cancellation, "behavior requirements").
    if matches!(answer, Answer::Cancelled) {
        return;
    }
    if stream.push(answer.to_message(&request.id)).is_err() {
        tracing::debug!(session_id = ?caller.session.as_ref().map(|session| session.id), "an answer found no stream");
    }
}
