//! Which projects changed in what a gateway must know of them.
//!
//! The deployment has a version that every such change counts up, in the
//! change's own transaction, and the changed project is stamped with it. Who
//! watches compares versions: it sees all that is committed, whoever committed
//! it, and however long it did not look, it has no more to catch up with than
//! one change of each project.

mod store;

use std::collections::BTreeMap;

use database::{Database, DatabaseError, Transaction};
use domain::ProjectId;
use tokio::sync::watch;

/// The version of each project that there is.
pub(crate) type Versions = BTreeMap<ProjectId, i64>;

/// Where changes are told. Clones tell the same watchers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    announced: watch::Sender<()>,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Counts a change of the project (one that is deleted, too), within the
    /// transaction that makes it.
    ///
    /// Other such transactions wait here until this one ends: called first, it
    /// makes what is read after it hold until the commit.
    pub(crate) async fn record(
        &self,
        transaction: &mut Transaction,
        project: ProjectId,
    ) -> Result<(), DatabaseError> {
        let version = store::count_up(transaction).await?;
        store::stamp(transaction, project, version).await
    }

    /// Waits until no other such transaction runs, and makes others wait, where
    /// no project changes.
    pub(crate) async fn wait(&self, transaction: &mut Transaction) -> Result<(), DatabaseError> {
        store::count_up(transaction).await.map(drop)
    }

    /// Commits a transaction that recorded its changes, and wakes the watchers
    /// of this process. Those of another find the change when they next look.
    pub(crate) async fn finish(&self, transaction: Transaction) -> Result<(), DatabaseError> {
        transaction.commit().await?;
        self.announced.send_replace(());
        Ok(())
    }

    /// Records that the project changed, and finishes.
    pub(crate) async fn commit(
        &self,
        mut transaction: Transaction,
        project: ProjectId,
    ) -> Result<(), DatabaseError> {
        self.record(&mut transaction, project).await?;
        self.finish(transaction).await
    }

    /// Wakes at every announcement from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.announced.subscribe()
    }
}

/// The version of the deployment, as committed now: as long as it stays, no
/// project changed.
pub(crate) async fn latest(database: &Database) -> Result<i64, DatabaseError> {
    store::latest(database).await
}

/// Every project with its version, as committed now.
pub(crate) async fn versions(database: &Database) -> Result<Versions, DatabaseError> {
    store::versions(database).await
}
