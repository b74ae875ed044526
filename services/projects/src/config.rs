use std::{fmt, path::PathBuf};

use access::ServiceSecret;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// What the projects service can be told.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/database`.
    pub database_url: String,
    /// The folder of the secret under which API keys are hashed, unless
    /// `api_key_pepper_file` says otherwise.
    pub data_dir: PathBuf,
    /// The file with the secret under which API keys are hashed: 64 hexadecimal
    /// digits, made at the first start. Without it no key is known any more.
    /// Replicas of the service on one database need the same.
    pub api_key_pepper_file: Option<PathBuf>,
    /// The file with the key under which the secrets of servers are sealed: 64
    /// hexadecimal digits, made at the first start. Without it no secret can be
    /// read any more. Replicas of the service on one database need the same. On
    /// further lines stand keys of before, which open and seal nothing.
    pub secrets_key_file: Option<PathBuf>,
    /// That key itself, where it comes from the environment and not from a file;
    /// keys of before behind commas.
    #[serde(skip_serializing)]
    pub secrets_key: Option<SecretString>,
    /// Who may make an account, once the first account is there.
    pub sign_up: SignUp,
    /// Whether developers of a project may add and change servers that run a
    /// program on the gateway's host, as its owners may.
    pub developers_run_programs: bool,
    /// What all services of the deployment share; loaded by whoever starts
    /// them.
    #[serde(skip)]
    pub service_secret: Option<ServiceSecret>,
}

/// Who may make an account, once the first account is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// Anybody who can reach the service.
    Open,
    /// Those whom somebody invited.
    InviteOnly,
    /// Nobody.
    Off,
}

impl SignUp {
    /// Its word, as in the configuration.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InviteOnly => "invite_only",
            Self::Off => "off",
        }
    }
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
            database_url: String::new(),
            data_dir: PathBuf::from("data"),
            api_key_pepper_file: None,
            secrets_key_file: None,
            secrets_key: None,
            sign_up: SignUp::InviteOnly,
            developers_run_programs: false,
            service_secret: None,
        }
    }
}

impl Config {
    /// Whether the service can work with it.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let known = ["sqlite://", "postgres://", "postgresql://"];
        if !known.iter().any(|scheme| self.database_url.starts_with(scheme)) {
            return Err(InvalidConfig {
                setting: "database_url",
                problem: "expected sqlite://path/to/file.db or postgres://user:password@host/database",
            });
        }
        Ok(())
    }

    pub(crate) fn pepper_file(&self) -> PathBuf {
        self.api_key_pepper_file
            .clone()
            .unwrap_or_else(|| self.data_dir.join("api-key-pepper"))
    }

    pub(crate) fn secrets_key_file(&self) -> PathBuf {
        self.secrets_key_file
            .clone()
            .unwrap_or_else(|| self.data_dir.join("secrets-key"))
    }
}

/// Without the database's URL, which may hold a password.
impl fmt::Debug for Config {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Config")
            .field("data_dir", &self.data_dir)
            .field("api_key_pepper_file", &self.api_key_pepper_file)
            .field("secrets_key_file", &self.secrets_key_file)
            .field("sign_up", &self.sign_up)
            .field("developers_run_programs", &self.developers_run_programs)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_password() {
        let config = Config {
            database_url: "postgres://kim:hunter2@host/db".to_owned(),
            ..Config::default()
        };
        assert_eq!(config.validate(), Ok(()));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_database_of_another_kind_is_refused_by_name() {
        let refusal = Config::default().validate().expect_err("no database");
        assert!(
            refusal
                .to_string()
                .starts_with("database_url: expected sqlite://"),
            "{refusal}"
        );
    }
}
