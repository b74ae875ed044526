use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use service_host::{Channel, DialOptions, HostConfig, ServiceTls, dial};

/// Everything that `mcp-orch serve` can be told, in one file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The folder in which everything is kept that no other setting puts
    /// elsewhere.
    pub data_dir: PathBuf,
    /// The services of this process; all four when none is named.
    pub services: Vec<Service>,
    /// Whether a new deployment gets a demo project with a sample server.
    pub demo: bool,
    /// The file with what the services of a deployment know each other by.
    /// Absent: `service-secret` in the data folder, made at the first start.
    pub service_secret_file: Option<PathBuf>,
    /// Where the services listen.
    pub listen: Listen,
    /// What is the same for all services.
    pub host: HostConfig,
    /// People, projects, keys, servers.
    pub projects: projects::Config,
    /// Tool calls, sessions, server logs.
    pub logging: logging::Config,
    /// MCP clients in, MCP servers out.
    pub mcp_gateway: mcp_gateway::Config,
    /// REST and the web UI.
    pub http_gateway: http_gateway::Config,
}

/// Where the services listen. Port 0 is any free one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Listen {
    /// The address for people and MCP clients: `127.0.0.1` is this machine
    /// only, `0.0.0.0` is everywhere.
    pub host: IpAddr,
    /// The address for the other services. Needs to be open to other machines
    /// only where the services run on several.
    pub grpc_host: IpAddr,
    /// Web UI and REST.
    pub http_port: u16,
    /// MCP clients.
    pub mcp_port: u16,
    /// gRPC of projects.
    pub projects_port: u16,
    /// gRPC of logging.
    pub logging_port: u16,
    /// gRPC of mcp-gateway.
    pub gateway_port: u16,
}

/// A service that a process can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Service {
    /// People, projects, keys, servers.
    Projects,
    /// Tool calls, sessions, server logs.
    Logging,
    /// MCP clients in, MCP servers out.
    McpGateway,
    /// REST and the web UI.
    HttpGateway,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            services: Vec::new(),
            demo: true,
            service_secret_file: None,
            listen: Listen::default(),
            host: HostConfig::default(),
            projects: projects::Config::default(),
            logging: logging::Config::default(),
            mcp_gateway: mcp_gateway::Config::default(),
            http_gateway: http_gateway::Config::default(),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let this_machine = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            host: this_machine,
            grpc_host: this_machine,
            http_port: 8080,
            mcp_port: 8090,
            projects_port: 9101,
            logging_port: 9102,
            gateway_port: 9103,
        }
    }
}

impl Config {
    /// Whether this process runs the service.
    pub(crate) fn runs(&self, service: Service) -> bool {
        self.services.is_empty() || self.services.contains(&service)
    }

    /// The names of the services of this process.
    pub(crate) fn running(&self) -> Vec<&'static str> {
        let services = Service::value_variants().iter();
        services
            .filter(|service| self.runs(**service))
            .map(|service| service.name())
            .collect()
    }

    /// How services call each other.
    pub(crate) const fn grpc_scheme(&self) -> &'static str {
        if self.host.tls.is_on() { "https" } else { "http" }
    }

    /// A channel to a service, with the certificate that the settings name.
    pub(crate) fn dial(&self, url: &str) -> anyhow::Result<Channel> {
        let options = DialOptions {
            tls: ServiceTls::load(&self.host.tls)?,
            ..DialOptions::default()
        };
        Ok(dial(url, options)?)
    }

    /// Whether this process is the whole deployment.
    pub(crate) fn is_whole(&self) -> bool {
        self.running().len() == Service::value_variants().len()
    }
}

impl Service {
    /// Its name in flags, files and logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Logging => "logging",
            Self::McpGateway => "mcp-gateway",
            Self::HttpGateway => "http-gateway",
        }
    }
}

/// The URL at which a service that listens there is reached from this machine.
pub(crate) fn local_url(scheme: &str, address: SocketAddr) -> String {
    let reachable = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port()))
        }
        _ => address,
    };
    format!("{scheme}://{reachable}")
}

#[cfg(test)]
mod tests {
    use service_host::{Sources, dump};

    use super::*;

    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/mcp-orch.toml");

    fn load(file: &str) -> Config {
        let sources = Sources {
            file: Some(file.into()),
            environment: Vec::new(),
            flags: serde_json::json!({}),
        };
        sources.load().expect("every setting is known")
    }

    /// The settings of a text, each as its table and its line.
    fn settings(text: &str) -> Vec<String> {
        let mut table = "";
        let mut settings = Vec::new();
        for line in text.lines() {
            if line.starts_with('[') {
                table = line;
            } else if !line.is_empty() && !line.starts_with('#') {
                settings.push(format!("{table} {line}"));
            }
        }
        settings.sort();
        settings
    }

    #[test]
    fn the_sample_file_holds_every_setting_with_its_default() {
        let sample = std::fs::read_to_string(SAMPLE).expect("the sample lies in deploy");
        let defaults = dump(&Config::default()).expect("they can be written");
        assert_eq!(
            settings(&sample),
            settings(&defaults),
            "deploy/mcp-orch.toml (left) is to say what the configurations (right) say"
        );
        assert_eq!(dump(&load(SAMPLE)), Ok(defaults));
    }

    #[test]
    fn settings_that_the_sample_file_only_mentions_are_known_too() {
        let sample = std::fs::read_to_string(SAMPLE).expect("the sample lies in deploy");
        let all = sample
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(setting) if !setting.starts_with(' ') => setting,
                _ => line,
            })
            .collect::<Vec<_>>()
            .join("\n");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("all.toml");
        std::fs::write(&file, all).expect("it can be written");
        let config = load(file.to_str().expect("plain"));
        assert!(config.service_secret_file.is_some() && config.mcp_gateway.public_url.is_some());
    }

    #[test]
    fn a_wildcard_address_is_dialled_as_loopback() {
        let url = |address: &str| local_url("http", address.parse().expect("an address"));
        assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(url("[::]:80"), "http://[::1]:80");
        assert_eq!(url("10.0.0.1:80"), "http://10.0.0.1:80");
    }
}
