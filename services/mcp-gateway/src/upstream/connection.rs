//! One running server, as those see it who ask it something.

mod exchange;
mod incoming;
mod running_calls;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{LogLevel, ServerLogKind, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Era, Hello, Owner, RequestError, http::HttpWire, in_flight::InFlight, log_lines::Tail,
    pool::Surroundings, slot::Slot,
};
use crate::{
    directory::Server,
    message::{self, ErrorCode, Id, Reply},
};

pub(super) use exchange::MAX_TIMEOUT;
pub(crate) use exchange::RequestOptions;
pub(super) use incoming::Related;
use running_calls::RunningCalls;

/// A connection to a server, or what was one.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) server: Arc<Server>,
    pub(crate) owner: Option<Owner>,
    /// Of the clients that it is for, whatever the server speaks.
    pub(crate) for_era: Era,
    /// Of a stdio server.
    pub(crate) pid: Option<u32>,
    pub(crate) started_at: Timestamp,
    hello: OnceLock<Hello>,
    /// How often a session was begun anew since.
    greetings: watch::Sender<u64>,
    wire: Wire,
    /// Messages for which nobody waits, and over pipes all others as well.
    /// Bounded: whoever asks a server that does not read waits, within the
    /// request's own time.
    lines: mpsc::Sender<String>,
    in_flight: InFlight,
    pub(crate) calls: RunningCalls,
    next_id: AtomicU64,
    places: Semaphore,
    pub(super) tail: Tail,
    used: Mutex<Instant>,
    end: OnceLock<String>,
    watched: watch::Sender<BTreeSet<String>>,
    /// What of that a modern server was asked for, and what of it it has answered.
    asked_to_watch: Mutex<BTreeSet<String>>,
    answered_watch: watch::Sender<BTreeSet<String>>,
    /// The newest request by which a modern server is to tell of changes.
    listening: AtomicU64,
    doubt: CancellationToken,
    surroundings: Arc<Surroundings>,
}

/// By what messages go to the server.
#[derive(Debug)]
pub(super) enum Wire {
    /// One after the other, by the queue of the connection.
    Lines,
    /// Each by a request of its own.
    Http(Box<HttpWire>),
}

impl Connection {
    pub(super) fn new(
        slot: &Slot,
        pid: Option<u32>,
        wire: Wire,
        lines: mpsc::Sender<String>,
        surroundings: &Arc<Surroundings>,
    ) -> Self {
        Self {
            places: Semaphore::new(slot.server.max_in_flight),
            server: slot.server.clone(),
            owner: slot.owner.clone(),
            for_era: slot.era,
            pid,
            started_at: surroundings.recorder.clock().now(),
            hello: OnceLock::new(),
            greetings: watch::Sender::new(0),
            wire,
            lines,
            in_flight: InFlight::default(),
            calls: RunningCalls::default(),
            next_id: AtomicU64::new(1),
            tail: Tail::default(),
            used: Mutex::new(Instant::now()),
            end: OnceLock::new(),
            watched: watch::Sender::default(),
            asked_to_watch: Mutex::default(),
            answered_watch: watch::Sender::default(),
            listening: AtomicU64::new(0),
            doubt: CancellationToken::new(),
            surroundings: surroundings.clone(),
        }
    }

    /// What the server said of itself. Connections are handed out when it has.
    pub(crate) fn hello(&self) -> Option<&Hello> {
        self.hello.get()
    }

    pub(super) fn greeted(&self, hello: Hello) {
        let _ = self.hello.set(hello);
    }

    /// The server forgot its session and has a new one: it watches nothing.
    pub(super) fn greeted_anew(&self) {
        self.greetings.send_modify(|count| *count += 1);
    }

    pub(super) fn greetings(&self) -> watch::Receiver<u64> {
        self.greetings.subscribe()
    }

    pub(super) const fn http(&self) -> Option<&HttpWire> {
        match &self.wire {
            Wire::Http(http) => Some(http),
            Wire::Lines => None,
        }
    }

