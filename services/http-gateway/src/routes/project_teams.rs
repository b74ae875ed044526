use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::members::parse_role;
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment, Role, Word as _},
    json_body::Body,
    path::Path,
};

/// A team in a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectTeam {
    #[schema(format = Uuid)]
    team_id: String,
    #[schema(example = "core")]
    slug: String,
    #[schema(example = "Core")]
    name: String,
    /// Nobody in the team has more in the project by it.
    role: Option<Role>,
    created_at: Moment,
}

/// What a team may have in the project.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantTeam {
    /// `owner`, `developer` or `reporter`.
    #[schema(example = "developer")]
    role: String,
}

/// The teams of a project
#[utoipa::path(get, path = "/projects/{project}/teams", tag = "teams", operation_id = "list_project_teams",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "All of them, by name", body = List<ProjectTeam>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<List<ProjectTeam>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListProjectTeamsRequest { project });
    let answered = answer(app.backends.teams().list_project_teams(request)).await?;
    let data = answered.teams.into_iter().map(ProjectTeam::from).collect();
    Ok(Json(List::new(data, None, Meta::since(started))))
}

/// Grants a team a role in the project, or another one
///
/// Who is in the team has the lower of their role in it and of this one.
#[utoipa::path(put, path = "/projects/{project}/teams/{team}", tag = "teams", operation_id = "grant_team",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("team" = String, Path, description = "Slug or id of a team that the caller is in"),
    ),
    request_body = GrantTeam,
    responses((status = 200, description = "The team in the project", body = ProjectTeam)))]
pub(crate) async fn grant(
    State(app): State<App>,
    caller: Caller,
    Path((project, team)): Path<(String, String)>,
    Body(body): Body<GrantTeam>,
) -> Result<Json<ProjectTeam>, ServiceError> {
    let request = caller.request(wire::GrantTeamRequest {
        project,
        team,
        role: parse_role(&body.role)?,
    });
    let answered = answer(app.backends.teams().grant_team(request)).await?;
    let team = answered.team.ok_or_else(|| super::incomplete("team"))?;
    Ok(Json(team.into()))
}

/// Takes a team out of the project
///
/// Who is in the project by it alone is out.
#[utoipa::path(delete, path = "/projects/{project}/teams/{team}", tag = "teams", operation_id = "remove_team",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("team" = String, Path, description = "Slug or id"),
    ),
    responses((status = 204, description = "It is out")))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((project, team)): Path<(String, String)>,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::RemoveTeamRequest { project, team });
    let wire::RemoveTeamResponse {} = answer(app.backends.teams().remove_team(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<wire::ProjectTeam> for ProjectTeam {
    fn from(team: wire::ProjectTeam) -> Self {
        Self {
            team_id: team.team_id,
            slug: team.slug,
            name: team.name,
            role: Role::present(team.role),
            created_at: Moment::from_micros(team.created_at_us),
        }
    }
}
