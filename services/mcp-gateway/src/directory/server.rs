use std::{collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use domain::{Isolation, ProjectId, ServerId};
use proto::{
    convert::{FromWire as _, InvalidField, parse_id},
    projects,
};

/// An MCP server as it is configured. Two that are equal are reached alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) project_id: ProjectId,
    pub(crate) name: String,
    pub(crate) is_enabled: bool,
    pub(crate) stdio: Stdio,
    pub(crate) timeout: Duration,
    pub(crate) init_timeout: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) isolation: Isolation,
}

/// A program that the gateway starts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Stdio {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) cwd: Option<PathBuf>,
}

impl TryFrom<projects::Server> for Server {
    type Error = InvalidField;

    fn try_from(server: projects::Server) -> Result<Self, InvalidField> {
        let missing = |field| InvalidField {
            field,
            problem: "is missing".to_owned(),
        };
        let definition = server.definition.ok_or_else(|| missing("definition"))?;
        let Some(projects::server_definition::Transport::Stdio(stdio)) = definition.transport else {
            return Err(missing("transport"));
        };
        Ok(Self {
            id: parse_id("id", &server.id)?,
            project_id: parse_id("project_id", &server.project_id)?,
            name: server.name,
            is_enabled: server.is_enabled,
            stdio: Stdio {
                command: stdio.command,
                args: stdio.args,
                env: stdio.env.into_iter().collect(),
                cwd: stdio.cwd.map(PathBuf::from),
            },
            timeout: millis_or(definition.timeout_ms, 60_000),
            init_timeout: millis_or(definition.init_timeout_ms, 30_000),
            max_in_flight: match definition.max_in_flight {
                0 => 32,
                limit => limit as usize,
            },
            isolation: Isolation::from_wire(definition.isolation).unwrap_or(Isolation::Auto),
        })
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

fn millis_or(millis: u32, default: u64) -> Duration {
    Duration::from_millis(if millis == 0 { default } else { millis.into() })
}
