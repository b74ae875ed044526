//! A logging service that is away, hangs or is cut off, and a spool that has no
//! room: no call fails that was taken, and no row is lost.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use tests::{
    Answer, Door, Load, McpClient, Pace, Processes, Project, Rest, ServerDefinition, Service, Weather,
    environment, fixture_server, memory_mib, nothing_went_wrong, wait_until, wait_within,
};

async fn fixture_project(processes: &Processes) -> (Rest, Project) {
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    (owner, project)
}

/// A number by which the test is made larger than `./test` runs it.
fn size(variable: &str, usual: usize) -> usize {
    environment(variable).map_or(usual, |size| size.parse().expect("a number"))
}

/// Waits until the log has all that was answered, and counts what went wrong.
async fn all_are_stored_once(
    fault: &str,
    owner: &Rest,
    project: &Project,
    (answered, failed): (&BTreeSet<u64>, u64),
) {
    let patience = Duration::from_secs(30 + answered.len() as u64 / 500);
    let calls = wait_within(patience, "all that was answered is in the log", async || {
        let calls = owner.calls_by_canary(project).await.ok()?;
        let has_ended = |canary: &u64| {
            let calls = calls.get(canary).map_or(&[][..], Vec::as_slice);
            calls.iter().any(|call| call["status"] == "success")
        };
        answered.iter().all(has_ended).then_some(calls)
    })
    .await;
    let is_missing = |canary: &&u64| !calls.contains_key(canary);
    let missing = answered.iter().filter(is_missing).count();
    let stored_twice = calls.values().filter(|calls| calls.len() > 1).count();
    nothing_went_wrong(
        fault,
        format!("{} calls answered", answered.len()),
        &[
            ("failed", failed as usize),
            ("missing", missing),
            ("stored twice", stored_twice),
        ],
    );
}

