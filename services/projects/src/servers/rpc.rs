use std::sync::Arc;

use domain::{Isolation, Permission};
use proto::{convert::FromWire, page, projects as wire};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{
    Server, ServerChange, Servers,
    definition::{Definition, Stdio, Transport},
};
use crate::access::{Access, Granted};

/// `mcporch.projects.v1.ServersService`.
pub(crate) struct ServersRpc {
    pub(crate) servers: Arc<Servers>,
    pub(crate) access: Arc<Access>,
}

impl ServersRpc {
    async fn granted<T>(&self, request: &Request<T>, project: &str) -> Result<Granted, ServiceError> {
        let caller = self.access.caller(request.metadata()).await?;
        self.access
            .authorize(&caller, project, &[Permission::ReadProject])
            .await
    }
}

#[tonic::async_trait]
impl wire::servers_service_server::ServersService for ServersRpc {
    async fn create_server(
        &self,
        request: Request<wire::CreateServerRequest>,
    ) -> Result<Response<wire::CreateServerResponse>, Status> {
        let granted = self.granted(&request, &request.get_ref().project).await?;
        let message = request.into_inner();
        let definition = message.definition.unwrap_or_default().try_into()?;
        let is_enabled = message.is_enabled.unwrap_or(true);
        let server = self
            .servers
            .create(&granted, &message.name, definition, is_enabled)
            .await?;
        Ok(Response::new(wire::CreateServerResponse {
            server: Some(server.into()),
        }))
    }

    async fn get_server(
        &self,
        request: Request<wire::GetServerRequest>,
    ) -> Result<Response<wire::GetServerResponse>, Status> {
        let granted = self.granted(&request, &request.get_ref().project).await?;
        let server = self.servers.get(&granted, &request.get_ref().server).await?;
        Ok(Response::new(wire::GetServerResponse {
            server: Some(server.into()),
        }))
    }

    async fn list_servers(
        &self,
        request: Request<wire::ListServersRequest>,
    ) -> Result<Response<wire::ListServersResponse>, Status> {
        let granted = self.granted(&request, &request.get_ref().project).await?;
        let page = request.into_inner().page.unwrap_or_default();
        let listed = self.servers.list(&granted, page.limit, &page.cursor).await?;
        Ok(Response::new(wire::ListServersResponse {
            page: Some(page::Page {
                older: listed.older,
                newer: listed.newer,
                has_older: listed.has_older,
            }),
            servers: listed.items.into_iter().map(wire::Server::from).collect(),
        }))
    }

    async fn update_server(
        &self,
        request: Request<wire::UpdateServerRequest>,
    ) -> Result<Response<wire::UpdateServerResponse>, Status> {
        let granted = self.granted(&request, &request.get_ref().project).await?;
        let message = request.into_inner();
        let change = ServerChange {
            name: message.name,
            definition: message.definition.map(Definition::try_from).transpose()?,
            is_enabled: message.is_enabled,
        };
        let server = self.servers.update(&granted, &message.server, change).await?;
        Ok(Response::new(wire::UpdateServerResponse {
            server: Some(server.into()),
        }))
    }

    async fn delete_server(
        &self,
        request: Request<wire::DeleteServerRequest>,
    ) -> Result<Response<wire::DeleteServerResponse>, Status> {
        let granted = self.granted(&request, &request.get_ref().project).await?;
        self.servers.delete(&granted, &request.get_ref().server).await?;
        Ok(Response::new(wire::DeleteServerResponse {}))
    }
}

impl TryFrom<wire::ServerDefinition> for Definition {
    type Error = ServiceError;

    fn try_from(definition: wire::ServerDefinition) -> Result<Self, ServiceError> {
        let isolation = match definition.isolation {
            0 => Isolation::Auto,
            value => Isolation::from_wire(value).ok_or_else(|| {
                ServiceError::invalid("definition.isolation", "expected auto, shared or session")
            })?,
        };
        let Some(wire::server_definition::Transport::Stdio(stdio)) = definition.transport else {
            return Err(ServiceError::invalid("definition.transport", "expected stdio"));
        };
        Ok(Self {
            transport: Transport::Stdio(Stdio {
                command: stdio.command,
                args: stdio.args,
                env: stdio.env.into_iter().collect(),
                cwd: stdio.cwd,
            }),
            timeout_ms: definition.timeout_ms,
            init_timeout_ms: definition.init_timeout_ms,
            max_in_flight: definition.max_in_flight,
            isolation,
        })
    }
}

impl From<Definition> for wire::ServerDefinition {
    fn from(definition: Definition) -> Self {
        let Transport::Stdio(stdio) = definition.transport;
        Self {
            transport: Some(wire::server_definition::Transport::Stdio(wire::StdioTransport {
                command: stdio.command,
                args: stdio.args,
                env: stdio.env.into_iter().collect(),
                cwd: stdio.cwd,
            })),
            timeout_ms: definition.timeout_ms,
            init_timeout_ms: definition.init_timeout_ms,
            max_in_flight: definition.max_in_flight,
            isolation: definition.isolation.to_wire(),
        }
    }
}

impl From<Server> for wire::Server {
    fn from(server: Server) -> Self {
        Self {
            id: server.id.to_string(),
            project_id: server.project_id.to_string(),
            name: server.name,
            definition: Some(server.definition.into()),
            is_enabled: server.is_enabled,
            created_at_us: server.created_at.as_micros(),
            updated_at_us: server.updated_at.as_micros(),
        }
    }
}
