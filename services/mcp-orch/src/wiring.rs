use std::{
    net::{IpAddr, SocketAddr},
    path::Path,
};

use access::ServiceSecret;
use anyhow::anyhow;
use service_host::Listener;

use crate::{
    config::{Config, Service, local_url},
    data_folder::DataFolder,
};

/// The ports of the services that this process runs, all bound before any of
/// them starts.
pub(crate) struct Ports {
    pub(crate) projects: Option<Listener>,
    pub(crate) logging: Option<Listener>,
    pub(crate) gateway: Option<GatewayPorts>,
    pub(crate) http: Option<Listener>,
}

/// The MCP gateway has two.
pub(crate) struct GatewayPorts {
    pub(crate) grpc: Listener,
    pub(crate) mcp: Listener,
}

impl Ports {
    /// Binds them; the first that cannot be bound says which flag to change.
    pub(crate) fn bind(config: &Config) -> anyhow::Result<Self> {
        let listen = &config.listen;
        let grpc = |service, port, flag| {
            config
                .runs(service)
                .then(|| bind(listen.grpc_host, "--grpc-bind", port, flag))
                .transpose()
        };
        let open = |service, port, flag| {
            config
                .runs(service)
                .then(|| bind(listen.host, "--bind", port, flag))
                .transpose()
        };
        let gateway_grpc = grpc(Service::McpGateway, listen.gateway_port, "--gateway-port")?;
        let gateway_mcp = open(Service::McpGateway, listen.mcp_port, "--mcp-port")?;
        Ok(Self {
            projects: grpc(Service::Projects, listen.projects_port, "--projects-port")?,
            logging: grpc(Service::Logging, listen.logging_port, "--logging-port")?,
            gateway: gateway_grpc
                .zip(gateway_mcp)
                .map(|(grpc, mcp)| GatewayPorts { grpc, mcp }),
            http: open(Service::HttpGateway, listen.http_port, "--http-port")?,
        })
    }
}

fn bind(host: IpAddr, host_flag: &str, port: u16, port_flag: &str) -> anyhow::Result<Listener> {
    Listener::bind(SocketAddr::new(host, port)).map_err(|error| {
        let flag = if error.is_about_the_port() {
            port_flag
        } else {
            host_flag
        };
        anyhow!("{error} ({flag})")
    })
}

/// Fills in what nobody had to say: where the data lies, and where the services
/// of this process are.
pub(crate) fn wire(config: &mut Config, ports: &Ports, data: &DataFolder) -> anyhow::Result<()> {
    fill_in_paths(config, data);
    fill_in_outbound(config);
    fill_in_urls(config, ports);
    let secret_file = config
        .service_secret_file
        .clone()
        .unwrap_or_else(|| data.file("service-secret"));
    let secret = ServiceSecret::load_or_create(&secret_file)?;
    config.projects.service_secret = Some(secret.clone());
    config.logging.service_secret = Some(secret.clone());
    config.mcp_gateway.service_secret = Some(secret.clone());
    config.http_gateway.service_secret = Some(secret);
    Ok(())
}

/// The services' own defaults are for a process without a data folder of ours.
fn fill_in_paths(config: &mut Config, data: &DataFolder) {
    let defaults = Config::default();
    let sqlite = |name: &str| format!("sqlite://{}", data.file(name).display());
    let Config {
        projects,
        logging,
        mcp_gateway,
        ..
    } = config;
    if projects.database_url == defaults.projects.database_url {
        projects.database_url = sqlite("projects.db");
    }
    if projects.data_dir == defaults.projects.data_dir {
        data.path().clone_into(&mut projects.data_dir);
    }
    if logging.database_url == defaults.logging.database_url {
        logging.database_url = sqlite("logging.db");
    }
    if mcp_gateway.spool_dir == defaults.mcp_gateway.spool_dir {
        mcp_gateway.spool_dir = data.file("gateway/spool");
    }
}

/// Who tries all this out on a machine of their own has servers there as well.
fn fill_in_outbound(config: &mut Config) {
    let is_own_machine = config.is_whole() && config.listen.host.is_loopback();
    let outbound = &mut config.mcp_gateway.outbound;
    outbound.allow_loopback.get_or_insert(is_own_machine);
}

/// What runs here is reached here, on whatever port it got.
fn fill_in_urls(config: &mut Config, ports: &Ports) {
    let scheme = config.grpc_scheme();
    let url = |listener: &Listener| local_url(scheme, listener.local_addr());
    if let Some(projects) = &ports.projects {
        config.mcp_gateway.projects_url = url(projects);
        config.logging.projects_url = url(projects);
        config.http_gateway.projects_url = url(projects);
    }
    if let Some(logging) = &ports.logging {
        config.mcp_gateway.logging_url = url(logging);
        config.http_gateway.logging_url = url(logging);
    }
    if let Some(gateway) = &ports.gateway {
        config.http_gateway.gateway_url = url(&gateway.grpc);
        if config.http_gateway.mcp_public_url == http_gateway::Config::default().mcp_public_url {
            config.http_gateway.mcp_public_url = match &config.mcp_gateway.public_url {
                Some(public_url) => public_url.clone(),
                None => local_url("http", gateway.mcp.local_addr()),
            };
        }
    }
}

/// The file of a SQLite database, where that is what the URL names.
pub(crate) fn sqlite_file(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite://").map(Path::new)
}
