use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment},
    json_body::Body,
    path::Path,
};

/// A question to the call log that somebody of the project keeps.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedView {
    #[schema(format = Uuid)]
    id: String,
    /// Unique in the project.
    #[schema(example = "Errors of today")]
    name: String,
    /// What stands behind the question mark in the address of the explorer.
    #[schema(example = "q=status%3Aerror&last=24h")]
    search: String,
    #[schema(format = Uuid)]
    created_by_user_id: String,
    #[schema(example = "Kim")]
    created_by_name: String,
    created_at: Moment,
}

/// A new saved view.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSavedView {
    #[schema(example = "Errors of today")]
    name: String,
    #[schema(example = "q=status%3Aerror&last=24h")]
    search: String,
}

/// Changes to a saved view. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateSavedView {
    #[schema(example = "Errors of today")]
    #[serde(default)]
    name: Option<String>,
    #[schema(example = "q=status%3Aerror&last=24h")]
    #[serde(default)]
    search: Option<String>,
}

/// The saved views of a project
#[utoipa::path(get, path = "/projects/{project}/saved-views", tag = "tool-calls",
    operation_id = "list_saved_views",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "All of them, by name", body = List<SavedView>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<List<SavedView>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListSavedViewsRequest { project });
    let answered = answer(app.backends.saved_views().list_saved_views(request)).await?;
    let data = answered.saved_views.into_iter().map(SavedView::from);
    Ok(Json(List::new(data.collect(), None, Meta::since(started))))
}

/// Keeps a view of the explorer for all of the project
#[utoipa::path(post, path = "/projects/{project}/saved-views", tag = "tool-calls",
    operation_id = "create_saved_view",
    params(("project" = String, Path, description = "Slug or id")),
    request_body = CreateSavedView,
    responses((status = 201, description = "The saved view", body = SavedView)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Body(body): Body<CreateSavedView>,
) -> Result<(StatusCode, Json<SavedView>), ServiceError> {
    let request = caller.request(wire::CreateSavedViewRequest {
        project,
        name: body.name,
        search: body.search,
    });
    let answered = answer(app.backends.saved_views().create_saved_view(request)).await?;
    Ok((StatusCode::CREATED, Json(shown(answered.saved_view)?)))
}

/// Changes what the body names, and nothing else
///
/// For who made it, and owners of the project.
#[utoipa::path(patch, path = "/projects/{project}/saved-views/{view}", tag = "tool-calls",
    operation_id = "update_saved_view",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("view" = String, Path, description = "Id", format = Uuid),
    ),
    request_body = UpdateSavedView,
    responses((status = 200, description = "The saved view as it is now", body = SavedView)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path((project, view)): Path<(String, String)>,
    Body(body): Body<UpdateSavedView>,
) -> Result<Json<SavedView>, ServiceError> {
    let request = caller.request(wire::UpdateSavedViewRequest {
        project,
        id: view,
        name: body.name,
        search: body.search,
    });
    let answered = answer(app.backends.saved_views().update_saved_view(request)).await?;
    Ok(Json(shown(answered.saved_view)?))
}

/// Removes a saved view
///
/// For who made it, and owners of the project.
#[utoipa::path(delete, path = "/projects/{project}/saved-views/{view}", tag = "tool-calls",
    operation_id = "delete_saved_view",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("view" = String, Path, description = "Id", format = Uuid),
    ),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path((project, view)): Path<(String, String)>,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::DeleteSavedViewRequest { project, id: view });
    answer(app.backends.saved_views().delete_saved_view(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(view: Option<wire::SavedView>) -> Result<SavedView, ServiceError> {
    let view = view.ok_or_else(|| super::incomplete("saved view"))?;
    Ok(view.into())
}

impl From<wire::SavedView> for SavedView {
    fn from(view: wire::SavedView) -> Self {
        Self {
            id: view.id,
            name: view.name,
            search: view.search,
            created_by_user_id: view.created_by_user_id,
            created_by_name: view.created_by_name,
            created_at: Moment::from_micros(view.created_at_us),
        }
    }
}
