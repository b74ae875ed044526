//! Which projects changed in what a gateway must know of them.
//!
//! Each project has a version that every such change counts up, in the change's
//! own transaction. Who watches compares versions: it sees all that is
//! committed, whoever committed it, and however long it did not look, it has no
//! more to catch up with than one change of each project.

mod store;

use std::collections::HashMap;

use database::{Database, DatabaseError, Transaction};
use domain::ProjectId;
use tokio::sync::watch;

/// How often each project changed.
pub(crate) type Versions = HashMap<ProjectId, i64>;

/// Where changes are told. Clones tell the same watchers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    announced: watch::Sender<()>,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Counts a change of the project, within the transaction that makes it.
    ///
    /// Other writers of the project wait from here on until the transaction
    /// ends: called first, it makes what is read after it hold until the
    /// commit. Who changes several projects at once goes by order of their ids,
    /// or two such transactions could wait for each other.
    pub(crate) async fn record(
        &self,
        transaction: &mut Transaction,
        project: ProjectId,
    ) -> Result<(), DatabaseError> {
        store::count_up(transaction, project).await
    }

    /// Wakes the watchers of this process, after a commit. Those of another
    /// find the change when they next look.
    pub(crate) fn announce(&self) {
        self.announced.send_replace(());
    }

    /// Wakes at every announcement from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.announced.subscribe()
    }
}

/// Every project with its version, as committed now.
pub(crate) async fn versions(database: &Database) -> Result<Versions, DatabaseError> {
    store::versions(database).await
}
