use std::{fs, path::Path};

use ::spool::Level;

use super::{files::size, finding::Finding, request};
use crate::config::Config;

const CHECK: &str = "spool";

/// How long a record may wait before somebody should look at logging. It is
/// stored within a second.
const OLD_SECONDS: u64 = 60;

/// How long projects may not have been heard. It speaks every two seconds.
const UNHEARD_SECONDS: u64 = 10;

/// What stands in the folder of the spool.
#[derive(Debug, Default, PartialEq, Eq)]
struct OnDisk {
    bytes: u64,
    segments: u64,
    quarantined: u64,
}

/// How the gateway stands, as it says itself; where it does not answer, as its
/// folder shows.
pub(super) async fn look(config: &Config, mcp_url: &str) -> Vec<Finding> {
    let folder = &config.mcp_gateway.spool_dir;
    let looked_at = folder.display().to_string();
    let on_disk = match read_folder(folder) {
        Ok(on_disk) => on_disk,
        Err(error) => {
            return vec![Finding::failure(
                CHECK,
                looked_at,
                format!("cannot be read: {error}"),
                "a gateway makes it when it first starts; if it runs, it has another one (mcp_gateway.spool_dir)",
            )];
        }
    };
    let metrics = match request::get(&format!("{mcp_url}/metrics")).await {
        Ok(answer) if answer.status.is_success() => Some(answer.text()),
        // That it does not answer is told among the services.
        _ => None,
    };
    let mut findings = match &metrics {
        Some(text) => says(&looked_at, text),
        None => vec![holds(
            &looked_at,
            &on_disk,
            config.mcp_gateway.spool_capacity_bytes,
        )],
    };
    if on_disk.quarantined > 0 {
        findings.push(Finding::warning(
            CHECK,
            folder.join("quarantine").display().to_string(),
            format!(
                "{} runs of bytes could not be read back and were put aside",
                on_disk.quarantined
            ),
            "check the disk of this machine; keep the files for a report, then remove them",
        ));
    }
    findings
}

/// What a gateway says that runs.
fn says(looked_at: &str, metrics: &str) -> Vec<Finding> {
    let figure = |name| figure(metrics, name).unwrap_or(0);
    let (bytes, capacity) = (figure("spool_bytes"), figure("spool_capacity_bytes"));
    let (waiting, oldest) = (
        figure("spool_unacknowledged_frames"),
        figure("spool_oldest_age_seconds"),
    );
    let mut findings = vec![filled(looked_at, bytes, capacity).unwrap_or_else(|| {
        let found = format!(
            "{waiting} records wait for logging, the oldest for {oldest} s; {} of {}",
            size(bytes),
            size(capacity)
        );
        if oldest > OLD_SECONDS {
            Finding::warning(
                CHECK,
                looked_at,
                found,
                "look at logging: is it ready, does it log \"a batch could not be stored\"? Nothing is lost meanwhile",
            )
        } else {
            Finding::ok(CHECK, looked_at, found)
        }
    })];
    let failures = figure("spool_sync_failures_total");
    if failures > 0 {
        findings.push(Finding::failure(
            CHECK,
            looked_at,
            format!("the disk did not take what was written, {failures} times"),
            "look at the disk: dmesg, smartctl; make room if it is full",
        ));
    }
    let unheard = figure("mcporch_directory_age_seconds");
    if unheard > UNHEARD_SECONDS {
        findings.push(Finding::warning(
            "service",
            "mcp-gateway",
            format!(
                "it has not heard projects for {unheard} s: changes of keys, servers and roles do not arrive"
            ),
            "look at projects, and at what stands between the two",
        ));
    }
    findings
}

/// What is in the folder of a gateway that does not run.
fn holds(looked_at: &str, on_disk: &OnDisk, capacity: u64) -> Finding {
    filled(looked_at, on_disk.bytes, capacity).unwrap_or_else(|| {
        let found = match on_disk.segments {
            0 => "empty".to_owned(),
            segments => format!(
                "{} in {segments} files wait for the gateway to run again",
                size(on_disk.bytes)
            ),
        };
        Finding::ok(CHECK, looked_at, found)
    })
}

