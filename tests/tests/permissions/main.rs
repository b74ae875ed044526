//! Who may do what: every route, every gRPC method and every MCP method, asked
//! by everybody there is.
//!
//! What they should get stands in `docs/permissions.md`. A route or a method
//! that has no line there fails these tests, and so does a line for what is not
//! there any more.

mod grpc;
mod house;
mod mcp;
mod rest;
mod table;

use futures::StreamExt as _;
use house::House;
use serde_json::Value;
use table::{Line, Table};

/// Callers that ask at the same time.
const AT_ONCE: usize = 4;

/// Who gets calls without what was said in them, whatever they ask for.
const NO_PAYLOADS: [&str; 5] = ["rep", "t-rep", "read", "call", "logs"];

/// Every route of the REST API, without the part that all have.
fn routes() -> Vec<String> {
    let document: Value = serde_json::from_str(&http_gateway::openapi_document()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let of_path = |(path, item): (&String, &Value)| {
        let path = path.strip_prefix("/api/v1").expect("all lie there").to_owned();
        let methods: Vec<_> = item.as_object().expect("operations").keys().cloned().collect();
        methods
            .into_iter()
            .map(move |method| format!("{} {path}", method.to_uppercase()))
    };
    paths.iter().flat_map(of_path).collect()
}

/// What somebody gets, and in which words.
async fn ask_rest(house: &House, name: &str, line: &str) -> (String, String) {
    let request = rest::request(house, house.caller(name), line).await;
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    // A stream that was opened has no end to wait for.
    let text = if line.ends_with("/stream") && status.is_success() {
        String::new()
    } else {
        answer.text().await.unwrap_or_default()
    };
    let outcome = match status.as_u16() {
        _ if line.starts_with("GET") && text.contains(house::CANARY) && NO_PAYLOADS.contains(&name) => {
            "shows arguments".to_owned()
        }
        200..=299 => "ok".to_owned(),
        other => other.to_string(),
    };
    (outcome, format!("{status} {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rest_route_lets_in_whom_the_table_names_and_nobody_else() {
    let table = Table::read("REST");
    let routes = routes();
    table.assert_covers(routes.iter().map(String::as_str));
    let house = House::build().await;
    let mut seen = Vec::new();
    for line in &table.lines {
        let callers = table.callers.iter();
        let answers = callers.map(|name| ask_rest(&house, name, &line.asked));
        let (outcomes, answers) = futures::stream::iter(answers).buffered(AT_ONCE).unzip().await;
        let asked = line.asked.clone();
        seen.push((Line { asked, outcomes }, answers));
    }
    table.assert_is(&seen);
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_grpc_method_lets_in_the_services_that_the_table_names_and_nobody_else() {
    let table = Table::read("gRPC");
    let methods = grpc::methods();
    table.assert_covers(methods.iter().map(String::as_str));
    let stack = tests::Stack::start(tests::Engine::Sqlite).await;
    let services = grpc::Services::of(&stack);
    let mut seen = Vec::new();
    for line in &table.lines {
        let callers = table.callers.iter();
        let answers = callers.map(|caller| grpc::ask(&services, &line.asked, caller));
        let (outcomes, answers) = futures::stream::iter(answers).buffered(AT_ONCE).unzip().await;
        let asked = line.asked.clone();
        seen.push((Line { asked, outcomes }, answers));
    }
    table.assert_is(&seen);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mcp_method_at_each_door_lets_in_the_keys_that_the_table_names_and_nobody_else() {
    let table = Table::read("MCP");
    let methods = mcp::methods();
    table.assert_covers(methods.iter().map(String::as_str));
    let house = House::build().await;
    let mut seen: Vec<_> = table
        .lines
        .iter()
        .map(|line| {
            let asked = line.asked.clone();
            (
                Line {
                    asked,
                    outcomes: Vec::new(),
                },
                Vec::new(),
            )
        })
        .collect();
    for name in &table.callers {
        let visitor = mcp::Visitor::come(&house, name).await;
        for (line, answers) in &mut seen {
            let (outcome, answer) = visitor.ask(&line.asked).await;
            line.outcomes.push(outcome);
            answers.push(answer);
        }
    }
    table.assert_is(&seen);
    house.stack.stop().await;
}
