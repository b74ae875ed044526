use std::time::Instant;

use axum::{Json, extract::State};
use proto::projects as wire;
use serde::Serialize;
use service_error::{Code, ServiceError};
use utoipa::ToSchema;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    client_configuration::{CLIENT_PROGRAMS, ClientProgram, Deeplink, KEY_PLACEHOLDER, Target, TextFormat},
    json::{List, Meta},
    path::Path,
    suggest,
};

/// How a client program is told of a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientConfiguration {
    /// Names the client program in addresses.
    #[schema(example = "cursor")]
    client: &'static str,
    /// What its makers call it.
    #[schema(example = "Cursor")]
    title: &'static str,
    /// The file that the text goes into; null where it is a command, or where
    /// it depends on the program.
    #[schema(example = "~/.cursor/mcp.json")]
    file: Option<&'static str>,
    /// What the text is written in.
    format: TextFormat,
    /// Ready to paste, but for the API key.
    text: String,
    /// What stands where the API key goes, in the text and in the deeplink.
    #[schema(example = "YOUR_API_KEY")]
    key_placeholder: &'static str,
    /// How the program adds the server by itself; null where it cannot.
    deeplink: Option<Deeplink>,
}

/// How each client program is told of a project
#[utoipa::path(get, path = "/projects/{project}/connect", tag = "projects",
    operation_id = "list_client_configurations",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "All that are known, on one page", body = List<ClientConfiguration>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<List<ClientConfiguration>>, ServiceError> {
    let started = Instant::now();
    let slug = slug_of(&app, &caller, project).await?;
    let url = app.addresses.mcp_of(&slug);
    let target = Target {
        name: &slug,
        url: &url,
    };
    let all = CLIENT_PROGRAMS
        .iter()
        .map(|program| ClientConfiguration::new(program, &target));
    Ok(Json(List::new(all.collect(), None, Meta::since(started))))
}

/// How one client program is told of a project
///
/// Programs: `claude-code`, `claude-desktop`, `cursor`, `vscode`, `cline`, `windsurf`, `codex`, and `generic` for
/// those that have no form of their own.
#[utoipa::path(get, path = "/projects/{project}/connect/{client}", tag = "projects",
    operation_id = "get_client_configuration",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("client" = String, Path, description = "Which client program", example = "cursor"),
    ),
    responses((status = 200, description = "Its configuration", body = ClientConfiguration)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((project, client)): Path<(String, String)>,
) -> Result<Json<ClientConfiguration>, ServiceError> {
    let slug = slug_of(&app, &caller, project).await?;
    let program = CLIENT_PROGRAMS
        .iter()
        .find(|program| program.id == client)
        .ok_or_else(|| unknown(&client))?;
    let url = app.addresses.mcp_of(&slug);
    let target = Target {
        name: &slug,
        url: &url,
    };
    Ok(Json(ClientConfiguration::new(program, &target)))
}

/// The slug of a project that the caller sees: it may have been named by its id.
async fn slug_of(app: &App, caller: &Caller, project: String) -> Result<String, ServiceError> {
    let request = caller.request(wire::GetProjectRequest { project });
    let answered = answer(app.backends.projects().get_project(request)).await?;
    let project = answered.project.ok_or_else(|| super::incomplete("project"))?;
    Ok(project.slug)
}

fn unknown(client: &str) -> ServiceError {
    let known: Vec<_> = CLIENT_PROGRAMS.iter().map(|program| program.id).collect();
    let message = suggest::unknown_name("client", client, &known);
    ServiceError::new(Code::NotFound, "unknown_client", message)
}

impl ClientConfiguration {
    fn new(program: &ClientProgram, target: &Target) -> Self {
        Self {
            client: program.id,
            title: program.title,
            file: program.file,
            format: program.format,
            text: program.text(target),
            key_placeholder: KEY_PLACEHOLDER,
            deeplink: program.deeplink(target),
        }
    }
}
