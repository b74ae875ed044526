use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::ServerId;

use super::{Session, Sessions};
use crate::{
    directory::Server,
    message::{Notification, object_fields},
    upstream::Connection,
};

/// How many resources one client may watch.
const MAX_WATCHED: usize = 1_000;

/// The resources that a client wants to hear of.
#[derive(Debug, Default)]
pub(crate) struct Interests {
    watched: Mutex<Vec<Interest>>,
    last: AtomicU64,
}

/// One resource.
#[derive(Debug)]
struct Interest {
    of: Watcher,
    server: Arc<Server>,
    /// As the server knows it.
    own: String,
    /// As the client knows it.
    exposed: String,
}

/// Who in a session watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watcher {
    /// The session itself, by `resources/subscribe`.
    Session,
    /// One `subscriptions/listen` of a stay.
    Listener(u64),
}

/// The client watches as much as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyWatched;

impl Interests {
    pub(crate) fn new_listener(&self) -> Watcher {
        Watcher::Listener(self.last.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn watch(
        &self,
        of: Watcher,
        server: &Arc<Server>,
        own: &str,
        exposed: &str,
    ) -> Result<(), TooManyWatched> {
        let mut watched = self.lock();
        let is_there =
            |interest: &Interest| interest.of == of && interest.server.id == server.id && interest.own == own;
        if watched.iter().any(is_there) {
            return Ok(());
        }
        if watched.len() >= MAX_WATCHED {
            return Err(TooManyWatched);
        }
        watched.push(Interest {
            of,
            server: server.clone(),
            own: own.to_owned(),
            exposed: exposed.to_owned(),
        });
        Ok(())
    }

    pub(crate) fn unwatch(&self, of: Watcher, server: ServerId, own: &str) {
        self.lock()
            .retain(|interest| !(interest.of == of && interest.server.id == server && interest.own == own));
    }

    /// Ends all that one listener watched. Gives the servers that it was of.
    pub(crate) fn end(&self, of: Watcher) -> Vec<Arc<Server>> {
        self.lock()
            .extract_if(.., |interest| interest.of == of)
            .map(|interest| interest.server)
            .collect()
    }

    /// Ends all.
    pub(super) fn end_all(&self) -> Vec<Arc<Server>> {
        let all = std::mem::take(&mut *self.lock());
        all.into_iter().map(|interest| interest.server).collect()
    }

    fn of_server(&self, server: ServerId) -> Vec<String> {
        let watched = self.lock();
        let of_server = watched.iter().filter(|interest| interest.server.id == server);
        of_server.map(|interest| interest.own.clone()).collect()
    }

    /// As what the client knows a resource that changed, if it watches it, or
    /// one that it is a part of (2025-11-25, resources, "subscriptions").
    fn exposed(&self, server: ServerId, changed: &str) -> BTreeSet<String> {
        let watched = self.lock();
        let of_server = watched.iter().filter(|interest| interest.server.id == server);
        of_server
            .filter_map(|interest| {
                let rest = changed.strip_prefix(interest.own.as_str())?;
                let is_it =
                    rest.is_empty() || rest.starts_with(['/', '?', '#']) || interest.own.ends_with('/');
                is_it.then(|| format!("{}{rest}", interest.exposed))
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Interest>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    /// Says to the server what all who use its connections watch together.
    pub(crate) fn rewatch(&self, server: &Arc<Server>) {
        for connection in self.upstreams.standing(server.id) {
            self.rewatch_by(&connection);
        }
    }

    /// The same by one connection, which may have come up just now.
    pub(crate) fn rewatch_by(&self, connection: &Connection) {
        let sessions = self.of_connection(connection);
        let uris = sessions
            .iter()
            .flat_map(|session| session.interests.of_server(connection.server.id));
        connection.watch(uris.collect());
    }

    /// Tells of a changed resource those who watch it.
    pub(super) fn updated(&self, connection: &Connection, notification: &Notification) {
        let Some(params) = notification.params() else {
            return;
        };
        let Some(fields) = object_fields(params, ["uri"]) else {
            return;
        };
        let (Some(text), Some(uri)) = (fields.get(0), fields.string(0)) else {
            return;
        };
        for session in self.of_connection(connection) {
            for exposed in session.interests.exposed(connection.server.id, &uri) {
                if exposed == uri {
                    session.tell(&notification.method, Some(params));
                } else {
                    let exposed = serde_json::Value::from(exposed).to_string();
                    let params = fields.splice().replace(text, exposed).finish();
                    session.tell(&notification.method, Some(&params));
                }
            }
        }
    }
}

impl Session {
    /// Nobody watches any more in this session.
    pub(super) fn end_interests(&self) -> Vec<Arc<Server>> {
        self.interests.end_all()
    }
}
