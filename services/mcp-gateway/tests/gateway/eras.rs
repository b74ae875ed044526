//! Servers over stdio, of both eras.

use serde_json::{Value, json};

use crate::{
    client::{Client, Events},
    stack::{Stack, stdio, until},
};

async fn stack_with(discover: &str) -> Stack {
    Stack::start_with(|server, _| {
        let env = &mut stdio(server).env;
        env.insert("DISCOVER".to_owned(), discover.to_owned());
    })
    .await
}

async fn meta_seen(client: &Client) -> Value {
    let params = json!({ "name": "meta", "_meta": { "progressToken": "p", "own": 1 } });
    let answer = client.ask("tools/call", params).await;
    let text = answer["result"]["content"][0]["text"].as_str();
    serde_json::from_str(text.unwrap_or_else(|| panic!("{answer}"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_over_stdio_is_told_with_each_request_who_asks() {
    let stack = stack_with("be modern").await;
    let mut client = stack.client().on_server("scripted");
    client.initialize().await;
    let meta = meta_seen(&client).await;
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert!(meta["io.modelcontextprotocol/clientInfo"]["name"].is_string());
    assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());
    assert_eq!(meta["own"], 1);
    assert_ne!(meta["progressToken"], "p");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_both_eras_is_spoken_to_as_its_only_client_speaks() {
    let stack = stack_with("be modern").await;
    let mut shared = stack.client().on_server("scripted");
    shared.initialize().await;
    let mut alone = stack.client().on_server("scripted");
    alone
        .initialize_with("2025-11-25", json!({ "sampling": {} }))
        .await;
    for _ in 0..2 {
        let meta = meta_seen(&shared).await;
        assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
        let meta = meta_seen(&alone).await;
        assert_eq!(
            meta["io.modelcontextprotocol/protocolVersion"],
            Value::Null,
            "{meta}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_modern_server_tells_is_known_by_the_number_of_its_subscription() {
    let stack = stack_with("be modern").await;
    let mut client = stack.client().on_server("scripted");
    client.initialize().await;
    meta_seen(&client).await;
    let response = client.request(reqwest::Method::GET, "/mcp").send().await.unwrap();
    let heard = Events::new(response).next_message().await;
    assert_eq!(heard["method"], "notifications/tools/list_changed");
    assert_eq!(
        heard["params"]["_meta"],
        json!({ "own": true }),
        "not that of another"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_that_falls_over_the_probe_is_started_again_and_remembered() {
    let stack = stack_with("fall over").await;
    let mut client = stack.client().on_server("scripted");
    client.initialize().await;
    assert_eq!(meta_seen(&client).await["own"], 1);
    client.call("crash", json!({})).await;
    until("it is up again", async || {
        let answer = client.call("echo", json!({ "text": "x" })).await;
        answer["result"].is_object().then_some(())
    })
    .await;
    let lines: Vec<_> = stack
        .logging
        .server_logs()
        .into_iter()
        .map(|log| log.line)
        .collect();
    let fell_over = lines.iter().filter(|line| line.contains("as an older server"));
    assert_eq!(fell_over.count(), 1, "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_that_ignores_the_probe_is_greeted_all_the_same() {
    let stack = stack_with("be silent").await;
    let mut client = stack.client().on_server("scripted");
    client.initialize().await;
    let meta = meta_seen(&client).await;
    assert_eq!(meta["own"], 1);
    assert!(meta["io.modelcontextprotocol/protocolVersion"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_large_fails_its_request_at_once_and_no_other() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let answer = client.call("scripted__big", json!({ "size": 17_000_000 })).await;
    let words = answer["error"]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    assert!(words.contains("larger than 16777216 bytes"), "{words}");
    let after = client.call("scripted__echo", json!({ "text": "x" })).await;
    assert_eq!(after["result"]["content"][0]["text"], "x");
    let calls = stack.logging.calls(2).await;
    assert_eq!(
        calls[0].error_kind,
        proto::logging::ErrorKind::ProtocolError as i32
    );
}
