//! The MCP server of the tests as a program: over stdin and stdout, or over HTTP.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, ValueEnum};
use tests::{Era, FixtureServer};

#[derive(Parser)]
struct Arguments {
    /// How clients may speak to it.
    #[arg(long, value_enum, default_value = "both")]
    era: Spoken,
    /// Listens here, such as 127.0.0.1:0, and prints where; else stdin and stdout.
    #[arg(long)]
    http: Option<SocketAddr>,
    /// A file that gets a line for each tool call before it is answered.
    #[arg(long, env = "LEDGER")]
    ledger: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Spoken {
    Legacy,
    Modern,
    Both,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let era = match arguments.era {
        Spoken::Legacy => Era::Legacy,
        Spoken::Modern => Era::Modern,
        Spoken::Both => Era::Both,
    };
    let server = FixtureServer::new(era, arguments.ledger.as_deref())?;
    let Some(address) = arguments.http else {
        return server.serve_stdio().await;
    };
    let listening = server.serve_http(address).await?;
    println!("{}", listening.mcp_url());
    listening.wait().await;
    Ok(())
}
