use proto::logging::{ToolCall, ToolCallStatus};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    client::{Client, messages},
    http_server::{HttpServer, Kind},
    http_servers::stack_with,
    stack::{Stack, stdio, until},
};

/// An event as it stands on the wire.
#[derive(Debug, Default, PartialEq)]
struct Event {
    id: Option<String>,
    retry: Option<String>,
    data: Option<String>,
}

/// Reads the events of a stream one by one.
struct Wire {
    response: Response,
    buffer: String,
}

impl Wire {
    fn new(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            buffer: String::new(),
        }
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            let taken = self.buffer.split_once("\n\n");
            if let Some((event, rest)) = taken.map(|(event, rest)| (event.to_owned(), rest.to_owned())) {
                let field = |name: &str| {
                    let line = event.lines().find_map(|line| line.strip_prefix(name));
                    line.map(str::to_owned)
                };
                let event = Event {
                    id: field("id: "),
                    retry: field("retry: "),
                    data: field("data: "),
                };
                self.buffer = rest;
                if event == Event::default() {
                    continue;
                }
                return Some(event);
            }
            let chunk = self.response.chunk().await.ok()??;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    async fn message(&mut self) -> Option<(String, Value)> {
        let event = self.next().await?;
        let data = serde_json::from_str(&event.data.unwrap()).unwrap();
        Some((event.id.expect("every event has an id"), data))
    }
}

async fn resume(client: &Client, last: &str) -> Response {
    let request = client.request(Method::GET, "/mcp").header("last-event-id", last);
    request.send().await.unwrap()
}

fn slow(id: u64, steps: u64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {
        "name": "scripted__slow", "arguments": { "steps": steps, "ms": 150, "text": format!("end of {id}") },
        "_meta": { "progressToken": id } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_is_read_on_from_where_it_was() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let mut wire = Wire::new(client.post(&slow(1, 4)).await);
    let mut other = Wire::new(client.post(&slow(2, 4)).await);
    let primed = wire.next().await.unwrap();
    assert_eq!(
        (primed.data.as_deref(), primed.retry.as_deref()),
        (Some(""), Some("1000"))
    );
    let primed = primed.id.unwrap();
    other.next().await.unwrap();
    let (first, progress) = wire.message().await.unwrap();
    assert_eq!(progress["params"]["progress"], 1);
    drop(wire);

    let mut wire = Wire::new(resume(&client, &first).await);
    let mut seen = Vec::new();
    while let Some((id, message)) = wire.message().await {
        seen.push((id, message));
    }
    let progress: Vec<_> = seen
        .iter()
        .map(|(_, message)| message["params"]["progress"].clone())
        .collect();
    assert_eq!(progress[..3], [json!(2), json!(3), json!(4)]);
    assert_eq!(seen[3].1["id"], 1);
    assert_eq!(seen[3].1["result"]["content"][0]["text"], "end of 1");
    let ids: std::collections::HashSet<_> = seen.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 4, "each has its own");

    // From its very start too, and when it is over; never what another stream had.
    let all = messages(resume(&client, &primed).await).await;
    assert_eq!(all.len(), 5);
    assert!(
        all.iter()
            .all(|message| message["params"]["progressToken"] != 2 && message["id"] != 2)
    );
    let mut last = None;
    while let Some((_, message)) = other.message().await {
        last = Some(message);
    }
    assert_eq!(last.unwrap()["result"]["content"][0]["text"], "end of 2");
    for unknown in ["99-1", "1-999", "nonsense", ""] {
        let refused = resume(&client, unknown).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{unknown:?}");
    }
    let mut stranger = stack.client();
    stranger.session = client.session.clone();
    assert_eq!(resume(&stranger, &primed).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn older_clients_get_no_empty_event_and_come_back_all_the_same() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize_with("2025-06-18", json!({})).await;
    let mut wire = Wire::new(client.post(&slow(1, 3)).await);
    let (first, progress) = wire.message().await.unwrap();
    assert_eq!(progress["params"]["progress"], 1);
    drop(wire);
    let rest = messages(resume(&client, &first).await).await;
    assert_eq!(rest.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_let_go_as_its_server_does_and_brings_the_answer_on_by_coming_back() {
    let server = HttpServer::start(Kind::Legacy).await;
    let stack = stack_with(&server).await;
    let mut client = stack.client().on_server("remote");
    client.initialize().await;
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "later" } });
    let mut wire = Wire::new(client.post(&call).await);
    let primed = wire.next().await.unwrap().id.unwrap();
    let told = wire.next().await.unwrap();
    assert_eq!(told.retry.as_deref(), Some("3600000"), "as the server wishes");
    assert_eq!(wire.next().await, None);

    let mut wire = Wire::new(resume(&client, &primed).await);
    let (_, answer) = wire.message().await.unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "resumed");
    assert_eq!(wire.next().await, None);
    assert_eq!(server.seen("tools/call").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_names_events_first_gets_them() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    for (accept, kind) in [
        ("text/event-stream, application/json", "text/event-stream"),
        ("application/json, text/event-stream", "application/json"),
    ] {
        let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
        let request = client
            .http
            .post(format!("{}/mcp", client.base))
            .bearer_auth(&client.key);
        let request = request.header("accept", accept);
        let request = request.header("mcp-session-id", client.session.as_deref().unwrap());
        let response = request.json(&ping).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], kind);
        assert_eq!(messages(response).await.last().unwrap()["id"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_gone_does_not_withdraw_its_call() {
    let stack = Stack::start_with(|server, config| {
        let file = config.spool_dir.with_file_name("calls");
        stdio(server)
            .env
            .insert("CALLS_FILE".to_owned(), file.to_str().unwrap().to_owned());
    })
    .await;
    let mut client = stack.client();
    client.initialize().await;
    let file = stack.calls_file();
    let is_called = until("the server is called", async || {
        let calls = std::fs::read_to_string(&file).unwrap_or_default();
        calls.contains("slow").then_some(())
    });
    let call = slow(1, 2);
    tokio::select! {
        biased;
        _ = async { client.post(&call).await.text().await } => panic!("it takes longer"),
        () = is_called => {}
    }
    let calls: Vec<ToolCall> = stack.logging.calls(1).await;
    assert_eq!(calls[0].status(), ToolCallStatus::Success, "its true outcome");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_servers_say_meanwhile_waits_for_the_stream_to_come_back() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let mut wire = Wire::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    let start = wire.next().await.unwrap().id.unwrap();
    drop(wire);
    let mut dead = stack.project.scripted("late");
    stdio(&mut dead).env.insert("DEAD".to_owned(), "1".to_owned());
    let mut alive = dead.clone();
    stdio(&mut alive).env.clear();
    stack.project.change(|project| project.servers.push(dead));
    until("the list lacks the new server", async || {
        let list = client.ask("tools/list", json!({})).await;
        let missing = &list["result"]["_meta"]["mcp-orchestrator/missing"][0];
        (missing["server"] == "late").then_some(())
    })
    .await;
    stack
        .project
        .change(|project| *project.servers.last_mut().unwrap() = alive);
    until("the changed server is up", async || {
        let answer = client.call("late__echo", json!({ "text": "up" })).await;
        (answer["result"]["content"][0]["text"] == "up").then_some(())
    })
    .await;
    let mut wire = Wire::new(resume(&client, &start).await);
    let (_, changed) = wire.message().await.unwrap();
    assert_eq!(changed["method"], "notifications/tools/list_changed");
}
