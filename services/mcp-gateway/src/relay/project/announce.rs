use std::{sync::Arc, time::Duration};

use domain::ProjectId;
use service_host::Shutdown;

use crate::{
    catalog::Kind,
    directory::{Project, Snapshot},
    relay::{Permissions, Relay},
    session::{Endpoint, Session},
};

/// How long changes are gathered: twenty servers that come up together are told
/// of once.
const GATHER: Duration = Duration::from_millis(50);

/// How often it is looked whose lists nobody needs any more.
const TIDY_EVERY: Duration = Duration::from_mins(1);

impl Relay {
    /// Tells clients that a list is another one than they got, until the soft
    /// stop.
    pub(crate) async fn announce_changes(self: Arc<Self>, shutdown: Shutdown) -> anyhow::Result<()> {
        let mut changes = self.directory.changes();
        let mut known = self.directory.snapshot();
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_ok() {
                    let now = self.directory.snapshot();
                    self.follow(&known, &now);
                    known = now;
                },
                () = self.catalog.dirtied() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(TIDY_EVERY) => self.follow(&known, &known),
                () = shutdown.soft() => return Ok(()),
            }
            for project in self.catalog.take_dirty() {
                self.announce_in(project);
            }
        }
    }

    fn follow(&self, before: &Snapshot, now: &Snapshot) {
        self.catalog
            .follow(now, |session| self.sessions.by_id(session).is_some());
        for project in now.projects() {
            let is_same = before
                .project_by_id(project.id)
                .is_some_and(|before| Arc::ptr_eq(before, project));
            if !is_same {
                self.catalog.dirty(project.id);
                self.announce_on_servers(project, before, now);
            }
        }
    }

    /// On a server's own endpoint nobody keeps what a client got; but which tools
    /// are shown of it, the gateway decides.
    fn announce_on_servers(&self, project: &Project, before: &Snapshot, now: &Snapshot) {
        let time = self.recorder.clock().now();
        let Some(old) = before.project_by_id(project.id) else {
            return;
        };
        for session in self.sessions.of_project(project.id) {
            let Endpoint::Server(server) = session.endpoint else {
                continue;
            };
            let tools = |snapshot: &Snapshot| {
                let key = snapshot.key_now(&session.key, time);
                key.map(|key| key.tools.clone())
            };
            let is_same =
                old.switches.off(server) == project.switches.off(server) && tools(before) == tools(now);
            if !is_same {
                session.tell(Kind::Tools.changed(), None);
            }
        }
    }

    fn announce_in(&self, project: ProjectId) {
        let snapshot = self.directory.snapshot();
        let Some(project) = snapshot.project_by_id(project) else {
            return;
        };
        for session in self.sessions.of_project(project.id) {
            // One whose key is gone ends, and hears nothing more.
            let key = snapshot.key_now(&session.key, self.recorder.clock().now());
            if let Some(key) = key
                && session.endpoint == Endpoint::Project
            {
                self.announce_to(project, &session, &Permissions::of_key(key));
            }
        }
    }

    /// A client that has not listed anything has nothing that could be old.
    fn announce_to(&self, project: &Project, session: &Session, permissions: &Permissions) {
        let mut told = Vec::new();
        for kind in Kind::ALL {
            let Some(listed) = session.listed.digest(kind) else {
                continue;
            };
            let digest = self.merged(project, Some(session), permissions, kind).digest;
            if digest == listed {
                continue;
            }
            session.listed.note(kind, digest);
            if !told.contains(&kind.changed()) {
                told.push(kind.changed());
                session.tell(kind.changed(), None);
            }
        }
    }
}
