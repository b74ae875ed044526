use access::ServiceSecret;
use serde::{Deserialize, Serialize};

/// What the logging service can be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the call log is kept: `sqlite://path/to/file.db` or
    /// `postgres://user:password@host/database`.
    pub database_url: String,
    /// gRPC of the projects service, which says how long to keep what.
    pub projects_url: String,
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
    problem: &'static str,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: "sqlite://data/logging.db".to_owned(),
            projects_url: "http://127.0.0.1:9101".to_owned(),
            service_secret: None,
        }
    }
}

impl Config {
    /// Whether the service can work with it.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let is_known = ["sqlite://", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| self.database_url.starts_with(scheme));
        if !is_known {
            return Err(InvalidConfig {
                setting: "database_url",
                problem: "expected sqlite://path/to/file.db or postgres://user:password@host/database",
            });
        }
        Ok(())
    }
}
