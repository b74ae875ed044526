//! The doors: what clients speak to. Each decodes, hands on to the relay, and
//! encodes; what is the same for both is in `address` (which door), `entrance`
//! (who may come in), `body`, `refusal` and `event_stream`.

mod address;
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

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use access::Network;
use axum::response::{IntoResponse as _, Response};
use http::Request;
use hyper::body::Incoming;
use service_host::{Front, Shutdown, Tasks};

use crate::{key_uses::KeyUses, relay::Relay};

use address::{Address, Door};
use entrance::Visitor;
pub(crate) use origin::AllowedHosts;
#[cfg(feature = "fuzzing")]
pub(crate) use stateless_http::fuzz_headers;

/// What the doors need.
#[derive(Debug)]
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
        // Nearly always so, and no time has to be taken.
        if self.relay.directory.glance().is_whole() {
            return Ok(());
        }
        let known = self.relay.directory.is_known();
        tokio::time::timeout(FIRST_SNAPSHOT, known)
            .await
            .map_err(|_| refusal::Refusal::starting())
    }

    async fn serve(
        self: &Arc<Self>,
        request: Request<Incoming>,
        peer: IpAddr,
    ) -> Result<Response, refusal::Refusal> {
        let (head, body) = request.into_parts();
        let Some(address) = Address::parse(head.uri.path()) else {
            return Err(refusal::Refusal::not_found(
                "there is nothing here; MCP is at /projects/{project}/mcp and /projects/{project}/servers/{server}/mcp, \
                 its older form at .../sse",
            ));
        };
        self.are_open().await?;
        let visitor = Visitor::admit(self, &address, &head, peer)?;
        match address.door {
            Door::Mcp => streamable_http::serve(self, &visitor, &head, body).await,
            Door::Sse => sse::serve_stream(self, &visitor, &head),
            Door::Messages => sse::serve_message(self, &visitor, &head, body).await,
        }
    }
}

impl Front for Doors {
    fn route(&self, path: &str) -> &'static str {
        Address::parse(path).map_or("unmatched", |address| address.route())
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Response {
        let answered = self.serve(request, peer.ip()).await;
        answered.unwrap_or_else(refusal::Refusal::into_response)
    }
}
