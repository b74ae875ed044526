//! A logging service that is away, hangs or is cut off, and a spool that has no
//! room: no call fails that was taken, and no row is lost.

use std::{collections::BTreeSet, time::Duration};

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tests::{
    Answer, Door, Load, McpClient, Pace, Processes, Project, Rest, ServerDefinition, Service, Weather,
    fixture_server, memory_mib, nothing_went_wrong, patience, size, wait_until, wait_within,
};

async fn fixture_project(processes: &Processes) -> (Rest, Project) {
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    (owner, project)
}

/// Waits until the log has all that was answered, and counts what went wrong.
async fn all_are_stored_once(
    fault: &str,
    owner: &Rest,
    project: &Project,
    (answered, failed): (&BTreeSet<u64>, u64),
) {
    let limit = patience(answered.len());
    let calls = wait_within(limit, "all that was answered is in the log", async || {
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

/// What so many of a hundred sorted times do not exceed.
fn percentile(times: &[Duration], percent: usize) -> Duration {
    times
        .get(times.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}

/// What becomes of the logging service for a while.
#[derive(Debug, Clone, Copy)]
enum Outage {
    /// `kill -9`.
    Dead,
    /// SIGSTOP: connections stand, and nobody answers.
    Stopped,
    /// Connections are accepted, and nobody reads.
    Hung,
    /// What is sent goes nowhere, as if the other side had been cut off.
    CutOff,
}

impl Outage {
    async fn begin(self, processes: &mut Processes) {
        match self {
            Self::Dead => processes.kill(Service::Logging).await,
            Self::Stopped => processes.signal(Service::Logging, Signal::SIGSTOP),
            Self::Hung => processes.to_logging().set(Weather::Hung),
            Self::CutOff => processes.to_logging().set(Weather::Lost),
        }
    }

    async fn end(self, processes: &mut Processes) {
        match self {
            Self::Dead => processes.restart(Service::Logging).await,
            Self::Stopped => processes.signal(Service::Logging, Signal::SIGCONT),
            Self::Hung | Self::CutOff => processes.to_logging().set(Weather::Clear),
        }
    }

    /// Calls go on at a rate, into the spool; when logging is back, all of them
    /// are stored.
    async fn costs_no_call_and_no_row(self) {
        let calls_per_second = size("MCPORCH_TEST_CALLS_PER_SECOND", 100);
        let outage = Duration::from_secs(size("MCPORCH_TEST_OUTAGE_SECONDS", 3) as u64);
        let mut processes = Processes::start().await;
        let (owner, project) = fixture_project(&processes).await;
        let pace = Pace {
            callers: 8,
            calls_per_second: Some(calls_per_second as u64),
        };
        let load = Load::start(&processes.endpoint(&project), &project.key, pace);
        let calls = outage.as_secs() as usize * calls_per_second;
        let go_on = async |calls: usize| {
            let wanted = load.answered() + calls;
            while load.answered() < wanted {
                load.proceeds(calls_per_second).await;
            }
            load.take_times()
        };
        go_on(2 * calls_per_second).await;
        // As long as the outage, so that both are measured alike.
        let before = go_on(calls).await;
        let memory = memory_mib(processes.pid(Service::McpGateway), "VmRSS:");

        self.begin(&mut processes).await;
        let meanwhile = go_on(calls).await;
        let more = memory_mib(processes.pid(Service::McpGateway), "VmRSS:").saturating_sub(memory);
        assert!(more < 64, "memory grew by {more} MiB while logging was away");

        let stored_before = stored(&owner, &project).await;
        self.end(&mut processes).await;
        let back = tokio::time::Instant::now();
        while stored(&owner, &project).await + calls_per_second < load.answered() {
            load.proceeds(10).await;
        }
        let took = back.elapsed();
        let drained = load.answered().saturating_sub(stored_before);
        let failed = load.failed();
        println!(
            "measured: logging {self:?} for {outage:?} at {calls_per_second} calls/s: p50 {:?} and p99 {:?} before, {:?} and {:?} \
             meanwhile; memory {memory} MiB and {more} more; up to date {took:?} after the return, {:.0} calls/s or {:.1} times \
             the live rate",
            percentile(&before, 50),
            percentile(&before, 99),
            percentile(&meanwhile, 50),
            percentile(&meanwhile, 99),
            drained as f64 / took.as_secs_f64(),
            drained as f64 / took.as_secs_f64() / calls_per_second as f64,
        );
        let answered = load.stop().await;
        let fault = format!("logging {self:?} for {outage:?} at {calls_per_second} calls/s");
        all_are_stored_once(&fault, &owner, &project, (&answered, failed)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logging_service_that_is_dead_costs_no_call_and_no_row() {
    Outage::Dead.costs_no_call_and_no_row().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logging_service_that_is_stopped_costs_no_call_and_no_row() {
    Outage::Stopped.costs_no_call_and_no_row().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logging_service_that_hangs_costs_no_call_and_no_row() {
    Outage::Hung.costs_no_call_and_no_row().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logging_service_that_is_cut_off_costs_no_call_and_no_row() {
    Outage::CutOff.costs_no_call_and_no_row().await;
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
