//! Streamable HTTP of both eras, and HTTP+SSE.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use uuid::Uuid;

use super::{
    Era, FixtureServer, OUTLET_MESSAGES,
    headers::{self, header},
    legacy::Session,
    modern, spawn,
};

/// A server that listens on loopback as long as this is kept.
pub struct HttpFixture {
    address: SocketAddr,
    task: JoinHandle<()>,
}

struct Doors {
    server: Arc<FixtureServer>,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
}

impl HttpFixture {
    /// Where Streamable HTTP is.
    pub fn mcp_url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Where HTTP+SSE is.
    pub fn sse_url(&self) -> String {
        format!("http://{}/sse", self.address)
    }

    /// Waits for the end, which does not come by itself.
    pub async fn wait(mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for HttpFixture {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) async fn serve(server: &Arc<FixtureServer>, address: SocketAddr) -> anyhow::Result<HttpFixture> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let doors = Arc::new(Doors {
        server: Arc::clone(server),
        sessions: Mutex::default(),
    });
    let mut router = Router::new().route("/mcp", post(post_mcp).get(get_mcp).delete(delete_mcp));
    if server.era != Era::Modern {
        router = router
            .route("/sse", get(get_sse))
            .route("/messages", post(post_messages));
    }
    let router = router
        .layer(middleware::from_fn(only_from_this_machine))
        .with_state(doors);
    let task = spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    Ok(HttpFixture { address, task })
}

/// A page of another site must not reach a server on this machine.
async fn only_from_this_machine(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if is_local(headers, "host") && is_local(headers, "origin") {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    }
}

fn is_local(headers: &HeaderMap, name: &str) -> bool {
    header(headers, name).is_none_or(|value| {
        let host = value.split("://").last().unwrap_or_default();
        ["127.0.0.1", "localhost", "[::1]"]
            .iter()
            .any(|local| host == *local || host.starts_with(&format!("{local}:")))
    })
}

async fn post_mcp(State(doors): State<Arc<Doors>>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return refusal(StatusCode::BAD_REQUEST, &Value::Null, -32700, "this is no JSON");
    };
    let is_modern = match doors.server.era {
        Era::Legacy => false,
        Era::Modern => true,
        Era::Both => {
            modern::revision_of(&message).is_some()
                || header(&headers, "mcp-protocol-version") == Some(modern::REVISION)
        }
    };
    if is_modern {
        post_modern(&doors, &headers, message).await
    } else {
        post_legacy(&doors, &headers, message).await
    }
}

async fn post_modern(doors: &Doors, headers: &HeaderMap, message: Value) -> Response {
    let id = message["id"].clone();
    if message.get("id").is_none() {
        return StatusCode::ACCEPTED.into_response();
    }
    if let Err(error) = headers::check(headers, &message) {
        let answer = json!({"jsonrpc": "2.0", "id": id, "error": error});
        return (StatusCode::BAD_REQUEST, Json(answer)).into_response();
    }
    let (outlet, out) = mpsc::channel(OUTLET_MESSAGES);
    let server = Arc::clone(&doors.server);
    let task = spawn(async move { modern::answer(&server, &message, &outlet).await });
    // A response stream that the client closes is a request that it withdraws.
    respond(out, Some(AbortOnDrop(task))).await
}

async fn post_legacy(doors: &Doors, headers: &HeaderMap, message: Value) -> Response {
    let session = if message["method"] == "initialize" {
        let session = Arc::new(Session::default());
        session.follow(&doors.server);
        let id = Uuid::new_v4().to_string();
        doors.lock().insert(id.clone(), Arc::clone(&session));
        Some((session, Some(id)))
    } else {
        match header(headers, "mcp-session-id") {
            None => {
                return refusal(
                    StatusCode::BAD_REQUEST,
                    &message["id"],
                    -32600,
                    "there is no session",
                );
            }
            Some(id) => doors.session(id).map(|session| (session, None)),
        }
    };
    let Some((session, new_id)) = session else {
        return refusal(StatusCode::NOT_FOUND, &message["id"], -32001, "no such session");
    };
    let (outlet, out) = mpsc::channel(OUTLET_MESSAGES);
    let is_request = message["method"].is_string() && message.get("id").is_some();
    session.take(&doors.server, message, outlet);
    if !is_request {
        return StatusCode::ACCEPTED.into_response();
    }
    let mut response = respond(out, None).await;
    if let Some(Ok(id)) = new_id.map(|id| id.parse()) {
        response.headers_mut().insert("mcp-session-id", id);
    }
    response
}

