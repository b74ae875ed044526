use std::io;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use domain::{Permission, Timestamp};
use futures::{Stream, TryStreamExt as _};
use proto::{convert::FromWire as _, logging as wire};
use serde::Deserialize;
use service_error::ServiceError;

use super::{FieldsQuery, Payloads, SortQuery, ToolCall, ToolCallFilterQuery, filter};
use crate::{
    app::App, backends::answer, caller::Caller, path::Path, query::Query, time_range::TimeRangeQuery,
};

/// In which form.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormatQuery {
    /// `ndjson` (the default): one call as JSON in each line. `csv`: a table.
    #[param(example = "ndjson")]
    format: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Ndjson,
    Csv,
}

const CSV_HEAD: &str = "id,started_at,status,error_kind,error_code,error_message,server_name,tool_name,duration_us,\
    queue_us,connect_us,upstream_us,client_name,client_version,client_type,user_id,api_key_id,session_id,trace_id,\
    arguments_size_bytes,result_size_bytes,arguments,result\r\n";

/// All tool calls of a filter, of any number
///
/// Streamed. An answer that breaks off is not whole: take it again.
#[utoipa::path(get, path = "/projects/{project}/tool-calls/export", tag = "tool-calls", operation_id = "export_tool_calls",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ToolCallFilterQuery, TimeRangeQuery, FieldsQuery, SortQuery, FormatQuery,
    ),
    responses((status = 200, description = "Calls without end", body = ToolCall, content_type = "application/x-ndjson")))]
pub(crate) async fn export(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((filter, range, fields, sort, format)): Query<(
        ToolCallFilterQuery,
        TimeRangeQuery,
        FieldsQuery,
        SortQuery,
        FormatQuery,
    )>,
) -> Result<Response, ServiceError> {
    let format = match format.format.as_deref() {
        None | Some("ndjson") => Format::Ndjson,
        Some("csv") => Format::Csv,
        Some(_) => return Err(ServiceError::invalid("format", "expected ndjson or csv")),
    };
    let range = range.resolve(app.clock.now())?;
    let wants_payloads = fields.wants_payloads()?;
    let access = if wants_payloads {
        app.authorize_export(&caller, &project, &[Permission::ReadLogs])
            .await?
    } else {
        app.authorize(&caller, &project, &[Permission::ReadLogs]).await?
    };
    let payloads = Payloads::of(wants_payloads, &access);
    let filter = filter.resolve(&app, &caller, &access).await?;
    let request = tonic::Request::new(wire::ExportToolCallsRequest {
        filter: Some(wire::ToolCallFilter {
            // What starts meanwhile is not waited for.
            to_us: Some(range.to.as_micros()),
            ..filter::within(filter, &range)
        }),
        order: sort.order()?.into(),
        include_payloads: payloads == Payloads::Included,
    });
    let parts = answer(app.backends.tool_calls().export_tool_calls(request)).await?;
    let (content_type, name) = match format {
        Format::Ndjson => ("application/x-ndjson", "tool-calls.ndjson"),
        Format::Csv => ("text/csv; charset=utf-8", "tool-calls.csv"),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let body = Body::from_stream(written(parts, format, payloads));
    Ok((headers, body).into_response())
}

/// One part at a time, at the pace of whoever reads.
fn written(
    parts: tonic::Streaming<wire::ExportToolCallsResponse>,
    format: Format,
    payloads: Payloads,
) -> impl Stream<Item = io::Result<Bytes>> {
    let head = match format {
        Format::Csv => CSV_HEAD,
        Format::Ndjson => "",
    };
    let lines = parts.map_err(io::Error::other).and_then(move |part| {
        let mut text = Vec::new();
        let written = part.tool_calls.into_iter().try_for_each(|call| match format {
            Format::Ndjson => {
                serde_json::to_writer(&mut text, &ToolCall::new(call, payloads))?;
                text.push(b'\n');
                io::Result::Ok(())
            }
            Format::Csv => {
                write_csv(&mut text, call);
                Ok(())
            }
        });
        std::future::ready(written.map(|()| Bytes::from(text)))
    });
    futures::StreamExt::chain(
        futures::stream::iter([Ok(Bytes::from_static(head.as_bytes()))]),
        lines,
    )
}

fn write_csv(out: &mut Vec<u8>, call: wire::ToolCall) {
    let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
    let word = |word: Option<&'static str>| word.unwrap_or_default().to_owned();
    let client = call.client.unwrap_or_default();
    let principal = call.principal.unwrap_or_default();
    let arguments = call.arguments.unwrap_or_default();
    let result = call.result.unwrap_or_default();
    let status = domain::ToolCallStatus::from_wire(call.status).map(domain::ToolCallStatus::as_str);
    let kind = domain::ErrorKind::from_wire(call.error_kind).map(domain::ErrorKind::as_str);
    let fields = [
        call.id,
        Timestamp::from_micros(call.started_at_us).to_string(),
        word(status),
        word(kind),
        call.error_code.map_or_else(String::new, |code| code.to_string()),
        harmless(call.error_message),
        harmless(call.server_name),
        harmless(call.tool_name),
        number(call.duration_us),
        number(call.queue_us),
        number(call.connect_us),
        number(call.upstream_us),
        harmless(client.name),
        harmless(client.version),
        harmless(client.r#type),
        principal.user_id.unwrap_or_default(),
        principal.api_key_id.unwrap_or_default(),
        call.session_id.unwrap_or_default(),
        harmless(call.trace_id),
        arguments.size_bytes.to_string(),
        result.size_bytes.to_string(),
        harmless(arguments.json),
        harmless(result.json),
    ];
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        // RFC 4180.
        if field.contains(['"', ',', '\r', '\n']) {
            out.push(b'"');
            out.extend_from_slice(field.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(field.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// A spreadsheet takes what begins so for a formula and runs it.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_quotes_and_runs_no_formula() {
        let mut out = Vec::new();
        let call = wire::ToolCall {
            id: "7".to_owned(),
            error_message: "=1+1, \"or\"\nnot".to_owned(),
            error_code: Some(-1),
            ..wire::ToolCall::default()
        };
        write_csv(&mut out, call);
        let line = String::from_utf8(out).expect("text");
        assert!(
            line.starts_with("7,1970-01-01T00:00:00.000000Z,,,-1,\"'=1+1, \"\"or\"\"\nnot\",,"),
            "{line}"
        );
        assert_eq!(CSV_HEAD.split(',').count(), 23);
    }
}
