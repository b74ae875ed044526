use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects::{self as wire, place::Place as Kind};
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::members::parse_role;
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment, Role, Word as _, text_or_null},
    path::Path,
};

pub(crate) mod of_project;
pub(crate) mod of_team;

/// An open invitation into a team or a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    #[schema(format = Uuid)]
    id: String,
    /// Null: into a team.
    #[schema(format = Uuid)]
    project_id: Option<String>,
    /// Null: into a project.
    #[schema(format = Uuid)]
    team_id: Option<String>,
    /// Of the team or the project.
    #[schema(example = "Acme Platform")]
    place_name: String,
    #[schema(example = "lee@example.com")]
    email: String,
    role: Option<Role>,
    /// Null: their account is gone.
    #[schema(format = Uuid)]
    created_by_user_id: Option<String>,
    created_at: Moment,
    expires_at: Moment,
}

/// An invitation with what proves it: shown here and nowhere else.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedInvitation {
    #[serde(flatten)]
    invitation: Invitation,
    /// Of the link, to hand over to whom it is for.
    #[schema(example = "mcpinvite_…")]
    token: String,
}

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateInvitation {
    #[schema(example = "lee@example.com")]
    email: String,
    /// `owner`, `developer` or `reporter`.
    #[schema(example = "developer")]
    role: String,
}

/// Open invitations of the caller's address
///
/// Which there are, and not what accepts them: that is with the link.
#[utoipa::path(get, path = "/invitations", tag = "invitations", operation_id = "list_my_invitations",
    responses((status = 200, description = "All of them, newest first", body = List<Invitation>)))]
pub(crate) async fn mine(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<List<Invitation>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListMyInvitationsRequest {});
    let answered = answer(app.backends.invitations().list_my_invitations(request)).await?;
    let data = answered.invitations.into_iter().map(Invitation::from).collect();
    Ok(Json(List::new(data, None, Meta::since(started))))
}

/// Accepts an invitation
#[utoipa::path(post, path = "/invitations/{token}/accept", tag = "invitations", operation_id = "accept_invitation",
    params(("token" = String, Path, description = "Of the link")),
    responses((status = 200, description = "The invitation as it was: the caller is in", body = Invitation)))]
pub(crate) async fn accept(
    State(app): State<App>,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<Json<Invitation>, ServiceError> {
    let request = caller.request(wire::AcceptInvitationRequest { token });
    let answered = answer(app.backends.invitations().accept_invitation(request)).await?;
    let invitation = answered
        .invitation
        .ok_or_else(|| super::incomplete("invitation"))?;
    Ok(Json(invitation.into()))
}

/// Declines an invitation
#[utoipa::path(post, path = "/invitations/{token}/decline", tag = "invitations", operation_id = "decline_invitation",
    params(("token" = String, Path, description = "Of the link")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn decline(
    State(app): State<App>,
    caller: Caller,
    Path(token): Path<String>,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::DeclineInvitationRequest { token });
    let wire::DeclineInvitationResponse {} =
        answer(app.backends.invitations().decline_invitation(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn invitations_of(
    app: &App,
    caller: &Caller,
    place: wire::Place,
) -> Result<Json<List<Invitation>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListInvitationsRequest { place: Some(place) });
    let answered = answer(app.backends.invitations().list_invitations(request)).await?;
    let data = answered.invitations.into_iter().map(Invitation::from).collect();
    Ok(Json(List::new(data, None, Meta::since(started))))
}

async fn invite_into(
    app: &App,
    caller: &Caller,
    place: wire::Place,
    body: CreateInvitation,
) -> Result<(StatusCode, Json<CreatedInvitation>), ServiceError> {
    let request = caller.request(wire::CreateInvitationRequest {
        place: Some(place),
        role: parse_role(&body.role)?,
        email: body.email,
    });
    let answered = answer(app.backends.invitations().create_invitation(request)).await?;
    let created = CreatedInvitation::new(answered.invitation, answered.token)?;
    Ok((StatusCode::CREATED, Json(created)))
}

async fn resend_of(
    app: &App,
    caller: &Caller,
    place: wire::Place,
    id: &str,
) -> Result<Json<CreatedInvitation>, ServiceError> {
    let request = caller.request(wire::ResendInvitationRequest {
        place: Some(place),
        id: super::id_in_path::<domain::InvitationId>(id, "invitation")?,
    });
    let answered = answer(app.backends.invitations().resend_invitation(request)).await?;
    CreatedInvitation::new(answered.invitation, answered.token).map(Json)
}

async fn revoke_of(
    app: &App,
    caller: &Caller,
    place: wire::Place,
    id: &str,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::RevokeInvitationRequest {
        place: Some(place),
        id: super::id_in_path::<domain::InvitationId>(id, "invitation")?,
    });
    let wire::RevokeInvitationResponse {} =
        answer(app.backends.invitations().revoke_invitation(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl CreatedInvitation {
    fn new(invitation: Option<wire::Invitation>, token: String) -> Result<Self, ServiceError> {
        let invitation = invitation.ok_or_else(|| super::incomplete("invitation"))?;
        Ok(Self {
            invitation: invitation.into(),
            token,
        })
    }
}

impl From<wire::Invitation> for Invitation {
    fn from(invitation: wire::Invitation) -> Self {
        let (project_id, team_id) = match invitation.place.and_then(|place| place.place) {
            Some(Kind::Project(id)) => (Some(id), None),
            Some(Kind::Team(id)) => (None, Some(id)),
            None => (None, None),
        };
        Self {
            id: invitation.id,
            project_id,
            team_id,
            place_name: invitation.place_name,
            email: invitation.email,
            role: Role::present(invitation.role),
            created_by_user_id: text_or_null(invitation.created_by_user_id),
            created_at: Moment::from_micros(invitation.created_at_us),
            expires_at: Moment::from_micros(invitation.expires_at_us),
        }
    }
}
