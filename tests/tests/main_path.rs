//! The main job, in one process on each database: a client calls a tool through
//! the gateway, and the call is in the log.

use serde_json::json;
use tests::{Door, Engine, McpClient, Rest, ServerDefinition, Stack, fixture_server, mcp_orch, wait_until};

/// A project with the sample server, its owner, and the endpoint of the project.
async fn project_with_sample_server(stack: &Stack) -> (Rest, tests::Project, String) {
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("sample", &mcp_orch(), &["sample-server"]);
    let project = owner
        .project("Acme Platform", &[server])
        .await
        .expect("a project is made");
    let endpoint = stack.endpoint(&project);
    (owner, project, endpoint)
}

async fn a_call_through_each_door_is_in_the_log(engine: Engine) {
    let stack = Stack::start(engine).await;
    let (owner, project, endpoint) = project_with_sample_server(&stack).await;
    for (number, door) in [Door::StreamableHttp, Door::Sse].into_iter().enumerate() {
        let client = McpClient::connect(&endpoint, &project.key, door)
            .await
            .expect("the handshake succeeds");
        // A server that takes long to start costs a list its own tools only.
        wait_until("the list has the server's tools", async || {
            let answer = client.request("tools/list", json!({})).await.ok()?;
            let tools = answer.result().ok()?;
            let mut tools = tools["tools"].as_array()?.iter();
            tools.any(|tool| tool["name"] == "sample__echo").then_some(())
        })
        .await;

        let answer = client
            .call("sample__echo", json!({"text": "안녕"}))
            .await
            .expect("the call is answered");
        assert!(
            answer.is_success() && answer.text().contains("안녕"),
            "{answer:?}"
        );
        client.request("ping", json!({})).await.expect("ping is answered");

        let calls = owner.ended_tool_calls(&project, number + 1).await;
        let call = &calls[0];
        assert_eq!(call["tool_name"], "echo");
        assert_eq!(call["exposed_name"], "sample__echo");
        assert_eq!(call["server_name"], "sample");
        assert_eq!(call["status"], "success");
        assert_eq!(
            call["door"],
            if door == Door::Sse {
                "sse"
            } else {
                "streamable_http"
            }
        );
        assert_eq!(call["client"]["name"], "test-client");
        assert!(
            call["duration_us"].as_u64().is_some_and(|duration| duration > 0),
            "{call}"
        );

        let id = call["id"].as_str().expect("a call has an id");
        let whole = owner
            .get(&format!("/projects/{}/tool-calls/{id}", project.slug))
            .await
            .expect("it can be read");
        assert_eq!(whole["arguments"]["value"], json!({"text": "안녕"}));
        assert!(
            whole["result"]["value"]["content"][0]["text"]
                .as_str()
                .is_some_and(|text| text.contains("안녕"))
        );

        let session_id = call["session_id"]
            .as_str()
            .expect("a call over a session says which");
        let session = wait_until("the session counts its call", async || {
            let path = format!("/projects/{}/sessions/{session_id}", project.slug);
            owner
                .get(&path)
                .await
                .ok()
                .filter(|session| session["total_calls"] == json!(1))
        })
        .await;
        assert_eq!(session["successful_calls"], json!(1));
        assert_eq!(session["client"]["version"], "1.2.3");
    }
    let summary = owner
        .get(&format!("/projects/{}/tool-calls/summary?last=1h", project.slug))
        .await
        .expect("a summary");
    assert_eq!(
        (&summary["total"], &summary["success"]),
        (&json!(2), &json!(2)),
        "{summary}"
    );
    wait_until("the key shows when and from where it was used", async || {
        let keys = owner
            .get(&format!("/projects/{}/api-keys", project.slug))
            .await
            .ok()?;
        let mut keys = keys["data"].as_array()?.iter();
        keys.any(|key| key["last_used_at"].is_string() && key["last_used_ip"] == "127.0.0.1")
            .then_some(())
    })
    .await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_through_each_door_is_in_the_log_on_sqlite() {
    a_call_through_each_door_is_in_the_log(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_through_each_door_is_in_the_log_on_postgres() {
    a_call_through_each_door_is_in_the_log(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_is_stored_as_what_it_was() {
    let stack = Stack::start(Engine::Sqlite).await;
    let ledger = stack.folder().join("ledger");
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[])
        .with("timeout_ms", 1_000)
        .with("env", json!({"LEDGER": ledger}));
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let client = McpClient::connect(&stack.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");

    let cases = [
        ("fixture__fail", json!({}), "error", json!("tool_error")),
        ("fixture__refuse", json!({}), "error", json!("protocol_error")),
        ("fixture__sleep", json!({"ms": 10_000}), "timeout", json!(null)),
        ("fixture__nothing", json!({}), "error", json!("protocol_error")),
        ("nowhere__echo", json!({}), "error", json!("invalid_request")),
        ("fixture__crash", json!({}), "error", json!("upstream_crashed")),
    ];
    for (tool, arguments, status, kind) in &cases {
        let answer = client
            .call(tool, arguments.clone())
            .await
            .expect("every call is answered");
        assert!(!answer.is_success(), "{tool} answered {answer:?}");
        let calls = owner
            .ended_tool_calls(
                &project,
                cases.iter().position(|case| case.0 == *tool).unwrap_or_default() + 1,
            )
            .await;
        let call = calls
            .iter()
            .find(|call| call["exposed_name"] == *tool)
            .expect("the call has a row");
        assert_eq!(
            (&call["status"], &call["error_kind"]),
            (&json!(status), kind),
            "{tool}: {call}"
        );
    }
    let calls = owner.tool_calls(&project).await.expect("the log answers");
    assert_eq!(calls.len(), cases.len(), "one call is one row: {calls:#?}");
    let ledger = std::fs::read_to_string(&ledger).expect("the server kept its ledger");
    assert_eq!(
        ledger.matches("\"sleep\"").count(),
        1,
        "a call that timed out was sent once"
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_calls_at_once_on_one_session_all_succeed() {
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    for door in [Door::StreamableHttp, Door::Sse] {
        let client = McpClient::connect(&stack.endpoint(&project), &project.key, door)
            .await
            .expect("the handshake succeeds");
        let mut calls = tokio::task::JoinSet::new();
        for number in 0..64 {
            let client = client.clone();
            calls.spawn(async move {
                let answer = client
                    .call("fixture__echo", json!({"canary": number}))
                    .await
                    .expect("it is answered");
                assert_eq!(
                    answer.text(),
                    json!({"canary": number}).to_string(),
                    "each caller gets its own answer"
                );
            });
        }
        while let Some(call) = calls.join_next().await {
            call.expect("every call succeeds");
        }
    }
    let calls = owner.ended_tool_calls(&project, 128).await;
    assert_eq!(calls.len(), 128);
    assert!(calls.iter().all(|call| call["status"] == "success"));
    stack.stop().await;
}
