use proto::logging::{Door, ErrorKind, SessionEnd, ToolCallStatus};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    client::{Events, messages},
    stack::{Stack, stdio, until},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_session_discovers_lists_and_calls() {
    let stack = Stack::start().await;
    let client = stack.client();
    let found = client.ask_modern("server/discover", json!({})).await["result"].clone();
    assert_eq!(found["resultType"], "complete");
    assert_eq!(
        found["supportedVersions"],
        json!([
            "2026-07-28",
            "2025-11-25",
            "2025-06-18",
            "2025-03-26",
            "2024-11-05"
        ])
    );
    assert_eq!(found["capabilities"]["tools"]["listChanged"], true);
    assert_eq!(found["instructions"], "scripted:\nBe kind.");
    assert_eq!(
        found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "mcp-orchestrator"
    );
    assert_eq!(
        (&found["ttlMs"], &found["cacheScope"]),
        (&json!(0), &json!("private"))
    );
    let list = client.ask_modern("tools/list", json!({})).await["result"].clone();
    assert_eq!(
        (&list["resultType"], &list["ttlMs"]),
        (&json!("complete"), &json!(0))
    );
    assert_eq!(list["tools"][0]["name"], "scripted__echo");
    let call = json!({ "name": "scripted__echo", "arguments": { "text": "x" } });
    for _ in 0..2 {
        let answer = client.ask_modern("tools/call", call.clone()).await;
        assert_eq!(answer["result"]["content"][0]["text"], "x");
        assert_eq!(answer["result"]["resultType"], "complete");
    }
    let calls = stack.logging.calls(2).await;
    assert_eq!(calls[0].door(), Door::StatelessHttp);
    assert_eq!(calls[0].client_revision, "2026-07-28");
    assert_eq!(calls[0].client.as_ref().unwrap().name, "modern-client");
    assert!(calls[0].session_id.is_some());
    assert_eq!(calls[0].session_id, calls[1].session_id, "one stay");
    let session = until("the stay is recorded", async || stack.logging.sessions().pop()).await;
    assert_eq!(Some(session.id), calls[0].session_id);

    let alone = client.on_server("scripted");
    let found = alone.ask_modern("server/discover", json!({})).await["result"].clone();
    assert_eq!(
        found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "scripted",
        "the endpoint is transparent"
    );
    assert_eq!(found["instructions"], "Be kind.");
    assert_eq!(
        alone.ask_modern("tools/list", json!({})).await["result"]["nextCursor"],
        "6"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_contradict_themselves_are_refused_as_the_revision_says() {
    let stack = Stack::start().await;
    let client = stack.client();
    let call = || client.modern("tools/call", json!({ "name": "scripted__echo", "arguments": {} }));
    let with = |name: &'static str, value: &'static str| {
        let mut request = call().build().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    let without = |name: &'static str| {
        let mut request = call().build().unwrap();
        request.headers_mut().remove(name);
        request
    };
    let of = |body: Value| {
        let request = client
            .request(Method::POST, "/mcp")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/list");
        request.json(&body).build().unwrap()
    };
    let unsupported = || {
        let mut request = client.modern("tools/list", json!({})).build().unwrap();
        let body = String::from_utf8(request.body().unwrap().as_bytes().unwrap().to_vec()).unwrap();
        *request.body_mut() = Some(body.replace("2026-07-28", "2099-01-01").into());
        request
            .headers_mut()
            .insert("mcp-protocol-version", "2099-01-01".parse().unwrap());
        request
    };
    let bad = StatusCode::BAD_REQUEST;
    let cases = [
        (with("mcp-protocol-version", "2025-11-25"), bad, -32020),
        (without("mcp-protocol-version"), bad, -32020),
        (with("mcp-method", "TOOLS/CALL"), bad, -32020),
        (without("mcp-method"), bad, -32020),
        (with("mcp-name", "other"), bad, -32020),
        (with("mcp-name", "=?base64?c2NyaXB0ZWRfX2VjaG8?="), bad, -32020),
        (without("mcp-name"), bad, -32020),
        (unsupported(), bad, -32022),
        (
            of(json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/list" })),
            bad,
            -32602,
        ),
        (
            of(json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": { "_meta": {} } })),
            bad,
            -32602,
        ),
        (
            of(json!({ "jsonrpc": "2.0", "id": 7, "result": {} })),
            bad,
            -32600,
        ),
        (
            of(json!([{ "jsonrpc": "2.0", "id": 7, "method": "tools/list" }])),
            bad,
            -32600,
        ),
        (
            client.modern("ping", json!({})).build().unwrap(),
            StatusCode::NOT_FOUND,
            -32601,
        ),
        (
            client.modern("initialize", json!({})).build().unwrap(),
            StatusCode::NOT_FOUND,
            -32601,
        ),
        (
            client.modern("no/such", json!({})).build().unwrap(),
            StatusCode::NOT_FOUND,
            -32601,
        ),
        (
            client
                .modern(
                    "tools/list",
                    json!({ "_meta": { "io.modelcontextprotocol/logLevel": "loud" } }),
                )
                .build()
                .unwrap(),
            bad,
            -32602,
        ),
    ];
    for (request, status, code) in cases {
        let what = format!("{:?} {:?}", request.headers(), request.body());
        let response = client.http.execute(request).await.unwrap();
        assert_eq!(response.status(), status, "{what}");
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["error"]["code"], code, "{what} {answer}");
        if code == -32022 {
            assert_eq!(answer["error"]["data"]["requested"], "2099-01-01");
            assert_eq!(answer["error"]["data"]["supported"][0], "2026-07-28");
        }
    }
    for (name, value) in [
        ("mcp-name", "  scripted__echo "),
        ("mcp-name", "=?base64?c2NyaXB0ZWRfX2VjaG8=?="),
        ("mcp-session-id", "ignored"),
        ("last-event-id", "ignored"),
    ] {
        let response = client.http.execute(with(name, value)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{name}: {value}");
        assert!(!response.headers().contains_key("mcp-session-id"));
    }
    for method in [Method::GET, Method::DELETE] {
        let request = client
            .request(method, "/mcp")
            .header("mcp-protocol-version", "2026-07-28");
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::METHOD_NOT_ALLOWED
        );
    }
    let told = of(json!({ "jsonrpc": "2.0", "method": "notifications/anything" }));
    assert_eq!(
        client.http.execute(told).await.unwrap().status(),
        StatusCode::ACCEPTED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_closes_the_stream_withdraws_its_request() {
    let stack = Stack::start_with(|server, config| {
        let file = config.spool_dir.with_file_name("calls");
        stdio(server)
            .env
            .insert("CALLS_FILE".to_owned(), file.to_str().unwrap().to_owned());
    })
    .await;
    let client = stack.client();
    let told = |what: &'static str| {
        let file = stack.calls_file();
        until("the server is told", async move || {
            let told = std::fs::read_to_string(&file).unwrap_or_default();
            told.contains(what).then_some(())
        })
    };
    tokio::select! {
        _ = client.modern("tools/call", json!({ "name": "scripted__hang" })).send() => panic!("it hangs"),
        () = told("hang") => {}
    }
    told("cancelled").await;
    let calls = stack.logging.calls(1).await;
    assert_eq!(
        (calls[0].status(), calls[0].error_kind()),
        (ToolCallStatus::Cancelled, ErrorKind::ClientGone)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_comes_on_the_stream_of_its_own_request() {
    let stack = Stack::start().await;
    let client = stack.client();
    let call =
        json!({ "name": "scripted__slow", "arguments": { "steps": 2 }, "_meta": { "progressToken": "t" } });
    let answer = messages(client.modern("tools/call", call).send().await.unwrap()).await;
    assert_eq!(answer.len(), 3, "{answer:?}");
    assert_eq!(answer[0]["params"]["progressToken"], "t");
    assert_eq!(answer[2]["result"]["content"][0]["text"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_told_what_it_asked_for_until_the_gateway_stops() {
    let mut stack = Stack::start().await;
    let client = stack.client();
    let listen = |wanted: Value| client.modern("subscriptions/listen", json!({ "notifications": wanted }));
    let wrong = listen(json!({ "toolsListChanged": 1 })).send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    let mut events = Events::new(listen(json!({ "toolsListChanged": true })).send().await.unwrap());
    let mut others = Events::new(
        listen(json!({ "promptsListChanged": true }))
            .send()
            .await
            .unwrap(),
    );
    let acknowledged = events.next_message().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({ "toolsListChanged": true })
    );
    let id = acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone();
    assert!(id.is_u64());
    others.next_message().await;

    let mut dead = stack.project.scripted("late");
    stdio(&mut dead).env.insert("DEAD".to_owned(), "1".to_owned());
    let mut alive = dead.clone();
    stdio(&mut alive).env.clear();
    stack.project.change(|project| project.servers.push(dead));
    until("the list lacks the new server", async || {
        let list = client.ask_modern("tools/list", json!({})).await;
        let missing = &list["result"]["_meta"]["mcp-orchestrator/missing"][0];
        (missing["server"] == "late").then_some(())
    })
    .await;
    stack
        .project
        .change(|project| *project.servers.last_mut().unwrap() = alive);
    until("the changed server is up", async || {
        let call = json!({ "name": "late__echo", "arguments": { "text": "up" } });
        let answer = client.ask_modern("tools/call", call).await;
        (answer["result"]["content"][0]["text"] == "up").then_some(())
    })
    .await;
    let changed = events.next_message().await;
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert_eq!(
        changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
        id
    );
    stack
        .gateway
        .take()
        .unwrap()
        .shut_down()
        .await
        .expect("in good order");
    for (events, asked_for_tools) in [(&mut events, true), (&mut others, false)] {
        let mut end = events.next_message().await;
        // Whether it was told of one change or of each depends on who was first.
        while asked_for_tools && end["method"] == "notifications/tools/list_changed" {
            end = events.next_message().await;
        }
        assert_eq!(end["result"]["resultType"], "complete", "{end}");
        assert_eq!(events.next().await, None);
    }
    let ended = stack
        .logging
        .sessions()
        .into_iter()
        .find(|session| session.ended_at_us.is_some());
    assert_eq!(ended.expect("shipped").end, SessionEnd::GatewayStopped as i32);
}
