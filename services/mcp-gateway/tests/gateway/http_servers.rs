//! Servers over HTTP, of both eras and of the oldest revision.

use serde_json::{Value, json};

use crate::{
    client::{Client, Events},
    http_server::{A_WHILE, HttpServer, Kind},
    stack::{Stack, until},
};

pub(crate) async fn stack_with(server: &HttpServer) -> Stack {
    Stack::start_with(|definition, config| {
        server.define(definition);
        "remote".clone_into(&mut definition.name);
        config.outbound.allow_loopback = Some(true);
    })
    .await
}

async fn client_of(stack: &Stack) -> Client {
    let mut client = stack.client().on_server("remote");
    client.initialize().await;
    client
}

fn text_of(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_gets_its_headers_and_secrets_and_nothing_of_the_client() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    // Its tools have not been listed yet: refused once, listed, called.
    let answer = client.call("echo", json!({ "region": "eu", "n": 1 })).await;
    assert_eq!(text_of(&answer), r#"{"n":1,"region":"eu"}"#);
    let calls = server.seen("tools/call");
    assert_eq!(calls.len(), 2, "refused by its headers, then taken");
    assert_eq!(server.seen("tools/list").len(), 1);
    let headers = &calls[1].headers;
    for (name, value) in [
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "echo"),
        ("mcp-param-region", "eu"),
        ("x-own", "plain"),
        ("x-secret", "s3cret-value"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert!(!headers.contains_key("authorization"), "{headers:?}");
    assert!(!headers.contains_key("mcp-session-id"), "{headers:?}");
    let meta = &calls[1].body["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());

    let again = client.call("echo", json!({})).await;
    assert_eq!(text_of(&again), "{}");
    assert_eq!(
        server.seen("server/discover").len(),
        1,
        "its era is known after the first time"
    );
    let tools = client.ask("tools/list", json!({})).await;
    let names: Vec<_> = tools["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["echo", "slow"], "without the malformed one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_server_hears_of_a_withdrawal_by_the_end_of_its_stream() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    let call = json!({ "jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": { "name": "hang" } });
    let cancel =
        json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 9 } });
    let (_, ()) = tokio::join!(client.post(&call), async {
        until("it is called", async || {
            (!server.seen("tools/call").is_empty()).then_some(())
        })
        .await;
        client.post(&cancel).await;
    });
    until("its stream is closed", async || {
        server.has_seen("closed").then_some(())
    })
    .await;
    assert!(server.seen("notifications/cancelled").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_server_keeps_a_session_that_is_begun_anew_when_it_is_lost() {
    let server = HttpServer::start(Kind::Legacy).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    assert_eq!(
        text_of(&client.call("echo", json!({ "a": 1 })).await),
        r#"{"a":1}"#
    );
    let first = &server.seen("tools/call")[0].headers;
    assert_eq!(first["mcp-session-id"], "session-1");
    assert_eq!(first["mcp-protocol-version"], "2025-11-25");
    assert_eq!(first["x-secret"], "s3cret-value");
    assert!(!first.contains_key("authorization"));
    server.forget_sessions();
    assert_eq!(
        text_of(&client.call("echo", json!({ "a": 2 })).await),
        r#"{"a":2}"#
    );
    let calls = server.seen("tools/call");
    assert_eq!(calls.last().unwrap().headers["mcp-session-id"], "session-2");
    assert_eq!(server.seen("notifications/initialized").len(), 2);
    stack.project.change(|project| project.servers.clear());
    until("the session is ended", async || {
        server.has_seen("DELETE /mcp").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_stream_breaks_is_taken_up_again_where_that_is_offered_and_never_asked_twice() {
    let server = HttpServer::start(Kind::Legacy).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    assert_eq!(text_of(&client.call("broken", json!({})).await), "resumed");
    let lost = client.call("cut", json!({})).await;
    let words = lost["error"]["message"].as_str().unwrap();
    assert!(words.contains("ended before the answer came"), "{words}");
    assert_eq!(server.seen("tools/call").len(), 2, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_comes_under_the_clients_own_token_over_http_as_well() {
    for kind in [Kind::Modern, Kind::Legacy] {
        let server = HttpServer::start(kind).await;
        let stack = stack_with(&server).await;
        let client = client_of(&stack).await;
        let params = json!({ "name": "slow", "_meta": { "progressToken": "mine" } });
        let messages = client.ask_all("tools/call", params).await;
        let tokens: Vec<_> = messages
            .iter()
            .filter(|message| message["method"] == "notifications/progress")
            .map(|message| message["params"]["progressToken"].clone())
            .collect();
        assert_eq!(tokens, ["mine", "mine"], "{kind:?}: {messages:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_several_lines_are_read_as_they_are_meant() {
    for kind in [Kind::Modern, Kind::Legacy] {
        let server = HttpServer::start(kind).await;
        let stack = stack_with(&server).await;
        let client = client_of(&stack).await;
        let params = json!({ "name": "lines", "_meta": { "progressToken": "mine" } });
        let messages = client.ask_all("tools/call", params).await;
        assert_eq!(messages[0]["params"]["progressToken"], "mine", "{messages:?}");
        assert_eq!(text_of(&messages[1]), "in lines");
        assert_eq!(text_of(&client.call("spread", json!({})).await), "spread");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_legacy_server_asks_on_the_stream_of_a_call_reaches_its_client() {
    let server = HttpServer::start(Kind::Legacy).await;
    let stack = stack_with(&server).await;
    let mut client = stack.client().on_server("remote");
    client
        .initialize_with("2025-11-25", json!({ "elicitation": {} }))
        .await;
    let call = json!({ "jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": { "name": "ask" } });
    let mut events = Events::new(client.post(&call).await);
    let question = events.next_message().await;
    assert_eq!(question["method"], "elicitation/create");
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } });
    client.post(&answer).await;
    let result = events.next_message().await;
    assert_eq!(text_of(&result), r#"{"action":"decline"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_reach_clients_from_servers_of_every_kind() {
    for kind in [Kind::Modern, Kind::Legacy, Kind::Sse] {
        let server = HttpServer::start(kind).await;
        let stack = stack_with(&server).await;
        let client = client_of(&stack).await;
        client.call("echo", json!({})).await;
        let response = client.request(reqwest::Method::GET, "/mcp").send().await.unwrap();
        let mut events = Events::new(response);
        until("the server is listened to", async || {
            (server.streams() > 0).then_some(())
        })
        .await;
        server.push(json!({ "jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {} }));
        let heard = events.next_message().await;
        assert_eq!(heard["method"], "notifications/tools/list_changed", "{kind:?}");
        assert!(
            heard["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].is_null(),
            "the number is between the gateway and its server: {heard}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_while_a_modern_server_is_asked_to_watch_more() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    let response = client.request(reqwest::Method::GET, "/mcp").send().await.unwrap();
    let mut events = Events::new(response);
    client.ask("resources/subscribe", json!({ "uri": "a:1" })).await;
    let listening = server.seen("subscriptions/listen").len();
    server.set_gate(false);
    let more = client.ask("resources/subscribe", json!({ "uri": "a:2" }));
    let meanwhile = async {
        until("the server is asked to watch both", async || {
            (server.seen("subscriptions/listen").len() > listening).then_some(())
        })
        .await;
        let uri = json!({ "uri": "a:1" });
        server.push(json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated", "params": uri }));
        assert_eq!(events.next_message().await["params"]["uri"], "a:1");
        server.set_gate(true);
    };
    let (subscribed, ()) = tokio::join!(more, meanwhile);
    assert_eq!(subscribed["result"], json!({}));
    until("the stream before is closed", async || {
        (server.streams() == 1).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_oldest_revision_is_found_out_and_comes_back_after_its_stream_broke() {
    let server = HttpServer::start(Kind::Sse).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    assert_eq!(
        text_of(&client.call("echo", json!({ "a": 1 })).await),
        r#"{"a":1}"#
    );
    let hanging = async {
        let answer = client.call("hang", json!({})).await;
        assert!(
            answer["error"]["message"].as_str().unwrap().contains("is gone"),
            "{answer}"
        );
    };
    tokio::join!(hanging, async {
        until("it is called", async || {
            (server.seen("tools/call").len() == 2).then_some(())
        })
        .await;
        server.push(json!("close"));
    });
    until("it is greeted again", async || {
        (server.seen("notifications/initialized").len() == 2).then_some(())
    })
    .await;
    assert_eq!(
        text_of(&client.call("echo", json!({ "a": 2 })).await),
        r#"{"a":2}"#
    );
    assert_eq!(server.seen("tools/call").len(), 3, "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_became_another_is_found_out_anew() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    assert_eq!(text_of(&client.call("other", json!({})).await), "{}");
    let address = server.address;
    drop(server);
    let listener = until("the port is free", async || {
        tokio::net::TcpListener::bind(address).await.ok()
    })
    .await;
    let server = HttpServer::start_on(Kind::Legacy, listener);
    until("it is called as what it is now", async || {
        let answer = client.call("other", json!({})).await;
        answer["result"].is_object().then_some(())
    })
    .await;
    assert_eq!(server.seen("initialize").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_on_addresses_that_are_not_allowed_are_not_connected_to() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = Stack::start_with(|definition, _| server.define(definition)).await;
    let mut client = stack.client();
    client.initialize().await;
    let answer = client.call("scripted__echo", json!({})).await;
    let words = answer["error"]["message"].as_str().unwrap();
    assert!(
        words.contains("leads to a loopback address") && words.contains("outbound.allow"),
        "{words}"
    );
    tokio::time::sleep(A_WHILE).await;
    assert!(server.seen("server/discover").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_none_say_what_to_do() {
    let server = HttpServer::start(Kind::Modern).await;
    let stack = stack_with(&server).await;
    let client = client_of(&stack).await;
    for (tool, arguments, expected) in [
        ("redirect", json!({}), "enter the address that it leads to"),
        ("denied", json!({}), "check the headers and secrets"),
        ("big", json!({ "size": 17_000_000 }), "larger than 16777216 bytes"),
        ("cut", json!({}), "closed the stream of its answer"),
    ] {
        let answer = client.call(tool, arguments).await;
        let words = answer["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(words.contains(expected), "{tool}: {answer}");
        assert!(!words.contains("s3cret-value"));
    }
    assert_eq!(
        text_of(&client.call("other", json!({})).await),
        "{}",
        "it stays usable"
    );
    let calls = stack.logging.calls(5).await;
    assert_eq!(calls.len(), 5);
    assert_eq!(server.seen("tools/call").len(), 5, "each once");
}
