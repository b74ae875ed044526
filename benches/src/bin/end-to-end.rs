//! Calls through the whole system on one machine, see the README beside.

use std::{path::PathBuf, time::Duration};

use benches::{Ask, Deployment, Layout, Pace, Rows, ServiceProcess, What, memory_kib};
use clap::Parser;
use tests::{Rest, ServerDefinition};

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
    clients: u32,

    /// Calls a second by all of them together; absent: as fast as they are answered
    #[arg(long)]
    rate: Option<u32>,

    /// Of the text that is sent and comes back
    #[arg(long, default_value_t = 1_024)]
    text_bytes: usize,

    /// Be the server that is asked
    #[arg(long, hide = true)]
    echo: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.echo {
        return benches::serve_stdio();
    }
    tokio::runtime::Runtime::new()?.block_on(measure(args))
}

async fn measure(args: Args) -> anyhow::Result<()> {
    let own = std::env::current_exe()?;
    let binary = args.binary.unwrap_or_else(|| own.with_file_name("mcp-orch"));
    let mut deployment = Deployment::start(&binary, Layout::OneProcess).await?;
    let owner = Rest::sign_up(&deployment.web_url(), "kim@example.com").await?;
    let server = ServerDefinition::stdio("pipes", &own, &["--echo"]);
    let project = owner.project("Acme", &[server]).await?;
    let rows = Rows::of(&owner, &project);
    let ask = Ask {
        url: project.mcp_url.clone(),
        key: project.key.clone(),
        what: What::Tool("pipes__echo".to_owned()),
        text: "a word and another ".repeat(args.text_bytes / 19),
    };
    // Somebody has to be first to start the server.
    let second = Duration::from_secs(1);
    ask.run(1, Pace::Closed, Duration::ZERO, second).await?;
    let before = rows.at_rest().await?;

    let measured = Duration::from_secs(args.seconds);
    let pace = args.rate.map_or(Pace::Closed, Pace::Open);
    let outcome = ask.run(args.clients, pace, Duration::ZERO, measured).await?;
    let lag = rows.reach(before + outcome.requests).await?;
    println!(
        "{} clients, {} calls in {} s: {:.0} calls/s, p50 {:.2} ms, p99 {:.2} ms",
        args.clients,
        outcome.requests,
        args.seconds,
        outcome.per_second,
        outcome.timing.percentile_ms(0.5),
        outcome.timing.percentile_ms(0.99),
    );
    let memory_kib = memory_kib(deployment.pid(ServiceProcess::McpGateway)?, "VmRSS:")?;
    println!(
        "every call is a row, the last one {:.2} s after its answer; memory of the process {} MiB",
        lag.as_secs_f64(),
        memory_kib / 1_024
    );
    deployment.stop().await
}
