use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

pub(crate) mod sessions;

use super::{projects::Project, teams::Team};
use crate::{app::App, backends::answer, caller::Caller, cookie, json::Moment, json_body::Body};

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User {
    #[schema(format = Uuid)]
    id: String,
    #[schema(example = "kim@example.com")]
    email: String,
    #[schema(example = "Kim")]
    name: String,
    /// Administrates the deployment.
    is_admin: bool,
    /// An inactive user is out, with every session and key.
    is_active: bool,
    created_at: Moment,
    last_login_at: Option<Moment>,
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    user: User,
    /// All that the caller is in, by name.
    teams: Vec<Team>,
    /// Those that the caller is in, newest first, at most 100: the list of projects
    /// has all.
    projects: Vec<Project>,
}

/// Changes to oneself. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMe {
    #[schema(example = "Kim")]
    #[serde(default)]
    name: Option<String>,
}

/// That it is meant, and by whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteMe {
    #[schema(example = "correct horse battery staple", format = Password)]
    password: String,
}

/// Who the caller is
#[utoipa::path(get, path = "/me", tag = "auth", operation_id = "get_me",
    responses((status = 200, description = "The caller", body = Me)))]
pub(crate) async fn get(State(app): State<App>, caller: Caller) -> Result<Json<Me>, ServiceError> {
    let request = caller.request(wire::GetMeRequest {});
    let answered = answer(app.backends.users().get_me(request)).await?;
    let user = answered.user.ok_or_else(|| super::incomplete("user"))?;
    let projects = answered.projects.into_iter();
    Ok(Json(Me {
        user: user.into(),
        teams: answered.teams.into_iter().map(Team::from).collect(),
        projects: projects
            .map(|project| Project::new(project, &app.addresses))
            .collect(),
    }))
}

/// Changes what the body names of oneself, and nothing else
#[utoipa::path(patch, path = "/me", tag = "auth", operation_id = "update_me",
    request_body = UpdateMe,
    responses((status = 200, description = "The caller as they are now", body = Me)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<UpdateMe>,
) -> Result<Json<Me>, ServiceError> {
    let request = caller.request(wire::UpdateMeRequest { name: body.name });
    answer(app.backends.users().update_me(request)).await?;
    get(State(app), caller).await
}

/// Deletes the caller's account
///
/// With every session and API key of theirs. Who owns a team or a project alone
/// hands it over first, or deletes it.
#[utoipa::path(delete, path = "/me", tag = "auth", operation_id = "delete_me",
    request_body = DeleteMe,
    responses((status = 204, description = "It is gone, and so is the cookie")))]
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<DeleteMe>,
) -> Result<Response, ServiceError> {
    let request = caller.request(wire::DeleteMeRequest {
        password: body.password,
    });
    let wire::DeleteMeResponse {} = answer(app.backends.users().delete_me(request)).await?;
    let gone = [cookie::clear(app.addresses.is_secure())];
    Ok((gone, StatusCode::NO_CONTENT).into_response())
}

impl From<wire::User> for User {
    fn from(user: wire::User) -> Self {
        Self {
            id: user.id,
            email: user.email,
            name: user.name,
            is_admin: user.is_admin,
            is_active: user.is_active,
            created_at: Moment::from_micros(user.created_at_us),
            last_login_at: user.last_login_at_us.map(Moment::from_micros),
        }
    }
}
