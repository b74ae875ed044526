use std::time::Duration;

use axum::{Json, extract::State};
use domain::Permission;
use proto::gateway as wire;
use serde::Serialize;
use service_error::ServiceError;
use utoipa::ToSchema;

use super::{CreateServer, ServerStatus, find};
use crate::{
    app::App,
    backends::{answer, answer_within},
    caller::Caller,
    json::text_or_null,
    json_body::Body,
    path::Path,
    routes::tools::Tool,
};

/// How long a server gets to end and to start again, or to be tried, beyond its
/// own limit.
const GRACE: Duration = Duration::from_secs(30);

/// The gateway tries nothing for longer.
const TRIAL: Duration = Duration::from_mins(3);

/// What became of a definition that was tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerTrial {
    /// Whether it answered as an MCP server does.
    is_ok: bool,
    /// What went wrong, and what to do.
    #[schema(example = "it closed its standard output, exit code 127")]
    error: Option<String>,
    /// Of the specification, as it was negotiated.
    #[schema(example = "2025-11-25")]
    revision: Option<String>,
    /// As the server named itself.
    #[schema(example = "mcp-servers/everything")]
    implementation_name: Option<String>,
    #[schema(example = "2.0.0")]
    implementation_version: Option<String>,
    tools: Vec<Tool>,
    /// What it wrote to stderr meanwhile.
    stderr_excerpt: Option<String>,
    #[schema(example = 812_345)]
    duration_us: u64,
}

/// Starts a server anew
///
/// Ends all connections to it, with the calls that run there, forgets how often
/// it failed, and starts it.
#[utoipa::path(post, path = "/projects/{project}/servers/{server}/restart", tag = "servers", operation_id = "restart_server",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
    ),
    responses((status = 200, description = "How it stands after the start, well or not", body = ServerStatus)))]
pub(crate) async fn restart(
    State(app): State<App>,
    caller: Caller,
    Path((project, server)): Path<(String, String)>,
) -> Result<Json<ServerStatus>, ServiceError> {
    let access = app
        .authorize(&caller, &project, &[Permission::WriteServers])
        .await?;
    let server = find(&app, &caller, access.project_id.clone(), server).await?;
    let limit = server
        .definition
        .as_ref()
        .map_or(0, |definition| definition.init_timeout_ms);
    let deadline = Duration::from_millis(limit.into()) + GRACE;
    let request = tonic::Request::new(wire::RestartUpstreamRequest {
        project_id: access.project_id.clone(),
        server_id: server.id.clone(),
    });
    answer_within(deadline, app.backends.upstreams().restart_upstream(request)).await?;
    let request = tonic::Request::new(wire::ListUpstreamsRequest {
        project_id: access.project_id,
    });
    let answered = answer(app.backends.upstreams().list_upstreams(request)).await?;
    Ok(Json(ServerStatus::new(&server, answered.upstreams)))
}

/// Tries a definition, and keeps nothing of it
///
/// Connects, asks who is there and which tools it has, and ends the connection.
/// Trying a stdio server runs a program on the gateway's host.
#[utoipa::path(post, path = "/projects/{project}/servers/test", tag = "servers", operation_id = "test_server",
    params(("project" = String, Path, description = "Slug or id")),
    request_body = CreateServer,
    responses((status = 200, description = "What came of it", body = ServerTrial)))]
pub(crate) async fn try_out(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Body(body): Body<CreateServer>,
) -> Result<Json<ServerTrial>, ServiceError> {
    let access = app
        .authorize(&caller, &project, &[Permission::WriteServers])
        .await?;
    let request = tonic::Request::new(wire::TestServerRequest {
        may_run_programs: access.may(Permission::WriteStdioServers),
        project_id: access.project_id,
        definition: Some(body.into_definition()?),
    });
    let answered = answer_within(TRIAL, app.backends.upstreams().test_server(request)).await?;
    Ok(Json(ServerTrial {
        is_ok: answered.is_ok,
        error: text_or_null(answered.error),
        revision: text_or_null(answered.revision),
        implementation_name: text_or_null(answered.implementation_name),
        implementation_version: text_or_null(answered.implementation_version),
        // What is no tool is the server's own affair, and not shown.
        tools: answered
            .tools_json
            .into_iter()
            .filter_map(|json| Tool::read(json).ok())
            .collect(),
        stderr_excerpt: text_or_null(answered.stderr_excerpt),
        duration_us: answered.duration_us,
    }))
}
