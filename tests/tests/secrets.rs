//! Secrets that are planted wherever they come through, and looked for wherever
//! something is kept: in the database, the spool, logs and traces.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, Row as _};
use tests::{
    Answer, Door, McpClient, Processes, Rest, ServerDefinition, Service, evil_server, postgres_database,
    wait_until,
};

/// What traces and metrics are sent to.
struct Collector {
    url: String,
    received: Arc<Mutex<Vec<u8>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Collector {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("there are free ports");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let received = Arc::<Mutex<Vec<u8>>>::default();
        let router = Router::new().fallback(receive).with_state(Arc::clone(&received));
        #[expect(clippy::disallowed_methods, reason = "a test has no host to keep its tasks")]
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, received, task }
    }

    fn received(&self) -> Vec<u8> {
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Says yes to whatever comes over gRPC.
async fn receive(State(received): State<Arc<Mutex<Vec<u8>>>>, body: Bytes) -> HeaderMap {
    received
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .extend_from_slice(&body);
    let yes = [("content-type", "application/grpc"), ("grpc-status", "0")];
    yes.into_iter()
        .map(|(name, value)| {
            (
                name.parse().expect("a name of a header"),
                value.parse().expect("a value of one"),
            )
        })
        .collect()
}

/// What no name and no look gives away: the project's own.
fn own_secrets() -> Vec<(String, String)> {
    (0..8)
        .map(|number| (format!("LEAK_{number}"), format!("planted-own-{number}-zq8Yt3")))
        .collect()
}

/// Values that are secrets because of what they are called.
fn named_secrets() -> Vec<(&'static str, String)> {
    let names = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "api_key",
        "accessKey",
        "private-key",
        "Authorization",
        "credentials",
        "Set-Cookie",
        "access_token",
        "refreshToken",
        "bearer",
        "pwd",
        "jwt",
        "githubToken",
    ];
    let value = |(number, name)| (name, format!("planted-named-{number}-zq8Yt3"));
    names.into_iter().enumerate().map(value).collect()
}

/// Secrets by their look.
fn shaped_secrets() -> Vec<String> {
    let tail = "plantedZq8Yt3plantedZq8Yt3plantedZq8Yt3";
    let starts = [
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "AIza",
        "sk-",
        "sk_live_",
        "mcporch_",
        "Bearer ",
    ];
    let mut shaped: Vec<String> = starts.iter().map(|start| format!("{start}{tail}")).collect();
    shaped.push("AKIAPLANTEDPLANTEDPL".to_owned());
    shaped.push(format!("eyJ{tail}.eyJ{tail}.{tail}"));
    shaped.push(format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{tail}\n-----END RSA PRIVATE KEY-----"
    ));
    shaped
}

/// The part of a secret that stands nowhere else, in any writing of it.
fn marks() -> Vec<String> {
    let mut marks = vec!["plantedZq8Yt3".to_owned(), "PLANTEDPLANTED".to_owned()];
    marks.extend(own_secrets().into_iter().map(|(_, value)| value));
    marks.extend(named_secrets().into_iter().map(|(_, value)| value));
    marks
}

fn assert_clean(place: &str, bytes: &[u8]) {
    for mark in marks() {
        let is_there = bytes.windows(mark.len()).any(|window| window == mark.as_bytes());
        assert!(!is_there, "{mark} lies in {place}");
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("the folder can be read")
        .flatten()
    {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&path, found),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}

fn assert_clean_files(folder: &Path) {
    let mut found = Vec::new();
    files(folder, &mut found);
    assert!(!found.is_empty());
    for path in found {
        // One that goes meanwhile holds nothing any more.
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert_clean(&path.display().to_string(), &bytes);
    }
}

/// Every row of every table as text; bytes in hexadecimal.
async fn assert_clean_database(url: &str) {
    let mut connection = PgConnection::connect(url).await.expect("it answers");
    let tables = sqlx::query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(&mut connection)
        .await
        .expect("there are tables");
    for table in tables {
        let table: String = table.get(0);
        let select = format!("SELECT row_of::text FROM {table} AS row_of");
        let rows = sqlx::query(sqlx::AssertSqlSafe(select))
            .fetch_all(&mut connection)
            .await
            .expect("a table can be read");
        for row in rows {
            let row: String = row.get(0);
            assert_clean(&table, row.as_bytes());
            for mark in marks() {
                let hex = data_encoding::HEXLOWER.encode(mark.as_bytes());
                assert!(!row.contains(&hex), "{mark} lies in {table}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_planted_secrets_are_kept_nowhere() {
    let collector = Collector::start().await;
    let (projects, logging) = (postgres_database().await, postgres_database().await);
    let settings = vec![
        ("MCPORCH_HOST__TELEMETRY__OTLP_ENDPOINT", collector.url.clone()),
        ("MCPORCH_HOST__TELEMETRY__LOG", "debug".to_owned()),
    ];
    let mut processes = Processes::start_over(projects.clone(), logging.clone(), settings).await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let own: BTreeMap<String, String> = own_secrets().into_iter().collect();
    let server = ServerDefinition::stdio("evil", &evil_server(), &["leaks"]).with("secrets", json!(own));
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let client = McpClient::connect(&processes.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");

    // So that all lies in the spool.
    processes.kill(Service::Logging).await;
    let named: serde_json::Map<String, Value> = named_secrets()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let mut calls = 0;
    for text in shaped_secrets().into_iter().chain(own.values().cloned()) {
        for fails in [false, true] {
            let arguments = json!({"text": text, "fails": fails, "deep": [{"config": named}]});
            let answer = client.call("evil__sin", arguments).await.expect("it is answered");
            let told = match &answer {
                Answer::Result(_) => answer.text(),
                Answer::Error(error) => error["message"].as_str().unwrap_or_default(),
            };
            assert!(
                told.contains(&text),
                "the client gets what the server says: {told}"
            );
            calls += 1;
        }
    }
    assert_clean_files(processes.folder());
    processes.restart(Service::Logging).await;
    let calls = owner.ended_tool_calls(&project, calls).await;
    assert!(calls.iter().all(|call| call["status"] == "error"));
    wait_until("lines of the server are stored", async || {
        let path = format!("/projects/{}/server-logs", project.slug);
        let lines = owner.get(&path).await.ok()?;
        let is_masked = |line: &Value| {
            line["line"]
                .as_str()
                .is_some_and(|line| line.contains("[redacted]"))
        };
        lines["data"].as_array()?.iter().any(is_masked).then_some(())
    })
    .await;

    let export = owner.export(&project).await.expect("the export is whole");
    assert!(export.iter().all(|call| !call["arguments"]["value"].is_null()));
    let export = json!(export).to_string();
    assert!(export.contains("[redacted]"));
    assert_clean("the export", export.as_bytes());
    assert_clean_database(&logging).await;
    assert_clean_database(&projects).await;
    for service in [
        Service::McpGateway,
        Service::HttpGateway,
        Service::Logging,
        Service::Projects,
    ] {
        assert!(processes.stop(service).await, "{service:?} ends in good order");
    }
    let traces = collector.received();
    let name = b"mcp-gateway";
    assert!(
        traces.windows(name.len()).any(|window| window == name),
        "traces were sent"
    );
    assert_clean("traces", &traces);
    assert_clean_files(processes.folder());
}
