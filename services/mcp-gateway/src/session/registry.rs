use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{ApiKeyId, Door, ProjectId, SessionEnd, SessionId};
use tokio_util::sync::CancellationToken;

use super::{
    Asked, Endpoint, EventLogs, Interests, Listed, Listeners, LogStreams, Session, StayKey, Streams,
};
use crate::{
    directory::{Directory, Key, Snapshot},
    id_map::IdMap,
    recorder::Recorder,
    upstream::Upstreams,
};

/// How often at most it is written that a session is still used.
const SEEN_EVERY: Duration = Duration::from_mins(1);

/// How often sessions are looked through for those that are over.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// All open sessions of this gateway.
#[derive(Debug)]
pub(crate) struct Sessions {
    open: Mutex<Open>,
    limits: Limits,
    recorder: Arc<Recorder>,
    pub(super) upstreams: Arc<Upstreams>,
}

#[derive(Debug, Default)]
pub(super) struct Open {
    by_token: IdMap<String, Arc<Session>>,
    by_id: IdMap<SessionId, Arc<Session>>,
    pub(super) stays: HashMap<StayKey, Arc<Session>>,
    per_key: IdMap<ApiKeyId, usize>,
}

/// How long sessions last, and how many there may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) idle: Duration,
    pub(crate) absolute: Duration,
    pub(crate) per_key: usize,
}

