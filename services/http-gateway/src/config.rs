use access::{Network, ServiceSecret};
use serde::{Deserialize, Serialize};

use crate::app::Addresses;

/// What the HTTP gateway can be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the projects service is reached.
    pub projects_url: String,
    /// Where the logging service is reached.
    pub logging_url: String,
    /// Where the MCP gateway's gRPC is reached.
    pub gateway_url: String,
    /// Origin at which people open the web UI, such as `https://mcp.example.com`.
    /// With https, cookies travel over TLS only.
    pub public_url: Option<String>,
    /// Base of the addresses that MCP clients are given, such as
    /// `https://mcp.example.com:8090`.
    pub mcp_public_url: String,
    /// Proxies in front of this service, as addresses or networks
    /// (`10.0.0.0/8`). Only what they say in `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// How many live tails may be open at once; each costs one stream of the
    /// logging service.
    pub max_live_tails: usize,
    /// How often a silent live tail says that it lives, and how soon it ends for
    /// somebody who lost access, in milliseconds: 100 to 60,000. Proxies cut
    /// connections that are silent for longer than they like.
    pub live_heartbeat_ms: u64,
    /// What all services of the deployment share; loaded by whoever starts
    /// them.
    #[serde(skip)]
    pub service_secret: Option<ServiceSecret>,
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
            gateway_url: "http://127.0.0.1:9103".to_owned(),
            public_url: None,
            mcp_public_url: "http://127.0.0.1:8090".to_owned(),
            trusted_proxies: Vec::new(),
            max_live_tails: 256,
            live_heartbeat_ms: 15_000,
            service_secret: None,
        }
    }
}

impl Config {
    /// Whether the service can work with it.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        if let Some(url) = &self.public_url {
            check_origin("public_url", url)?;
        }
        check_origin("mcp_public_url", &self.mcp_public_url)?;
        if self.max_live_tails == 0 {
            return Err(InvalidConfig {
                setting: "max_live_tails",
                problem: "must be more than 0".to_owned(),
            });
        }
        if !(100..=60_000).contains(&self.live_heartbeat_ms) {
            return Err(InvalidConfig {
                setting: "live_heartbeat_ms",
                problem: "expected 100 to 60000".to_owned(),
            });
        }
        Ok(())
    }

    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            web: self.public_url.clone(),
            mcp: self.mcp_public_url.clone(),
        }
    }
}

fn check_origin(setting: &'static str, url: &str) -> Result<(), InvalidConfig> {
    let is_origin = url
        .parse::<http::Uri>()
        .is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some());
    if is_origin {
        return Ok(());
    }
    Err(InvalidConfig {
        setting,
        problem: format!("{url:?} is no address: expected one such as https://mcp.example.com"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_work_and_what_cannot_is_told() {
        assert_eq!(Config::default().validate(), Ok(()));
        for url in ["", "mcp.example.com", "ftp://example.com", "https://"] {
            let config = Config {
                public_url: Some(url.to_owned()),
                ..Config::default()
            };
            assert!(config.validate().is_err(), "{url:?}");
        }
    }
}
