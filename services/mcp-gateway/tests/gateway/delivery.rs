use std::collections::HashSet;

use reqwest::StatusCode;
use serde_json::json;

use crate::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_while_logging_is_away_and_arrive_when_it_is_back() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    stack.logging.set_away(true);
    for number in 0..20 {
        let answer = client
            .call("scripted__echo", json!({ "text": number.to_string() }))
            .await;
        assert_eq!(answer["result"]["content"][0]["text"], number.to_string());
    }
    assert_eq!(stack.logging.ended_calls().len(), 0);
    stack.logging.set_away(false);
    let calls = stack.logging.calls(20).await;
    let ids: HashSet<_> = calls.iter().map(|call| &call.id).collect();
    assert_eq!(ids.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_refuses_calls_and_goes_on_listing() {
    let stack = Stack::start_with(|_, config| config.spool_capacity_bytes = 16 * 8 * 1024).await;
    let mut client = stack.client();
    client.initialize().await;
    stack.logging.set_away(true);
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "scripted__echo", "arguments": { "text": "x".repeat(1_000) } } });
    let mut answered = 0;
    let refused = loop {
        let response = client.post(&call).await;
        if response.status() != StatusCode::OK {
            break response;
        }
        // To its end: the id is free again then.
        response.bytes().await.unwrap();
        answered += 1;
        assert!(answered < 200, "128 KiB hold no 200 calls of 2 KiB and more");
    };
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(answered > 5, "{answered}");
    assert!(client.ask("tools/list", json!({})).await["result"]["tools"].is_array());
    stack.logging.set_away(false);
    stack.logging.calls(answered).await;
    let again = crate::stack::until("there is room again", async || {
        let response = client.post(&call).await;
        (response.status() == StatusCode::OK).then_some(())
    });
    again.await;
}
