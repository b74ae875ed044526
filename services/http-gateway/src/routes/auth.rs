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

use super::me::User;
use crate::{
    app::App, backends::answer, caller::Caller, cookie, json::Moment, json_body::Body, origin::Origin,
};

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    #[schema(example = "kim@example.com")]
    email: String,
    #[schema(example = "correct horse battery staple", format = Password)]
    password: String,
    #[schema(example = "Kim")]
    name: String,
    /// Of an invitation's link: it lets the address in that was invited, where
    /// accounts are made by invitation.
    #[serde(default)]
    invitation_token: Option<String>,
}

/// Who one is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    #[schema(example = "kim@example.com")]
    email: String,
    #[schema(example = "correct horse battery staple", format = Password)]
    password: String,
}

/// The token of a link that signs in once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInLink {
    #[schema(example = "4f7a1c0e")]
    token: String,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    #[schema(example = "correct horse battery staple", format = Password)]
    current_password: String,
    #[schema(example = "a horse of another colour", format = Password)]
    new_password: String,
}

/// Signed in. The session itself travels in the cookie `mcporch_session`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedIn {
    user: User,
    session: Session,
}

/// A signed-in browser.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// The latest end; it ends earlier when it is idle.
    expires_at: Moment,
}

/// Who may make an account now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignUpState {
    /// Whether anybody may, without an invitation.
    is_open: bool,
    /// Whether nobody has yet: whoever comes first is the administrator.
    is_first: bool,
}

/// Says who may make an account
#[utoipa::path(get, path = "/auth/sign-up", tag = "auth", operation_id = "get_sign_up", security(()),
    responses((status = 200, description = "Whether it is open", body = SignUpState)))]
pub(crate) async fn get_sign_up(
    State(app): State<App>,
    origin: Origin,
) -> Result<Json<SignUpState>, ServiceError> {
    let request = origin.request(wire::GetSignUpRequest {});
    let state = answer(app.backends.users().get_sign_up(request)).await?;
    Ok(Json(SignUpState {
        is_open: state.is_open,
        is_first: state.is_first,
    }))
}

/// Makes an account and signs it in
///
/// The first account of a deployment is its administrator. After that, the
/// deployment's sign-up mode decides who may make one.
#[utoipa::path(post, path = "/auth/sign-up", tag = "auth", operation_id = "sign_up", security(()),
    request_body = SignUp,
    responses((status = 201, description = "Signed in", body = SignedIn)))]
pub(crate) async fn sign_up(
    State(app): State<App>,
    origin: Origin,
    Body(body): Body<SignUp>,
) -> Result<Response, ServiceError> {
    let request = origin.request(wire::SignUpRequest {
        email: body.email,
        password: body.password,
        name: body.name,
        invitation_token: body.invitation_token,
    });
    let signed_up = answer(app.backends.users().sign_up(request)).await?;
    signed_in(&app, StatusCode::CREATED, signed_up.user, signed_up.session)
}

/// Signs in with a password
#[utoipa::path(post, path = "/auth/sign-in", tag = "auth", operation_id = "sign_in", security(()),
    request_body = SignIn,
    responses((status = 200, description = "Signed in", body = SignedIn)))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    origin: Origin,
    Body(body): Body<SignIn>,
) -> Result<Response, ServiceError> {
    let request = origin.request(wire::SignInRequest {
        email: body.email,
        password: body.password,
    });
    let answered = answer(app.backends.users().sign_in(request)).await?;
    signed_in(&app, StatusCode::OK, answered.user, answered.session)
}

/// Signs in with the token of a link
///
/// A link works once, within its life.
#[utoipa::path(post, path = "/auth/sign-in-link", tag = "auth", operation_id = "redeem_sign_in_link", security(()),
    request_body = SignInLink,
    responses((status = 200, description = "Signed in", body = SignedIn)))]
pub(crate) async fn redeem_sign_in_link(
    State(app): State<App>,
    origin: Origin,
    Body(body): Body<SignInLink>,
) -> Result<Response, ServiceError> {
    let request = origin.request(wire::RedeemSignInLinkRequest { token: body.token });
    let redeemed = answer(app.backends.users().redeem_sign_in_link(request)).await?;
    signed_in(&app, StatusCode::OK, redeemed.user, redeemed.session)
}

/// Ends the caller's session
#[utoipa::path(post, path = "/auth/sign-out", tag = "auth", operation_id = "sign_out",
    responses((status = 204, description = "Signed out, and the cookie is gone")))]
pub(crate) async fn sign_out(State(app): State<App>, caller: Caller) -> Response {
    let request = caller.request(wire::SignOutRequest {});
    let answered = match answer(app.backends.users().sign_out(request)).await {
        Ok(wire::SignOutResponse {}) => StatusCode::NO_CONTENT.into_response(),
        // A session that is over already: the cookie is worth nothing, and goes.
        Err(error) if error.code == service_error::Code::Unauthenticated => error.into_response(),
        // The session may live on, so the browser keeps what could end it.
        Err(error) => return error.into_response(),
    };
    ([cookie::clear(app.addresses.is_secure())], answered).into_response()
}

/// Gives the caller another password
///
/// Ends every other session of theirs.
#[utoipa::path(post, path = "/auth/change-password", tag = "auth", operation_id = "change_password",
    request_body = ChangePassword,
    responses((status = 204, description = "It is changed")))]
pub(crate) async fn change_password(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<ChangePassword>,
) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::ChangePasswordRequest {
        current_password: body.current_password,
        new_password: body.new_password,
    });
    let wire::ChangePasswordResponse {} = answer(app.backends.users().change_password(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn signed_in(
    app: &App,
    status: StatusCode,
    user: Option<wire::User>,
    session: Option<wire::WebSession>,
) -> Result<Response, ServiceError> {
    let (Some(user), Some(session)) = (user, session) else {
        return Err(super::incomplete("user or session"));
    };
    let expires_at = domain::Timestamp::from_micros(session.expires_at_us);
    let cookie = cookie::set(
        &session.token,
        expires_at.since(app.clock.now()),
        app.addresses.is_secure(),
    )?;
    let body = SignedIn {
        user: user.into(),
        session: Session {
            expires_at: Moment(expires_at),
        },
    };
    Ok((status, [cookie], Json(body)).into_response())
}
