use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects as wire;
use service_error::{Code, Problem, ServiceError};

mod change;
mod definition;
mod import;
mod running;
mod status;
mod switches;

pub(crate) use change::{CreateServer, UpdateServer};
pub(crate) use definition::{Server, Transport};
pub(crate) use import::{__path_import, import};
pub(crate) use running::{__path_restart, __path_try_out, restart, try_out};
pub(crate) use status::ServerStatus;
pub(crate) use switches::{__path_switch_tool, __path_switch_tools, switch_tool, switch_tools};

use crate::{
    app::App,
    backends::answer,
    caller::{Caller, ProjectAccess},
    entity_tag::{EntityTag, IfMatch, IfMatchHeader},
    json::{List, Meta},
    json_body::Body,
    path::Path,
    query::{PageQuery, Query},
};

/// How often a change is laid over what a server is by now, when others change
/// it at the same time.
const UPDATE_ATTEMPTS: u32 = 5;

/// The servers of a project
#[utoipa::path(get, path = "/projects/{project}/servers", tag = "servers", operation_id = "list_servers",
    params(("project" = String, Path, description = "Slug or id"), PageQuery),
    responses((status = 200, description = "A page of them", body = List<Server>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((page,)): Query<(PageQuery,)>,
) -> Result<Json<List<Server>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListServersRequest {
        project,
        page: Some(page.into()),
    });
    let answered = answer(app.backends.servers().list_servers(request)).await?;
    let data = answered.servers.into_iter().map(Server::from).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

/// Adds a server
///
/// It starts when the first client needs it.
#[utoipa::path(post, path = "/projects/{project}/servers", tag = "servers", operation_id = "create_server",
    params(("project" = String, Path, description = "Slug or id")),
    request_body = CreateServer,
    responses((status = 201, description = "The server", body = Server)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Body(body): Body<CreateServer>,
) -> Result<(StatusCode, Json<Server>), ServiceError> {
    let request = caller.request(body.into_request(project)?);
    let answered = answer(app.backends.servers().create_server(request)).await?;
    let server = answered.server.ok_or_else(|| super::incomplete("server"))?;
    Ok((StatusCode::CREATED, Json(server.into())))
}

/// One server
#[utoipa::path(get, path = "/projects/{project}/servers/{server}", tag = "servers", operation_id = "get_server",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
    ),
    responses((status = 200, description = "The server", body = Server, headers(("ETag" = String, description = "The version of it, for If-Match")))))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((project, server)): Path<(String, String)>,
) -> Result<(EntityTag, Json<Server>), ServiceError> {
    Ok(tagged(find(&app, &caller, project, server).await?))
}

/// Changes what the body names, and nothing else
#[utoipa::path(patch, path = "/projects/{project}/servers/{server}", tag = "servers", operation_id = "update_server",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
        IfMatchHeader,
    ),
    request_body = UpdateServer,
    responses((status = 200, description = "The server as it is now", body = Server,
        headers(("ETag" = String, description = "The version of it, for If-Match")))))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path((project, mut server)): Path<(String, String)>,
    if_match: IfMatch,
    Body(body): Body<UpdateServer>,
) -> Result<(EntityTag, Json<Server>), Problem> {
    let mut attempts_left = UPDATE_ATTEMPTS;
    loop {
        attempts_left -= 1;
        let current = find(&app, &caller, project.clone(), server).await?;
        if_match.check(current.version)?;
        server = current.id.clone();
        // A change is laid over what was read: the service takes it for nothing else.
        let request = caller.request(body.clone().into_request(project.clone(), current)?);
        match answer(app.backends.servers().update_server(request)).await {
            Ok(answered) => {
                let server = answered.server.ok_or_else(|| super::incomplete("server"))?;
                return Ok(tagged(server));
            }
            // Who does not say what they saw changes what there is by now.
            Err(error) if error.code == Code::Conflict && if_match == IfMatch::Any && attempts_left > 0 => {}
            Err(error) => return Err(if_match.refused(error)),
        }
    }
}

/// Removes a server
///
/// Its program is stopped; its calls and logs stay.
#[utoipa::path(delete, path = "/projects/{project}/servers/{server}", tag = "servers", operation_id = "delete_server",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
    ),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path((project, server)): Path<(String, String)>,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::DeleteServerRequest { project, server });
    let wire::DeleteServerResponse {} = answer(app.backends.servers().delete_server(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a server's connections stand
///
/// Looks, and starts nothing.
#[utoipa::path(get, path = "/projects/{project}/servers/{server}/status", tag = "servers", operation_id = "get_server_status",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("server" = String, Path, description = "Name or id"),
    ),
    responses((status = 200, description = "As they stand now", body = ServerStatus)))]
pub(crate) async fn status(
    State(app): State<App>,
    caller: Caller,
    Path((project, server)): Path<(String, String)>,
) -> Result<Json<ServerStatus>, ServiceError> {
    let server = find(&app, &caller, project, server).await?;
    let request = tonic::Request::new(proto::gateway::ListUpstreamsRequest {
        project_id: server.project_id.clone(),
    });
    let answered = answer(app.backends.upstreams().list_upstreams(request)).await?;
    Ok(Json(ServerStatus::new(&server, answered.upstreams)))
}

/// A server with its version.
fn tagged(server: wire::Server) -> (EntityTag, Json<Server>) {
    (EntityTag(server.version), Json(server.into()))
}

/// A server that the caller may see.
pub(super) async fn find(
    app: &App,
    caller: &Caller,
    project: String,
    server: String,
) -> Result<wire::Server, ServiceError> {
    let request = caller.request(wire::GetServerRequest { project, server });
    let answered = answer(app.backends.servers().get_server(request)).await?;
    answered.server.ok_or_else(|| super::incomplete("server"))
}

/// An id stands for itself, because calls outlive their server; a name is asked
/// for.
pub(crate) async fn id_of(
    app: &App,
    caller: &Caller,
    access: &ProjectAccess,
    server: &str,
) -> Result<String, ServiceError> {
    if server.parse::<domain::ServerId>().is_ok() {
        return Ok(server.to_owned());
    }
    match find(app, caller, access.project_id.clone(), server.to_owned()).await {
        Ok(server) => Ok(server.id),
        Err(error) if error.code == Code::NotFound => Err(ServiceError::invalid(
            "server",
            format!("there is no server {server:?} in this project; servers that are gone go by their id"),
        )),
        Err(error) => Err(error),
    }
}
