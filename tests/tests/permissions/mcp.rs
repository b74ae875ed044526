//! Each method of MCP at each door, of the whole project and of one server.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};
use service_host::http_client;
use tests::{Answer, Door, McpClient};

use super::house::House;

/// A method, whether it is one of the legacy revisions, and whether one of the
/// modern ones.
const METHODS: [(&str, bool, bool); 17] = [
    ("initialize", true, false),
    ("ping", true, false),
    ("logging/setLevel", true, false),
    ("resources/subscribe", true, false),
    ("resources/unsubscribe", true, false),
    ("server/discover", false, true),
    ("subscriptions/listen", false, true),
    ("tools/list", true, true),
    ("tools/call", true, true),
    ("resources/list", true, true),
    ("resources/templates/list", true, true),
    ("resources/read", true, true),
    ("prompts/list", true, true),
    ("prompts/get", true, true),
    ("completion/complete", true, true),
    // What servers have beside the specification.
    ("fixture/anything", true, true),
    ("notifications/initialized", true, false),
];

/// Every method at every door where its revision has it, such as
/// `sse tools/list`, and what the doors themselves take.
pub(crate) fn methods() -> Vec<String> {
    let mut methods: Vec<_> = ["sse GET", "http GET", "http DELETE"].map(str::to_owned).into();
    for (method, is_legacy, is_modern) in METHODS {
        for (door, has_it) in [("sse", is_legacy), ("http", is_legacy), ("stateless", is_modern)] {
            if has_it {
                methods.push(format!("{door} {method}"));
            }
        }
    }
    methods
}

/// A caller at both endpoints of the project, with what sessions they get.
pub(crate) struct Visitor {
    bearer: Option<String>,
    http: reqwest::Client,
    /// Each with what the names of its tools begin with.
    endpoints: [(String, &'static str); 2],
    clients: HashMap<(String, &'static str), McpClient>,
}

impl Visitor {
    /// The caller of that column. `session` comes with what a browser has.
    pub(crate) async fn come(house: &House, name: &str) -> Self {
        let bearer = match name {
            "session" => Some(house.founder.session_token().expect("signed in").to_owned()),
            name => house.caller(name).bearer.clone(),
        };
        let endpoint = house.stack.endpoint(&house.project);
        let endpoints = [
            (endpoint.clone(), "fixture__"),
            (format!("{endpoint}/servers/fixture"), ""),
        ];
        let mut clients = HashMap::new();
        for (endpoint, _) in &endpoints {
            for (word, door) in [("sse", Door::Sse), ("http", Door::StreamableHttp)] {
                let key = bearer.as_deref().unwrap_or_default();
                if let Ok(client) = McpClient::connect(endpoint, key, door).await {
                    clients.insert((endpoint.clone(), word), client);
                }
            }
        }
        Self {
            bearer,
            http: http_client().no_proxy().build().expect("a client"),
            endpoints,
            clients,
        }
    }

    /// Asks the project and its server; both must answer alike.
    pub(crate) async fn ask(&self, line: &str) -> (String, String) {
        let (door, method) = line.split_once(' ').expect("a door and a method");
        let [of_project, of_server] = &self.endpoints;
        let of_project = self.ask_at(of_project, door, method).await;
        let of_server = self.ask_at(of_server, door, method).await;
        if of_project.0 != of_server.0 {
            let apart = format!("{of_project:?} of the project, {of_server:?} of the server");
            return (apart.clone(), apart);
        }
        of_project
    }

    async fn ask_at(&self, at: &(String, &'static str), door: &str, method: &str) -> (String, String) {
        let (endpoint, prefix) = at;
        let word = if door == "sse" { "sse" } else { "http" };
        let client = self.clients.get(&(endpoint.clone(), word));
        let params = params(method, prefix);
        match client {
            // Without a session, or where there are none, the door itself answers.
            None => self.knock(endpoint, door, method, params).await,
            Some(_) if door == "stateless" || matches!(method, "GET" | "DELETE") => {
                self.knock(endpoint, door, method, params).await
            }
            // They made the session.
            Some(_) if matches!(method, "initialize" | "notifications/initialized") => {
                ("ok".to_owned(), "a session".to_owned())
            }
            Some(client) => match client.request(method, params).await.expect("an answer") {
                Answer::Result(result) => outcome_of(&json!({"result": result})),
                Answer::Error(error) => outcome_of(&json!({"error": error})),
            },
        }
    }

    /// What the door says, by its status or in the message it answers with.
    async fn knock(&self, endpoint: &str, door: &str, method: &str, params: Value) -> (String, String) {
        let (address, verb) = match (door, method) {
            ("sse", "GET") => (format!("{endpoint}/sse"), Method::GET),
            ("sse", _) => (format!("{endpoint}/messages?session_id=nobody"), Method::POST),
            (_, "GET") => (format!("{endpoint}/mcp"), Method::GET),
            (_, "DELETE") => (format!("{endpoint}/mcp"), Method::DELETE),
            _ => (format!("{endpoint}/mcp"), Method::POST),
        };
        let mut request = self
            .http
            .request(verb.clone(), address)
            .header("accept", "application/json, text/event-stream");
        if let Some(bearer) = &self.bearer {
            request = request.bearer_auth(bearer);
        }
        let mut params = params;
        if door == "stateless" {
            request = request.header("mcp-protocol-version", Door::Stateless.revision());
            request = request.header("mcp-method", method);
            if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
                request = request.header("mcp-name", name);
            }
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": Door::Stateless.revision(),
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        if verb == Method::POST {
            request = request.json(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
        }
        let response = request.send().await.expect("the door answers");
        let status = response.status();
        let is_stream = response
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind == "text/event-stream");
        if is_stream {
            return ("ok".to_owned(), "a stream".to_owned());
        }
        let text = response.text().await.expect("with a body");
        match status.as_u16() {
            200 => outcome_of(&serde_json::from_str(&text).expect("an answer is JSON")),
            // It passed who may come in; there is no session to be found.
            400 if matches!(method, "GET" | "DELETE") => ("ok".to_owned(), text),
            // The modern revision says so of a method that is not there.
            404 if text.contains("-32601") => outcome_of(&serde_json::from_str(&text).expect("JSON")),
            refused => (refused.to_string(), text),
        }
    }
}

/// A method that is not there has passed who may ask.
fn outcome_of(message: &Value) -> (String, String) {
    let told = message.to_string();
    let error = &message["error"];
    let says_so = |message: &str| message.starts_with("this key may not");
    let outcome = if error.is_null() || error["code"] == -32601 {
        "ok"
    } else if error["code"] == -32000 && error["message"].as_str().is_some_and(says_so) {
        // As a door without statuses says 403.
        "403"
    } else {
        told.as_str()
    };
    (outcome.to_owned(), told)
}

fn params(method: &str, prefix: &str) -> Value {
    match method {
        "tools/call" => json!({"name": format!("{prefix}echo"), "arguments": {}}),
        "prompts/get" => json!({"name": format!("{prefix}test_simple_prompt")}),
        "completion/complete" => json!({
            "ref": {"type": "ref/prompt", "name": format!("{prefix}test_prompt_with_arguments")},
            "argument": {"name": "arg1", "value": "pa"},
        }),
        "logging/setLevel" => json!({"level": "info"}),
        "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
            json!({"uri": "test://watched-resource"})
        }
        "subscriptions/listen" => json!({"notifications": {"toolsListChanged": true}}),
        _ => json!({}),
    }
}
