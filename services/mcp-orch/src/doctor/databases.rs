use database::{Inspection, OpenError, ServerInspection, inspect};
use domain::{Clock, Timestamp};
use service_host::without_password;

use super::finding::Finding;
use crate::stores::Store;

const CHECK: &str = "database";

/// What clocks may differ by, in microseconds: links end and calls are in order
/// all the same.
const SMALL_OFFSET_US: i64 = 2_000_000;

/// By more than that, links and keys end at the wrong time, and days of the call
/// log are dropped too early.
const LARGE_OFFSET_US: i64 = 300_000_000;

/// Before this release was made: 2026-11-01T00:00:00Z.
const TOO_EARLY: Timestamp = Timestamp::from_micros(1_793_491_200_000_000);

/// Whether the database is there and up to date, and whether its clock is ours.
pub(super) async fn look(store: &Store<'_>, clock: &Clock) -> Vec<Finding> {
    let looked_at = format!("{} at {}", store.service, without_password(store.url));
    let before = clock.now();
    let inspected = inspect(store.url, store.migrations).await;
    let after = clock.now();
    let inspection = match inspected {
        Ok(inspection) => inspection,
        Err(error) => return vec![refused(looked_at, error)],
    };
    let mut findings = vec![state(looked_at.clone(), &inspection)];
    if let Some(server) = inspection.server {
        if !server.is_durable {
            findings.push(Finding::warning(
                CHECK,
                looked_at.clone(),
                "fsync or synchronous_commit is off: what it has committed is lost with the power",
                "turn both on: gateways let go of calls once they are committed",
            ));
        }
        findings.push(clocks(looked_at, server, before, after));
    }
    findings
}

fn refused(looked_at: String, error: OpenError) -> Finding {
    let what_to_do = match &error {
        OpenError::Connect { .. } => {
            "check that it runs, its address, user and password, and what stands between (firewall, network policy)"
        }
        OpenError::NewerDatabase(_) => {
            "run the release that made it, or bring back the copy of before the upgrade (docs/operations.md, \"Restore\")"
        }
        OpenError::ChangedMigration(_) => {
            "is it the database of another service? Compare database_url; else bring back a copy (docs/operations.md, \"Restore\")"
        }
        OpenError::UnknownUrl => "correct database_url",
        OpenError::OldPostgres(_) => "upgrade PostgreSQL",
        _ => "bring back a copy (docs/operations.md, \"Restore\")",
    };
    let found = format!("{:#}", anyhow::Error::from(error));
    Finding::failure(CHECK, looked_at, found, what_to_do)
}

fn state(looked_at: String, inspection: &Inspection) -> Finding {
    let Inspection {
        engine,
        version,
        pending,
        ..
    } = inspection;
    if pending.is_empty() {
        return Finding::ok(
            CHECK,
            looked_at,
            format!("{engine}, up to date (migration {version:04})"),
        );
    }
    let found = if *version == 0 {
        format!("{engine}, nothing is in it yet")
    } else {
        format!("{engine}, {} migrations behind this release", pending.len())
    };
    Finding::failure(
        CHECK,
        looked_at,
        found,
        "start the service, or run mcp-orch migrate; if it runs, it reads another database: compare database_url",
    )
}

fn clocks(looked_at: String, server: ServerInspection, before: Timestamp, after: Timestamp) -> Finding {
    const CHECK: &str = "clock";
    // It was asked at some time between the two.
    let early = before.as_micros() - server.now_us;
    let late = server.now_us - after.as_micros();
    let offset_us = early.max(late).max(0);
    let direction = if early > 0 { "behind" } else { "before" };
    let found = format!(
        "its clock is {:.1} s {direction} that of this machine",
        offset_us as f64 / 1e6
    );
    let what_to_do = "let both machines set their clocks by NTP (timedatectl)";
    if offset_us > LARGE_OFFSET_US {
        Finding::failure(CHECK, looked_at, found, what_to_do)
    } else if offset_us > SMALL_OFFSET_US {
        Finding::warning(CHECK, looked_at, found, what_to_do)
    } else {
        Finding::ok(CHECK, looked_at, "has the time of this machine")
    }
}

/// The clock of this machine alone.
pub(super) fn own_clock(clock: &Clock) -> Finding {
    const CHECK: &str = "clock";
    let now = clock.now();
    let looked_at = "this machine";
    if now < TOO_EARLY {
        return Finding::failure(
            CHECK,
            looked_at,
            format!("{now} is before this release was made"),
            "set it, and let it be set by NTP (timedatectl)",
        );
    }
    Finding::ok(CHECK, looked_at, now.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000)
    }

    fn health(server_is_ahead_seconds: i64) -> serde_json::Value {
        let server = ServerInspection {
            now_us: at(server_is_ahead_seconds).as_micros(),
            is_durable: true,
        };
        let finding = clocks("logging".to_owned(), server, at(0), at(1));
        serde_json::to_value(finding).expect("it can be written")["health"].clone()
    }

    #[test]
    fn clocks_may_differ_a_little_and_by_what_the_question_took() {
        assert_eq!([health(0), health(2), health(-1)], ["ok", "ok", "ok"]);
        assert_eq!([health(30), health(-30)], ["warning", "warning"]);
        assert_eq!([health(3_600), health(-3_600)], ["failure", "failure"]);
    }

    #[test]
    fn a_clock_that_was_never_set_is_told() {
        let finding = own_clock(&Clock::manual(Timestamp::from_micros(0)));
        let finding = serde_json::to_value(finding).expect("it can be written");
        assert_eq!(finding["health"], "failure");
    }
}
