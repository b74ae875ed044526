use std::sync::{Arc, atomic::Ordering};

use anyhow::{Context as _, bail};
use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use super::{Answer, Door, Wire, answers, events::Events, spawn};

impl Wire {
    /// Sends a request and waits for its answer.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        id: u64,
        method: &str,
        params: &Value,
    ) -> anyhow::Result<Answer> {
        let answered = (self.door == Door::Sse).then(|| {
            let (sender, receiver) = oneshot::channel();
            self.state().waiting.insert(id, sender);
            receiver
        });
        let mut params = params.clone();
        if self.door == Door::Stateless {
            let log_level = self.state().log_level.clone();
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = self.door.revision().into();
            meta["io.modelcontextprotocol/clientInfo"] = answers::client_info();
            meta["io.modelcontextprotocol/clientCapabilities"] = answers::capabilities(self.manner);
            if let Some(level) = log_level {
                meta["io.modelcontextprotocol/logLevel"] = level.into();
            }
        }
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let response = self.post(&message).await?;
        if method == "initialize"
            && let Some(session_id) = response.headers().get("mcp-session-id")
        {
            self.state().session_id = Some(session_id.to_str()?.to_owned());
        }
        match answered {
            Some(answered) => {
                expect_success(response).await?;
                answered.await.context("the stream ended before the answer")
            }
            None => self.answer_in(response, id).await,
        }
    }

    /// Sends a notification.
    pub(super) async fn tell(&self, method: &str, params: &Value) -> anyhow::Result<()> {
        let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        expect_success(self.post(&message).await?).await
    }

    async fn post(&self, message: &Value) -> anyhow::Result<reqwest::Response> {
        let (endpoint, session_id) = {
            let state = self.state();
            (state.endpoint.clone(), state.session_id.clone())
        };
        let mut request = self
            .http
            .request(Method::POST, endpoint)
            .bearer_auth(&self.key)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .json(message);
        if let Some(session_id) = session_id {
            request = request.header("mcp-session-id", session_id);
            // The header came with 2025-06-18.
            if self.door != Door::StreamableHttp202503 {
                request = request.header("mcp-protocol-version", self.door.revision());
            }
        }
        if self.door == Door::Stateless {
            let method = message["method"].as_str().unwrap_or_default();
            let params = &message["params"];
            request = request
                .header("mcp-protocol-version", self.door.revision())
                .header("mcp-method", method);
            let name = match method {
                "tools/call" | "prompts/get" => params["name"].as_str(),
                "resources/read" => params["uri"].as_str(),
                _ => None,
            };
            if let Some(name) = name {
                request = request.header("mcp-name", name);
            }
        }
        Ok(request.send().await?)
    }

    /// The answer to `id` in a response that is JSON or a stream of events.
    async fn answer_in(self: &Arc<Self>, response: reqwest::Response, id: u64) -> anyhow::Result<Answer> {
        let status = response.status();
        let content_type = response
            .headers()
            .get(header::CONTENT_TYPE)
            .map_or("", |value| value.to_str().unwrap_or_default())
            .to_owned();
        if content_type.starts_with("text/event-stream") {
            let mut events = Events::new(response);
            while let Some((_, data)) = events.next().await? {
                if let Some((answered, answer)) = self.take(&data).await?
                    && answered == id
                {
                    return Ok(answer);
                }
            }
            bail!("the stream ended before the answer");
        }
        let text = response.text().await?;
        match self.take(&text).await {
            Ok(Some((answered, answer))) if answered == id => Ok(answer),
            _ => bail!("asked {id}, answered {status}: {text}"),
        }
    }

    /// Reads a message: answers are given back, requests answered, notifications
    /// kept.
    async fn take(self: &Arc<Self>, text: &str) -> anyhow::Result<Option<(u64, Answer)>> {
        self.look_for_foreign(text);
        let message: Value = serde_json::from_str(text)?;
        let Some(method) = message["method"].as_str() else {
            return Ok(Answer::of(&message));
        };
        match message.get("id") {
            None => self.state().seen.push(message),
            Some(id) => {
                let result = answers::to(method, &message["params"]);
                let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
                expect_success(self.post(&answer).await?).await?;
            }
        }
        Ok(None)
    }

    fn look_for_foreign(&self, text: &str) {
        let Some(own) = self.state().canary.clone() else {
            return;
        };
        let canaries = text.match_indices("canary-");
        let others = canaries.filter(|(at, _)| !text[*at..].starts_with(&own)).count();
        self.foreign.fetch_add(others, Ordering::Relaxed);
    }

    /// Opens the SSE stream and learns from its first event where to post.
    pub(super) async fn open_sse(self: &Arc<Self>, endpoint: &str) -> anyhow::Result<()> {
        let address = format!("{endpoint}/sse");
        let response = self.get(&address).await?;
        let (post_to, mut known) = watch::channel(None);
        self.read(response, move |data| {
            let _ = post_to.send(Some(data));
        });
        let path = known.wait_for(Option::is_some).await?.clone().unwrap_or_default();
        let address = reqwest::Url::parse(&address)?.join(&path)?.to_string();
        self.state().endpoint = address;
        Ok(())
    }

    /// Opens the stream of messages that belong to no request.
    pub(super) async fn open_get_stream(self: &Arc<Self>) -> anyhow::Result<()> {
        let endpoint = self.state().endpoint.clone();
        let response = self.get(&endpoint).await?;
        self.read(response, |_| {});
        Ok(())
    }

    async fn get(&self, address: &str) -> anyhow::Result<reqwest::Response> {
        let session_id = self.state().session_id.clone();
        let mut request = self
            .http
            .get(address)
            .bearer_auth(&self.key)
            .header(header::ACCEPT, "text/event-stream");
        if let Some(session_id) = session_id {
            request = request
                .header("mcp-session-id", session_id)
                .header("mcp-protocol-version", self.door.revision());
        }
        Ok(request.send().await?.error_for_status()?)
    }

    /// Reads a stream in the background until it ends or the client is dropped.
    fn read(self: &Arc<Self>, response: reqwest::Response, on_endpoint: impl Fn(String) + Send + 'static) {
        let wire = Arc::downgrade(self);
        spawn(async move {
            let mut events = Events::new(response);
            while let Ok(Some((event, data))) = events.next().await {
                if event == "endpoint" {
                    on_endpoint(data);
                    continue;
                }
                let Some(wire) = wire.upgrade() else { return };
                if let Ok(Some((id, answer))) = wire.take(&data).await
                    && let Some(sender) = wire.state().waiting.remove(&id)
                {
                    let _ = sender.send(answer);
                }
            }
            // Whoever still waits learns that no answer will come.
            if let Some(wire) = wire.upgrade() {
                wire.state().waiting.clear();
            }
        });
    }
}

async fn expect_success(response: reqwest::Response) -> anyhow::Result<()> {
    let status = response.status();
    if !status.is_success() {
        bail!("answered {status}: {}", response.text().await?);
    }
    Ok(())
}
