use std::collections::HashMap;

use proto::{
    convert::FromWire as _,
    projects::{self as wire, server_definition::Transport as WireTransport},
};
use serde::{Deserialize, Deserializer, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{
    json::{Isolation, Moment, Word as _},
    suggest::parse_word,
};

/// How a server is reached. `stdio`: a program that the gateway starts and
/// talks to over its standard input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    Stdio,
}

/// An MCP server of a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Server {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    project_id: String,
    /// Unique in the project.
    #[schema(example = "github")]
    name: String,
    transport: Transport,
    /// The program, looked up in the gateway's PATH; never given to a shell.
    #[schema(example = "npx")]
    command: String,
    #[schema(example = json!(["-y", "@modelcontextprotocol/server-everything"]))]
    args: Vec<String>,
    #[schema(example = json!({"LOG_LEVEL": "info"}))]
    env: HashMap<String, String>,
    /// Null: the gateway's own working directory for servers.
    cwd: Option<String>,
    /// How long a call may take; progress starts it anew.
    #[schema(example = 60_000)]
    timeout_ms: u32,
    /// How long the start may take.
    #[schema(example = 30_000)]
    init_timeout_ms: u32,
    /// How many calls run at once; the others wait.
    #[schema(example = 64)]
    max_in_flight: u32,
    isolation: Isolation,
    is_enabled: bool,
    created_at: Moment,
    updated_at: Moment,
}

/// A server to add. What is absent has its default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateServer {
    #[schema(example = "everything")]
    name: String,
    transport: Transport,
    /// The program, looked up in the gateway's PATH; never given to a shell.
    #[schema(example = "npx")]
    command: String,
    #[serde(default)]
    #[schema(example = json!(["-y", "@modelcontextprotocol/server-everything"]))]
    args: Vec<String>,
    #[serde(default)]
    #[schema(example = json!({"LOG_LEVEL": "info"}))]
    env: HashMap<String, String>,
    #[serde(default)]
    cwd: Option<String>,
    /// 1,000 to 3,600,000.
    #[serde(default)]
    #[schema(example = 60_000)]
    timeout_ms: Option<u32>,
    /// 1,000 to 3,600,000.
    #[serde(default)]
    #[schema(example = 30_000)]
    init_timeout_ms: Option<u32>,
    #[serde(default)]
    #[schema(example = 64)]
    max_in_flight: Option<u32>,
    /// `auto`, `shared` or `session`.
    #[serde(default)]
    #[schema(example = "auto")]
    isolation: Option<String>,
    /// Absent: enabled.
    #[serde(default)]
    is_enabled: Option<bool>,
}

/// Changes to a server. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateServer {
    #[serde(default)]
    #[schema(example = "everything")]
    name: Option<String>,
    #[serde(default)]
    #[schema(example = "npx")]
    command: Option<String>,
    /// Replaces all arguments.
    #[serde(default)]
    args: Option<Vec<String>>,
    /// Replaces all variables.
    #[serde(default)]
    env: Option<HashMap<String, String>>,
    /// Null: the gateway's own working directory for servers.
    #[serde(default, deserialize_with = "present_or_null")]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "absent, null and a text mean three things")]
    cwd: Option<Option<String>>,
    #[serde(default)]
    #[schema(example = 60_000)]
    timeout_ms: Option<u32>,
    #[serde(default)]
    #[schema(example = 30_000)]
    init_timeout_ms: Option<u32>,
    #[serde(default)]
    #[schema(example = 64)]
    max_in_flight: Option<u32>,
    /// `auto`, `shared` or `session`.
    #[serde(default)]
    #[schema(example = "shared")]
    isolation: Option<String>,
    #[serde(default)]
    is_enabled: Option<bool>,
}

