use std::{collections::BTreeMap, net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use access::{KeyHash, Pepper, ServiceIdentity};
use domain::{PayloadMode, PayloadPath, Permission, ProjectId, Timestamp, ToolPattern};
use ipnet::IpNet;
use proto::{
    convert::{FromWire as _, InvalidField, parse_id},
    projects::{
        ApiKeySnapshot, PayloadSettings, ProjectSnapshot, WatchRequest,
        snapshot_service_client::SnapshotServiceClient, watch_response::Event,
    },
};
use service_host::{Channel, Readiness, Shutdown};
use tonic::{Status, Streaming, service::interceptor::InterceptedService};

use super::{Directory, Key, Project, Server, Snapshot, ToolSwitches};
use crate::{
    backoff::Backoff,
    catalog::Names,
    recorder::PayloadPolicy,
    redact::{Paths, Redactor},
};

/// The stream is never silent for longer than 2 seconds; after this long it is
/// taken for dead, well within the 5 seconds in which a revoked key must fall.
const SILENCE: Duration = Duration::from_secs(5);

/// A connection to the projects service.
pub(crate) type Client = SnapshotServiceClient<InterceptedService<Channel, ServiceIdentity>>;

/// Keeps the directory as the projects service says, until the soft stop. When
/// that service is away, the directory stays as it is and goes on serving.
pub(crate) async fn follow(
    directory: Arc<Directory>,
    mut client: Client,
    readiness: Readiness,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    loop {
        let outcome = tokio::select! {
            outcome = watch_once(&directory, &mut client, &readiness, &mut backoff) => outcome,
            () = shutdown.soft() => return Ok(()),
        };
        if let Err(status) = outcome {
            tracing::warn!(code = ?status.code(), message = status.message(), "projects cannot be watched, serving what is known");
        }
        tokio::select! {
            () = backoff.wait() => {}
            () = shutdown.soft() => return Ok(()),
        }
    }
}

/// One stream, from its first event to its end.
async fn watch_once(
    directory: &Directory,
    client: &mut Client,
    readiness: &Readiness,
    backoff: &mut Backoff,
) -> Result<(), Status> {
    let mut events = client.watch(WatchRequest {}).await?.into_inner();
    // Collected aside until it is whole, so that nobody is refused for what has
    // not arrived yet.
    let mut next = Snapshot::default();
    while let Some(event) = next_event(&mut events).await? {
        directory.hear();
        match event {
            Event::Started(started) => {
                next.pepper = Pepper::from_bytes(&started.api_key_pepper);
            }
            Event::Project(project) => match read_project(project) {
                Ok(project) => next.insert(project),
                Err(error) => {
                    tracing::error!(%error, "a project of the snapshot cannot be read, leaving it out");
                    continue;
                }
            },
            Event::Removed(removed) => match parse_id::<ProjectId>("id", &removed.id) {
                Ok(id) => next.remove(id),
                Err(error) => {
                    tracing::error!(%error, "a removed project has no id");
                    continue;
                }
            },
            Event::Completed(_) => {
                next.is_whole = true;
                backoff.reset();
                tracing::info!(
                    projects = next.projects.len(),
                    keys = next.keys.len(),
                    "directory is whole"
                );
            }
            Event::Unchanged(_) => continue,
        }
        if next.is_whole {
            directory.replace(next.clone());
            readiness.ready();
        }
    }
    Ok(())
}

async fn next_event(events: &mut Streaming<proto::projects::WatchResponse>) -> Result<Option<Event>, Status> {
    loop {
        let message = tokio::time::timeout(SILENCE, events.message())
            .await
            .map_err(|_| Status::deadline_exceeded("no sign of life for 5 seconds"))??;
        match message {
            None => return Ok(None),
            // An event of a newer release.
            Some(response) if response.event.is_none() => {}
            Some(response) => return Ok(response.event),
        }
    }
}

fn read_project(project: ProjectSnapshot) -> Result<Project, InvalidField> {
    let id: ProjectId = parse_id("id", &project.id)?;
    let mut servers = Vec::with_capacity(project.servers.len());
    let mut switched_off = BTreeMap::new();
    for mut server in project.servers {
        let server_id = server.id.clone();
        let off = std::mem::take(&mut server.disabled_tools);
        match Server::try_from(server) {
            Ok(server) => {
                switched_off.insert(server.id, off.into_iter().collect());
                servers.push(Arc::new(server));
            }
            // Others of the project must not suffer for one.
            Err(error) => tracing::error!(server_id, %error, "a server cannot be read, leaving it out"),
        }
    }
    servers.sort_by_key(|server| server.id);
    let mut keys = Vec::with_capacity(project.api_keys.len());
    for key in project.api_keys {
        let key_id = key.id.clone();
        match read_key(id, key) {
            Ok(key) => keys.push(Arc::new(key)),
            // Half a key would be a key without its limits.
            Err(error) => tracing::error!(key_id, %error, "a key cannot be read, leaving it out"),
        }
    }
    Ok(Project {
        id,
        slug: project.slug,
        name: project.name,
        names: Names::new(servers.iter().map(|server| (server.id, server.name.as_str()))),
        switches: ToolSwitches::new(switched_off),
        payloads: Arc::new(read_payloads(project.payloads, &servers)?),
        servers,
        keys,
    })
}

/// What is not understood must not lead to keeping more: a mode of a newer
/// release keeps no bodies, and a path that cannot be read leaves the project
/// out. A projects service of an older release says nothing.
fn read_payloads(
    settings: Option<PayloadSettings>,
    servers: &[Arc<Server>],
) -> Result<PayloadPolicy, InvalidField> {
    let (mode, paths) = match settings {
        None => (PayloadMode::Redacted, Vec::new()),
        Some(settings) => (
            PayloadMode::from_wire(settings.mode).unwrap_or(PayloadMode::Metadata),
            read_all("redacted_paths", &settings.redacted_paths, |text| {
                PayloadPath::parse(text).ok()
            })?,
        ),
    };
    let redactor = Redactor::new(servers.iter().flat_map(|server| server.secrets()));
    Ok(PayloadPolicy::new(mode, redactor, Paths::new(paths)))
}

fn read_key(project_id: ProjectId, key: ApiKeySnapshot) -> Result<Key, InvalidField> {
    Ok(Key {
        id: parse_id("api_key.id", &key.id)?,
        project_id,
        user_id: parse_id("created_by_user_id", &key.created_by_user_id)?,
        lookup_id: key.lookup_id,
        hash: KeyHash::from_bytes(&key.hash).ok_or(InvalidField {
            field: "hash",
            problem: "is not 32 bytes".to_owned(),
        })?,
        expires_at: key.expires_at_us.map(Timestamp::from_micros),
        permissions: key
            .permissions
            .into_iter()
            .filter_map(Permission::from_wire)
            .collect(),
        ip_ranges: read_all("ip_ranges", &key.ip_ranges, |text| {
            let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
            text.parse().ok().or_else(single)
        })?,
        rate_limit_per_minute: key.rate_limit_per_minute.and_then(NonZeroU32::new),
        tools: read_all("tools", &key.tools, |text| ToolPattern::parse(text).ok())?.into(),
    })
}

fn read_all<T>(
    field: &'static str,
    texts: &[String],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, InvalidField> {
    let read = |text: &String| {
        read(text).ok_or_else(|| InvalidField {
            field,
            problem: format!("{text:?} is none"),
        })
    };
    texts.iter().map(read).collect()
}
