use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use proto::logging::{AppendRequest, AppendResponse};
use spool::{Frame, FrameKind, Reader};
use tokio::{sync::mpsc, time::Instant};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Response, Status, Streaming};

use super::{BEHIND, Shipper, batch::keep_records};
use crate::backoff::Backoff;

/// The most that one batch holds ...
const MAX_FRAMES: usize = 500;
const MAX_BYTES: usize = 1024 * 1024;

/// ... and how long a batch that is not full waits to be.
const LINGER: Duration = Duration::from_millis(200);

/// Batches that the logging service has not acknowledged yet.
const MAX_IN_FLIGHT: usize = 32;

/// How long nothing may be acknowledged before a stream is taken for dead.
const PATIENCE: Duration = Duration::from_mins(1);

/// After the soft stop: how long nothing may come before all is taken to be here.
const LAST_QUIET: Duration = Duration::from_millis(300);

/// One reader of the spool and the streams on which it is sent, one after the
/// other.
pub(super) struct Lane {
    shipper: Shipper,
    reader: Reader,
    /// Where the live lane leaves what it is behind; none for a backlog.
    leave: Option<mpsc::Sender<Reader>>,
    /// What was read and is not acknowledged, oldest first. Sent again when a
    /// stream breaks.
    outstanding: VecDeque<AppendRequest>,
    backoff: Backoff,
}

/// How a stream ended without an error.
enum End {
    /// All that this lane is to carry is delivered.
    Delivered,
    /// The other side closed it.
    Closed,
}

impl Lane {
    /// Carries what is recorded from now on, and what is left of earlier.
    pub(super) fn live(shipper: Shipper, leave: mpsc::Sender<Reader>) -> Self {
        let reader = shipper.spool.reader();
        Self::new(shipper, reader, Some(leave))
    }

    /// Carries what a reader has to its end.
    pub(super) fn backlog(shipper: Shipper, reader: Reader) -> Self {
        Self::new(shipper, reader, None)
    }

    fn new(shipper: Shipper, reader: Reader, leave: Option<mpsc::Sender<Reader>>) -> Self {
        Self {
            shipper,
            reader,
            leave,
            outstanding: VecDeque::new(),
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(5)),
        }
    }

    /// Until all is delivered, or it cannot be and the gateway stops.
    pub(super) async fn run(mut self) {
        let shutdown = self.shipper.shutdown.clone();
        loop {
            match self.stream().await {
                Ok(End::Delivered) => return,
                Ok(End::Closed) => tracing::debug!("logging closed the stream"),
                Err(status) => {
                    tracing::warn!(
                        code = ?status.code(),
                        message = status.message(),
                        "logging takes nothing, keeping it in the spool"
                    );
                    if status.code() == Code::Internal {
                        self.outstanding.iter_mut().for_each(keep_records);
                    }
                }
            }
            if shutdown.is_soft() {
                return;
            }
            tokio::select! {
                () = self.backoff.wait() => {}
                () = shutdown.soft() => {}
            }
        }
    }

    async fn stream(&mut self) -> Result<End, Status> {
        // Never holds more than may be in flight, so sending does not wait.
        let (sender, receiver) = mpsc::channel(MAX_IN_FLIGHT);
        for batch in &self.outstanding {
            let _ = sender.try_send(batch.clone());
        }
        let mut acks = self.open(receiver).await?;
        let is_live = self.leave.is_some();
        let mut send_at = None;
        let mut was_full = false;
        let mut last_ack = Instant::now();
        loop {
            let has_room = self.outstanding.len() < MAX_IN_FLIGHT;
            let is_idle = self.outstanding.is_empty() && send_at.is_none();
            if is_idle && !is_live && self.reader.unread() == 0 {
                return Ok(End::Delivered);
            }
            tokio::select! {
                ack = acks.message() => match ack? {
                    None => return Ok(End::Closed),
                    Some(ack) => {
                        last_ack = Instant::now();
                        self.backoff.reset();
                        self.acknowledged(&ack)?;
                    }
                },
                () = self.reader.wait(), if has_room && send_at.is_none() => {
                    let linger = if was_full || !is_live { Duration::ZERO } else { LINGER };
                    send_at = Some(Instant::now() + linger);
                }
                () = at(send_at), if has_room => {
                    send_at = None;
                    self.leave_backlog();
                    if self.outstanding.is_empty() {
                        last_ack = Instant::now();
                    }
                    let frames = self.next_frames()?;
                    was_full = frames.len() == MAX_FRAMES;
                    if let Some(batch) = self.batch(&frames) {
                        self.outstanding.push_back(batch.clone());
                        let _ = sender.try_send(batch);
                    }
                }
                () = tokio::time::sleep_until(last_ack + PATIENCE), if !self.outstanding.is_empty() => {
                    return Err(Status::deadline_exceeded("nothing was acknowledged for a minute"));
                }
                () = self.quiet_at_the_end(), if is_idle || !is_live => return Ok(End::Delivered),
            }
        }
    }

    async fn open(
        &self,
        batches: mpsc::Receiver<AppendRequest>,
    ) -> Result<Streaming<AppendResponse>, Status> {
        let mut client = self.shipper.client.clone();
        tokio::select! {
            opened = client.append(ReceiverStream::new(batches)) => opened.map(Response::into_inner),
            () = tokio::time::sleep(PATIENCE) => Err(Status::deadline_exceeded("no answer for a minute")),
            () = self.quiet_at_the_end() => Err(Status::cancelled("the gateway stops")),
        }
    }

    async fn quiet_at_the_end(&self) {
        self.shipper.shutdown.soft().await;
        tokio::time::sleep(LAST_QUIET).await;
    }

    /// Gives the other lane what this one is behind, where that is much.
    fn leave_backlog(&mut self) {
        let Some(leave) = &self.leave else { return };
        if self.reader.unread() < BEHIND {
            return;
        }
        let Ok(place) = leave.try_reserve() else { return };
        match self.reader.leave_behind() {
            Ok(Some(backlog)) => place.send(backlog),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the spool cannot be read"),
        }
    }

    fn next_frames(&mut self) -> Result<Vec<Frame>, Status> {
        self.reader
            .next_batch(MAX_FRAMES, MAX_BYTES)
            .map_err(|error| Status::unavailable(format!("the spool cannot be read: {error}")))
    }

    fn acknowledged(&mut self, ack: &AppendResponse) -> Result<(), Status> {
        let run = self
            .outstanding
            .front()
            .map(|batch| (batch.epoch, batch.first_seq, batch.last_seq));
        if run != Some((ack.epoch, ack.first_seq, ack.last_seq)) {
            return Err(Status::internal(
                "logging acknowledged what was not the oldest batch",
            ));
        }
        self.outstanding.pop_front();
        self.shipper
            .spool
            .acknowledge(ack.epoch, ack.first_seq, ack.last_seq);
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
            .map(|frame| frame.body.clone())
            .collect();
        Some(AppendRequest {
            gateway_id: self.shipper.gateway_id.to_string(),
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
