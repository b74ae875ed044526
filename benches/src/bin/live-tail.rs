//! From the answer of a call to its row in a live tail, see the README beside.

use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use benches::{Deployment, Layout, McpConnection, Timing};
use clap::Parser;
use reqwest::Method;
use tests::{Project, Rest, ServerDefinition};
use tokio::{sync::mpsc, task::JoinSet, time::MissedTickBehavior};

/// Measures how long after its answer a call is seen by who watches the log
#[derive(Parser)]
struct Args {
    /// `mcp-orch`; absent: the one beside this program
    #[arg(long)]
    binary: Option<PathBuf>,

    /// For how long calls are made
    #[arg(long, default_value_t = 30)]
    seconds: u64,

    /// Calls a second, by all clients together
    #[arg(long, default_value_t = 200)]
    rate: u32,

    /// Clients at a time, each with a connection and a session
    #[arg(long, default_value_t = 8)]
    clients: u32,
}

/// What comes after the last answer is no longer waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls that are seen while others are still made. When there are more, the tail
/// waits, and their times were taken before.
const NOT_LOOKED_AT: usize = 100_000;

/// A call, by its number, and when something became of it.
type Moment = (u64, Instant);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => std::env::current_exe()?.with_file_name("mcp-orch"),
    };
    let mut deployment = Deployment::start(&binary, Layout::OneProcess).await?;
    let owner = Rest::sign_up(&deployment.web_url(), "kim@example.com").await?;
    let server = ServerDefinition::stdio("sample", &binary, &["sample-server"]);
    let project = owner.project("Acme", &[server]).await?;
    let mut watching = JoinSet::new();
    let mut seen = watch(&owner, &project, &mut watching).await?;

    let mut clients = JoinSet::new();
    for client in 0..args.clients {
        let connection = McpConnection::open(&project.mcp_url, &project.key).await?;
        let calls = u64::from(args.rate) * args.seconds / u64::from(args.clients);
        let pause = Duration::from_secs(1) * args.clients / args.rate;
        clients.spawn(call(connection, u64::from(client) * 1_000_000, calls, pause));
    }
    let mut answered = HashMap::new();
    while let Some(moments) = clients.join_next().await {
        answered.extend(moments??);
    }
    let mut took = Vec::with_capacity(answered.len());
    while took.len() < answered.len() {
        let (number, at) = tokio::time::timeout(PATIENCE, seen.recv())
            .await
            .ok()
            .flatten()
            .with_context(|| format!("{} calls are never seen", answered.len() - took.len()))?;
        let answer = answered.get(&number).context("nobody made this call")?;
        took.push(at.saturating_duration_since(*answer));
    }
    let (calls, timing) = (took.len(), Timing::of(took));
    println!(
        "{calls} calls, {} a second: seen p50 {:.0} ms, p99 {:.0} ms, last {:.0} ms after their answers",
        args.rate,
        timing.percentile_ms(0.5),
        timing.percentile_ms(0.99),
        timing.percentile_ms(1.0),
    );
    deployment.stop().await
}

/// Makes calls, and says when each was answered.
async fn call(
    mut connection: McpConnection,
    first: u64,
    calls: u64,
    pause: Duration,
) -> anyhow::Result<Vec<Moment>> {
    let mut answered = Vec::new();
    let mut turn = tokio::time::interval(pause);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in first..first + calls {
        turn.tick().await;
        let message = format!(
            r#"{{"jsonrpc":"2.0","id":{number},"method":"tools/call","params":{{"name":"sample__echo","arguments":{{"text":"<{number}>"}}}}}}"#
        );
        let answer = connection.request(&message).await?;
        answered.push((number, Instant::now()));
        let expected = format!("<{number}>");
        ensure!(
            std::str::from_utf8(answer)?.contains(&expected),
            "not the answer to {number}"
        );
    }
    connection.close().await?;
    Ok(answered)
}

/// When each call that ended came over the live tail.
async fn watch(
    owner: &Rest,
    project: &Project,
    watching: &mut JoinSet<()>,
) -> anyhow::Result<mpsc::Receiver<Moment>> {
    let path = format!("/projects/{}/tool-calls/stream", project.slug);
    let mut stream = owner
        .request(Method::GET, &path)
        .send()
        .await?
        .error_for_status()?;
    let (tell, seen) = mpsc::channel(NOT_LOOKED_AT);
    watching.spawn(async move {
        let mut text = Vec::new();
        while let Ok(Some(bytes)) = stream.chunk().await {
            let now = Instant::now();
            text.extend_from_slice(&bytes);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                let is_over = line.starts_with("data:") && !line.contains(r#""status":"running""#);
                if let Some(number) = number_in(&line).filter(|_| is_over)
                    && tell.send((number, now)).await.is_err()
                {
                    return;
                }
            }
        }
    });
    Ok(seen)
}

/// Of a call, as its arguments say it.
fn number_in(event: &str) -> Option<u64> {
    let (_, rest) = event.split_once('<')?;
    rest.split_once('>')?.0.parse().ok()
}
