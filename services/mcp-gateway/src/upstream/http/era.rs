use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderValue, Method, StatusCode};

use super::{
    HttpClient, HttpWire, Mode,
    legacy::{Legacy, Session},
    modern::{Modern, request_headers, revision_header},
    post_headers,
    response::{self, Answer, EventStream},
    sse,
};
use crate::{
    header_names,
    message::{self, Id, Reply, Revision},
    upstream::{Connection, Era, Hello, RequestError, connection::Related, eras::Spoken, handshake},
};

/// A legacy server may not answer what it does not know.
const PROBE_WITHIN: Duration = Duration::from_secs(10);

/// A server that was greeted.
#[derive(Debug)]
pub(super) struct Greeted {
    pub(super) hello: Hello,
    pub(super) spoken: Spoken,
    /// Where it speaks by one stream.
    pub(super) stream: Option<EventStream>,
}

/// What the attempt at a modern request says of a server.
enum Probe {
    Modern(Hello),
    Legacy,
    Failed(String),
}

/// Why a server did not answer `initialize`.
pub(super) struct Failure {
    status: Option<StatusCode>,
    words: String,
}

/// Finds out of which era a server is, and greets it (2026-07-28, Streamable
/// HTTP, "backward compatibility"): a modern request, then `initialize`, for a
/// legacy client the other way round, then the stream of HTTP+SSE. What was
/// found before is tried first.
pub(super) async fn greet(
    wire: &HttpWire,
    connection: &Arc<Connection>,
    known: Option<Spoken>,
) -> Result<Greeted, String> {
    if known == Some(Spoken::Sse) {
        return greet_sse(wire, connection).await;
    }
    let is_legacy_first =
        known == Some(Spoken::Legacy) || known.is_none() && connection.for_era == Era::Legacy;
    let failure = if is_legacy_first {
        let failure = match greet_legacy(wire, connection).await {
            Ok(greeted) => return Ok(greeted),
            Err(failure) => failure,
        };
        // Without an answer, there is nothing to tell a modern server by.
        if known.is_none()
            && failure.status.is_some()
            && let Some(greeted) = greet_modern(wire, connection).await?
        {
            return Ok(greeted);
        }
        failure
    } else {
        if let Some(greeted) = greet_modern(wire, connection).await? {
            return Ok(greeted);
        }
        match greet_legacy(wire, connection).await {
            Ok(greeted) => return Ok(greeted),
            Err(failure) => failure,
        }
    };
    let may_be_sse = matches!(
        failure.status,
        Some(StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
    );
    if !may_be_sse {
        return Err(failure.words);
    }
    greet_sse(wire, connection).await.map_err(|_| failure.words)
}

/// None where the server is none of that era.
async fn greet_modern(wire: &HttpWire, connection: &Arc<Connection>) -> Result<Option<Greeted>, String> {
    match probe(&wire.client, connection).await {
        Probe::Modern(hello) => {
            let _ = wire.mode.set(Mode::Modern(Modern::new(&hello)));
            Ok(Some(Greeted {
                hello,
                spoken: Spoken::Modern,
                stream: None,
            }))
        }
        Probe::Legacy => Ok(None),
        Probe::Failed(words) => Err(words),
    }
}

async fn greet_legacy(wire: &HttpWire, connection: &Arc<Connection>) -> Result<Greeted, Failure> {
    let (session, hello) = initialize(&wire.client, connection).await?;
    let _ = wire.mode.set(Mode::Legacy(Legacy::new(session)));
    Ok(Greeted {
        hello,
        spoken: Spoken::Legacy,
        stream: None,
    })
}

async fn greet_sse(wire: &HttpWire, connection: &Arc<Connection>) -> Result<Greeted, String> {
    let (hello, stream) = sse::greet(wire, connection).await?;
    Ok(Greeted {
        hello,
        spoken: Spoken::Sse,
        stream: Some(stream),
    })
}

async fn probe(client: &HttpClient, connection: &Arc<Connection>) -> Probe {
    let id = connection.next_id();
    let params = handshake::discover_params(connection.owner.as_ref());
    let message = message::request(&Id::from(id), "server/discover", Some(&params));
    let headers = request_headers(
        &revision_header(Revision::LATEST_MODERN.as_str()),
        "server/discover",
    );
    let asking = async {
        let response = client.send(Method::POST, &client.url, headers, message).await?;
        response::read(response, connection, id, Related::default()).await
    };
    match tokio::time::timeout(PROBE_WITHIN, asking).await {
        Ok(Ok(Answer::Reply(Reply::Result(result)))) => match Hello::of_discover(result) {
            Ok(hello) => Probe::Modern(hello),
            Err(_) => Probe::Legacy,
        },
        Ok(Ok(Answer::Reply(Reply::Error(error)))) if handshake::is_modern_error(error.get()) => {
            not_our_revision(error.get())
        }
        Ok(Ok(Answer::Refused(refusal)))
            if matches!(refusal.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
                || refusal.status.is_redirection() =>
        {
            Probe::Failed(refusal.words())
        }
        Ok(Err(error @ RequestError::Unreachable(_))) => Probe::Failed(error.to_string()),
        // Any other error, none at all, or silence.
        _ => Probe::Legacy,
    }
}

/// The server is modern, and refuses our revision; it may know older ones.
fn not_our_revision(error: &str) -> Probe {
    if handshake::knows_legacy(error) {
        return Probe::Legacy;
    }
    Probe::Failed(format!(
        "it is of a newer kind and refuses the revision {}: {error}",
        Revision::LATEST_MODERN
    ))
}

/// Greets a legacy server: `initialize` without a session, which begins one.
pub(super) async fn initialize(
    client: &HttpClient,
    connection: &Arc<Connection>,
) -> Result<(Session, Hello), Failure> {
    let id = connection.next_id();
    let params = handshake::initialize_params(connection.owner.as_ref());
    let message = message::request(&Id::from(id), "initialize", Some(&params));
    let response = client
        .send(Method::POST, &client.url, post_headers(), message)
        .await
        .map_err(|error| Failure::new(None, error.to_string()))?;
    let status = response.status();
    let session_id = response.headers().get(header_names::SESSION_ID).cloned();
    let answer = response::read(response, connection, id, Related::default()).await;
    let fail = |words: String| Failure::new(Some(status), words);
    let result = match answer {
        Ok(Answer::Reply(Reply::Result(result))) => result,
        Ok(Answer::Reply(Reply::Error(error))) => {
            return Err(fail(format!("it answered initialize with the error {error}")));
        }
        Ok(Answer::Broken(_)) => {
            return Err(fail(
                "it ended its answer to initialize before it came".to_owned(),
            ));
        }
        Ok(Answer::Refused(refusal)) => return Err(fail(refusal.words())),
        Err(error) => return Err(fail(error.to_string())),
    };
    let hello = Hello::of_initialize(result).map_err(|error| fail(error.to_owned()))?;
    let session = Session::new(session_id.filter(is_visible), &hello.revision);
    let initialized = message::notification("notifications/initialized", None);
    Legacy::tell(client, &session, initialized)
        .await
        .map_err(|error| fail(error.to_string()))?;
    Ok((session, hello))
}

fn is_visible(id: &HeaderValue) -> bool {
    id.as_bytes().iter().all(|byte| matches!(byte, 0x21..=0x7e))
}

impl Failure {
    const fn new(status: Option<StatusCode>, words: String) -> Self {
        Self { status, words }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.words)
    }
}
