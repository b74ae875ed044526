//! An MCP server over HTTP that does what a test tells it to, of any era.

use std::{
    collections::HashSet,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Version, header},
    response::{IntoResponse as _, Response},
};
use futures::{Stream, StreamExt as _};
use proto::projects::{HttpTransport, Server, server_definition::Transport};
use serde_json::{Value, json};
use tokio::{
    sync::{broadcast, watch},
    task::JoinHandle,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Modern,
    Legacy,
    Sse,
    /// Of both eras, each with a tool of its own.
    Both,
}

/// One message that the server got.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

#[derive(Clone)]
pub(crate) struct HttpServer {
    pub(crate) address: SocketAddr,
    kind: Kind,
    seen: Arc<Mutex<Vec<Seen>>>,
    requests: Arc<Mutex<Vec<String>>>,
    sessions: Arc<Mutex<HashSet<String>>>,
    /// What goes to open streams.
    pushed: broadcast::Sender<Value>,
    /// Whether who wants to listen is heard.
    gate: watch::Sender<bool>,
    /// What clients answer.
    answers: broadcast::Sender<Value>,
    /// Of the test's own handle only: with it the server ends.
    task: Option<Arc<Abort>>,
}

struct Abort(JoinHandle<()>);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl HttpServer {
    pub(crate) async fn start(kind: Kind) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::start_on(kind, listener)
    }

    pub(crate) fn start_on(kind: Kind, listener: tokio::net::TcpListener) -> Self {
        let address = listener.local_addr().unwrap();
        Self::serve(kind, address, move |router| async move {
            axum::serve(listener, router).await.unwrap();
        })
    }

    /// In whatever way that is served.
    #[expect(clippy::disallowed_methods, reason = "ends with the test")]
    pub(crate) fn serve<F>(kind: Kind, address: SocketAddr, serve: impl FnOnce(Router) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut server = Self {
            address,
            kind,
            seen: Arc::default(),
            requests: Arc::default(),
            sessions: Arc::default(),
            pushed: broadcast::channel(64).0,
            gate: watch::Sender::new(true),
            answers: broadcast::channel(64).0,
            task: None,
        };
        let router = Router::new().fallback(answer).with_state(server.clone());
        server.task = Some(Arc::new(Abort(tokio::task::spawn(serve(router)))));
        server
    }

    /// Makes the definition lead here.
    pub(crate) fn define(&self, server: &mut Server) {
        Self::define_as(server, format!("http://{}/mcp", self.address));
    }

    /// By another URL.
    pub(crate) fn define_as(server: &mut Server, url: String) {
        let http = HttpTransport {
            url,
            headers: [("X-Own".to_owned(), "plain".to_owned())].into(),
        };
        let definition = server.definition.as_mut().unwrap();
        definition.transport = Some(Transport::StreamableHttp(http));
        definition
            .secrets
            .insert("X-Secret".to_owned(), "s3cret-value".to_owned());
    }

    /// The messages with that method.
    pub(crate) fn seen(&self, method: &str) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.body["method"] == method)
            .cloned()
            .collect()
    }

    pub(crate) fn has_seen(&self, line: &str) -> bool {
        self.requests.lock().unwrap().iter().any(|seen| seen == line)
    }

    /// Forgets every session, as after a restart.
    pub(crate) fn forget_sessions(&self) {
        self.sessions.lock().unwrap().clear();
    }

    /// Says something on every open stream.
    pub(crate) fn push(&self, message: Value) {
        let _ = self.pushed.send(message);
    }

    /// Hears nobody who begins to listen until it is opened again.
    pub(crate) fn set_gate(&self, is_open: bool) {
        self.gate.send_replace(is_open);
    }

    pub(crate) fn streams(&self) -> usize {
        self.pushed.receiver_count()
    }

    fn note(&self, line: impl Into<String>) {
        self.requests.lock().unwrap().push(line.into());
    }
}

