//! What is the same in both eras: which method does what.

use serde_json::{Value, json};

use super::{
    FixtureServer,
    exchange::{Exchange, Failure, Outcome},
    prompts, resources, tools,
};

pub(super) const INSTRUCTIONS: &str = "Everything here is for tests.";

pub(super) fn server_info() -> Value {
    json!({"name": "fixture", "version": "1.0.0"})
}

pub(super) fn capabilities() -> Value {
    json!({
        "tools": {"listChanged": true},
        "resources": {"subscribe": true, "listChanged": true},
        "prompts": {"listChanged": true},
        "completions": {},
        "logging": {},
    })
}

/// Answers a request that needs neither session nor subscription.
pub(super) async fn respond(server: &FixtureServer, method: &str, exchange: &Exchange) -> Outcome {
    match method {
        "tools/list" => Ok(json!({"tools": tools::list(server)})),
        "tools/call" => tools::call(server, exchange).await,
        "resources/list" => Ok(json!({"resources": resources::list()})),
        "resources/templates/list" => Ok(json!({"resourceTemplates": resources::templates()})),
        "resources/read" => resources::read(&exchange.params["uri"]),
        "prompts/list" => Ok(json!({"prompts": prompts::list()})),
        "prompts/get" => prompts::get(exchange).await,
        "completion/complete" => Ok(complete(&exchange.params["argument"]["value"])),
        // A method of no revision: the whole params come back.
        "fixture/anything" => Ok(json!({"params": exchange.params})),
        _ => Err(Failure::error(-32601, format!("no method {method}"))),
    }
}

fn complete(begun: &Value) -> Value {
    let begun = begun.as_str().unwrap_or_default();
    let values: Vec<&str> = ["paris", "park", "party"]
        .into_iter()
        .filter(|word| word.starts_with(begun))
        .collect();
    json!({"completion": {"values": values, "total": values.len(), "hasMore": false}})
}
