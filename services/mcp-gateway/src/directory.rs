//! What the gateway knows of projects, their servers and their keys: a whole
//! copy in memory, so that nothing on the way of a call asks anybody.

mod server;
mod tool_switches;
mod watch;

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use access::{ApiKey, KeyHash, Pepper};
use arc_swap::{ArcSwap, Guard};
use domain::{ApiKeyId, Permission, ProjectId, ServerId, Timestamp, ToolPattern, UserId};
use ipnet::IpNet;
use tokio::sync::watch as changes;

use crate::{catalog::Names, id_map::IdMap, recorder::PayloadPolicy};

pub(crate) use server::{Http, Server, Stdio, Transport};
pub(crate) use tool_switches::ToolSwitches;
pub(crate) use watch::follow;

/// The copy, as the newest change left it.
#[derive(Debug)]
pub(crate) struct Directory {
    current: ArcSwap<Snapshot>,
    changed: changes::Sender<()>,
    heard: Mutex<Instant>,
}

/// Everything at one moment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    is_whole: bool,
    pepper: Option<Pepper>,
    projects: IdMap<ProjectId, Arc<Project>>,
    slugs: IdMap<String, ProjectId>,
    keys: IdMap<String, Arc<Key>>,
}

/// A project with its servers, oldest first.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) servers: Vec<Arc<Server>>,
    pub(crate) names: Names,
    pub(crate) switches: ToolSwitches,
    pub(crate) payloads: Arc<PayloadPolicy>,
    keys: Vec<Arc<Key>>,
}

/// An API key that lived when the snapshot was sent.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) id: ApiKeyId,
    pub(crate) project_id: ProjectId,
    pub(crate) user_id: UserId,
    lookup_id: String,
    hash: KeyHash,
    expires_at: Option<Timestamp>,
    permissions: Vec<Permission>,
    ip_ranges: Vec<IpNet>,
    /// Requests.
    pub(crate) rate_limit_per_minute: Option<NonZeroU32>,
    /// None: all tools.
    pub(crate) tools: Arc<[ToolPattern]>,
}

impl Directory {
    pub(crate) fn new() -> Arc<Self> {
        let directory = Arc::new(Self {
            current: ArcSwap::default(),
            changed: changes::Sender::new(()),
            heard: Mutex::new(Instant::now()),
        });
        // Metrics outlive the service.
        let measured = Arc::downgrade(&directory);
        opentelemetry::global::meter("mcp-gateway")
            .u64_observable_gauge("mcporch.directory.age")
            .with_unit("s")
            .with_description("Time since the projects service was heard last.")
            .with_callback(move |observer| {
                if let Some(directory) = measured.upgrade() {
                    observer.observe(directory.heard().elapsed().as_secs(), &[]);
                }
            })
            .build();
        directory
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// The same for a moment: threads that look at the same time do not count each other's
    /// looks.
    pub(crate) fn glance(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// Waits until the projects service has told all that there is.
    pub(crate) async fn is_known(&self) {
        let mut changes = self.changes();
        while !self.current.load().is_whole {
            changes
                .changed()
                .await
                .expect("the directory itself tells of changes");
        }
    }

    /// Tells of every change from now on.
    pub(crate) fn changes(&self) -> changes::Receiver<()> {
        self.changed.subscribe()
    }

    /// The projects service gave a sign of life.
    fn hear(&self) {
        *self.heard() = Instant::now();
    }

    fn heard(&self) -> MutexGuard<'_, Instant> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, snapshot: Snapshot) {
        self.current.store(Arc::new(snapshot));
        self.changed.send_replace(());
    }
}

impl Snapshot {
    /// Whether what is not in it does not exist.
    pub(crate) const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The live key with that text.
    pub(crate) fn key(&self, key: &ApiKey, now: Timestamp) -> Option<&Arc<Key>> {
        let found = self.keys.get(key.lookup_id())?;
        let is_it = key.hash(self.pepper.as_ref()?).matches(&found.hash);
        (is_it && found.is_live(now)).then_some(found)
    }

    /// A key that was good when a session began, as it is now; none where it is
    /// no longer good.
    pub(crate) fn key_now(&self, key: &Key, now: Timestamp) -> Option<&Arc<Key>> {
        self.keys
            .get(&key.lookup_id)
            .filter(|found| found.id == key.id && found.is_live(now))
    }

    /// By slug or by id. No slug looks like an id.
    pub(crate) fn project(&self, slug_or_id: &str) -> Option<&Arc<Project>> {
        let id = match self.slugs.get(slug_or_id) {
            Some(id) => *id,
            None => slug_or_id.parse().ok()?,
        };
        self.project_by_id(id)
    }

    pub(crate) fn project_by_id(&self, id: ProjectId) -> Option<&Arc<Project>> {
        self.projects.get(&id)
    }

    pub(crate) fn projects(&self) -> impl Iterator<Item = &Arc<Project>> {
        self.projects.values()
    }

    /// The server as it is defined now.
    pub(crate) fn server(&self, project: ProjectId, server: ServerId) -> Option<&Arc<Server>> {
        self.project_by_id(project)?.server_by_id(server)
    }

    pub(crate) fn has_server(&self, server: ServerId) -> bool {
        self.projects
            .values()
            .any(|project| project.server_by_id(server).is_some())
    }

    fn insert(&mut self, project: Project) {
        self.remove(project.id);
        self.slugs.insert(project.slug.clone(), project.id);
        for key in &project.keys {
            self.keys.insert(key.lookup_id.clone(), key.clone());
        }
        self.projects.insert(project.id, Arc::new(project));
    }

    fn remove(&mut self, id: ProjectId) {
        let Some(project) = self.projects.remove(&id) else {
            return;
        };
        // The slug may have gone to another project meanwhile.
        if self.slugs.get(&project.slug) == Some(&id) {
            self.slugs.remove(&project.slug);
        }
        for key in &project.keys {
            self.keys.remove(&key.lookup_id);
        }
    }
}

impl Project {
    /// By name or by id. No name looks like an id.
    pub(crate) fn server(&self, name_or_id: &str) -> Option<&Arc<Server>> {
        self.servers
            .iter()
            .find(|server| server.name == name_or_id)
            .or_else(|| self.server_by_id(name_or_id.parse().ok()?))
    }

    pub(crate) fn server_by_id(&self, id: ServerId) -> Option<&Arc<Server>> {
        self.servers.iter().find(|server| server.id == id)
    }

    /// A key of the project that lives.
    pub(crate) fn key_by_id(&self, id: ApiKeyId, now: Timestamp) -> Option<&Arc<Key>> {
        self.keys.iter().find(|key| key.id == id && key.is_live(now))
    }

    pub(crate) fn enabled_servers(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.servers.iter().filter(|server| server.is_enabled)
    }
}

impl Key {
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Whether it is good at that address. One that is bound to ranges is not
    /// where nobody knows the address.
    pub(crate) fn may_come_from(&self, address: Option<IpAddr>) -> bool {
        self.ip_ranges.is_empty()
            || address.is_some_and(|address| self.ip_ranges.iter().any(|range| range.contains(&address)))
    }

    fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn it_is_known_once_projects_has_been_heard() {
        let directory = Directory::new();
        assert_eq!(directory.is_known().now_or_never(), None);
        let mut waiting = Box::pin(directory.is_known());
        assert_eq!(waiting.as_mut().now_or_never(), None);
        directory.replace(Snapshot {
            is_whole: true,
            ..Snapshot::default()
        });
        waiting.await;
    }
}
