//! The index of words, made behind the ingest: some thousand calls at a time
//! become a volume. What waits is found by reading it.

use std::time::Duration;

use database::DatabaseError;
use opentelemetry::metrics::Gauge;
use service_host::{Background, Shutdown};
use uuid::Uuid;

use threads::Threads;

use crate::{row::row, store::Store};

mod store;
mod threads;

#[cfg(test)]
mod tests;

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Calls that wait until it is worth a volume: each of them is read by who looks
/// for words, and each volume is looked into.
const WORTH_A_VOLUME: u64 = 2_048;

/// So many wait only while the ingest leaves no processor to spare. Then they are no
/// longer left behind it: each of them is read by who looks for words.
const TOO_MANY: u64 = 65_536;

/// Volumes of a backlog between which is tidied up.
const TIDY_AFTER: u32 = 32;

row! {
    /// A call that ended and is in no volume yet.
    #[derive(Eq, PartialOrd, Ord, sqlx::FromRow)]
    pub(crate) struct UnindexedRow in "unindexed_calls" {
        project_id: Uuid,
        started_at: i64,
        tool_call_id: Uuid,
    }
}

/// Indexes until the process is to stop, behind the ingest where processors are short.
/// What fails is tried again.
pub(crate) async fn run(store: Store, behind: Background, shutdown: Shutdown) -> anyhow::Result<()> {
    let behind = Threads::Behind(behind);
    let unindexed = opentelemetry::global::meter("logging")
        .u64_gauge("mcporch_unindexed_calls")
        .with_description("Calls whose words are not in the index yet")
        .build();
    unindexed.record(0, &[]);
    loop {
        if let Err(error) = index(&store, &behind, &unindexed, &shutdown).await {
            tracing::warn!(%error, "words of calls could not be indexed");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.soft() => return Ok(()),
        }
    }
}

/// Indexes until few calls wait.
async fn index(
    store: &Store,
    behind: &Threads,
    unindexed: &Gauge<u64>,
    shutdown: &Shutdown,
) -> Result<(), DatabaseError> {
    let mut volumes = 0;
    while !shutdown.is_soft() {
        let count = store.count_unindexed().await?;
        unindexed.record(count, &[]);
        let threads = if count < TOO_MANY {
            behind
        } else {
            &Threads::Beside
        };
        if count < WORTH_A_VOLUME || store.index_calls(WORTH_A_VOLUME, threads).await? == 0 {
            break;
        }
        volumes += 1;
        if volumes % TIDY_AFTER == 0 {
            store.tidy_unindexed().await?;
        }
    }
    if volumes > 0 {
        store.tidy_unindexed().await?;
    }
    Ok(())
}

/// Leaves nothing to wait.
#[cfg(test)]
pub(crate) async fn everything(store: &Store) {
    while store.index_calls(1, &Threads::Beside).await.unwrap() > 0 {}
    store.tidy_unindexed().await.unwrap();
}