/// The part of the times that 99 % do not exceed.
fn p99(times: &[Duration]) -> Duration {
    times.get(times.len() * 99 / 100).copied().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logging_service_that_hangs_or_is_cut_off_costs_no_call_and_no_row() {
    let calls = size("MCPORCH_TEST_FAULT_CALLS", 200);
    let processes = Processes::start().await;
    let (owner, project) = fixture_project(&processes).await;
    let pace = Pace {
        callers: 4,
        calls_per_second: None,
    };
    let load = Load::start(&processes.endpoint(&project), &project.key, pace);
    for weather in [Weather::Hung, Weather::Lost] {
        load.proceeds(calls).await;
        processes.to_logging().set(weather);
        load.take_times();
        load.proceeds(calls).await;
        eprintln!("{weather:?}: p99 {:?}", p99(&load.take_times()));
        processes.to_logging().set(Weather::Clear);
    }
    load.proceeds(calls).await;
    eprintln!("clear: p99 {:?}", p99(&load.take_times()));
    let failed = load.failed();
    let answered = load.stop().await;
    let fault = "logging hangs, then is cut off";
    all_are_stored_once(fault, &owner, &project, (&answered, failed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_drains_while_calls_go_on() {
    let calls_per_second = size("MCPORCH_TEST_CALLS_PER_SECOND", 100);
    let outage = Duration::from_secs(size("MCPORCH_TEST_OUTAGE_SECONDS", 3) as u64);
    let mut processes = Processes::start().await;
    let (owner, project) = fixture_project(&processes).await;
    let pace = Pace {
        callers: 8,
        calls_per_second: Some(calls_per_second as u64),
    };
    let load = Load::start(&processes.endpoint(&project), &project.key, pace);
    load.proceeds(2 * calls_per_second).await;
    let before = load.take_times();
    let memory = memory_mib(processes.pid(Service::McpGateway), "VmRSS:");

    processes.kill(Service::Logging).await;
    let wanted = load.answered() + outage.as_secs() as usize * calls_per_second;
    while load.answered() < wanted {
        load.proceeds(calls_per_second).await;
    }
    let meanwhile = load.take_times();
    let more = memory_mib(processes.pid(Service::McpGateway), "VmRSS:").saturating_sub(memory);
    assert!(more < 64, "memory grew by {more} MiB while logging was away");

    processes.restart(Service::Logging).await;
    let back = tokio::time::Instant::now();
    let missing = load.answered();
    while stored(&owner, &project).await + calls_per_second < load.answered() {
        load.proceeds(10).await;
    }
    let took = back.elapsed();
    let failed = load.failed();
    eprintln!(
        "{} calls in an outage of {outage:?}, memory {memory} MiB and {more} more; p99 {:?} before, {:?} meanwhile, {:?} after; \
         up to date {took:?} after the return: {:.0} calls/s, {:.1} times the live rate",
        meanwhile.len(),
        p99(&before),
        p99(&meanwhile),
        p99(&load.take_times()),
        missing as f64 / took.as_secs_f64(),
        missing as f64 / took.as_secs_f64() / calls_per_second as f64,
    );
    let answered = load.stop().await;
    let fault = format!("logging dead for {outage:?} at {calls_per_second} calls/s");
    all_are_stored_once(&fault, &owner, &project, (&answered, failed)).await;
}

async fn stored(owner: &Rest, project: &Project) -> usize {
    let path = format!("/projects/{}/tool-calls/summary?last=6h", project.slug);
    let summary = owner.get(&path).await.unwrap_or_default();
    summary["total"].as_u64().unwrap_or(0) as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_drops_bodies_then_refuses_calls_and_goes_on_by_itself() {
    let capacity = size("MCPORCH_TEST_SPOOL_BYTES", 1024 * 1024);
    let settings = vec![("MCPORCH_MCP_GATEWAY__SPOOL_CAPACITY_BYTES", capacity.to_string())];
    let mut processes = Processes::start_with(settings).await;
    let (owner, project) = fixture_project(&processes).await;
    let client = McpClient::connect(&processes.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");
    let call = async |canary: u64| {
        let arguments = json!({"canary": canary, "text": "x".repeat(4_000)});
        let answer = client
            .call("fixture__echo", arguments)
            .await
            .expect("it is answered");
        if let Answer::Error(error) = &answer {
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.contains("cannot record calls"), "{error}");
        }
        answer.is_success()
    };
    processes.kill(Service::Logging).await;
    let mut answered = 0;
    while call(answered).await {
        answered += 1;
        assert!(answered < capacity as u64 / 1_000, "the spool is full some time");
    }
    assert!(
        client
            .request("tools/list", json!({}))
            .await
            .expect("lists go on")
            .is_success(),
        "lists go on"
    );
    processes.restart(Service::Logging).await;
    wait_until("calls are taken again", async || {
        call(answered).await.then_some(())
    })
    .await;

    let is_success = |call: &&Value| call["status"] == "success";
    let calls = wait_until("all that was answered is in the log", async || {
        let calls = owner.export(&project).await.ok()?;
        (calls.iter().filter(is_success).count() as u64 > answered).then_some(calls)
    })
    .await;
    let stored = calls.iter().filter(is_success).count();
    let running = calls.iter().filter(|call| call["status"] == "running").count();
    let answered = answered as usize + 1;
    nothing_went_wrong(
        "a full spool refuses calls, then goes on",
        format!("{answered} calls answered"),
        &[
            ("missing", answered.saturating_sub(stored)),
            ("stored twice", stored.saturating_sub(answered)),
            ("left open", running),
        ],
    );
    let has_note = |call: &&Value| {
        call["storage_note"]
            .as_str()
            .is_some_and(|note| note.contains("nearly full"))
    };
    let without_bodies = calls.iter().filter(has_note).count();
    assert!(without_bodies > 0, "the last of them have no bodies and say so");
    eprintln!("{answered} calls taken into {capacity} bytes, {without_bodies} of them without bodies");
}
