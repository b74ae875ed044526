use std::{
    convert::Infallible,
    fmt,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::Full;
use hyper::{
    client::conn::{http1, http2},
    rt::Executor as _,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use service_host::WritesLast;
use tokio::{
    runtime::{self, Handle},
    task::coop::unconstrained,
};

use super::{
    body::Body,
    connector::{ConnectError, Dialer, Stream},
};
use crate::id_map::IdMap;

/// A connection as hyper reads and writes it.
type Io = TokioIo<WritesLast<Stream>>;

/// How long a connection waits for the next request. Many servers close theirs
/// after 5 seconds, and what is sent at that very moment is lost.
const IDLE: Duration = Duration::from_secs(4);

/// Connections to one server that wait for the next request, in each runtime. One
/// more, and the one that has waited longest is closed.
const MAX_IDLE: usize = 256;

/// What is read of the head of an answer.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The connections to one server: those that wait, and new ones where none does.
///
/// There is no task for a connection of HTTP/1.1: whoever sends by it and reads its
/// answer makes it go on ([`Lent`]). One of HTTP/2, which many use, has one.
pub(super) struct Connections {
    dialer: Dialer,
    /// Where all of them lead: scheme and authority.
    origin: Uri,
    host: HeaderValue,
    /// By the runtime that is woken for them, which is not for others to wait for. The
    /// one that was used last comes last.
    idle: Mutex<IdMap<runtime::Id, Vec<Idle>>>,
    http2: Mutex<Option<http2::SendRequest<Full<Bytes>>>>,
}

struct Idle {
    line: Line,
    since: Instant,
}

/// A connection of HTTP/1.1.
struct Line {
    /// In which it was made.
    runtime: runtime::Id,
    sender: http1::SendRequest<Full<Bytes>>,
    connection: Pin<Box<http1::Connection<Io, Full<Bytes>>>>,
}

/// A connection that somebody uses. Dropped, it goes back to those that wait if its
/// answer was read whole, and is closed if not: nobody can use it before the rest
/// of the answer has come, which may be never.
pub(super) struct Lent {
    line: Option<Line>,
    connections: Arc<Connections>,
    is_answered: bool,
}

/// Why there is no answer.
pub(super) enum SendError {
    /// There is no connection, so the server has not seen the request.
    Connect(ConnectError),
    /// It may have.
    Broken(hyper::Error),
}

impl Connections {
    /// To where a URL leads that has a host.
    pub(super) fn new(dialer: Dialer, url: &Uri) -> Self {
        let host = url.authority().map_or("", |authority| authority.as_str());
        let default_port = if url.scheme_str() == Some("https") {
            ":443"
        } else {
            ":80"
        };
        let host = host.strip_suffix(default_port).unwrap_or(host);
        Self {
            dialer,
            origin: url.clone(),
            host: HeaderValue::from_str(host).expect("what stands in a URL can stand in a header"),
            idle: Mutex::default(),
            http2: Mutex::default(),
        }
    }

    /// Sends a request, once. It must be for the same origin as all others.
    pub(super) async fn send(
        self: &Arc<Self>,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Body>, SendError> {
        // A connection that the server closed before a byte of the request was
        // written is as good as none.
        while let Some(lent) = self.take() {
            match lent.send(self.for_http1(request)).await {
                Ok(response) => return Ok(response),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(SendError::Broken(error.into_error())),
                },
            }
        }
        if let Some(mut sender) = self.shared() {
            match sender.try_send_request(self.for_http2(request)).await {
                Ok(response) => return Ok(response.map(Body::driven)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(SendError::Broken(error.into_error())),
                },
            }
        }
        // Boxed, because it is seldom: each request would have room for it.
        Box::pin(self.send_by_new(request)).await
    }

    /// Sends a request by a connection that is made for it, and kept for others.
    async fn send_by_new(
        self: &Arc<Self>,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Body>, SendError> {
        let stream = self
            .dialer
            .connect(&self.origin)
            .await
            .map_err(SendError::Connect)?;
        if stream.speaks_http2() {
            let mut sender = self.begin_http2(stream).await?;
            let answered = sender.send_request(self.for_http2(request)).await;
            return answered
                .map(|response| response.map(Body::driven))
                .map_err(SendError::Broken);
        }
        let lent = self.begin_http1(stream).await?;
        let answered = lent.send(self.for_http1(request)).await;
        answered.map_err(|error| SendError::Broken(error.into_error()))
    }

    /// Closes those that have waited for long.
    pub(super) async fn close_idle(&self) -> Infallible {
        loop {
            tokio::time::sleep(IDLE / 2).await;
            let mut old = Vec::new();
            for idle in self.lock().values_mut() {
                let fresh = idle.partition_point(|idle| idle.since.elapsed() >= IDLE);
                old.extend(idle.drain(..fresh));
            }
            drop(old);
        }
    }

    /// One that waits and that the server has not closed.
    fn take(self: &Arc<Self>) -> Option<Lent> {
        let runtime = Handle::current().id();
        loop {
            let Idle { mut line, since } = self.lock().get_mut(&runtime)?.pop()?;
            if since.elapsed() >= IDLE {
                // All others have waited longer.
                let old = self.lock().remove(&runtime);
                drop(old);
                return None;
            }
            if line.is_free() {
                return Some(self.lend(line));
            }
        }
    }

    fn lend(self: &Arc<Self>, line: Line) -> Lent {
        Lent {
            line: Some(line),
            connections: self.clone(),
            is_answered: false,
        }
    }

    fn give_back(&self, line: Line) {
        let since = Instant::now();
        let mut runtimes = self.lock();
        let idle = runtimes.entry(line.runtime).or_default();
        let oldest = (idle.len() >= MAX_IDLE).then(|| idle.remove(0));
        idle.push(Idle { line, since });
        drop(runtimes);
        drop(oldest);
    }

    async fn begin_http1(self: &Arc<Self>, stream: Stream) -> Result<Lent, SendError> {
        let mut builder = http1::Builder::new();
        // Of headers it takes a hundred, for which it has a place without asking for memory.
        builder.max_buf_size(MAX_HEAD_BYTES);
        let (sender, connection) = builder
            .handshake(TokioIo::new(WritesLast::new(stream)))
            .await
            .map_err(|error| self.no_handshake(error))?;
        Ok(self.lend(Line {
            runtime: Handle::current().id(),
            sender,
            connection: Box::pin(connection),
        }))
    }

    async fn begin_http2(&self, stream: Stream) -> Result<http2::SendRequest<Full<Bytes>>, SendError> {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .max_header_list_size(MAX_HEAD_BYTES as u32)
            .adaptive_window(true);
        let (sender, connection) = builder
            .handshake(TokioIo::new(WritesLast::new(stream)))
            .await
            .map_err(|error| self.no_handshake(error))?;
        // Ends with the last who can send by it.
        TokioExecutor::new().execute(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a server ended");
            }
        });
        *self.http2.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender.clone());
        Ok(sender)
    }

    /// The connection of HTTP/2, if one stands.
    fn shared(&self) -> Option<http2::SendRequest<Full<Bytes>>> {
        let sender = self.http2.lock().unwrap_or_else(PoisonError::into_inner).clone();
        sender.filter(|sender| !sender.is_closed())
    }

    /// RFC 9112, section 3.2: the path alone, and `Host`.
    fn for_http1(&self, mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
        let path = request.uri().path_and_query().cloned();
        *request.uri_mut() = path.map_or_else(Uri::default, Uri::from);
        request.headers_mut().insert(header::HOST, self.host.clone());
        request
    }

    /// RFC 9113, section 8.3.1: the authority is a part of the address.
    fn for_http2(&self, mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
        let mut parts = self.origin.clone().into_parts();
        parts.path_and_query = request.uri().path_and_query().cloned();
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        request.headers_mut().remove(header::HOST);
        request
    }

    fn no_handshake(&self, error: hyper::Error) -> SendError {
        let host = self.origin.host().unwrap_or_default().to_owned();
        SendError::Connect(ConnectError::Handshake { host, error })
    }

    fn lock(&self) -> MutexGuard<'_, IdMap<runtime::Id, Vec<Idle>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Makes the connection go on. Ready when it is closed.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.connection.as_mut().poll(context).map(drop)
    }

    /// Whether it stands, and has nothing to do. Nobody is woken by it from then on.
    fn is_free(&mut self) -> bool {
        self.poll(&mut nobody()).is_pending() && self.sender.is_ready()
    }
}

