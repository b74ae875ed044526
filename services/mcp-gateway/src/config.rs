use std::path::PathBuf;

use access::{Network, ServiceSecret};
use serde::{Deserialize, Serialize};

use crate::upstream::Outbound;

/// Settings of the mcp-gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the projects service is reached.
    pub projects_url: String,
    /// Where the logging service is reached.
    pub logging_url: String,
    /// Folder of the spool, where calls wait until the logging service has
    /// stored them. Beside it lie small files of the gateway's own. One gateway
    /// at a time may use it.
    pub spool_dir: PathBuf,
    /// What the spool may hold, in bytes, before new calls are refused.
    pub spool_capacity_bytes: u64,
    /// Whether an answered call survives a loss of power too, at the cost of
    /// waiting for the disk. Else it survives the end of the process.
    pub spool_survives_power_loss: bool,
    /// Address at which clients reach the gateway, such as
    /// `https://mcp.example.com`. Its host is allowed in `Host` and `Origin`.
    pub public_url: Option<String>,
    /// Further hosts that clients may name in `Host`, without port. Loopback
    /// names, the address that is listened on and that of `public_url` always
    /// are.
    pub allowed_hosts: Vec<String>,
    /// Further origins from which browsers may come, such as
    /// `https://inspector.example.com`.
    pub allowed_origins: Vec<String>,
    /// Proxies in front of the gateway, as addresses or networks
    /// (`10.0.0.0/8`). Only what they say in `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Command line under which stdio servers are started; theirs is added to
    /// it. Empty: this program with the argument `stdio-child`.
    pub stdio_launcher: Vec<String>,
    /// Limits of sessions and servers.
    pub limits: LimitsConfig,
    /// Where servers over HTTP may be.
    pub outbound: OutboundConfig,
    /// What all services of the deployment share; loaded by whoever starts
    /// them.
    #[serde(skip)]
    pub service_secret: Option<ServiceSecret>,
}

/// Limits of sessions and servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// A session that is not used for so long ends, in seconds.
    pub session_idle_seconds: u64,
    /// A session ends after so long in any case, in seconds.
    pub session_absolute_seconds: u64,
    /// Sessions that one API key may have open.
    pub sessions_per_key: usize,
    /// A server that nobody asks anything for so long is stopped, in seconds.
    pub server_idle_seconds: u64,
}

/// Where servers over HTTP may be, beyond public addresses over TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboundConfig {
    /// Networks such as `10.0.0.0/8`, addresses, and host names, where servers
    /// may be as well, also without TLS. A name allows whatever it leads to.
    pub allow: Vec<String>,
    /// Whether servers may be on this machine. Absent: only where one process
    /// is the whole deployment and listens on this machine only.
    pub allow_loopback: Option<bool>,
    /// File with the certificates (PEM) of authorities that are trusted beside
    /// those that the system trusts.
    pub ca_file: Option<PathBuf>,
}

/// Settings that cannot work. Says which and what would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct InvalidConfig {
    setting: &'static str,
    problem: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            projects_url: "http://127.0.0.1:9101".to_owned(),
            logging_url: "http://127.0.0.1:9102".to_owned(),
            spool_dir: PathBuf::from("data/gateway/spool"),
            spool_capacity_bytes: 2 * 1024 * 1024 * 1024,
            spool_survives_power_loss: false,
            public_url: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            stdio_launcher: Vec::new(),
            limits: LimitsConfig::default(),
            outbound: OutboundConfig::default(),
            service_secret: None,
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            session_idle_seconds: 30 * 60,
            session_absolute_seconds: 24 * 60 * 60,
            sessions_per_key: 1_000,
            server_idle_seconds: 10 * 60,
        }
    }
}

impl Config {
    /// Checks what can be checked without trying it.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let origins = self.public_url.iter().map(|url| ("public_url", url));
        let origins = origins.chain(self.allowed_origins.iter().map(|url| ("allowed_origins", url)));
        for (setting, url) in origins {
            let is_origin = url
                .parse::<http::Uri>()
                .is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some());
            if !is_origin {
                return Err(InvalidConfig {
                    setting,
                    problem: format!("{url:?} is no origin: expected a URL such as https://mcp.example.com"),
                });
            }
        }
        self.outbound()?;
        let limits = &self.limits;
        let positive = [
            ("limits.session_idle_seconds", limits.session_idle_seconds),
            ("limits.session_absolute_seconds", limits.session_absolute_seconds),
            ("limits.sessions_per_key", limits.sessions_per_key as u64),
            ("limits.server_idle_seconds", limits.server_idle_seconds),
        ];
        match positive.into_iter().find(|(_, value)| *value == 0) {
            None => Ok(()),
            Some((setting, _)) => Err(InvalidConfig {
                setting,
                problem: "must be more than 0".to_owned(),
            }),
        }
    }

    /// Where servers may be.
    pub(crate) fn outbound(&self) -> Result<Outbound, InvalidConfig> {
        let loopback = ["127.0.0.0/8", "::1/128"].map(str::to_owned);
        let mut allow = self.outbound.allow.clone();
        if self.outbound.allow_loopback == Some(true) {
            allow.extend(loopback);
        }
        Outbound::new(&allow).map_err(|entry| InvalidConfig {
            setting: "outbound.allow",
            problem: format!(
                "{entry:?} is neither a network such as 10.0.0.0/8, nor an address, nor the name of a host"
            ),
        })
    }

    /// The folder in which the gateway keeps files of its own.
    pub(crate) fn folder(&self) -> PathBuf {
        match self.spool_dir.parent() {
            Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
            Some(parent) => parent.to_owned(),
            None => self.spool_dir.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_work_and_what_is_no_origin_does_not() {
        assert_eq!(Config::default().validate(), Ok(()));
        for url in ["", "mcp.example.com", "ftp://example.com", "null", "*"] {
            let config = Config {
                allowed_origins: vec![url.to_owned()],
                ..Config::default()
            };
            assert!(config.validate().is_err(), "{url:?}");
        }
        let mut config = Config::default();
        config.outbound.allow = vec!["10.0.0.0/33".to_owned()];
        assert!(config.validate().is_err());
    }
}
