//! What gateways must know: every project with its servers and its living keys,
//! and each change of them after it is committed.
//!
//! A change raises the deployment's version as the last act of its transaction,
//! and the row lock holds until the commit: versions appear in the order of
//! commits, so "everything above the version that I have seen" misses nothing,
//! whichever replica of this service made the change.

pub(crate) mod rpc;
pub(crate) mod store;

use database::{Database, Transaction};
use domain::{ApiKeyId, Clock, Permission, ProjectId, Timestamp, UserId};
use service_error::ServiceError;
use tokio::sync::watch;

use crate::servers::Server;

/// How a change reaches the gateways. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Changes {
    /// Holds nothing: wakes the watchers of this process, who then look for
    /// themselves. A change that meets another is seen with it.
    committed: watch::Sender<()>,
}

/// All that a gateway knows of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectState {
    pub(crate) id: ProjectId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) servers: Vec<Server>,
    pub(crate) keys: Vec<LivingKey>,
}

/// A key that is neither revoked nor past its end, whose creator is active and
/// in the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LivingKey {
    pub(crate) id: ApiKeyId,
    pub(crate) lookup_id: String,
    pub(crate) hash: Vec<u8>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) user_id: UserId,
    pub(crate) permissions: Vec<Permission>,
}

/// One gateway's look at the changes.
pub(crate) struct Watcher {
    database: Database,
    clock: Clock,
    committed: watch::Receiver<()>,
    seen: i64,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self {
            committed: watch::Sender::new(()),
        }
    }

    /// Commits a change of a project and tells the gateways.
    pub(crate) async fn commit(
        &self,
        mut transaction: Transaction,
        project_id: ProjectId,
    ) -> Result<(), ServiceError> {
        store::raise_version(&mut transaction, project_id).await?;
        transaction.commit().await?;
        self.committed.send_replace(());
        Ok(())
    }

    /// A watcher that has seen nothing yet.
    pub(crate) fn watch(&self, database: Database, clock: Clock) -> Watcher {
        Watcher {
            database,
            clock,
            committed: self.committed.subscribe(),
            seen: 0,
        }
    }
}

impl Watcher {
    /// The projects that changed since the last look: all of them at the first.
    pub(crate) async fn look(&mut self) -> Result<Vec<ProjectState>, ServiceError> {
        let version = store::version(&self.database).await?;
        if version == self.seen {
            return Ok(Vec::new());
        }
        let after = if version < self.seen {
            // The database was put back to an earlier day: all of it is new.
            tracing::warn!(
                version,
                seen = self.seen,
                "the database went back in time, sending all of it"
            );
            0
        } else {
            self.seen
        };
        // Read after the version: what is newer than it comes again next time.
        let projects = store::changed_after(&self.database, after, self.clock.now()).await?;
        self.seen = version;
        Ok(projects)
    }

    /// Waits for a commit in this process.
    pub(crate) async fn committed(&mut self) {
        // Fails when nobody is left who could commit: then there is nothing to
        // wait for, and the caller's own clock goes on.
        if self.committed.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests;
