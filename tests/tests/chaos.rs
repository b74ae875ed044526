//! An oracle that is never killed, and everything around it that is: at random
//! moments, under load. What the server saw and what clients were told must be
//! in the log, each call once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tests::{
    Door, McpClient, Processes, Project, Rest, ServerDefinition, Service, drop_connections, fixture_server,
    kills, wait_until,
};

const CALLERS: usize = 6;

/// Who is killed, in turn.
const VICTIMS: [&[Service]; 4] = [
    &[Service::McpGateway],
    &[Service::Logging],
    &[Service::McpGateway, Service::Logging],
    &[
        Service::Projects,
        Service::Logging,
        Service::McpGateway,
        Service::HttpGateway,
    ],
];

/// Clients that call without end, and come again when they lose the gateway.
struct Load {
    next: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    answered: Arc<Mutex<BTreeSet<u64>>>,
    callers: tokio::task::JoinSet<()>,
}

impl Load {
    fn start(endpoint: &str, key: &str) -> Self {
        let mut load = Self {
            next: Arc::default(),
            is_over: Arc::default(),
            answered: Arc::default(),
            callers: tokio::task::JoinSet::new(),
        };
        for _ in 0..CALLERS {
            let (next, is_over, answered) = (
                Arc::clone(&load.next),
                Arc::clone(&load.is_over),
                Arc::clone(&load.answered),
            );
            let (endpoint, key) = (endpoint.to_owned(), key.to_owned());
            load.callers.spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    let Ok(client) = McpClient::connect(&endpoint, &key, Door::StreamableHttp).await else {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    };
                    while !is_over.load(Ordering::SeqCst) {
                        let canary = next.fetch_add(1, Ordering::Relaxed);
                        match client.call("fixture__echo", json!({"canary": canary})).await {
                            Ok(answer) if answer.is_success() => {
                                answered.lock().expect("no caller panics").insert(canary);
                            }
                            Ok(_) | Err(_) => break,
                        }
                    }
                }
            });
        }
        load
    }

    /// Waits until that many more calls were answered.
    async fn proceeds(&self, calls: usize) {
        let answered = || self.answered.lock().expect("no caller panics").len();
        let wanted = answered() + calls;
        wait_until("calls are answered", async || {
            (answered() >= wanted).then_some(())
        })
        .await;
    }

    async fn stop(mut self) -> BTreeSet<u64> {
        self.is_over.store(true, Ordering::SeqCst);
        while let Some(caller) = self.callers.join_next().await {
            caller.expect("no caller panics");
        }
        std::mem::take(&mut *self.answered.lock().expect("no caller panics"))
    }
}

/// Every call of the project, by its canary.
async fn rows(owner: &Rest, project: &Project) -> BTreeMap<u64, Vec<Value>> {
    let path = format!("/projects/{}/tool-calls/export?last=6h&fields=full", project.slug);
    let lines = owner
        .request(reqwest::Method::GET, &path)
        .send()
        .await
        .expect("the log answers")
        .text()
        .await
        .expect("the export is whole");
    let mut rows: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for line in lines.lines() {
        let call: Value = serde_json::from_str(line).expect("a line is JSON");
        let canary = call["arguments"]["value"]["canary"]
            .as_u64()
            .expect("each call carries its canary");
        rows.entry(canary).or_default().push(call);
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_every_call_is_in_the_log_once() {
    let mut processes = Processes::start().await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let ledger = processes.folder().join("ledger");
    let server =
        ServerDefinition::stdio("fixture", &fixture_server(), &[]).with("env", json!({"LEDGER": ledger}));
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let load = Load::start(&processes.endpoint(&project), &project.key);

    // The same moments in each run, as far as the machine lets them be.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..kills() {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        load.proceeds(20 + (random >> 57) as usize).await;
        match VICTIMS.get(round % (VICTIMS.len() + 1)) {
            Some(victims) => {
                for victim in *victims {
                    processes.kill(*victim).await;
                }
                for victim in *victims {
                    processes.restart(*victim).await;
                }
            }
            None => drop_connections(processes.logging_database()).await,
        }
    }
    load.proceeds(50).await;
    let answered = load.stop().await;

    let ledger = std::fs::read_to_string(&ledger).expect("the server kept its ledger");
    let seen: Vec<u64> = ledger
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok()?["arguments"]["canary"].as_u64())
        .collect();
    let sent: BTreeSet<u64> = seen.iter().copied().collect();
    assert_eq!(sent.len(), seen.len(), "no call was sent twice");

    let rows = wait_until("all that was seen has ended in the log", async || {
        let rows = rows(&owner, &project).await;
        let has_ended = |canary: &u64| {
            let calls = rows.get(canary)?;
            calls.iter().all(|call| call["status"] != "running").then_some(())
        };
        let missing = sent.union(&answered).filter(|canary| has_ended(canary).is_none());
        (missing.count() == 0).then_some(rows)
    })
    .await;
    assert!(
        rows.values().all(|calls| calls.len() == 1),
        "every call is stored once"
    );
    for canary in &answered {
        assert_eq!(
            rows[canary][0]["status"], "success",
            "an answered call says so: {canary}"
        );
    }
    eprintln!(
        "{} kills, {} calls answered, {} stored",
        kills(),
        answered.len(),
        rows.len()
    );
}
