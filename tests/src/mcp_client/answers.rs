//! What the client says of itself, and what it answers to servers.

use serde_json::{Map, Value, json};

use super::Manner;

pub(super) fn client_info() -> Value {
    json!({"name": "test-client", "version": "1.2.3"})
}

pub(super) fn capabilities(manner: Manner) -> Value {
    match manner {
        Manner::Plain => json!({}),
        Manner::Answering => json!({
            "elicitation": {"form": {}, "url": {}},
            "sampling": {},
            "roots": {"listChanged": true},
        }),
    }
}

/// The result of a request from a server.
pub(super) fn to(method: &str, params: &Value) -> Value {
    match method {
        "elicitation/create" => {
            let properties = params["requestedSchema"]["properties"].as_object();
            let content: Map<String, Value> = properties
                .into_iter()
                .flatten()
                .map(|(name, schema)| (name.clone(), value_for(schema)))
                .collect();
            json!({"action": "accept", "content": content})
        }
        "sampling/createMessage" => json!({
            "role": "assistant",
            "content": {"type": "text", "text": "Paris"},
            "model": "test-model",
            "stopReason": "endTurn",
        }),
        "roots/list" => json!({"roots": [{"uri": "file:///test/root", "name": "root"}]}),
        _ => json!({}),
    }
}

/// Answers to a map of requests, as the stateless door carries them.
pub(super) fn to_all(requests: &Value) -> Value {
    requests
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, request)| {
            let method = request["method"].as_str().unwrap_or_default();
            (key.clone(), to(method, &request["params"]))
        })
        .collect::<Map<_, _>>()
        .into()
}

fn value_for(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(7),
        _ => json!("Kim"),
    }
}
