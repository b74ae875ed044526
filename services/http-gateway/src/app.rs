use std::{sync::Arc, time::Duration};

use access::Network;
use domain::Clock;
use service_host::{Shutdown, Tasks};
use tokio::sync::Semaphore;

use crate::backends::Backends;

/// What every handler may use. It holds no state of its own.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) backends: Backends,
    pub(crate) clock: Clock,
    pub(crate) shutdown: Shutdown,
    pub(crate) tasks: Tasks,
    /// Places for live tails.
    pub(crate) tails: Arc<Semaphore>,
    /// Places for requests that are done to their end though the caller goes.
    pub(crate) idempotent: Arc<Semaphore>,
    /// Time between two heartbeats of one.
    pub(crate) heartbeat: Duration,
    pub(crate) addresses: Arc<Addresses>,
    pub(crate) trusted_proxies: Arc<[Network]>,
}

/// Where people and clients find the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// Origin of the web UI, where it is configured.
    pub(crate) web: Option<String>,
    /// Base of the addresses that MCP clients are given.
    pub(crate) mcp: String,
}

impl Addresses {
    /// Whether browsers come over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.web.as_deref().is_some_and(|web| web.starts_with("https://"))
    }

    /// Where a client reaches all servers of a project.
    pub(crate) fn mcp_of(&self, slug: &str) -> String {
        format!("{}/projects/{slug}/mcp", self.mcp.trim_end_matches('/'))
    }
}
