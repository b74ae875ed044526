//! gRPC: tools for those who are no MCP client, who is connected, and what runs.

mod sessions;
mod tools;
mod upstreams;

use std::sync::Arc;

use access::{AllowList, ServiceName};
use domain::{ApiKeyId, Door, ProjectId};
use proto::{
    convert::parse_id,
    logging::{Client, Principal},
};
use service_error::{Code, ServiceError};

use crate::{
    directory::{Project, Server},
    relay::{Caller, Permissions, Relay, Trace},
    session::Endpoint,
};

const CALLERS: &[ServiceName] = &[ServiceName::HttpGateway, ServiceName::Operator];

/// Who may call what. The http-gateway has asked the projects service whether
/// the person may.
pub(crate) const ALLOWED: AllowList = &[
    ("mcporch.gateway.v1.ToolsService/ListTools", CALLERS),
    ("mcporch.gateway.v1.ToolsService/CallTool", CALLERS),
    ("mcporch.gateway.v1.UpstreamsService/ListUpstreams", CALLERS),
    ("mcporch.gateway.v1.UpstreamsService/RestartUpstream", CALLERS),
    ("mcporch.gateway.v1.UpstreamsService/TestServer", CALLERS),
    ("mcporch.gateway.v1.LiveSessionsService/ListLiveSessions", CALLERS),
    ("mcporch.gateway.v1.LiveSessionsService/EndSession", CALLERS),
];

/// All services.
#[derive(Debug, Clone)]
pub(crate) struct Rpc(pub(crate) Arc<Relay>);

impl Rpc {
    /// A server that may be used, by its id or its name.
    fn server(&self, project: &str, server: &str) -> Result<(Arc<Project>, Arc<Server>), ServiceError> {
        let project: ProjectId = parse_id("project_id", project).map_err(invalid)?;
        let snapshot = self.0.directory.snapshot();
        let project = snapshot
            .project_by_id(project)
            .ok_or_else(|| ServiceError::not_found("project"))?;
        let server = project
            .server(server)
            .ok_or_else(|| ServiceError::not_found("server"))?;
        if !server.is_enabled {
            return Err(ServiceError::new(
                Code::Refused,
                "server_disabled",
                "this server is disabled; enable it first",
            ));
        }
        Ok((project.clone(), server.clone()))
    }

    /// The caller on a server's own endpoint, without a session.
    fn caller(
        &self,
        project: &str,
        server: &str,
        principal: Option<Principal>,
        client: Option<Client>,
    ) -> Result<(Caller, Arc<Server>), ServiceError> {
        let (project, server) = self.server(project, server)?;
        let principal = principal.unwrap_or_default();
        let permissions = match &principal.api_key_id {
            Some(id) => self.permissions_of_key(&project, id)?,
            None => Permissions::all(),
        };
        let caller = Caller {
            project,
            endpoint: Endpoint::Server(server.id),
            door: Door::Rest,
            session: None,
            log_level: None,
            questions: None,
            asker: Some((principal, client.unwrap_or_default())),
            revision: None,
            permissions,
            trace: Trace::default(),
        };
        Ok((caller, server))
    }

    /// A key may by this way what it may at the doors, and as often.
    fn permissions_of_key(&self, project: &Project, id: &str) -> Result<Permissions, ServiceError> {
        let id: ApiKeyId = parse_id("principal.api_key_id", id).map_err(invalid)?;
        let now = self.0.recorder.clock().now();
        let key = project.key_by_id(id, now).ok_or_else(|| {
            ServiceError::new(
                Code::Unavailable,
                "key_not_known_yet",
                "the gateway does not know this API key yet, or no more; try again in a second",
            )
        })?;
        Ok(Permissions::of_key(key))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` wants")]
fn invalid(error: proto::convert::InvalidField) -> ServiceError {
    ServiceError::invalid(error.field, error.problem.clone())
}
