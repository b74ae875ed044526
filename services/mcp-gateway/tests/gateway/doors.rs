use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    client::{Client, Events, SseClient, initialize_message},
    stack::{Stack, stdio, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_streamable_http_lists_and_calls_tools_of_a_project() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    let hello = client.initialize().await;
    assert_eq!(hello["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(hello["result"]["capabilities"]["tools"]["listChanged"], true);
    assert_eq!(hello["result"]["instructions"], "scripted:\nBe kind.");
    let list = client.ask("tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 11, "both pages");
    assert_eq!(
        tools[0],
        json!({ "name": "scripted__echo", "inputSchema": { "type": "object" }, "x-kept": [1.0, { "deep": null }] })
    );
    let answer = client.call("scripted__echo", json!({ "text": "hi 결제" })).await;
    assert_eq!(answer["result"]["content"][0]["text"], "hi 결제");
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
    let calls = stack.logging.calls(1).await;
    assert_eq!(calls[0].tool_name, "echo");
    assert_eq!(calls[0].exposed_name, "scripted__echo");
    assert_eq!(calls[0].server_name, "scripted");
    assert_eq!(calls[0].arguments.as_ref().unwrap().json, r#"{"text":"hi 결제"}"#);
    let who = calls[0].client.as_ref().unwrap();
    assert_eq!(
        (who.name.as_str(), who.version.as_str(), who.ip_address.as_str()),
        ("test-client", "1.2", "127.0.0.1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_http_and_sse_lists_and_calls_tools_of_a_server() {
    let stack = Stack::start().await;
    let mut client = SseClient::open(stack.client().on_server("scripted")).await;
    assert!(
        client
            .endpoint
            .starts_with("/projects/demo/servers/scripted/messages?session_id=")
    );
    let message = initialize_message("2024-11-05", &json!({}));
    assert_eq!(client.post(&message).await, StatusCode::ACCEPTED);
    let hello = client.events.next_message().await;
    assert_eq!(hello["result"]["protocolVersion"], "2024-11-05");
    assert_eq!(
        hello["result"]["serverInfo"]["name"], "scripted",
        "the endpoint is transparent"
    );
    let list = client.ask(1, "tools/list", json!({})).await;
    assert_eq!(list["result"]["tools"][0]["name"], "echo");
    assert_eq!(
        list["result"]["nextCursor"], "6",
        "pages are passed on as they are"
    );
    let answer = client
        .ask(
            2,
            "tools/call",
            json!({ "name": "echo", "arguments": { "text": "x" } }),
        )
        .await;
    assert_eq!(answer["id"], 2);
    assert_eq!(answer["result"]["content"][0]["text"], "x");
    let unknown = client.ask(3, "something/new", json!({ "a": [1] })).await;
    assert_eq!(
        unknown["result"],
        json!({ "method": "something/new", "params": { "a": [1] } })
    );
    assert_eq!(client.ask(4, "ping", json!({})).await["result"], json!({}));
    drop(client);
    let ended = until("the session ends with its stream", async || {
        stack
            .logging
            .sessions()
            .into_iter()
            .find(|session| session.ended_at_us.is_some())
    })
    .await;
    assert_eq!(ended.end, proto::logging::SessionEnd::Closed as i32);
    assert_eq!(stack.logging.calls(1).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_delete_and_is_unknown_afterwards() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let response = client.request(Method::DELETE, "/mcp").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let again = client
        .post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))
        .await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
    let ended = until("the end is recorded", async || {
        stack
            .logging
            .sessions()
            .into_iter()
            .find(|session| session.ended_at_us.is_some())
    })
    .await;
    assert_eq!(ended.end, proto::logging::SessionEnd::Deleted as i32);
    assert_eq!(ended.revision, "2025-11-25");
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_answered_in_the_one_revision_that_has_them() {
    let stack = Stack::start().await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/initialized" },
        { "jsonrpc": "2.0", "id": "b", "method": "tools/call", "params": { "name": "scripted__echo", "arguments": { "text": "t" } } },
        { "jsonrpc": "2.0", "id": 3 },
    ]);
    let mut client = stack.client();
    client.initialize_with("2025-03-26", json!({})).await;
    let answers: Vec<Value> = client.post(&batch).await.json().await.unwrap();
    let of = |id: Value| answers.iter().find(|answer| answer["id"] == id).unwrap();
    assert_eq!(of(json!(1))["result"], json!({}));
    assert_eq!(of(json!("b"))["result"]["content"][0]["text"], "t");
    assert_eq!(of(json!(3))["error"]["code"], -32600);
    assert_eq!(answers.len(), 3);
    let mut newer = stack.client();
    newer.initialize().await;
    assert_eq!(newer.post(&batch).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_goes_to_the_stream_of_its_request_under_the_clients_own_token() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let params = json!({ "name": "scripted__slow", "arguments": { "steps": 3 }, "_meta": { "progressToken": "mine" } });
    let messages = client.ask_all("tools/call", params).await;
    let progress: Vec<_> = messages
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .collect();
    assert_eq!(progress.len(), 3);
    assert!(
        progress
            .iter()
            .all(|message| message["params"]["progressToken"] == "mine")
    );
    assert_eq!(messages.last().unwrap()["result"]["content"][0]["text"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_asks_the_client_that_has_it_for_itself_and_gets_its_answer() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client
        .initialize_with("2025-11-25", json!({ "sampling": {} }))
        .await;
    let call =
        json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": { "name": "scripted__ask" } });
    let mut events = Events::new(client.post(&call).await);
    let question = events.next_message().await;
    assert_eq!(question["method"], "sampling/createMessage");
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "role": "assistant" } });
    assert_eq!(client.post(&answer).await.status(), StatusCode::ACCEPTED);
    let end = events.next_message().await;
    assert_eq!(end["id"], 9);
    assert_eq!(end["result"]["content"][0]["text"], r#"[{"role": "assistant"}]"#);

    // One that shares its connection is asked nothing.
    let mut sharing = stack.client();
    sharing.initialize().await;
    let refused = sharing.call("scripted__ask", json!({})).await;
    assert!(
        refused["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("-32601")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_of_its_own_accord_goes_to_the_get_stream_of_its_sessions() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let mut events = Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    let mut dead = stack.project.scripted("late");
    stdio(&mut dead).env.insert("DEAD".to_owned(), "1".to_owned());
    let mut alive = dead.clone();
    stdio(&mut alive).env.clear();
    stack.project.change(|project| project.servers.push(dead));
    let missing = until("the list lacks the new server", async || {
        let list = client.ask("tools/list", json!({})).await;
        assert_eq!(
            list["result"]["tools"].as_array().unwrap().len(),
            11,
            "the others are there"
        );
        let missing = list["result"]["_meta"]["mcp-orchestrator/missing"][0].clone();
        (!missing.is_null()).then_some(missing)
    })
    .await;
    assert_eq!(missing["server"], "late");
    assert!(
        missing["reason"].as_str().unwrap().contains("no license"),
        "{missing}"
    );
    stack
        .project
        .change(|project| *project.servers.last_mut().unwrap() = alive);
    until("the changed server is up", async || {
        let answer = client.call("late__echo", json!({ "text": "up" })).await;
        (answer["result"]["content"][0]["text"] == "up").then_some(())
    })
    .await;
    assert_eq!(
        events.next_message().await["method"],
        "notifications/tools/list_changed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_gateway_closes_streams_and_ends_sessions() {
    let mut stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    client.call("scripted__echo", json!({})).await;
    let mut events = Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    stack
        .gateway
        .take()
        .unwrap()
        .shut_down()
        .await
        .expect("in good order");
    assert_eq!(events.next().await, None);
    let sessions = stack.logging.sessions();
    let ended = sessions
        .iter()
        .find(|session| session.ended_at_us.is_some())
        .expect("shipped");
    assert_eq!(ended.end, proto::logging::SessionEnd::GatewayStopped as i32);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_ends_its_sessions() {
    let stack = Stack::start().await;
    let mut client: Client = stack.client();
    client.initialize().await;
    let mut events = Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    stack.project.change(|project| project.api_keys.clear());
    assert_eq!(events.next().await, None, "the stream closes");
    let answer = client
        .post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" }))
        .await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let ended = until("the end is recorded", async || {
        stack
            .logging
            .sessions()
            .into_iter()
            .find(|session| session.ended_at_us.is_some())
    })
    .await;
    assert_eq!(ended.end, proto::logging::SessionEnd::Revoked as i32);
}
