use std::time::Instant;

use axum::{Json, extract::State};
use proto::projects::{self as wire, place::Place};
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::{projects::Project, teams::Team};
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment},
    path::Path,
    query::Query,
};

/// What lies in the trash.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Discarded {
    kind: DiscardedKind,
    #[schema(format = Uuid)]
    id: String,
    /// Taken until it is gone.
    #[schema(example = "acme-platform")]
    slug: String,
    #[schema(example = "Acme Platform")]
    name: String,
    deleted_at: Moment,
    /// From then on nothing brings it back.
    gone_at: Moment,
}

/// What of it is.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DiscardedKind {
    Project,
    Team,
}

/// That it is meant.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NameQuery {
    /// The name of what is to be deleted, as it stands there.
    #[param(required = true, example = "Acme Platform")]
    name: Option<String>,
}

/// What the caller can take back
///
/// Teams and projects that were deleted less than 7 days ago and that the caller
/// owns, last deleted first.
#[utoipa::path(get, path = "/me/trash", tag = "projects", operation_id = "list_trash",
    responses((status = 200, description = "All of it", body = List<Discarded>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<List<Discarded>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListTrashRequest {});
    let answered = answer(app.backends.trash().list_trash(request)).await?;
    let data = answered.discarded.into_iter().map(Discarded::read);
    Ok(Json(List::new(
        data.collect::<Result<_, _>>()?,
        None,
        Meta::since(started),
    )))
}

/// Deletes a project
///
/// Its keys stop at once. For 7 days its owners can take it back; then it is
/// gone for good.
#[utoipa::path(delete, path = "/projects/{project}", tag = "projects", operation_id = "delete_project",
    params(("project" = String, Path, description = "Slug or id"), NameQuery),
    responses((status = 200, description = "It lies in the trash", body = Discarded)))]
pub(crate) async fn delete_project(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((query,)): Query<(NameQuery,)>,
) -> Result<Json<Discarded>, ServiceError> {
    discard(&app, &caller, Place::Project(project), query).await
}

/// Takes a project back
#[utoipa::path(post, path = "/projects/{project}/restore", tag = "projects", operation_id = "restore_project",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The project, as it was", body = Project)))]
pub(crate) async fn restore_project(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<Project>, ServiceError> {
    restore(&app, &caller, Place::Project(project.clone())).await?;
    super::projects::get(State(app), caller, Path(project)).await
}

/// Deletes a team
///
/// Who is in a project by this team alone is out of it at once; the projects
/// stay. For 7 days its owners can take it back; then it is gone for good.
#[utoipa::path(delete, path = "/teams/{team}", tag = "teams", operation_id = "delete_team",
    params(("team" = String, Path, description = "Slug or id"), NameQuery),
    responses((status = 200, description = "It lies in the trash", body = Discarded)))]
pub(crate) async fn delete_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
    Query((query,)): Query<(NameQuery,)>,
) -> Result<Json<Discarded>, ServiceError> {
    discard(&app, &caller, Place::Team(team), query).await
}

/// Takes a team back
#[utoipa::path(post, path = "/teams/{team}/restore", tag = "teams", operation_id = "restore_team",
    params(("team" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The team, as it was", body = Team)))]
pub(crate) async fn restore_team(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
) -> Result<Json<Team>, ServiceError> {
    restore(&app, &caller, Place::Team(team.clone())).await?;
    super::teams::get(State(app), caller, Path(team)).await
}

async fn discard(
    app: &App,
    caller: &Caller,
    place: Place,
    query: NameQuery,
) -> Result<Json<Discarded>, ServiceError> {
    let name = query.name.ok_or_else(|| {
        ServiceError::invalid(
            "name",
            "give the name of what is to be deleted, as it stands there",
        )
    })?;
    let request = caller.request(wire::DiscardRequest {
        place: Some(wire::Place { place: Some(place) }),
        name,
    });
    let answered = answer(app.backends.trash().discard(request)).await?;
    let discarded = answered.discarded.ok_or_else(|| super::incomplete("discarded"))?;
    Ok(Json(Discarded::read(discarded)?))
}

async fn restore(app: &App, caller: &Caller, place: Place) -> Result<(), ServiceError> {
    let request = caller.request(wire::RestoreRequest {
        place: Some(wire::Place { place: Some(place) }),
    });
    answer(app.backends.trash().restore(request)).await.map(drop)
}

impl Discarded {
    fn read(discarded: wire::Discarded) -> Result<Self, ServiceError> {
        let place = discarded.place.and_then(|place| place.place);
        let (kind, id) = match place.ok_or_else(|| super::incomplete("place"))? {
            Place::Project(id) => (DiscardedKind::Project, id),
            Place::Team(id) => (DiscardedKind::Team, id),
        };
        Ok(Self {
            kind,
            id,
            slug: discarded.slug,
            name: discarded.name,
            deleted_at: Moment::from_micros(discarded.deleted_at_us),
            gone_at: Moment::from_micros(discarded.gone_at_us),
        })
    }
}
