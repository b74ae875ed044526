use std::{pin::Pin, time::Duration};

use async_stream::try_stream;
use futures::{
    Stream, StreamExt as _, TryFutureExt as _, TryStreamExt as _,
    future::ready,
    stream::{self, TryReadyChunksError},
};
use proto::logging::{AppendRequest, AppendResponse, ingest_service_server::IngestService};
use service_host::Shutdown;
use tokio::sync::mpsc;
use tonic::{Request, Response, Status, Streaming};

use crate::ingest::Ingest;

/// How long a stream stays without a batch once the process is to stop. A
/// gateway that stops as well has that long to send its last ones.
const LINGER: Duration = Duration::from_secs(1);

/// Batches that are written in one transaction, at most. While one is committed
/// others become ready, and rows that several of them count in, or look up, cost
/// what those of one batch do.
const TOGETHER: usize = 8;

pub(super) struct IngestRpc {
    pub(super) ingest: Ingest,
    pub(super) shutdown: Shutdown,
}

#[tonic::async_trait]
impl IngestService for IngestRpc {
    type AppendStream = Pin<Box<dyn Stream<Item = Result<AppendResponse, Status>> + Send>>;

    async fn append(
        &self,
        request: Request<Streaming<AppendRequest>>,
    ) -> Result<Response<Self::AppendStream>, Status> {
        let requests = request.into_inner();
        let ingest = self.ingest.clone();
        let (sender, mut receiver) = mpsc::channel(TOGETHER);
        let preparing = ingest.clone();
        let prepare = move |request| preparing.prepare(request).map_err(Status::from);
        let reading = read(requests, prepare, self.shutdown.clone(), sender);
        let prepared = stream::poll_fn(move |context| receiver.poll_recv(context));
        let prepared = prepared.try_buffered(TOGETHER).try_ready_chunks(TOGETHER);
        let mut prepared = Box::pin(prepared);
        let responses = try_stream! {
            loop {
                // Those before one that cannot be read are stored all the same.
                let (batches, end) = match prepared.try_next().await {
                    Ok(Some(batches)) => (batches, None),
                    Ok(None) => break,
                    Err(TryReadyChunksError(batches, error)) => (batches, Some(error)),
                };
                for response in ingest.store(batches).await? {
                    yield response;
                }
                if let Some(error) = end {
                    Err(error)?;
                }
            }
        };
        // The next ones are read and made ready while others are written, or few would be
        // ready when these are done.
        let reading = stream::once(reading).filter_map(|()| ready(None));
        Ok(Response::new(Box::pin(stream::select(responses, reading))))
    }
}

/// Has what comes made ready. What does not go on waits in the connection, whose window
/// is the bound.
async fn read<P>(
    mut requests: Streaming<AppendRequest>,
    prepare: impl Fn(AppendRequest) -> P,
    shutdown: Shutdown,
    sender: mpsc::Sender<Result<P, Status>>,
) {
    while let Some(request) = next(&mut requests, &shutdown).await.transpose() {
        let is_last = request.is_err();
        if sender.send(request.map(&prepare)).await.is_err() || is_last {
            return;
        }
    }
}

async fn next(
    requests: &mut Streaming<AppendRequest>,
    shutdown: &Shutdown,
) -> Result<Option<AppendRequest>, Status> {
    let stopping = async {
        shutdown.soft().await;
        tokio::time::sleep(LINGER).await;
    };
    tokio::select! {
        biased;
        request = requests.message() => request,
        () = stopping => Ok(None),
    }
}
