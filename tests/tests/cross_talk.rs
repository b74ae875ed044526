//! 64 clients that say the same ids and the same progress tokens: none ever
//! sees a byte of another.

use std::collections::HashSet;

use serde_json::{Value, json};
use tests::{
    Door, Engine, McpClient, Project, Rest, ServerDefinition, Stack, environment, fixture_server,
    nothing_went_wrong,
};

const CLIENTS: usize = 64;

/// Calls of all clients together; `MCPORCH_TEST_CALLS` says otherwise.
const CALLS: usize = 10_000;

/// Calls a server as long as there are any left, and counts them.
async fn work(client: McpClient, own: String, calls: usize) -> usize {
    for number in 0..calls {
        let server = ["legacy", "modern"][number % 2];
        let canary = format!("{own}{number}");
        // Every so often one with progress, so that streams are mixed with plain answers.
        let (tool, arguments) = if number % 16 == 0 {
            ("steps", json!({"steps": 2, "ms": 0, "canary": canary}))
        } else {
            ("echo", json!({"canary": canary}))
        };
        let params = json!({
            "name": format!("{server}__{tool}"),
            "arguments": arguments,
            "_meta": {"progressToken": 1},
        });
        let answer = client
            .request("tools/call", params)
            .await
            .expect("each call is answered");
        assert!(answer.is_success(), "{canary}: {answer:?}");
        if tool == "echo" {
            let echoed: Value = serde_json::from_str(answer.text()).expect("the arguments come back");
            assert_eq!(echoed["canary"], canary);
        }
    }
    client.foreign()
}

/// Canaries of the lines of a server's ledger.
fn executed(ledger: &std::path::Path) -> Vec<String> {
    std::fs::read_to_string(ledger)
        .expect("the server kept its ledger")
        .lines()
        .filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            Some(line["arguments"]["canary"].as_str()?.to_owned())
        })
        .collect()
}

async fn rows_hold_their_own(owner: &Rest, project: &Project, calls: usize) {
    owner.ended_tool_calls(project, calls).await;
    let rows = owner.whole_tool_calls(project).await.expect("the log is read");
    assert_eq!(rows.len(), calls, "each call is one row");
    for row in &rows {
        let canary = row["arguments"]["value"]["canary"].as_str().expect("it was kept");
        let result = row["result"].to_string();
        assert!(
            row["exposed_name"]
                .as_str()
                .is_some_and(|name| name.ends_with("steps"))
                || result.contains(canary),
            "{row}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_sees_a_byte_of_another() {
    let calls: usize = environment("MCPORCH_TEST_CALLS").map_or(CALLS, |calls| {
        calls.parse().expect("MCPORCH_TEST_CALLS is a number")
    });
    let each = calls.div_ceil(CLIENTS);
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let ledgers = ["legacy", "modern"].map(|era| stack.folder().join(format!("{era}.ledger")));
    let definitions: Vec<ServerDefinition> = ["legacy", "modern"]
        .iter()
        .zip(&ledgers)
        .map(|(era, ledger)| {
            let ledger = ledger.to_str().expect("the folder is UTF-8");
            ServerDefinition::stdio(era, &fixture_server(), &["--era", era, "--ledger", ledger])
        })
        .collect();
    let project = owner
        .project("Crowd", &definitions)
        .await
        .expect("a project is made");
    let endpoint = stack.endpoint(&project);

    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CLIENTS {
        let door = Door::ALL[number % Door::ALL.len()];
        let client = McpClient::connect(&endpoint, &project.key, door)
            .await
            .expect("the handshake succeeds");
        // No canary is the beginning of another one.
        let own = format!("canary-{number:02}-");
        client.mark(&own);
        clients.spawn(work(client, own, each));
    }
    let mut foreign = 0;
    while let Some(client) = clients.join_next().await {
        foreign += client.expect("no client fails");
    }

    let executed: Vec<String> = ledgers.iter().flat_map(|ledger| executed(ledger)).collect();
    let distinct: HashSet<&String> = executed.iter().collect();
    rows_hold_their_own(&owner, &project, each * CLIENTS).await;
    nothing_went_wrong(
        "clients with the same ids",
        format!("{CLIENTS} clients, {} calls", each * CLIENTS),
        &[
            ("of another client", foreign),
            ("never sent", each * CLIENTS - distinct.len()),
            ("sent twice", executed.len() - distinct.len()),
        ],
    );
    stack.stop().await;
}
