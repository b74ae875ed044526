use std::time::Instant;

use axum::{Json, http::StatusCode};
use domain::UserId;
use proto::{convert::FromWire as _, projects as wire};
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{InvitedAs, List, Meta, Moment, Role, Word as _},
    suggest::parse_word,
};

pub(crate) mod of_project;
pub(crate) mod of_team;

/// Somebody in a team or a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Member {
    #[schema(format = Uuid)]
    user_id: String,
    #[schema(example = "kim@example.com")]
    email: String,
    #[schema(example = "Kim")]
    name: String,
    /// An inactive user is out, with every session and key.
    is_active: bool,
    /// The highest that any way gives.
    role: Option<Role>,
    /// What they are by themselves, and not by a team.
    own_role: Option<Role>,
    /// By which way they are in a project; null in a team.
    invited_as: Option<InvitedAs>,
    created_at: Moment,
}

/// Another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMember {
    /// `owner`, `developer` or `reporter`.
    #[schema(example = "developer")]
    role: String,
}

/// Who is to own it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    #[schema(format = Uuid)]
    user_id: String,
}

/// The place that a path names.
pub(super) mod place {
    use proto::projects::{Place, place::Place as Kind};

    pub(in crate::routes) fn project(project: &str) -> Place {
        Place {
            place: Some(Kind::Project(project.to_owned())),
        }
    }

    pub(in crate::routes) fn team(team: &str) -> Place {
        Place {
            place: Some(Kind::Team(team.to_owned())),
        }
    }
}

async fn members_of(
    app: &App,
    caller: &Caller,
    place: wire::Place,
) -> Result<Json<List<Member>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListMembersRequest { place: Some(place) });
    let answered = answer(app.backends.members().list_members(request)).await?;
    let data = answered.members.into_iter().map(Member::from).collect();
    Ok(Json(List::new(data, None, Meta::since(started))))
}

async fn update_in(
    app: &App,
    caller: &Caller,
    place: wire::Place,
    user: &str,
    body: &UpdateMember,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::UpdateMemberRequest {
        place: Some(place),
        user_id: super::id_in_path::<UserId>(user, "member")?,
        role: parse_role(&body.role)?,
    });
    let wire::UpdateMemberResponse {} = answer(app.backends.members().update_member(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn remove_from(
    app: &App,
    caller: &Caller,
    place: wire::Place,
    user: String,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::RemoveMemberRequest {
        place: Some(place),
        user_id: super::id_in_path::<UserId>(&user, "member")?,
    });
    let wire::RemoveMemberResponse {} = answer(app.backends.members().remove_member(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn leave_from(app: &App, caller: &Caller, place: wire::Place) -> Result<StatusCode, ServiceError> {
    let me = answer(app.backends.users().get_me(caller.request(wire::GetMeRequest {}))).await?;
    let me = me.user.ok_or_else(|| super::incomplete("user"))?;
    remove_from(app, caller, place, me.id).await
}

async fn transfer_to(
    app: &App,
    caller: &Caller,
    place: wire::Place,
    body: Transfer,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::TransferOwnershipRequest {
        place: Some(place),
        user_id: body.user_id,
    });
    let wire::TransferOwnershipResponse {} =
        answer(app.backends.members().transfer_ownership(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) fn parse_role(word: &str) -> Result<i32, ServiceError> {
    parse_word::<domain::Role>("role", word).map(domain::Role::to_wire)
}

impl From<wire::Member> for Member {
    fn from(member: wire::Member) -> Self {
        Self {
            user_id: member.user_id,
            email: member.email,
            name: member.name,
            is_active: member.is_active,
            role: Role::present(member.role),
            own_role: Role::present(member.own_role),
            invited_as: InvitedAs::present(member.invited_as),
            created_at: Moment::from_micros(member.created_at_us),
        }
    }
}
