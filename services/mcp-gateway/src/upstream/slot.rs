use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{LogLevel, ServerLogKind, UpstreamState};
use service_host::OnFailure;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Connection, Era, Owner, Seat, Unavailable, eras::Spoken, pool::Surroundings};
use crate::directory::{Server, Transport};

/// A server of our own that crashed so often ...
const MAX_CRASHES: usize = 5;

/// ... within this time is not started again until its definition changes.
const CRASH_WINDOW: Duration = Duration::from_mins(10);

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// A server that runs elsewhere is brought back by others, so it is tried as
/// long as somebody wants it.
const LONGEST_PAUSE_OF_OTHERS: Duration = Duration::from_secs(30);

/// How long a server may take to end, and some for a busy machine.
const END_WITHIN: Duration = Duration::from_secs(10);

/// The place of one connection: for one server, for one owner where it has one,
/// and for clients of one era where the server speaks both. At most one process lives in it at a time.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) server: Arc<Server>,
    pub(super) owner: Option<Owner>,
    /// Of the clients that it is for.
    pub(super) era: Era,
    state: watch::Sender<State>,
    pub(super) stop: CancellationToken,
    crashes: Mutex<VecDeque<Instant>>,
    pub(super) restarts: AtomicU32,
    /// How it ended the last time that it was not told to.
    last_exit: Mutex<String>,
}

#[derive(Debug, Clone)]
enum State {
    /// Nobody needed it yet, or for long.
    Idle,
    Starting,
    Ready(Arc<Connection>),
    BackingOff {
        until: Instant,
        error: String,
    },
    Failed {
        error: String,
    },
}

/// How one life of a server ended.
#[derive(Debug)]
pub(super) enum End {
    /// It was told to.
    Stopped,
    /// Nobody needed it.
    Idle,
    /// By itself, or it never came up. Says how.
    Crashed(String),
    /// By itself, while it was asked what legacy servers do not know. Says how.
    FellOverProbe(String),
}

impl Slot {
    pub(super) fn new(server: Arc<Server>, owner: Option<Owner>, era: Era) -> Self {
        Self {
            server,
            owner,
            era,
            state: watch::Sender::new(State::Idle),
            stop: CancellationToken::new(),
            crashes: Mutex::default(),
            restarts: AtomicU32::new(0),
            last_exit: Mutex::default(),
        }
    }

    /// The connection, started if it does not stand. Many may ask at once: one
    /// start serves all of them.
    pub(super) async fn connection(
        self: &Arc<Self>,
        surroundings: &Arc<Surroundings>,
    ) -> Result<Arc<Connection>, Unavailable> {
        let mut state = self.state.subscribe();
        if self.begin_start() {
            let life = run(self.clone(), surroundings.clone());
            surroundings.tasks.spawn("upstream", OnFailure::Log, life);
        }
        // The start has its own time limit; this one is for its clean-up.
        let patience = self.server.init_timeout + Duration::from_secs(10);
        let settled = tokio::time::timeout(
            patience,
            state.wait_for(|state| !matches!(state, State::Starting)),
        );
        let unavailable = |words: &str| {
            Err(Unavailable(format!(
                "the server {} cannot be used now: {words}",
                self.server.name
            )))
        };
        match settled.await.map(|settled| settled.map(|state| state.clone())) {
            Ok(Ok(State::Ready(connection))) => Ok(connection),
            Ok(Ok(State::BackingOff { until, error })) => {
                let seconds = until.saturating_duration_since(Instant::now()).as_secs() + 1;
                unavailable(&format!("{error}; it is tried again in {seconds} s"))
            }
            Ok(Ok(State::Failed { error })) => unavailable(&format!(
                "{error}; it failed {MAX_CRASHES} times in 10 minutes and stays down until its definition is changed or it is restarted by hand"
            )),
            Ok(Ok(State::Idle | State::Starting)) => {
                unavailable("it was stopped while it started; try again")
            }
            Ok(Err(_)) | Err(_) => unavailable("it did not start in time"),
        }
    }

    pub(super) fn seat(&self) -> Seat {
        Seat::of(self.owner.as_ref(), self.era)
    }