async fn answer(State(server): State<HttpServer>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, 64 * 1024 * 1024).await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    server.note(format!("{} {}", parts.method, parts.uri.path()));
    server.seen.lock().unwrap().push(Seen {
        version: parts.version,
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    match server.kind {
        Kind::Modern => modern(&server, &parts.method, &parts.headers, &body),
        Kind::Legacy => legacy(&server, &parts.method, &parts.headers, &body),
        Kind::Both => {
            if parts
                .headers
                .get("mcp-protocol-version")
                .is_some_and(|revision| revision == "2026-07-28")
            {
                modern(&server, &parts.method, &parts.headers, &body)
            } else {
                legacy(&server, &parts.method, &parts.headers, &body)
            }
        }
        Kind::Sse => sse(&server, &parts.method, parts.uri.path(), &body),
    }
}

fn modern(server: &HttpServer, method: &Method, headers: &HeaderMap, body: &Value) -> Response {
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let (id, params) = (&body["id"], &body["params"]);
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_right = header("mcp-protocol-version") == Some("2026-07-28")
        && header("mcp-method") == body["method"].as_str()
        && params["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28"
        && (body["method"] != "tools/call"
            || header("mcp-name") == params["name"].as_str()
                && header("mcp-param-region") == params["arguments"]["region"].as_str());
    if !is_right {
        let error =
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32020, "message": "Header mismatch" } });
        return (StatusCode::BAD_REQUEST, axum::Json(error)).into_response();
    }
    match body["method"].as_str().unwrap() {
        "server/discover" => result(
            id,
            json!({ "resultType": "complete", "supportedVersions": ["2026-07-28"],
                "capabilities": { "tools": { "listChanged": true }, "resources": { "subscribe": true } },
                "_meta": { "io.modelcontextprotocol/serverInfo": { "name": "modern", "version": "1" } } }),
        ),
        "tools/list" => result(id, tools()),
        "subscriptions/listen" => {
            let id = id.clone();
            let meta = json!({ "io.modelcontextprotocol/subscriptionId": id });
            let acknowledged = json!({ "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                "params": { "_meta": meta, "notifications": params["notifications"] } });
            let (mut gate, pushed) = (server.gate.subscribe(), server.pushed.clone());
            events(async_stream::stream! {
                let _ = gate.wait_for(|is_open| *is_open).await;
                let mut pushed = pushed.subscribe();
                yield (None, acknowledged);
                while let Ok(mut message) = pushed.recv().await {
                    message["params"]["_meta"] = meta.clone();
                    yield (None, message);
                }
            })
        }
        "tools/call" => call(server, body),
        _ => {
            let error = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "Method not found" } });
            (StatusCode::NOT_FOUND, axum::Json(error)).into_response()
        }
    }
}

fn legacy(server: &HttpServer, method: &Method, headers: &HeaderMap, body: &Value) -> Response {
    let session = headers
        .get("mcp-session-id")
        .map(|id| id.to_str().unwrap().to_owned());
    if body["method"] == "initialize" {
        let session = format!("session-{}", server.seen("initialize").len());
        server.sessions.lock().unwrap().insert(session.clone());
        let mut answer = result(&body["id"], initialized(&body["params"]["protocolVersion"]));
        answer
            .headers_mut()
            .insert("mcp-session-id", session.parse().unwrap());
        return answer;
    }
    match session {
        None => return (StatusCode::BAD_REQUEST, "no session").into_response(),
        Some(session) if !server.sessions.lock().unwrap().contains(&session) => {
            return (StatusCode::NOT_FOUND, "unknown session").into_response();
        }
        Some(_) => {}
    }
    if method == Method::DELETE {
        return StatusCode::OK.into_response();
    }
    if method == Method::GET {
        if let Some(last) = headers.get("last-event-id") {
            let id: Value = last.to_str().unwrap().parse().unwrap();
            return events(async_stream::stream! {
                yield (None, json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [{ "type": "text", "text": "resumed" }] } }));
            });
        }
        let mut pushed = server.pushed.subscribe();
        return events(async_stream::stream! {
            while let Ok(message) = pushed.recv().await {
                yield (None, message);
            }
        });
    }
    match body["method"].as_str() {
        None => {
            let _ = server.answers.send(body.clone());
            StatusCode::ACCEPTED.into_response()
        }
        Some(_) if body["id"].is_null() => StatusCode::ACCEPTED.into_response(),
        Some("tools/list") => result(&body["id"], tools()),
        Some("tools/call") => call(server, body),
        Some(_) => result(&body["id"], json!({})),
    }
}

