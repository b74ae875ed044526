use std::{pin::Pin, time::Duration};

use futures::{
    Stream, StreamExt as _, TryFutureExt as _, TryStreamExt as _, future,
    stream::{self, TryReadyChunksError},
};
use proto::logging::{AppendRequest, AppendResponse, ingest_service_server::IngestService};
use service_host::{Background, Shutdown};
use tokio::{sync::mpsc, task::JoinError};
use tonic::{Request, Response, Status, Streaming};

use crate::ingest::{Ingest, Prepared};

/// How long a stream stays without a batch once the process is to stop. A
/// gateway that stops as well has that long to send its last ones.
const LINGER: Duration = Duration::from_secs(1);

/// Batches that are written in one transaction, at most. While one is committed
/// others become ready, and rows that several of them count in, or look up, cost
/// what those of one batch do.
const TOGETHER: usize = 10;

/// Transactions of a stream: one writes its calls while the other is finished.
const AT_A_TIME: usize = 2;

pub(super) struct IngestRpc {
    pub(super) ingest: Ingest,
    pub(super) background: Background,
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
        let (ingest, background) = (self.ingest.of_a_stream(), self.background.clone());
        let (sender, mut receiver) = mpsc::channel(TOGETHER);
        let preparing = ingest.clone();
        let prepare = move |request| preparing.prepare(request).map_err(Status::from);
        let reading = read(requests, prepare, self.shutdown.clone(), sender);
        let prepared = stream::poll_fn(move |context| receiver.poll_recv(context));
        let ready = prepared.try_buffered(TOGETHER).try_ready_chunks(TOGETHER);
        let responses = when_it_can_be_stored(ready, ingest.clone())
            .map(move |ready| {
                let (ingest, background) = (ingest.clone(), background.clone());
                async move { background.run(store(ready, ingest)).await }
            })
            .buffered(AT_A_TIME)
            .flat_map(|stored| {
                let failed = |error: JoinError| vec![Err(Status::internal(error.to_string()))];
                stream::iter(stored.unwrap_or_else(failed))
            });
        // The next ones are read and made ready while others are written, or few would be
        // ready when these are done.
        let reading = stream::once(reading).filter_map(|()| future::ready(None));
        Ok(Response::new(Box::pin(stream::select(responses, reading))))
    }
}

/// Takes what is ready when it can be stored, and not before: more is ready by then.
fn when_it_can_be_stored<S: Stream + Send>(ready: S, ingest: Ingest) -> impl Stream<Item = S::Item> + Send {
    stream::unfold((Box::pin(ready), ingest), async |(mut ready, ingest)| {
        ingest.next_turn().await;
        let next = ready.next().await?;
        Some((next, (ready, ingest)))
    })
}

/// Stores runs that are ready, and then fails as the one behind them did.
async fn store(
    ready: Result<Vec<Prepared>, TryReadyChunksError<Prepared, Status>>,
    ingest: Ingest,
) -> Vec<Result<AppendResponse, Status>> {
    let (prepared, end) = match ready {
        Ok(prepared) => (prepared, None),
        Err(TryReadyChunksError(prepared, error)) => (prepared, Some(error)),
    };
    match ingest.store(prepared).await {
        Ok(stored) => stored.into_iter().map(Ok).chain(end.map(Err)).collect(),
        Err(error) => vec![Err(error.into())],
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
