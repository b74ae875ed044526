use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, bail, ensure};
use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio_stream::StreamExt as _;

/// How a client reaches the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// HTTP+SSE, revision 2024-11-05.
    Sse,
    /// Streamable HTTP, revision 2025-11-25.
    StreamableHttp,
}

/// What a request got.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The `result` member.
    Result(Value),
    /// The `error` member.
    Error(Value),
}

/// An MCP client of few lines, which says and reads exactly what is on the wire.
#[derive(Debug, Clone)]
pub struct McpClient {
    http: reqwest::Client,
    key: String,
    /// Where messages are posted.
    endpoint: String,
    session_id: Option<String>,
    next_id: Arc<AtomicU64>,
    /// Answers that come over the SSE stream, by id; absent for Streamable HTTP.
    stream: Option<Arc<Waiting>>,
}

type Waiting = Mutex<HashMap<u64, oneshot::Sender<Answer>>>;

impl Answer {
    /// Text of the first content block of a tool's result.
    pub fn text(&self) -> &str {
        match self {
            Self::Result(result) => result["content"][0]["text"].as_str().unwrap_or_default(),
            Self::Error(_) => "",
        }
    }

    /// Whether it is a result without `isError`.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Result(result) if result["isError"] != json!(true))
    }

    fn of(message: &Value) -> Option<(u64, Self)> {
        let id = message["id"].as_u64()?;
        match (message.get("result"), message.get("error")) {
            (Some(result), None) => Some((id, Self::Result(result.clone()))),
            (None, Some(error)) => Some((id, Self::Error(error.clone()))),
            _ => None,
        }
    }
}

impl McpClient {
    /// Shakes hands at an endpoint such as `http://host/projects/demo`, without
    /// the part that names the door.
    pub async fn connect(endpoint: &str, key: &str, door: Door) -> anyhow::Result<Self> {
        let mut client = Self {
            http: reqwest::Client::builder().no_proxy().build()?,
            key: key.to_owned(),
            endpoint: format!("{endpoint}/mcp"),
            session_id: None,
            next_id: Arc::new(AtomicU64::new(0)),
            stream: None,
        };
        if door == Door::Sse {
            client.open_stream(endpoint).await?;
        }
        let revision = if door == Door::Sse {
            "2024-11-05"
        } else {
            "2025-11-25"
        };
        let hello = json!({
            "protocolVersion": revision,
            "capabilities": {},
            "clientInfo": {"name": "test-client", "version": "1.2.3"},
        });
        let id = client.next_id.fetch_add(1, Ordering::Relaxed);
        let (answer, session_id) = client.exchange(id, "initialize", &hello).await?;
        ensure!(
            matches!(answer, Answer::Result(_)),
            "initialize answered {answer:?}"
        );
        client.session_id = session_id;
        client
            .post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await?;
        Ok(client)
    }

    /// Calls a tool. An error is one of HTTP or of the connection.
    pub async fn call(&self, tool: &str, arguments: Value) -> anyhow::Result<Answer> {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// Any request.
    pub async fn request(&self, method: &str, params: Value) -> anyhow::Result<Answer> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        Ok(self.exchange(id, method, &params).await?.0)
    }

    async fn exchange(
        &self,
        id: u64,
        method: &str,
        params: &Value,
    ) -> anyhow::Result<(Answer, Option<String>)> {
        let answered = self.stream.as_ref().map(|waiting| {
            let (sender, receiver) = oneshot::channel();
            waiting
                .lock()
                .expect("no holder of this lock panics")
                .insert(id, sender);
            receiver
        });
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let response = self.post(&message).await?;
        let session_id = response
            .headers()
            .get("mcp-session-id")
            .map(|id| id.to_str().map(str::to_owned))
            .transpose()?;
        let answer = match answered {
            Some(answered) => answered.await.context("the stream ended before the answer")?,
            None => answer_in(response, id).await?,
        };
        Ok((answer, session_id))
    }

