//! Clients while they stay: who they are, what they are waiting for, and the
//! streams by which they are reached.

mod asked;
mod audience;
mod interests;
mod listed;
mod listeners;
mod log_streams;
mod registry;
mod resume;
mod stay;
mod streams;

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use domain::{Door, Isolation, ProjectId, ServerId, SessionEnd, SessionId, Timestamp};
use proto::{
    convert::FromWire as _,
    logging::{Client, ClientSession, Principal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    directory::{Key, Server},
    message::{self, Id, Revision, Severity, object_fields},
    outbox::Outbox,
    upstream::{Era, Owner, Wanted},
};

use asked::Asked;
pub(crate) use asked::AskedQuestion;
pub(crate) use interests::{Interests, Watcher};
use listed::Listed;
use listeners::Listeners;
pub(crate) use listeners::{Filter, tagged};
use log_streams::LogStreams;
pub(crate) use log_streams::TellingLogs;
pub(crate) use registry::{Limits, Sessions};
pub(crate) use resume::{EventId, EventLog, EventLogs, LogReader};
use stay::StayKey;
pub(crate) use stay::Working;
use streams::Streams;

/// Which address a client came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    /// All servers of the project behind one.
    Project,
    /// One server, as if it stood there itself.
    Server(ServerId),
}

/// One client's stay.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    /// What the client shows to be known again: 256 random bits.
    pub(crate) token: String,
    pub(crate) key: Arc<Key>,
    pub(crate) project_id: ProjectId,
    pub(crate) endpoint: Endpoint,
    pub(crate) door: Door,
    user_agent: String,
    ip_address: String,
    started_at: Timestamp,
    last_seen_at: AtomicI64,
    recorded_at: AtomicI64,
    greeting: OnceLock<Greeting>,
    pub(crate) streams: Streams,
    pub(crate) logs: EventLogs,
    pub(crate) interests: Interests,
    log_streams: LogStreams,
    /// From which level on the client wants to be told what servers log, once it
    /// has said so; of a stay, what the most curious of its requests said.
    log_level: Mutex<Option<Severity>>,
    pub(crate) listeners: Listeners,
    /// Set where the client has no session, and its requests are put together.
    stay: Option<StayKey>,
    /// Requests of a stay that are worked on.
    working: AtomicUsize,
    in_flight: Mutex<HashMap<Id, InFlight>>,
    pub(crate) asked: Asked,
    pub(crate) listed: Listed,
    /// Cancelled when the session has ended.
    pub(crate) ended: CancellationToken,
}

/// What the client said of itself in `initialize`.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    pub(crate) revision: Revision,
    pub(crate) client: Client,
    /// JSON objects.
    pub(crate) capabilities: Arc<str>,
    pub(crate) client_info: Arc<str>,
}

#[derive(Debug, Clone)]
struct InFlight {
    cancel: CancellationToken,
    outbox: Option<Outbox>,
}

/// A request that the client waits for. Dropped, it is over.
#[derive(Debug)]
pub(crate) struct Waiting {
    session: Arc<Session>,
    id: Id,
    pub(crate) cancel: CancellationToken,
}

impl Session {
    /// Notes what the client said. Says whether it was the first time.
    pub(crate) fn greet(&self, greeting: Greeting) -> bool {
        self.greeting.set(greeting).is_ok()
    }

    /// The client as it is recorded: as it named itself, or by its User-Agent.
    pub(crate) fn client(&self) -> Client {
        self.greeting.get().map_or_else(
            || crate::client::unnamed(&self.user_agent, &self.ip_address),
            |greeting| greeting.client.clone(),
        )
    }

    pub(crate) fn revision(&self) -> Option<Revision> {
        self.greeting.get().map(|greeting| greeting.revision)
    }

    pub(crate) fn principal(&self) -> Principal {
        Principal {
            user_id: Some(self.key.user_id.to_string()),
            api_key_id: Some(self.key.id.to_string()),
        }
    }

    /// What the client said of itself: who it is and what it can do, as JSON
    /// objects.
    pub(crate) fn introduction(&self) -> Option<(Arc<str>, Arc<str>)> {
        let greeting = self.greeting.get()?;
        Some((greeting.client_info.clone(), greeting.capabilities.clone()))
    }

    /// Whether the client declared a capability.
    pub(crate) fn is_able(&self, capability: &str) -> bool {
        self.greeting
            .get()
            .and_then(|greeting| {
                let fields = object_fields(&greeting.capabilities, [capability])?;
                fields.get(0).map(|value| value != "null")
            })
            .unwrap_or(false)
    }

