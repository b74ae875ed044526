//! Brings what the spool holds to the logging service, for as long as it takes.
//! Never in the way of a call: all that a call knows is the spool.
//!
//! There are two lanes. The live one carries what is recorded now; when it has
//! fallen behind, because the logging service was away, it leaves the backlog to
//! the other lane and goes on with what comes. So what happens now is seen now,
//! and the backlog drains beside it.

mod batch;
mod lane;

use std::sync::Arc;

use access::ServiceIdentity;
use domain::GatewayId;
use proto::logging::ingest_service_client::IngestServiceClient;
use service_host::{Channel, Shutdown};
use spool::{Reader, Spool};
use tokio::sync::mpsc;
use tonic::service::interceptor::InterceptedService;

use lane::Lane;

/// Frames that the live lane is behind before it leaves them.
const BEHIND: u64 = 5_000;

/// Backlogs that wait for their turn. When there are more, the live lane carries
/// what it is behind itself.
const MAX_BACKLOGS: usize = 16;

pub(crate) type Client = IngestServiceClient<InterceptedService<Channel, ServiceIdentity>>;

/// Reads the spool and sends it.
#[derive(Clone)]
pub(crate) struct Shipper {
    pub(crate) spool: Arc<Spool>,
    pub(crate) client: Client,
    pub(crate) gateway_id: GatewayId,
    pub(crate) shutdown: Shutdown,
}

impl Shipper {
    /// Ships until the soft stop, and then what is left while half of the grace lasts.
    /// The rest is on the disk, and the next life of the gateway ships it.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let (leave, left) = mpsc::channel(MAX_BACKLOGS);
        let live = Lane::live(self.clone(), leave);
        let (spool, shutdown) = (self.spool.clone(), self.shutdown.clone());
        let shipping = async { tokio::join!(live.run(), self.run_backlogs(left)) };
        tokio::select! {
            _ = shipping => {}
            () = shutdown.half_grace() => {
                let frames = spool.usage().unacknowledged;
                tracing::info!(frames, "logging is slow: the rest waits in the spool for the next start");
            }
        }
        Ok(())
    }

    async fn run_backlogs(self, mut left: mpsc::Receiver<Reader>) {
        while let Some(reader) = left.recv().await {
            let frames = reader.unread();
            tracing::info!(frames, "shipping a backlog beside what is recorded now");
            Lane::backlog(self.clone(), reader).run().await;
        }
    }
}

#[cfg(test)]
mod tests;
