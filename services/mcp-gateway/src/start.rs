use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use access::{GrpcAccess, RateLimits, ServiceIdentity, ServiceName};
use anyhow::Context as _;
use domain::{Clock, GatewayId};
use proto::{
    gateway::{
        live_sessions_service_server::LiveSessionsServiceServer, tools_service_server::ToolsServiceServer,
        upstreams_service_server::UpstreamsServiceServer,
    },
    logging::ingest_service_client::IngestServiceClient,
    projects::{
        api_keys_service_client::ApiKeysServiceClient, snapshot_service_client::SnapshotServiceClient,
    },
};
use service_host::{DialOptions, Host, Listener, OnFailure};
use spool::{Durability, Spool, SpoolConfig};
use tonic::service::{Routes, interceptor::InterceptedService};

use crate::{
    Config,
    bridge::{Parked, Seal},
    catalog::Catalog,
    directory::{self, Directory},
    downstream::{AllowedHosts, Doors},
    key_uses::KeyUses,
    recorder::Recorder,
    relay::Relay,
    rpc::{ALLOWED, Rpc},
    session::{Limits, Sessions},
    shipper::Shipper,
    upstream::{Dialer, PoolConfig, Upstreams},
};

/// What a message between services may hold: arguments and results as they are
/// kept, and a whole list of tools.
const MAX_GRPC_BYTES: usize = 64 * 1024 * 1024;

/// A connection to the logging service that says nothing for twice that long is
/// dead: nobody sees new calls until another one is made.
const LOGGING_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// Where the service listens.
#[derive(Debug)]
pub struct Listeners {
    /// MCP clients.
    pub mcp: Listener,
    /// The other services.
    pub grpc: Listener,
}

/// Sets the service up and serves it. It is ready when it knows the projects.
pub async fn start(config: Config, listeners: Listeners, host: &mut Host) -> anyhow::Result<()> {
    config.validate()?;
    let readiness = host.readiness("mcp-gateway");
    readiness.not_ready("the projects service has not been heard yet");
    let secret = config
        .service_secret
        .clone()
        .context("the mcp-gateway has no service secret: set the path of the file that holds it")?;
    let identity = ServiceIdentity::new(secret.token_for(ServiceName::McpGateway));
    let (tasks, shutdown) = (host.tasks(), host.shutdown());
    let folder = config.folder();

    let (spool, recovery) = open_spool(&config)?;
    let spool = Arc::new(spool);
    let recorder = Arc::new(Recorder::new(
        spool.clone(),
        recovery,
        &folder,
        host.clock().clone(),
    )?);
    let directory = Directory::new();
    let upstreams = Upstreams::new(
        pool_config(&config, &folder)?,
        &folder,
        tasks.clone(),
        shutdown.clone(),
        recorder.clone(),
    )?;
    let sessions = Sessions::new(limits(&config), recorder.clone(), upstreams.clone());
    let seal = Seal::open(&folder).context("the key of request states cannot be read or made")?;
    let relay = Arc::new_cyclic(|own| Relay {
        own: own.clone(),
        directory: directory.clone(),
        sessions: sessions.clone(),
        catalog: Catalog::new(upstreams.clone(), tasks.clone()),
        upstreams: upstreams.clone(),
        recorder,
        rate_limits: RateLimits::default(),
        parked: Parked::default(),
        seal,
        tasks: tasks.clone(),
    });
    upstreams.set_audience(relay.clone());

    let (parked, until) = (relay.clone(), shutdown.clone());
    tasks.spawn("parked requests", OnFailure::StopHost, async move {
        parked.parked.look_after(until).await
    });

    let projects = host.dial(&config.projects_url, DialOptions::default())?;
    let key_uses = Arc::new(KeyUses::default());
    let telling = key_uses.clone().tell(
        ApiKeysServiceClient::with_interceptor(projects.clone(), identity.clone()),
        shutdown.clone(),
    );
    tasks.spawn("key uses", OnFailure::StopHost, telling);
    let projects = SnapshotServiceClient::with_interceptor(projects, identity.clone())
        .max_decoding_message_size(MAX_GRPC_BYTES);
    let watching = directory::follow(directory.clone(), projects, readiness, shutdown.clone());
    tasks.spawn("directory", OnFailure::StopHost, watching);
    tasks.spawn(
        "sessions",
        OnFailure::StopHost,
        sessions.look_after(directory, shutdown.clone()),
    );
    tasks.spawn(
        "announcements",
        OnFailure::StopHost,
        relay.clone().announce_changes(shutdown.clone()),
    );
    let logging = host.dial(
        &config.logging_url,
        DialOptions {
            keep_alive: LOGGING_KEEP_ALIVE,
            ..DialOptions::default()
        },
    )?;
    let shipper = Shipper {
        spool,
        client: IngestServiceClient::new(InterceptedService::new(logging, identity))
            .max_encoding_message_size(MAX_GRPC_BYTES),
        gateway_id: gateway_id(&folder, host.clock())?,
        shutdown: shutdown.clone(),
    };
    tasks.spawn("shipper", OnFailure::StopHost, shipper.run());

    let rpc = Rpc(relay.clone());
    let routes = Routes::new(ToolsServiceServer::new(rpc.clone()).max_encoding_message_size(MAX_GRPC_BYTES))
        .add_service(UpstreamsServiceServer::new(rpc.clone()).max_encoding_message_size(MAX_GRPC_BYTES))
        .add_service(LiveSessionsServiceServer::new(rpc));
    host.serve_grpc(
        "mcp-gateway",
        listeners.grpc,
        GrpcAccess::new(secret, ALLOWED).guard(routes),
    )?;
    let hosts = AllowedHosts::new(
        listeners.mcp.local_addr().ip(),
        config.public_url.as_deref(),
        &config.allowed_hosts,
        &config.allowed_origins,
    );
    let doors = Doors {
        relay,
        key_uses,
        hosts: Arc::new(hosts),
        trusted_proxies: config.trusted_proxies.into(),
        tasks,
        shutdown,
    };
    host.serve_front("mcp", listeners.mcp, Arc::new(doors))
}

