use std::sync::Arc;

use domain::Permission;
use proto::projects::{
    CreateServerRequest, CreateServerResponse, DeleteServerRequest, DeleteServerResponse, GetServerRequest,
    GetServerResponse, ImportServersRequest, ImportServersResponse, ListServersRequest, ListServersResponse,
    SwitchToolsRequest, SwitchToolsResponse, UpdateServerRequest, UpdateServerResponse,
    servers_service_server::ServersService,
};
use tonic::{Request, Response, Status};

mod convert;

pub(crate) use convert::with_secrets;
use convert::{imported_to_wire, page_to_wire, parse_definition, parse_name, shown};

use super::{NewServer, ServerChange, Servers, parse_secrets, switches};
use crate::{access::Access, secrets::SecretChanges};

/// `mcporch.projects.v1.ServersService`.
pub(crate) struct ServersRpc {
    pub(crate) servers: Arc<Servers>,
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl ServersService for ServersRpc {
    async fn create_server(
        &self,
        request: Request<CreateServerRequest>,
    ) -> Result<Response<CreateServerResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteServers])
            .await?;
        let (definition, secrets) = parse_definition(request.definition.unwrap_or_default())?;
        let new = NewServer {
            name: parse_name(&request.name)?,
            definition,
            secrets,
            is_enabled: request.is_enabled.unwrap_or(true),
        };
        let server = self.servers.create(&granted, new).await?;
        Ok(Response::new(CreateServerResponse {
            server: Some(shown(&server, &granted)),
        }))
    }

    async fn get_server(
        &self,
        request: Request<GetServerRequest>,
    ) -> Result<Response<GetServerResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::ReadProject])
            .await?;
        let server = self.servers.get(&granted, &request.server).await?;
        Ok(Response::new(GetServerResponse {
            server: Some(shown(&server, &granted)),
        }))
    }

    async fn list_servers(
        &self,
        request: Request<ListServersRequest>,
    ) -> Result<Response<ListServersResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::ReadProject])
            .await?;
        let page = request.page.unwrap_or_default();
        let page = self.servers.list(&granted, page.limit, &page.cursor).await?;
        Ok(Response::new(page_to_wire(&page, &granted)))
    }

    async fn update_server(
        &self,
        request: Request<UpdateServerRequest>,
    ) -> Result<Response<UpdateServerResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteServers])
            .await?;
        let (definition, secrets) = request.definition.map(parse_definition).transpose()?.unzip();
        let mut secrets: SecretChanges = secrets.unwrap_or_default();
        if !request.secrets.is_empty() {
            let transport = match &definition {
                Some(definition) => definition.transport.clone(),
                None => {
                    self.servers
                        .get(&granted, &request.server)
                        .await?
                        .definition
                        .transport
                }
            };
            secrets.extend(parse_secrets(&transport, request.secrets)?);
        }
        let change = ServerChange {
            name: request.name.as_deref().map(parse_name).transpose()?,
            definition,
            secrets,
            is_enabled: request.is_enabled,
            if_version: request.if_version,
        };
        let server = self.servers.update(&granted, &request.server, change).await?;
        Ok(Response::new(UpdateServerResponse {
            server: Some(shown(&server, &granted)),
        }))
    }

    async fn delete_server(
        &self,
        request: Request<DeleteServerRequest>,
    ) -> Result<Response<DeleteServerResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteServers])
            .await?;
        self.servers.delete(&granted, &request.server).await?;
        Ok(Response::new(DeleteServerResponse {}))
    }

    async fn import_servers(
        &self,
        request: Request<ImportServersRequest>,
    ) -> Result<Response<ImportServersResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteServers])
            .await?;
        let imported = self
            .servers
            .import(&granted, &request.configuration_json, request.is_preview)
            .await?;
        Ok(Response::new(ImportServersResponse {
            servers: imported
                .into_iter()
                .map(|one| imported_to_wire(one, &granted))
                .collect(),
        }))
    }

    async fn switch_tools(
        &self,
        request: Request<SwitchToolsRequest>,
    ) -> Result<Response<SwitchToolsResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteServers])
            .await?;
        let switches = request.switches.into_iter();
        let switches = switches::parse(switches.map(|switch| (switch.tool, switch.is_enabled)))?;
        let server = self
            .servers
            .switch_tools(&granted, &request.server, &switches)
            .await?;
        Ok(Response::new(SwitchToolsResponse {
            server: Some(shown(&server, &granted)),
        }))
    }
}