    async fn post(&self, message: &Value) -> anyhow::Result<reqwest::Response> {
        let mut request = self
            .http
            .request(Method::POST, &self.endpoint)
            .bearer_auth(&self.key)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(message);
        if let Some(session_id) = &self.session_id {
            request = request
                .header("mcp-session-id", session_id)
                .header("mcp-protocol-version", "2025-11-25");
        }
        let response = request.send().await?;
        let status = response.status();
        if !status.is_success() {
            bail!("{} answered {status}: {}", self.endpoint, response.text().await?);
        }
        Ok(response)
    }

    /// Opens the SSE stream and learns from its first event where to post.
    async fn open_stream(&mut self, endpoint: &str) -> anyhow::Result<()> {
        let address = format!("{endpoint}/sse");
        let response = self
            .http
            .get(&address)
            .bearer_auth(&self.key)
            .header(header::ACCEPT, "text/event-stream")
            .send()
            .await?
            .error_for_status()?;
        let waiting = Arc::new(Waiting::default());
        let (post_to, mut known) = watch::channel(None);
        self.stream = Some(Arc::clone(&waiting));
        #[expect(clippy::disallowed_methods, reason = "a test has no host to keep its tasks")]
        tokio::spawn(async move {
            let mut events = Events::new(response);
            while let Ok(Some((event, data))) = events.next().await {
                if event == "endpoint" {
                    let _ = post_to.send(Some(data));
                } else if let Some((id, answer)) = serde_json::from_str(&data)
                    .ok()
                    .and_then(|message| Answer::of(&message))
                    && let Some(sender) = waiting.lock().expect("no holder of this lock panics").remove(&id)
                {
                    let _ = sender.send(answer);
                }
            }
            // Whoever still waits learns that no answer will come.
            waiting.lock().expect("no holder of this lock panics").clear();
        });
        let path = known.wait_for(Option::is_some).await?.clone().unwrap_or_default();
        self.endpoint = reqwest::Url::parse(&address)?.join(&path)?.to_string();
        Ok(())
    }
}

/// The answer to `id` in a response that is JSON or a stream of events.
async fn answer_in(response: reqwest::Response, id: u64) -> anyhow::Result<Answer> {
    let content_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .context("no content type")?
        .to_str()?
        .to_owned();
    if content_type.starts_with("application/json") {
        let message: Value = response.json().await?;
        let (answered, answer) = Answer::of(&message).with_context(|| format!("no answer: {message}"))?;
        ensure!(answered == id, "asked {id}, answered {answered}");
        return Ok(answer);
    }
    let mut events = Events::new(response);
    while let Some((_, data)) = events.next().await? {
        let message: Value = serde_json::from_str(&data)?;
        if let Some((answered, answer)) = Answer::of(&message) {
            ensure!(answered == id, "asked {id}, answered {answered}");
            return Ok(answer);
        }
    }
    bail!("the stream ended before the answer")
}

/// Server-sent events of a response: their name and their data.
struct Events {
    body: std::pin::Pin<Box<dyn tokio_stream::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    unread: Vec<u8>,
}

impl Events {
    fn new(response: reqwest::Response) -> Self {
        Self {
            body: Box::pin(response.bytes_stream()),
            unread: Vec::new(),
        }
    }

    async fn next(&mut self) -> anyhow::Result<Option<(String, String)>> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                let (mut event, mut data) = (String::from("message"), Vec::new());
                for line in String::from_utf8(block)?.lines() {
                    match line
                        .split_once(':')
                        .map(|(field, value)| (field, value.trim_start()))
                    {
                        Some(("event", name)) => name.clone_into(&mut event),
                        Some(("data", text)) => data.push(text.to_owned()),
                        _ => {}
                    }
                }
                if !data.is_empty() && !data.iter().all(String::is_empty) {
                    return Ok(Some((event, data.join("\n"))));
                }
            } else {
                match self.body.next().await {
                    Some(chunk) => self.unread.extend_from_slice(&chunk?),
                    None => return Ok(None),
                }
            }
        }
    }
}
