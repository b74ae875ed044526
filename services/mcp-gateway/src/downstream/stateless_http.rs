//! Streamable HTTP without sessions, revision 2026-07-28: every request says
//! for itself who asks, and its response is all that belongs to it.

mod headers;
mod listen;
mod meta;

use std::{pin::Pin, sync::Arc};

use async_stream::stream;
use axum::response::Response;
use domain::Door;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{
    Doors,
    entrance::Visitor,
    event_stream::{self, COMMENT, KEEP_ALIVE, message_event},
    refusal::{Refusal, accepted, json},
    takes::Takes,
};
use crate::{
    bridge,
    message::{ErrorCode, Id, Incoming, Message, Request as McpRequest, Revision, Severity, object_fields},
    outbox::{OutboxReader, outbox},
    relay::{Answer, Caller},
    session::{Session, Working},
};

#[cfg(feature = "fuzzing")]
pub(crate) use headers::fuzzing::fuzz_headers;
use meta::RequestMeta;
pub(super) use meta::is_modern;

/// What the modern revisions have no more (changelog, "major changes").
const REMOVED: [&str; 5] = [
    "initialize",
    "ping",
    "logging/setLevel",
    "resources/subscribe",
    "resources/unsubscribe",
];

/// Takes the body of a POST.
pub(super) async fn post(
    doors: &Doors,
    visitor: &Visitor<'_>,
    headers: &HeaderMap,
    incoming: Incoming,
) -> Result<Response, Refusal> {
    let request = match incoming {
        Incoming::Single(Message::Request(request)) => request,
        // Nothing that a client could tell is left in this revision.
        Incoming::Single(Message::Notification(_)) => return Ok(accepted()),
        Incoming::Single(Message::Response(_)) => {
            return Err(Refusal::bad_request(
                "this revision has no answers of clients; put them into inputResponses of the request that asked",
            ));
        }
        Incoming::Batch(_) => {
            return Err(Refusal::bad_request(
                "this revision has no batches; send each message by itself",
            ));
        }
    };
    let refuse = |refusal: Refusal| refusal.of_request(Some(request.id.clone()));
    let takes = Takes::of(headers).map_err(refuse)?;
    let meta = check(headers, &request).map_err(refuse)?;
    if doors.shutdown.is_soft() {
        return Err(refuse(Refusal::stopping()));
    }
    let ip_address = visitor.ip_address();
    let greeting = meta.greeting(Revision::LATEST_MODERN, visitor.user_agent, &ip_address);
    let session = doors
        .relay
        .sessions
        .stay(
            &visitor.key,
            visitor.endpoint,
            greeting,
            visitor.user_agent,
            &ip_address,
        )
        .map_err(|_| refuse(Refusal::too_many_sessions()))?;
    let working = session.work();
    let mut caller = visitor.caller(&session, Door::StatelessHttp);
    caller.log_level = meta.log_level;
    check_arguments(doors, &caller, headers, &request).map_err(refuse)?;
    if request.method == "subscriptions/listen" {
        if !takes.events {
            return Err(refuse(Takes::nothing_we_have()));
        }
        return listen::listen(doors, &caller, session, working, &request)
            .await
            .map_err(refuse);
    }
    Ok(answer(doors, caller, session, working, request, takes).await)
}

/// What can be said of a request before anybody looks at what it asks for.
fn check(headers: &HeaderMap, request: &McpRequest) -> Result<RequestMeta, Refusal> {
    let meta = RequestMeta::read(request.params())?;
    headers::check_revision(headers, &meta.revision)?;
    if !meta.revision.parse::<Revision>().is_ok_and(Revision::is_modern) {
        return Err(unsupported(&meta.revision));
    }
    headers::check_standard(headers, request)?;
    if REMOVED.contains(&request.method.as_str()) {
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            ErrorCode::MethodNotFound,
            format!("revision {} has no {}", meta.revision, request.method),
        ));
    }
    Ok(meta)
}

/// Arguments that the tool wants in headers too, as far as the tool is known.
fn check_arguments(
    doors: &Doors,
    caller: &Caller,
    headers: &HeaderMap,
    request: &McpRequest,
) -> Result<(), Refusal> {
    if request.method != "tools/call" {
        return Ok(());
    }
    let fields = request
        .params()
        .and_then(|params| object_fields(params, ["name", "arguments"]));
    let Some((fields, name)) = fields.and_then(|fields| {
        let name = fields.string(0)?;
        Some((fields, name))
    }) else {
        return Ok(());
    };
    let annotated = doors.relay.param_headers(caller, &name);
    headers::check_params(headers, &annotated, fields.get(1).unwrap_or("{}"))
}