    /// Whether the client declared that it answers requests of servers.
    pub(crate) fn answers_servers(&self) -> bool {
        ["sampling", "elicitation", "roots"]
            .into_iter()
            .any(|capability| self.is_able(capability))
    }

    /// What connection to a server this session wants.
    pub(crate) fn wanted(&self, server: &Server) -> Wanted {
        Wanted {
            era: if self.stay.is_some() {
                Era::Modern
            } else {
                Era::Legacy
            },
            owner: self.owner_of(server),
        }
    }

    /// As whom this session has a connection of its own to a server; none where
    /// it shares one.
    fn owner_of(&self, server: &Server) -> Option<Owner> {
        let greeting = self.greeting.get()?;
        let is_own = match server.isolation {
            Isolation::Shared => false,
            Isolation::Session => true,
            Isolation::Auto => self.answers_servers(),
        };
        is_own.then(|| Owner {
            session: self.id,
            capabilities: greeting.capabilities.clone(),
            client_info: greeting.client_info.clone(),
        })
    }

    /// Enters a request that the client waits for. None when it waits for one
    /// with that id already.
    pub(crate) fn wait_for(self: &Arc<Self>, id: &Id, outbox: Option<Outbox>) -> Option<Waiting> {
        let cancel = CancellationToken::new();
        let entry = InFlight {
            cancel: cancel.clone(),
            outbox,
        };
        match self.lock().entry(id.clone()) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(place) => place.insert(entry),
        };
        Some(Waiting {
            session: self.clone(),
            id: id.clone(),
            cancel,
        })
    }

    /// The client withdraws a request. What it does not wait for is ignored.
    pub(crate) fn cancel(&self, id: &Id) {
        if let Some(entry) = self.lock().get(id) {
            entry.cancel.cancel();
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.lock().len() + self.working.load(Ordering::Relaxed)
    }

    pub(crate) fn set_log_level(&self, level: Severity) {
        *self.log_level.lock().unwrap_or_else(PoisonError::into_inner) = Some(level);
    }

    pub(crate) fn log_level(&self) -> Option<Severity> {
        *self.log_level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests with ids of the client's that are not answered yet.
    pub(crate) fn waited_for(&self) -> usize {
        self.lock().len()
    }

    /// Tells the client something that no request of it asked for.
    pub(crate) fn tell(&self, method: &str, params: Option<&str>) {
        if self.stay.is_some() {
            self.listeners.tell(method, params);
        } else {
            self.streams.push(message::notification(method, params));
        }
    }

    /// The stream for what a server asks while it works: that of the request it
    /// works on, where there is exactly one, else the client's open one.
    fn any_stream(&self) -> Option<Outbox> {
        let of_requests: Vec<_> = self
            .lock()
            .values()
            .filter_map(|entry| entry.outbox.clone())
            .collect();
        match of_requests.as_slice() {
            [only] => Some(only.clone()),
            [] => self.streams.open(),
            [first, ..] => self.streams.open().or_else(|| Some(first.clone())),
        }
    }

    /// Event streams that the client holds open.
    pub(crate) fn open_streams(&self) -> usize {
        self.streams.count() + self.listeners.count()
    }

    fn touch(&self, now: Timestamp) {
        self.last_seen_at.store(now.as_micros(), Ordering::Relaxed);
    }

    fn last_seen_at(&self) -> Timestamp {
        Timestamp::from_micros(self.last_seen_at.load(Ordering::Relaxed))
    }

    /// The session as the log keeps it.
    pub(crate) fn record(&self, end: Option<(Timestamp, SessionEnd)>) -> ClientSession {
        let capabilities = self
            .greeting
            .get()
            .map(|greeting| greeting.capabilities.to_string());
        ClientSession {
            id: self.id.to_string(),
            project_id: self.project_id.to_string(),
            server_id: match self.endpoint {
                Endpoint::Project => None,
                Endpoint::Server(id) => Some(id.to_string()),
            },
            door: self.door.to_wire(),
            revision: self
                .revision()
                .map_or_else(String::new, |revision| revision.to_string()),
            client: Some(self.client()),
            capabilities_json: capabilities.unwrap_or_default(),
            principal: Some(self.principal()),
            started_at_us: self.started_at.as_micros(),
            last_seen_at_us: self.last_seen_at().as_micros(),
            ended_at_us: end.map(|(at, _)| at.as_micros()),
            end: end.map_or(0, |(_, end)| end.to_wire()),
            ..ClientSession::default()
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, InFlight>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Says on which stream a server can ask while it works on the request.
    pub(crate) fn tell_on(&self, outbox: Option<&Outbox>) {
        if let Some(entry) = self.session.lock().get_mut(&self.id) {
            entry.outbox = outbox.cloned();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.session.lock().remove(&self.id);
    }
}
