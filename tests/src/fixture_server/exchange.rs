use std::sync::Arc;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::{Outlet, legacy::Session};

/// How a request ends without its result.
#[derive(Debug)]
pub(super) enum Failure {
    /// A JSON-RPC error.
    Error { code: i64, message: String, data: Value },
    /// The client is asked first.
    InputRequired {
        requests: Map<String, Value>,
        state: String,
    },
}

/// What a request comes to.
pub(super) type Outcome = Result<Value, Failure>;

/// A question of the server to its client.
pub(super) struct Question {
    pub(super) key: &'static str,
    pub(super) method: &'static str,
    pub(super) params: Value,
}

/// A request while it is worked on.
pub(super) struct Exchange {
    pub(super) params: Value,
    /// What belongs to this request goes here.
    stream: Outlet,
    client: Client,
}

/// Who asks.
pub(super) enum Client {
    Legacy(Arc<Session>),
    Modern {
        key: Uuid,
        capabilities: Value,
        /// Those of earlier rounds, out of `requestState`, and those of this.
        answers: Map<String, Value>,
        may_log: bool,
    },
}

impl Failure {
    pub(super) fn error(code: i64, message: impl Into<String>) -> Self {
        Self::Error {
            code,
            message: message.into(),
            data: Value::Null,
        }
    }

    /// The client does not declare what the request needs.
    fn capability(needed: &str) -> Self {
        Self::Error {
            code: -32021,
            message: format!("this needs the client's capability {needed}"),
            data: json!({"requiredCapabilities": {needed: {}}}),
        }
    }
}

impl Question {
    /// Asks the user for one value.
    pub(super) fn elicit(key: &'static str, message: &str, field: &str, kind: &str) -> Self {
        Self {
            key,
            method: "elicitation/create",
            params: json!({
                "mode": "form",
                "message": message,
                "requestedSchema": {
                    "type": "object",
                    "properties": {field: {"type": kind}},
                    "required": [field],
                },
            }),
        }
    }

    /// Asks the client's model.
    pub(super) fn sample(key: &'static str, prompt: &str) -> Self {
        Self {
            key,
            method: "sampling/createMessage",
            params: json!({
                "messages": [{"role": "user", "content": {"type": "text", "text": prompt}}],
                "maxTokens": 100,
            }),
        }
    }

    /// Asks for the client's roots.
    pub(super) fn roots(key: &'static str) -> Self {
        Self {
            key,
            method: "roots/list",
            params: json!({}),
        }
    }

    fn capability(&self) -> &'static str {
        match self.method {
            "sampling/createMessage" => "sampling",
            "roots/list" => "roots",
            _ => "elicitation",
        }
    }
}

impl Client {
    /// A client of the modern era, from the params of its request.
    pub(super) fn modern(key: Uuid, params: &Value) -> Result<Self, Failure> {
        let meta = &params["_meta"];
        let mut answers = match params.get("requestState") {
            None => Map::new(),
            Some(state) => state
                .as_str()
                .and_then(|state| unseal(key, state))
                .ok_or_else(|| Failure::error(-32602, "requestState is not what this server gave out"))?,
        };
        if let Some(given) = params["inputResponses"].as_object() {
            // What is no object answers no question: it is asked again.
            answers.extend(given.clone().into_iter().filter(|(_, answer)| answer.is_object()));
        }
        Ok(Self::Modern {
            key,
            capabilities: meta["io.modelcontextprotocol/clientCapabilities"].clone(),
            answers,
            may_log: meta["io.modelcontextprotocol/logLevel"].is_string(),
        })
    }
}

impl Exchange {
    pub(super) fn new(params: Value, stream: Outlet, client: Client) -> Self {
        Self {
            params,
            stream,
            client,
        }
    }

    pub(super) fn is_modern(&self) -> bool {
        matches!(self.client, Client::Modern { .. })
    }

    /// Tells the client something that belongs to this request.
    pub(super) async fn notify(&self, method: &str, params: Value) {
        let _ = self
            .stream
            .send(json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await;
    }

    pub(super) fn progress_token(&self) -> &Value {
        &self.params["_meta"]["progressToken"]
    }

    /// Tells of progress, where the client asked for it.
    pub(super) async fn progress(&self, progress: u64, total: u64) {
        let token = self.progress_token();
        if !token.is_null() {
            let told = json!({
                "progressToken": token,
                "progress": progress,
                "total": total,
                "message": format!("step {progress} of {total}"),
            });
            self.notify("notifications/progress", told).await;
        }
    }

    /// Logs at level `info`, where the client takes it.
    pub(super) async fn log(&self, text: &str) {
        let is_wanted = match &self.client {
            Client::Legacy(session) => session.takes_info(),
            Client::Modern { may_log, .. } => *may_log,
        };
        if is_wanted {
            let line = json!({"level": "info", "logger": "fixture", "data": text});
            self.notify("notifications/message", line).await;
        }
    }

    /// Whether the client declares a capability.
    pub(super) fn declares(&self, capability: &str) -> bool {
        match &self.client {
            Client::Legacy(session) => session.declares(capability),
            Client::Modern { capabilities, .. } => capabilities[capability].is_object(),
        }
    }

    /// Fails where the client does not declare a capability.
    pub(super) fn require(&self, capability: &str) -> Result<(), Failure> {
        if self.declares(capability) {
            Ok(())
        } else {
            Err(Failure::capability(capability))
        }
    }

    /// Asks the client; gives the answers in the order of the questions.
    pub(super) async fn ask(&self, questions: Vec<Question>) -> Result<Vec<Value>, Failure> {
        for question in &questions {
            self.require(question.capability())?;
        }
        match &self.client {
            Client::Legacy(session) => {
                let mut asked = Vec::new();
                for question in questions {
                    asked.push(
                        session
                            .ask(&self.stream, question.method, question.params)
                            .await?,
                    );
                }
                let mut answers = Vec::new();
                for answer in asked {
                    answers.push(session.answer(answer).await?);
                }
                Ok(answers)
            }
            Client::Modern { key, answers, .. } => {
                let open: Map<String, Value> = questions
                    .iter()
                    .filter(|question| !answers.contains_key(question.key))
                    .map(|question| {
                        let request = json!({"method": question.method, "params": question.params});
                        (question.key.to_owned(), request)
                    })
                    .collect();
                if open.is_empty() {
                    return Ok(questions
                        .iter()
                        .map(|question| answers[question.key].clone())
                        .collect());
                }
                Err(Failure::InputRequired {
                    requests: open,
                    state: seal(*key, answers),
                })
            }
        }
    }

    /// The one answer to one question.
    pub(super) async fn ask_one(&self, question: Question) -> Result<Value, Failure> {
        Ok(self.ask(vec![question]).await?.swap_remove(0))
    }
}

fn seal(key: Uuid, answers: &Map<String, Value>) -> String {
    let told = Value::from(answers.clone()).to_string();
    format!("{}.{}", HEXLOWER.encode(told.as_bytes()), signature(key, &told))
}

fn unseal(key: Uuid, state: &str) -> Option<Map<String, Value>> {
    let (told, signed) = state.split_once('.')?;
    let told = String::from_utf8(HEXLOWER.decode(told.as_bytes()).ok()?).ok()?;
    (signature(key, &told) == signed)
        .then(|| serde_json::from_str(&told).ok())
        .flatten()
}

fn signature(key: Uuid, told: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(told.as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}