/// That the gateway does not speak a revision, and which it speaks.
pub(super) fn unsupported(requested: &str) -> Refusal {
    Refusal::new(
        StatusCode::BAD_REQUEST,
        ErrorCode::UnsupportedRevision,
        format!(
            "unsupported protocol version {requested:?}; use one of {}, those before 2026-07-28 with initialize",
            Revision::list()
        ),
    )
    .with_data(serde_json::json!({
        "supported": Revision::ALL.iter().rev().map(|revision| revision.as_str()).collect::<Vec<_>>(),
        "requested": requested,
    }))
}

/// Answers one request: with JSON when the answer is all that there is to say,
/// with a stream as soon as there is more, or nothing for a while. A client
/// that closes the connection withdraws its request ("cancellation"): what is
/// dropped here is.
async fn answer(
    doors: &Doors,
    caller: Caller,
    session: Arc<Session>,
    working: Working,
    request: McpRequest,
    takes: Takes,
) -> Response {
    let (writer, reader) = outbox();
    let mut reader = Told {
        reader,
        log_level: caller.log_level,
    };
    let id = request.id.clone();
    let method = request.method.clone();
    let relay = doors.relay.clone();
    let ended = session.ended.clone();
    let mut answer: Pin<Box<dyn Future<Output = Answer> + Send>> = Box::pin(async move {
        let _working = working;
        let work = async {
            match request.method.as_str() {
                "server/discover" => relay.discover(&caller).await,
                _ => relay.request_in_rounds(caller, request, &writer).await,
            }
        };
        tokio::select! {
            biased;
            answer = work => answer,
            // The key was revoked, or the gateway stops.
            () = ended.cancelled() => Answer::Cancelled,
        }
    });
    if !takes.events {
        return answered(&answer.await, &method, &id);
    }
    let first = tokio::select! {
        biased;
        answer = &mut answer, if takes.json => {
            let Some(first) = reader.try_next() else {
                return answered(&answer, &method, &id);
            };
            return event_stream::response(stream! {
                yield message_event(&first);
                while let Some(message) = reader.try_next() {
                    yield message_event(&message);
                }
                yield message_event(&bridge::message_to_modern(&answer, &method, &id));
            });
        }
        Some(first) = reader.next() => message_event(&first),
        () = tokio::time::sleep(KEEP_ALIVE) => COMMENT,
    };
    event_stream::response(stream! {
        yield first;
        let end = loop {
            tokio::select! {
                biased;
                Some(message) = reader.next() => yield message_event(&message),
                answer = &mut answer => break answer,
                () = tokio::time::sleep(KEEP_ALIVE) => yield COMMENT,
            }
        };
        while let Some(message) = reader.try_next() {
            yield message_event(&message);
        }
        yield message_event(&bridge::message_to_modern(&end, &method, &id));
    })
}

/// What comes before an answer. What servers log only where the request asks
/// for it, and from the level on that it names (server utilities, "logging").
struct Told {
    reader: OutboxReader,
    log_level: Option<Severity>,
}

impl Told {
    async fn next(&mut self) -> Option<String> {
        loop {
            let message = self.reader.next().await?;
            if self.is_wanted(&message) {
                return Some(message);
            }
        }
    }

    fn try_next(&mut self) -> Option<String> {
        loop {
            let message = self.reader.try_next()?;
            if self.is_wanted(&message) {
                return Some(message);
            }
        }
    }

    fn is_wanted(&self, message: &str) -> bool {
        Severity::of_message(message)
            .is_none_or(|severity| self.log_level.is_some_and(|from| severity >= from))
    }
}

fn answered(answer: &Answer, method: &str, id: &Id) -> Response {
    let status = match answer {
        Answer::Denied(_) => StatusCode::FORBIDDEN,
        Answer::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
        Answer::SpoolFull => StatusCode::SERVICE_UNAVAILABLE,
        _ => match bridge::modern_error_code(answer) {
            Some(-32601) => StatusCode::NOT_FOUND,
            Some(-32022..=-32020) => StatusCode::BAD_REQUEST,
            _ => StatusCode::OK,
        },
    };
    let mut response = json(status, bridge::message_to_modern(answer, method, id));
    if let Some(seconds) = answer.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
