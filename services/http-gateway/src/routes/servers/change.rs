use std::collections::HashMap;

use proto::{
    convert::FromWire as _,
    projects::{self as wire, server_definition::Transport as WireTransport},
};
use serde::Deserialize;
use service_error::ServiceError;
use utoipa::ToSchema;

use super::Transport;
use crate::{json_body::present_or_null, suggest::parse_word};

/// A server to add. What is absent has its default.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateServer {
    #[schema(example = "everything")]
    name: String,
    transport: Transport,
    /// Of a stdio server: the program, looked up in the gateway's PATH; never
    /// given to a shell.
    #[serde(default)]
    #[schema(example = "npx")]
    command: Option<String>,
    #[serde(default)]
    #[schema(example = json!(["-y", "@modelcontextprotocol/server-everything"]))]
    args: Option<Vec<String>>,
    #[serde(default)]
    #[schema(example = json!({"LOG_LEVEL": "info"}))]
    env: Option<HashMap<String, String>>,
    #[serde(default)]
    cwd: Option<String>,
    /// Of the others: `https://` or `http://`, without user name and fragment.
    #[serde(default)]
    url: Option<String>,
    /// Sent with every request.
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    /// Variables of the environment of a program, headers of the others: sealed,
    /// and read back by nobody.
    #[serde(default)]
    #[schema(example = json!({"GITHUB_TOKEN": "ghp_…"}))]
    secrets: Option<HashMap<String, String>>,
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
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateServer {
    #[serde(default)]
    #[schema(example = "everything")]
    name: Option<String>,
    /// Another way to the server: what it is reached with must come along.
    #[serde(default)]
    transport: Option<Transport>,
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
    url: Option<String>,
    /// Replaces all headers.
    #[serde(default)]
    headers: Option<HashMap<String, String>>,
    /// Sets those that it names; an empty value removes one. The others stay.
    #[serde(default)]
    #[schema(example = json!({"GITHUB_TOKEN": "ghp_…"}))]
    secrets: Option<HashMap<String, String>>,
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

/// What a server is reached with, as far as somebody said it.
#[derive(Default)]
struct Way {
    command: Option<String>,
    args: Option<Vec<String>>,
    env: Option<HashMap<String, String>>,
    #[expect(clippy::option_option, reason = "absent, null and a text mean three things")]
    cwd: Option<Option<String>>,
    url: Option<String>,
    headers: Option<HashMap<String, String>>,
}

impl CreateServer {
    pub(super) fn into_request(self, project: String) -> Result<wire::CreateServerRequest, ServiceError> {
        let (name, is_enabled) = (self.name.clone(), self.is_enabled);
        Ok(wire::CreateServerRequest {
            project,
            name,
            definition: Some(self.into_definition()?),
            is_enabled,
        })
    }

    /// Zeros stand for the defaults, which the projects service knows; a zero
    /// that somebody wrote is an error.
    pub(super) fn into_definition(self) -> Result<wire::ServerDefinition, ServiceError> {
        let way = Way {
            command: self.command,
            args: self.args,
            env: self.env,
            cwd: self.cwd.map(Some),
            url: self.url,
            headers: self.headers,
        };
        Ok(wire::ServerDefinition {
            transport: Some(way.laid_over(new(self.transport))?),
            timeout_ms: not_zero("timeout_ms", self.timeout_ms)?.unwrap_or(0),
            init_timeout_ms: not_zero("init_timeout_ms", self.init_timeout_ms)?.unwrap_or(0),
            max_in_flight: not_zero("max_in_flight", self.max_in_flight)?.unwrap_or(0),
            isolation: parse_isolation(self.isolation.as_deref())?.unwrap_or(0),
            secrets: self.secrets.unwrap_or_default(),
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
        let old = definition
            .transport
            .take()
            .unwrap_or_else(|| new(Transport::Stdio));
        let old = match self.transport {
            Some(transport) => turned_into(transport, old),
            None => old,
        };
        let way = Way {
            command: self.command,
            args: self.args,
            env: self.env,
            cwd: self.cwd,
            url: self.url,
            headers: self.headers,
        };
        definition.transport = Some(way.laid_over(old)?);
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
            // A definition that stays is not sent: switching a server on or off,
            // or renewing a secret, needs less than changing what it runs.
            definition: (definition != before).then_some(definition),
            is_enabled: self.is_enabled,
            secrets: self.secrets.unwrap_or_default(),
            if_version: Some(current.version),
        })
    }
}

impl Way {
    /// What is of another kind of server is an error, and not forgotten.
    fn laid_over(self, mut transport: WireTransport) -> Result<WireTransport, ServiceError> {
        match &mut transport {
            WireTransport::Stdio(stdio) => {
                let reached = "a stdio server is started, and has no address: give its command";
                absent("url", self.url.is_none(), reached)?;
                absent("headers", self.headers.is_none(), reached)?;
                replace(&mut stdio.command, self.command);
                replace(&mut stdio.args, self.args);
                replace(&mut stdio.env, self.env);
                replace(&mut stdio.cwd, self.cwd);
            }
            WireTransport::StreamableHttp(http) | WireTransport::Sse(http) => {
                let started = "a server that is reached over HTTP is not started here: give its url";
                absent("command", self.command.is_none(), started)?;
                absent("args", self.args.is_none(), started)?;
                absent("env", self.env.is_none(), started)?;
                absent("cwd", self.cwd.is_none(), started)?;
                replace(&mut http.url, self.url);
                replace(&mut http.headers, self.headers);
            }
        }
        Ok(transport)
    }
}

fn new(transport: Transport) -> WireTransport {
    match transport {
        Transport::Stdio => WireTransport::Stdio(wire::StdioTransport::default()),
        Transport::StreamableHttp => WireTransport::StreamableHttp(wire::HttpTransport::default()),
        Transport::Sse => WireTransport::Sse(wire::HttpTransport::default()),
    }
}

/// An address stays one, whichever of its two transports is spoken there.
fn turned_into(transport: Transport, old: WireTransport) -> WireTransport {
    match (transport, old) {
        (Transport::Stdio, old @ WireTransport::Stdio(_)) => old,
        (Transport::StreamableHttp, WireTransport::StreamableHttp(http) | WireTransport::Sse(http)) => {
            WireTransport::StreamableHttp(http)
        }
        (Transport::Sse, WireTransport::StreamableHttp(http) | WireTransport::Sse(http)) => {
            WireTransport::Sse(http)
        }
        (transport, _) => new(transport),
    }
}

fn absent(field: &str, is_absent: bool, message: &str) -> Result<(), ServiceError> {
    if is_absent {
        return Ok(());
    }
    Err(ServiceError::invalid(field, message))
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
