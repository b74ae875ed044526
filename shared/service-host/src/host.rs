use std::{pin::Pin, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, http::StatusCode, middleware::from_fn, routing::get};
use domain::Clock;
use opentelemetry::metrics::MeterProvider as _;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::ServingStatus;

use crate::{
    Background, Channel, DialOptions, Front, HostConfig, InvalidUrl, Listener, OnFailure, Readiness,
    ServiceTls, Shutdown, Tasks, dial,
    front::{Fronted, Handler},
    health::Board,
    layers::{self, Observer},
    serve::Server,
    telemetry::Metrics,
    workers::Workers,
};

/// How long dropped tasks may take to be gone after the hard stop.
const HARD_STOP: Duration = Duration::from_secs(2);

/// How long requests may take to arrive that were on their way when the ports for
/// clients were closed.
const LAST_REQUESTS: Duration = Duration::from_millis(200);

/// What the host answers itself, see [`Host::own_routes`].
const OWN_PATHS: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// What is left to do when nothing is in flight any more.
type Ending = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The process, as its services see it. One per process; a test makes one too.
///
/// A host that is dropped without [`Host::shut_down`] ends its tasks where
/// they stand, as a kill would.
pub struct Host {
    config: HostConfig,
    clock: Clock,
    metrics: Metrics,
    board: Board,
    tls: Option<ServiceTls>,
    shutdown: Shutdown,
    stop_asked: CancellationToken,
    tasks: Tasks,
    servers: Vec<Server>,
    endings: Vec<Ending>,
    descriptors: Option<&'static [u8]>,
}

impl Host {
    /// A host with metrics of its own and without any other telemetry. A
    /// process makes its host by [`crate::run`].
    pub fn new(config: HostConfig, clock: Clock) -> anyhow::Result<Self> {
        let metrics = Metrics::new(None)?;
        Self::with_metrics(config, clock, metrics)
    }

    pub(crate) fn with_metrics(config: HostConfig, clock: Clock, metrics: Metrics) -> anyhow::Result<Self> {
        let shutdown = Shutdown::new(config.shutdown_grace());
        let stop_asked = CancellationToken::new();
        let tasks = Tasks::new(shutdown.clone(), stop_asked.clone());
        let tls = ServiceTls::load(&config.tls)?;
        if let Some(tls) = tls.clone() {
            let following = tls.follow_files(shutdown.clone());
            tasks.spawn("certificates", OnFailure::Log, following);
        }
        let board = Board::new();
        board.measure(&metrics.provider.meter("service-host"));
        Ok(Self {
            config,
            clock,
            metrics,
            board,
            tls,
            tasks,
            shutdown,
            stop_asked,
            servers: Vec::new(),
            endings: Vec::new(),
            descriptors: None,
        })
    }

    /// Where the time comes from.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where work beside requests is spawned.
    pub fn tasks(&self) -> Tasks {
        self.tasks.clone()
    }

    /// How the process ends.
    pub fn shutdown(&self) -> Shutdown {
        self.shutdown.clone()
    }

    /// Does this at the end, when no request is in flight and all tasks have
    /// ended: closes a store, for instance. What was said last is done first.
    ///
    /// A task that waits for [`Shutdown::hard`] instead would hold up the end
    /// until the grace is over.
    pub fn at_the_end(&mut self, ending: impl Future<Output = ()> + Send + 'static) {
        self.endings.push(Box::pin(ending));
    }

    /// A channel to another service, over TLS where the services use it. Nothing
    /// is connected yet.
    pub fn dial(&self, url: &str, mut options: DialOptions) -> Result<Channel, InvalidUrl> {
        options.tls.clone_from(&self.tls);
        dial(url, options)
    }

    /// Where a service runs that is to come after all others where processors are
    /// short.
    pub fn background(&self) -> anyhow::Result<Background> {
        Background::new(self.shutdown.clone())
    }

    /// A gate that must open before the process is ready. It starts closed.
    pub fn readiness(&self, part: &'static str) -> Readiness {
        self.board.part(part)
    }

    /// Lets the gRPC servers that are started from now on tell their contracts
    /// (an encoded `FileDescriptorSet`), where the configuration allows it.
    pub fn describe(&mut self, descriptors: &'static [u8]) {
        self.descriptors = Some(descriptors);
    }

    /// Serves gRPC on the listener, and beside it health
    /// (`grpc.health.v1`, `/livez`, `/readyz`), `/metrics`, and reflection
    /// where it is on. Over TLS where the services use it: whoever shows no
    /// certificate then gets no further than health and metrics.
    pub fn serve_grpc(
        &mut self,
        name: &'static str,
        listener: Listener,
        routes: Routes,
    ) -> anyhow::Result<()> {
        let (mut reporter, health) = tonic_health::server::health_reporter();
        let mut routes = routes.add_service(health);
        let mut readiness = self.board.subscribe();
        self.tasks.spawn("grpc health", OnFailure::Log, async move {
            loop {
                let (status, is_draining) = {
                    let state = readiness.borrow_and_update();
                    (serving_status(state.is_ready()), state.is_draining())
                };
                for service in ["", name] {
                    reporter.set_service_status(service, status).await;
                    if is_draining {
                        // Ends the watches, which have no end of their own and
                        // would hold up the drain.
                        reporter.clear_service_status(service).await;
                    }
                }
                if is_draining || readiness.changed().await.is_err() {
                    return Ok(());
                }
            }
        });
        if let Some(descriptors) = self.descriptors.filter(|_| self.config.reflection) {
            let reflection = tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(descriptors)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .build_v1()
                .context("the gRPC contracts cannot be described")?;
            routes = routes.add_service(reflection);
        }
        let mut router = routes.prepare().into_axum_router();
        if self.tls.is_some() {
            router = router.layer(from_fn(layers::refuse_uncertified));
        }
        let router = layers::around(router, self.observer(name)).merge(self.own_routes());
        let server = self.serve(name, listener, router, Workers::current(), self.tls.clone())?;
        self.servers.push(server);
        Ok(())
    }