/// The key has as many sessions open as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Sessions {
    pub(crate) fn new(limits: Limits, recorder: Arc<Recorder>, upstreams: Arc<Upstreams>) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            limits,
            recorder,
            upstreams,
        })
    }

    /// Begins a session. It is recorded when it is known whose it is.
    pub(crate) fn open(
        &self,
        key: &Arc<Key>,
        endpoint: Endpoint,
        door: Door,
        user_agent: &str,
        ip_address: &str,
    ) -> Result<Arc<Session>, TooMany> {
        let session = self.new_session(key, endpoint, door, user_agent, ip_address, None);
        self.enter(&mut self.lock(), &session)?;
        Ok(session)
    }

    pub(super) fn new_session(
        &self,
        key: &Arc<Key>,
        endpoint: Endpoint,
        door: Door,
        user_agent: &str,
        ip_address: &str,
        stay: Option<StayKey>,
    ) -> Arc<Session> {
        let clock = self.recorder.clock();
        let now = clock.now();
        Arc::new(Session {
            id: SessionId::new(clock),
            token: random_token(),
            key: key.clone(),
            project_id: key.project_id,
            endpoint,
            door,
            user_agent: user_agent.to_owned(),
            ip_address: ip_address.to_owned(),
            started_at: now,
            last_seen_at: AtomicI64::new(now.as_micros()),
            recorded_at: AtomicI64::new(0),
            greeting: OnceLock::new(),
            streams: Streams::default(),
            logs: EventLogs::default(),
            interests: Interests::default(),
            log_streams: LogStreams::default(),
            log_level: Mutex::default(),
            listeners: Listeners::default(),
            stay,
            working: AtomicUsize::new(0),
            in_flight: Mutex::default(),
            asked: Asked::default(),
            listed: Listed::default(),
            ended: CancellationToken::new(),
        })
    }

    pub(super) fn enter(&self, open: &mut Open, session: &Arc<Session>) -> Result<(), TooMany> {
        let count = open.per_key.entry(session.key.id).or_default();
        if *count >= self.limits.per_key {
            return Err(TooMany);
        }
        *count += 1;
        if let Some(stay) = &session.stay {
            open.stays.insert(stay.clone(), session.clone());
        }
        open.by_token.insert(session.token.clone(), session.clone());
        open.by_id.insert(session.id, session.clone());
        Ok(())
    }

    /// The session that a client names, if it is this client's and was begun at
    /// this address. Notes that it was seen.
    pub(crate) fn find(&self, token: &str, key: &Key, endpoint: Endpoint) -> Option<Arc<Session>> {
        let session = self.lock().by_token.get(token).cloned()?;
        let is_its = session.key.id == key.id && session.endpoint == endpoint;
        is_its.then(|| {
            self.seen(&session);
            session
        })
    }

    pub(super) fn seen(&self, session: &Session) {
        let now = self.recorder.clock().now();
        session.touch(now);
        let recorded = session.recorded_at.load(Ordering::Relaxed);
        if recorded != 0 && now.as_micros() - recorded > SEEN_EVERY.as_micros() as i64 {
            self.record(session);
        }
    }

    /// Writes the session as it is now.
    pub(crate) fn record(&self, session: &Session) {
        let now = self.recorder.clock().now();
        session.recorded_at.store(now.as_micros(), Ordering::Relaxed);
        self.recorder.session(&session.record(None));
    }

    /// Ends a session: its streams close, what only it had is ended, and how it
    /// ended is recorded. Ending it twice does nothing.
    pub(crate) fn end(&self, session: &Session, end: SessionEnd) {
        {
            let mut open = self.lock();
            if open.by_token.remove(&session.token).is_none() {
                return;
            }
            open.by_id.remove(&session.id);
            if let Some(stay) = &session.stay {
                open.stays.remove(stay);
            }
            if let Some(count) = open.per_key.get_mut(&session.key.id) {
                *count -= 1;
                if *count == 0 {
                    open.per_key.remove(&session.key.id);
                }
            }
        }
        session.ended.cancel();
        session.asked.refuse_all();
        self.upstreams.end_owner(session.id);
        for server in session.end_interests() {
            self.rewatch(&server);
        }
        let now = self.recorder.clock().now();
        self.recorder.session(&session.record(Some((now, end))));
    }

    /// Ends what is over: idle or open for too long, or without a living key.
    fn sweep(&self, snapshot: &Snapshot) {
        let now = self.recorder.clock().now();
        for session in self.all() {
            // An open event stream of the old transport is its session.
            let is_used =
                session.in_flight() > 0 || (session.door == Door::Sse && session.streams.open().is_some());
            let is_idle = !is_used && now.since(session.last_seen_at()) >= self.limits.idle;
            let key = snapshot.key_now(&session.key, now);
            if !key.is_some_and(|key| key.may_come_from(session.ip_address.parse().ok())) {
                self.end(&session, SessionEnd::Revoked);
            } else if is_idle || now.since(session.started_at) >= self.limits.absolute {
                self.end(&session, SessionEnd::Expired);
            }
        }
    }

    /// Looks after sessions and upstreams: every second, and at each change of
    /// the directory. After the soft stop, ends each session when it waits for
    /// nothing.
    pub(crate) async fn look_after(
        self: Arc<Self>,
        directory: Arc<Directory>,
        shutdown: service_host::Shutdown,
    ) -> anyhow::Result<()> {
        let mut changes = directory.changes();
        loop {
            tokio::select! {
                changed = changes.changed() => if changed.is_ok() {
                    self.upstreams.follow(&directory.snapshot());
                },
                () = tokio::time::sleep(SWEEP_EVERY) => {}
                () = shutdown.soft() => break,
            }
            self.sweep(&directory.snapshot());
        }
        while !self.all().is_empty() {
            for session in self.all() {
                if session.in_flight() == 0 {
                    self.end(&session, SessionEnd::GatewayStopped);
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub(crate) fn by_id(&self, id: SessionId) -> Option<Arc<Session>> {
        self.lock().by_id.get(&id).cloned()
    }

    pub(crate) fn of_project(&self, project: ProjectId) -> Vec<Arc<Session>> {
        let mut sessions = self.all();
        sessions.retain(|session| session.project_id == project);
        sessions
    }

    fn all(&self) -> Vec<Arc<Session>> {
        self.lock().by_id.values().cloned().collect()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Visible ASCII, as the specification wants it.
fn random_token() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system has random numbers, or no key was ever safe");
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}
