use std::{sync::Arc, time::Duration};

use access::ServiceName;
use anyhow::Context as _;
use service_host::{DialOptions, Host, Listener};
use tokio::sync::Semaphore;

use crate::{Config, app::App, backends::Backends, routes};

/// Where the service listens.
#[derive(Debug)]
pub struct Listeners {
    /// Web UI and REST.
    pub http: Listener,
}

/// Requests with an Idempotency-Key that are under way at once. Who comes when all
/// places are taken is told to try again.
const MAX_IDEMPOTENT: usize = 256;

/// Sets the service up and serves it. The services behind need not be there
/// yet: until they are, what needs them answers 503.
pub async fn start(config: Config, listeners: Listeners, host: &mut Host) -> anyhow::Result<()> {
    config.validate()?;
    let readiness = host.readiness("http-gateway");
    let secret = config
        .service_secret
        .as_ref()
        .context("the http-gateway has no service secret: set the path of the file that holds it")?;
    let channel = |url: &str| host.dial(url, DialOptions::default());
    let backends = Backends::new(
        channel(&config.projects_url)?,
        channel(&config.logging_url)?,
        channel(&config.gateway_url)?,
        &secret.token_for(ServiceName::HttpGateway),
    );
    let app = App {
        backends,
        clock: host.clock().clone(),
        shutdown: host.shutdown(),
        tasks: host.tasks(),
        tails: Arc::new(Semaphore::new(config.max_live_tails)),
        idempotent: Arc::new(Semaphore::new(MAX_IDEMPOTENT)),
        heartbeat: Duration::from_millis(config.live_heartbeat_ms),
        addresses: Arc::new(config.addresses()),
        trusted_proxies: config.trusted_proxies.into(),
    };
    host.serve_http("http-gateway", listeners.http, routes::router(app))?;
    readiness.ready();
    Ok(())
}