fn sse(server: &HttpServer, method: &Method, path: &str, body: &Value) -> Response {
    if method == Method::GET && path == "/mcp" {
        let mut pushed = server.pushed.subscribe();
        let stream = async_stream::stream! {
            yield Ok::<_, Infallible>("event: endpoint\r\ndata: /messages?session=1\r\n\r\n".to_owned());
            while let Ok(message) = pushed.recv().await {
                if message == "close" { break }
                yield Ok(format!("event: message\r\ndata: {message}\r\n\r\n"));
            }
        };
        return stream_response(stream);
    }
    if method != Method::POST || path != "/messages" {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let id = &body["id"];
    let answer = match body["method"].as_str() {
        Some("initialize") => Some(initialized(&json!("2024-11-05"))),
        Some("tools/list") => Some(tools()),
        Some("tools/call") if body["params"]["name"] == "hang" => None,
        Some("tools/call") => Some(text(&body["params"]["arguments"].to_string())),
        _ => None,
    };
    if let Some(answer) = answer {
        server.push(json!({ "jsonrpc": "2.0", "id": id, "result": answer }));
    }
    StatusCode::ACCEPTED.into_response()
}

fn call(server: &HttpServer, body: &Value) -> Response {
    let (id, params) = (body["id"].clone(), &body["params"]);
    let is_modern = params["_meta"]["io.modelcontextprotocol/protocolVersion"] == "2026-07-28";
    match params["name"].as_str().unwrap() {
        "slow" => {
            let token = params["_meta"]["progressToken"].clone();
            events(async_stream::stream! {
                for step in 1..=2 {
                    yield (None, json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                        "params": { "progressToken": token, "progress": step } }));
                }
                yield (None, json!({ "jsonrpc": "2.0", "id": id, "result": text("done") }));
            })
        }
        // Ends its stream before the answer, which can be asked for later.
        "broken" => events(async_stream::stream! {
            yield (Some(id.to_string()), json!({ "jsonrpc": "2.0", "method": "notifications/message",
                "params": { "level": "info", "data": "soon" } }));
        }),
        // Lets the connection go, and wants to be asked for the answer in an hour.
        "later" => stream_response(futures::stream::iter([Ok::<_, Infallible>(format!(
            "id: {id}\nretry: 3600000\ndata:\n\n"
        ))])),
        // One message a line, of which the specification knows nothing.
        "lines" => {
            let token = params["_meta"]["progressToken"].clone();
            let lines = async_stream::stream! {
                let progress = json!({ "jsonrpc": "2.0", "method": "notifications/progress",
                    "params": { "progressToken": token, "progress": 1 } });
                yield Ok::<_, Infallible>(format!("{progress}\n"));
                yield Ok(format!("{}\n", json!({ "jsonrpc": "2.0", "id": id, "result": text("in lines") })));
                futures::future::pending::<()>().await;
            };
            let content_type = [(header::CONTENT_TYPE, "application/json")];
            (content_type, Body::from_stream(lines)).into_response()
        }
        // One message over many lines.
        "spread" => {
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": text("spread") });
            let content_type = [(header::CONTENT_TYPE, "application/json")];
            (content_type, serde_json::to_string_pretty(&answer).unwrap()).into_response()
        }
        "cut" => events(async_stream::stream! {
            if false { yield (None, json!({})) }
        }),
        "ask" => {
            let mut answers = server.answers.subscribe();
            events(async_stream::stream! {
                yield (None, json!({ "jsonrpc": "2.0", "id": "q1", "method": "elicitation/create", "params": { "message": "?" } }));
                let answer = answers.recv().await.unwrap();
                yield (None, json!({ "jsonrpc": "2.0", "id": id, "result": text(&answer["result"].to_string()) }));
            })
        }
        "hang" => {
            let server = server.clone();
            let closed = Closed(server);
            events(async_stream::stream! {
                let _closed = closed;
                yield (None, json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": "hanging" } }));
                futures::future::pending::<()>().await;
            })
        }
        "big" => {
            let size = params["arguments"]["size"].as_u64().unwrap() as usize;
            result(&id, text(&"b".repeat(size)))
        }
        "redirect" => (
            StatusCode::TEMPORARY_REDIRECT,
            [(header::LOCATION, "http://127.0.0.1:1/elsewhere")],
        )
            .into_response(),
        "newer" if !is_modern => refused(&id),
        "older" if is_modern => refused(&id),
        "denied" => (StatusCode::UNAUTHORIZED, "who are you?").into_response(),
        _ => result(&id, text(&params["arguments"].to_string())),
    }
}

struct Closed(HttpServer);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.note("closed");
    }
}

fn initialized(revision: &Value) -> Value {
    json!({ "protocolVersion": revision, "serverInfo": { "name": "older", "version": "1" },
        "capabilities": { "tools": { "listChanged": true }, "resources": { "subscribe": true } } })
}

fn tools() -> Value {
    let tool = |name: &str| json!({ "name": name, "inputSchema": { "type": "object" } });
    let region = json!({ "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } });
    let wrong = json!({ "type": "object", "x-mcp-header": "Root" });
    json!({ "tools": [{ "name": "echo", "inputSchema": region }, { "name": "wrong", "inputSchema": wrong }, tool("slow")] })
}

fn text(words: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": words }] })
}

#[expect(clippy::needless_pass_by_value, reason = "made where it is given")]
fn result(id: &Value, result: Value) -> Response {
    axum::Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })).into_response()
}

fn refused(id: &Value) -> Response {
    let error = json!({ "code": -32602, "message": "Unknown tool" });
    axum::Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response()
}

fn events(messages: impl Stream<Item = (Option<String>, Value)> + Send + 'static) -> Response {
    stream_response(messages.map(|(id, message)| {
        let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
        Ok::<_, Infallible>(format!("{id}data: {message}\n\n"))
    }))
}

fn stream_response(stream: impl Stream<Item = Result<String, Infallible>> + Send + 'static) -> Response {
    let content_type = [(header::CONTENT_TYPE, "text/event-stream")];
    (content_type, Body::from_stream(stream)).into_response()
}

/// Long enough for what must not happen to have happened.
pub(crate) const A_WHILE: Duration = Duration::from_millis(200);
