//! A bridge for clients that speak only over stdin and stdout: each line goes to
//! the gateway over Streamable HTTP as it is, and what comes back becomes lines.

use std::process::ExitCode;

use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    sync::mpsc,
};

mod gateway;
mod message;

use crate::http_client;
use gateway::Gateway;
use message::Message;

/// Requests that are under way at once. One more is refused: to read no further
/// would keep answers of the client from those that wait for them.
const MAX_UNDER_WAY: usize = 1_000;

/// Lines that wait to be written. When it is full, streams are read no further.
const LINES: usize = 64;

/// Lets a client that speaks only over stdin and stdout reach a project
///
/// The client starts it as its server. What it writes to standard error is for people.
#[derive(clap::Args)]
pub(crate) struct StdioArgs {
    /// The MCP URL: https://HOST/projects/PROJECT/mcp
    #[arg(long, env = "MCPORCH_CALL_URL")]
    url: String,

    /// An API key of the project. In the environment nobody else on this machine sees it
    #[arg(long, env = "MCPORCH_CALL_KEY", hide_env_values = true)]
    key: String,
}

/// 0: the client is done.
pub(crate) async fn run(args: StdioArgs) -> anyhow::Result<ExitCode> {
    http_client::read_url(&args.url)?;
    let (says, said) = mpsc::channel(LINES);
    let gateway = Gateway::new(args.url, args.key, says)?;
    pass_on(&gateway, said).await?;
    gateway.end().await;
    Ok(ExitCode::SUCCESS)
}

/// Until the client closes stdin.
async fn pass_on(gateway: &Gateway, mut said: mpsc::Receiver<String>) -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut stdout = tokio::io::stdout();
    let mut under_way = FuturesUnordered::new();
    // What has to be done before the next line is looked at.
    let mut first: Option<BoxFuture<'_, ()>> = None;
    let mut listening: Option<BoxFuture<'_, ()>> = None;
    loop {
        tokio::select! {
            line = lines.next_line(), if first.is_none() => {
                let Some(line) = line? else { return Ok(()) };
                let Some(message) = Message::read(line) else {
                    eprintln!("mcp-orch: the client wrote a line that is no JSON");
                    continue;
                };
                if let Some(id) = message.awaited() {
                    if under_way.len() >= MAX_UNDER_WAY {
                        let words = "too many requests are under way; wait for some of them";
                        write(&mut stdout, &message::refusal(id, words)).await?;
                        continue;
                    }
                    if !gateway.has_begun() && !message.begins_a_session() {
                        write(&mut stdout, &message::no_such_method(id)).await?;
                        continue;
                    }
                }
                if message.is_initialized() && listening.is_none() {
                    listening = Some(gateway.listen().boxed());
                }
                if message.awaited().is_some() && !message.begins_a_session() {
                    under_way.push(gateway.pass_on(message));
                } else {
                    first = Some(gateway.pass_on(message).boxed());
                }
            }
            () = async { first.as_mut().expect("there is one").await }, if first.is_some() => first = None,
            Some(()) = under_way.next(), if !under_way.is_empty() => {}
            () = async { listening.as_mut().expect("there is one").await }, if listening.is_some() => {
                listening = None;
            }
            Some(line) = said.recv() => write(&mut stdout, &line).await?,
        }
    }
}

async fn write(stdout: &mut tokio::io::Stdout, line: &str) -> std::io::Result<()> {
    stdout.write_all(line.as_bytes()).await?;
    stdout.write_all(b"\n").await?;
    stdout.flush().await
}
