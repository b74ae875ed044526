//! The era of `initialize`: a session, and requests in both directions.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{sync::oneshot, task::AbortHandle};

use super::{
    Change, FixtureServer, Outlet,
    exchange::{Client, Exchange, Failure},
    methods, spawn,
};

const REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// What the server keeps of a client between its messages.
#[derive(Default)]
pub(super) struct Session {
    state: Mutex<State>,
    next_question: AtomicU64,
    is_quiet: AtomicBool,
}

#[derive(Default)]
struct State {
    capabilities: Value,
    subscriptions: HashSet<String>,
    questions: HashMap<u64, oneshot::Sender<Value>>,
    running: HashMap<String, AbortHandle>,
    /// Where messages go that belong to no request.
    general: Option<Outlet>,
}

/// A question that is on its way to the client.
pub(super) struct Asked(oneshot::Receiver<Value>);

impl Session {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// Makes a stream the one for messages that belong to no request.
    pub(super) fn listen(&self, outlet: Outlet) {
        self.state().general = Some(outlet);
    }

    /// That stream.
    pub(super) fn general(&self) -> Option<Outlet> {
        self.state().general.clone()
    }

    pub(super) fn declares(&self, capability: &str) -> bool {
        self.state().capabilities[capability].is_object()
    }

    pub(super) fn takes_info(&self) -> bool {
        !self.is_quiet.load(Ordering::Relaxed)
    }

    /// Sends a request to the client.
    pub(super) async fn ask(&self, stream: &Outlet, method: &str, params: Value) -> Result<Asked, Failure> {
        let id = self.next_question.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.state().questions.insert(id, answer);
        stream
            .send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await
            .map_err(|_| Failure::error(-32603, "the client is gone"))?;
        Ok(Asked(answered))
    }

    /// Waits for the client's answer.
    pub(super) async fn answer(&self, asked: Asked) -> Result<Value, Failure> {
        let answer = asked
            .0
            .await
            .map_err(|_| Failure::error(-32603, "the client is gone"))?;
        match answer.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(Failure::error(
                -32603,
                format!("the client refused: {}", answer["error"]),
            )),
        }
    }

    /// Tells the client of changes that it is to hear of, as long as it is there.
    pub(super) fn follow(self: &Arc<Self>, server: &FixtureServer) {
        let (session, mut changes) = (Arc::downgrade(self), server.changes.subscribe());
        spawn(async move {
            while let Ok(change) = changes.recv().await {
                let Some(session) = session.upgrade() else { return };
                let outlet = {
                    let state = session.state();
                    let is_wanted = match &change {
                        Change::Resource(uri) => state.subscriptions.contains(uri),
                        Change::Tools | Change::Prompts => true,
                    };
                    state.general.clone().filter(|_| is_wanted)
                };
                if let Some(outlet) = outlet {
                    let told =
                        json!({"jsonrpc": "2.0", "method": change.method(), "params": change.params()});
                    let _ = outlet.send(told).await;
                }
            }
        });
    }

    /// Takes a message of the client; what belongs to it goes to `stream`.
    pub(super) fn take(self: &Arc<Self>, server: &Arc<FixtureServer>, message: Value, stream: Outlet) {
        let Some(method) = message["method"].as_str().map(str::to_owned) else {
            let question = message["id"].as_u64();
            if let Some(answer) = question.and_then(|id| self.state().questions.remove(&id)) {
                let _ = answer.send(message);
            }
            return;
        };
        let Some(id) = message.get("id").cloned() else {
            if method == "notifications/cancelled" {
                let running = self
                    .state()
                    .running
                    .remove(&message["params"]["requestId"].to_string());
                if let Some(running) = running {
                    running.abort();
                }
            }
            return;
        };
        let (server, session, key) = (Arc::clone(server), Arc::clone(self), id.to_string());
        let mut state = self.state();
        let task = spawn(async move {
            let params = message.get("params").cloned().unwrap_or_else(|| json!({}));
            let outcome = session.respond(&server, &method, params, &stream).await;
            session.state().running.remove(&id.to_string());
            let answer = match outcome {
                Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
                Err(failure) => json!({"jsonrpc": "2.0", "id": id, "error": error(&failure)}),
            };
            let _ = stream.send(answer).await;
        });
        state.running.insert(key, task.abort_handle());
    }

    async fn respond(
        self: &Arc<Self>,
        server: &FixtureServer,
        method: &str,
        params: Value,
        stream: &Outlet,
    ) -> Result<Value, Failure> {
        match method {
            "initialize" => {
                self.state().capabilities = params["capabilities"].clone();
                let asked = params["protocolVersion"].as_str().unwrap_or_default();
                let revision = REVISIONS
                    .iter()
                    .find(|known| **known == asked)
                    .unwrap_or(&REVISIONS[3]);
                Ok(json!({
                    "protocolVersion": revision,
                    "capabilities": methods::capabilities(),
                    "serverInfo": methods::server_info(),
                    "instructions": methods::INSTRUCTIONS,
                }))
            }
            "ping" => Ok(json!({})),
            "logging/setLevel" => {
                let is_quiet = !matches!(params["level"].as_str(), Some("debug" | "info"));
                self.is_quiet.store(is_quiet, Ordering::Relaxed);
                Ok(json!({}))
            }
            "resources/subscribe" | "resources/unsubscribe" => {
                let uri = params["uri"]
                    .as_str()
                    .ok_or_else(|| Failure::error(-32602, "which uri?"))?;
                if method == "resources/subscribe" {
                    self.state().subscriptions.insert(uri.to_owned());
                } else {
                    self.state().subscriptions.remove(uri);
                }
                Ok(json!({}))
            }
            _ => {
                let client = Client::Legacy(Arc::clone(self));
                let exchange = Exchange::new(params, stream.clone(), client);
                methods::respond(server, method, &exchange).await
            }
        }
    }
}

fn error(failure: &Failure) -> Value {
    match failure {
        Failure::Error { code, message, data } => {
            // This era knows no code for a capability that is missing.
            let code = if *code == -32021 { -32602 } else { *code };
            let mut error = json!({"code": code, "message": message});
            if !data.is_null() {
                error["data"] = data.clone();
            }
            error
        }
        Failure::InputRequired { .. } => json!({"code": -32603, "message": "asked in the wrong era"}),
    }
}
