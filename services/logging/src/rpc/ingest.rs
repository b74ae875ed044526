use std::{pin::Pin, time::Duration};

use async_stream::try_stream;
use futures::{Stream, TryFutureExt as _, TryStreamExt as _, stream::TryReadyChunksError};
use proto::logging::{AppendRequest, AppendResponse, ingest_service_server::IngestService};
use service_host::Shutdown;
use tonic::{Request, Response, Status, Streaming};

use crate::ingest::Ingest;

/// How long a stream stays without a batch once the process is to stop. A
/// gateway that stops as well has that long to send its last ones.
const LINGER: Duration = Duration::from_secs(1);

/// Batches that are written in one transaction, at most. While one is committed
/// others become ready, and rows that several of them count in, or look up, cost
/// what those of one batch do.
const TOGETHER: usize = 4;

/// Batches that are made ready beside those that are written.
const READY: usize = 2 * TOGETHER;

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
        let mut requests = request.into_inner();
        let (ingest, shutdown) = (self.ingest.clone(), self.shutdown.clone());
        let preparing = ingest.clone();
        let prepared = try_stream! {
            while let Some(request) = next(&mut requests, &shutdown).await? {
                let ingest = preparing.clone();
                yield async move { ingest.prepare(request).map_err(Status::from).await };
            }
        };
        // Some batches are written while the next ones are made ready. Others wait in
        // the connection, whose window is the bound.
        let mut prepared = Box::pin(prepared.try_buffered(READY).try_ready_chunks(TOGETHER));
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
        Ok(Response::new(Box::pin(responses)))
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