impl Lent {
    /// Sends a request and awaits the head of its answer. The error holds the request
    /// where no byte of it was written.
    async fn send(
        mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Body>, hyper::client::conn::TrySendError<Request<Full<Bytes>>>> {
        let line = self.line.as_mut().expect("is there until it is closed");
        // What it waits for is done by the connection, here: nobody needs to be
        // woken for it, and so the budget of the task is no matter either.
        let mut answer = pin!(unconstrained(line.sender.try_send_request(request)));
        let answer = std::future::poll_fn(|context| {
            if self.poll(context).is_ready() {
                // Gone, it has said what became of the request.
                return answer.as_mut().poll(context);
            }
            answer.as_mut().poll(&mut nobody())
        })
        .await;
        answer.map(|response| {
            self.is_answered = true;
            response.map(|incoming| Body::lent(incoming, self))
        })
    }

    /// Makes the connection go on. Ready when it is closed.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let polled = self.line.as_mut().map(|line| line.poll(context));
        if polled == Some(Poll::Pending) {
            return Poll::Pending;
        }
        self.line = None;
        Poll::Ready(())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Reads the end of an answer that is there, but that nobody cared for.
        if let Some(mut line) = self.line.take().filter(|_| self.is_answered)
            && line.is_free()
        {
            self.connections.give_back(line);
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Connections")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// For what is polled again whatever happens.
pub(super) fn nobody() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

#[cfg(test)]
mod tests;
