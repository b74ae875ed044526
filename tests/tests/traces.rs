//! One trace from a client through all services, as a collector gets it.

use std::{
    net::Ipv4Addr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use domain::Clock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service_host::{Host, HostConfig, Listener, http_client};
use tests::{
    CollectedSpan, Collector, Door, McpClient, Processes, Rest, ServerDefinition, environment, wait_until,
};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CLIENT_SPAN: &str = "00f067aa0ba902b7";

/// Those that the page shows, because they are the same each time.
const SHOWN: [&str; 8] = [
    "server",
    "mcp.method.name",
    "mcp.protocol.version",
    "gen_ai.operation.name",
    "gen_ai.tool.name",
    "network.transport",
    "mcporch.server.name",
    "error.type",
];

/// What a server was told of the trace of each tool call, by header and by
/// `_meta`.
type Told = Arc<Mutex<Vec<(String, String)>>>;

/// An MCP server over Streamable HTTP that remembers it.
async fn answer(
    State(told): State<Told>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "remembers", "version": "1"},
        }),
        Some("tools/call") => {
            let header = headers
                .get("traceparent")
                .map(|value| value.to_str().unwrap_or_default());
            let meta = message["params"]["_meta"]["traceparent"].as_str();
            let both = (
                header.unwrap_or_default().to_owned(),
                meta.unwrap_or_default().to_owned(),
            );
            told.lock().unwrap_or_else(PoisonError::into_inner).push(both);
            json!({"content": [{"type": "text", "text": "no"}], "isError": message["params"]["name"] == "fails"})
        }
        Some(_) if message["id"].is_null() => return (StatusCode::ACCEPTED, Json(Value::Null)),
        _ => {
            let error = json!({"code": -32601, "message": "unknown"});
            return (
                StatusCode::OK,
                Json(json!({"jsonrpc": "2.0", "id": message["id"], "error": error})),
            );
        }
    };
    let reply = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
    (StatusCode::OK, Json(reply))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_from_the_client_to_the_server_and_to_the_stores() {
    let collector = Collector::start();
    let told = Told::default();
    let mut host = Host::new(HostConfig::default(), Clock::system()).expect("a host");
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
    let server_url = format!("http://{}/mcp", listener.local_addr());
    let router = Router::new().route("/mcp", post(answer)).with_state(told.clone());
    host.serve_http("server", listener, router).expect("it serves");

    let processes = Processes::start_with(vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url().to_owned()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100".to_owned()),
        ("MCPORCH_MCP_GATEWAY__OUTBOUND__ALLOW_LOOPBACK", "true".to_owned()),
    ])
    .await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::http("tickets", "streamable_http", &server_url);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let mcp_url = format!("{}/mcp", processes.endpoint(&project));
    let client = McpClient::connect(&processes.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");
    client
        .call("tickets__search", json!({}))
        .await
        .expect("the server is up");
    owner.ended_tool_calls(&project, 1).await;

    // What an agent does that traces itself: it calls a tool, and reads of it.
    let traceparent = format!("00-{TRACE_ID}-{CLIENT_SPAN}-01");
    let call = json!({
        "jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": "tickets__fails", "arguments": {}, "_meta": modern_meta()},
    });
    let called = http_client()
        .build()
        .expect("a client")
        .post(&mcp_url)
        .bearer_auth(&project.key)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "tickets__fails")
        .header("traceparent", &traceparent)
        .json(&call)
        .send()
        .await
        .expect("an answer");
    assert_eq!(called.status(), StatusCode::OK);
    let calls = owner.ended_tool_calls(&project, 2).await;
    assert_eq!(calls[0]["trace_id"], TRACE_ID, "{}", calls[0]);
    let path = format!(
        "/projects/{}/tool-calls/{}",
        project.slug,
        calls[0]["id"].as_str().expect("an id")
    );
    let read = owner
        .request(Method::GET, &path)
        .header("traceparent", &traceparent);
    assert_eq!(read.send().await.expect("an answer").status(), StatusCode::OK);

    let spans = wait_until("all spans have come", async || {
        let spans = collector.trace(TRACE_ID);
        // Each process sends its own, a span behind those within it.
        let has_come = |server| spans.iter().any(|span| span.attribute("server") == Some(server));
        let whole = ["mcp", "http-gateway", "projects", "logging"]
            .into_iter()
            .all(has_come);
        (whole && tree(&spans).lines().count() == spans.len()).then_some(spans)
    })
    .await;
    let span = |name: &str, kind: &str| {
        let found = spans.iter().find(|span| span.name == name && span.kind == kind);
        found.unwrap_or_else(|| panic!("no {name}: {}", tree(&spans)))
    };
    let asked = span("tools/call tickets__fails", "server");
    let passed_on = span("tools/call fails", "client");
    assert_eq!(passed_on.parent_id, asked.id);
    assert_eq!(asked.attribute("mcp.method.name"), Some("tools/call"));
    assert_eq!(asked.attribute("error.type"), Some("tool_error"));
    assert_eq!(asked.attribute("mcporch.tool_call.id"), calls[0]["id"].as_str());
    let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let next = format!("00-{TRACE_ID}-{}-01", passed_on.id);
    assert_eq!(told.last(), Some(&(next.clone(), next)));
    for service in ["projects", "logging"] {
        let of_service = spans
            .iter()
            .find(|span| span.attribute("server") == Some(service));
        let of_service = of_service.unwrap_or_else(|| panic!("no {service}: {}", tree(&spans)));
        assert!(
            spans
                .iter()
                .any(|span| span.parent_id == of_service.id && span.attribute("db.query.text").is_some()),
            "{service} asks its database: {}",
            tree(&spans)
        );
    }
    check_page(&tree(&spans));
}

fn modern_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "agent", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn tree(spans: &[CollectedSpan]) -> String {
    CollectedSpan::tree(spans, CLIENT_SPAN, &SHOWN)
}

/// The page shows what a collector gets, and `MCPORCH_TEST_WRITE=1` writes it.
fn check_page(tree: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/traces.md");
    let text = std::fs::read_to_string(&page).expect("docs/traces.md");
    let (before, rest) = text.split_once("```text\n").expect("a place for the trace");
    let (shown, after) = rest.split_once("```").expect("its end");
    if environment("MCPORCH_TEST_WRITE").is_some() {
        let new = format!("{before}```text\n{tree}```{after}");
        std::fs::write(&page, new).expect("the page is written");
    } else {
        assert_eq!(
            shown, tree,
            "docs/traces.md shows something else; run this test with MCPORCH_TEST_WRITE=1"
        );
    }
}
