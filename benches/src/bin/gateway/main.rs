//! What the gateway costs, beside nginx in the same run, see the README beside.

mod listing;
mod outage;
mod recording;
mod scene;
mod sessions;
mod start;
mod table;
mod throughput;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Parser, ValueEnum};

use scene::Scene;
use table::Table;

/// Measures the gateway, and prints the figures as a table
#[derive(Parser)]
struct Args {
    /// `mcp-orch`; absent: the one beside this program
    #[arg(long)]
    binary: Option<PathBuf>,

    /// nginx
    #[arg(long, default_value = "/usr/sbin/nginx")]
    nginx: PathBuf,

    /// What is measured; absent: all, which takes about eight minutes
    #[arg(long, value_enum, value_delimiter = ',')]
    parts: Vec<Part>,

    /// How often each figure is measured; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// For how long, each time
    #[arg(long, default_value_t = 3)]
    seconds: u64,

    /// Connections of the load where throughput is measured; the stdio server only with 16
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64])]
    connections: Vec<u32>,

    /// Calls a second where the rate is given
    #[arg(long, default_value_t = 500)]
    rate: u32,

    /// Of the text that is sent and comes back
    #[arg(long, default_value_t = 100)]
    text_bytes: usize,

    /// Be the server that is asked, at that address or on `stdio`
    #[arg(long, hide = true)]
    echo: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Calls a second and processor time beside nginx and beside nothing
    Throughput,
    /// What it costs that calls are recorded
    Recording,
    /// What callers see of it when the call log is away
    Outage,
    /// Memory of sessions that wait
    Sessions,
    /// Time to start, and memory at rest
    Start,
    /// A list of 1,000 tools
    Listing,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.echo.as_deref() == Some("stdio") {
        return benches::serve_stdio();
    }
    let runtime = tokio::runtime::Runtime::new()?;
    match &args.echo {
        Some(address) => {
            let address: SocketAddr = address.parse()?;
            runtime.block_on(benches::serve_http(address))
        }
        None => runtime.block_on(measure(&args)),
    }
}

async fn measure(args: &Args) -> anyhow::Result<()> {
    let does = |part| args.parts.is_empty() || args.parts.contains(&part);
    let binary = match &args.binary {
        Some(binary) => binary.clone(),
        None => std::env::current_exe()?.with_file_name("mcp-orch"),
    };
    let mut table = Table::default();
    if does(Part::Start) {
        start::measure(&binary, args.rounds, &mut table).await?;
    }
    let mut scene = Scene::set(args, &binary).await?;
    if does(Part::Throughput) {
        throughput::measure(&scene, &mut table).await?;
    }
    if does(Part::Recording) {
        recording::measure(&scene, &mut table).await?;
    }
    if does(Part::Outage) {
        outage::measure(&mut scene, &mut table).await?;
    }
    if does(Part::Sessions) {
        sessions::measure(&scene, &mut table).await?;
    }
    if does(Part::Listing) {
        listing::measure(&scene, &mut table).await?;
    }
    table.print();
    scene.deployment.stop().await
}

impl Args {
    const fn measured(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
