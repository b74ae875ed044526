use axum::{Json, extract::State, http::StatusCode};
use service_error::ServiceError;

use super::{
    Member, Transfer, UpdateMember, leave_from, members_of, place, remove_from, transfer_to, update_in,
};
use crate::{app::App, caller::Caller, json::List, json_body::Body, path::Path};

/// Who is in the project, and as what
#[utoipa::path(get, path = "/projects/{project}/members", tag = "members", operation_id = "list_project_members",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "All of them, by name", body = List<Member>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Json<List<Member>>, ServiceError> {
    members_of(&app, &caller, place::project(&project)).await
}

/// Gives a member another role
#[utoipa::path(patch, path = "/projects/{project}/members/{user}", tag = "members",
    operation_id = "update_project_member",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("user" = String, Path, format = Uuid, description = "Id of the user"),
    ),
    request_body = UpdateMember,
    responses((status = 204, description = "They have it")))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path((project, user)): Path<(String, String)>,
    Body(body): Body<UpdateMember>,
) -> Result<StatusCode, ServiceError> {
    update_in(&app, &caller, place::project(&project), &user, &body).await
}

/// Takes a member out of the project
///
/// Within seconds nothing of it is open to them, or to their API keys.
#[utoipa::path(delete, path = "/projects/{project}/members/{user}", tag = "members",
    operation_id = "remove_project_member",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("user" = String, Path, format = Uuid, description = "Id of the user"),
    ),
    responses((status = 204, description = "They are out")))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((project, user)): Path<(String, String)>,
) -> Result<StatusCode, ServiceError> {
    remove_from(&app, &caller, place::project(&project), user).await
}

/// Leaves the project
///
/// Everybody may but the last owner.
#[utoipa::path(post, path = "/projects/{project}/leave", tag = "members", operation_id = "leave_project",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 204, description = "The caller is out")))]
pub(crate) async fn leave(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<StatusCode, ServiceError> {
    leave_from(&app, &caller, place::project(&project)).await
}

/// Hands the project over
///
/// The member becomes an owner, and the caller a developer.
#[utoipa::path(post, path = "/projects/{project}/transfer", tag = "members", operation_id = "transfer_project",
    params(("project" = String, Path, description = "Slug or id")),
    request_body = Transfer,
    responses((status = 204, description = "They own it")))]
pub(crate) async fn transfer(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Body(body): Body<Transfer>,
) -> Result<StatusCode, ServiceError> {
    transfer_to(&app, &caller, place::project(&project), body).await
}
