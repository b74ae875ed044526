use std::sync::Arc;

use proto::{
    convert::FromWire as _,
    gateway::{
        self as wire, live_sessions_service_server::LiveSessionsService, tools_service_server::ToolsService,
        upstreams_service_server::UpstreamsService,
    },
};
use tonic::{Request, Response, Status};

use super::{SERVER, World, lock, logging::sample_call};
use crate::stack::NOON;

pub(crate) struct Tools(pub(crate) Arc<World>);
pub(crate) struct Upstreams(pub(crate) Arc<World>);
pub(crate) struct LiveSessions;

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl ToolsService for Tools {
    async fn list_tools(&self, _request: Request<wire::ListToolsRequest>) -> Answer<wire::ListToolsResponse> {
        let echo = r#"{"name":"echo","inputSchema":{"type":"object","maximum":1.0}}"#;
        Ok(Response::new(wire::ListToolsResponse {
            tools_json: vec![echo.to_owned()],
            ..wire::ListToolsResponse::default()
        }))
    }

    /// The tool `fail` fails, as tools do; `refuse` answers with a JSON-RPC
    /// error, and `large` with too much.
    async fn call_tool(&self, request: Request<wire::CallToolRequest>) -> Answer<wire::CallToolResponse> {
        let request = request.into_inner();
        let mut call = sample_call();
        if request.tool_name == "fail" {
            call.status = domain::ToolCallStatus::Error.to_wire();
            call.error_kind = domain::ErrorKind::ToolError.to_wire();
            "it failed".clone_into(&mut call.error_message);
        }
        if request.tool_name == "refuse" {
            call.error_code = Some(-32_602);
        }
        if let Some(result) = &mut call.result {
            result.is_truncated = request.tool_name == "large";
        }
        *lock(&self.0.asked.call) = Some(request);
        Ok(Response::new(wire::CallToolResponse {
            tool_call: Some(call),
        }))
    }
}

#[tonic::async_trait]
impl UpstreamsService for Upstreams {
    async fn list_upstreams(
        &self,
        _request: Request<wire::ListUpstreamsRequest>,
    ) -> Answer<wire::ListUpstreamsResponse> {
        let upstream = |server_id: &str, state: domain::UpstreamState| wire::Upstream {
            server_id: server_id.to_owned(),
            state: state.to_wire(),
            started_at_us: NOON.as_micros(),
            ..wire::Upstream::default()
        };
        Ok(Response::new(wire::ListUpstreamsResponse {
            upstreams: vec![
                upstream(SERVER, domain::UpstreamState::Starting),
                upstream("another", domain::UpstreamState::Ready),
            ],
        }))
    }

    async fn restart_upstream(
        &self,
        request: Request<wire::RestartUpstreamRequest>,
    ) -> Answer<wire::RestartUpstreamResponse> {
        *lock(&self.0.asked.restart) = Some(request.into_inner());
        Ok(Response::new(wire::RestartUpstreamResponse { upstream: None }))
    }

    /// As a server that is well.
    async fn test_server(
        &self,
        request: Request<wire::TestServerRequest>,
    ) -> Answer<wire::TestServerResponse> {
        *lock(&self.0.asked.server_test) = Some(request.into_inner());
        Ok(Response::new(wire::TestServerResponse {
            is_ok: true,
            tools_json: vec![r#"{"name":"echo"}"#.to_owned(), "7".to_owned()],
            ..wire::TestServerResponse::default()
        }))
    }
}

#[tonic::async_trait]
impl LiveSessionsService for LiveSessions {
    /// All that there are, are connected.
    async fn list_live_sessions(
        &self,
        _request: Request<wire::ListLiveSessionsRequest>,
    ) -> Answer<wire::ListLiveSessionsResponse> {
        let session = wire::LiveSession {
            session: Some(super::logging::sample_session()),
            in_flight: 2,
            open_streams: 1,
        };
        Ok(Response::new(wire::ListLiveSessionsResponse {
            sessions: vec![session],
        }))
    }

    async fn end_session(
        &self,
        _request: Request<wire::EndSessionRequest>,
    ) -> Answer<wire::EndSessionResponse> {
        Ok(Response::new(wire::EndSessionResponse {}))
    }
}