impl From<wire::Server> for Server {
    fn from(server: wire::Server) -> Self {
        let definition = server.definition.unwrap_or_default();
        let stdio = stdio_of(definition.transport);
        Self {
            id: server.id,
            project_id: server.project_id,
            name: server.name,
            transport: Transport::Stdio,
            command: stdio.command,
            args: stdio.args,
            env: stdio.env,
            cwd: stdio.cwd,
            timeout_ms: definition.timeout_ms,
            init_timeout_ms: definition.init_timeout_ms,
            max_in_flight: definition.max_in_flight,
            isolation: Isolation::from_wire(definition.isolation),
            is_enabled: server.is_enabled,
            created_at: Moment::from_micros(server.created_at_us),
            updated_at: Moment::from_micros(server.updated_at_us),
        }
    }
}

impl CreateServer {
    pub(super) fn into_request(self, project: String) -> Result<wire::CreateServerRequest, ServiceError> {
        let Transport::Stdio = self.transport;
        let stdio = wire::StdioTransport {
            command: self.command,
            args: self.args,
            env: self.env,
            cwd: self.cwd,
        };
        // Zeros stand for the defaults, which the projects service knows; a
        // zero that somebody wrote is an error.
        Ok(wire::CreateServerRequest {
            project,
            name: self.name,
            definition: Some(wire::ServerDefinition {
                transport: Some(WireTransport::Stdio(stdio)),
                timeout_ms: not_zero("timeout_ms", self.timeout_ms)?.unwrap_or(0),
                init_timeout_ms: not_zero("init_timeout_ms", self.init_timeout_ms)?.unwrap_or(0),
                max_in_flight: not_zero("max_in_flight", self.max_in_flight)?.unwrap_or(0),
                isolation: parse_isolation(self.isolation.as_deref())?.unwrap_or(0),
                ..Default::default()
            }),
            is_enabled: self.is_enabled,
        })
    }
}

impl UpdateServer {
    /// The change, laid over what the server is now.
    pub(super) fn into_request(
        self,
        project: String,
        current: wire::Server,
    ) -> Result<wire::UpdateServerRequest, ServiceError> {
        let mut definition = current.definition.unwrap_or_default();
        let before = definition.clone();
        let mut stdio = stdio_of(definition.transport.take());
        replace(&mut stdio.command, self.command);
        replace(&mut stdio.args, self.args);
        replace(&mut stdio.env, self.env);
        replace(&mut stdio.cwd, self.cwd);
        definition.transport = Some(WireTransport::Stdio(stdio));
        replace(
            &mut definition.timeout_ms,
            not_zero("timeout_ms", self.timeout_ms)?,
        );
        replace(
            &mut definition.init_timeout_ms,
            not_zero("init_timeout_ms", self.init_timeout_ms)?,
        );
        replace(
            &mut definition.max_in_flight,
            not_zero("max_in_flight", self.max_in_flight)?,
        );
        replace(
            &mut definition.isolation,
            parse_isolation(self.isolation.as_deref())?,
        );
        Ok(wire::UpdateServerRequest {
            project,
            server: current.id,
            name: self.name,
            // A definition that stays is not sent: switching a server on or off
            // needs less than changing what it runs.
            definition: (definition != before).then_some(definition),
            is_enabled: self.is_enabled,
        })
    }
}

fn stdio_of(transport: Option<WireTransport>) -> wire::StdioTransport {
    match transport {
        Some(WireTransport::Stdio(stdio)) => stdio,
        _ => wire::StdioTransport::default(),
    }
}

fn replace<T>(value: &mut T, change: Option<T>) {
    if let Some(change) = change {
        *value = change;
    }
}

fn not_zero(field: &str, value: Option<u32>) -> Result<Option<u32>, ServiceError> {
    match value {
        Some(0) => Err(ServiceError::invalid(field, "must be more than 0")),
        value => Ok(value),
    }
}

fn parse_isolation(word: Option<&str>) -> Result<Option<i32>, ServiceError> {
    word.map(|word| parse_word::<domain::Isolation>("isolation", word).map(domain::Isolation::to_wire))
        .transpose()
}

/// Tells `"cwd": null` from no `cwd`.
#[expect(clippy::option_option, reason = "absent, null and a text mean three things")]
fn present_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
