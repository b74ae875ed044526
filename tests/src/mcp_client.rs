mod answers;
mod events;
mod exchange;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use service_host::http_client;
use tokio::sync::oneshot;

/// How a client reaches the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// HTTP+SSE, revision 2024-11-05.
    Sse,
    /// Streamable HTTP, revision 2025-03-26.
    StreamableHttp202503,
    /// Streamable HTTP, revision 2025-06-18.
    StreamableHttp202506,
    /// Streamable HTTP, revision 2025-11-25.
    StreamableHttp,
    /// Streamable HTTP, revision 2026-07-28: no sessions.
    Stateless,
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
    wire: Arc<Wire>,
}

/// How a client introduces itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It declares no capabilities.
    Plain,
    /// It declares elicitation, sampling and roots, and answers what it is asked.
    Answering,
}

/// A connection, shared by all that happens on it.
#[derive(Debug)]
struct Wire {
    door: Door,
    manner: Manner,
    http: reqwest::Client,
    key: String,
    state: Mutex<State>,
    next_id: AtomicU64,
    /// Messages that hold another client's canary.
    foreign: AtomicUsize,
}

#[derive(Debug, Default)]
struct State {
    /// Where messages are posted.
    endpoint: String,
    session_id: Option<String>,
    /// Level that log messages are wanted from; of the stateless door.
    log_level: Option<String>,
    /// Answers that come over a stream, by the id of their request.
    waiting: HashMap<u64, oneshot::Sender<Answer>>,
    /// Notifications, in the order in which they came.
    seen: Vec<Value>,
    canary: Option<String>,
}

impl Door {
    /// All of them, oldest revision first.
    pub const ALL: [Self; 5] = [
        Self::Sse,
        Self::StreamableHttp202503,
        Self::StreamableHttp202506,
        Self::StreamableHttp,
        Self::Stateless,
    ];

    /// Revision of the protocol that is spoken there.
    pub fn revision(self) -> &'static str {
        match self {
            Self::Sse => "2024-11-05",
            Self::StreamableHttp202503 => "2025-03-26",
            Self::StreamableHttp202506 => "2025-06-18",
            Self::StreamableHttp => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}

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

    /// The result.
    pub fn result(self) -> anyhow::Result<Value> {
        match self {
            Self::Result(result) => Ok(result),
            Self::Error(error) => anyhow::bail!("answered with the error {error}"),
        }
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
        Self::connect_as(endpoint, key, door, Manner::Plain).await
    }

    /// The same, with a choice of what the client declares.
    pub async fn connect_as(endpoint: &str, key: &str, door: Door, manner: Manner) -> anyhow::Result<Self> {
        let wire = Arc::new(Wire {
            door,
            manner,
            http: http_client()
                .no_proxy()
                // Well before the gateway closes what lies idle.
                .pool_idle_timeout(Duration::from_secs(3))
                .build()?,
            key: key.to_owned(),
            state: Mutex::new(State {
                endpoint: format!("{endpoint}/mcp"),
                ..State::default()
            }),
            next_id: AtomicU64::new(0),
            foreign: AtomicUsize::new(0),
        });
        let client = Self { wire };
        if door == Door::Stateless {
            return Ok(client);
        }
        if door == Door::Sse {
            client.wire.open_sse(endpoint).await?;
        }
        let hello = json!({
            "protocolVersion": door.revision(),
            "capabilities": answers::capabilities(manner),
            "clientInfo": answers::client_info(),
        });
        let answer = client.request("initialize", hello).await?.result()?;
        ensure!(
            answer["protocolVersion"] == door.revision(),
            "initialize agreed on {}",
            answer["protocolVersion"]
        );
        client.wire.tell("notifications/initialized", &json!({})).await?;
        Ok(client)
    }

    /// Marks what this client sends; [`Self::foreign`] counts what came with the
    /// mark of another one.
    pub fn mark(&self, canary: &str) {
        self.wire.state().canary = Some(canary.to_owned());
    }

    /// How many messages came that hold a canary that is not this client's.
    pub fn foreign(&self) -> usize {
        self.wire.foreign.load(Ordering::Relaxed)
    }

    /// Notifications of a method that have come so far.
    pub fn seen(&self, method: &str) -> Vec<Value> {
        let state = self.wire.state();
        let of_method = state.seen.iter().filter(|message| message["method"] == method);
        of_method.map(|message| message["params"].clone()).collect()
    }

    /// Calls a tool. An error is one of HTTP or of the connection.
    pub async fn call(&self, tool: &str, arguments: Value) -> anyhow::Result<Answer> {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// Any request. A stateless client asks again with what it is asked for.
    pub async fn request(&self, method: &str, params: Value) -> anyhow::Result<Answer> {
        let mut asked = params.clone();
        loop {
            let answer = self.wire.exchange(self.wire.id(), method, &asked).await?;
            match &answer {
                Answer::Result(result) if result["resultType"] == "input_required" => {
                    asked = params.clone();
                    asked["inputResponses"] = answers::to_all(&result["inputRequests"]);
                    if let Some(state) = result.get("requestState") {
                        asked["requestState"] = state.clone();
                    }
                }
                _ => return Ok(answer),
            }
        }
    }

    /// Calls a tool and withdraws the call when `moment` has come, as the
    /// revision does it.
    pub async fn call_until(
        &self,
        tool: &str,
        arguments: Value,
        moment: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let (wire, id) = (Arc::clone(&self.wire), self.wire.id());
        let params = json!({"name": tool, "arguments": arguments});
        let asking = spawn(async move { wire.exchange(id, "tools/call", &params).await });
        moment.await;
        if self.wire.door == Door::Stateless {
            // A response stream that is closed is a request that is withdrawn.
            asking.abort();
        } else {
            self.wire
                .tell("notifications/cancelled", &json!({"requestId": id}))
                .await?;
        }
        Ok(())
    }

    /// Asks for log messages from a level on.
    pub async fn set_log_level(&self, level: &str) -> anyhow::Result<()> {
        if self.wire.door == Door::Stateless {
            self.wire.state().log_level = Some(level.to_owned());
        } else {
            self.request("logging/setLevel", json!({"level": level}))
                .await?
                .result()?;
        }
        Ok(())
    }

    /// Listens for changes of the lists and of a resource, until the client is
    /// dropped.
    pub async fn listen(&self, uri: &str) -> anyhow::Result<()> {
        let wanted = json!({
            "toolsListChanged": true,
            "promptsListChanged": true,
            "resourcesListChanged": true,
            "resourceSubscriptions": [uri],
        });
        match self.wire.door {
            Door::Stateless => {
                let (wire, id) = (Arc::clone(&self.wire), self.wire.id());
                spawn(async move {
                    let params = json!({"notifications": wanted});
                    wire.exchange(id, "subscriptions/listen", &params).await
                });
                crate::wait_until("the subscription is acknowledged", async || {
                    let acknowledged = self.seen("notifications/subscriptions/acknowledged");
                    (!acknowledged.is_empty()).then_some(())
                })
                .await;
                return Ok(());
            }
            Door::Sse => {}
            _ => self.wire.open_get_stream().await?,
        }
        self.request("resources/subscribe", json!({"uri": uri}))
            .await?
            .result()
            .context("subscribing")?;
        Ok(())
    }
}

impl Wire {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    fn id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }
}

fn spawn<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    #[expect(clippy::disallowed_methods, reason = "a test has no host to keep its tasks")]
    tokio::spawn(task)
}
