//! Calls through the whole system on one machine, see the README beside.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use benches::{McpConnection, Timing};
use clap::Parser;
use tests::{Project, Rest, ServerDefinition, memory_mib, wait_until};
use tokio::{
    process::{Child, Command},
    task::JoinSet,
};

/// Measures calls through the whole system, until each is a row
#[derive(Parser)]
struct Args {
    /// `mcp-orch`; absent: the one beside this program
    #[arg(long)]
    binary: Option<PathBuf>,

    /// For how long calls are made
    #[arg(long, default_value_t = 60)]
    seconds: u64,

    /// Clients at a time, each with a connection and a session
    #[arg(long, default_value_t = 16)]
    clients: usize,

    /// Of the text that is sent and comes back
    #[arg(long, default_value_t = 1_024)]
    text_bytes: usize,
}

/// The system as `mcp-orch serve` runs it: one process, SQLite.
struct System {
    child: Child,
    web_url: String,
    _folder: tempfile::TempDir,
}

/// What all clients do.
struct Work {
    url: String,
    key: String,
    text: String,
    until: Instant,
    /// Of all clients together, so that each answer is told from any other.
    next: AtomicU64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let binary = match args.binary {
        Some(binary) => binary,
        None => std::env::current_exe()?.with_file_name("mcp-orch"),
    };
    let mut system = System::start(&binary).await?;
    let owner = Rest::sign_up(&system.web_url, "kim@example.com").await?;
    let server = ServerDefinition::stdio("sample", &binary, &["sample-server"]);
    let project = owner.project("Acme", &[server]).await?;
    // Somebody has to be first to start the server.
    first_answer(&project).await;

    let work = Arc::new(Work {
        url: project.mcp_url.clone(),
        key: project.key.clone(),
        text: "a word and another ".repeat(args.text_bytes / 19),
        until: Instant::now() + Duration::from_secs(args.seconds),
        next: AtomicU64::new(1),
    });
    // What was asked before is a row by now, or would be counted with the rest.
    let before = wait_until("the log is quiet", async || {
        let one = rows(&owner, &project).await.ok().filter(|rows| *rows > 0)?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let other = rows(&owner, &project).await.ok()?;
        (one == other).then_some(other)
    })
    .await;
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..args.clients {
        clients.spawn(call_until_the_end(Arc::clone(&work)));
    }
    let mut took = Vec::new();
    while let Some(client) = clients.join_next().await {
        took.extend(client??);
    }
    let seconds = begin.elapsed().as_secs_f64();
    let calls = took.len() as u64;
    let end = Instant::now();
    while rows(&owner, &project).await? < before + calls {
        ensure!(end.elapsed() < Duration::from_mins(5), "rows are missing");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let lag = end.elapsed().as_secs_f64();
    let stored = rows(&owner, &project).await? - before;
    ensure!(stored == calls, "{stored} rows of {calls} calls");
    let timing = Timing::of(took);
    println!(
        "{} clients, {calls} calls in {seconds:.1} s: {:.0} calls/s, p50 {:.2} ms, p99 {:.2} ms",
        args.clients,
        calls as f64 / seconds,
        timing.percentile_ms(0.5),
        timing.percentile_ms(0.99),
    );
    println!(
        "every call is a row, the last one {lag:.2} s after its answer; memory of the process {} MiB",
        memory_mib(system.child.id().context("it ended")?, "VmRSS:")
    );
    system.stop().await
}

async fn call_until_the_end(work: Arc<Work>) -> anyhow::Result<Vec<Duration>> {
    let mut connection = McpConnection::open(&work.url, &work.key).await?;
    let mut took = Vec::new();
    while Instant::now() < work.until {
        let number = work.next.fetch_add(1, Ordering::Relaxed);
        let call = format!(
            r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":"sample__echo","arguments":{{"text":"<{number}> {}"}}}}}}"#,
            work.text
        );
        let begin = Instant::now();
        let answer = connection.request(&call).await?;
        took.push(begin.elapsed());
        let answer = std::str::from_utf8(&answer)?;
        ensure!(
            answer.contains(&format!("<{number}> ")) && !answer.contains("\"isError\":true"),
            "not the answer to {number}: {answer}"
        );
    }
    Ok(took)
}

async fn first_answer(project: &Project) {
    wait_until("the server answers", async || {
        let mut connection = McpConnection::open(&project.mcp_url, &project.key).await.ok()?;
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sample__echo","arguments":{"text":"-"}}}"#;
        let answer = connection.request(call).await.ok()?;
        answer.windows(6).any(|part| part == b"result").then_some(())
    })
    .await;
}

async fn rows(owner: &Rest, project: &Project) -> anyhow::Result<u64> {
    let path = format!("/projects/{}/tool-calls/summary?last=6h", project.slug);
    let summary = owner.get(&path).await?;
    let ended = summary["total"].as_u64().context("no total")?;
    Ok(ended - summary["running"].as_u64().unwrap_or(0))
}

impl System {
    async fn start(binary: &PathBuf) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let free = || std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr();
        let (http, mcp) = (free()?.port(), free()?.port());
        let child = Command::new(binary)
            .args(["serve", "--no-demo", "--data"])
            .arg(folder.path().join("data"))
            .args(["--http-port", &http.to_string(), "--mcp-port", &mcp.to_string()])
            .args([
                "--projects-port",
                "0",
                "--logging-port",
                "0",
                "--gateway-port",
                "0",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let web_url = format!("http://127.0.0.1:{http}");
        wait_until("the system listens", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", http)).await.ok()
        })
        .await;
        Ok(Self {
            child,
            web_url,
            _folder: folder,
        })
    }

    async fn stop(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}
