use std::{pin::Pin, time::Duration};

use access::Pepper;
use database::Database;
use domain::{Clock, Permission, Timestamp};
use futures::Stream;
use proto::{
    convert::FromWire as _,
    projects::{self as wire, watch_response::Event},
};
use service_host::Shutdown;
use tokio::time::MissedTickBehavior;
use tonic::{Request, Response, Status};

use super::{Changes, LivingKey, ProjectState};

/// How often a watcher looks for changes that another replica made. What this
/// process makes is seen at once. Also how often an idle stream shows that it
/// lives, which the contract wants every 2 seconds.
const LOOK: Duration = Duration::from_secs(1);

/// `mcporch.projects.v1.SnapshotService`.
pub(crate) struct SnapshotRpc {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) changes: Changes,
    pub(crate) pepper: Pepper,
    pub(crate) shutdown: Shutdown,
}

type Events = Pin<Box<dyn Stream<Item = Result<wire::WatchResponse, Status>> + Send>>;

#[tonic::async_trait]
impl wire::snapshot_service_server::SnapshotService for SnapshotRpc {
    type WatchStream = Events;

    async fn watch(&self, _: Request<wire::WatchRequest>) -> Result<Response<Events>, Status> {
        let pepper = self.pepper.clone();
        let shutdown = self.shutdown.clone();
        let mut watcher = self.changes.watch(self.database.clone(), self.clock.clone());
        let events = async_stream::try_stream! {
            yield event(Event::Started(wire::SnapshotStarted {
                api_key_pepper: pepper.as_bytes().to_vec(),
            }));
            for project in watcher.look().await? {
                yield event(Event::Project(project.into()));
            }
            yield event(Event::Completed(wire::SnapshotCompleted {}));

            let mut tick = tokio::time::interval(LOOK);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = tick.tick() => {}
                    () = watcher.committed() => {}
                    // The gateway keeps what it has and asks the next process.
                    () = shutdown.soft() => break,
                }
                let changed = watcher.look().await?;
                if changed.is_empty() {
                    yield event(Event::Unchanged(wire::SnapshotUnchanged {}));
                }
                for project in changed {
                    yield event(Event::Project(project.into()));
                }
            }
        };
        Ok(Response::new(Box::pin(events)))
    }
}

fn event(event: Event) -> wire::WatchResponse {
    wire::WatchResponse { event: Some(event) }
}

impl From<ProjectState> for wire::ProjectSnapshot {
    fn from(project: ProjectState) -> Self {
        Self {
            id: project.id.to_string(),
            slug: project.slug,
            name: project.name,
            servers: project.servers.into_iter().map(wire::Server::from).collect(),
            api_keys: project.keys.into_iter().map(wire::ApiKeySnapshot::from).collect(),
        }
    }
}

impl From<LivingKey> for wire::ApiKeySnapshot {
    fn from(key: LivingKey) -> Self {
        Self {
            id: key.id.to_string(),
            lookup_id: key.lookup_id,
            hash: key.hash,
            expires_at_us: key.expires_at.map(Timestamp::as_micros),
            created_by_user_id: key.user_id.to_string(),
            permissions: key.permissions.into_iter().map(Permission::to_wire).collect(),
        }
    }
}
