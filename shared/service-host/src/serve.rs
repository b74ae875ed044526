use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    HostConfig, ServiceTls, Shutdown, Tasks,
    aside::Aside,
    boxed_in_place,
    front::Handler,
    listener::refuse_handshakes,
    tls::IsCertified,
    workers::{Workers, note_request},
    writes_last::WritesLast,
};

/// Streams open at a time on one HTTP/2 connection. The services share one
/// connection for all calls between two of them, live tails included.
const MAX_STREAMS: u32 = 4_000;

/// How often a silent HTTP/2 connection is asked whether it still lives.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// How long to wait after the system refused to hand out a connection, which
/// it does when this process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long handshakes may take that had begun when a port was to be closed.
const LAST_HANDSHAKES: Duration = Duration::from_millis(50);

/// One port that is being served.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// Whether clients come to it, who are no service of the deployment.
    pub(crate) is_for_clients: bool,
    close: CancellationToken,
    closed: CancellationToken,
    stop: CancellationToken,
    connections: TaskTracker,
}

impl Server {
    /// Serves HTTP/1 and HTTP/2, told apart by the client's first bytes.
    pub(crate) fn start(
        name: &'static str,
        listener: TcpListener,
        tls: Option<ServiceTls>,
        handler: impl Handler,
        workers: Workers,
        config: &HostConfig,
        tasks: &Tasks,
    ) -> Self {
        let (close, closed) = (CancellationToken::new(), CancellationToken::new());
        let stop = CancellationToken::new();
        let connections = TaskTracker::new();
        let accepting = Accepting {
            name,
            listener,
            tls,
            handler,
            workers,
            builder: builder(config),
            head_timeout: config.header_read_timeout(),
            slots: Arc::new(Semaphore::new(config.max_connections)),
            close: close.clone(),
            stop: stop.clone(),
            shutdown: tasks.shutdown().clone(),
            connections: connections.clone(),
            tasks: tasks.clone(),
        };
        let at_its_end = closed.clone().drop_guard();
        tasks.spawn_part(async move {
            accepting.run().await;
            drop(at_its_end);
        });
        Self {
            name,
            is_for_clients: false,
            close,
            closed,
            stop,
            connections,
        }
    }

    /// Closes the port: whoever comes from then on is refused, and can go
    /// elsewhere. Connections that have been made are served.
    pub(crate) async fn close(&self) {
        self.close.cancel();
        self.closed.cancelled().await;
    }

    /// Whether anybody is there who might send a request.
    pub(crate) fn has_connections(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Takes no new connection, lets requests in flight finish, and waits for
    /// them.
    pub(crate) async fn drain(&self) {
        self.close.cancel();
        self.stop.cancel();
        self.connections.close();
        self.connections.wait().await;
    }
}

fn builder(config: &HostConfig) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_read_timeout())
        .max_buf_size(config.max_header_bytes as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(config.max_header_bytes);
    builder
}

struct Accepting<H> {
    name: &'static str,
    listener: TcpListener,
    tls: Option<ServiceTls>,
    handler: H,
    workers: Workers,
    builder: auto::Builder<TokioExecutor>,
    head_timeout: Duration,
    slots: Arc<Semaphore>,
    close: CancellationToken,
    stop: CancellationToken,
    shutdown: Shutdown,
    connections: TaskTracker,
    tasks: Tasks,
}

impl<H: Handler> Accepting<H> {
    async fn run(self) {
        tokio::select! {
            () = self.accept() => return,
            () = self.close.cancelled() => {}
            () = self.shutdown.hard() => return,
        }
        // A port that is just closed resets connections which nobody has accepted
        // yet, and with them requests that their clients must not send again.
        if let Err(error) = refuse_handshakes(&self.listener) {
            tracing::debug!(server = self.name, %error, "a connection may be lost");
        }
        tokio::select! {
            biased;
            () = self.accept() => {}
            () = self.shutdown.hard() => {}
            () = tokio::time::sleep(LAST_HANDSHAKES) => {}
        }
    }

