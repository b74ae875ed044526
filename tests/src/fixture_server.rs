//! An MCP server with one of everything that the specification names, for tests.
//!
//! The features (`tools`, `resources`, `prompts`) are written once and know
//! neither era nor transport; [`legacy`] and [`modern`] carry them as each era
//! does, over [`stdio`] and [`http`]. A tool that asks its client something is
//! the same lines in both eras: [`exchange::Exchange::ask`] sends a request to a
//! legacy client and ends the call with `input_required` for a modern one.
//!
//! Names and texts of what begins with `test_` are those that the official
//! conformance suite asks for.

mod exchange;
mod headers;
mod http;
mod ledger;
mod legacy;
mod methods;
mod modern;
mod prompts;
mod resources;
mod stdio;
mod tools;

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
};

use tokio::sync::{broadcast, mpsc};
use uuid::Uuid;

pub use http::HttpFixture;

/// How clients speak to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// `initialize` and sessions: 2024-11-05 to 2025-11-25.
    Legacy,
    /// Stateless: 2026-07-28.
    Modern,
    /// Whatever the client speaks.
    Both,
}

/// Where messages of the server go. A full one makes the server wait.
type Outlet = mpsc::Sender<serde_json::Value>;

/// Messages that may wait for a slow reader.
const OUTLET_MESSAGES: usize = 256;

/// The server, whatever carries its messages.
pub struct FixtureServer {
    era: Era,
    ledger: ledger::Ledger,
    changes: broadcast::Sender<Change>,
    /// Makes and checks `requestState`.
    key: Uuid,
    /// Counts calls of the tool `count`.
    count: AtomicU64,
    /// Counts changes of the list of tools.
    tool_changes: AtomicU64,
}

/// Something that those who asked for it are told.
#[derive(Debug, Clone)]
enum Change {
    Tools,
    Prompts,
    Resource(String),
}

impl FixtureServer {
    /// A server that writes a line for each tool call into the file `ledger`.
    pub fn new(era: Era, ledger: Option<&Path>) -> anyhow::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            era,
            ledger: ledger::Ledger::open(ledger)?,
            changes: broadcast::channel(1_024).0,
            key: Uuid::new_v4(),
            count: AtomicU64::new(0),
            tool_changes: AtomicU64::new(0),
        }))
    }

    /// Serves stdin and stdout until stdin ends.
    pub async fn serve_stdio(self: &Arc<Self>) -> anyhow::Result<()> {
        stdio::serve(self).await
    }

    /// Serves Streamable HTTP at `/mcp`, and HTTP+SSE at `/sse` to clients of
    /// the legacy era, until what is returned is dropped.
    pub async fn serve_http(self: &Arc<Self>, address: std::net::SocketAddr) -> anyhow::Result<HttpFixture> {
        http::serve(self, address).await
    }
}

impl Change {
    fn method(&self) -> &'static str {
        match self {
            Self::Tools => "notifications/tools/list_changed",
            Self::Prompts => "notifications/prompts/list_changed",
            Self::Resource(_) => "notifications/resources/updated",
        }
    }

    fn params(&self) -> serde_json::Map<String, serde_json::Value> {
        match self {
            Self::Resource(uri) => [("uri".to_owned(), uri.as_str().into())].into_iter().collect(),
            Self::Tools | Self::Prompts => serde_json::Map::new(),
        }
    }
}

/// Runs a task of the server.
fn spawn(task: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a server for tests has no host to keep its tasks"
    )]
    tokio::spawn(task)
}
