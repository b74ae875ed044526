use axum::{Json, extract::State};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::Server;
use crate::{app::App, backends::answer, caller::Caller, json_body::Body, path::Path};

/// Whether a tool can be seen and called.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchTool {
    is_enabled: bool,
}

/// Switches of several tools. Those that it does not name stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchTools {
    tools: Vec<ToolSwitch>,
}

/// One tool's switch.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolSwitch {
    /// As the server names it.
    #[schema(example = "delete_repository")]
    name: String,
    is_enabled: bool,
}

/// Switches a tool off or on
///
/// What is off can neither be seen nor called by any client, from now on.
#[utoipa::path(patch, path = "/projects/{project}/servers/{server}/tools/{tool}", tag = "servers",
    operation_id = "switch_tool",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
        ("tool" = String, Path, description = "As the server names it"),
    ),
    request_body = SwitchTool,
    responses((status = 200, description = "The server as it is now", body = Server)))]
pub(crate) async fn switch_tool(
    State(app): State<App>,
    caller: Caller,
    Path((project, server, tool)): Path<(String, String, String)>,
    Body(body): Body<SwitchTool>,
) -> Result<Json<Server>, ServiceError> {
    let one = wire::ToolSwitch {
        tool,
        is_enabled: body.is_enabled,
    };
    switch(&app, &caller, project, server, vec![one]).await
}

/// Switches several tools off or on
#[utoipa::path(patch, path = "/projects/{project}/servers/{server}/tools", tag = "servers",
    operation_id = "switch_tools",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
    ),
    request_body = SwitchTools,
    responses((status = 200, description = "The server as it is now", body = Server)))]
pub(crate) async fn switch_tools(
    State(app): State<App>,
    caller: Caller,
    Path((project, server)): Path<(String, String)>,
    Body(body): Body<SwitchTools>,
) -> Result<Json<Server>, ServiceError> {
    let switches = body.tools.into_iter().map(|tool| wire::ToolSwitch {
        tool: tool.name,
        is_enabled: tool.is_enabled,
    });
    switch(&app, &caller, project, server, switches.collect()).await
}

async fn switch(
    app: &App,
    caller: &Caller,
    project: String,
    server: String,
    switches: Vec<wire::ToolSwitch>,
) -> Result<Json<Server>, ServiceError> {
    let request = caller.request(wire::SwitchToolsRequest {
        project,
        server,
        switches,
    });
    let answered = answer(app.backends.servers().switch_tools(request)).await?;
    let server = answered
        .server
        .ok_or_else(|| crate::routes::incomplete("server"))?;
    Ok(Json(server.into()))
}
