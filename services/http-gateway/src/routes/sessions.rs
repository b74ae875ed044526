use std::time::Instant;

use axum::{Json, extract::State};
use domain::Permission;
use proto::{gateway::ListLiveSessionsRequest, logging as wire};
use serde::Serialize;
use serde_json::value::RawValue;
use service_error::ServiceError;
use utoipa::ToSchema;

use super::tool_calls::{Client, Principal};
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{Door, List, Meta, Moment, SessionEnd, Word as _, text_or_null},
    path::Path,
    query::{PageQuery, Query},
};

/// One client's stay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientSession)]
pub(crate) struct Session {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    project_id: String,
    /// Set when the client came to the endpoint of a single server.
    #[schema(format = Uuid)]
    server_id: Option<String>,
    door: Door,
    /// Of the specification, as it was negotiated.
    #[schema(example = "2025-11-25")]
    revision: Option<String>,
    client: Client,
    /// What the client declared.
    #[schema(value_type = Option<Object>, example = json!({"roots": {}}))]
    capabilities: Option<Box<RawValue>>,
    principal: Principal,
    started_at: Moment,
    last_seen_at: Moment,
    ended_at: Option<Moment>,
    /// Null while it lasts.
    end_reason: Option<SessionEnd>,
    #[schema(example = 42)]
    total_calls: u64,
    #[schema(example = 40)]
    successful_calls: u64,
    #[schema(example = 2)]
    failed_calls: u64,
    /// Set while the client is connected, as far as the gateway could be asked.
    live: Option<LiveSession>,
}

/// What a connected client does at the moment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LiveSession {
    /// Requests that it waits for.
    in_flight: u32,
    /// Event streams that it holds open.
    open_streams: u32,
}

/// The sessions of a project, newest first
#[utoipa::path(get, path = "/projects/{project}/sessions", tag = "sessions", operation_id = "list_sessions",
    params(("project" = String, Path, description = "Slug or id"), PageQuery),
    responses((status = 200, description = "A page of them", body = List<Session>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((page,)): Query<(PageQuery,)>,
) -> Result<Json<List<Session>>, ServiceError> {
    let started = Instant::now();
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let live = live_sessions(&app, &access.project_id);
    let request = tonic::Request::new(wire::ListSessionsRequest {
        project_id: access.project_id.clone(),
        page: Some(page.into()),
    });
    let mut sessions = app.backends.sessions();
    let (live, answered) = tokio::join!(live, answer(sessions.list_sessions(request)));
    let answered = answered?;
    let marked = |session: wire::ClientSession| Session {
        live: live.iter().find_map(|live| live.of(&session.id)),
        ..Session::from(session)
    };
    let data = answered.sessions.into_iter().map(marked).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

/// One session
#[utoipa::path(get, path = "/projects/{project}/sessions/{id}", tag = "sessions", operation_id = "get_session",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("id" = String, Path, format = Uuid, description = "Id of the session"),
    ),
    responses((status = 200, description = "The session", body = Session)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<Session>, ServiceError> {
    let id = super::id_in_path::<domain::SessionId>(&id, "session")?;
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let request = tonic::Request::new(wire::GetSessionRequest {
        project_id: access.project_id,
        id,
    });
    let answered = answer(app.backends.sessions().get_session(request)).await?;
    let session = answered.session.ok_or_else(|| super::incomplete("session"))?;
    Ok(Json(session.into()))
}

/// Who is connected. A gateway that cannot be asked takes nothing from what is
/// recorded.
async fn live_sessions(app: &App, project_id: &str) -> Vec<Live> {
    let request = tonic::Request::new(ListLiveSessionsRequest {
        project_id: project_id.to_owned(),
    });
    match answer(app.backends.live_sessions().list_live_sessions(request)).await {
        Ok(answered) => answered.sessions.into_iter().map(Live).collect(),
        Err(error) => {
            tracing::debug!(reason = error.reason, "live sessions are unknown");
            Vec::new()
        }
    }
}

struct Live(proto::gateway::LiveSession);

impl Live {
    fn of(&self, id: &str) -> Option<LiveSession> {
        let is_it = self.0.session.as_ref().is_some_and(|session| session.id == id);
        is_it.then_some(LiveSession {
            in_flight: self.0.in_flight,
            open_streams: self.0.open_streams,
        })
    }
}

impl From<wire::ClientSession> for Session {
    fn from(session: wire::ClientSession) -> Self {
        Self {
            id: session.id,
            project_id: session.project_id,
            server_id: session.server_id,
            door: Door::from_wire(session.door),
            revision: text_or_null(session.revision),
            client: session.client.unwrap_or_default().into(),
            capabilities: RawValue::from_string(session.capabilities_json).ok(),
            principal: session.principal.unwrap_or_default().into(),
            started_at: Moment::from_micros(session.started_at_us),
            last_seen_at: Moment::from_micros(session.last_seen_at_us),
            ended_at: session.ended_at_us.map(Moment::from_micros),
            end_reason: SessionEnd::present(session.end),
            total_calls: session.total_calls,
            successful_calls: session.successful_calls,
            failed_calls: session.failed_calls,
            live: None,
        }
    }
}
