use access::{AllowList, GrpcAccess, ServiceIdentity, ServiceName};
use anyhow::Context as _;
use service_host::{Background, DialOptions, Host, Listener, OnFailure};

use crate::{Config, indexing, ingest::Ingest, retention, rpc, store::Store};

/// Who may ask what: gateways write, and those who answer people read.
const ALLOW_LIST: AllowList = &[
    (
        "mcporch.logging.v1.IngestService/Append",
        &[ServiceName::McpGateway],
    ),
    ("mcporch.logging.v1.ToolCallsService/ListToolCalls", READERS),
    ("mcporch.logging.v1.ToolCallsService/GetToolCall", READERS),
    ("mcporch.logging.v1.ToolCallsService/SummarizeToolCalls", READERS),
    ("mcporch.logging.v1.ToolCallsService/CountFacets", READERS),
    ("mcporch.logging.v1.ToolCallsService/ChartToolCalls", READERS),
    ("mcporch.logging.v1.ToolCallsService/BreakDownToolCalls", READERS),
    ("mcporch.logging.v1.ToolCallsService/ExportToolCalls", READERS),
    ("mcporch.logging.v1.ToolCallsService/TailToolCalls", READERS),
    ("mcporch.logging.v1.SessionsService/ListSessions", READERS),
    ("mcporch.logging.v1.SessionsService/GetSession", READERS),
    ("mcporch.logging.v1.ServerLogsService/ListServerLogs", READERS),
    ("mcporch.logging.v1.ServerLogsService/TailServerLogs", READERS),
];

const READERS: &[ServiceName] = &[ServiceName::HttpGateway, ServiceName::Operator];

/// Where the service listens.
#[derive(Debug)]
pub struct Listeners {
    /// Everything it does.
    pub grpc: Listener,
}

/// Opens the store and serves it, in the background: whoever answers a call goes
/// before who writes it down or looks it up.
pub async fn start(config: Config, listeners: Listeners, host: &mut Host) -> anyhow::Result<()> {
    config.validate()?;
    let readiness = host.readiness("logging");
    let background = host.background()?;
    let url = config.database_url.clone();
    // Connections of SQLite have threads.
    let opened = background.run(async move { Store::open(&url).await }).await?;
    let store = opened.context("the call log cannot be opened")?;
    let behind = background.behind().await?;
    let serving = serve(config, store, listeners, background.clone(), behind, host);
    background.start(serving).await?;
    readiness.ready();
    Ok(())
}

async fn serve(
    config: Config,
    store: Store,
    listeners: Listeners,
    background: Background,
    behind: Background,
    host: &mut Host,
) -> anyhow::Result<()> {
    let secret = config
        .service_secret
        .context("the logging service has no service secret: set the path of the file that holds it")?;
    let ingest = Ingest::new(store.clone(), host.clock().clone());
    ingest
        .report_holes()
        .await
        .context("the call log cannot be read")?;

    let identity = ServiceIdentity::new(secret.token_for(ServiceName::Logging));
    let projects = host.dial(&config.projects_url, DialOptions::default())?;
    let projects = retention::Projects::new(projects, identity);

    let shutdown = host.shutdown();
    let routes = rpc::routes(ingest, store.clone(), background, &shutdown);
    let routes = GrpcAccess::new(secret, ALLOW_LIST).guard(routes);
    host.serve_grpc("logging", listeners.grpc, routes)?;
    let index = indexing::run(store.clone(), behind, shutdown.clone());
    host.tasks().spawn("indexing", OnFailure::Log, index);
    let sweeps = retention::run(store.clone(), projects, host.clock().clone(), shutdown);
    host.tasks().spawn("retention", OnFailure::Log, sweeps);
    host.at_the_end(async move { store.close().await });
    Ok(())
}
