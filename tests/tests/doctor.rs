//! `mcp-orch doctor` on deployments that are well, and on each fault that can be
//! made.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tests::{Certificates, Processes, Rest, Service, mcp_orch, postgres_database};
use tokio::process::Command;

/// What a doctor found that was not well, each as its check, its health and all
/// that it says.
struct Report {
    exit_code: Option<i32>,
    health: Value,
    problems: Vec<(String, String, String)>,
    all: String,
}

async fn examine(mut command: Command) -> Report {
    let output = command.arg("--json").output().await.expect("the binary runs");
    let all = String::from_utf8(output.stdout).expect("a text");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said: Value = serde_json::from_str(&all).unwrap_or_else(|_| panic!("{all}{stderr}"));
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let findings = said["findings"].as_array().expect("a list");
    let problems = findings.iter().filter(|finding| finding["health"] != "ok");
    let problems = problems.map(|finding| {
        let words = ["looked_at", "found", "what_to_do"].map(|field| text(finding, field));
        (text(finding, "check"), text(finding, "health"), words.join(" | "))
    });
    Report {
        exit_code: output.status.code(),
        health: said["health"].clone(),
        problems: problems
            // The PostgreSQL of tests lives no longer than they do.
            .filter(|(_, _, words)| !words.contains("fsync"))
            .collect(),
        all,
    }
}

impl Report {
    fn is_well(&self) {
        assert!(self.problems.is_empty(), "{:?}", self.problems);
        assert_eq!(self.exit_code, Some(0), "{}", self.all);
    }

    /// Whether a check failed, or wants to be looked at, with these words.
    fn tells(&self, check: &str, health: &str, words: &str) {
        let is_told = self
            .problems
            .iter()
            .any(|problem| problem.0 == check && problem.1 == health && problem.2.contains(words));
        assert!(is_told, "{check} {health} {words:?}: {:?}", self.problems);
        let has_failed = self.problems.iter().any(|problem| problem.1 == "failure");
        assert_eq!(self.exit_code, Some(i32::from(has_failed)), "{}", self.all);
        assert_eq!(self.health == "failure", has_failed, "{}", self.all);
    }
}

/// The files of a folder and how large they are, all the way down.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path);
    }
    found.sort();
    found
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

