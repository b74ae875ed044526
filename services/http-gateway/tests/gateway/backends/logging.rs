use std::sync::Arc;

use futures::{Stream, StreamExt as _, stream::BoxStream};
use proto::{
    convert::FromWire as _,
    logging::{
        self as wire, server_logs_service_server::ServerLogsService,
        sessions_service_server::SessionsService, tool_calls_service_server::ToolCallsService,
    },
};
use tonic::{Request, Response, Status};

use super::{CALL, PROJECT, SERVER, World, lock};
use crate::stack::NOON;

pub(crate) struct ToolCalls(pub(crate) Arc<World>);
pub(crate) struct Sessions;
pub(crate) struct ServerLogs;

type Answer<T> = Result<Response<T>, Status>;

/// One call, with its payloads.
pub(crate) fn sample_call() -> wire::ToolCall {
    let payload = |json: &str| {
        Some(wire::Payload {
            json: json.to_owned(),
            size_bytes: json.len() as u64,
            sha256: vec![7; 32],
            is_truncated: false,
        })
    };
    wire::ToolCall {
        id: CALL.to_owned(),
        project_id: PROJECT.to_owned(),
        server_id: Some(SERVER.to_owned()),
        server_name: "sample".to_owned(),
        tool_name: "echo".to_owned(),
        exposed_name: "sample__echo".to_owned(),
        door: domain::Door::StreamableHttp.to_wire(),
        status: domain::ToolCallStatus::Success.to_wire(),
        started_at_us: NOON.as_micros(),
        duration_us: Some(1_500),
        arguments: payload(r#"{"message":"a secret"}"#),
        result: payload(r#"{"content":[]}"#),
        ..wire::ToolCall::default()
    }
}

fn without_payloads(call: wire::ToolCall) -> wire::ToolCall {
    let emptied = |payload: Option<wire::Payload>| {
        payload.map(|payload| wire::Payload {
            json: String::new(),
            ..payload
        })
    };
    wire::ToolCall {
        arguments: emptied(call.arguments),
        result: emptied(call.result),
        ..call
    }
}

#[tonic::async_trait]
impl ToolCallsService for ToolCalls {
    async fn list_tool_calls(
        &self,
        request: Request<wire::ListToolCallsRequest>,
    ) -> Answer<wire::ListToolCallsResponse> {
        let request = request.into_inner();
        let call = if request.include_payloads {
            sample_call()
        } else {
            without_payloads(sample_call())
        };
        *lock(&self.0.asked.list) = Some(request);
        Ok(Response::new(wire::ListToolCallsResponse {
            tool_calls: vec![call],
            page: Some(proto::page::Page {
                older: "c1".to_owned(),
                newer: "c2".to_owned(),
                has_older: true,
            }),
        }))
    }

    /// Whole, whoever asks: what the caller may not read, the HTTP gateway leaves
    /// out.
    async fn get_tool_call(
        &self,
        _request: Request<wire::GetToolCallRequest>,
    ) -> Answer<wire::GetToolCallResponse> {
        let mut looks_in_vain = lock(&self.0.looks_in_vain);
        if *looks_in_vain > 0 {
            *looks_in_vain -= 1;
            return Err(service_error::ServiceError::not_found("tool call").into());
        }
        Ok(Response::new(wire::GetToolCallResponse {
            tool_call: Some(sample_call()),
        }))
    }

    async fn summarize_tool_calls(
        &self,
        request: Request<wire::SummarizeToolCallsRequest>,
    ) -> Answer<wire::SummarizeToolCallsResponse> {
        *lock(&self.0.asked.summary) = Some(request.into_inner());
        Ok(Response::new(wire::SummarizeToolCallsResponse {
            total: 1,
            success: 1,
            success_rate: Some(1.0),
            ..wire::SummarizeToolCallsResponse::default()
        }))
    }

    async fn count_facets(
        &self,
        request: Request<wire::CountFacetsRequest>,
    ) -> Answer<wire::CountFacetsResponse> {
        let dimensions = request.into_inner().dimensions;
        let facets = dimensions.into_iter().map(|dimension| wire::Facet {
            dimension,
            values: vec![wire::FacetValue {
                value: "echo".to_owned(),
                calls: 7,
            }],
            is_partial: false,
        });
        Ok(Response::new(wire::CountFacetsResponse {
            facets: facets.collect(),
        }))
    }

    /// Two buckets, the second without calls.
    async fn chart_tool_calls(
        &self,
        request: Request<wire::ChartToolCallsRequest>,
    ) -> Answer<wire::ChartToolCallsResponse> {
        let request = request.into_inner();
        let series = wire::ChartSeries {
            name: request.group_by.map_or("", |_| "success").to_owned(),
            calls: vec![3, 0],
            failed: vec![1, 0],
            avg_duration_us: vec![10, -1],
            p50_duration_us: vec![10, -1],
            p90_duration_us: vec![10, -1],
            p95_duration_us: vec![10, -1],
            p99_duration_us: vec![10, -1],
        };
        Ok(Response::new(wire::ChartToolCallsResponse {
            step_us: request.step_us.max(1_000_000),
            starts_us: vec![60_000_000, 120_000_000],
            series: vec![series],
        }))
    }

    async fn break_down_tool_calls(
        &self,
        _request: Request<wire::BreakDownToolCallsRequest>,
    ) -> Answer<wire::BreakDownToolCallsResponse> {
        Ok(Response::new(wire::BreakDownToolCallsResponse {
            rows: vec![wire::BreakdownRow {
                value: "echo".to_owned(),
                calls: 7,
                ..wire::BreakdownRow::default()
            }],
            is_partial: false,
        }))
    }

    type ExportToolCallsStream = BoxStream<'static, Result<wire::ExportToolCallsResponse, Status>>;

    async fn export_tool_calls(
        &self,
        request: Request<wire::ExportToolCallsRequest>,
    ) -> Answer<Self::ExportToolCallsStream> {
        let call = if request.into_inner().include_payloads {
            sample_call()
        } else {
            without_payloads(sample_call())
        };
        let part = wire::ExportToolCallsResponse {
            tool_calls: vec![call.clone(), call],
        };
        Ok(Response::new(Box::pin(futures::stream::iter([
            Ok(part.clone()),
            Ok(part),
        ]))))
    }

    type TailToolCallsStream = BoxStream<'static, Result<wire::TailToolCallsResponse, Status>>;

    async fn tail_tool_calls(
        &self,
        request: Request<wire::TailToolCallsRequest>,
    ) -> Answer<Self::TailToolCallsStream> {
        let told = self.0.told.subscribe();
        let start = match request.get_ref().cursor.as_str() {
            "" => told.borrow().len(),
            cursor => cursor
                .parse()
                .map_err(|_| Status::invalid_argument("not a cursor"))?,
        };
        Ok(Response::new(Box::pin(tail(told, start))))
    }
}

/// A cursor is how many calls were told before.
fn tail(
    mut told: tokio::sync::watch::Receiver<Vec<wire::ToolCall>>,
    mut next: usize,
) -> impl Stream<Item = Result<wire::TailToolCallsResponse, Status>> {
    async_stream::stream! {
        loop {
            let Ok(now) = told.wait_for(|told| told.len() > next).await.map(|told| told.clone()) else { return };
            let tool_calls = now[next..].to_vec();
            next = now.len();
            yield Ok(wire::TailToolCallsResponse { tool_calls, cursor: next.to_string(), skipped: 0 });
        }
    }
}

pub(crate) fn sample_session() -> wire::ClientSession {
    wire::ClientSession {
        id: CALL.to_owned(),
        capabilities_json: r#"{"roots":{}}"#.to_owned(),
        end: domain::SessionEnd::Closed.to_wire(),
        ..Default::default()
    }
}

#[tonic::async_trait]
impl SessionsService for Sessions {
    async fn list_sessions(
        &self,
        _request: Request<wire::ListSessionsRequest>,
    ) -> Answer<wire::ListSessionsResponse> {
        Ok(Response::new(wire::ListSessionsResponse {
            sessions: vec![sample_session()],
            page: None,
        }))
    }

    async fn get_session(
        &self,
        request: Request<wire::GetSessionRequest>,
    ) -> Answer<wire::GetSessionResponse> {
        Ok(Response::new(wire::GetSessionResponse {
            session: Some(wire::ClientSession {
                id: request.into_inner().id,
                ..sample_session()
            }),
        }))
    }
}

pub(crate) fn sample_line() -> wire::ServerLog {
    wire::ServerLog {
        level: domain::LogLevel::Info.to_wire(),
        kind: domain::ServerLogKind::Stderr.to_wire(),
        line: "ready".to_owned(),
        ..wire::ServerLog::default()
    }
}

#[tonic::async_trait]
impl ServerLogsService for ServerLogs {
    type TailServerLogsStream = BoxStream<'static, Result<wire::TailServerLogsResponse, Status>>;

    /// The line behind the cursor, once.
    async fn tail_server_logs(
        &self,
        request: Request<wire::TailServerLogsRequest>,
    ) -> Answer<Self::TailServerLogsStream> {
        let request = request.into_inner();
        let told = wire::TailServerLogsResponse {
            server_logs: vec![wire::ServerLog {
                server_id: request.server_id.unwrap_or_default(),
                ..sample_line()
            }],
            cursor: format!("{}+1", request.cursor),
        };
        let then = futures::stream::pending();
        Ok(Response::new(Box::pin(
            futures::stream::iter([Ok(told)]).chain(then),
        )))
    }

    async fn list_server_logs(
        &self,
        request: Request<wire::ListServerLogsRequest>,
    ) -> Answer<wire::ListServerLogsResponse> {
        Ok(Response::new(wire::ListServerLogsResponse {
            server_logs: vec![wire::ServerLog {
                server_id: request.into_inner().server_id.unwrap_or_default(),
                ..sample_line()
            }],
            page: None,
        }))
    }
}
