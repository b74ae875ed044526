use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, atomic::Ordering},
    time::Duration,
};

use anyhow::Context as _;
use domain::{LogLevel, ProjectId, ServerId, ServerLogKind, SessionId, ToolCallId, UpstreamState};
use futures::future::join_all;
use opentelemetry::metrics::Counter;
use service_host::{Shutdown, Tasks};

use super::{
    Audience, Connection, Dialer, Era, Seat, Wanted, eras::Eras, metrics, pids::PidFiles, seat::seat_of,
    slot::Slot,
};
use crate::{
    directory::{Server, Snapshot},
    id_map::IdMap,
    process_tree::{Usage, usage_of_server},
    recorder::Recorder,
};

/// All connections to servers: at most one for each server and each owner, or two
/// where a server over HTTP speaks both eras.
#[derive(Debug)]
pub(crate) struct Upstreams {
    slots: Mutex<Slots>,
    surroundings: Arc<Surroundings>,
}

type Slots = IdMap<(ServerId, Seat), Arc<Slot>>;

/// How often what is learnt of a server may lead to another connection.
const MAX_MOVES: usize = 3;

/// How servers are started.
#[derive(Debug, Clone)]
pub(crate) struct PoolConfig {
    /// The command line of `stdio-child`, to which a server's own is added.
    pub(crate) launcher: Vec<String>,
    /// Where servers without a `cwd` of their own run.
    pub(crate) working_dir: PathBuf,
    /// After how long without a request a server is stopped.
    pub(crate) idle_after: Duration,
    /// How servers over HTTP are reached.
    pub(crate) dialer: Dialer,
}

/// What every life of a server needs.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) config: PoolConfig,
    pub(super) tasks: Tasks,
    pub(super) shutdown: Shutdown,
    pub(super) recorder: Arc<Recorder>,
    pub(super) pids: PidFiles,
    pub(super) eras: Eras,
    pub(super) late_replies: Counter<u64>,
    /// Whether it is only a definition that is tried out.
    is_trial: bool,
    audience: OnceLock<Arc<dyn Audience>>,
}

/// A server that cannot be used now. Says why and what follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unavailable(pub(super) String);

/// A connection as it stands.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) server_id: ServerId,
    pub(crate) owner: Option<SessionId>,
    pub(crate) state: UpstreamState,
    pub(crate) connection: Option<Arc<Connection>>,
    pub(crate) restarts: u32,
    pub(crate) last_error: String,
    /// How it ended the last time that it was not told to; empty where it never
    /// did.
    pub(crate) last_exit: String,
    /// What its processes use, where it has some.
    pub(crate) usage: Option<Usage>,
}

impl Surroundings {
    pub(super) fn audience(&self) -> Option<&dyn Audience> {
        self.audience.get().map(|audience| &**audience)
    }

    /// Writes a line into the log of a server.
    pub(super) fn server_log(&self, server: &Server, level: LogLevel, kind: ServerLogKind, line: &str) {
        self.log_of_call(server, level, kind, line, None);
    }

    /// The same, where exactly one call ran meanwhile.
    pub(super) fn log_of_call(
        &self,
        server: &Server,
        level: LogLevel,
        kind: ServerLogKind,
        line: &str,
        tool_call: Option<ToolCallId>,
    ) {
        if !self.is_trial {
            self.recorder.server_log(server, level, kind, line, tool_call);
        }
    }

    /// The same for a definition that is tried out: nothing of it is kept.
    pub(super) fn for_trial(&self) -> Self {
        Self {
            config: self.config.clone(),
            tasks: self.tasks.clone(),
            shutdown: self.shutdown.clone(),
            recorder: self.recorder.clone(),
            pids: self.pids.clone(),
            eras: Eras::default(),
            late_replies: self.late_replies.clone(),
            is_trial: true,
            audience: OnceLock::new(),
        }
    }
}

impl Upstreams {
    /// Ends first what an earlier life of the gateway left running.
    pub(crate) fn new(
        config: PoolConfig,
        folder: &Path,
        tasks: Tasks,
        shutdown: Shutdown,
        recorder: Arc<Recorder>,
    ) -> anyhow::Result<Arc<Self>> {
        let pids = PidFiles::open(folder).context("the folder of child processes cannot be used")?;
        pids.sweep();
        std::fs::create_dir_all(&config.working_dir)
            .with_context(|| format!("the folder {} cannot be made", config.working_dir.display()))?;
        let upstreams = Arc::new(Self {
            slots: Mutex::default(),
            surroundings: Arc::new(Surroundings {
                config,
                tasks,
                shutdown,
                recorder,
                pids,
                eras: Eras::default(),
                late_replies: metrics::late_replies(),
                is_trial: false,
                audience: OnceLock::new(),
            }),
        });
        metrics::register(Arc::downgrade(&upstreams));
        Ok(upstreams)
    }

    /// Says who hears what servers say of their own accord.
    pub(crate) fn set_audience(&self, audience: Arc<dyn Audience>) {
        let _ = self.surroundings.audience.set(audience);
    }

    /// The connection to a server, started if it does not stand.
    pub(crate) async fn connection(
        &self,
        server: &Arc<Server>,
        wanted: &Wanted,
    ) -> Result<Arc<Connection>, Unavailable> {
        let mut slot = self.slot(server, wanted);
        if let Some(connection) = slot.ready() {
            return Ok(connection);
        }
        // What it speaks may be learnt meanwhile: the connection is then about to end,
        // and another one serves.
        for _ in 0..MAX_MOVES {
            let outcome = slot.connection(&self.surroundings).await;
            if self.seat(server, wanted) == slot.seat() {
                self.end_spare(&slot);
                return outcome;
            }
            self.remove(&slot);
            slot = self.slot(server, wanted);
        }
        slot.connection(&self.surroundings).await
    }

