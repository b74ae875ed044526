use std::pin::Pin;

use access::Pepper;
use domain::{Permission, Timestamp};
use futures::{Stream, StreamExt as _, stream};
use proto::{
    convert::FromWire as _,
    projects::{
        self as wire, SnapshotCompleted, SnapshotStarted, SnapshotUnchanged, WatchRequest, WatchResponse,
        snapshot_service_server::SnapshotService, watch_response::Event as WireEvent,
    },
};
use service_error::ServiceError;
use service_host::Shutdown;
use tonic::{Request, Response, Status};

use super::{Event, LiveKey, ProjectSnapshot, Snapshots};
use crate::{servers::rpc::with_secrets, settings::rpc::payloads_to_wire};

/// `mcporch.projects.v1.SnapshotService`.
pub(crate) struct SnapshotRpc {
    pub(crate) snapshots: Snapshots,
    pub(crate) pepper: Pepper,
    pub(crate) shutdown: Shutdown,
}

#[tonic::async_trait]
impl SnapshotService for SnapshotRpc {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(&self, _request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let started = WireEvent::Started(SnapshotStarted {
            api_key_pepper: self.pepper.as_bytes().to_vec(),
        });
        let shutdown = self.shutdown.clone();
        let events = stream::iter([Ok(started)])
            .chain(self.snapshots.watch().map(|event| event.map(event_to_wire)))
            .map(|event: Result<_, ServiceError>| match event {
                Ok(event) => Ok(WatchResponse { event: Some(event) }),
                Err(error) => Err(Status::from(error)),
            })
            // A watch has no end of its own, and would hold up the drain.
            .take_until(async move { shutdown.soft().await });
        Ok(Response::new(Box::pin(events)))
    }
}

fn event_to_wire(event: Event) -> WireEvent {
    match event {
        Event::Project(project) => WireEvent::Project(project_to_wire(project)),
        Event::Removed(id) => WireEvent::Removed(wire::ProjectRemoved { id: id.to_string() }),
        Event::Completed => WireEvent::Completed(SnapshotCompleted {}),
        Event::Unchanged => WireEvent::Unchanged(SnapshotUnchanged {}),
    }
}

fn project_to_wire(project: ProjectSnapshot) -> wire::ProjectSnapshot {
    wire::ProjectSnapshot {
        id: project.id.to_string(),
        slug: project.slug,
        name: project.name,
        servers: project
            .servers
            .iter()
            .map(|(server, secrets)| with_secrets(server, secrets))
            .collect(),
        api_keys: project.api_keys.into_iter().map(key_to_wire).collect(),
        payloads: Some(payloads_to_wire(project.payloads)),
    }
}

fn key_to_wire(key: LiveKey) -> wire::ApiKeySnapshot {
    wire::ApiKeySnapshot {
        id: key.id.to_string(),
        lookup_id: key.lookup_id,
        hash: key.hash.as_bytes().to_vec(),
        expires_at_us: key.expires_at.map(Timestamp::as_micros),
        created_by_user_id: key.created_by.to_string(),
        permissions: key.permissions.into_iter().map(Permission::to_wire).collect(),
        rate_limit_per_minute: key.limits.rate_limit_per_minute,
        ip_ranges: key.limits.ip_ranges.iter().map(ToString::to_string).collect(),
        tools: key.limits.tools.iter().map(ToString::to_string).collect(),
    }
}