    /// Says of which resources the owner or the clients of the connection want
    /// to hear that they changed: all of them, each time. Lists are always
    /// watched. Over a connection that came up anew it has to be said anew.
    pub(crate) fn watch(&self, uris: BTreeSet<String>) {
        self.watched.send_if_modified(|watched| {
            let is_new = *watched != uris;
            *watched = uris;
            is_new
        });
    }

    pub(super) fn watched(&self) -> watch::Receiver<BTreeSet<String>> {
        self.watched.subscribe()
    }

    /// Waits until a modern server has answered whether it tells of a resource
    /// that is watched, but no longer than it may take for any answer.
    pub(crate) async fn watches(&self, uri: &str) {
        let mut answered = self.answered_watch.subscribe();
        let is_answered = answered.wait_for(|uris| uris.contains(uri));
        let _ = tokio::time::timeout(self.server.timeout, is_answered).await;
    }

    /// What the server has answered to being asked to watch, as it does.
    pub(super) fn answered_watches(&self) -> watch::Receiver<BTreeSet<String>> {
        self.answered_watch.subscribe()
    }

    pub(super) fn asks_to_watch(&self, uris: &BTreeSet<String>) {
        uris.clone_into(&mut self.asked_to_watch.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn answered_watch(&self) {
        let asked = self.asked_to_watch.lock();
        let asked = asked.unwrap_or_else(PoisonError::into_inner).clone();
        self.answered_watch.send_replace(asked);
    }

    /// Waits for a place among the requests in flight.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    pub(super) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Tells the server something. Best effort: what is told in vain to a
    /// server that does not read, or is gone, is dropped.
    pub(crate) fn notify(&self, method: &str, params: Option<&str>) {
        let _ = self.lines.try_send(message::notification(method, params));
    }

    /// Answers a request of the server, best effort like [`Self::notify`].
    pub(crate) fn answer(&self, id: &Id, reply: &Reply) {
        let _ = self.lines.try_send(message::reply(Some(id), reply));
    }

    pub(crate) fn refuse(&self, id: &Id, code: ErrorCode, words: &str) {
        let _ = self.lines.try_send(message::error_reply(Some(id), code, words));
    }

    /// The connection is over, for that reason: nobody waits any longer.
    pub(super) fn close(&self, reason: String) {
        let _ = self.end.set(reason);
        self.in_flight.close();
        self.places.close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.end.get().is_some() || self.lines.is_closed()
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// For how many requests the server may log.
    pub(crate) fn logging(&self) -> usize {
        self.in_flight.logging()
    }

    /// How long nobody has asked for anything; zero while somebody waits.
    pub(super) fn idle_for(&self) -> Duration {
        if self.in_flight.len() > 0 {
            return Duration::ZERO;
        }
        self.used.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// A place in what the server writes to stderr.
    pub(crate) fn stderr_mark(&self) -> u64 {
        self.tail.mark()
    }

    /// What it wrote since then: the newest few KiB.
    pub(crate) fn stderr_since(&self, mark: u64) -> String {
        self.tail.since(mark)
    }

    fn touch(&self) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// The server does not behave as what it was taken for.
    pub(super) fn doubt(&self) {
        self.doubt.cancel();
    }

    pub(super) async fn doubted(&self) {
        self.doubt.cancelled().await;
    }

    /// Ends all that wait now, and takes others.
    pub(super) fn lose_all(&self) {
        self.in_flight.lose_all();
    }

    pub(super) fn crashed(&self) -> RequestError {
        let reason = self.end.get().map_or("its connection broke", String::as_str);
        RequestError::Crashed(format!("the server {} is gone: {reason}", self.server.name))
    }

    /// Writes a line into the server's log.
    pub(super) fn log(&self, level: LogLevel, kind: ServerLogKind, line: &str) {
        self.surroundings
            .log_of_call(&self.server, level, kind, line, self.calls.only());
    }
}
