use std::time::{Duration, Instant};

use axum::{Json, extract::State};
use domain::Permission;
use proto::{gateway as wire, logging};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service_error::ServiceError;
use utoipa::ToSchema;

use super::servers;
use crate::{
    app::App,
    backends::answer_within,
    caller::Caller,
    idempotency::IdempotencyKeyHeader,
    json::{ErrorKind, List, Meta, ToolCallStatus, Word as _, text_or_null},
    json_body::Body,
    path::Path,
    query::Query,
};

/// What is added to a server's own limits before the gateway is given up.
const GRACE: Duration = Duration::from_secs(10);

/// No server may have more time to start and to answer; which limits it has, the
/// gateway knows.
const LONGEST_CALL: Duration = Duration::from_hours(2).saturating_add(GRACE);

/// A tool as its server lists it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tool {
    #[schema(example = "echo")]
    name: String,
    #[schema(example = "Echo")]
    title: Option<String>,
    #[schema(example = "Says what it was told")]
    description: Option<String>,
    /// The server's own JSON, untouched: `inputSchema`, `outputSchema`,
    /// `annotations` and whatever else it says.
    #[schema(value_type = Object, example = json!({"name": "echo", "inputSchema": {"type": "object"}}))]
    definition: Box<RawValue>,
}

/// What to call a tool with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallTool {
    /// A JSON object; absent: none.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({"message": "hello"}))]
    arguments: Option<Box<RawValue>>,
}

/// How a call ended. It is recorded as every client's call is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallToolResult {
    status: ToolCallStatus,
    /// The result of the tool, as the specification shapes it; null where there
    /// is none, and where it was too large to be kept whole.
    #[schema(value_type = Option<Object>, example = json!({"content": [{"type": "text", "text": "hello"}]}))]
    result: Option<Box<RawValue>>,
    /// The result was too large: what was kept of it is with the recorded call.
    is_truncated: bool,
    error: Option<CallToolError>,
    #[schema(format = Uuid)]
    tool_call_id: String,
    #[schema(example = 1_834)]
    duration_us: Option<u64>,
}

/// Why a call failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallToolError {
    kind: Option<ErrorKind>,
    /// The JSON-RPC error code, where there is one.
    #[schema(example = -32602)]
    code: Option<i64>,
    #[schema(example = "unknown tool: ehco")]
    message: Option<String>,
}

/// The parts of a tool's JSON that are read here.
#[derive(Deserialize)]
struct ToolHead {
    name: String,
    title: Option<String>,
    description: Option<String>,
}

/// The tools of a server, as it lists them
///
/// Starts the server where it does not run.
#[utoipa::path(get, path = "/projects/{project}/servers/{server}/tools", tag = "tools", operation_id = "list_tools",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
    ),
    responses((status = 200, description = "All of them", body = List<Tool>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path((project, server)): Path<(String, String)>,
    Query(()): Query<()>,
) -> Result<Json<List<Tool>>, ServiceError> {
    let started = Instant::now();
    let server = servers::find(&app, &caller, project, server).await?;
    let deadline = deadline_of(&server);
    let request = tonic::Request::new(wire::ListToolsRequest {
        project_id: server.project_id,
        server_id: server.id,
    });
    let answered = answer_within(deadline, app.backends.tools().list_tools(request)).await?;
    let tools = answered.tools_json.into_iter().map(Tool::read);
    Ok(Json(List::new(
        tools.collect::<Result<_, _>>()?,
        None,
        Meta::since(started),
    )))
}

/// Calls a tool
///
/// A call that reached the gateway answers 200 whatever became of it: `status`
/// and `error` say how it ended.
#[utoipa::path(post, path = "/projects/{project}/servers/{server}/tools/{tool}/call", tag = "tools", operation_id = "call_tool",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
        ("tool" = String, Path, description = "Name of the tool, as its server knows it"),
        IdempotencyKeyHeader,
    ),
    request_body = CallTool,
    responses((status = 200, description = "How it ended", body = CallToolResult)))]
pub(crate) async fn call(
    State(app): State<App>,
    caller: Caller,
    Path((project, server, tool)): Path<(String, String, String)>,
    Body(body): Body<CallTool>,
) -> Result<Json<CallToolResult>, ServiceError> {
    let arguments_json = body
        .arguments
        .map(|json| json.get().to_owned())
        .unwrap_or_default();
    if !arguments_json.is_empty() && !arguments_json.starts_with('{') {
        return Err(ServiceError::invalid("arguments", "expected a JSON object"));
    }
    let access = app.authorize(&caller, &project, &[Permission::CallTools]).await?;
    // Who may call tools need not see how their server is reached.
    let request = tonic::Request::new(wire::CallToolRequest {
        client: Some(caller.as_client()),
        principal: Some(access.principal),
        project_id: access.project_id,
        server_id: server,
        tool_name: tool,
        arguments_json,
    });
    let answered = answer_within(LONGEST_CALL, app.backends.tools().call_tool(request)).await?;
    let tool_call = answered.tool_call.ok_or_else(|| super::incomplete("tool_call"))?;
    Ok(Json(tool_call.into()))
}

/// The gateway keeps the server's own limits; this one is for a gateway that
/// does not answer at all.
fn deadline_of(server: &proto::projects::Server) -> Duration {
    let definition = server.definition.clone().unwrap_or_default();
    let limits = u64::from(definition.timeout_ms) + u64::from(definition.init_timeout_ms);
    Duration::from_millis(limits) + GRACE
}

impl Tool {
    pub(super) fn read(json: String) -> Result<Self, ServiceError> {
        let head: ToolHead = serde_json::from_str(&json).map_err(ServiceError::internal)?;
        Ok(Self {
            name: head.name,
            title: head.title,
            description: head.description,
            definition: RawValue::from_string(json).map_err(ServiceError::internal)?,
        })
    }
}

impl From<logging::ToolCall> for CallToolResult {
    fn from(call: logging::ToolCall) -> Self {
        let kind = ErrorKind::present(call.error_kind);
        let message = text_or_null(call.error_message);
        let has_failed = kind.is_some() || call.error_code.is_some() || message.is_some();
        // Where the server answered with a JSON-RPC error, that is what is kept;
        // here it stands in `error`.
        let result = call.result.filter(|_| call.error_code.is_none());
        let is_truncated = result.as_ref().is_some_and(|result| result.is_truncated);
        Self {
            status: ToolCallStatus::from_wire(call.status),
            result: result
                .filter(|_| !is_truncated)
                .and_then(|result| RawValue::from_string(result.json).ok()),
            is_truncated,
            error: has_failed.then_some(CallToolError {
                kind,
                code: call.error_code,
                message,
            }),
            tool_call_id: call.id,
            duration_us: call.duration_us,
        }
    }
}
