use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use domain::Isolation;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;

const TIMEOUT_MS: RangeInclusive<u32> = 1_000..=3_600_000;
const MAX_IN_FLIGHT: RangeInclusive<u32> = 1..=1_024;

const DEFAULT_TIMEOUT_MS: u32 = 60_000;
/// Some servers download themselves first.
const DEFAULT_INIT_TIMEOUT_MS: u32 = 30_000;
const DEFAULT_MAX_IN_FLIGHT: u32 = 32;

const MAX_ARGS: usize = 256;
const MAX_VARIABLES: usize = 128;
/// Of all texts of a definition: a hundred of them fit into one message.
const MAX_BYTES: usize = 32 * 1024;

/// How one MCP server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) transport: Transport,
    pub(crate) timeout_ms: u32,
    pub(crate) init_timeout_ms: u32,
    pub(crate) max_in_flight: u32,
    pub(crate) isolation: Isolation,
}

/// By which of MCP's transports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    /// A program that the gateway starts.
    Stdio(Stdio),
}

/// A program that the gateway starts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stdio {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) cwd: Option<String>,
}

impl Definition {
    /// The same with defaults where zeros stand, if a server can be so.
    pub(crate) fn checked(mut self) -> Result<Self, ServiceError> {
        self.timeout_ms = check(
            self.timeout_ms,
            DEFAULT_TIMEOUT_MS,
            TIMEOUT_MS,
            "definition.timeout_ms",
        )?;
        self.init_timeout_ms = check(
            self.init_timeout_ms,
            DEFAULT_INIT_TIMEOUT_MS,
            TIMEOUT_MS,
            "definition.init_timeout_ms",
        )?;
        self.max_in_flight = check(
            self.max_in_flight,
            DEFAULT_MAX_IN_FLIGHT,
            MAX_IN_FLIGHT,
            "definition.max_in_flight",
        )?;
        match &self.transport {
            Transport::Stdio(stdio) => stdio.check()?,
        }
        Ok(self)
    }
}

impl Transport {
    /// The word that stands for it in the database.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Stdio(_) => "stdio",
        }
    }
}

impl Stdio {
    fn check(&self) -> Result<(), ServiceError> {
        let refuse = |part: &str, message: &str| {
            Err(ServiceError::invalid(format!("definition.stdio.{part}"), message))
        };
        if self.command.trim().is_empty() || self.command.chars().any(char::is_control) {
            return refuse("command", "expected a program, such as npx or /usr/bin/python3");
        }
        if self.args.len() > MAX_ARGS {
            return refuse("args", &format!("expected at most {MAX_ARGS}"));
        }
        if self.env.len() > MAX_VARIABLES {
            return refuse("env", &format!("expected at most {MAX_VARIABLES} variables"));
        }
        if self
            .args
            .iter()
            .chain(self.env.values())
            .any(|text| text.contains('\0'))
        {
            return refuse("args", "no argument and no variable can hold the character NUL");
        }
        if let Some(name) = self.env.keys().find(|name| !is_variable_name(name)) {
            let shown: String = name.chars().take(64).collect();
            return refuse(
                "env",
                &format!(
                    "{shown:?} is no name of a variable: expected letters, digits and _, no digit first"
                ),
            );
        }
        if let Some(cwd) = &self.cwd
            && (!cwd.starts_with('/') || cwd.chars().any(char::is_control))
        {
            return refuse("cwd", "expected an absolute path, such as /srv/tools");
        }
        let variables = self.env.iter().flat_map(|(name, value)| [name, value]);
        let texts = [&self.command]
            .into_iter()
            .chain(&self.args)
            .chain(variables)
            .chain(&self.cwd);
        if texts.map(String::len).sum::<usize>() > MAX_BYTES {
            return refuse(
                "args",
                &format!("command, args, env and cwd together may be {MAX_BYTES} bytes"),
            );
        }
        Ok(())
    }
}

/// Values of the environment are secrets as often as not.
impl fmt::Debug for Stdio {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Stdio")
            .field("command", &self.command)
            .field("env", &self.env.keys())
            .finish_non_exhaustive()
    }
}

fn check(value: u32, default: u32, range: RangeInclusive<u32>, field: &str) -> Result<u32, ServiceError> {
    match value {
        0 => Ok(default),
        value if range.contains(&value) => Ok(value),
        _ => Err(ServiceError::invalid(
            field,
            format!("expected {} to {}", range.start(), range.end()),
        )),
    }
}

fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(change: impl FnOnce(&mut Definition, &mut Stdio)) -> Definition {
        let mut stdio = Stdio {
            command: "npx".to_owned(),
            args: vec!["-y".to_owned(), "some server".to_owned()],
            env: BTreeMap::from([("API_TOKEN".to_owned(), "a secret".to_owned())]),
            cwd: None,
        };
        let mut definition = Definition {
            transport: Transport::Stdio(stdio.clone()),
            timeout_ms: 0,
            init_timeout_ms: 0,
            max_in_flight: 0,
            isolation: Isolation::Auto,
        };
        change(&mut definition, &mut stdio);
        definition.transport = Transport::Stdio(stdio);
        definition
    }

    #[test]
    fn zeros_are_filled_with_the_defaults() {
        let checked = definition(|_, _| {}).checked().expect("a server");
        assert_eq!(
            (checked.timeout_ms, checked.init_timeout_ms, checked.max_in_flight),
            (60_000, 30_000, 32)
        );
    }

    #[test]
    fn what_no_server_can_be_is_refused_by_the_name_of_the_field() {
        let long = "x".repeat(MAX_BYTES);
        let cases = [
            ("definition.timeout_ms", definition(|it, _| it.timeout_ms = 999)),
            (
                "definition.timeout_ms",
                definition(|it, _| it.timeout_ms = 3_600_001),
            ),
            (
                "definition.init_timeout_ms",
                definition(|it, _| it.init_timeout_ms = 1),
            ),
            (
                "definition.max_in_flight",
                definition(|it, _| it.max_in_flight = 5_000),
            ),
            (
                "definition.stdio.command",
                definition(|_, it| it.command = " ".to_owned()),
            ),
            (
                "definition.stdio.command",
                definition(|_, it| it.command = "a\nb".to_owned()),
            ),
            (
                "definition.stdio.args",
                definition(|_, it| it.args = vec![String::new(); 257]),
            ),
            (
                "definition.stdio.args",
                definition(|_, it| it.args = vec!["a\0b".to_owned()]),
            ),
            ("definition.stdio.args", definition(|_, it| it.args = vec![long])),
            (
                "definition.stdio.env",
                definition(|_, it| it.env = [("A=B".to_owned(), String::new())].into()),
            ),
            (
                "definition.stdio.env",
                definition(|_, it| it.env = [("1A".to_owned(), String::new())].into()),
            ),
            (
                "definition.stdio.env",
                definition(|_, it| it.env = [(String::new(), String::new())].into()),
            ),
            (
                "definition.stdio.cwd",
                definition(|_, it| it.cwd = Some("relative".to_owned())),
            ),
        ];
        for (field, definition) in cases {
            let shown = format!("{definition:?}");
            let refusal = definition.checked().expect_err(&shown);
            assert_eq!(refusal.fields[0].field, field, "{shown}");
        }
    }

    #[test]
    fn debug_shows_no_value_of_the_environment() {
        let shown = format!("{:?}", definition(|_, _| {}));
        assert!(
            shown.contains("API_TOKEN") && !shown.contains("a secret"),
            "{shown}"
        );
    }
}