    /// Where whoever wants that is connected to the server, as far as is known.
    pub(crate) fn seat(&self, server: &Server, wanted: &Wanted) -> Seat {
        self.seat_among(&self.lock(), server, wanted)
    }

    /// Whether that connection is the one for whoever wants that.
    pub(crate) fn is_for(&self, connection: &Connection, wanted: &Wanted) -> bool {
        self.seat(&connection.server, wanted) == Seat::of(connection.owner.as_ref(), connection.for_era)
    }

    /// Ends all connections to a server, forgets how often it failed, and starts
    /// the shared one anew.
    pub(crate) async fn restart(&self, server: &Arc<Server>) -> Result<Arc<Connection>, Unavailable> {
        let ended: Vec<_> = self
            .lock()
            .extract_if(|(id, _), _| *id == server.id)
            .map(|(_, slot)| slot)
            .collect();
        join_all(ended.iter().map(|slot| slot.end())).await;
        self.surroundings.eras.forget(server);
        self.connection(server, &Wanted::SHARED).await
    }

    /// The connection to a server, if it stands.
    pub(crate) fn ready(&self, server: &Server, wanted: &Wanted) -> Option<Arc<Connection>> {
        let slots = self.lock();
        let seat = self.seat_among(&slots, server, wanted);
        slots.get(&(server.id, seat))?.ready()
    }

    /// All connections to a server that stand.
    pub(crate) fn standing(&self, server: ServerId) -> Vec<Arc<Connection>> {
        let slots = self.lock();
        let of_server = slots.iter().filter(|((id, _), _)| *id == server);
        of_server.filter_map(|(_, slot)| slot.ready()).collect()
    }

    /// How all connections stand.
    pub(super) fn states(&self) -> Vec<UpstreamState> {
        let slots = self.lock();
        let described = slots.values().filter_map(|slot| slot.describe());
        described.map(|(state, ..)| state).collect()
    }

    /// The connections of a project as they stand. Starts nothing.
    pub(crate) fn list(&self, project: ProjectId) -> Vec<Status> {
        let slots = self.lock();
        let mut list: Vec<_> = slots
            .values()
            .filter(|slot| slot.server.project_id == project)
            .filter_map(|slot| {
                let (state, connection, last_error) = slot.describe()?;
                Some(Status {
                    server_id: slot.server.id,
                    owner: slot.owner.as_ref().map(|owner| owner.session),
                    state,
                    usage: connection
                        .as_ref()
                        .and_then(|connection| connection.pid)
                        .map(|pid| usage_of_server(pid as i32)),
                    connection,
                    restarts: slot.restarts.load(Ordering::Relaxed),
                    last_error,
                    last_exit: slot.last_exit(),
                })
            })
            .collect();
        list.sort_by_key(|status| {
            let started_at = status.connection.as_ref().map(|connection| connection.started_at);
            (status.server_id, status.owner, started_at)
        });
        list
    }

    /// Ends what is no longer defined as it was when it was started.
    pub(crate) fn follow(&self, snapshot: &Snapshot) {
        self.surroundings.eras.follow(snapshot);
        self.lock().retain(|_, slot| {
            let now = snapshot.server(slot.server.project_id, slot.server.id);
            let stays = now.is_some_and(|now| **now == *slot.server && now.is_enabled);
            if !stays {
                slot.stop.cancel();
            }
            stays
        });
    }

    /// Ends what belonged to a session alone.
    pub(crate) fn end_owner(&self, session: SessionId) {
        self.lock().retain(|(_, seat), slot| {
            let stays = seat.owner != Some(session);
            if !stays {
                slot.stop.cancel();
            }
            stays
        });
    }

    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// The slot of the server as it is defined now.
    fn slot(&self, server: &Arc<Server>, wanted: &Wanted) -> Arc<Slot> {
        let mut slots = self.lock();
        let seat = self.seat_among(&slots, server, wanted);
        let key = (server.id, seat);
        if let Some(slot) = slots.get(&key) {
            if Arc::ptr_eq(&slot.server, server) || *slot.server == **server {
                return slot.clone();
            }
            slot.stop.cancel();
        }
        let owner = wanted.owner.clone().filter(|_| seat.owner.is_some());
        let slot = Arc::new(Slot::new(server.clone(), owner, seat.era));
        slots.insert(key, slot.clone());
        slot
    }

    fn seat_among(&self, slots: &Slots, server: &Server, wanted: &Wanted) -> Seat {
        let is_taken = |seat| slots.contains_key(&(server.id, seat));
        seat_of(&self.surroundings.eras, server, wanted, is_taken)
    }

    /// Ends what an era of its own was kept for that the server does not speak.
    fn end_spare(&self, kept: &Arc<Slot>) {
        if self.surroundings.eras.only(&kept.server).is_none() {
            return;
        }
        let owner = kept.owner.as_ref();
        for era in [Era::Legacy, Era::Modern] {
            let spare = self.lock().get(&(kept.server.id, Seat::of(owner, era))).cloned();
            if let Some(spare) = spare.filter(|spare| !Arc::ptr_eq(spare, kept)) {
                self.remove(&spare);
            }
        }
    }

    fn remove(&self, slot: &Arc<Slot>) {
        slot.stop.cancel();
        let key = (slot.server.id, slot.seat());
        let mut slots = self.lock();
        if slots.get(&key).is_some_and(|there| Arc::ptr_eq(there, slot)) {
            slots.remove(&key);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
