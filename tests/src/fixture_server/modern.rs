//! The stateless era: each request says who asks, and nothing is kept between.

use serde_json::{Map, Value, json};
use tokio::sync::broadcast;

use super::{
    Change, FixtureServer, Outlet,
    exchange::{Client, Exchange, Failure},
    methods,
};

pub(super) const REVISION: &str = "2026-07-28";

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

/// Results that say how long they keep.
const CACHEABLE: [&str; 6] = [
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
];

/// Revision that a message names in its `_meta`.
pub(super) fn revision_of(message: &Value) -> Option<&str> {
    message["params"]["_meta"][VERSION].as_str()
}

/// What is wrong with the `_meta` of a request: an error object.
pub(super) fn check_meta(message: &Value) -> Result<(), Value> {
    let meta = &message["params"]["_meta"];
    let revision = revision_of(message);
    if revision.is_none() || !meta["io.modelcontextprotocol/clientCapabilities"].is_object() {
        return Err(json!({
            "code": -32602,
            "message": "params._meta must name protocolVersion and clientCapabilities",
        }));
    }
    if revision != Some(REVISION) {
        return Err(json!({
            "code": -32022,
            "message": "this server does not speak that revision",
            "data": {"supported": [REVISION], "requested": revision},
        }));
    }
    Ok(())
}

/// Answers a request whose `_meta` is good; everything goes to `stream`.
pub(super) async fn answer(server: &FixtureServer, message: &Value, stream: &Outlet) {
    let (id, params) = (&message["id"], message["params"].clone());
    let method = message["method"].as_str().unwrap_or_default();
    let outcome = match method {
        "server/discover" => Ok(json!({
            "supportedVersions": [REVISION],
            "capabilities": methods::capabilities(),
            "instructions": methods::INSTRUCTIONS,
        })),
        "subscriptions/listen" => {
            listen(server, id, &params["notifications"], stream).await;
            return;
        }
        _ => match Client::modern(server.key, &params) {
            Ok(client) => {
                methods::respond(server, method, &Exchange::new(params, stream.clone(), client)).await
            }
            Err(failure) => Err(failure),
        },
    };
    let answer = match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": complete(method, result)}),
        Err(Failure::InputRequired { requests, state }) => {
            let result = json!({
                "resultType": "input_required",
                "inputRequests": requests,
                "requestState": state,
            });
            json!({"jsonrpc": "2.0", "id": id, "result": result})
        }
        Err(Failure::Error { code, message, data }) => {
            // Revisions before this one had a code of their own for it.
            let code = if code == -32002 { -32602 } else { code };
            let mut error = json!({"code": code, "message": message});
            if !data.is_null() {
                error["data"] = data;
            }
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    };
    let _ = stream.send(answer).await;
}

fn complete(method: &str, mut result: Value) -> Value {
    result["resultType"] = "complete".into();
    result["_meta"]["io.modelcontextprotocol/serverInfo"] = methods::server_info();
    if CACHEABLE.contains(&method) {
        result["ttlMs"] = 60_000.into();
        result["cacheScope"] = "private".into();
    }
    result
}

/// Tells of what `wanted` asks for, until the stream is closed.
async fn listen(server: &FixtureServer, id: &Value, wanted: &Value, stream: &Outlet) {
    let mut changes = server.changes.subscribe();
    let honoured: Map<String, Value> = wanted
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(kind, _)| {
            ["toolsListChanged", "promptsListChanged", "resourceSubscriptions"].contains(&kind.as_str())
        })
        .map(|(kind, value)| (kind.clone(), value.clone()))
        .collect();
    let acknowledged = json!({
        "jsonrpc": "2.0",
        "method": "notifications/subscriptions/acknowledged",
        "params": {"_meta": {SUBSCRIPTION: id}, "notifications": honoured},
    });
    let _ = stream.send(acknowledged).await;
    loop {
        let change = tokio::select! {
            () = stream.closed() => return,
            change = changes.recv() => match change {
                Ok(change) => change,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return,
            },
        };
        let is_wanted = match &change {
            Change::Tools => wanted["toolsListChanged"] == json!(true),
            Change::Prompts => wanted["promptsListChanged"] == json!(true),
            Change::Resource(uri) => wanted["resourceSubscriptions"]
                .as_array()
                .is_some_and(|uris| uris.contains(&json!(uri))),
        };
        if is_wanted {
            let mut params = change.params();
            params.insert("_meta".to_owned(), json!({SUBSCRIPTION: id}));
            let told = json!({"jsonrpc": "2.0", "method": change.method(), "params": params});
            if stream.send(told).await.is_err() {
                return;
            }
        }
    }
}
