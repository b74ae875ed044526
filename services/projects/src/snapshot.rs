//! What a gateway must know to serve clients without asking anybody: every
//! project with its servers and its live keys, first whole, then as it changes.

pub(crate) mod changes;
pub(crate) mod rpc;
mod store;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use access::KeyHash;
use database::Database;
use domain::{ApiKeyId, Clock, Permission, ProjectId, Timestamp, UserId};
use futures::Stream;
use service_error::ServiceError;

use crate::{
    api_keys::KeyLimits,
    secrets::{SecretValues, Secrets},
    servers::{self, Server},
    settings::PayloadSettings,
};

pub(crate) use changes::Changes;

/// How often a watch looks for changes that another replica committed, and at
/// most how long it is silent.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a watch tells.
#[derive(Debug)]
pub(crate) enum Event {
    /// A project as it is now.
    Project(ProjectSnapshot),
    /// A project is gone.
    Removed(ProjectId),
    /// Every project was told.
    Completed,
    /// It was looked, and nothing had changed.
    Unchanged,
}

/// A project as a gateway needs it.
#[derive(Debug)]
pub(crate) struct ProjectSnapshot {
    pub(crate) id: ProjectId,
    pub(crate) slug: String,
    pub(crate) name: String,
    /// Each with its secrets in the clear.
    pub(crate) servers: Vec<(Server, SecretValues)>,
    pub(crate) api_keys: Vec<LiveKey>,
    pub(crate) payloads: PayloadSettings,
}

/// A key that is neither revoked nor past its end, whose creator is active and
/// in the project.
#[derive(Debug)]
pub(crate) struct LiveKey {
    pub(crate) id: ApiKeyId,
    pub(crate) lookup_id: String,
    pub(crate) hash: KeyHash,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) created_by: UserId,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) limits: KeyLimits,
}

/// Where gateways watch.
#[derive(Clone)]
pub(crate) struct Snapshots {
    database: Database,
    clock: Clock,
    changes: Changes,
    secrets: Secrets,
}

impl Snapshots {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes, secrets: Secrets) -> Self {
        Self {
            database,
            clock,
            changes,
            secrets,
        }
    }

    /// Everything, then every change, until the watcher goes or the database
    /// does.
    ///
    /// Nothing is queued: a project is read when the watcher takes it. One that
    /// changed ten times meanwhile is told once, as it is then.
    pub(crate) fn watch(&self) -> impl Stream<Item = Result<Event, ServiceError>> + Send + use<> {
        let snapshots = self.clone();
        async_stream::try_stream! {
            // Before the first look, so that no change falls between the two.
            let mut announced = snapshots.changes.subscribe();
            let mut latest = None;
            let mut told = BTreeMap::new();
            loop {
                let mut is_silent = true;
                let now = changes::latest(&snapshots.database).await?;
                if latest != Some(now) {
                    let versions = changes::versions(&snapshots.database).await?;
                    let gone: Vec<_> = told.keys().copied().filter(|id| !versions.contains_key(id)).collect();
                    for id in gone {
                        told.remove(&id);
                        yield Event::Removed(id);
                        is_silent = false;
                    }
                    for (id, version) in versions {
                        if told.get(&id) == Some(&version) {
                            continue;
                        }
                        // One that was deleted since the look is told as gone at the next.
                        if let Some(project) = snapshots.project(id).await? {
                            yield Event::Project(project);
                            is_silent = false;
                        }
                        told.insert(id, version);
                    }
                    if latest.is_none() {
                        yield Event::Completed;
                        is_silent = false;
                    }
                    latest = Some(now);
                }
                if is_silent {
                    yield Event::Unchanged;
                }
                tokio::select! {
                    // The sender lives in `snapshots`: this ends with a change.
                    _ = announced.changed() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        }
    }

    async fn project(&self, id: ProjectId) -> Result<Option<ProjectSnapshot>, ServiceError> {
        let Some(found) = store::find(&self.database, id).await? else {
            return Ok(None);
        };
        Ok(Some(ProjectSnapshot {
            id,
            slug: found.slug,
            name: found.name,
            servers: self.servers(id).await?,
            api_keys: store::live_keys(&self.database, id, self.clock.now()).await?,
            payloads: found.payloads.into(),
        }))
    }

    /// A server whose secrets cannot be opened would be started without them:
    /// it is left out, and does not take the others of its project along.
    async fn servers(&self, project: ProjectId) -> Result<Vec<(Server, SecretValues)>, ServiceError> {
        let mut secrets = self.secrets.open(project).await?;
        let mut servers = Vec::new();
        for server in servers::of_project(&self.database, project).await? {
            match secrets
                .remove(&server.id)
                .unwrap_or_else(|| Ok(SecretValues::new()))
            {
                Ok(values) => servers.push((server, values)),
                Err(error) => {
                    tracing::error!(server_id = %server.id, %error, "a secret cannot be opened, leaving the server out");
                }
            }
        }
        Ok(servers)
    }
}
