use std::sync::Arc;

use database::keyset::Page;
use domain::{Isolation, Permission, ServerName};
use proto::{
    convert::FromWire as _,
    page::Page as WirePage,
    projects::{
        self as wire, CreateServerRequest, CreateServerResponse, DeleteServerRequest, DeleteServerResponse,
        GetServerRequest, GetServerResponse, ListServersRequest, ListServersResponse, UpdateServerRequest,
        UpdateServerResponse, server_definition::Transport as WireTransport,
        servers_service_server::ServersService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{
    Limits, NewServer, Server, ServerChange, ServerDefinition, Servers, Stdio, Transport, may_read_values,
};
use crate::access::{Access, Granted};

/// What stands for a value of the environment that the caller may not read.
const HIDDEN: &str = "***";

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
        let new = NewServer {
            name: parse_name(&request.name)?,
            definition: parse_definition(request.definition.unwrap_or_default())?,
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
        let Page {
            items,
            older,
            newer,
            has_older,
        } = self.servers.list(&granted, page.limit, &page.cursor).await?;
        Ok(Response::new(ListServersResponse {
            servers: items.iter().map(|server| shown(server, &granted)).collect(),
            page: Some(WirePage {
                older,
                newer,
                has_older,
            }),
        }))
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
        let change = ServerChange {
            name: request.name.as_deref().map(parse_name).transpose()?,
            definition: request.definition.map(parse_definition).transpose()?,
            is_enabled: request.is_enabled,
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
}

/// A server with all that it is started with: for who may write it, and for
/// the gateway.
pub(crate) fn to_wire(server: &Server) -> wire::Server {
    let Transport::Stdio(stdio) = &server.definition.transport;
    let limits = server.definition.limits;
    wire::Server {
        id: server.id.to_string(),
        project_id: server.project_id.to_string(),
        name: server.name.to_string(),
        definition: Some(wire::ServerDefinition {
            transport: Some(WireTransport::Stdio(wire::StdioTransport {
                command: stdio.command().to_owned(),
                args: stdio.args().to_vec(),
                env: stdio
                    .env()
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
                cwd: stdio.cwd().map(str::to_owned),
            })),
            timeout_ms: limits.timeout_ms(),
            init_timeout_ms: limits.init_timeout_ms(),
            max_in_flight: limits.max_in_flight(),
            isolation: server.definition.isolation.to_wire(),
            ..Default::default()
        }),
        is_enabled: server.is_enabled,
        created_at_us: server.created_at.as_micros(),
        updated_at_us: server.updated_at.as_micros(),
        ..Default::default()
    }
}

/// A server, as much of it as the caller may read.
fn shown(server: &Server, granted: &Granted) -> wire::Server {
    let mut shown = to_wire(server);
    if !may_read_values(granted)
        && let Some(definition) = &mut shown.definition
        && let Some(WireTransport::Stdio(stdio)) = &mut definition.transport
    {
        for value in stdio.env.values_mut() {
            HIDDEN.clone_into(value);
        }
    }
    shown
}

fn parse_name(text: &str) -> Result<ServerName, ServiceError> {
    ServerName::parse(text).map_err(|error| ServiceError::invalid("name", error.to_string()))
}

fn parse_definition(definition: wire::ServerDefinition) -> Result<ServerDefinition, ServiceError> {
    let Some(WireTransport::Stdio(stdio)) = definition.transport else {
        return Err(ServiceError::invalid(
            "definition",
            "say how the server is reached",
        ));
    };
    let isolation = match definition.isolation {
        0 => Isolation::Auto,
        value => Isolation::from_wire(value).ok_or_else(|| {
            ServiceError::invalid(
                "isolation",
                format!("expected one of {}", Isolation::WORDS.join(", ")),
            )
        })?,
    };
    Ok(ServerDefinition {
        transport: Transport::Stdio(Stdio::parse(
            stdio.command,
            stdio.args,
            stdio.env.into_iter().collect(),
            stdio.cwd,
        )?),
        limits: Limits::parse(
            definition.timeout_ms,
            definition.init_timeout_ms,
            definition.max_in_flight,
        )?,
        isolation,
    })
}

#[cfg(test)]
mod tests {
    use database::database_test;

    use super::*;
    use crate::{MIGRATIONS, test_project::TestProject};

    fn stdio() -> wire::ServerDefinition {
        wire::ServerDefinition {
            transport: Some(WireTransport::Stdio(wire::StdioTransport {
                command: "npx".to_owned(),
                env: [("TOKEN".to_owned(), "canary".to_owned())].into(),
                ..Default::default()
            })),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_left_out_is_the_default_and_what_is_unknown_is_refused() {
        let definition = parse_definition(stdio()).expect("a definition");
        assert_eq!(definition.isolation, Isolation::Auto);
        assert_eq!(definition.limits.timeout_ms(), 60_000);
        for (definition, field) in [
            (wire::ServerDefinition::default(), "definition"),
            (
                wire::ServerDefinition {
                    isolation: 99,
                    ..stdio()
                },
                "isolation",
            ),
        ] {
            let refusal = parse_definition(definition).expect_err("refused");
            assert_eq!(refusal.fields[0].field, field);
        }
    }

    database_test! {
        &MIGRATIONS;

        async fn values_of_the_environment_are_shown_to_who_may_write_them(database: Database) {
            let home = TestProject::new(database).await;
            let servers = Servers::new(home.database.clone(), home.clock.clone(), home.changes.clone());
            let owner = home.granted(&home.owner).await;
            let new = NewServer {
                name: parse_name("tools").expect("a name"),
                definition: parse_definition(stdio()).expect("a definition"),
                is_enabled: true,
            };
            let server = servers.create(&owner, new).await.expect("made");
            assert!(format!("{:?}", shown(&server, &owner)).contains("canary"));
            for user in [&home.developer, &home.reporter] {
                let seen = format!("{:?}", shown(&server, &home.granted(user).await));
                assert!(seen.contains("TOKEN") && !seen.contains("canary"), "{seen}");
            }
        }
    }
}
