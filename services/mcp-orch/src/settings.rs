use std::{net::IpAddr, path::PathBuf};

use serde_json::{Map, Value, json};
use service_host::{InvalidConfig, Sources};

use crate::config::{Config, Service};

/// What the services are told, by `serve` and by the commands that look after
/// them alike: the same flags, file and environment mean the same deployment.
#[derive(clap::Args)]
pub(crate) struct Settings {
    /// This service alone (may be repeated)
    #[arg(long = "service", value_enum, value_name = "SERVICE")]
    services: Vec<Service>,

    /// The folder in which everything is kept [default: data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// The address for people and MCP clients; 0.0.0.0 is everywhere [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<IpAddr>,

    /// The address for the other services [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    grpc_bind: Option<IpAddr>,

    /// The port of the web UI and REST; 0 is any free one [default: 8080]
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,

    /// The port for MCP clients [default: 8090]
    #[arg(long, value_name = "PORT")]
    mcp_port: Option<u16>,

    /// The gRPC port of projects [default: 9101]
    #[arg(long, value_name = "PORT")]
    projects_port: Option<u16>,

    /// The gRPC port of logging [default: 9102]
    #[arg(long, value_name = "PORT")]
    logging_port: Option<u16>,

    /// The gRPC port of mcp-gateway [default: 9103]
    #[arg(long, value_name = "PORT")]
    gateway_port: Option<u16>,

    /// Where projects is, when it runs in another process
    #[arg(long, value_name = "URL")]
    projects_url: Option<String>,

    /// Where logging is, when it runs in another process
    #[arg(long, value_name = "URL")]
    logging_url: Option<String>,

    /// Where mcp-gateway's gRPC is, when it runs in another process
    #[arg(long, value_name = "URL")]
    gateway_url: Option<String>,

    /// A TOML file with settings; the environment (MCPORCH_...) and flags go over it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Settings {
    /// Puts them together.
    pub(crate) fn load(self) -> Result<Config, InvalidConfig> {
        let flags = self.flags();
        Sources::new(self.config, flags).load()
    }

    /// The flags that were given, as the settings that they stand for.
    fn flags(&self) -> Value {
        let flags = [
            (
                "services",
                (!self.services.is_empty()).then(|| json!(self.services)),
            ),
            ("data_dir", self.data.as_ref().map(|path| json!(path))),
            ("listen.host", self.bind.map(|host| json!(host))),
            ("listen.grpc_host", self.grpc_bind.map(|host| json!(host))),
            ("listen.http_port", self.http_port.map(Value::from)),
            ("listen.mcp_port", self.mcp_port.map(Value::from)),
            ("listen.projects_port", self.projects_port.map(Value::from)),
            ("listen.logging_port", self.logging_port.map(Value::from)),
            ("listen.gateway_port", self.gateway_port.map(Value::from)),
            (
                "mcp_gateway.projects_url",
                self.projects_url.as_ref().map(|url| json!(url)),
            ),
            (
                "http_gateway.projects_url",
                self.projects_url.as_ref().map(|url| json!(url)),
            ),
            (
                "logging.projects_url",
                self.projects_url.as_ref().map(|url| json!(url)),
            ),
            (
                "mcp_gateway.logging_url",
                self.logging_url.as_ref().map(|url| json!(url)),
            ),
            (
                "http_gateway.logging_url",
                self.logging_url.as_ref().map(|url| json!(url)),
            ),
            (
                "http_gateway.gateway_url",
                self.gateway_url.as_ref().map(|url| json!(url)),
            ),
        ];
        let mut tree = Map::new();
        for (setting, value) in flags {
            let Some(value) = value else { continue };
            match setting.split_once('.') {
                None => tree.insert(setting.to_owned(), value),
                Some((table, setting)) => tree
                    .entry(table)
                    .or_insert_with(|| json!({}))
                    .as_object_mut()
                    .expect("a table's name stands for nothing else")
                    .insert(setting.to_owned(), value),
            };
        }
        tree.into()
    }
}
