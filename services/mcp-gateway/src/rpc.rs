//! gRPC: tools for those who are no MCP client, and what runs.

use std::sync::Arc;

use access::{AllowList, ServiceName};
use domain::{Door, ProjectId, ServerId, SessionId};
use proto::{
    convert::{FromWire as _, parse_id},
    gateway::{
        CallToolRequest, CallToolResponse, ListToolsRequest, ListToolsResponse, ListUpstreamsRequest,
        ListUpstreamsResponse, Upstream, tools_service_server::ToolsService,
        upstreams_service_server::UpstreamsService,
    },
    logging::{Client, Principal},
};
use service_error::{Code, ServiceError};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

use crate::{
    directory::Server,
    message::object_fields,
    relay::{Caller, Permissions, Relay, Trace},
    session::Endpoint,
    upstream,
};

const CALLERS: &[ServiceName] = &[ServiceName::HttpGateway, ServiceName::Operator];

/// Who may call what. The http-gateway has asked the projects service whether
/// the person may.
pub(crate) const ALLOWED: AllowList = &[
    ("mcporch.gateway.v1.ToolsService/ListTools", CALLERS),
    ("mcporch.gateway.v1.ToolsService/CallTool", CALLERS),
    ("mcporch.gateway.v1.UpstreamsService/ListUpstreams", CALLERS),
];

/// Both services.
#[derive(Debug, Clone)]
pub(crate) struct Rpc(pub(crate) Arc<Relay>);

#[tonic::async_trait]
impl ToolsService for Rpc {
    async fn list_tools(
        &self,
        request: Request<ListToolsRequest>,
    ) -> Result<Response<ListToolsResponse>, Status> {
        let request = request.into_inner();
        let (caller, server) = self.caller(&request.project_id, &request.server_id, None, None)?;
        let tools_json = self
            .0
            .tools(&caller, &server)
            .await
            .map_err(|words| ServiceError::new(Code::Unavailable, "server_unavailable", words))?;
        Ok(Response::new(ListToolsResponse { tools_json }))
    }

    async fn call_tool(
        &self,
        request: Request<CallToolRequest>,
    ) -> Result<Response<CallToolResponse>, Status> {
        let request = request.into_inner();
        let (caller, _) = self.caller(
            &request.project_id,
            &request.server_id,
            request.principal,
            request.client,
        )?;
        let arguments = match request.arguments_json.trim() {
            "" => "{}",
            arguments => arguments,
        };
        if crate::message::check_text(arguments.as_bytes()).is_err()
            || object_fields::<0>(arguments, []).is_none()
            || serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_err()
        {
            let words = "expected a JSON object, nested at most 64 deep";
            return Err(ServiceError::invalid("arguments_json", words).into());
        }
        let name = serde_json::Value::from(request.tool_name);
        let params = format!("{{\"name\":{name},\"arguments\":{arguments}}}");
        // Whoever calls and goes away drops the call, which withdraws it.
        let cancel = CancellationToken::new();
        let end = self
            .0
            .call_tool(&caller, "", Some(&params), None, &cancel, None)
            .await;
        let tool_call = end.record.ok_or_else(|| {
            ServiceError::new(
                Code::Unavailable,
                "spool_full",
                "the gateway cannot record calls at the moment and makes none; try again in a few seconds",
            )
        })?;
        Ok(Response::new(CallToolResponse {
            tool_call: Some(tool_call),
        }))
    }
}

#[tonic::async_trait]
impl UpstreamsService for Rpc {
    async fn list_upstreams(
        &self,
        request: Request<ListUpstreamsRequest>,
    ) -> Result<Response<ListUpstreamsResponse>, Status> {
        let project: ProjectId = parse_id("project_id", &request.into_inner().project_id).map_err(invalid)?;
        let upstreams = self.0.upstreams.list(project).into_iter().map(to_wire).collect();
        Ok(Response::new(ListUpstreamsResponse { upstreams }))
    }
}

impl Rpc {
    /// The caller on a server's own endpoint, without a session.
    fn caller(
        &self,
        project: &str,
        server: &str,
        principal: Option<Principal>,
        client: Option<Client>,
    ) -> Result<(Caller, Arc<Server>), ServiceError> {
        let project: ProjectId = parse_id("project_id", project).map_err(invalid)?;
        let server: ServerId = parse_id("server_id", server).map_err(invalid)?;
        let snapshot = self.0.directory.snapshot();
        let project = snapshot
            .project_by_id(project)
            .ok_or_else(|| ServiceError::not_found("project"))?;
        let server = project
            .server_by_id(server)
            .ok_or_else(|| ServiceError::not_found("server"))?;
        if !server.is_enabled {
            return Err(ServiceError::new(
                Code::Refused,
                "server_disabled",
                "this server is disabled; enable it first",
            ));
        }
        let caller = Caller {
            project: project.clone(),
            endpoint: Endpoint::Server(server.id),
            door: Door::Rest,
            session: None,
            log_level: None,
            questions: None,
            principal: principal.unwrap_or_default(),
            client: client.unwrap_or_default(),
            revision: String::new(),
            permissions: Permissions::all(),
            trace: Trace::default(),
        };
        Ok((caller, server.clone()))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` wants")]
fn invalid(error: proto::convert::InvalidField) -> ServiceError {
    ServiceError::invalid(error.field, error.problem.clone())
}

fn to_wire(status: upstream::Status) -> Upstream {
    let connection = status.connection.as_deref();
    let hello = connection.and_then(|connection| connection.hello());
    Upstream {
        server_id: status.server_id.to_string(),
        session_id: status.owner.map(|owner: SessionId| owner.to_string()),
        state: status.state.to_wire(),
        pid: connection.and_then(|connection| connection.pid),
        revision: hello.map_or_else(String::new, |hello| hello.revision.clone()),
        implementation_name: hello.map_or_else(String::new, |hello| hello.name.clone()),
        implementation_version: hello.map_or_else(String::new, |hello| hello.version.clone()),
        started_at_us: connection.map_or(0, |connection| connection.started_at.as_micros()),
        in_flight: connection.map_or(0, |connection| connection.in_flight() as u32),
        restarts: status.restarts,
        last_error: status.last_error,
    }
}