/// Does something to a file, and undoes it when the doctor has seen it.
async fn with_file(processes: &Processes, name: &str, spoil: impl FnOnce(&Path)) -> Report {
    let path = processes.data().join(name);
    let (content, permissions) = (
        fs::read(&path).expect("it is there"),
        fs::metadata(&path).expect("it is there").permissions(),
    );
    spoil(&path);
    let before = files(&processes.data());
    let report = examine(processes.command("doctor")).await;
    assert_eq!(files(&processes.data()), before, "a doctor makes nothing");
    fs::write(&path, content).expect("it can be written");
    fs::set_permissions(&path, permissions).expect("it is ours");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_well_is_told_so_and_no_secret_is_shown() {
    let processes = Processes::start().await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let project = owner.project("Acme", &[]).await.expect("a project is made");
    let mut command = processes.command("doctor");
    command
        .env("MCPORCH_KEY", &project.key)
        .env("MCPORCH_PROJECT", &project.slug);
    let report = examine(command).await;
    report.is_well();
    for check in [
        "configuration",
        "data_folder",
        "secret",
        "database",
        "clock",
        "service",
        "spool",
        "web",
        "mcp",
        "key",
    ] {
        assert!(
            report.all.contains(&format!("\"check\": \"{check}\"")),
            "{check}: {}",
            report.all
        );
    }
    let secrets = ["service-secret", "api-key-pepper", "secrets-key"];
    let secrets = secrets.map(|name| fs::read_to_string(processes.data().join(name)).expect("it is there"));
    for secret in secrets.iter().chain([&project.key]) {
        assert!(!report.all.contains(secret.trim()), "a secret is shown");
    }
    let text = processes.command("doctor").output().await.expect("it runs");
    let text = String::from_utf8(text.stdout).expect("a text");
    assert!(text.ends_with("0 wrong\n") && !text.contains('\u{1b}'), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_are_not_there_and_addresses_that_lead_elsewhere_are_told() {
    let mut processes = Processes::start().await;
    processes.kill(Service::Logging).await;
    let report = examine(processes.command("doctor")).await;
    report.tells("service", "failure", "logging at");
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    processes.restart(Service::Logging).await;

    // Each service of a machine of its own is looked at alone.
    let mut alone = processes.command("doctor");
    alone.args(["--service", "http-gateway", "--logging-url", "http://127.0.0.1:1"]);
    let report = examine(alone).await;
    report.tells("service", "failure", "does it run there?");
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert!(!report.all.contains("\"database\""), "{}", report.all);

    let elsewhere = async |url: String| {
        let mut command = processes.command("doctor");
        command.env("MCPORCH_HTTP_GATEWAY__MCP_PUBLIC_URL", url);
        examine(command).await
    };
    let nobody = elsewhere("http://127.0.0.1:1".to_owned()).await;
    nobody.tells("mcp", "failure", "nobody takes the connection");
    let web = elsewhere(processes.web_url()).await;
    web.tells("mcp", "failure", "does http_gateway.mcp_public_url lead here");
    let mcp = processes.mcp_url();
    let other_name = elsewhere(mcp.replace("127.0.0.1", "0.0.0.0")).await;
    other_name.tells("mcp", "failure", "allowed_hosts");
    let no_tls = elsewhere(mcp.replace("http:", "https:")).await;
    no_tls.tells("mcp", "failure", "no TLS");

    let mut stranger = processes.command("doctor");
    stranger.args(["--project", "acme", "--key", "mcporch_nobody"]);
    examine(stranger).await.tells("key", "failure", "make a new key");
    let mut nowhere = processes.command("doctor");
    nowhere.args(["--key", "mcporch_nobody"]);
    examine(nowhere).await.tells("key", "warning", "name its project");

    processes.kill(Service::Projects).await;
    processes.kill(Service::McpGateway).await;
    let report = examine(processes.command("doctor")).await;
    for words in [
        "projects at",
        "mcp-gateway at",
        "mcp-gateway's port for clients at",
    ] {
        report.tells("service", "failure", words);
    }
    report.tells("mcp", "failure", "nobody takes the connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_open_spoilt_or_gone_are_told() {
    let mut processes = Processes::start().await;
    let report = with_file(&processes, "service-secret", |file| set_mode(file, 0o644)).await;
    report.tells("secret", "failure", "chmod 600");
    let report = with_file(&processes, "api-key-pepper", |file| {
        fs::remove_file(file).expect("it can be removed");
    })
    .await;
    report.tells("secret", "failure", "bring it back from the backup");
    let report = with_file(&processes, "secrets-key", |file| {
        fs::write(file, "hunter2").expect("it can be written");
    })
    .await;
    report.tells("secret", "failure", "does not hold 64 hexadecimal digits");
    assert!(!report.all.contains("hunter2"));
    let report = with_file(&processes, "service-secret", |file| {
        fs::write(file, "07".repeat(32)).expect("it can be written");
    })
    .await;
    report.tells("service", "failure", "it has another service-secret");

    set_mode(&processes.data(), 0o755);
    let report = examine(processes.command("doctor")).await;
    report.tells("data_folder", "warning", "chmod o-rwx");
    set_mode(&processes.data(), 0o700);
    let mut nowhere = Command::new(mcp_orch());
    nowhere.args(["doctor", "--data", "/nowhere/at/all"]);
    examine(nowhere)
        .await
        .tells("data_folder", "failure", "name the folder");

    let spool = processes.data().join("gateway/spool");
    fs::create_dir_all(spool.join("quarantine")).expect("made");
    fs::write(spool.join("quarantine/000000000001-1-36.bytes"), "x").expect("written");
    let report = examine(processes.command("doctor")).await;
    report.tells("spool", "warning", "could not be read back");
    processes.kill(Service::McpGateway).await;
    fs::write(spool.join("000000000009-00000000000000000001.segment"), [0; 970]).expect("written");
    let mut small = processes.command("doctor");
    small.env("MCPORCH_MCP_GATEWAY__SPOOL_CAPACITY_BYTES", "1000");
    examine(small)
        .await
        .tells("spool", "failure", "new calls are refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_that_are_away_empty_or_newer_are_told() {
    let processes = Processes::start().await;
    let with = async |url: String| {
        let mut command = processes.command("doctor");
        command.env("MCPORCH_LOGGING__DATABASE_URL", url);
        examine(command).await
    };
    let away = with("postgres://kim:hunter2@127.0.0.1:1/calls".to_owned()).await;
    away.tells("database", "failure", "check that it runs");
    assert!(!away.all.contains("hunter2"), "{}", away.all);
    assert!(away.all.contains("kim:[redacted]@"), "{}", away.all);
    let empty = with(postgres_database().await).await;
    empty.tells("database", "failure", "nothing is in it yet");
    // The migrations of the other service are none of its own.
    let others = with(processes.projects_database().to_owned()).await;
    others.tells("database", "failure", "is it the database of another service?");
    let no_url = with("mysql://root@host/db".to_owned()).await;
    no_url.tells(
        "configuration",
        "failure",
        "logging.database_url: expected sqlite://",
    );

    let mut mistyped = processes.command("doctor");
    mistyped.env("MCPORCH_LISTEN__HTTP_PROT", "1");
    let report = examine(mistyped).await;
    report.tells("configuration", "failure", "did you mean \"http_port\"?");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_do_not_fit_are_told() {
    let (certificates, others) = (Certificates::issue(), Certificates::issue());
    let processes = Processes::start_with(certificates.settings()).await;
    examine(processes.command("doctor")).await.is_well();

    let with = async |setting: usize| {
        let (name, file) = others.settings()[setting].clone();
        let mut command = processes.command("doctor");
        command.env(name, file);
        examine(command).await
    };
    with(2).await.tells("tls", "failure", "of another authority");
    with(1).await.tells("tls", "failure", "host.tls.");
    let mut none = processes.command("doctor");
    none.env("MCPORCH_HOST__TLS__KEY_FILE", "/nowhere/tls.key");
    examine(none).await.tells("tls", "failure", "cannot be read");
    // Files of another authority that fit each other: nobody knows them.
    let mut stranger = processes.command("doctor");
    stranger.envs(others.settings());
    examine(stranger).await.tells("service", "failure", "start it");
}
