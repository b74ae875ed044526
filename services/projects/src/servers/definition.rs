use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use domain::Isolation;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;

/// How long a call, or the start of a server, may take.
const TIMEOUT_MS: RangeInclusive<u32> = 1_000..=3_600_000;
const DEFAULT_TIMEOUT_MS: u32 = 60_000;
const DEFAULT_INIT_TIMEOUT_MS: u32 = 30_000;

const MAX_IN_FLIGHT: RangeInclusive<u32> = 1..=1_000;
const DEFAULT_MAX_IN_FLIGHT: u32 = 32;

const MAX_ARGS: usize = 256;
const MAX_ENV: usize = 256;
const MAX_ENV_NAME_BYTES: usize = 255;

/// What command, arguments, environment and folder may have together. With the
/// limit of servers in a project it keeps a project's snapshot below the 4 MiB
/// that a gRPC client takes in one message.
const MAX_BYTES: usize = 32 * 1024;

/// How one MCP server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerDefinition {
    pub(crate) transport: Transport,
    pub(crate) limits: Limits,
    pub(crate) isolation: Isolation,
}

/// By which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    /// A program that the gateway starts.
    Stdio(Stdio),
}

/// What is started, and how. Texts that a system can hand to a program.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stdio {
    command: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: Option<String>,
}

/// What a server may take of time and of calls at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    timeout_ms: u32,
    init_timeout_ms: u32,
    max_in_flight: u32,
}

impl Transport {
    /// The word that stands for the way in the database.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Stdio(_) => "stdio",
        }
    }
}

impl Stdio {
    pub(crate) fn parse(
        command: String,
        args: Vec<String>,
        env: BTreeMap<String, String>,
        cwd: Option<String>,
    ) -> Result<Self, ServiceError> {
        if command.trim().is_empty() {
            return Err(ServiceError::invalid("command", "name the program to start"));
        }
        without_nul("command", &command)?;
        if args.len() > MAX_ARGS {
            return Err(ServiceError::invalid("args", format!("at most {MAX_ARGS}")));
        }
        for arg in &args {
            without_nul("args", arg)?;
        }
        if env.len() > MAX_ENV {
            return Err(ServiceError::invalid("env", format!("at most {MAX_ENV}")));
        }
        for (name, value) in &env {
            check_env_name(name)?;
            without_nul("env", value)?;
        }
        if let Some(cwd) = &cwd {
            without_nul("cwd", cwd)?;
            if !cwd.starts_with('/') {
                return Err(ServiceError::invalid(
                    "cwd",
                    "expected an absolute path; leave it out for the gateway's own folder",
                ));
            }
        }
        let stdio = Self {
            command,
            args,
            env,
            cwd,
        };
        if stdio.size_bytes() > MAX_BYTES {
            return Err(ServiceError::invalid(
                "definition",
                format!("command, args, env and cwd together are at most {MAX_BYTES} bytes"),
            ));
        }
        Ok(stdio)
    }

    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    pub(crate) fn args(&self) -> &[String] {
        &self.args
    }

    pub(crate) fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    pub(crate) fn cwd(&self) -> Option<&str> {
        self.cwd.as_deref()
    }

    fn size_bytes(&self) -> usize {
        let args: usize = self.args.iter().map(String::len).sum();
        let env: usize = self
            .env
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        self.command.len() + args + env + self.cwd.as_ref().map_or(0, String::len)
    }
}

/// Values of the environment, and arguments, are secrets as often as not.
impl fmt::Debug for Stdio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Stdio")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

impl Limits {
    /// Zeros stand for the defaults.
    pub(crate) fn parse(
        timeout_ms: u32,
        init_timeout_ms: u32,
        max_in_flight: u32,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            timeout_ms: within("timeout_ms", timeout_ms, DEFAULT_TIMEOUT_MS, TIMEOUT_MS)?,
            init_timeout_ms: within(
                "init_timeout_ms",
                init_timeout_ms,
                DEFAULT_INIT_TIMEOUT_MS,
                TIMEOUT_MS,
            )?,
            max_in_flight: within(
                "max_in_flight",
                max_in_flight,
                DEFAULT_MAX_IN_FLIGHT,
                MAX_IN_FLIGHT,
            )?,
        })
    }

    pub(crate) const fn timeout_ms(self) -> u32 {
        self.timeout_ms
    }

    pub(crate) const fn init_timeout_ms(self) -> u32 {
        self.init_timeout_ms
    }

    pub(crate) const fn max_in_flight(self) -> u32 {
        self.max_in_flight
    }
}

