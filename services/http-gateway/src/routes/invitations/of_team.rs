use axum::{Json, extract::State, http::StatusCode};
use service_error::ServiceError;

use super::{
    CreateInvitation, CreatedInvitation, Invitation, invitations_of, invite_into, resend_of, revoke_of,
};
use crate::{
    app::App, caller::Caller, idempotency::IdempotencyKeyHeader, json::List, json_body::Body, path::Path,
    routes::members::place,
};

/// Open invitations into the team
#[utoipa::path(get, path = "/teams/{team}/invitations", tag = "invitations",
    operation_id = "list_team_invitations",
    params(("team" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "All of them, newest first", body = List<Invitation>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
) -> Result<Json<List<Invitation>>, ServiceError> {
    invitations_of(&app, &caller, place::team(&team)).await
}

/// Invites somebody into the team
///
/// They need no account yet. The link is for the address that it names, and for
/// seven days.
#[utoipa::path(post, path = "/teams/{team}/invitations", tag = "invitations",
    operation_id = "create_team_invitation",
    params(("team" = String, Path, description = "Slug or id"), IdempotencyKeyHeader),
    request_body = CreateInvitation,
    responses((status = 201, description = "The invitation, and its link this once", body = CreatedInvitation)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(team): Path<String>,
    Body(body): Body<CreateInvitation>,
) -> Result<(StatusCode, Json<CreatedInvitation>), ServiceError> {
    invite_into(&app, &caller, place::team(&team), body).await
}

/// Makes a new link of an invitation, with a new end
///
/// The old link is dead.
#[utoipa::path(post, path = "/teams/{team}/invitations/{id}/resend", tag = "invitations",
    operation_id = "resend_team_invitation",
    params(
        ("team" = String, Path, description = "Slug or id"),
        ("id" = String, Path, format = Uuid, description = "Id of the invitation"),
    ),
    responses((status = 200, description = "The invitation, and its link this once", body = CreatedInvitation)))]
pub(crate) async fn resend(
    State(app): State<App>,
    caller: Caller,
    Path((team, id)): Path<(String, String)>,
) -> Result<Json<CreatedInvitation>, ServiceError> {
    resend_of(&app, &caller, place::team(&team), &id).await
}

/// Revokes an invitation
#[utoipa::path(delete, path = "/teams/{team}/invitations/{id}", tag = "invitations",
    operation_id = "revoke_team_invitation",
    params(
        ("team" = String, Path, description = "Slug or id"),
        ("id" = String, Path, format = Uuid, description = "Id of the invitation"),
    ),
    responses((status = 204, description = "Its link is dead")))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path((team, id)): Path<(String, String)>,
) -> Result<StatusCode, ServiceError> {
    revoke_of(&app, &caller, place::team(&team), &id).await
}
