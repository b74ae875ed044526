use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, Events, messages},
    stack::{Stack, stdio, until},
};

async fn with_resources() -> Stack {
    Stack::start_with(|server, config| {
        let file = config.spool_dir.with_file_name("calls");
        let env = &mut stdio(server).env;
        env.insert("CALLS_FILE".to_owned(), file.to_str().unwrap().to_owned());
        env.insert("RESOURCES".to_owned(), "1".to_owned());
    })
    .await
}

/// A client with a session on the server's own endpoint, and its stream.
async fn session(stack: &Stack) -> (Client, Events) {
    let mut client = stack.client().on_server("scripted");
    client.initialize().await;
    let events = Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    (client, events)
}

fn updated(uri: &str) -> Value {
    json!({ "method": "notifications/resources/updated", "params": { "uri": uri } })
}

fn logged(level: &str) -> Value {
    json!({ "method": "notifications/message", "params": { "level": level, "data": level } })
}

async fn tell(client: &Client, messages: Value) {
    let answer = client.ask("test/tell", json!({ "messages": messages })).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
}

async fn noted(stack: &Stack, what: &str) {
    let file = stack.calls_file();
    until("the server is told", async || {
        let notes = fs::read_to_string(&file).unwrap_or_default();
        notes.lines().any(|line| line == what).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_hears_of_the_resources_that_it_watches() {
    let stack = with_resources().await;
    let (first, mut of_first) = session(&stack).await;
    let (second, mut of_second) = session(&stack).await;
    first.ask("resources/subscribe", json!({ "uri": "test:a" })).await;
    for uri in ["test:a", "test:b"] {
        second.ask("resources/subscribe", json!({ "uri": uri })).await;
    }
    let modern = stack.client().on_server("scripted");
    let listen = json!({ "notifications": { "resourceSubscriptions": ["test:b"] } });
    let mut listening = Events::new(
        modern
            .modern("subscriptions/listen", listen)
            .send()
            .await
            .unwrap(),
    );
    let acknowledged = listening.next_message().await;
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({ "resourceSubscriptions": ["test:b"] })
    );

    tell(
        &first,
        json!([updated("test:c"), updated("test:b"), updated("test:a/part")]),
    )
    .await;
    assert_eq!(of_first.next_message().await["params"]["uri"], "test:a/part");
    assert_eq!(of_second.next_message().await["params"]["uri"], "test:b");
    assert_eq!(of_second.next_message().await["params"]["uri"], "test:a/part");
    let heard = listening.next_message().await;
    assert_eq!(heard["params"]["uri"], "test:b");
    assert!(heard["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].is_u64());

    // What one no longer watches the other still does.
    second
        .ask("resources/unsubscribe", json!({ "uri": "test:a" }))
        .await;
    second
        .ask("resources/unsubscribe", json!({ "uri": "test:b" }))
        .await;
    tell(&first, json!([updated("test:a")])).await;
    assert_eq!(of_first.next_message().await["params"]["uri"], "test:a");
    drop(listening);
    noted(&stack, "resources/unsubscribe test:b").await;
    let notes = fs::read_to_string(stack.calls_file()).unwrap();
    assert!(!notes.contains("resources/unsubscribe test:a"), "{notes}");
    first.request(Method::DELETE, "/mcp").send().await.unwrap();
    noted(&stack, "resources/unsubscribe test:a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_client_gets_the_log_level_that_it_asked_for() {
    let stack = with_resources().await;
    let (first, mut of_first) = session(&stack).await;
    let (second, mut of_second) = session(&stack).await;
    let (_third, mut of_third) = session(&stack).await;
    first.ask("logging/setLevel", json!({ "level": "debug" })).await;
    noted(&stack, "level debug").await;
    second.ask("logging/setLevel", json!({ "level": "error" })).await;
    let wrong = second.ask("logging/setLevel", json!({ "level": "loud" })).await;
    assert_eq!(wrong["error"]["code"], -32602);
    tell(
        &first,
        json!([logged("debug"), logged("info"), logged("critical")]),
    )
    .await;
    for level in ["debug", "info", "critical"] {
        assert_eq!(of_first.next_message().await["params"]["level"], level);
    }
    assert_eq!(of_second.next_message().await["params"]["level"], "critical");
    for level in ["info", "critical"] {
        assert_eq!(of_third.next_message().await["params"]["level"], level);
    }
    let notes = fs::read_to_string(stack.calls_file()).unwrap();
    assert!(!notes.contains("level error"), "the most curious counts: {notes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_request_is_told_what_its_legacy_server_logs_if_it_asks() {
    let stack = with_resources().await;
    let client = stack.client().on_server("scripted");
    let tell = |level: Option<&str>| {
        let mut params = json!({ "messages": [logged("debug"), logged("warning")] });
        if let Some(level) = level {
            params["_meta"] = json!({ "io.modelcontextprotocol/logLevel": level });
        }
        client.modern("test/tell", params).send()
    };
    let levels = async |response: reqwest::Response| {
        let messages = messages(response).await;
        let levels = messages
            .iter()
            .filter_map(|message| message["params"]["level"].as_str());
        levels.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(levels(tell(None).await.unwrap()).await.is_empty());
    assert_eq!(levels(tell(Some("warning")).await.unwrap()).await, ["warning"]);
    noted(&stack, "level warning").await;
    assert_eq!(
        levels(tell(Some("debug")).await.unwrap()).await,
        ["debug", "warning"]
    );
    assert!(levels(tell(None).await.unwrap()).await.is_empty());
}