fn open_spool(config: &Config) -> anyhow::Result<(Spool, spool::Recovery)> {
    let mut spool = SpoolConfig::new(&config.spool_dir);
    spool.capacity_bytes = config.spool_capacity_bytes;
    // A small spool is cut into small pieces, or space would not come free.
    spool.segment_bytes = spool.segment_bytes.min(config.spool_capacity_bytes / 16);
    if config.spool_survives_power_loss {
        spool.durability = Durability::Power;
    }
    Spool::open(spool).context("the spool cannot be opened")
}

fn limits(config: &Config) -> Limits {
    Limits {
        idle: Duration::from_secs(config.limits.session_idle_seconds),
        absolute: Duration::from_secs(config.limits.session_absolute_seconds),
        per_key: config.limits.sessions_per_key,
    }
}

fn pool_config(config: &Config, folder: &Path) -> anyhow::Result<PoolConfig> {
    let launcher = if config.stdio_launcher.is_empty() {
        let own = std::env::current_exe().context("the path of this program is unknown")?;
        let own = own.into_os_string().into_string();
        let own =
            own.map_err(|path| anyhow::anyhow!("the path of this program is no UTF-8: {}", path.display()))?;
        vec![own, "stdio-child".to_owned(), "--".to_owned()]
    } else {
        config.stdio_launcher.clone()
    };
    Ok(PoolConfig {
        launcher,
        working_dir: folder.join("servers"),
        idle_after: Duration::from_secs(config.limits.server_idle_seconds),
        dialer: Dialer::new(config.outbound()?, config.outbound.ca_file.as_deref())?,
    })
}

/// The gateway's own id, made at its first start.
fn gateway_id(folder: &Path, clock: &Clock) -> anyhow::Result<GatewayId> {
    let path: PathBuf = folder.join("gateway-id");
    if let Ok(text) = fs::read_to_string(&path) {
        return text.trim().parse().with_context(|| {
            format!(
                "{} holds no id; restore it, or remove it to get a new one",
                path.display()
            )
        });
    }
    let id = GatewayId::new(clock);
    fs::write(&path, format!("{id}\n")).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(id)
}
