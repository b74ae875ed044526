//! Brings what the spool holds to the logging service, for as long as it takes.
//! Never in the way of a call: all that a call knows is the spool.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use access::ServiceIdentity;
use domain::GatewayId;
use prost::Message as _;
use proto::logging::{AppendRequest, AppendResponse, Record, ingest_service_client::IngestServiceClient};
use service_host::{Channel, Shutdown};
use spool::{Frame, FrameKind, Reader, Spool};
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, service::interceptor::InterceptedService};

use crate::backoff::Backoff;

/// The most that one batch holds ...
const MAX_FRAMES: usize = 500;
const MAX_BYTES: usize = 1024 * 1024;

/// ... and how long a batch that is not full waits to be.
const LINGER: Duration = Duration::from_millis(200);

/// Batches that the logging service has not acknowledged yet.
const MAX_IN_FLIGHT: usize = 4;

/// After the soft stop: how long nothing may come before all is taken to be here.
const LAST_QUIET: Duration = Duration::from_millis(300);

pub(crate) type Client = IngestServiceClient<InterceptedService<Channel, ServiceIdentity>>;

/// Reads the spool and sends it.
pub(crate) struct Shipper {
    pub(crate) spool: Arc<Spool>,
    pub(crate) client: Client,
    pub(crate) gateway_id: GatewayId,
    pub(crate) shutdown: Shutdown,
}

/// What was read and is not acknowledged, oldest first. Sent again when a
/// stream breaks.
type Outstanding = VecDeque<AppendRequest>;

/// How a stream ended without an error.
enum End {
    /// All is delivered, and the gateway stops.
    Delivered,
    /// The other side closed it.
    Closed,
}

impl Shipper {
    /// Ships until the soft stop, and then what is left if it can be.
    pub(crate) async fn run(mut self) -> anyhow::Result<()> {
        let mut reader = self.spool.reader();
        let mut outstanding = Outstanding::new();
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
        loop {
            match self.stream(&mut reader, &mut outstanding, &mut backoff).await {
                Ok(End::Delivered) => return Ok(()),
                Ok(End::Closed) => tracing::debug!("logging closed the stream"),
                Err(status) => tracing::warn!(
                    code = ?status.code(),
                    message = status.message(),
                    "logging takes nothing, keeping it in the spool"
                ),
            }
            if self.shutdown.is_soft() {
                // It is on the disk, and the next life of the gateway ships it.
                return Ok(());
            }
            tokio::select! {
                () = backoff.wait() => {}
                () = self.shutdown.soft() => {}
            }
        }
    }

    async fn stream(
        &mut self,
        reader: &mut Reader,
        outstanding: &mut Outstanding,
        backoff: &mut Backoff,
    ) -> Result<End, Status> {
        // Never holds more than may be in flight, so sending does not wait.
        let (sender, receiver) = mpsc::channel(MAX_IN_FLIGHT);
        for batch in outstanding.iter() {
            let _ = sender.try_send(batch.clone());
        }
        let mut acks = self
            .client
            .append(ReceiverStream::new(receiver))
            .await?
            .into_inner();
        let mut send_at = None;
        let mut was_full = false;
        loop {
            let has_room = outstanding.len() < MAX_IN_FLIGHT;
            tokio::select! {
                ack = acks.message() => match ack? {
                    None => return Ok(End::Closed),
                    Some(ack) => {
                        backoff.reset();
                        self.acknowledged(outstanding, &ack)?;
                    }
                },
                () = reader.wait(), if has_room && send_at.is_none() => {
                    let linger = if was_full { Duration::ZERO } else { LINGER };
                    send_at = Some(Instant::now() + linger);
                }
                () = at(send_at), if has_room => {
                    send_at = None;
                    let frames = reader
                        .next_batch(MAX_FRAMES, MAX_BYTES)
                        .map_err(|error| Status::unavailable(format!("the spool cannot be read: {error}")))?;
                    was_full = frames.len() == MAX_FRAMES;
                    if let Some(batch) = self.batch(&frames) {
                        outstanding.push_back(batch.clone());
                        let _ = sender.try_send(batch);
                    }
                }
                () = self.quiet_at_the_end(), if outstanding.is_empty() && send_at.is_none() => {
                    return Ok(End::Delivered);
                }
            }
        }
    }

    async fn quiet_at_the_end(&self) {
        self.shutdown.soft().await;
        tokio::time::sleep(LAST_QUIET).await;
    }

    fn acknowledged(&self, outstanding: &mut Outstanding, ack: &AppendResponse) -> Result<(), Status> {
        let run = outstanding
            .front()
            .map(|batch| (batch.epoch, batch.first_seq, batch.last_seq));
        if run != Some((ack.epoch, ack.first_seq, ack.last_seq)) {
            return Err(Status::internal(
                "logging acknowledged what was not the oldest batch",
            ));
        }
        outstanding.pop_front();
        self.spool.acknowledge(ack.epoch, ack.first_seq, ack.last_seq);
        Ok(())
    }

    /// Frames as a batch. An intent whose outcome is in it too is left out: the
    /// outcome says all that it does.
    fn batch(&self, frames: &[Frame]) -> Option<AppendRequest> {
        let (first, last) = (frames.first()?, frames.last()?);
        let closed: HashSet<_> = frames
            .iter()
            .filter(|frame| frame.kind == FrameKind::Closing)
            .map(|frame| frame.id)
            .collect();
        let records = frames
            .iter()
            .filter(|frame| frame.kind != FrameKind::Opening || !closed.contains(&frame.id))
            .filter_map(|frame| match Record::decode(frame.body.clone()) {
                Ok(record) => Some(record),
                Err(error) => {
                    tracing::error!(seq = frame.seq, %error, "a frame of the spool is no record, leaving it out");
                    None
                }
            })
            .collect();
        Some(AppendRequest {
            gateway_id: self.gateway_id.to_string(),
            epoch: first.epoch,
            first_seq: first.seq,
            last_seq: last.seq,
            records,
        })
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