/// A spool that has too little room left.
fn filled(looked_at: &str, bytes: u64, capacity: u64) -> Option<Finding> {
    let percent = (bytes * 100).checked_div(capacity)?;
    let found = format!("{percent} % full: {} of {}", size(bytes), size(capacity));
    let what_to_do = "look at logging: is it ready, is its database's disk full? For more time raise mcp_gateway.spool_capacity_bytes; never delete its files";
    match Level::of(bytes, capacity) {
        Level::Full => Some(Finding::failure(
            CHECK,
            looked_at,
            format!("{found}; new calls are refused"),
            what_to_do,
        )),
        Level::Tight => Some(Finding::warning(
            CHECK,
            looked_at,
            format!("{found}; payloads are left out"),
            what_to_do,
        )),
        Level::Free | Level::Filling => None,
    }
}

fn read_folder(folder: &Path) -> std::io::Result<OnDisk> {
    let mut on_disk = OnDisk::default();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "segment")
        {
            on_disk.segments += 1;
            // It may have been removed since, when it was stored.
            on_disk.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
        }
    }
    on_disk.quarantined = fs::read_dir(folder.join("quarantine")).map_or(0, |files| files.count() as u64);
    Ok(on_disk)
}

/// A figure in the text format of Prometheus, whatever its labels.
fn figure(metrics: &str, name: &str) -> Option<u64> {
    let line = metrics.lines().find(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
    })?;
    let value: f64 = line.rsplit(' ').next()?.parse().ok()?;
    Some(value as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn healths(findings: &[Finding]) -> Vec<Value> {
        let health = |finding| serde_json::to_value(finding).expect("it can be written")["health"].clone();
        findings.iter().map(health).collect()
    }

    fn metrics(bytes: u64, oldest: u64, failures: u64, unheard: u64) -> String {
        format!(
            "# TYPE spool_bytes gauge\nspool_bytes{{otel_scope_name=\"mcp-gateway\"}} {bytes}\n\
             spool_capacity_bytes{{otel_scope_name=\"mcp-gateway\"}} 1000\n\
             spool_unacknowledged_frames 3\nspool_oldest_age_seconds {oldest}\n\
             spool_sync_failures_total {failures}\nmcporch_directory_age_seconds {unheard}\n"
        )
    }

    #[test]
    fn a_spool_is_well_slow_tight_or_full() {
        assert_eq!(healths(&says("x", &metrics(100, 1, 0, 2))), [json!("ok")]);
        assert_eq!(healths(&says("x", &metrics(100, 61, 0, 2))), [json!("warning")]);
        assert_eq!(healths(&says("x", &metrics(800, 1, 0, 2))), [json!("warning")]);
        assert_eq!(healths(&says("x", &metrics(950, 1, 0, 2))), [json!("failure")]);
    }

    #[test]
    fn a_disk_that_fails_and_projects_that_is_silent_are_told() {
        let findings = says("x", &metrics(100, 1, 1, 11));
        assert_eq!(
            healths(&findings),
            [json!("ok"), json!("failure"), json!("warning")]
        );
    }

    #[test]
    fn the_folder_of_a_gateway_that_does_not_run_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(
            folder.path().join("000000000001-00000000000000000001.segment"),
            [0; 960],
        )
        .expect("written");
        fs::write(folder.path().join("spare"), [0; 960]).expect("written");
        fs::create_dir(folder.path().join("quarantine")).expect("made");
        fs::write(folder.path().join("quarantine/1.bytes"), "x").expect("written");
        let on_disk = read_folder(folder.path()).expect("read");
        let expected = OnDisk {
            bytes: 960,
            segments: 1,
            quarantined: 1,
        };
        assert_eq!(on_disk, expected);
        assert_eq!(healths(&[holds("x", &on_disk, 1_000)]), [json!("failure")]);
        assert_eq!(healths(&[holds("x", &on_disk, 10_000)]), [json!("ok")]);
    }
}
