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
use domain::{Clock, ProjectId};
use tokio::sync::watch;

use crate::activities::{self, Actor, Deed};

/// The version of each project that is not in the trash.
pub(crate) type Versions = BTreeMap<ProjectId, i64>;

/// Where changes are made and told. Clones tell the same watchers.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    database: Database,
    clock: Clock,
    announced: watch::Sender<()>,
}

impl Changes {
    pub(crate) fn new(database: Database, clock: Clock) -> Self {
        Self {
            database,
            clock,
            announced: watch::Sender::new(()),
        }
    }

    /// Begins a change. Others wait here until it ends: what is read within it
    /// holds until the commit, and no two wait for each other.
    pub(crate) async fn begin(&self) -> Result<Transaction, DatabaseError> {
        let mut transaction = self.database.begin().await?;
        store::wait(&mut transaction).await?;
        Ok(transaction)
    }

    /// Counts a change of the project (one that is deleted, too), within the
    /// transaction that makes it.
    pub(crate) async fn record(
        &self,
        transaction: &mut Transaction,
        project: ProjectId,
    ) -> Result<(), DatabaseError> {
        let version = store::count_up(transaction).await?;
        store::stamp(transaction, project, version).await
    }

    /// Commits a change together with the activity that says what it was, and
    /// wakes the watchers of this process. Those of another find it when they
    /// next look.
    pub(crate) async fn finish(
        &self,
        mut transaction: Transaction,
        by: &Actor,
        deed: Deed,
    ) -> Result<(), DatabaseError> {
        activities::record(&mut transaction, &self.clock, by, deed).await?;
        transaction.commit().await?;
        self.announced.send_replace(());
        Ok(())
    }

    /// Records that the project changed, and commits what a test did by hand.
    #[cfg(test)]
    pub(crate) async fn commit(
        &self,
        mut transaction: Transaction,
        project: ProjectId,
    ) -> Result<(), DatabaseError> {
        self.record(&mut transaction, project).await?;
        transaction.commit().await?;
        self.announced.send_replace(());
        Ok(())
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

/// Every project with its version, as committed now. One in the trash is gone
/// for those who watch.
pub(crate) async fn versions(database: &Database) -> Result<Versions, DatabaseError> {
    store::versions(database).await
}
