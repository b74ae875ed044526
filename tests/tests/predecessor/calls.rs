//! Servers, calls of their tools, and what is kept of them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Door, McpClient, ServerDefinition, fixture_server, wait_until};

use crate::house::{House, ask};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_works_is_seen_to_work() {
    let house = House::build().await;
    let definition = json!({"name": "tried", "transport": "stdio", "command": fixture_server()});
    let (status, trial) = ask(
        &house.owner,
        Method::POST,
        "/projects/acme/servers/test",
        &definition,
    )
    .await;
    assert_eq!((status.as_u16(), &trial["is_ok"]), (200, &json!(true)), "{trial}");
    assert!(
        trial["tools"].as_array().is_some_and(|tools| tools.len() > 10),
        "{trial}"
    );

    let tools = house
        .owner
        .get("/projects/acme/servers/fixture/tools")
        .await
        .expect("a list");
    assert!(tools["data"].as_array().is_some_and(|tools| tools.len() > 10));
    let stands = house
        .owner
        .get("/projects/acme/servers/fixture/status")
        .await
        .expect("how it stands");
    assert_eq!(stands["state"], "ready", "{stands}");

    // Nothing was invented for it.
    let sessions = house.owner.get("/projects/acme/sessions").await.expect("a list");
    assert_eq!(sessions["data"], json!([]));
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_from_the_pages_are_told_and_kept_as_what_they_were() {
    let house = House::build().await;
    let echoed = house.call_by_rest("echo").await;
    assert_eq!(
        (&echoed["status"], &echoed["error"]),
        (&json!("success"), &Value::Null)
    );
    let failed = house.call_by_rest("fail").await;
    assert_eq!(
        (&failed["status"], &failed["error"]["kind"]),
        (&json!("error"), &json!("tool_error"))
    );
    let refused = house.call_by_rest("refuse").await;
    assert_eq!(
        (&refused["status"], &refused["error"]["kind"]),
        (&json!("error"), &json!("protocol_error"))
    );

    let calls = house.owner.ended_tool_calls(&house.project, 3).await;
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (&call["tool_name"], &call["status"]))
        .collect();
    let (success, error) = (json!("success"), json!("error"));
    assert_eq!(
        seen,
        [
            (&json!("refuse"), &error),
            (&json!("fail"), &error),
            (&json!("echo"), &success)
        ]
    );
    // A call from the pages is in no client's session, and can be read all the same.
    assert!(
        calls
            .iter()
            .all(|call| call["session_id"].is_null() && call["door"] == "rest")
    );
    let found = house
        .owner
        .get("/projects/acme/tool-calls?last=1h&q=echo")
        .await
        .expect("a list");
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{found}");
    let summary = house
        .owner
        .get("/projects/acme/tool-calls/summary?last=1h")
        .await
        .expect("figures");
    assert_eq!(
        (&summary["total"], &summary["success"]),
        (&json!(3), &json!(1)),
        "{summary}"
    );
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_is_off_is_neither_listed_nor_called() {
    let house = House::build().await;
    let client = house.client(Door::StreamableHttp).await;
    assert!(
        client
            .call("fixture__echo", json!({}))
            .await
            .expect("an answer")
            .is_success()
    );
    let off = json!({"is_enabled": false});
    let switched = ask(
        &house.owner,
        Method::PATCH,
        "/projects/acme/servers/fixture/tools/echo",
        &off,
    )
    .await;
    assert_eq!(switched.0, 200);
    wait_until("the gateway has heard", async || {
        let listed = client
            .request("tools/list", json!({}))
            .await
            .ok()?
            .result()
            .ok()?;
        (!listed.to_string().contains("\"fixture__echo\"")).then_some(())
    })
    .await;
    for door in Door::ALL {
        let client = house.client(door).await;
        let answer = client.call("fixture__echo", json!({})).await.expect("an answer");
        assert!(!answer.is_success(), "{door:?}: {answer:?}");
    }
    assert_eq!(house.call_by_rest("echo").await["status"], "error");
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_http_and_sse_get_what_the_server_said_at_once() {
    let house = House::build().await;
    let client = house.client(Door::Sse).await;
    let echoed = client
        .call("fixture__echo", json!({"text": "안녕"}))
        .await
        .expect("an answer");
    assert_eq!(echoed.text(), json!({"text": "안녕"}).to_string());
    let failed = client.call("fixture__fail", json!({})).await.expect("an answer");
    assert!(
        matches!(&failed, Answer::Result(result) if result["isError"] == json!(true)),
        "{failed:?}"
    );
    let refused = client
        .call("fixture__refuse", json!({}))
        .await
        .expect("an answer");
    assert!(matches!(refused, Answer::Error(_)), "{refused:?}");

    let mut calls = tokio::task::JoinSet::new();
    for number in 0..4 {
        let client = client.clone();
        calls.spawn(async move {
            let arguments = json!({"number": number});
            let answer = client
                .call("fixture__echo", arguments.clone())
                .await
                .expect("an answer");
            assert_eq!(answer.text(), arguments.to_string());
        });
    }
    while let Some(call) = calls.join_next().await {
        call.expect("each of four calls at once succeeds");
    }
    for door in [Door::Sse, Door::StreamableHttp] {
        let pong = house.client(door).await.request("ping", json!({})).await;
        assert!(pong.expect("ping is answered").is_success(), "{door:?}");
    }
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_too_long_is_made_once_and_is_one_row() {
    let ledger = tempfile::NamedTempFile::new().expect("a file");
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[])
        .with("timeout_ms", 1_000)
        .with("env", json!({"LEDGER": ledger.path()}));
    let house = House::with(server).await;
    let client = house.client(Door::Sse).await;
    let answer = client
        .call("fixture__sleep", json!({"ms": 60_000}))
        .await
        .expect("an answer");
    assert!(!answer.is_success());
    let calls = house.owner.ended_tool_calls(&house.project, 1).await;
    assert_eq!((calls.len(), &calls[0]["status"]), (1, &json!("timeout")));
    let made = std::fs::read_to_string(ledger.path()).expect("the server kept its ledger");
    assert_eq!(made.matches("\"sleep\"").count(), 1, "{made}");
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_names_tools_alike_and_records_calls_in_a_session_that_counts() {
    // A name as people write it.
    let house = House::with(ServerDefinition::stdio("t one", &fixture_server(), &[])).await;
    let mut rows = 0;
    let mut names = Vec::new();
    for door in Door::ALL {
        let client = house.client(door).await;
        let listed = wait_until("the server is listed", async || {
            let listed = client
                .request("tools/list", json!({}))
                .await
                .ok()?
                .result()
                .ok()?;
            let tools: Vec<_> = listed["tools"]
                .as_array()?
                .iter()
                .map(|tool| tool["name"].to_string())
                .collect();
            (tools.len() > 10).then_some(tools)
        })
        .await;
        let tool = |end: &str| {
            let found = listed.iter().find(|name| name.ends_with(&format!("{end}\"")));
            found.expect("a tool of that name").trim_matches('"').to_owned()
        };
        let (echo, fail) = (tool("__echo"), tool("__fail"));
        assert!(
            echo.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)),
            "{echo}"
        );
        names.push(echo.clone());
        for (name, works) in [(&echo, true), (&fail, false), (&echo, true), (&fail, false)] {
            let answer = client.call(name, json!({})).await.expect("an answer");
            assert_eq!(answer.is_success(), works, "{door:?} {name}");
        }
        rows += 4;
        let calls = house.owner.ended_tool_calls(&house.project, rows).await;
        assert_eq!(calls.len(), rows, "{door:?}: one call, one row");
        let session = calls[0]["session_id"]
            .as_str()
            .expect("a call of a client is in its session");
        let path = format!("/projects/acme/sessions/{session}");
        let counted = wait_until("the session has counted", async || {
            let session = house.owner.get(&path).await.ok()?;
            (session["total_calls"] == json!(4)).then_some(session)
        })
        .await;
        assert_eq!(counted["successful_calls"], json!(2), "{door:?}: {counted}");
    }
    names.dedup();
    assert_eq!(names.len(), 1, "one name at every door: {names:?}");
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_history_goes_and_its_history_stays() {
    let house = House::build().await;
    let client = house.client(Door::StreamableHttp).await;
    assert!(
        client
            .call("fixture__echo", json!({}))
            .await
            .expect("an answer")
            .is_success()
    );
    house.owner.ended_tool_calls(&house.project, 1).await;
    let (deleted, _) = ask(
        &house.owner,
        Method::DELETE,
        "/projects/acme/servers/fixture",
        &json!({}),
    )
    .await;
    assert_eq!(deleted, 204);
    let calls = house.owner.tool_calls(&house.project).await.expect("a list");
    assert_eq!((calls.len(), &calls[0]["server_name"]), (1, &json!("fixture")));
    // What people did is told as what it was.
    let feed = house
        .owner
        .get("/projects/acme/activities")
        .await
        .expect("a feed");
    let types: Vec<_> = feed["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| &item["type"])
        .collect();
    assert_eq!(
        types,
        [
            "server_deleted",
            "api_key_created",
            "server_created",
            "project_created"
        ]
    );
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_is_told_to_reach_a_project_reaches_it() {
    let house = House::build().await;
    let cline = house
        .owner
        .get("/projects/acme/connect/cline")
        .await
        .expect("a text");
    let placeholder = cline["key_placeholder"].as_str().expect("a placeholder");
    let text = cline["text"]
        .as_str()
        .expect("a text")
        .replace(placeholder, &house.project.key);
    let configuration: Value = serde_json::from_str(&text).expect("it is JSON");
    let server = &configuration["mcpServers"]["acme"];
    let url = server["url"].as_str().expect("an address");
    let key = server["headers"]["Authorization"].as_str().expect("a header");
    let client = McpClient::connect(
        url.strip_suffix("/mcp").expect("the door of Streamable HTTP"),
        key.strip_prefix("Bearer ").expect("a bearer token"),
        Door::StreamableHttp,
    );
    let client = client.await.expect("the handshake succeeds");
    let answer = client.call("fixture__echo", json!({})).await.expect("an answer");
    assert!(answer.is_success());
    house.stack.stop().await;
}
