use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects as wire;
use serde::Serialize;
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment, text_or_null},
    path::Path,
    routes::id_in_path,
};

/// A signed-in browser of the caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebSession {
    #[schema(format = Uuid)]
    id: String,
    created_at: Moment,
    /// Noted at most once a minute.
    last_used_at: Moment,
    /// The latest end; it ends earlier when it is idle.
    expires_at: Moment,
    /// From where it was signed in.
    #[schema(example = "192.0.2.7")]
    client_address: Option<String>,
    user_agent: Option<String>,
    /// The one that asks.
    is_current: bool,
}

/// Where the caller is signed in
#[utoipa::path(get, path = "/me/sessions", tag = "auth", operation_id = "list_my_sessions",
    responses((status = 200, description = "All of them, last used first", body = List<WebSession>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<List<WebSession>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListWebSessionsRequest {});
    let answered = answer(app.backends.users().list_web_sessions(request)).await?;
    let data = answered.sessions.into_iter().map(WebSession::from).collect();
    Ok(Json(List::new(data, None, Meta::since(started))))
}

/// Signs the caller out everywhere else
#[utoipa::path(delete, path = "/me/sessions", tag = "auth", operation_id = "revoke_my_other_sessions",
    responses((status = 204, description = "Only this session is left")))]
pub(crate) async fn revoke_others(
    State(app): State<App>,
    caller: Caller,
) -> Result<StatusCode, ServiceError> {
    revoke_in(&app, &caller, String::new()).await
}

/// Ends one session of the caller
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "auth", operation_id = "revoke_my_session",
    params(("id" = String, Path, format = Uuid, description = "Id of the session")),
    responses((status = 204, description = "It is over")))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ServiceError> {
    let id = id_in_path::<domain::WebSessionId>(&id, "session")?;
    revoke_in(&app, &caller, id).await
}

async fn revoke_in(app: &App, caller: &Caller, id: String) -> Result<StatusCode, ServiceError> {
    let request = caller.request(wire::RevokeWebSessionsRequest { id });
    let wire::RevokeWebSessionsResponse {} =
        answer(app.backends.users().revoke_web_sessions(request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<wire::WebSessionInfo> for WebSession {
    fn from(session: wire::WebSessionInfo) -> Self {
        Self {
            id: session.id,
            created_at: Moment::from_micros(session.created_at_us),
            last_used_at: Moment::from_micros(session.last_used_at_us),
            expires_at: Moment::from_micros(session.expires_at_us),
            client_address: text_or_null(session.client_address),
            user_agent: text_or_null(session.user_agent),
            is_current: session.is_current,
        }
    }
}
