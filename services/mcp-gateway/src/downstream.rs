//! The doors: what clients speak to. Each decodes, hands on to the relay, and
//! encodes; what is the same for both is in `entrance` (who may come in),
//! `body`, `refusal` and `event_stream`.

mod batch;
mod body;
mod detachable;
mod entrance;
mod event_stream;
mod origin;
mod refusal;
mod sse;
mod stateless_http;
mod streamable_http;
mod takes;

use std::{sync::Arc, time::Duration};

use access::Network;
use axum::{Router, routing::any};
use service_host::{Shutdown, Tasks};

use crate::{key_uses::KeyUses, relay::Relay};

pub(crate) use origin::AllowedHosts;
#[cfg(feature = "fuzzing")]
pub(crate) use stateless_http::fuzz_headers;

/// What the doors need.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    pub(crate) relay: Arc<Relay>,
    pub(crate) key_uses: Arc<KeyUses>,
    pub(crate) hosts: Arc<AllowedHosts>,
    pub(crate) trusted_proxies: Arc<[Network]>,
    pub(crate) tasks: Tasks,
    pub(crate) shutdown: Shutdown,
}

/// How long who comes first may wait until keys are known: longer than a gateway
/// takes to start, shorter than clients are patient.
const FIRST_SNAPSHOT: Duration = Duration::from_secs(5);

impl Doors {
    /// Waits until keys are known. Who came too early would be told that theirs
    /// is none.
    async fn are_open(&self) -> Result<(), refusal::Refusal> {
        let known = self.relay.directory.is_known();
        tokio::time::timeout(FIRST_SNAPSHOT, known)
            .await
            .map_err(|_| refusal::Refusal::starting())
    }
}

/// Every address that clients may come to.
pub(crate) fn router(doors: Doors) -> Router {
    // `any`, because a method that is not there gets an answer that says what is.
    Router::new()
        .route("/projects/{project}/mcp", any(streamable_http::serve))
        .route("/projects/{project}/sse", any(sse::serve_stream))
        .route("/projects/{project}/messages", any(sse::serve_message))
        .route("/projects/{project}/servers/{server}/mcp", any(streamable_http::serve))
        .route("/projects/{project}/servers/{server}/sse", any(sse::serve_stream))
        .route("/projects/{project}/servers/{server}/messages", any(sse::serve_message))
        .fallback(async || {
            refusal::Refusal::not_found(
                "there is nothing here; MCP is at /projects/{project}/mcp and /projects/{project}/servers/{server}/mcp, \
                 its older form at .../sse",
            )
        })
        .with_state(doors)
}
