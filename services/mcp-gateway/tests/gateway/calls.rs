use std::{fs, time::Duration};

use futures::future::join_all;
use proto::logging::{ErrorKind, ToolCall, ToolCallStatus};
use reqwest::StatusCode;
use serde_json::json;

use crate::{
    client::{SseClient, messages},
    stack::{Stack, stdio, until},
};

/// A stack whose server notes each call in a file.
async fn counting(timeout_ms: u32) -> Stack {
    let stack = Stack::start_with(|server, config| {
        let file = config.spool_dir.with_file_name("calls");
        stdio(server)
            .env
            .insert("CALLS_FILE".to_owned(), file.to_str().unwrap().to_owned());
        server.definition.as_mut().unwrap().timeout_ms = timeout_ms;
    });
    stack.await
}

fn end_of(call: &ToolCall) -> (ToolCallStatus, ErrorKind) {
    (call.status(), call.error_kind())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_at_once_on_one_session_all_succeed() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let calls = (0..64).map(|number| {
        let text = format!("call {number}");
        let client = &client;
        async move {
            let answer = client
                .call("scripted__slow", json!({ "text": text, "ms": 50 }))
                .await;
            assert_eq!(answer["result"]["content"][0]["text"], text);
        }
    });
    join_all(calls).await;
    let calls = stack.logging.calls(64).await;
    assert_eq!(calls.len(), 64);
    assert!(calls.iter().all(|call| call.status() == ToolCallStatus::Success));
    assert_eq!(
        calls
            .iter()
            .map(|call| &call.session_id)
            .collect::<std::collections::HashSet<_>>()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_with_the_same_ids_and_tokens_never_see_each_others_answers() {
    let stack = Stack::start().await;
    let clients = (0..8).map(async |number: usize| {
        let mut client = SseClient::open(stack.client()).await;
        client.ask(0, "initialize", json!({ "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {} })).await;
        for turn in 0..10 {
            let text = format!("client {number} turn {turn}");
            let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "tools/call", "params": {
                "name": "scripted__slow", "arguments": { "text": text, "ms": 5 }, "_meta": { "progressToken": 0 } } });
            assert_eq!(client.post(&message).await, StatusCode::ACCEPTED);
            let progress = client.events.next_message().await;
            assert_eq!(progress["params"], json!({ "progressToken": 0, "progress": 1, "total": 1 }));
            let answer = client.events.next_message().await;
            assert_eq!(answer["id"], 0);
            assert_eq!(answer["result"]["content"][0]["text"], text);
        }
    });
    join_all(clients).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_of_a_call_is_one_row_with_what_the_protocol_means() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let failed = client
        .call("scripted__fail", json!({ "password": "hunter2" }))
        .await;
    assert_eq!(failed["result"]["isError"], true);
    let refused = client.call("scripted__boom", json!({})).await;
    assert_eq!(
        refused["error"],
        json!({ "code": -32050, "message": "boom", "data": { "k": 1 } })
    );
    let unknown = client.call("nobody__nothing", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32602);
    let nameless = client.ask("tools/call", json!({ "arguments": {} })).await;
    assert_eq!(nameless["error"]["code"], -32602);
    let written = client
        .call("scripted__stderr", json!({ "line": "look here" }))
        .await;
    assert_eq!(written["result"]["content"][0]["text"], "written");

    let calls = stack.logging.calls(5).await;
    let ends: Vec<_> = calls.iter().map(end_of).collect();
    assert_eq!(
        ends,
        [
            (ToolCallStatus::Error, ErrorKind::ToolError),
            (ToolCallStatus::Error, ErrorKind::ProtocolError),
            (ToolCallStatus::Error, ErrorKind::InvalidRequest),
            (ToolCallStatus::Error, ErrorKind::InvalidRequest),
            (ToolCallStatus::Success, ErrorKind::Unspecified),
        ]
    );
    assert_eq!(calls[0].error_message, "it went wrong");
    assert_eq!(
        calls[0].arguments.as_ref().unwrap().json,
        r#"{"password":"[redacted]"}"#
    );
    assert_eq!(calls[1].error_code, Some(-32050));
    assert_eq!(calls[2].exposed_name, "nobody__nothing");
    assert_eq!(calls[4].stderr_excerpt, "look here\n");
    assert!(calls[4].upstream_us.unwrap() <= calls[4].duration_us.unwrap());
    let line = stack
        .logging
        .server_logs()
        .into_iter()
        .find(|log| log.line == "look here");
    assert!(line.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_is_one_row_and_the_server_was_called_once_and_told() {
    let stack = counting(1_000).await;
    let mut client = stack.client();
    client.initialize().await;
    let answer = client.call("scripted__hang", json!({})).await;
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("did not answer within 1000 ms"),
        "{answer}"
    );
    let calls = stack.logging.calls(1).await;
    assert_eq!(
        end_of(&calls[0]),
        (ToolCallStatus::Timeout, ErrorKind::Unspecified)
    );
    let told = until("the server is told", async || {
        let told = fs::read_to_string(stack.calls_file()).unwrap();
        told.contains("cancelled").then_some(told)
    })
    .await;
    assert_eq!(told, "hang\ncancelled\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_gives_a_call_more_time() {
    let stack = counting(1_000).await;
    let mut client = stack.client();
    client.initialize().await;
    let params = json!({ "name": "scripted__slow", "arguments": { "steps": 4, "ms": 400 }, "_meta": { "progressToken": 1 } });
    let answer = client.ask("tools/call", params).await;
    assert_eq!(answer["result"]["content"][0]["text"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_fails_the_calls_in_flight_and_says_why() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let waiting = client.call("scripted__hang", json!({}));
    let crashing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        client.call("scripted__crash", json!({})).await
    };
    let (waiting, crashing) = tokio::join!(waiting, crashing);
    for answer in [waiting, crashing] {
        let words = answer["error"]["message"].as_str().unwrap();
        assert!(
            words.contains("exit code 3") && words.contains("about to fall over"),
            "{words}"
        );
    }
    let calls = stack.logging.calls(2).await;
    assert!(
        calls
            .iter()
            .all(|call| end_of(call) == (ToolCallStatus::Error, ErrorKind::UpstreamCrashed))
    );
    let resting = client.call("scripted__echo", json!({})).await;
    assert!(
        resting["error"]["message"]
            .as_str()
            .unwrap()
            .contains("tried again in"),
        "{resting}"
    );
    until("it is started again", async || {
        let answer = client.call("scripted__echo", json!({ "text": "back" })).await;
        (answer["result"]["content"][0]["text"] == "back").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_call_is_cancelled_and_the_server_is_told() {
    let stack = counting(60_000).await;
    let mut client = stack.client();
    client.initialize().await;
    let call = json!({ "jsonrpc": "2.0", "id": "w", "method": "tools/call", "params": { "name": "scripted__hang" } });
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "w" } });
    let told = |what: &'static str| {
        let file = stack.calls_file();
        until("the server is told", async move || {
            let told = fs::read_to_string(&file).unwrap_or_default();
            told.contains(what).then_some(())
        })
    };
    let (answer, ()) = tokio::join!(async { messages(client.post(&call).await).await }, async {
        told("hang").await;
        client.post(&cancel).await;
    });
    assert_eq!(answer.last().unwrap()["error"]["code"], -32800);
    told("cancelled").await;
    let calls = stack.logging.calls(1).await;
    assert_eq!(
        end_of(&calls[0]),
        (ToolCallStatus::Cancelled, ErrorKind::Unspecified)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_an_id_that_is_waited_for_is_refused_and_recorded() {
    let stack = counting(60_000).await;
    let mut client = stack.client();
    client.initialize().await;
    let call = json!({ "jsonrpc": "2.0", "id": "w", "method": "tools/call", "params": { "name": "scripted__hang" } });
    let first = client.post(&call).await;
    let file = stack.calls_file();
    until("the server works on it", async move || {
        let told = fs::read_to_string(&file).unwrap_or_default();
        told.contains("hang").then_some(())
    })
    .await;
    let again = client.post(&call).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    let refused = stack.logging.calls(1).await;
    assert_eq!(
        end_of(&refused[0]),
        (ToolCallStatus::Error, ErrorKind::InvalidRequest)
    );
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": "w" } });
    client.post(&cancel).await;
    assert_eq!(messages(first).await.last().unwrap()["error"]["code"], -32800);
    assert_eq!(stack.logging.calls(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_result_comes_whole_and_is_kept_cut() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let answer = client.call("scripted__big", json!({ "size": 5_000_000 })).await;
    assert_eq!(
        answer["result"]["content"][0]["text"].as_str().unwrap().len(),
        5_000_000
    );
    let calls = stack.logging.calls(1).await;
    let result = calls[0].result.as_ref().unwrap();
    assert!(result.is_truncated && result.json.len() <= 65_536 && result.size_bytes > 5_000_000);
}
