use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{
    app::{Addresses, App},
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment, Role, Word as _},
    json_body::Body,
    path::Path,
    query::{PageQuery, Query},
};

/// A project: servers, the people who use them, and every call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Project {
    #[schema(format = Uuid)]
    id: String,
    /// Names the project in addresses.
    #[schema(example = "acme-platform")]
    slug: String,
    #[schema(example = "Acme Platform")]
    name: String,
    description: String,
    /// The caller's own role; for an API key, that of who made it.
    role: Option<Role>,
    /// The caller marked it. A key marks nothing.
    is_favorite: bool,
    /// Where an MCP client reaches all servers of the project.
    #[schema(example = "http://127.0.0.1:8090/projects/acme-platform/mcp")]
    mcp_url: String,
    created_at: Moment,
}

/// A new project.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateProject {
    #[schema(example = "Acme Platform")]
    name: String,
    #[serde(default)]
    description: String,
    /// Absent: made from the name.
    #[schema(example = "acme-platform")]
    #[serde(default)]
    slug: Option<String>,
    /// Slug or id of a team in which the caller develops. All of it will be in
    /// the project, as what they are in the team.
    #[schema(example = "core")]
    #[serde(default)]
    team: Option<String>,
}

/// Changes to a project. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateProject {
    #[schema(example = "Acme Platform")]
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

/// The projects that the caller is in
#[utoipa::path(get, path = "/projects", tag = "projects", operation_id = "list_projects",
    params(PageQuery),
    responses((status = 200, description = "A page of them", body = List<Project>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Query((page,)): Query<(PageQuery,)>,
) -> Result<Json<List<Project>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListProjectsRequest {
        page: Some(page.into()),
    });
    let answered = answer(app.backends.projects().list_projects(request)).await?;
    let data = answered
        .projects
        .into_iter()
        .map(|project| Project::new(project, &app.addresses));
    Ok(Json(List::new(
        data.collect(),
        answered.page,
        Meta::since(started),
    )))
}

/// Makes a project, with the caller as its owner
#[utoipa::path(post, path = "/projects", tag = "projects", operation_id = "create_project",
    request_body = CreateProject,
    responses((status = 201, description = "The project", body = Project)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<CreateProject>,
) -> Result<(StatusCode, Json<Project>), ServiceError> {
    let request = caller.request(wire::CreateProjectRequest {
        name: body.name,
        description: body.description,
        slug: body.slug.unwrap_or_default(),
        team: body.team.unwrap_or_default(),
    });
    let answered = answer(app.backends.projects().create_project(request)).await?;
    let project = answered.project.ok_or_else(|| super::incomplete("project"))?;
    Ok((StatusCode::CREATED, Json(Project::new(project, &app.addresses))))
}

/// One project
#[utoipa::path(get, path = "/projects/{project}", tag = "projects", operation_id = "get_project",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The project", body = Project)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Project>, ServiceError> {
    let request = caller.request(wire::GetProjectRequest { project });
    let answered = answer(app.backends.projects().get_project(request)).await?;
    let project = answered.project.ok_or_else(|| super::incomplete("project"))?;
    Ok(Json(Project::new(project, &app.addresses)))
}

/// Changes what the body names, and nothing else
#[utoipa::path(patch, path = "/projects/{project}", tag = "projects", operation_id = "update_project",
    params(("project" = String, Path, description = "Slug or id")),
    request_body = UpdateProject,
    responses((status = 200, description = "The project as it is now", body = Project)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Body(body): Body<UpdateProject>,
) -> Result<Json<Project>, ServiceError> {
    let request = caller.request(wire::UpdateProjectRequest {
        project,
        name: body.name,
        description: body.description,
    });
    let answered = answer(app.backends.projects().update_project(request)).await?;
    let project = answered.project.ok_or_else(|| super::incomplete("project"))?;
    Ok(Json(Project::new(project, &app.addresses)))
}

/// Marks a project as one that the caller comes back to
#[utoipa::path(put, path = "/projects/{project}/favorite", tag = "projects", operation_id = "mark_project",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 204, description = "It is marked, for the caller alone")))]
pub(crate) async fn mark(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<StatusCode, ServiceError> {
    set_favorite(&app, &caller, project, true).await
}

/// Takes the mark away
#[utoipa::path(delete, path = "/projects/{project}/favorite", tag = "projects", operation_id = "unmark_project",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 204, description = "It is not marked")))]
pub(crate) async fn unmark(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<StatusCode, ServiceError> {
    set_favorite(&app, &caller, project, false).await
}

async fn set_favorite(
    app: &App,
    caller: &Caller,
    project: String,
    is_favorite: bool,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::SetFavoriteRequest { project, is_favorite });
    answer(app.backends.projects().set_favorite(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Project {
    pub(super) fn new(project: wire::Project, addresses: &Addresses) -> Self {
        Self {
            mcp_url: addresses.mcp_of(&project.slug),
            id: project.id,
            slug: project.slug,
            name: project.name,
            description: project.description,
            role: Role::present(project.role),
            is_favorite: project.is_favorite,
            created_at: Moment::from_micros(project.created_at_us),
        }
    }
}
