//! Arguments and results that break JSON readers and databases, by the thousand:
//! each call is answered or refused, and what was answered is in the log once.

use std::collections::BTreeSet;

use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use service_host::http_client;
use tests::{Processes, Project, Rest, ServerDefinition, evil_server, nothing_went_wrong, size, wait_within};

/// The arguments of a call; `number` chooses what is wrong with them.
fn arguments(number: usize) -> String {
    let text = match number % 14 {
        0 => r#""\u0000""#.to_owned(),
        1 => r#""\ud800""#.to_owned(),
        2 => "1e400".to_owned(),
        3 => format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        4 => format!("\"{}\"", "x".repeat(200_000)),
        5 => format!("\"{}\"", "\u{10FFFF}\u{FFFE}\u{202E}".repeat(10_000)),
        6 => format!("\"{}\"", r"\\".repeat(40_000)),
        7 => "99999999999999999999999999999999".to_owned(),
        8 => "-0.0E-400".to_owned(),
        9 => r#"{"a":1,"a":2,"":{"":[]}}"#.to_owned(),
        10 => r##"{"\u0000":1,"\\":2,"$ref":"#","__proto__":{}}"##.to_owned(),
        11 => format!("{}{}", "[".repeat(50), "]".repeat(50)),
        12 => format!("[{}]", vec!["null"; 30_000].join(",")),
        _ => r#""'; DROP TABLE tool_calls; --""#.to_owned(),
    };
    format!(r#"{{"number":{number},"poison":{text}}}"#)
}

/// A client that sends bytes, not JSON.
struct Sender {
    http: reqwest::Client,
    address: String,
    key: String,
    session: String,
}

impl Sender {
    async fn connect(processes: &Processes, project: &Project) -> Self {
        let mut sender = Self {
            http: http_client().no_proxy().build().expect("a client"),
            address: format!("{}/mcp", processes.endpoint(project)),
            key: project.key.clone(),
            session: String::new(),
        };
        let client = json!({"name": "poisoner", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
        let hello = json!({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": params});
        let answer = sender.send(hello.to_string()).await;
        let session = answer.headers().get("mcp-session-id").expect("a session begins");
        sender.session = session.to_str().expect("it is ASCII").to_owned();
        let done = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        sender.send(done.to_string()).await;
        sender
    }

    async fn send(&self, body: String) -> reqwest::Response {
        let mut request = self
            .http
            .post(&self.address)
            .bearer_auth(&self.key)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        if !self.session.is_empty() {
            request = request.header("mcp-session-id", &self.session);
        }
        // A hang ends the test run, which names this test.
        request.send().await.expect("the door answers")
    }

    /// Whether the call was answered with a result, or else with which status.
    async fn call(&self, number: usize) -> Result<(), StatusCode> {
        let arguments = arguments(number);
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":"parrot__sin","arguments":{arguments}}}}}"#
        );
        let answer = self.send(body).await;
        let status = answer.status();
        let text = answer.text().await.expect("with a body");
        if text.contains("structuredContent") {
            Ok(())
        } else {
            Err(status)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_is_answered_or_refused_and_holds_no_record_up() {
    let calls = size("MCPORCH_TEST_POISON", 280);
    let processes = Processes::start().await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("parrot", &evil_server(), &["parrot"]);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let sender = Sender::connect(&processes, &project).await;

    let (mut answered, mut refused, mut failed) = (BTreeSet::new(), 0, 0);
    for number in 0..calls {
        match sender.call(number).await {
            Ok(()) => {
                answered.insert(number.to_string());
            }
            Err(status) if status.is_server_error() => failed += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(
        answered.len() > calls / 2,
        "most of them can be said: {}",
        answered.len()
    );

    let patience = std::time::Duration::from_secs(30 + calls as u64 / 20);
    let rows = wait_within(
        patience,
        "all that was answered has ended in the log",
        async || {
            let rows = owner.tool_calls(&project).await.ok()?;
            let has_ended = |row: &&Value| row["status"] == "success";
            let ended: BTreeSet<_> = rows.iter().filter(has_ended).filter_map(number).collect();
            answered.is_subset(&ended).then_some(rows)
        },
    )
    .await;
    let all: Vec<_> = rows.iter().filter_map(number).collect();
    let once: BTreeSet<_> = all.iter().collect();
    nothing_went_wrong(
        "poison in arguments and results",
        format!("{} calls answered, {refused} refused", answered.len()),
        &[
            ("answers 5xx", failed),
            (
                "missing",
                answered.iter().filter(|number| !once.contains(number)).count(),
            ),
            ("stored twice", all.len() - once.len()),
        ],
    );
}

/// The number of a call, by which its client knows it.
fn number(row: &Value) -> Option<String> {
    row["request_id"].as_str().map(str::to_owned)
}
