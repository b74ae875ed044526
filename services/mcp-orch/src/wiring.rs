use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
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

/// Where the services of this process are reached.
#[derive(Clone, Copy, Default)]
pub(crate) struct Addresses {
    pub(crate) projects: Option<SocketAddr>,
    pub(crate) logging: Option<SocketAddr>,
    pub(crate) gateway: Option<SocketAddr>,
    pub(crate) mcp: Option<SocketAddr>,
    pub(crate) http: Option<SocketAddr>,
}

impl Addresses {
    /// Those that are bound.
    fn of(ports: &Ports) -> Self {
        let address = |listener: &Listener| listener.local_addr();
        Self {
            projects: ports.projects.as_ref().map(address),
            logging: ports.logging.as_ref().map(address),
            gateway: ports.gateway.as_ref().map(|gateway| address(&gateway.grpc)),
            mcp: ports.gateway.as_ref().map(|gateway| address(&gateway.mcp)),
            http: ports.http.as_ref().map(address),
        }
    }

    /// Those that the process with these settings binds.
    pub(crate) fn planned(config: &Config) -> Self {
        let listen = &config.listen;
        let at = |service, host, port| config.runs(service).then(|| SocketAddr::new(host, port));
        Self {
            projects: at(Service::Projects, listen.grpc_host, listen.projects_port),
            logging: at(Service::Logging, listen.grpc_host, listen.logging_port),
            gateway: at(Service::McpGateway, listen.grpc_host, listen.gateway_port),
            mcp: at(Service::McpGateway, listen.host, listen.mcp_port),
            http: at(Service::HttpGateway, listen.host, listen.http_port),
        }
    }
}

/// Fills in what nobody had to say: where the data lies, and where the services
/// of this process are.
pub(crate) fn wire(config: &mut Config, ports: &Ports, data: &DataFolder) -> anyhow::Result<()> {
    fill_in(config, Addresses::of(ports), data.path());
    let secret = ServiceSecret::load_or_create(&service_secret_file(config, data.path()))?;
    config.projects.service_secret = Some(secret.clone());
    config.logging.service_secret = Some(secret.clone());
    config.mcp_gateway.service_secret = Some(secret.clone());
    config.http_gateway.service_secret = Some(secret);
    Ok(())
}

/// The same without the secret: nothing is read or made.
pub(crate) fn fill_in(config: &mut Config, addresses: Addresses, data: &Path) {
    fill_in_paths(config, data);
    fill_in_outbound(config);
    fill_in_urls(config, addresses);
}

/// The file of what the services know each other by.
pub(crate) fn service_secret_file(config: &Config, data: &Path) -> PathBuf {
    let named = config.service_secret_file.clone();
    named.unwrap_or_else(|| data.join("service-secret"))
}

/// The services' own defaults are for a process without a data folder of ours.
fn fill_in_paths(config: &mut Config, data: &Path) {
    let defaults = Config::default();
    let sqlite = |name: &str| format!("sqlite://{}", data.join(name).display());
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
        data.clone_into(&mut projects.data_dir);
    }
    if logging.database_url == defaults.logging.database_url {
        logging.database_url = sqlite("logging.db");
    }
    if mcp_gateway.spool_dir == defaults.mcp_gateway.spool_dir {
        mcp_gateway.spool_dir = data.join("gateway/spool");
    }
}

/// Who tries all this out on a machine of their own has servers there as well.
fn fill_in_outbound(config: &mut Config) {
    let is_own_machine = config.is_whole() && config.listen.host.is_loopback();
    let outbound = &mut config.mcp_gateway.outbound;
    outbound.allow_loopback.get_or_insert(is_own_machine);
}

/// What runs here is reached here, on whatever port it got.
fn fill_in_urls(config: &mut Config, addresses: Addresses) {
    let scheme = config.grpc_scheme();
    if let Some(projects) = addresses.projects {
        let url = local_url(scheme, projects);
        config.mcp_gateway.projects_url.clone_from(&url);
        config.logging.projects_url.clone_from(&url);
        config.http_gateway.projects_url = url;
    }
    if let Some(logging) = addresses.logging {
        let url = local_url(scheme, logging);
        config.mcp_gateway.logging_url.clone_from(&url);
        config.http_gateway.logging_url = url;
    }
    if let Some(gateway) = addresses.gateway {
        config.http_gateway.gateway_url = local_url(scheme, gateway);
    }
    if let Some(mcp) = addresses.mcp
        && config.http_gateway.mcp_public_url == http_gateway::Config::default().mcp_public_url
    {
        config.http_gateway.mcp_public_url = match &config.mcp_gateway.public_url {
            Some(public_url) => public_url.clone(),
            None => local_url("http", mcp),
        };
    }
}

/// The file of a SQLite database, where that is what the URL names.
pub(crate) fn sqlite_file(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite://").map(Path::new)
}
