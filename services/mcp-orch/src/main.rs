//! The one binary: all services in one process, or one each, and the commands
//! around them.

mod admin;
mod arrival;
mod call;
mod config;
mod connect;
mod data_folder;
mod demo;
mod doctor;
mod events;
mod health;
mod http_client;
mod import;
mod logs;
mod migrate;
mod operator;
mod palette;
mod project_reader;
mod sample_server;
mod serve;
mod settings;
mod stats;
mod stdio;
mod stores;
mod wiring;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

/// See `docs/adr/0021-memory-from-jemalloc.md`.
#[cfg(target_arch = "x86_64")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// One URL per project between your AI clients and your MCP servers, and a log of every tool call.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Call(call::CallArgs),
    Logs(logs::LogsArgs),
    Stats(stats::StatsArgs),
    Connect(connect::ConnectArgs),
    Stdio(stdio::StdioArgs),
    Import(import::ImportArgs),
    Admin(admin::AdminArgs),
    Doctor(doctor::DoctorArgs),
    Migrate(migrate::MigrateArgs),
    Health(health::HealthArgs),
    /// Runs a small MCP server over stdin and stdout, to try things with
    SampleServer,
    /// Stays with a server that the gateway started, until all of it is gone
    #[command(hide = true)]
    StdioChild {
        /// The server's command line
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::serve(args),
        Command::StdioChild { command } => mcp_gateway::run_stdio_child(command),
        Command::Call(args) => block_on(call::run(args)),
        Command::Logs(args) => block_on(Box::pin(logs::run(args))),
        Command::Stats(args) => block_on(stats::run(args)),
        Command::Connect(args) => block_on(connect::run(args)),
        Command::Stdio(args) => block_on(Box::pin(stdio::run(args))),
        Command::Import(args) => block_on(Box::pin(import::run(args))),
        Command::Admin(args) => block_on(Box::pin(admin::run(args))),
        Command::Doctor(args) => block_on(Box::pin(doctor::run(args))),
        Command::Migrate(args) => block_on(Box::pin(migrate::run(args))),
        Command::Health(args) => block_on(health::run(args)),
        Command::SampleServer => block_on(async {
            sample_server::run().await?;
            Ok(ExitCode::SUCCESS)
        }),
    }
}

/// Runs a command that is no service.
fn block_on(command: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(command));
    outcome.unwrap_or_else(|error| {
        eprintln!("mcp-orch: {error:#}");
        ExitCode::FAILURE
    })
}
