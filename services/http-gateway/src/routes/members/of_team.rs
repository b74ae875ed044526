use axum::{Json, extract::State, http::StatusCode};
use service_error::ServiceError;

use super::{
    Member, Transfer, UpdateMember, leave_from, members_of, place, remove_from, transfer_to, update_in,
};
use crate::{app::App, caller::Caller, json::List, json_body::Body, path::Path};

/// Who is in the team, and as what
#[utoipa::path(get, path = "/teams/{team}/members", tag = "members", operation_id = "list_team_members",
    params(("team" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "All of them, by name", body = List<Member>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
) -> Result<Json<List<Member>>, ServiceError> {
    members_of(&app, &caller, place::team(&team)).await
}

/// Gives a member another role
#[utoipa::path(patch, path = "/teams/{team}/members/{user}", tag = "members",
    operation_id = "update_team_member",
    params(
        ("team" = String, Path, description = "Slug or id"),
        ("user" = String, Path, format = Uuid, description = "Id of the user"),
    ),
    request_body = UpdateMember,
    responses((status = 204, description = "They have it")))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path((team, user)): Path<(String, String)>,
    Body(body): Body<UpdateMember>,
) -> Result<StatusCode, ServiceError> {
    update_in(&app, &caller, place::team(&team), &user, &body).await
}

/// Takes a member out of the team
///
/// Within seconds nothing of it is open to them, or to their API keys.
#[utoipa::path(delete, path = "/teams/{team}/members/{user}", tag = "members",
    operation_id = "remove_team_member",
    params(
        ("team" = String, Path, description = "Slug or id"),
        ("user" = String, Path, format = Uuid, description = "Id of the user"),
    ),
    responses((status = 204, description = "They are out")))]
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path((team, user)): Path<(String, String)>,
) -> Result<StatusCode, ServiceError> {
    remove_from(&app, &caller, place::team(&team), user).await
}

/// Leaves the team
///
/// Everybody may but the last owner.
#[utoipa::path(post, path = "/teams/{team}/leave", tag = "members", operation_id = "leave_team",
    params(("team" = String, Path, description = "Slug or id")),
    responses((status = 204, description = "The caller is out")))]
pub(crate) async fn leave(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
) -> Result<StatusCode, ServiceError> {
    leave_from(&app, &caller, place::team(&team)).await
}

/// Hands the team over
///
/// The member becomes an owner, and the caller a developer.
#[utoipa::path(post, path = "/teams/{team}/transfer", tag = "members", operation_id = "transfer_team",
    params(("team" = String, Path, description = "Slug or id")),
    request_body = Transfer,
    responses((status = 204, description = "They own it")))]
pub(crate) async fn transfer(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
    Body(body): Body<Transfer>,
) -> Result<StatusCode, ServiceError> {
    transfer_to(&app, &caller, place::team(&team), body).await
}
