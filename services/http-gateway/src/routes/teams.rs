use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::projects::Project;
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment, Role, Word as _},
    json_body::Body,
    path::Path,
};

/// A team of people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Team {
    #[schema(format = Uuid)]
    id: String,
    /// Names the team in addresses.
    #[schema(example = "core")]
    slug: String,
    #[schema(example = "Core")]
    name: String,
    /// The caller's own role.
    role: Option<Role>,
    created_at: Moment,
}

/// A new team.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateTeam {
    #[schema(example = "Core")]
    name: String,
    /// Absent: made from the name.
    #[schema(example = "core")]
    #[serde(default)]
    slug: Option<String>,
}

/// Changes to a team. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateTeam {
    #[schema(example = "Core")]
    #[serde(default)]
    name: Option<String>,
}

/// The teams that the caller is in
#[utoipa::path(get, path = "/teams", tag = "teams", operation_id = "list_teams",
    responses((status = 200, description = "All of them, by name", body = List<Team>)))]
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Result<Json<List<Team>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListTeamsRequest {});
    let answered = answer(app.backends.teams().list_teams(request)).await?;
    let data = answered.teams.into_iter().map(Team::from).collect();
    Ok(Json(List::new(data, None, Meta::since(started))))
}

/// Makes a team, with the caller as its owner
#[utoipa::path(post, path = "/teams", tag = "teams", operation_id = "create_team",
    request_body = CreateTeam,
    responses((status = 201, description = "The team", body = Team)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<CreateTeam>,
) -> Result<(StatusCode, Json<Team>), ServiceError> {
    let request = caller.request(wire::CreateTeamRequest {
        name: body.name,
        slug: body.slug.unwrap_or_default(),
    });
    let answered = answer(app.backends.teams().create_team(request)).await?;
    let team = answered.team.ok_or_else(|| super::incomplete("team"))?;
    Ok((StatusCode::CREATED, Json(team.into())))
}

/// One team
#[utoipa::path(get, path = "/teams/{team}", tag = "teams", operation_id = "get_team",
    params(("team" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The team", body = Team)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
) -> Result<Json<Team>, ServiceError> {
    let request = caller.request(wire::GetTeamRequest { team });
    let answered = answer(app.backends.teams().get_team(request)).await?;
    let team = answered.team.ok_or_else(|| super::incomplete("team"))?;
    Ok(Json(team.into()))
}

/// Changes what the body names, and nothing else
#[utoipa::path(patch, path = "/teams/{team}", tag = "teams", operation_id = "update_team",
    params(("team" = String, Path, description = "Slug or id")),
    request_body = UpdateTeam,
    responses((status = 200, description = "The team as it is now", body = Team)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
    Body(body): Body<UpdateTeam>,
) -> Result<Json<Team>, ServiceError> {
    let request = caller.request(wire::UpdateTeamRequest {
        team,
        name: body.name,
    });
    let answered = answer(app.backends.teams().update_team(request)).await?;
    let team = answered.team.ok_or_else(|| super::incomplete("team"))?;
    Ok(Json(team.into()))
}

/// The projects in which a team may something
#[utoipa::path(get, path = "/teams/{team}/projects", tag = "teams", operation_id = "list_team_projects",
    params(("team" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "All of them, by name", body = List<Project>)))]
pub(crate) async fn projects(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
) -> Result<Json<List<Project>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListTeamProjectsRequest { team });
    let answered = answer(app.backends.teams().list_team_projects(request)).await?;
    let projects = answered.projects.into_iter();
    let data = projects.map(|project| Project::new(project, &app.addresses));
    Ok(Json(List::new(data.collect(), None, Meta::since(started))))
}

impl From<wire::Team> for Team {
    fn from(team: wire::Team) -> Self {
        Self {
            id: team.id,
            slug: team.slug,
            name: team.name,
            role: Role::present(team.role),
            created_at: Moment::from_micros(team.created_at_us),
        }
    }
}
