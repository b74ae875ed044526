use std::collections::HashMap;

use proto::projects::{
    self as wire, HttpTransport, StdioTransport, server_definition::Transport as WireTransport,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::json::{Isolation, Moment, Word as _, text_or_null};

/// How a server is reached. `stdio`: a program that the gateway starts and
/// talks to over its standard input and output. `streamable_http`: an address
/// that speaks Streamable HTTP, of whatever revision. `sse`: one that speaks
/// HTTP+SSE, the transport of 2024-11-05.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    Stdio,
    StreamableHttp,
    Sse,
}

impl Transport {
    /// Which one it is, and what is said of either kind: of the other, nothing.
    pub(super) fn read(transport: Option<WireTransport>) -> (Self, StdioTransport, HttpTransport) {
        let (stdio, http) = (StdioTransport::default(), HttpTransport::default());
        match transport {
            Some(WireTransport::StreamableHttp(http)) => (Self::StreamableHttp, stdio, http),
            Some(WireTransport::Sse(http)) => (Self::Sse, stdio, http),
            Some(WireTransport::Stdio(stdio)) => (Self::Stdio, stdio, http),
            None => (Self::Stdio, stdio, http),
        }
    }
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
    /// Of a stdio server: the program, looked up in the gateway's PATH; never
    /// given to a shell.
    #[schema(example = "npx")]
    command: Option<String>,
    #[schema(example = json!(["-y", "@modelcontextprotocol/server-everything"]))]
    args: Vec<String>,
    /// Values are `***` for who may not write them.
    #[schema(example = json!({"LOG_LEVEL": "info"}))]
    env: HashMap<String, String>,
    /// Null: the gateway's own working directory for servers.
    cwd: Option<String>,
    /// Of the others: where it is reached. The query is `***` for who may not
    /// write it.
    #[schema(example = "https://mcp.example.com/mcp")]
    url: Option<String>,
    /// Sent with every request, by names in lower case. Values are `***` for
    /// who may not write them.
    #[schema(example = json!({"x-team": "platform"}))]
    headers: HashMap<String, String>,
    /// Variables of the environment, or headers, that nobody reads back.
    secrets: Vec<Secret>,
    /// Tools that no client sees or calls.
    #[schema(example = json!(["delete_repository"]))]
    disabled_tools: Vec<String>,
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

/// That a secret is set: never what it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Secret {
    #[schema(example = "GITHUB_TOKEN")]
    name: String,
    set_at: Moment,
    /// Null: their account is gone.
    #[schema(format = Uuid)]
    set_by_user_id: Option<String>,
}

impl From<wire::Server> for Server {
    fn from(server: wire::Server) -> Self {
        let definition = server.definition.unwrap_or_default();
        let (transport, stdio, http) = Transport::read(definition.transport);
        Self {
            id: server.id,
            project_id: server.project_id,
            name: server.name,
            transport,
            command: text_or_null(stdio.command),
            args: stdio.args,
            env: stdio.env,
            cwd: stdio.cwd,
            url: text_or_null(http.url),
            headers: http.headers,
            secrets: server.secrets.into_iter().map(Secret::from).collect(),
            disabled_tools: server.disabled_tools,
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

impl From<wire::SecretInfo> for Secret {
    fn from(secret: wire::SecretInfo) -> Self {
        Self {
            name: secret.name,
            set_at: Moment::from_micros(secret.set_at_us),
            set_by_user_id: text_or_null(secret.set_by_user_id),
        }
    }
}
