use std::time::Duration;

use proto::logging::ToolCallStatus;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    client::{Client, Events, messages},
    stack::{Stack, stdio, until},
};

/// A call of a tool that asks its client for a sampling.
fn call() -> Value {
    json!({ "name": "scripted__ask", "arguments": { "a": 1 } })
}

async fn send(client: &Client, params: Value) -> (StatusCode, Value) {
    let response = client
        .modern_with("tools/call", params, json!({ "sampling": {} }))
        .send()
        .await
        .unwrap();
    let status = response.status();
    (status, messages(response).await.pop().unwrap())
}

/// The key of the one question, and the state to come back with.
fn asked(answer: &Value) -> (String, String) {
    let result = &answer["result"];
    assert_eq!(result["resultType"], "input_required", "{answer}");
    let requests = result["inputRequests"].as_object().unwrap();
    assert_eq!(requests.len(), 1);
    let (key, request) = requests.iter().next().unwrap();
    assert_eq!(request["method"], "sampling/createMessage");
    assert_eq!(request["params"]["maxTokens"], 1);
    (key.clone(), result["requestState"].as_str().unwrap().to_owned())
}

fn retry(state: &str, responses: Value) -> Value {
    let mut params = call();
    params["requestState"] = json!(state);
    params["inputResponses"] = responses;
    params
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_a_legacy_server_waits_for_its_client_to_come_back() {
    let stack = Stack::start_with(|server, _| {
        server.definition.as_mut().unwrap().timeout_ms = 1_000;
    })
    .await;
    let client = stack.client();
    let (key, state) = asked(&send(&client, call()).await.1);

    // Only this client, with this request, and with a state that it was given.
    let answer = json!({ "role": "assistant" });
    let stranger = stack.client();
    let mut elsewhere = retry(&state, json!({}));
    elsewhere["arguments"]["a"] = json!(2);
    for (who, params) in [
        (&client, retry(&format!("{state}x"), json!({ &key: answer }))),
        (&client, retry("", json!({ &key: answer }))),
        (&client, elsewhere),
        (&stranger, retry(&state, json!({ &key: answer }))),
    ] {
        let refused = send(who, params).await.1;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }

    // The time of the server does not run while the client looks for an answer,
    // and what it does not answer it is asked again.
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let (same, state) = asked(&send(&client, retry(&state, json!({ "other": {} }))).await.1);
    assert_eq!(same, key);
    let (status, end) = send(&client, retry(&state, json!({ &key: answer }))).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(end["result"]["resultType"], "complete", "{end}");
    assert_eq!(end["result"]["content"][0]["text"], r#"[{"role": "assistant"}]"#);

    let again = send(&client, retry(&state, json!({ &key: answer }))).await.1;
    assert_eq!(again["error"]["code"], -32602, "a state is good for one answer");
    let calls = stack.logging.calls(1).await;
    assert_eq!(calls.len(), 1, "one row, whatever happened inside");
    assert_eq!(calls[0].status(), ToolCallStatus::Success);
    assert_eq!(calls[0].bridged, ["modern_to_legacy", "input_required"]);
    assert_eq!(calls[0].rounds, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_that_wants_the_user_somewhere_first_asks_a_modern_client() {
    let stack = Stack::start().await;
    let client = stack.client();
    let visit = |more: Value| {
        let mut params = json!({ "name": "scripted__visit", "arguments": {} });
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        client.modern_with("tools/call", params, json!({ "elicitation": { "url": {} } }))
    };
    let asked = messages(visit(json!({})).send().await.unwrap())
        .await
        .pop()
        .unwrap();
    let question = &asked["result"]["inputRequests"]["elicitation-create-1"];
    assert_eq!(question["method"], "elicitation/create", "{asked}");
    assert_eq!(question["params"]["url"], "https://example.com/consent");
    let retry = json!({
        "requestState": asked["result"]["requestState"],
        "inputResponses": { "elicitation-create-1": { "action": "accept" } },
    });
    let end = messages(visit(retry).send().await.unwrap()).await.pop().unwrap();
    assert_eq!(end["result"]["content"][0]["text"], "been there", "{end}");
    let calls = stack.logging.calls(1).await;
    assert_eq!(calls.len(), 1, "one row, whatever happened inside");
    assert_eq!(calls[0].bridged, ["modern_to_legacy", "input_required"]);

    let unable = stack.client();
    let params = json!({ "name": "scripted__visit" });
    let end = unable.ask_modern("tools/call", params).await;
    assert_eq!(end["error"]["code"], -32042, "a process of its own: {end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_be_asked_is_not() {
    let stack = Stack::start().await;
    let client = stack.client();
    let answer = client.ask_modern("tools/call", call()).await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("-32601"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_which_nobody_comes_back_is_over_when_the_gateway_stops() {
    let mut stack = Stack::start().await;
    let client = stack.client();
    asked(&send(&client, call()).await.1);
    stack
        .gateway
        .take()
        .unwrap()
        .shut_down()
        .await
        .expect("in good order");
    let calls = until("the end is recorded", async || {
        let calls = stack.logging.calls(1).await;
        (calls[0].status() != ToolCallStatus::Running).then_some(calls)
    })
    .await;
    assert_eq!(calls[0].status(), ToolCallStatus::Cancelled);
}

/// A stack whose server speaks the revision without sessions.
async fn with_modern_server() -> Stack {
    Stack::start_with(|server, _| {
        stdio(server).env.insert("MODERN".to_owned(), "1".to_owned());
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_asks_a_legacy_client_on_the_stream_of_its_request() {
    let stack = with_modern_server().await;
    let mut client = stack.client().on_server("scripted");
    let hello = client
        .initialize_with("2025-06-18", json!({ "sampling": {} }))
        .await;
    assert_eq!(hello["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(
        hello["result"]["serverInfo"],
        json!({ "name": "scripted", "version": "2" })
    );
    assert_eq!(hello["result"]["instructions"], "Be modern.");
    let call = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": { "name": "ask" } });
    let mut events = Events::new(client.post(&call).await);
    let question = events.next_message().await;
    assert_eq!(question["method"], "sampling/createMessage");
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "role": "assistant" } });
    assert_eq!(client.post(&answer).await.status(), StatusCode::ACCEPTED);
    let end = events.next_message().await;
    assert_eq!(end["id"], 9);
    assert_eq!(
        end["result"]["content"][0]["text"],
        r#"[{"role": "assistant"}, "mine"]"#
    );
    let calls = stack.logging.calls(1).await;
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].rounds, calls[0].status()), (2, ToolCallStatus::Success));
    assert_eq!(calls[0].bridged, ["legacy_to_modern", "input_required"]);
    assert_eq!(calls[0].upstream_revision, "2026-07-28");

    // One that cannot be asked is told why its call failed.
    let mut unable = stack.client().on_server("scripted");
    unable.initialize().await;
    let failed = unable.call("ask", json!({})).await;
    let words = failed["error"]["message"].as_str().unwrap();
    assert!(words.contains("sampling/createMessage"), "{words}");
    let level = unable.ask("logging/setLevel", json!({ "level": "info" })).await;
    assert_eq!(level["result"], json!({}), "the server is told with each request");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rounds_of_a_modern_client_and_a_modern_server_are_one_row() {
    let stack = with_modern_server().await;
    let client = stack.client();
    let (key, state) = asked(&send(&client, call()).await.1);
    assert_eq!(key, "q");
    assert_ne!(state, "mine");
    let answer = json!({ "role": "assistant" });
    let tampered = send(&client, retry(&format!("A{state}"), json!({ "q": answer })))
        .await
        .1;
    assert_eq!(tampered["error"]["code"], -32602);
    let end = send(&client, retry(&state, json!({ "q": answer }))).await.1;
    assert_eq!(
        end["result"]["content"][0]["text"],
        r#"[{"role": "assistant"}, "mine"]"#
    );
    let calls = stack.logging.calls(1).await;
    assert_eq!((calls[0].rounds, calls[0].status()), (2, ToolCallStatus::Success));
    assert!(calls[0].bridged.is_empty(), "{:?}", calls[0].bridged);
}
