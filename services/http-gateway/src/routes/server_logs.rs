use std::time::Instant;

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use domain::Permission;
use proto::logging as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::{CursorQuery, servers};
use crate::{
    app::App,
    backends::answer,
    caller::{Caller, ProjectAccess},
    json::{List, LogLevel, Meta, Moment, ServerLogKind, Word as _},
    live::{self, Tail},
    path::Path,
    query::{PageQuery, Query},
};

/// One line of a server's log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerLog {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    project_id: String,
    #[schema(format = Uuid)]
    server_id: String,
    #[schema(example = "github")]
    server_name: String,
    level: LogLevel,
    kind: ServerLogKind,
    #[schema(example = "GitHub MCP Server running on stdio")]
    line: String,
    at: Moment,
    /// The call that ran meanwhile, where there was exactly one.
    #[schema(format = Uuid)]
    tool_call_id: Option<String>,
}

/// Whose lines.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ServerLogsQuery {
    /// Name or id of a server; absent: all of the project.
    #[param(example = "github")]
    server: Option<String>,
}

/// What the servers of a project wrote to stderr, and what became of them
#[utoipa::path(get, path = "/projects/{project}/server-logs", tag = "server-logs", operation_id = "list_server_logs",
    params(("project" = String, Path, description = "Slug or id"), ServerLogsQuery, PageQuery),
    responses((status = 200, description = "A page of lines, newest first", body = List<ServerLog>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((query, page)): Query<(ServerLogsQuery, PageQuery)>,
) -> Result<Json<List<ServerLog>>, ServiceError> {
    let started = Instant::now();
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let server_id = query.server_id(&app, &caller, &access).await?;
    let request = tonic::Request::new(wire::ListServerLogsRequest {
        project_id: access.project_id,
        server_id,
        page: Some(page.into()),
    });
    let answered = answer(app.backends.server_logs().list_server_logs(request)).await?;
    let data = answered.server_logs.into_iter().map(ServerLog::from).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

/// Lines of servers as they arrive
///
/// Server-sent events: `line` with a line. The id of an event is a cursor: `Last-Event-ID` goes on from there. Lines
/// that come late, because the call log was away, are in the list alone.
#[utoipa::path(get, path = "/projects/{project}/server-logs/stream", tag = "server-logs", operation_id = "stream_server_logs",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ServerLogsQuery, CursorQuery,
        ("last-event-id" = Option<String>, Header, description = "Cursor to go on from; browsers send it by themselves"),
    ),
    responses((status = 200, description = "Events without end", body = ServerLog, content_type = "text/event-stream")))]
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((query, from)): Query<(ServerLogsQuery, CursorQuery)>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let place = live::place(&app)?;
    let server_id = query.server_id(&app, &caller, &access).await?;
    let request = tonic::Request::new(wire::TailServerLogsRequest {
        project_id: access.project_id.clone(),
        server_id,
        cursor: live::cursor(&headers, from.cursor),
    });
    let messages = answer(app.backends.server_logs().tail_server_logs(request)).await?;
    let tail = Tail {
        messages,
        events: Box::new(live::events_of_lines),
        project_id: access.project_id,
        caller,
        place,
    };
    Ok(live::respond(app, tail))
}

impl ServerLogsQuery {
    async fn server_id(
        &self,
        app: &App,
        caller: &Caller,
        access: &ProjectAccess,
    ) -> Result<Option<String>, ServiceError> {
        match &self.server {
            Some(server) => Ok(Some(servers::id_of(app, caller, access, server).await?)),
            None => Ok(None),
        }
    }
}

impl From<wire::ServerLog> for ServerLog {
    fn from(log: wire::ServerLog) -> Self {
        Self {
            id: log.id,
            project_id: log.project_id,
            server_id: log.server_id,
            server_name: log.server_name,
            level: LogLevel::from_wire(log.level),
            kind: ServerLogKind::from_wire(log.kind),
            line: log.line,
            at: Moment::from_micros(log.at_us),
            tool_call_id: log.tool_call_id,
        }
    }
}
