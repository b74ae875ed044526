use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::Permission;
use proto::logging as wire;
use service_error::ServiceError;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    path::Path,
    routes::{id_in_path, incomplete},
};

/// The arguments or the result of a call, as kept
///
/// JSON, unless it was cut; then the beginning of one, as text.
#[utoipa::path(get, path = "/projects/{project}/tool-calls/{id}/payload/{part}", tag = "tool-calls",
    operation_id = "get_tool_call_payload",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("id" = String, Path, format = Uuid, description = "Id of the call"),
        ("part" = String, Path, description = "`arguments` or `result`", example = "result"),
    ),
    responses((status = 200, description = "The payload alone", body = serde_json::Value)))]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((project, id, part)): Path<(String, String, String)>,
) -> Result<Response, ServiceError> {
    let id = id_in_path::<domain::ToolCallId>(&id, "tool call")?;
    let needed = [Permission::ReadLogs, Permission::ReadPayloads];
    let access = app.authorize(&caller, &project, &needed).await?;
    let request = tonic::Request::new(wire::GetToolCallRequest {
        project_id: access.project_id,
        id,
    });
    let answered = answer(app.backends.tool_calls().get_tool_call(request)).await?;
    let call = answered.tool_call.ok_or_else(|| incomplete("tool_call"))?;
    let payload = match part.as_str() {
        "arguments" => call.arguments,
        "result" => call.result,
        _ => return Err(ServiceError::not_found("part of a call")),
    };
    let payload = payload.ok_or_else(|| ServiceError::not_found("payload"))?;
    let is_json =
        !payload.is_truncated && serde_json::from_str::<serde::de::IgnoredAny>(&payload.json).is_ok();
    let content_type = if is_json {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    Ok(([(header::CONTENT_TYPE, content_type)], payload.json).into_response())
}
