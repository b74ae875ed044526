use axum::{Json, extract::State};
use proto::projects as wire;
use serde::Serialize;
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{app::App, backends::answer, caller::Caller, json::Moment};

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
}

/// Who the caller is
#[utoipa::path(get, path = "/me", tag = "auth", operation_id = "get_me",
    responses((status = 200, description = "The caller", body = Me)))]
pub(crate) async fn get(State(app): State<App>, caller: Caller) -> Result<Json<Me>, ServiceError> {
    let request = caller.request(wire::GetMeRequest {});
    let answered = answer(app.backends.users().get_me(request)).await?;
    let user = answered.user.ok_or_else(|| super::incomplete("user"))?;
    Ok(Json(Me { user: user.into() }))
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
