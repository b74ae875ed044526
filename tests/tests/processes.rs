//! The four services as four processes on PostgreSQL, and what `kill -9` may
//! cost: nothing that was answered.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};
use service_host::http_client;
use tests::{
    Certificates, Door, McpClient, Processes, Project, Rest, ServerDefinition, Service, fixture_server,
    mcp_orch, wait_until,
};

async fn fixture_project(processes: &Processes) -> (Rest, Project) {
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let ledger = processes.folder().join("ledger");
    let server =
        ServerDefinition::stdio("fixture", &fixture_server(), &[]).with("env", json!({"LEDGER": ledger}));
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    (owner, project)
}

/// How often each canary stands in the log.
fn rows_by_canary(calls: &[Value]) -> BTreeMap<u64, usize> {
    let mut rows = BTreeMap::new();
    for call in calls {
        let canary = call["arguments"]["value"]["canary"]
            .as_u64()
            .expect("each call carries its canary");
        *rows.entry(canary).or_default() += 1;
    }
    rows
}

/// All ended calls of the project with their arguments, once there are `count`.
async fn stored_calls(owner: &Rest, project: &Project, count: usize) -> Vec<Value> {
    owner.ended_tool_calls(project, count).await;
    owner.whole_tool_calls(project).await.expect("the log answers")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_there_before_its_first_count() {
    let processes = Processes::start().await;
    let http = http_client().no_proxy().build().expect("a client");
    let metrics = async |base: &str| {
        let answer = http
            .get(format!("{base}/metrics"))
            .send()
            .await
            .expect("it answers");
        answer.text().await.expect("with a text")
    };
    let has_zero = |metrics: &str, name: &str, label: &str| {
        let mut lines = metrics
            .lines()
            .filter(|line| line.starts_with(name) && line.contains(label));
        lines.any(|line| line.ends_with(" 0"))
    };
    let logging = metrics(&processes.logging_url()).await;
    for outcome in ["new", "finished", "repeated"] {
        let label = format!("outcome=\"{outcome}\"");
        assert!(
            has_zero(&logging, "log_tool_calls_total{", &label),
            "{label}: {logging}"
        );
    }
    assert!(has_zero(&logging, "log_dead_letters_total", ""), "{logging}");
    assert!(has_zero(&logging, "log_seq_gaps_total", ""), "{logging}");
    let gateway = metrics(&processes.mcp_url()).await;
    for name in [
        "mcporch_tool_calls_total",
        "mcporch_records_lost_total",
        "mcporch_upstream_late_replies_total",
    ] {
        assert!(has_zero(&gateway, name, ""), "{name}: {gateway}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_through_four_processes_on_postgres_is_in_the_log() {
    let mut processes = Processes::start().await;
    let (owner, project) = fixture_project(&processes).await;
    for door in [Door::StreamableHttp, Door::Sse] {
        let client = McpClient::connect(&processes.endpoint(&project), &project.key, door)
            .await
            .expect("the handshake succeeds");
        assert!(
            client
                .call("fixture__echo", json!({"canary": 1}))
                .await
                .expect("it is answered")
                .is_success()
        );
    }
    let calls = owner.ended_tool_calls(&project, 2).await;
    assert!(
        calls
            .iter()
            .all(|call| call["status"] == "success" && call["tool_name"] == "echo"),
        "{calls:#?}"
    );
    for service in [
        Service::HttpGateway,
        Service::McpGateway,
        Service::Logging,
        Service::Projects,
    ] {
        assert!(processes.stop(service).await, "{service:?} ends in good order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_through_four_processes_that_know_each_other_by_certificates_is_in_the_log() {
    let certificates = Certificates::issue();
    let mut processes = Processes::start_with(certificates.settings()).await;
    let (owner, project) = fixture_project(&processes).await;
    let client = McpClient::connect(&processes.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");
    let answer = client.call("fixture__echo", json!({"canary": 1})).await;
    assert!(answer.expect("it is answered").is_success());
    let calls = owner.ended_tool_calls(&project, 1).await;
    assert_eq!(calls[0]["status"], "success");

    let users = async |environment: Vec<(&'static str, String)>| {
        let mut command = tokio::process::Command::new(mcp_orch());
        command
            .args([
                "admin",
                "users",
                "--projects-url",
                &processes.projects_url(),
                "--data",
            ])
            .arg(processes.folder().join("data"))
            .envs(environment);
        command.output().await.expect("the binary starts")
    };
    let told = users(certificates.settings()).await;
    assert!(told.status.success(), "{told:?}");
    let refused = users(Vec::new()).await;
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        message.contains("host.tls"),
        "who has no certificate is told: {message}"
    );

    assert!(processes.stop(Service::Logging).await, "it ends in good order");
    processes.restart(Service::Logging).await;
    let answer = client.call("fixture__echo", json!({"canary": 2})).await;
    assert!(answer.expect("it is answered").is_success());
    owner.ended_tool_calls(&project, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_log_store_costs_no_call_and_no_row() {
    const CALLS: u64 = 1_000;
    let mut processes = Processes::start().await;
    let (owner, project) = fixture_project(&processes).await;
    let client = McpClient::connect(&processes.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");

    let next = Arc::new(AtomicU64::new(0));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (client, next) = (client.clone(), Arc::clone(&next));
        callers.spawn(async move {
            loop {
                let canary = next.fetch_add(1, Ordering::Relaxed);
                if canary >= CALLS {
                    return;
                }
                let answer = client
                    .call("fixture__echo", json!({"canary": canary}))
                    .await
                    .expect("it is answered");
                assert_eq!(answer.text(), json!({"canary": canary}).to_string());
            }
        });
    }
    wait_until("calls are under way", async || {
        (next.load(Ordering::Relaxed) > 100).then_some(())
    })
    .await;
    processes.kill(Service::Logging).await;
    while let Some(caller) = callers.join_next().await {
        caller.expect("every call is answered while the log store is dead");
    }
    processes.restart(Service::Logging).await;

    let rows = rows_by_canary(&stored_calls(&owner, &project, CALLS as usize).await);
    assert_eq!(rows.len() as u64, CALLS, "every call is stored");
    assert!(
        rows.values().all(|count| *count == 1),
        "every call is stored once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_has_stored_every_call_that_it_answered() {
    let mut processes = Processes::start().await;
    let (owner, project) = fixture_project(&processes).await;
    let next = Arc::new(AtomicU64::new(0));
    let is_over = Arc::new(AtomicBool::new(false));
    let (answered_to, mut answered_by) = tokio::sync::mpsc::channel(100_000);
    let mut kills = 0;
    for _ in 0..3 {
        is_over.store(false, Ordering::SeqCst);
        let mut callers = tokio::task::JoinSet::new();
        let (endpoint, key) = (processes.endpoint(&project), project.key.clone());
        for _ in 0..8 {
            let client = McpClient::connect(&endpoint, &key, Door::StreamableHttp)
                .await
                .expect("the handshake succeeds");
            let (next, is_over, answered) = (Arc::clone(&next), Arc::clone(&is_over), answered_to.clone());
            callers.spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    let canary = next.fetch_add(1, Ordering::Relaxed);
                    match client.call("fixture__echo", json!({"canary": canary})).await {
                        Ok(answer) if answer.is_success() => {
                            answered.send(canary).await.expect("the test listens");
                        }
                        Ok(_) | Err(_) => return,
                    }
                }
            });
        }
        let killed_at = next.load(Ordering::Relaxed) + 300;
        wait_until("calls are under way", async || {
            (next.load(Ordering::Relaxed) > killed_at).then_some(())
        })
        .await;
        processes.kill(Service::McpGateway).await;
        kills += 1;
        is_over.store(true, Ordering::SeqCst);
        while callers.join_next().await.is_some() {}
        processes.restart(Service::McpGateway).await;
    }
    drop(answered_to);
    let mut answered = Vec::new();
    while let Some(canary) = answered_by.recv().await {
        answered.push(canary);
    }
    assert!(answered.len() > 300 * kills, "the gateway answered under load");

    let ledger =
        std::fs::read_to_string(processes.folder().join("ledger")).expect("the server kept its ledger");
    let seen: Vec<u64> = ledger
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok()?["arguments"]["canary"].as_u64())
        .collect();
    let rows = wait_until(
        "every call that the server saw has ended in the log",
        async || {
            let rows = rows_by_canary(&stored_calls(&owner, &project, answered.len()).await);
            seen.iter()
                .all(|canary| rows.contains_key(canary))
                .then_some(rows)
        },
    )
    .await;
    assert!(
        answered.iter().all(|canary| rows.contains_key(canary)),
        "every answered call is stored"
    );
    assert!(
        rows.values().all(|count| *count == 1),
        "every call is stored once"
    );
    let mut sent = seen.clone();
    sent.sort_unstable();
    sent.dedup();
    assert_eq!(sent.len(), seen.len(), "no call was sent twice");
}
