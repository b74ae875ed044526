//! Servers of both eras over HTTP, and what follows for those of one.

use proto::gateway::{ListUpstreamsRequest, upstreams_service_client::UpstreamsServiceClient};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, Events},
    http_server::{HttpServer, Kind},
    http_servers::stack_with,
    rest::service,
    stack::{Stack, until},
};

async fn legacy(stack: &Stack, capabilities: Value) -> Client {
    let mut client = stack.client().on_server("remote");
    client.initialize_with("2025-11-25", capabilities).await;
    client
}

async fn call_modern(client: &Client, tool: &str) -> Value {
    client
        .ask_modern("tools/call", json!({ "name": tool, "arguments": {} }))
        .await
}

fn assert_called(answer: &Value) {
    assert_eq!(answer["result"]["content"][0]["text"], "{}", "{answer}");
}

/// The revisions of the connections that stand.
async fn revisions(stack: &Stack) -> Vec<String> {
    let mut upstreams = UpstreamsServiceClient::new(service(stack, access::ServiceName::HttpGateway));
    let project_id = stack.project.id.to_string();
    let list = upstreams
        .list_upstreams(ListUpstreamsRequest { project_id })
        .await
        .unwrap();
    let list = list.into_inner().upstreams.into_iter();
    let mut revisions: Vec<_> = list.map(|upstream| upstream.revision).collect();
    revisions.sort();
    revisions
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_both_eras_is_spoken_to_in_that_of_the_client() {
    for is_legacy_first in [true, false] {
        let server = HttpServer::start(Kind::Both).await;
        let stack = stack_with(&server).await;
        let modern = stack.client().on_server("remote");
        if !is_legacy_first {
            assert_called(&call_modern(&modern, "newer").await);
        }
        let shared = legacy(&stack, json!({})).await;
        let own = legacy(&stack, json!({ "elicitation": {} })).await;
        for _ in 0..2 {
            assert_called(&shared.call("older", json!({})).await);
            assert_called(&own.call("older", json!({})).await);
            assert_called(&call_modern(&modern, "newer").await);
        }
        assert!(shared.call("newer", json!({})).await["error"].is_object());
        assert!(call_modern(&modern, "older").await["error"].is_object());
        assert_eq!(
            server.seen("initialize").len(),
            2,
            "the shared one, and the own one"
        );
        assert_eq!(server.seen("server/discover").len(), 1);
        assert_eq!(
            revisions(&stack).await,
            ["2025-11-25", "2025-11-25", "2026-07-28"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_one_era_is_connected_to_once_whoever_comes_first() {
    for (kind, revision) in [(Kind::Modern, "2026-07-28"), (Kind::Legacy, "2025-11-25")] {
        for is_legacy_first in [true, false] {
            let server = HttpServer::start(kind).await;
            let stack = stack_with(&server).await;
            let modern = stack.client().on_server("remote");
            if !is_legacy_first {
                assert_called(&call_modern(&modern, "tool").await);
            }
            let client = legacy(&stack, json!({})).await;
            for _ in 0..2 {
                assert_called(&client.call("tool", json!({})).await);
                assert_called(&call_modern(&modern, "tool").await);
            }
            assert_eq!(revisions(&stack).await, [revision]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_needs_no_connection_for_a_client_that_answers_questions() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = stack_with(&server).await;
    let client = legacy(&stack, json!({ "elicitation": {} })).await;
    for _ in 0..2 {
        assert_called(&client.call("tool", json!({})).await);
    }
    let other = legacy(&stack, json!({ "elicitation": {} })).await;
    assert_called(&other.call("tool", json!({})).await);
    assert_eq!(revisions(&stack).await, ["2026-07-28"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_watches_a_resource_before_its_legacy_client_is_told_so() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = stack_with(&server).await;
    let client = legacy(&stack, json!({})).await;
    for uri in ["test:a", "test:b", "test:c"] {
        let answer = client.ask("resources/subscribe", json!({ "uri": uri })).await;
        assert_eq!(answer["result"], json!({}), "{answer}");
        let listens = server.seen("subscriptions/listen");
        let watched = &listens.last().unwrap().body["params"]["notifications"]["resourceSubscriptions"];
        assert!(watched.as_array().unwrap().contains(&json!(uri)), "{watched}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_hears_once_what_a_server_of_both_eras_says() {
    let server = HttpServer::start(Kind::Both).await;
    let stack = stack_with(&server).await;
    let client = legacy(&stack, json!({})).await;
    let response = client.request(Method::GET, "/mcp").send().await.unwrap();
    let mut of_client = Events::new(response);
    client
        .ask("resources/subscribe", json!({ "uri": "test:a" }))
        .await;
    let modern = stack.client().on_server("remote");
    assert_called(&call_modern(&modern, "newer").await);
    let listen = json!({ "notifications": { "resourceSubscriptions": ["test:b"] } });
    let response = modern
        .modern("subscriptions/listen", listen)
        .send()
        .await
        .unwrap();
    let mut of_modern = Events::new(response);
    of_modern.next_message().await;
    until("the server has a stream for each", async || {
        let listens = server.seen("subscriptions/listen");
        let is_told = listens.last().is_some_and(|seen| {
            seen.body["params"]["notifications"]["resourceSubscriptions"] == json!(["test:b"])
        });
        (is_told && server.has_seen("GET /mcp") && server.streams() >= 2).then_some(())
    })
    .await;
    let watched: Vec<_> = server
        .seen("resources/subscribe")
        .iter()
        .map(|seen| seen.body["params"]["uri"].clone())
        .collect();
    assert!(watched.iter().all(|uri| uri == "test:a"), "{watched:?}");
    for uri in ["test:a", "test:b", "test:a", "test:b"] {
        server.push(
            json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated",
            "params": { "uri": uri } }),
        );
    }
    for _ in 0..2 {
        assert_eq!(of_client.next_message().await["params"]["uri"], "test:a");
        assert_eq!(of_modern.next_message().await["params"]["uri"], "test:b");
    }
    // Nothing came twice: the next is the next that is said.
    server.push(
        json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated",
        "params": { "uri": "test:a/last" } }),
    );
    assert_eq!(of_client.next_message().await["params"]["uri"], "test:a/last");
}
