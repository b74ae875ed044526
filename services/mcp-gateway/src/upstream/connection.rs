use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use domain::{LogLevel, ServerLogKind, Timestamp};
use opentelemetry::metrics::Counter;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::{
    Audience, ClientMeta, Hello, Owner, Patience, Question, RequestError,
    in_flight::InFlight,
    log_lines::Tail,
    params::{self, Fitted},
};
use crate::{
    directory::Server,
    message::{self, ErrorCode, Id, Message, Notification, Reply, Request, object_fields},
    outbox::Outbox,
    recorder::Recorder,
};

/// However much progress a server reports, no request takes longer (the
/// specification wants such a limit: lifecycle, "timeouts").
const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// One running server, as those see it who ask it something.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) server: Arc<Server>,
    pub(crate) owner: Option<Owner>,
    /// Of a stdio server.
    pub(crate) pid: Option<u32>,
    pub(crate) started_at: Timestamp,
    hello: OnceLock<Hello>,
    /// Bounded: whoever asks a server that does not read waits, within the
    /// request's own time.
    lines: mpsc::Sender<String>,
    in_flight: InFlight,
    next_id: AtomicU64,
    places: Semaphore,
    pub(super) tail: Tail,
    used: Mutex<Instant>,
    end: OnceLock<String>,
    late_replies: Counter<u64>,
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
        started_at: Timestamp,
        lines: mpsc::Sender<String>,
    ) -> Self {
        let meter = opentelemetry::global::meter("mcp-gateway");
        Self {
            places: Semaphore::new(server.max_in_flight),
            server,
            owner,
            pid,
            started_at,
            hello: OnceLock::new(),
            lines,
            in_flight: InFlight::default(),
            next_id: AtomicU64::new(1),
            tail: Tail::default(),
            used: Mutex::new(Instant::now()),
            end: OnceLock::new(),
            late_replies: meter
                .u64_counter("mcporch.upstream.late_replies")
                .with_description("Answers of servers that nobody waited for any more.")
                .build(),
        }
    }

    /// What the server said of itself. Connections are handed out when it has.
    pub(crate) fn hello(&self) -> Option<&Hello> {
        self.hello.get()
    }

    pub(super) fn greeted(&self, hello: Hello) {
        let _ = self.hello.set(hello);
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
        let Some(mut ticket) = self.in_flight.enter(id, progress, options.questions.cloned()) else {
            return Err(self.crashed());
        };
        let line = message::request(&Id::from(id), method, params.as_deref());
        let longest = tokio::time::sleep(MAX_TIMEOUT);
        let timeout = tokio::time::sleep(options.timeout);
        tokio::pin!(longest, timeout);
        tokio::select! {
            sent = self.lines.send(line) => if sent.is_err() { return Err(self.crashed_in(&mut ticket.answer).await) },
            // Not a byte of it has reached the server.
            () = &mut timeout => return Err(RequestError::Timeout(options.timeout)),
        }
        let mut withdrawal = Withdrawal {
            connection: self,
            id: (method != "initialize").then_some(id),
        };
        loop {
            tokio::select! {
                biased;
                reply = &mut ticket.answer => {
                    withdrawal.id = None;
                    self.touch();
                    return reply.map_err(|_| self.crashed());
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

    /// A message that came from the server.
    pub(super) fn receive(self: &Arc<Self>, message: Message, audience: &dyn Audience, recorder: &Recorder) {
        match message {
            Message::Response(response) => {
                let id = response.id.as_ref().and_then(Id::as_u64);
                if !id.is_some_and(|id| self.in_flight.answer(id, response.reply)) {
                    self.late_replies.add(1, &[]);
                }
            }
            Message::Request(request) => self.receive_request(request, audience),
            Message::Notification(notification) => {
                self.receive_notification(&notification, audience, recorder);
            }
        }
    }

    fn receive_request(self: &Arc<Self>, request: Request, audience: &dyn Audience) {
        if request.method == "ping" {
            let _ = self.lines.try_send(message::result_reply(&request.id, "{}"));
            return;
        }
        let Some(questions) = self.in_flight.newest_questions() else {
            if !audience.ask(self, &request) {
                self.refuse_unheard(&request.id);
            }
            return;
        };
        let question = Question {
            connection: self.clone(),
            id: request.id,
            method: request.method,
            params: request.params,
        };
        if let Err(error) = questions.try_send(question) {
            self.refuse_unheard(&error.into_inner().id);
        }
    }

    fn refuse_unheard(&self, id: &Id) {
        let words = "no client of this connection can answer that";
        self.refuse(id, ErrorCode::MethodNotFound, words);
    }

    fn receive_notification(
        &self,
        notification: &Notification,
        audience: &dyn Audience,
        recorder: &Recorder,
    ) {
        let params = notification.params().unwrap_or("{}");
        match notification.method.as_str() {
            "notifications/progress" => self.pass_progress_on(params),
            "notifications/cancelled" => {
                let fields = object_fields(params, ["requestId"]);
                if let Some(id) = fields.and_then(|fields| Id::parse(fields.get(0)?)) {
                    audience.withdraw(self, &id, notification);
                }
            }
            "notifications/message" => {
                let (level, line) = log_message(params);
                recorder.server_log(&self.server, level, ServerLogKind::Protocol, &line, None);
                audience.notify(self, notification);
            }
            _ => audience.notify(self, notification),
        }
    }

    /// To the stream of the request that it belongs to, under the client's own
    /// token. Progress of what is over is dropped.
    fn pass_progress_on(&self, params: &str) {
        let Some(fields) = object_fields(params, ["progressToken"]) else {
            return;
        };
        let Some(text) = fields.get(0) else { return };
        let Some(progress) = text.parse().ok().and_then(|id| self.in_flight.progress(id)) else {
            return;
        };
        let params = fields.splice().replace(text, progress.token).finish();
        let _ = progress
            .outbox
            .push(message::notification("notifications/progress", Some(&params)));
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

    fn crashed(&self) -> RequestError {
        let reason = self.end.get().map_or("its connection has ended", String::as_str);
        RequestError::Crashed(format!("the server {} is gone: {reason}", self.server.name))
    }

    /// The pipe is closed, and how the process ended will be known in a moment.
    async fn crashed_in(&self, answer: &mut tokio::sync::oneshot::Receiver<Reply>) -> RequestError {
        let _ = answer.await;
        self.crashed()
    }
}

/// Tells the server that nobody waits any more, unless it has answered.
struct Withdrawal<'a> {
    connection: &'a Connection,
    id: Option<u64>,
}

impl Drop for Withdrawal<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let params = format!(r#"{{"requestId":{id},"reason":"nobody waits for the answer any more"}}"#);
            self.connection.notify("notifications/cancelled", Some(&params));
        }
    }
}

/// A `notifications/message` as a line of the server's log.
fn log_message(params: &str) -> (LogLevel, String) {
    let Some(fields) = object_fields(params, ["level", "data", "logger"]) else {
        return (LogLevel::Info, params.to_owned());
    };
    let level = match fields.string(0).as_deref() {
        Some("debug") => LogLevel::Debug,
        Some("warning") => LogLevel::Warning,
        Some("error" | "critical" | "alert" | "emergency") => LogLevel::Error,
        _ => LogLevel::Info,
    };
    let data = fields
        .string(1)
        .unwrap_or_else(|| fields.get(1).unwrap_or_default().to_owned());
    match fields.string(2) {
        Some(logger) => (level, format!("{logger}: {data}")),
        None => (level, data),
    }
}
