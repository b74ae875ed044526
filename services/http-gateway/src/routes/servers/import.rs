use std::collections::HashMap;

use axum::{Json, extract::State};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service_error::ServiceError;
use utoipa::ToSchema;

use super::Transport;
use crate::{
    app::App, backends::answer, caller::Caller, json::text_or_null, json_body::Body, path::Path, query::Query,
};

/// A client's configuration, as it stands in its file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportServers {
    /// Of Claude, Cursor, Cline and Windsurf.
    #[serde(default, rename = "mcpServers")]
    #[schema(value_type = Option<Object>,
        example = json!({"github": {"command": "npx", "args": ["-y", "server-github"], "env": {"GITHUB_TOKEN": "ghp_…"}}}))]
    mcp_servers: Option<Box<RawValue>>,
    /// Of VS Code.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    servers: Option<Box<RawValue>>,
    /// Of VS Code: what it would ask for. Nothing is asked here.
    #[serde(default)]
    #[schema(value_type = Option<Vec<serde_json::Value>>)]
    #[expect(dead_code, reason = "taken along when the whole file is pasted")]
    inputs: Option<Box<RawValue>>,
}

/// Whether anything is to be added.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DryRunQuery {
    /// `true`: look what would become of it, and add nothing.
    #[param(example = "true")]
    dry_run: Option<String>,
}

/// What became of a configuration, or would.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Import {
    is_dry_run: bool,
    servers: Vec<ImportedServer>,
}

/// What became of one server of it, or would.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedServer {
    /// As the configuration names it.
    #[schema(example = "github")]
    name: String,
    /// Null: refused, or a dry run.
    #[schema(format = Uuid)]
    server_id: Option<String>,
    /// What was read of it; null where it was refused.
    definition: Option<ImportedDefinition>,
    /// Why it is, or would be, refused. Null: it is not.
    refusal: Option<ImportRefusal>,
    /// What was left out of it, and what there is to do.
    notes: Vec<String>,
}

/// What was read of a server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedDefinition {
    transport: Transport,
    #[schema(example = "npx")]
    command: Option<String>,
    args: Vec<String>,
    env: HashMap<String, String>,
    #[schema(example = "https://mcp.example.com/mcp")]
    url: Option<String>,
    headers: HashMap<String, String>,
    /// Names of those whose values nobody reads back.
    #[schema(example = json!(["GITHUB_TOKEN"]))]
    secrets: Vec<String>,
    is_enabled: bool,
}

/// Why a server is refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportRefusal {
    #[schema(example = "server_name_taken")]
    code: String,
    detail: String,
}

/// Adds the servers of a client's configuration
///
/// Each for itself: one that is refused does not take the others along. Values
/// of the environment and of headers that look like secrets become secrets.
#[utoipa::path(post, path = "/projects/{project}/servers/import", tag = "servers", operation_id = "import_servers",
    params(("project" = String, Path, description = "Slug or id"), DryRunQuery),
    request_body = ImportServers,
    responses((status = 200, description = "What became of each", body = Import)))]
pub(crate) async fn import(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((query,)): Query<(DryRunQuery,)>,
    Body(body): Body<ImportServers>,
) -> Result<Json<Import>, ServiceError> {
    let is_preview = match query.dry_run.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(ServiceError::invalid("dry_run", "expected true or false")),
    };
    let servers = match (&body.mcp_servers, &body.servers) {
        (Some(servers), None) | (None, Some(servers)) => servers.get(),
        _ => {
            return Err(ServiceError::invalid(
                "mcpServers",
                "give the configuration of one client: mcpServers, or servers of VS Code",
            ));
        }
    };
    let request = caller.request(wire::ImportServersRequest {
        project,
        configuration_json: format!("{{\"mcpServers\":{servers}}}"),
        is_preview,
    });
    let answered = answer(app.backends.servers().import_servers(request)).await?;
    Ok(Json(Import {
        is_dry_run: is_preview,
        servers: answered.servers.into_iter().map(ImportedServer::from).collect(),
    }))
}

impl From<wire::ImportedServer> for ImportedServer {
    fn from(imported: wire::ImportedServer) -> Self {
        let refusal = (!imported.refusal_code.is_empty()).then_some(ImportRefusal {
            code: imported.refusal_code,
            detail: imported.refusal,
        });
        Self {
            name: imported.name,
            server_id: imported
                .server
                .as_ref()
                .and_then(|server| text_or_null(server.id.clone())),
            definition: imported.server.map(ImportedDefinition::from),
            refusal,
            notes: imported.notes,
        }
    }
}

impl From<wire::Server> for ImportedDefinition {
    fn from(server: wire::Server) -> Self {
        let definition = server.definition.unwrap_or_default();
        let (transport, stdio, http) = Transport::read(definition.transport);
        Self {
            transport,
            command: text_or_null(stdio.command),
            args: stdio.args,
            env: stdio.env,
            url: text_or_null(http.url),
            headers: http.headers,
            secrets: server.secrets.into_iter().map(|secret| secret.name).collect(),
            is_enabled: server.is_enabled,
        }
    }
}