async fn get_mcp(State(doors): State<Arc<Doors>>, headers: HeaderMap) -> Response {
    if doors.server.era == Era::Modern {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match header(&headers, "mcp-session-id").map(|id| doors.session(id)) {
        None => StatusCode::BAD_REQUEST.into_response(),
        Some(None) => StatusCode::NOT_FOUND.into_response(),
        Some(Some(session)) => {
            let (outlet, out) = mpsc::channel(OUTLET_MESSAGES);
            session.listen(outlet);
            event_stream(ReceiverStream::new(out).map(|message| event(&message)))
        }
    }
}

async fn delete_mcp(State(doors): State<Arc<Doors>>, headers: HeaderMap) -> StatusCode {
    if doors.server.era == Era::Modern {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    match header(&headers, "mcp-session-id").map(|id| doors.lock().remove(id)) {
        None => StatusCode::BAD_REQUEST,
        Some(None) => StatusCode::NOT_FOUND,
        Some(Some(_)) => StatusCode::OK,
    }
}

async fn get_sse(State(doors): State<Arc<Doors>>) -> Response {
    let (outlet, out) = mpsc::channel(OUTLET_MESSAGES);
    let session = Arc::new(Session::default());
    session.follow(&doors.server);
    session.listen(outlet);
    let id = Uuid::new_v4().to_string();
    doors.lock().insert(id.clone(), session);
    let endpoint = tokio_stream::once(format!("event: endpoint\ndata: /messages?session_id={id}\n\n"));
    event_stream(endpoint.chain(ReceiverStream::new(out).map(|message| event(&message))))
}

async fn post_messages(
    State(doors): State<Arc<Doors>>,
    Query(query): Query<HashMap<String, String>>,
    Json(message): Json<Value>,
) -> StatusCode {
    let session = query.get("session_id").and_then(|id| doors.session(id));
    let Some((session, outlet)) = session.and_then(|session| {
        let outlet = session.general()?;
        Some((session, outlet))
    }) else {
        return StatusCode::NOT_FOUND;
    };
    session.take(&doors.server, message, outlet);
    StatusCode::ACCEPTED
}

impl Doors {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.sessions.lock().expect("no holder of this lock panics")
    }

    fn session(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().get(id).map(Arc::clone)
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// JSON where the first message is the answer, a stream of events otherwise.
async fn respond(mut out: mpsc::Receiver<Value>, task: Option<AbortOnDrop>) -> Response {
    let Some(first) = out.recv().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if first.get("method").is_none() {
        let status = match first["error"]["code"].as_i64() {
            Some(-32022..=-32020) => StatusCode::BAD_REQUEST,
            Some(-32601) if task.is_some() => StatusCode::NOT_FOUND,
            _ => StatusCode::OK,
        };
        return (status, Json(first)).into_response();
    }
    let rest = ReceiverStream::new(out).map(move |message| {
        let _ = &task;
        event(&message)
    });
    event_stream(tokio_stream::once(event(&first)).chain(rest))
}

fn event(message: &Value) -> String {
    format!("event: message\ndata: {message}\n\n")
}

fn event_stream(events: impl tokio_stream::Stream<Item = String> + Send + 'static) -> Response {
    (
        [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache"),
        ],
        Body::from_stream(events.map(Ok::<_, Infallible>)),
    )
        .into_response()
}

fn refusal(status: StatusCode, id: &Value, code: i64, message: &str) -> Response {
    let answer = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}});
    (status, Json(answer)).into_response()
}