    /// The connection, if it stands.
    pub(super) fn ready(&self) -> Option<Arc<Connection>> {
        match &*self.state.borrow() {
            State::Ready(connection) if !connection.is_closed() => Some(connection.clone()),
            _ => None,
        }
    }

    /// Takes the right to start it. False while somebody else has it, while it
    /// stands, and while it has to wait.
    fn begin_start(&self) -> bool {
        self.state.send_if_modified(|state| {
            let may_start = match state {
                State::Idle => true,
                State::BackingOff { until, .. } => *until <= Instant::now(),
                State::Starting | State::Ready(_) | State::Failed { .. } => false,
            } && !self.stop.is_cancelled();
            if may_start {
                *state = State::Starting;
            }
            may_start
        })
    }

    pub(super) fn is_ready(&self, connection: Arc<Connection>) {
        self.state.send_replace(State::Ready(connection));
    }

    /// As the upstream list shows it; nothing while nothing runs or is wrong.
    pub(super) fn describe(&self) -> Option<(UpstreamState, Option<Arc<Connection>>, String)> {
        Some(match &*self.state.borrow() {
            State::Idle => return None,
            State::Starting => (UpstreamState::Starting, None, String::new()),
            State::Ready(connection) => (UpstreamState::Ready, Some(connection.clone()), String::new()),
            State::BackingOff { error, .. } => (UpstreamState::BackingOff, None, error.clone()),
            State::Failed { error } => (UpstreamState::Failed, None, error.clone()),
        })
    }

    /// Ends what lives here, and waits until it is gone; not longer than that
    /// may take.
    pub(super) async fn end(&self) {
        self.stop.cancel();
        let mut state = self.state.subscribe();
        let gone = state.wait_for(|state| !matches!(state, State::Starting | State::Ready(_)));
        let _ = tokio::time::timeout(END_WITHIN, gone).await;
    }

    pub(super) fn last_exit(&self) -> String {
        self.last_exit
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note_exit(&self, how: &str) {
        how.clone_into(&mut self.last_exit.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What follows a crash: a pause, twice as long each time, or the end.
    fn after_crash(&self, error: String) -> State {
        let now = Instant::now();
        let mut crashes = self.crashes.lock().unwrap_or_else(PoisonError::into_inner);
        crashes.retain(|crash| now.duration_since(*crash) < CRASH_WINDOW);
        crashes.push_back(now);
        let is_ours = matches!(self.server.transport, Transport::Stdio(_));
        if is_ours && crashes.len() >= MAX_CRASHES {
            return State::Failed { error };
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << (crashes.len() - 1).min(10));
        let longest = if is_ours {
            LONGEST_PAUSE
        } else {
            LONGEST_PAUSE_OF_OTHERS
        };
        State::BackingOff {
            until: now + pause.min(longest),
            error,
        }
    }
}

/// One life of a server, and what follows it.
async fn run(slot: Arc<Slot>, surroundings: Arc<Surroundings>) -> anyhow::Result<()> {
    let log = |level, line: &str| {
        surroundings.server_log(&slot.server, level, ServerLogKind::Lifecycle, line);
    };
    let mut end = super::life::live(&slot, &surroundings).await;
    if let End::FellOverProbe(how) = &end {
        log(
            LogLevel::Info,
            &format!("{how}; started again, as an older server"),
        );
        surroundings.eras.set(&slot.server, slot.era, Spoken::Legacy);
        end = super::life::live(&slot, &surroundings).await;
    }
    let next = match end {
        End::Stopped => {
            log(LogLevel::Info, "stopped");
            State::Idle
        }
        End::Idle => {
            log(LogLevel::Info, "stopped, as nobody used it");
            State::Idle
        }
        End::Crashed(error) | End::FellOverProbe(error) => {
            log(LogLevel::Error, &error);
            tracing::warn!(server_id = %slot.server.id, "a server failed");
            slot.restarts.fetch_add(1, Ordering::Relaxed);
            slot.note_exit(&error);
            slot.after_crash(error)
        }
    };
    slot.state.send_replace(next);
    Ok(())
}
