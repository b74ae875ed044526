//! What the stateless era says in headers, checked against the body
//! (2026-07-28, Streamable HTTP, "Request Metadata").

use axum::http::HeaderMap;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::modern;

/// What is wrong with the headers of a request: an error object.
pub(super) fn check(headers: &HeaderMap, message: &Value) -> Result<(), Value> {
    let revision = header(headers, "mcp-protocol-version");
    if revision.is_none() {
        return Err(mismatch("MCP-Protocol-Version is missing"));
    }
    if modern::revision_of(message).is_some_and(|named| revision != Some(named)) {
        return Err(mismatch("MCP-Protocol-Version is not what _meta says"));
    }
    modern::check_meta(message)?;
    let method = message["method"].as_str().unwrap_or_default();
    if header(headers, "mcp-method") != Some(method) {
        return Err(mismatch("Mcp-Method is not the body's method"));
    }
    let params = &message["params"];
    let name = match method {
        "tools/call" | "prompts/get" => params["name"].as_str(),
        "resources/read" => params["uri"].as_str(),
        _ => return Ok(()),
    };
    let said = header(headers, "mcp-name").map(decoded);
    if said != name.map(|name| Some(name.to_owned())) {
        return Err(mismatch("Mcp-Name is not what the body names"));
    }
    if name == Some("test_header_mirror") {
        for (field, header_name) in [
            ("region", "mcp-param-region"),
            ("priority", "mcp-param-priority"),
            ("verbose", "mcp-param-verbose"),
        ] {
            let argument = match &params["arguments"][field] {
                Value::Null => None,
                Value::String(text) => Some(Some(text.clone())),
                other => Some(Some(other.to_string())),
            };
            if header(headers, header_name).map(decoded) != argument {
                return Err(mismatch("an Mcp-Param header is not its argument"));
            }
        }
    }
    Ok(())
}

/// Text of a header that is there once and is ASCII.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// What a value stands for; nothing where it is encoded wrongly.
fn decoded(value: &str) -> Option<String> {
    match value
        .strip_prefix("=?base64?")
        .and_then(|rest| rest.strip_suffix("?="))
    {
        Some(encoded) => String::from_utf8(BASE64.decode(encoded.as_bytes()).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

fn mismatch(message: &str) -> Value {
    json!({"code": -32020, "message": message})
}
