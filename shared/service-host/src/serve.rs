use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

use crate::{HostConfig, Shutdown, Tasks};

/// Streams open at a time on one HTTP/2 connection. The services share one
/// connection for all calls between two of them, live tails included.
const MAX_STREAMS: u32 = 4_000;

/// How often a silent HTTP/2 connection is asked whether it still lives.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// How long to wait after the system refused to hand out a connection, which
/// it does when this process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// One port that is being served.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    stop: CancellationToken,
    connections: TaskTracker,
}

impl Server {
    /// Serves HTTP/1 and HTTP/2, told apart by the client's first bytes. Handlers
    /// find the peer's address as `ConnectInfo<SocketAddr>`.
    pub(crate) fn start(
        name: &'static str,
        listener: TcpListener,
        router: Router,
        config: &HostConfig,
        tasks: &Tasks,
        shutdown: Shutdown,
    ) -> Self {
        let stop = CancellationToken::new();
        let connections = TaskTracker::new();
        let accepting = Accepting {
            name,
            listener,
            router,
            builder: builder(config),
            head_timeout: config.header_read_timeout(),
            slots: Arc::new(Semaphore::new(config.max_connections)),
            stop: stop.clone(),
            shutdown,
            connections: connections.clone(),
            tasks: tasks.clone(),
        };
        tasks.spawn_part(accepting.run());
        Self {
            name,
            stop,
            connections,
        }
    }

    /// Takes no new connection, lets requests in flight finish, and waits for
    /// them.
    pub(crate) async fn drain(&self) {
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

struct Accepting {
    name: &'static str,
    listener: TcpListener,
    router: Router,
    builder: auto::Builder<TokioExecutor>,
    head_timeout: Duration,
    slots: Arc<Semaphore>,
    stop: CancellationToken,
    shutdown: Shutdown,
    connections: TaskTracker,
    tasks: Tasks,
}

impl Accepting {
    async fn run(self) {
        loop {
            let Ok(slot) = self.slots.clone().acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = self.stop.cancelled() => return,
                () = self.shutdown.hard() => return,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(server = self.name, %error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let connection = serve_connection(
                self.builder.clone(),
                stream,
                peer,
                self.router.clone(),
                self.head_timeout,
                self.stop.clone(),
                self.shutdown.clone(),
            );
            let connection = self.connections.track_future(async move {
                connection.await;
                drop(slot);
            });
            self.tasks.spawn_part(connection);
        }
    }
}

async fn serve_connection(
    builder: auto::Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    head_timeout: Duration,
    stop: CancellationToken,
    shutdown: Shutdown,
) {
    // An answer of a few bytes must not wait for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let (first_request, mut saw_request) = watch::channel(false);
    let service = tower::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        first_request.send_replace(true);
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router
                    .oneshot(request)
                    .await
                    .unwrap_or_else(|never| match never {}),
            )
        }
    });
    let mut connection =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service)));

    // hyper's own head timeout begins when it knows the protocol. Whoever never
    // sends enough bytes to tell would stay for ever.
    let no_request = async {
        let first = saw_request.wait_for(|seen| *seen);
        if tokio::time::timeout(head_timeout, first).await.is_ok() {
            std::future::pending::<()>().await;
        }
    };
    let mut no_request = pin!(no_request);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            outcome = connection.as_mut() => {
                if let Err(error) = outcome {
                    tracing::debug!(error, "connection ended");
                }
                return;
            }
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = no_request.as_mut() => return,
            () = shutdown.hard() => return,
        }
    }
}
