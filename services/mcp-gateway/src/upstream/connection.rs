//! One running server, as those see it who ask it something.

mod incoming;
mod running_calls;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{LogLevel, ServerLogKind, Timestamp};
use opentelemetry::metrics::Counter;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    ClientMeta, Hello, Owner, Patience, Question, RequestError,
    http::{HttpWire, Outgoing},
    in_flight::{Answer, Expecting, InFlight},
    log_lines::Tail,
    params::{self, Fitted},
    pool::Surroundings,
};
use crate::{
    directory::Server,
    message::{self, ErrorCode, Id, Reply},
    outbox::Outbox,
};

pub(super) use incoming::Related;
use running_calls::RunningCalls;

/// However much progress a server reports, no request takes longer (the
/// specification wants such a limit: lifecycle, "timeouts").
pub(super) const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// The greeting, which nobody withdraws.
const HANDSHAKE: [&str; 2] = ["initialize", "server/discover"];

/// A connection to a server, or what was one.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) server: Arc<Server>,
    pub(crate) owner: Option<Owner>,
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
    late_replies: Counter<u64>,
    watched: watch::Sender<BTreeSet<String>>,
    /// The id of the request by which a modern server tells of changes.
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

/// How a request is to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestOptions<'a> {
    /// Progress starts it anew.
    pub(crate) timeout: Duration,
    /// Where progress goes, if the params ask for it, and what else belongs to
    /// this request alone.
    pub(crate) progress_to: Option<&'a Outbox>,
    /// Who asks; absent: the owner of the connection, or the gateway itself.
    pub(crate) client: Option<&'a ClientMeta>,
    /// Takes what the server asks while it works on this request; absent: the
    /// audience is asked. A question that does not fit in is refused.
    pub(crate) questions: Option<&'a mpsc::Sender<Question>>,
    /// Knows when it is the client that takes its time.
    pub(crate) patience: Option<&'a Patience>,
}

impl RequestOptions<'_> {
    /// On the gateway's own behalf.
    pub(crate) const fn within(timeout: Duration) -> Self {
        Self {
            timeout,
            progress_to: None,
            client: None,
            questions: None,
            patience: None,
        }
    }
}

impl Connection {
    pub(super) fn new(
        server: Arc<Server>,
        owner: Option<Owner>,
        pid: Option<u32>,
        wire: Wire,
        lines: mpsc::Sender<String>,
        surroundings: &Arc<Surroundings>,
    ) -> Self {
        let meter = opentelemetry::global::meter("mcp-gateway");
        Self {
            places: Semaphore::new(server.max_in_flight),
            server,
            owner,
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
            late_replies: meter
                .u64_counter("mcporch.upstream.late_replies")
                .with_description("Answers of servers that nobody waited for any more.")
                .build(),
            watched: watch::Sender::default(),
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
    #[allow(dead_code, reason = "what sessions subscribe to")]
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

    /// Waits for a place among the requests in flight.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// Asks the server, once. Takes params as a client sent them, and fits them
    /// to the server's era. Dropped before the answer, or over its time, the
    /// request is withdrawn.
    pub(crate) async fn request(
        self: &Arc<Self>,
        method: &str,
        params: Option<&str>,
        options: RequestOptions<'_>,
    ) -> Result<Reply, RequestError> {
        let Some(hello) = self.hello() else {
            return Err(self.crashed());
        };
        let id = self.next_id();
        let fitted = params::fit(
            params,
            id,
            hello,
            self.owner.as_ref(),
            options.client,
            options.progress_to,
        )?;
        self.exchange(id, method, fitted, options).await
    }

    pub(super) fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request as it is, and waits for its answer.
    pub(super) async fn exchange(
        self: &Arc<Self>,
        id: u64,
        method: &str,
        Fitted { params, progress }: Fitted,
        options: RequestOptions<'_>,
    ) -> Result<Reply, RequestError> {
        self.touch();
        let expecting = Expecting {
            progress,
            questions: options.questions.cloned(),
            is_listening: method == "subscriptions/listen",
        };
        let Some(mut ticket) = self.in_flight.enter(id, expecting) else {
            return Err(self.crashed());
        };
        let request = Outgoing {
            id,
            method,
            params: params.as_deref(),
            message: message::request(&Id::from(id), method, params.as_deref()),
        };
        let longest = tokio::time::sleep(MAX_TIMEOUT);
        let timeout = tokio::time::sleep(options.timeout);
        let withdrawal = Withdrawal {
            connection: self,
            id,
            is_due: AtomicBool::new(false),
        };
        let answered = self.carry(request, &options, &withdrawal, &mut ticket.answer);
        tokio::pin!(longest, timeout, answered);
        loop {
            tokio::select! {
                biased;
                answer = &mut answered => {
                    self.touch();
                    if matches!(answer, Ok(_) | Err(RequestError::Unreachable(_))) {
                        withdrawal.is_due.store(false, Ordering::Relaxed);
                    }
                    return answer;
                }
                () = ticket.sign_of_life.notified() => {
                    timeout.as_mut().reset(tokio::time::Instant::now() + options.timeout);
                }
                () = &mut timeout => {
                    let patience = options.patience.and_then(|patience| patience.extension(options.timeout));
                    let Some(extension) = patience else {
                        return Err(RequestError::Timeout(options.timeout));
                    };
                    timeout.as_mut().reset(tokio::time::Instant::now() + extension);
                }
                () = &mut longest => return Err(RequestError::Timeout(MAX_TIMEOUT)),
            }
        }
    }

    /// Brings a request to the server and its answer back.
    async fn carry(
        self: &Arc<Self>,
        request: Outgoing<'_>,
        options: &RequestOptions<'_>,
        withdrawal: &Withdrawal<'_>,
        answer: &mut Answer,
    ) -> Result<Reply, RequestError> {
        let may_be_withdrawn = !HANDSHAKE.contains(&request.method);
        match &self.wire {
            Wire::Lines => {
                let sent = self.lines.send(request.message).await;
                // Else not a byte of it has reached the server.
                let is_due = sent.is_ok() && may_be_withdrawn;
                withdrawal.is_due.store(is_due, Ordering::Relaxed);
                // Where it is gone, how it went will be known in a moment.
                answer.await.unwrap_or_else(|_| Err(self.crashed()))
            }
            Wire::Http(http) => {
                let is_due = may_be_withdrawn && !http.withdraws_by_closing();
                withdrawal.is_due.store(is_due, Ordering::Relaxed);
                let related = Related {
                    outbox: options.progress_to,
                    questions: options.questions,
                    is_its_stream: true,
                };
                http.exchange(self, request, related, answer).await
            }
        }
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

    /// Asks a modern server to tell of changes, and waits until it no longer does.
    pub(super) async fn listen(
        self: &Arc<Self>,
        params: &str,
        timeout: Duration,
    ) -> Result<Reply, RequestError> {
        let hello = self.hello().ok_or_else(|| self.crashed())?;
        let id = self.next_id();
        self.listening.store(id, Ordering::Relaxed);
        let fitted = params::fit(Some(params), id, hello, self.owner.as_ref(), None, None)?;
        let options = RequestOptions::within(timeout);
        self.exchange(id, "subscriptions/listen", fitted, options).await
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

/// Tells the server that nobody waits any more, unless it has answered.
struct Withdrawal<'a> {
    connection: &'a Connection,
    id: u64,
    is_due: AtomicBool,
}

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        if *self.is_due.get_mut() {
            let id = self.id;
            let params = format!(r#"{{"requestId":{id},"reason":"nobody waits for the answer any more"}}"#);
            self.connection.notify("notifications/cancelled", Some(&params));
        }
    }
}