    async fn accept(&self) {
        loop {
            let Ok(slot) = self.slots.clone().acquire_owned().await else {
                return;
            };
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(server = self.name, %error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let connection = Connection {
                builder: self.builder.clone(),
                peer,
                handler: self.handler.clone(),
                head_timeout: self.head_timeout,
                stop: self.stop.clone(),
                shutdown: self.shutdown.clone(),
            };
            // An answer of a few bytes must not wait for the acknowledgement of the one before.
            let _ = stream.set_nodelay(true);
            let tls = self.tls.clone();
            // The runtime that is woken for a stream is the one in which it was made.
            let stream = stream.into_std();
            let (runtime, place) = self.workers.place();
            let connection = self.connections.track_future(async move {
                let stream = match stream.and_then(TcpStream::from_std) {
                    Ok(stream) => stream,
                    Err(error) => return tracing::warn!(%peer, %error, "a connection cannot be served"),
                };
                match tls {
                    None => connection.serve(stream, IsCertified(false)).await,
                    // Boxed, because each connection would have room for it.
                    Some(tls) => Box::pin(connection.serve_tls(stream, &tls)).await,
                }
                drop((slot, place));
            });
            self.tasks.spawn_part_on(runtime, connection);
        }
    }
}

/// One connection, from its first byte to its last.
struct Connection<H> {
    builder: auto::Builder<TokioExecutor>,
    peer: SocketAddr,
    handler: H,
    head_timeout: Duration,
    stop: CancellationToken,
    shutdown: Shutdown,
}

impl<H: Handler> Connection<H> {
    async fn serve_tls(self, stream: TcpStream, tls: &ServiceTls) {
        let accepted = tokio::select! {
            accepted = tokio::time::timeout(self.head_timeout, tls.accept(stream)) => accepted,
            () = self.stop.cancelled() => return,
            () = self.shutdown.hard() => return,
        };
        match accepted {
            Ok(Ok((stream, is_certified))) => self.serve(stream, is_certified).await,
            Ok(Err(error)) => tracing::warn!(peer = %self.peer, %error, "no TLS with a caller"),
            Err(_) => tracing::debug!(peer = %self.peer, "a caller did not finish its TLS handshake"),
        }
    }

    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        is_certified: IsCertified,
    ) {
        let Self {
            builder,
            peer,
            handler,
            head_timeout,
            stop,
            shutdown,
        } = self;
        let (first_request, mut saw_request) = watch::channel(false);
        let service = hyper::service::service_fn(move |request| {
            note_request();
            first_request.send_if_modified(|is_seen| !std::mem::replace(is_seen, true));
            // Boxed, because hyper has room for it as long as the connection is open.
            let answering = boxed_in_place(|| handler.clone().handle(request, peer, is_certified));
            async move { Ok::<_, Infallible>(answering.await) }
        });
        let mut connection =
            pin!(builder.serve_connection_with_upgrades(TokioIo::new(WritesLast::new(stream)), service));

        // hyper's own head timeout begins when it knows the protocol. Whoever never
        // sends enough bytes to tell would stay for ever.
        let no_request = async move {
            let first = saw_request.wait_for(|seen| *seen);
            if tokio::time::timeout(head_timeout, first).await.is_ok() {
                std::future::pending::<()>().await;
            }
        };
        let mut cut = Aside::new(async move {
            tokio::select! {
                () = no_request => {}
                () = shutdown.hard() => {}
            }
        });
        let mut stop = Aside::new(stop.cancelled_owned());
        let mut is_stopping = false;
        loop {
            tokio::select! {
                biased;
                outcome = connection.as_mut() => {
                    if let Err(error) = outcome {
                        tracing::debug!(error, "connection ended");
                    }
                    return;
                }
                () = &mut stop, if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = &mut cut => return,
            }
        }
    }
}