    /// Serves HTTP on the listener, and beside it `/livez`, `/readyz` and
    /// `/metrics`.
    pub fn serve_http(
        &mut self,
        name: &'static str,
        listener: Listener,
        router: Router,
    ) -> anyhow::Result<()> {
        let router = layers::around(router, self.observer(name)).merge(self.own_routes());
        self.serve_clients(name, listener, router, Workers::current())
    }

    /// The same for a service that needs no router, each connection on a thread that it
    /// stays on.
    pub fn serve_front(
        &mut self,
        name: &'static str,
        listener: Listener,
        front: Arc<impl Front>,
    ) -> anyhow::Result<()> {
        let fronted = Fronted {
            front,
            observer: self.observer(name),
            own: self.own_routes(),
            own_paths: &OWN_PATHS,
        };
        let workers = Workers::start(name, &self.shutdown)?;
        self.serve_clients(name, listener, Arc::new(fronted), workers)
    }

    fn serve_clients(
        &mut self,
        name: &'static str,
        listener: Listener,
        handler: impl Handler,
        workers: Workers,
    ) -> anyhow::Result<()> {
        let mut server = self.serve(name, listener, handler, workers, None)?;
        server.is_for_clients = true;
        self.servers.push(server);
        Ok(())
    }

    fn observer(&self, name: &'static str) -> Observer {
        Observer::new(name, &self.metrics.provider.meter("service-host"))
    }

    fn serve(
        &mut self,
        name: &'static str,
        listener: Listener,
        handler: impl Handler,
        workers: Workers,
        tls: Option<ServiceTls>,
    ) -> anyhow::Result<Server> {
        let address = listener.local_addr();
        let listener = listener
            .into_tokio()
            .with_context(|| format!("cannot serve on {address}"))?;
        let server = Server::start(name, listener, tls, handler, workers, &self.config, &self.tasks);
        tracing::info!(server = name, %address, "listening");
        Ok(server)
    }

    /// Outside of the layers: asked every few seconds, they would fill logs,
    /// traces and metrics with themselves.
    fn own_routes(&self) -> Router {
        let board = self.board.clone();
        let metrics = self.metrics.clone();
        let [livez, readyz, metrics_path] = OWN_PATHS;
        Router::new()
            .route(livez, get(|| async { "alive\n" }))
            .route(
                readyz,
                get(move || async move {
                    let reasons = board.reasons();
                    if reasons.is_empty() {
                        (StatusCode::OK, "ready\n".to_owned())
                    } else {
                        (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n")
                    }
                }),
            )
            .route(metrics_path, get(move || async move { metrics.render() }))
    }

    /// Waits until somebody asks for the end: a signal, or a task without which
    /// the host cannot go on.
    pub async fn stop_asked(&self) {
        self.stop_asked.cancelled().await;
    }

    /// Ends in good order: not ready, ports for clients closed, soft stop, requests
    /// in flight and tasks finish within the grace, hard stop.
    ///
    /// An error when a task without which the host cannot go on had failed, or
    /// when work had to be cut off.
    pub async fn shut_down(mut self) -> anyhow::Result<()> {
        self.board.drain();
        tokio::select! {
            () = close_to_clients(&self.servers) => {}
            () = self.shutdown.hard() => {}
        }
        self.shutdown.stop_softly();
        let endings = std::mem::take(&mut self.endings);
        let drained = async {
            // Last started, first drained: a request in flight at a later server
            // may still need an earlier one.
            for server in self.servers.iter().rev() {
                server.drain().await;
                tracing::debug!(server = server.name, "drained");
            }
            self.tasks.ended().await;
            for ending in endings.into_iter().rev() {
                ending.await;
            }
        };
        let is_drained = tokio::select! {
            outcome = tokio::time::timeout(self.config.shutdown_grace(), drained) => outcome.is_ok(),
            () = self.shutdown.hard() => false,
        };
        let left = self.tasks.running();
        self.shutdown.stop_hard();
        if tokio::time::timeout(HARD_STOP, self.tasks.ended()).await.is_err() {
            tracing::warn!(left = self.tasks.running(), "tasks did not end at the hard stop");
        }
        if let Some(failure) = self.tasks.take_failure() {
            return Err(failure);
        }
        anyhow::ensure!(
            is_drained,
            "stopped hard: {left} tasks and connections had not finished"
        );
        Ok(())
    }
}

/// Before the soft stop, so that a request which was sent before its client could
/// know of the stop is served like any other.
async fn close_to_clients(servers: &[Server]) {
    let for_clients = || servers.iter().filter(|server| server.is_for_clients);
    futures::future::join_all(for_clients().map(Server::close)).await;
    if for_clients().any(Server::has_connections) {
        tokio::time::sleep(LAST_REQUESTS).await;
    }
}

fn serving_status(is_ready: bool) -> ServingStatus {
    if is_ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.shutdown.stop_hard();
    }
}
