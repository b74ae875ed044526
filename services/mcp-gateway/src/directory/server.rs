use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    path::PathBuf,
    time::Duration,
};

use domain::{Isolation, ProjectId, ServerId};
use proto::{
    convert::{FromWire as _, InvalidField, parse_id},
    projects::{self, server_definition},
};

use crate::redact::Redactor;

/// An MCP server as it is configured. Two that are equal are reached alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Server {
    pub(crate) id: ServerId,
    pub(crate) project_id: ProjectId,
    pub(crate) name: String,
    pub(crate) is_enabled: bool,
    pub(crate) transport: Transport,
    pub(crate) timeout: Duration,
    pub(crate) init_timeout: Duration,
    pub(crate) max_in_flight: usize,
    pub(crate) isolation: Isolation,
    secret_names: BTreeSet<String>,
    /// Knows the server's secrets.
    pub(crate) redactor: Redactor,
}

/// How a server is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    Stdio(Stdio),
    /// Of whatever revision the server speaks.
    StreamableHttp(Http),
    /// HTTP+SSE (2024-11-05).
    Sse(Http),
}

/// A program that the gateway starts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Stdio {
    pub(crate) command: String,
    pub(crate) args: Vec<String>,
    /// Secrets are among them.
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) cwd: Option<PathBuf>,
}

/// A server that runs elsewhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Http {
    pub(crate) url: String,
    /// Sent with every request. Secrets are among them.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Server {
    /// The values that nobody may see: not in a log, an error or a recorded call.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let values = match &self.transport {
            Transport::Stdio(stdio) => &stdio.env,
            Transport::StreamableHttp(http) | Transport::Sse(http) => &http.headers,
        };
        self.secret_names
            .iter()
            .filter_map(|name| values.get(name).map(String::as_str))
    }
}

impl TryFrom<projects::Server> for Server {
    type Error = InvalidField;

    fn try_from(server: projects::Server) -> Result<Self, InvalidField> {
        let missing = |field| InvalidField {
            field,
            problem: "is missing".to_owned(),
        };
        let definition = server.definition.ok_or_else(|| missing("definition"))?;
        let secret_names = definition.secrets.keys().cloned().collect();
        let transport = definition.transport.ok_or_else(|| missing("transport"))?;
        let mut server = Self {
            redactor: Redactor::default(),
            id: parse_id("id", &server.id)?,
            project_id: parse_id("project_id", &server.project_id)?,
            name: server.name,
            is_enabled: server.is_enabled,
            transport: Transport::new(transport, definition.secrets),
            secret_names,
            timeout: millis_or(definition.timeout_ms, 60_000),
            init_timeout: millis_or(definition.init_timeout_ms, 30_000),
            max_in_flight: match definition.max_in_flight {
                0 => 32,
                limit => limit as usize,
            },
            isolation: Isolation::from_wire(definition.isolation).unwrap_or(Isolation::Auto),
        };
        server.redactor = Redactor::new(server.secrets());
        Ok(server)
    }
}

impl Transport {
    /// Plain values and secrets come apart, and are one from here on.
    fn new(transport: server_definition::Transport, secrets: HashMap<String, String>) -> Self {
        let http = |http: projects::HttpTransport, secrets| Http {
            url: http.url,
            headers: http.headers.into_iter().chain(secrets).collect(),
        };
        match transport {
            server_definition::Transport::Stdio(stdio) => Self::Stdio(Stdio {
                command: stdio.command,
                args: stdio.args,
                env: stdio.env.into_iter().chain(secrets).collect(),
                cwd: stdio.cwd.map(PathBuf::from),
            }),
            server_definition::Transport::StreamableHttp(transport) => {
                Self::StreamableHttp(http(transport, secrets))
            }
            server_definition::Transport::Sse(transport) => Self::Sse(http(transport, secrets)),
        }
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

/// So are values of headers, and sometimes the query of a URL.
impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (url, _) = self.url.split_once('?').unwrap_or((&self.url, ""));
        formatter
            .debug_struct("Http")
            .field("url", &url)
            .field("headers", &self.headers.keys())
            .finish()
    }
}

fn millis_or(millis: u32, default: u64) -> Duration {
    Duration::from_millis(if millis == 0 { default } else { millis.into() })
}
