//! An oracle that is never killed, and everything around it that is: at random
//! moments, under load. What the server saw and what clients were told must be
//! in the log, each call once.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::{Value, json};
use tests::{
    Load, Pace, Postgres, Processes, Rest, ServerDefinition, Service, fixture_server, kills,
    nothing_went_wrong, wait_within,
};

/// Who is killed, in turn.
const VICTIMS: [Victim; 6] = [
    Victim::Services(&[Service::McpGateway]),
    Victim::Services(&[Service::Logging]),
    Victim::Database,
    Victim::Services(&[Service::McpGateway, Service::Logging]),
    Victim::Backends,
    Victim::All,
];

const ALL: &[Service] = &[
    Service::Projects,
    Service::Logging,
    Service::McpGateway,
    Service::HttpGateway,
];

#[derive(Debug, Clone, Copy)]
enum Victim {
    Services(&'static [Service]),
    /// PostgreSQL as a whole.
    Database,
    /// The processes of PostgreSQL behind its connections.
    Backends,
    /// PostgreSQL and all services.
    All,
}

impl Victim {
    async fn kill(self, processes: &mut Processes, postgres: &Postgres) {
        let services = match self {
            Self::Services(services) => services,
            Self::Database | Self::Backends => &[],
            Self::All => ALL,
        };
        match self {
            Self::Services(_) => {}
            Self::Backends => postgres.kill_backends(),
            Self::Database | Self::All => postgres.kill(),
        }
        for service in services {
            processes.kill(*service).await;
        }
        if matches!(self, Self::Database | Self::All) {
            postgres.restart().await;
        }
        for service in services {
            processes.restart(*service).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_every_call_is_in_the_log_once() {
    let postgres = Postgres::start().await;
    let (projects, logging) = (postgres.database().await, postgres.database().await);
    let mut processes = Processes::start_over(projects, logging, Vec::new()).await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let ledger = processes.folder().join("ledger");
    let server =
        ServerDefinition::stdio("fixture", &fixture_server(), &[]).with("env", json!({"LEDGER": ledger}));
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let load = Load::start(
        &processes.endpoint(&project),
        &project.key,
        Pace {
            callers: 6,
            calls_per_second: None,
        },
    );

    // The same moments in each run, as far as the machine lets them be.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..kills() {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        load.proceeds(20 + (random >> 57) as usize).await;
        VICTIMS[round % VICTIMS.len()]
            .kill(&mut processes, &postgres)
            .await;
    }
    load.proceeds(50).await;
    let answered = load.stop().await;

    let ledger = std::fs::read_to_string(&ledger).expect("the server kept its ledger");
    let seen: Vec<u64> = ledger
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok()?["arguments"]["canary"].as_u64())
        .collect();
    let sent: BTreeSet<u64> = seen.iter().copied().collect();
    let patience = Duration::from_secs(60 + 3 * kills() as u64);
    let missing = AtomicUsize::new(sent.len());
    let rows = wait_within(patience, "all that was seen has ended in the log", async || {
        let rows = owner.calls_by_canary(&project).await.ok()?;
        let has_ended = |canary: &u64| {
            let calls = rows.get(canary)?;
            calls.iter().all(|call| call["status"] != "running").then_some(())
        };
        let now = sent
            .union(&answered)
            .filter(|canary| has_ended(canary).is_none())
            .count();
        if missing.swap(now, Ordering::Relaxed) != now {
            eprintln!("{now} of {} calls are not in the log yet", sent.len());
        }
        (now == 0).then_some(rows)
    })
    .await;
    let says_so = |canary: &&u64| {
        let calls = rows.get(canary).map_or(&[][..], Vec::as_slice);
        calls.iter().any(|call| call["status"] == "success")
    };
    let as_answered = answered.iter().filter(says_so).count();
    let stored_twice = rows.values().filter(|calls| calls.len() > 1).count();
    nothing_went_wrong(
        "kill -9 of gateway, logging, database and all, under load",
        format!("{} kills, {} calls answered", kills(), answered.len()),
        &[
            ("missing", answered.len() - as_answered),
            ("stored twice", stored_twice),
            ("sent twice", seen.len() - sent.len()),
        ],
    );
}
