use access::ServiceName;
use proto::{
    gateway::{CallToolRequest, tools_service_client::ToolsServiceClient},
    logging::{ErrorKind, Principal, ToolCall},
    projects::{ApiKeySnapshot, Permission},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    client::{Client, Events, SseClient, initialize_message},
    many_servers::{Listing, add, names, tool},
    rest::service,
    stack::{Stack, until},
};

/// A client whose key is changed so before the gateway hears of it.
async fn client_with(stack: &Stack, change: impl FnOnce(&mut ApiKeySnapshot)) -> Client {
    let all = [Permission::ReadProject, Permission::CallTools];
    let key = stack.project.add_key(&all);
    stack
        .project
        .change(|project| change(project.api_keys.last_mut().unwrap()));
    let client = Client::new(stack.url("/projects/demo"), key);
    until("the key is known", async || {
        (client.post(&json!({})).await.status() != StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    client
}

fn change_key(stack: &Stack, change: impl FnOnce(&mut ApiKeySnapshot)) {
    stack
        .project
        .change(|project| change(project.api_keys.last_mut().unwrap()));
}

fn call(name: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name } })
}

fn kinds(calls: &[ToolCall]) -> Vec<ErrorKind> {
    calls.iter().map(ToolCall::error_kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_is_switched_off_is_gone_from_lists_and_calls_at_once_on_every_door() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    let mut single = stack.client().on_server("scripted");
    client.initialize().await;
    single.initialize().await;
    let open = async |client: &Client| Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    let (mut events, mut single_events) = (open(&client).await, open(&single).await);
    assert!(names(&client).await.contains(&"scripted__echo".to_owned()));
    stack
        .project
        .change(|project| project.servers[0].disabled_tools = vec!["echo".to_owned()]);
    for events in [&mut events, &mut single_events] {
        let told = events.next_message().await;
        assert_eq!(told["method"], "notifications/tools/list_changed");
    }
    let left = names(&client).await;
    assert!(left.len() == 10 && !left.contains(&"scripted__echo".to_owned()));
    // Of two pages.
    let page = names(&single).await;
    assert!(page.len() == 5 && !page.contains(&"echo".to_owned()));

    let answer = |name: &str, answer: Value| {
        let text = answer["error"].to_string();
        text.replace(name, "")
    };
    let off = answer("scripted__echo", client.call("scripted__echo", json!({})).await);
    let unknown = answer("nowhere__echo", client.call("nowhere__echo", json!({})).await);
    assert_eq!(off, unknown);
    let refused = single.call("echo", json!({})).await;
    assert_eq!(refused["error"]["code"], -32602);
    let mut sse = SseClient::open(stack.client()).await;
    sse.ask(
        1,
        "initialize",
        initialize_message("2024-11-05", &json!({}))["params"].clone(),
    )
    .await;
    let refused = sse
        .ask(2, "tools/call", json!({ "name": "scripted__echo" }))
        .await;
    assert_eq!(refused["error"]["code"], -32602);
    let calls = stack.logging.calls(4).await;
    assert_eq!(kinds(&calls), [ErrorKind::InvalidRequest; 4]);
    assert_eq!(calls[0].tool_name, "echo");

    stack
        .project
        .change(|project| project.servers[0].disabled_tools.clear());
    let told = events.next_message().await;
    assert_eq!(told["method"], "notifications/tools/list_changed");
    let again = client.call("scripted__echo", json!({ "text": "on" })).await;
    assert_eq!(again["result"]["content"][0]["text"], "on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_for_some_tools_sees_and_calls_no_other() {
    let stack = Stack::start().await;
    let listing = Listing::new(
        &stack,
        "listing",
        &json!({ "tools": [tool("read_a"), tool("write_a")] }),
    );
    let mut client = client_with(&stack, |key| key.tools = vec!["listing/read_*".to_owned()]).await;
    add(&stack, &client, &[&listing]).await;
    client.initialize().await;
    let mut events = Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    assert_eq!(names(&client).await, ["listing__read_a"]);
    assert!(client.call("listing__read_a", json!({})).await["result"].is_object());
    for name in ["listing__write_a", "scripted__echo"] {
        assert_eq!(client.post(&call(name)).await.status(), StatusCode::FORBIDDEN);
    }
    let calls = stack.logging.calls(3).await;
    assert_eq!(kinds(&calls[1..]), [ErrorKind::Denied; 2]);
    // It holds for open sessions when it is changed.
    change_key(&stack, |key| key.tools = vec!["*/write_*".to_owned()]);
    let told = events.next_message().await;
    assert_eq!(told["method"], "notifications/tools/list_changed");
    assert_eq!(names(&client).await, ["listing__write_a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_over_its_limit_is_told_when_to_come_again_and_its_call_is_recorded() {
    let stack = Stack::start().await;
    let mut client = client_with(&stack, |key| key.rate_limit_per_minute = Some(3)).await;
    client.initialize().await;
    client.ask("tools/list", json!({})).await;
    assert!(client.call("scripted__echo", json!({})).await["result"].is_object());
    for request in [
        call("scripted__echo"),
        json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/list" }),
    ] {
        let refused = client.post(&request).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = refused.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=31).contains(&wait), "{wait}");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["id"], request["id"]);
    }
    let session = client.session.take();
    let refused = client.post(&initialize_message("2025-11-25", &json!({}))).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    client.session = session;
    let calls = stack.logging.calls(2).await;
    assert_eq!(calls[1].error_kind(), ErrorKind::RateLimited);
    // Others have limits of their own, and a raised limit counts at once.
    let mut other = stack.client();
    other.initialize().await;
    assert!(other.call("scripted__echo", json!({})).await["result"].is_object());
    change_key(&stack, |key| key.rate_limit_per_minute = None);
    until("the limit is gone", async || {
        (client.post(&call("scripted__echo")).await.status() == StatusCode::OK).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_good_where_it_is_meant_to_be_used_only() {
    let stack = Stack::start_with(|_, config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let mut client = client_with(&stack, |key| key.ip_ranges = vec!["203.0.113.0/24".to_owned()]).await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(client.post(&ping).await.status(), StatusCode::FORBIDDEN);
    let from = |address: &str| {
        client
            .request(Method::POST, "/mcp")
            .header("x-forwarded-for", address)
            .json(&json!({}))
            .send()
    };
    assert_eq!(
        from("198.51.100.1").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        from("203.0.113.9").await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
    // An open session ends when its address is no longer among them.
    change_key(&stack, |key| key.ip_ranges = vec!["127.0.0.1".to_owned()]);
    until("the range is known", async || {
        (client.post(&json!({})).await.status() == StatusCode::BAD_REQUEST).then_some(())
    })
    .await;
    client.initialize().await;
    let mut events = Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    change_key(&stack, |key| key.ip_ranges = vec!["203.0.113.0/24".to_owned()]);
    assert_eq!(events.next().await, None, "the stream closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_only_call_tools_lists_nothing() {
    let stack = Stack::start().await;
    let mut client = client_with(&stack, |key| key.permissions = vec![Permission::CallTools as i32]).await;
    client.initialize().await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let refused = client.post(&list).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.text().await.unwrap().contains("project:read"));
    assert!(client.call("scripted__echo", json!({})).await["result"].is_object());
    // And one that only looks makes no server do anything.
    change_key(&stack, |key| {
        key.permissions = vec![Permission::ReadProject as i32];
    });
    until("the change is known", async || {
        (client.post(&list).await.status() == StatusCode::OK).then_some(())
    })
    .await;
    let read = json!({ "jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": { "uri": "a:b" } });
    assert_eq!(client.post(&read).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_over_grpc_what_it_may_at_the_doors() {
    let stack = Stack::start().await;
    let mut key_id = String::new();
    client_with(&stack, |key| {
        key.tools = vec!["scripted/echo".to_owned()];
        key_id.clone_from(&key.id);
    })
    .await;
    let call = async |tool: &str, key_id: &str| {
        let request = CallToolRequest {
            project_id: stack.project.id.to_string(),
            server_id: "scripted".to_owned(),
            tool_name: tool.to_owned(),
            principal: Some(Principal {
                user_id: None,
                api_key_id: Some(key_id.to_owned()),
            }),
            ..CallToolRequest::default()
        };
        let mut tools = ToolsServiceClient::new(service(&stack, ServiceName::HttpGateway));
        let answered = tools.call_tool(request).await?.into_inner();
        Ok::<_, tonic::Status>(answered.tool_call.unwrap().error_kind())
    };
    assert_eq!(call("echo", &key_id).await.unwrap(), ErrorKind::Unspecified);
    assert_eq!(call("big", &key_id).await.unwrap(), ErrorKind::Denied);
    change_key(&stack, |key| {
        key.permissions = vec![Permission::ReadProject.into()];
    });
    until("it may no longer call", async || {
        (call("echo", &key_id).await.ok()? == ErrorKind::Denied).then_some(())
    })
    .await;
    let nobodys = domain::ApiKeyId::new(&domain::Clock::system()).to_string();
    let refused = call("echo", &nobodys).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unavailable);
}