fn within(field: &str, value: u32, default: u32, range: RangeInclusive<u32>) -> Result<u32, ServiceError> {
    let value = if value == 0 { default } else { value };
    if range.contains(&value) {
        return Ok(value);
    }
    Err(ServiceError::invalid(
        field,
        format!("expected {} to {}", range.start(), range.end()),
    ))
}

/// The end of a text for the system: what stands behind it would be lost.
fn without_nul(field: &str, text: &str) -> Result<(), ServiceError> {
    if text.contains('\0') {
        return Err(ServiceError::invalid(field, "must not hold a NUL character"));
    }
    Ok(())
}

fn check_env_name(name: &str) -> Result<(), ServiceError> {
    let refused = |character: char| character == '=' || character.is_control() || character.is_whitespace();
    if name.is_empty() || name.len() > MAX_ENV_NAME_BYTES || name.contains(refused) {
        return Err(ServiceError::invalid(
            "env",
            format!(
                "a variable's name is 1 to {MAX_ENV_NAME_BYTES} bytes without spaces, control characters and \"=\""
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stdio(command: &str, args: &[&str], env: &[(&str, &str)], cwd: Option<&str>) -> Result<Stdio, String> {
        let env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Stdio::parse(command.to_owned(), args, env, cwd.map(str::to_owned))
            .map_err(|error| error.fields[0].field.clone())
    }

    #[test]
    fn what_no_program_can_be_started_with_is_refused() {
        let long = "x".repeat(MAX_BYTES);
        let many = vec!["x"; MAX_ARGS + 1];
        for (definition, field) in [
            (stdio("", &[], &[], None), "command"),
            (stdio(" ", &[], &[], None), "command"),
            (stdio("a\0b", &[], &[], None), "command"),
            (stdio("a", &["b\0"], &[], None), "args"),
            (stdio("a", &many, &[], None), "args"),
            (stdio("a", &[], &[("", "1")], None), "env"),
            (stdio("a", &[], &[("A=B", "1")], None), "env"),
            (stdio("a", &[], &[("A B", "1")], None), "env"),
            (stdio("a", &[], &[("A", "\0")], None), "env"),
            (stdio("a", &[], &[(&"A".repeat(256), "1")], None), "env"),
            (stdio("a", &[], &[], Some("")), "cwd"),
            (stdio("a", &[], &[], Some("here")), "cwd"),
            (stdio("a", &[&long], &[], None), "definition"),
            (stdio("a", &[], &[("A", &long)], None), "definition"),
        ] {
            assert_eq!(definition.err().as_deref(), Some(field));
        }
    }

    #[test]
    fn what_people_write_in_their_configurations_is_taken_as_it_is() {
        let env = [
            ("GITHUB_TOKEN", "a=b c"),
            ("npm_config_@x:registry", ""),
            ("ÜBER", "ja"),
        ];
        let taken = stdio("npx", &["-y", "", "--x=1\n2"], &env, Some("/srv/a b")).expect("a definition");
        assert_eq!(taken.args(), ["-y", "", "--x=1\n2"]);
        assert_eq!(taken.env()["GITHUB_TOKEN"], "a=b c");
    }

    #[test]
    fn zeros_stand_for_the_defaults_and_bounds_are_kept() {
        let limits = Limits::parse(0, 0, 0).expect("defaults");
        assert_eq!(
            (
                limits.timeout_ms(),
                limits.init_timeout_ms(),
                limits.max_in_flight()
            ),
            (60_000, 30_000, 32)
        );
        assert!(Limits::parse(1_000, 3_600_000, 1_000).is_ok());
        for (limits, field) in [
            (Limits::parse(999, 0, 0), "timeout_ms"),
            (Limits::parse(3_600_001, 0, 0), "timeout_ms"),
            (Limits::parse(0, 999, 0), "init_timeout_ms"),
            (Limits::parse(0, 0, 1_001), "max_in_flight"),
        ] {
            assert_eq!(
                limits.err().map(|error| error.fields[0].field.clone()).as_deref(),
                Some(field)
            );
        }
    }

    #[test]
    fn debug_shows_no_values_of_the_environment() {
        let taken = stdio("npx", &["--key=canary"], &[("TOKEN", "canary")], None).expect("a definition");
        assert!(!format!("{taken:?}").contains("canary"));
    }
}
