mod answer;
mod open_stream;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use domain::{Door, SessionEnd};
use http::{HeaderMap, HeaderValue, Method, StatusCode, request};
use hyper::body::Incoming as Body;

use super::{
    Doors,
    batch::{batch, take},
    body::read_json,
    entrance::{Visitor, text_of},
    refusal::{Refusal, accepted, json},
    stateless_http,
    takes::Takes,
};
use crate::{
    header_names,
    message::{ErrorCode, Incoming, Message, Request as McpRequest, Revision},
    relay::{Answer, Permissions},
    session::{Greeting, Session},
};

/// `.../mcp`: Streamable HTTP with sessions, revisions 2025-03-26 to 2025-11-25.
/// What looks like a later one is handed on to [`stateless_http`].
pub(super) async fn serve(
    doors: &Doors,
    visitor: &Visitor<'_>,
    head: &request::Parts,
    body: Body,
) -> Result<Response, Refusal> {
    match head.method {
        Method::POST => post(doors, visitor, &head.headers, body).await,
        Method::GET => open_stream::get(doors, visitor, &head.headers),
        Method::DELETE => delete(doors, visitor, &head.headers),
        _ => Err(Refusal::method_not_allowed("GET, POST, DELETE")),
    }
}

async fn post(
    doors: &Doors,
    visitor: &Visitor<'_>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let bytes = read_json(headers, body).await?;
    let incoming = Incoming::parse(&bytes).map_err(Refusal::of_parsing)?;
    if stateless_http::is_modern(headers, &incoming) {
        return stateless_http::post(doors, visitor, headers, incoming).await;
    }
    let takes = Takes::of(headers)?;
    if let Incoming::Single(Message::Request(request)) = &incoming {
        check_revision(headers).map_err(|refusal| refusal.of_request(Some(request.id.clone())))?;
        if request.method == "initialize" {
            return initialize(doors, visitor, headers, request).await;
        }
    } else {
        check_revision(headers)?;
    }
    match incoming {
        Incoming::Single(Message::Request(request)) => {
            let session = session(doors, visitor, headers)
                .map_err(|refusal| refusal.of_request(Some(request.id.clone())))?;
            let caller = visitor.caller(&session, Door::StreamableHttp);
            Ok(answer::answer(doors, caller, session, request, takes).await)
        }
        Incoming::Single(message) => {
            let session = session(doors, visitor, headers)?;
            take(
                doors,
                &visitor.caller(&session, Door::StreamableHttp),
                &session,
                message,
            );
            Ok(accepted())
        }
        Incoming::Batch(messages) => {
            let session = session(doors, visitor, headers)?;
            batch(
                doors,
                &visitor.caller(&session, Door::StreamableHttp),
                &session,
                messages,
            )
            .await
        }
    }
}

async fn initialize(
    doors: &Doors,
    visitor: &Visitor<'_>,
    headers: &HeaderMap,
    request: &McpRequest,
) -> Result<Response, Refusal> {
    let refuse = |refusal: Refusal| refusal.of_request(Some(request.id.clone()));
    if doors.shutdown.is_soft() {
        return Err(refuse(Refusal::stopping()));
    }
    if headers.contains_key(header_names::SESSION_ID) {
        return Err(refuse(Refusal::bad_request(
            "initialize begins a session; send it without Mcp-Session-Id",
        )));
    }
    if let Err(limited) = doors.relay.check_rate(&Permissions::of_key(&visitor.key)) {
        return Ok(answer::answered(&limited, &request.id));
    }
    let params = request.params();
    let greeting = Greeting::read(params, visitor.user_agent, &visitor.ip_address()).map_err(|words| {
        refuse(Refusal::new(
            StatusCode::BAD_REQUEST,
            ErrorCode::InvalidParams,
            words,
        ))
    })?;
    let revision = match greeting.revision {
        // There is no Streamable HTTP in it: a client of it can do the next one.
        Revision::V2024_11_05 => Revision::LATEST_LEGACY,
        revision => revision,
    };
    let sessions = &doors.relay.sessions;
    let session = sessions
        .open(
            &visitor.key,
            visitor.endpoint,
            Door::StreamableHttp,
            visitor.user_agent,
            &visitor.ip_address(),
        )
        .map_err(|_| refuse(Refusal::too_many_sessions()))?;
    session.greet(Greeting { revision, ..greeting });
    // A client that goes away before it knows its session has none.
    let opening = Opening {
        doors,
        session: &session,
        is_open: false,
    };
    let caller = visitor.caller(&session, Door::StreamableHttp);
    let answer = doors.relay.initialize(&caller, revision).await;
    let message = answer.to_message(&request.id);
    if !matches!(answer, Answer::Reply(_)) {
        return Ok(json(StatusCode::OK, message));
    }
    opening.done();
    sessions.record(&session);
    let mut response = json(StatusCode::OK, message);
    if let Ok(token) = HeaderValue::from_str(&session.token) {
        response.headers_mut().insert(header_names::SESSION_ID, token);
    }
    Ok(response)
}

/// A session that its client does not know of yet.
struct Opening<'a> {
    doors: &'a Doors,
    session: &'a Arc<Session>,
    is_open: bool,
}

impl Opening<'_> {
    fn done(mut self) {
        self.is_open = true;
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if !self.is_open {
            self.doors.relay.sessions.end(self.session, SessionEnd::Closed);
        }
    }
}

fn delete(doors: &Doors, visitor: &Visitor<'_>, headers: &HeaderMap) -> Result<Response, Refusal> {
    check_era(headers)?;
    let session = session(doors, visitor, headers)?;
    doors.relay.sessions.end(&session, SessionEnd::Deleted);
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The session that the client names. One of others is unknown to it.
fn session(doors: &Doors, visitor: &Visitor<'_>, headers: &HeaderMap) -> Result<Arc<Session>, Refusal> {
    let Some(token) = text_of(headers, header_names::SESSION_ID) else {
        return Err(Refusal::bad_request(
            "Mcp-Session-Id is missing; send initialize first, and the header that it answers with each request",
        ));
    };
    doors
        .relay
        .sessions
        .find(token, &visitor.key, visitor.endpoint)
        .filter(|session| session.door == Door::StreamableHttp)
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::NOT_FOUND,
                ErrorCode::NoSession,
                "this session is unknown or has ended; begin a new one with initialize",
            )
        })
}

/// The modern revisions have no GET and no DELETE (2026-07-28, Streamable HTTP,
/// "earlier revisions").
fn check_era(headers: &HeaderMap) -> Result<(), Refusal> {
    let revision = text_of(headers, header_names::PROTOCOL_VERSION)
        .and_then(|text| text.trim().parse::<Revision>().ok());
    match revision {
        Some(revision) if revision.is_modern() => Err(Refusal::method_not_allowed("POST")),
        _ => check_revision(headers),
    }
}

fn check_revision(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(header_names::PROTOCOL_VERSION) {
        None => Ok(()),
        Some(revision) => match revision.to_str() {
            Ok(text) if text.trim().parse::<Revision>().is_ok() => Ok(()),
            text => Err(stateless_http::unsupported(text.unwrap_or_default())),
        },
    }
}
