use std::time::{Duration, Instant};

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use domain::{Permission, Timestamp, ToolCallId};
use proto::logging as wire;
use service_error::{Code, ServiceError};

pub(crate) mod export;
pub(crate) mod figures;
mod filter;
pub(crate) mod payload;
mod row;
mod summary;

pub(crate) use filter::{CursorQuery, FieldsQuery, SortQuery, ToolCallFilterQuery};
pub(crate) use row::{Client, Payloads, Principal, ToolCall};
pub(crate) use summary::Summary;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta},
    live::{self, Tail},
    path::Path,
    query::{PageQuery, Query},
    time_range::TimeRangeQuery,
};

/// A call that is not there and no older is waited for.
const NEW: Duration = Duration::from_secs(10);

/// How long a call is waited for that may be on its way from the gateway.
const ON_ITS_WAY: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The tool calls of a project
#[utoipa::path(get, path = "/projects/{project}/tool-calls", tag = "tool-calls", operation_id = "list_tool_calls",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ToolCallFilterQuery, TimeRangeQuery, FieldsQuery, SortQuery, PageQuery,
    ),
    responses((status = 200, description = "A page of them", body = List<ToolCall>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, range, fields, sort, page)): Query<(
        ToolCallFilterQuery,
        TimeRangeQuery,
        FieldsQuery,
        SortQuery,
        PageQuery,
    )>,
) -> Result<Json<List<ToolCall>>, ServiceError> {
    let started = Instant::now();
    let range = range.resolve(app.clock.now())?;
    let wants_payloads = fields.wants_payloads()?;
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let payloads = Payloads::of(wants_payloads, &access);
    let filter = filter.resolve(&app, &caller, &access).await?;
    let request = tonic::Request::new(wire::ListToolCallsRequest {
        filter: Some(filter::within(filter, &range)),
        page: Some(page.into()),
        include_payloads: payloads == Payloads::Included,
        order: sort.order()?.into(),
    });
    let answered = answer(app.backends.tool_calls().list_tool_calls(request)).await?;
    let data = answered
        .tool_calls
        .into_iter()
        .map(|call| ToolCall::new(call, payloads));
    Ok(Json(List::new(
        data.collect(),
        answered.page,
        Meta::over(&range, started),
    )))
}

/// One tool call, with its arguments and its result
#[utoipa::path(get, path = "/projects/{project}/tool-calls/{id}", tag = "tool-calls", operation_id = "get_tool_call",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("id" = String, Path, format = Uuid, description = "Id of the call"),
    ),
    responses((status = 200, description = "The call", body = ToolCall)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<ToolCall>, ServiceError> {
    let id = super::id_in_path::<ToolCallId>(&id, "tool call")?;
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let payloads = Payloads::of(true, &access);
    let request = wire::GetToolCallRequest {
        project_id: access.project_id,
        id,
    };
    let answered = get_when_stored(&app, request).await?;
    let call = answered.tool_call.ok_or_else(|| super::incomplete("tool_call"))?;
    Ok(Json(ToolCall::new(call, payloads)))
}

/// Whoever made a call knows its id a moment before the log has it.
async fn get_when_stored(
    app: &App,
    request: wire::GetToolCallRequest,
) -> Result<wire::GetToolCallResponse, ServiceError> {
    let now = app.clock.now();
    // Other machines' clocks may be ahead.
    let is_near = |at: Timestamp| now.since(at) < NEW && at.since(now) < NEW;
    let is_new = request.id.parse().map(ToolCallId::made_at).is_ok_and(is_near);
    let begin = Instant::now();
    loop {
        let asked = tonic::Request::new(request.clone());
        let answered = answer(app.backends.tool_calls().get_tool_call(asked)).await;
        let is_missing = matches!(&answered, Err(error) if error.code == Code::NotFound);
        if !is_missing || !is_new || begin.elapsed() >= ON_ITS_WAY {
            return answered;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Totals, rates and percentiles of a range, and of the one before it
#[utoipa::path(get, path = "/projects/{project}/tool-calls/summary", tag = "tool-calls", operation_id = "summarize_tool_calls",
    params(("project" = String, Path, description = "Slug or id"), ToolCallFilterQuery, TimeRangeQuery),
    responses((status = 200, description = "Zeros where there are no calls", body = Summary)))]
pub(crate) async fn summarize(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, range)): Query<(ToolCallFilterQuery, TimeRangeQuery)>,
) -> Result<Json<Summary>, ServiceError> {
    let started = Instant::now();
    let range = range.resolve(app.clock.now())?;
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let filter = filter.resolve(&app, &caller, &access).await?;
    let request = tonic::Request::new(wire::SummarizeToolCallsRequest {
        // A rate needs an end.
        filter: Some(wire::ToolCallFilter {
            to_us: Some(range.to.as_micros()),
            ..filter::within(filter, &range)
        }),
        include_previous: true,
    });
    let answered = answer(app.backends.tool_calls().summarize_tool_calls(request)).await?;
    Ok(Json(Summary::new(answered, Meta::over(&range, started))))
}

/// Tool calls as they arrive, those in flight too
///
/// Server-sent events: `call` with a tool call (again when its status changes), `dropped` with `{"n": 5}` when the
/// reader was too slow for so many and should list again. The id of an event is a cursor: `Last-Event-ID` goes on
/// from there without a gap.
#[utoipa::path(get, path = "/projects/{project}/tool-calls/stream", tag = "tool-calls", operation_id = "stream_tool_calls",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ToolCallFilterQuery, CursorQuery,
        ("last-event-id" = Option<String>, Header, description = "Cursor to go on from; browsers send it by themselves"),
    ),
    responses((status = 200, description = "Events without end", body = ToolCall, content_type = "text/event-stream")))]
pub(crate) async fn stream(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, from)): Query<(ToolCallFilterQuery, CursorQuery)>,
    headers: HeaderMap,
) -> Result<Response, ServiceError> {
    let access = app.authorize(&caller, &project, &[Permission::ReadLogs]).await?;
    let place = live::place(&app)?;
    let filter = filter.resolve(&app, &caller, &access).await?;
    let request = tonic::Request::new(wire::TailToolCallsRequest {
        filter: Some(filter),
        cursor: live::cursor(&headers, from.cursor),
    });
    let calls = answer(app.backends.tool_calls().tail_tool_calls(request)).await?;
    let payloads = Payloads::of(false, &access);
    let tail = Tail {
        messages: calls,
        events: Box::new(move |message| live::events_of_calls(message, payloads)),
        project_id: access.project_id,
        caller,
        place,
    };
    Ok(live::respond(app, tail))
}
