use std::sync::atomic::{AtomicU64, Ordering};

use futures::StreamExt as _;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use service_host::http_client;

/// A client as plain as can be, to see what is on the wire.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) base: String,
    pub(crate) key: String,
    pub(crate) session: Option<String>,
    next_id: AtomicU64,
}

impl Client {
    pub(crate) fn new(base: String, key: String) -> Self {
        Self {
            http: http_client().build().expect("a client"),
            base,
            key,
            session: None,
            next_id: AtomicU64::new(1),
        }
    }

    /// On the endpoint of one server.
    pub(crate) fn on_server(mut self, server: &str) -> Self {
        self.base = format!("{}/servers/{server}", self.base);
        self
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key)
            .header("accept", "application/json, text/event-stream");
        match &self.session {
            Some(session) => request.header("mcp-session-id", session),
            None => request,
        }
    }

    pub(crate) async fn post(&self, message: &Value) -> Response {
        self.request(reqwest::Method::POST, "/mcp")
            .json(message)
            .send()
            .await
            .unwrap()
    }

    /// Begins a session.
    pub(crate) async fn initialize(&mut self) -> Value {
        self.initialize_with("2025-11-25", json!({})).await
    }

    pub(crate) async fn initialize_with(&mut self, revision: &str, capabilities: Value) -> Value {
        let response = self.post(&initialize_message(revision, &capabilities)).await;
        assert_eq!(response.status(), StatusCode::OK);
        self.session = response
            .headers()
            .get("mcp-session-id")
            .map(|session| session.to_str().unwrap().to_owned());
        let answer: Value = response.json().await.unwrap();
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        if self.session.is_some() {
            assert_eq!(self.post(&initialized).await.status(), StatusCode::ACCEPTED);
        }
        answer
    }

    /// A request and its answer, however that comes.
    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        let mut messages = self.ask_all(method, params).await;
        messages.pop().expect("an answer")
    }

    /// A request and all that comes before its answer, which is the last.
    pub(crate) async fn ask_all(&self, method: &str, params: Value) -> Vec<Value> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        messages(self.post(&message).await).await
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments }))
            .await
    }
}

/// Requests of a client of revision 2026-07-28.
impl Client {
    pub(crate) fn modern(&self, method: &str, params: Value) -> RequestBuilder {
        self.modern_with(method, params, json!({}))
    }

    pub(crate) fn modern_with(&self, method: &str, mut params: Value, capabilities: Value) -> RequestBuilder {
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
        meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "modern-client", "version": "2" });
        meta["io.modelcontextprotocol/clientCapabilities"] = capabilities;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut request = self
            .request(reqwest::Method::POST, "/mcp")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
            request = request.header("mcp-name", name);
        }
        request.json(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
    }

    pub(crate) async fn ask_modern(&self, method: &str, params: Value) -> Value {
        let response = self.modern(method, params).send().await.unwrap();
        messages(response).await.pop().expect("an answer")
    }
}

pub(crate) fn initialize_message(revision: &str, capabilities: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": revision, "capabilities": capabilities,
        "clientInfo": { "name": "test-client", "version": "1.2" } } })
}

/// All messages of an answer: the one of JSON, or those of a stream.
pub(crate) async fn messages(response: Response) -> Vec<Value> {
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let body = response.text().await.unwrap();
    if kind == "application/json" {
        return vec![serde_json::from_str(&body).unwrap()];
    }
    assert_eq!(kind, "text/event-stream");
    body.split("\n\n")
        .filter_map(|event| Some(serde_json::from_str(event_data(event)?).unwrap()))
        .collect()
}

fn event_data(event: &str) -> Option<&str> {
    let data = event.lines().find_map(|line| line.strip_prefix("data: "))?;
    // What only tells how to come back has none.
    (!data.is_empty()).then_some(data)
}

/// An open stream of events.
pub(crate) struct Events {
    body: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    buffer: String,
}

impl Events {
    pub(crate) fn new(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        Self {
            body: response.bytes_stream().boxed(),
            buffer: String::new(),
        }
    }

    /// The data of the next event; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            while let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let data = event_data(event).map(str::to_owned);
                let rest = rest.to_owned();
                self.buffer = rest;
                if data.is_some() {
                    return data;
                }
            }
            let chunk = self.body.next().await?.ok()?;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    pub(crate) async fn next_message(&mut self) -> Value {
        let data = tokio::time::timeout(std::time::Duration::from_secs(20), self.next()).await;
        serde_json::from_str(&data.expect("a message in time").expect("a message")).unwrap()
    }
}

/// A client of HTTP+SSE.
pub(crate) struct SseClient {
    pub(crate) client: Client,
    pub(crate) events: Events,
    pub(crate) endpoint: String,
}

impl SseClient {
    pub(crate) async fn open(client: Client) -> Self {
        let response = client.request(reqwest::Method::GET, "/sse").send().await.unwrap();
        let mut events = Events::new(response);
        let endpoint = events.next().await.unwrap();
        Self {
            client,
            events,
            endpoint,
        }
    }

    pub(crate) async fn post(&self, message: &Value) -> StatusCode {
        let origin = self.client.base.split("/projects").next().unwrap();
        let url = format!("{origin}{}", self.endpoint);
        let request = self
            .client
            .http
            .post(url)
            .bearer_auth(&self.client.key)
            .json(message);
        request.send().await.unwrap().status()
    }

    pub(crate) async fn ask(&mut self, id: u64, method: &str, params: Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        assert_eq!(self.post(&message).await, StatusCode::ACCEPTED);
        self.events.next_message().await
    }
}
