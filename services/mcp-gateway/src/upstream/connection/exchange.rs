use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, time::Instant};
use tracing::Instrument as _;

use super::{Connection, Related, Wire};
use crate::{
    message::{self, Id, Reply},
    outbox::Outbox,
    relay::Trace,
    spans,
    upstream::{
        ClientMeta, Patience, Question, RequestError,
        http::Outgoing,
        in_flight::{Answer, Expecting},
        params::{self, Fitted},
    },
};

/// However much progress a server reports, no request takes longer (the
/// specification wants such a limit: lifecycle, "timeouts").
pub(in crate::upstream) const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// The greeting, which nobody withdraws.
const HANDSHAKE: [&str; 2] = ["initialize", "server/discover"];

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
    /// In which trace the client asks, where it says so.
    pub(crate) trace: Option<&'a Trace>,
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
            trace: None,
            questions: None,
            patience: None,
        }
    }
}

impl Connection {
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
        let mut fitted = params::fit(
            params,
            id,
            hello,
            self.owner.as_ref(),
            options.client,
            options.progress_to,
        )?;
        let span = spans::to_server(self, method, params);
        let exchange = async {
            fitted.params = spans::with_carriers(fitted.params);
            let reply = self.exchange(id, method, fitted, options).await;
            spans::replied(&reply);
            reply
        };
        exchange.instrument(span).await
    }

    /// Sends a request as it is, and waits for its answer.
    pub(in crate::upstream) async fn exchange(
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
            // A legacy server is told once, for all.
            may_log: !self.is_modern() || options.client.is_some_and(|client| client.log_level.is_some()),
        };
        let Some(mut ticket) = self.in_flight.enter(id, expecting) else {
            return Err(self.crashed());
        };
        let request = Outgoing {
            id,
            method,
            params: params.as_deref(),
            message: message::request(&Id::from(id), method, params.as_deref()),
            carriers: spans::carriers(options.trace),
        };
        let longest = Instant::now() + MAX_TIMEOUT;
        let within = |time: Duration| longest.min(Instant::now() + time);
        let timeout = tokio::time::sleep_until(within(options.timeout));
        let withdrawal = Withdrawal {
            connection: self,
            id,
            is_due: AtomicBool::new(false),
        };
        let answered = self.carry(request, &options, &withdrawal, &mut ticket.answer);
        tokio::pin!(timeout, answered);
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
                    timeout.as_mut().reset(within(options.timeout));
                }
                () = &mut timeout => {
                    if Instant::now() >= longest {
                        return Err(RequestError::Timeout(MAX_TIMEOUT));
                    }
                    let patience = options.patience.and_then(|patience| patience.extension(options.timeout));
                    let Some(extension) = patience else {
                        return Err(RequestError::Timeout(options.timeout));
                    };
                    timeout.as_mut().reset(within(extension));
                }
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

    /// Asks a modern server to tell of changes, and waits until it no longer does.
    pub(in crate::upstream) async fn listen(
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
