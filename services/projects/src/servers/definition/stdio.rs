use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use service_error::ServiceError;

use super::MAX_BYTES;

const MAX_ARGS: usize = 256;
const MAX_ENV: usize = 256;
const MAX_ENV_NAME_BYTES: usize = 255;

/// What is started, and how. Texts that a system can hand to a program.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stdio {
    command: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: Option<String>,
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
            check_env_name("env", name)?;
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

/// The end of a text for the system: what stands behind it would be lost.
pub(super) fn without_nul(field: &str, text: &str) -> Result<(), ServiceError> {
    if text.contains('\0') {
        return Err(ServiceError::invalid(field, "must not hold a NUL character"));
    }
    Ok(())
}

pub(super) fn check_env_name(field: &str, name: &str) -> Result<(), ServiceError> {
    let refused = |character: char| character == '=' || character.is_control() || character.is_whitespace();
    if name.is_empty() || name.len() > MAX_ENV_NAME_BYTES || name.contains(refused) {
        return Err(ServiceError::invalid(
            field,
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
    fn debug_shows_no_values_of_the_environment() {
        let taken = stdio("npx", &["--key=canary"], &[("TOKEN", "canary")], None).expect("a definition");
        assert!(!format!("{taken:?}").contains("canary"));
    }
}
