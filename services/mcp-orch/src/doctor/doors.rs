use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    finding::{Finding, printable},
    request::{self, Answer},
};
use crate::config::{Config, Service, local_url};
use crate::wiring::Addresses;

/// The revision with which a session is asked for: every gateway speaks it.
const REVISION: &str = "2025-11-25";

const SESSION: &str = "mcp-session-id";

/// Whether people and clients find the deployment at the addresses that they are
/// given.
pub(super) async fn look(config: &Config, addresses: Addresses) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(http) = addresses.http {
        let public = config.http_gateway.public_url.as_deref();
        let url = public.map_or_else(|| local_url("http", http), bare);
        findings.push(web(&url).await);
        if public.is_some() {
            findings.extend(open_metrics(&url).await);
        }
    }
    if config.runs(Service::McpGateway) || config.runs(Service::HttpGateway) {
        findings.push(mcp(&bare(&config.http_gateway.mcp_public_url)).await);
    }
    findings
}

fn bare(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

/// REST refuses whoever brings nothing, in its own words.
async fn web(url: &str) -> Finding {
    const CHECK: &str = "web";
    let looked_at = format!("{url}/api/v1/me");
    let answer = match request::get(&looked_at).await {
        Ok(answer) => answer,
        Err(error) => return silent(CHECK, looked_at, &error, "http_gateway.public_url"),
    };
    match (answer.status, answer.refusal()) {
        (StatusCode::UNAUTHORIZED, Some(_)) => Finding::ok(CHECK, looked_at, "REST answers"),
        _ => another(CHECK, looked_at, &answer, "http_gateway.public_url"),
    }
}

/// `/metrics` is for the deployment alone.
async fn open_metrics(url: &str) -> Option<Finding> {
    let looked_at = format!("{url}/metrics");
    let answer = request::get(&looked_at).await.ok()?;
    answer.status.is_success().then(|| {
        Finding::warning(
            "web",
            looked_at,
            "everybody can read it, and how busy you are",
            "let the proxy refuse it (docs/install.md, \"Behind a proxy\")",
        )
    })
}

/// So does the gateway's door.
async fn mcp(url: &str) -> Finding {
    const CHECK: &str = "mcp";
    let looked_at = format!("{url}/projects/doctor/mcp");
    let answer = match request::post(&looked_at, &[], &initialize()).await {
        Ok(answer) => answer,
        Err(error) => return silent(CHECK, looked_at, &error, "http_gateway.mcp_public_url"),
    };
    match (answer.status, answer.refusal()) {
        (StatusCode::UNAUTHORIZED, Some(_)) => Finding::ok(CHECK, looked_at, "the gateway answers"),
        (StatusCode::FORBIDDEN, Some(words)) => Finding::failure(
            CHECK,
            looked_at,
            words,
            "set mcp_gateway.public_url to the address that clients are given, or name its host in mcp_gateway.allowed_hosts",
        ),
        (StatusCode::SERVICE_UNAVAILABLE, Some(words)) => Finding::failure(
            CHECK,
            looked_at,
            words,
            "docs/operations.md, \"A gateway is not ready\"",
        ),
        _ => another(CHECK, looked_at, &answer, "http_gateway.mcp_public_url"),
    }
}

/// Whether a client with that key gets a session in that project; it is ended at
/// once.
pub(super) async fn key(config: &Config, project: Option<&str>, key: &str) -> Finding {
    const CHECK: &str = "key";
    let Some(project) = project else {
        return Finding::warning(
            CHECK,
            "the API key",
            "it was not tried",
            "name its project: --project, or MCPORCH_PROJECT",
        );
    };
    let url = format!(
        "{}/projects/{project}/mcp",
        bare(&config.http_gateway.mcp_public_url)
    );
    let bearer = format!("Bearer {key}");
    let authorization = ("authorization", bearer.as_str());
    let answer = match request::post(&url, &[authorization], &initialize()).await {
        Ok(answer) => answer,
        Err(error) => return silent(CHECK, url, &error, "http_gateway.mcp_public_url"),
    };
    let session = answer.headers.get(SESSION).and_then(|id| id.to_str().ok());
    if let (true, Some(session)) = (answer.status.is_success(), session) {
        let headers = [authorization, (SESSION, session)];
        // It ends by itself as well.
        let _ended = request::ask(Method::DELETE, &url, &headers, Bytes::new()).await;
        return Finding::ok(CHECK, url, "it gets a session");
    }
    let words = answer.refusal();
    let what_to_do = match answer.status {
        StatusCode::UNAUTHORIZED => {
            "make a new key on the project's page of API keys; gateways know it within 2 seconds"
        }
        StatusCode::FORBIDDEN => "use a key of this project, from an address and with the scopes that it has",
        StatusCode::TOO_MANY_REQUESTS => "wait, or raise the key's limits",
        StatusCode::SERVICE_UNAVAILABLE => "docs/operations.md, \"A gateway is not ready\"",
        _ => return another(CHECK, url, &answer, "http_gateway.mcp_public_url"),
    };
    let found = words.unwrap_or_else(|| answer.status.to_string());
    Finding::failure(CHECK, url, found, what_to_do)
}

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": {"name": "mcp-orch doctor", "version": env!("CARGO_PKG_VERSION")},
        },
    })
}

fn silent(check: &'static str, looked_at: String, error: &anyhow::Error, setting: &str) -> Finding {
    let what_to_do = format!(
        "look at the proxy and its certificate, at DNS, and at {setting}; where this machine may not reach it, ask from another"
    );
    Finding::failure(check, looked_at, format!("{error:#}"), what_to_do)
}

/// Something answered that is none of ours, or none that is well.
fn another(check: &'static str, looked_at: String, answer: &Answer, setting: &str) -> Finding {
    let said = answer.refusal().unwrap_or_else(|| printable(&answer.text()));
    let said: String = said.chars().take(160).collect();
    Finding::failure(
        check,
        looked_at,
        format!("{} {said}", answer.status),
        format!(
            "does {setting} lead here, and does the proxy pass all addresses on (docs/install.md, \"Behind a proxy\")?"
        ),
    )
}
