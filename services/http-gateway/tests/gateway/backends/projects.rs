use std::sync::Arc;

use access::{CLIENT_ADDRESS_METADATA, Credential};
use domain::Permission;
use proto::{
    convert::FromWire as _,
    projects::{
        self as wire, access_service_server::AccessService, api_keys_service_server::ApiKeysService,
        members_service_server::MembersService, projects_service_server::ProjectsService,
        server_definition::Transport, servers_service_server::ServersService,
        users_service_server::UsersService,
    },
};
use service_error::{Code, ServiceError};
use tonic::{Request, Response, Status};

use super::{PROJECT, SERVER, USER, World, lock};
use crate::stack::NOON;

pub(crate) struct Users(pub(crate) Arc<World>);
pub(crate) struct Access(pub(crate) Arc<World>);
pub(crate) struct Projects(pub(crate) Arc<World>);
pub(crate) struct ApiKeys(pub(crate) Arc<World>);
pub(crate) struct Servers(pub(crate) Arc<World>);
pub(crate) struct Members(pub(crate) Arc<World>);

type Answer<T> = Result<Response<T>, Status>;

fn user() -> wire::User {
    wire::User {
        id: USER.to_owned(),
        email: "kim@example.com".to_owned(),
        name: "Kim".to_owned(),
        is_admin: true,
        is_active: true,
        created_at_us: NOON.as_micros(),
        last_login_at_us: None,
    }
}

fn project() -> wire::Project {
    wire::Project {
        id: PROJECT.to_owned(),
        slug: "acme".to_owned(),
        name: "Acme".to_owned(),
        description: String::new(),
        role: domain::Role::Owner.to_wire(),
        created_at_us: NOON.as_micros(),
        is_favorite: false,
    }
}

pub(crate) fn sample_server() -> wire::Server {
    wire::Server {
        id: SERVER.to_owned(),
        project_id: PROJECT.to_owned(),
        name: "sample".to_owned(),
        definition: Some(wire::ServerDefinition {
            transport: Some(Transport::Stdio(wire::StdioTransport {
                command: "sample-server".to_owned(),
                args: vec!["--verbose".to_owned()],
                env: [("LOG".to_owned(), "info".to_owned())].into(),
                cwd: Some("/srv".to_owned()),
            })),
            timeout_ms: 60_000,
            init_timeout_ms: 30_000,
            max_in_flight: 64,
            isolation: domain::Isolation::Auto.to_wire(),
            ..Default::default()
        }),
        is_enabled: true,
        created_at_us: NOON.as_micros(),
        updated_at_us: NOON.as_micros(),
        ..Default::default()
    }
}

impl Users {
    fn session(&self) -> wire::WebSession {
        wire::WebSession {
            token: self.0.person(Permission::ALL),
            expires_at_us: NOON.as_micros() + 3_600_000_000,
        }
    }
}

#[tonic::async_trait]
impl UsersService for Users {
    async fn sign_up(&self, request: Request<wire::SignUpRequest>) -> Answer<wire::SignUpResponse> {
        if request.get_ref().email == "taken@example.com" {
            let taken = ServiceError::new(Code::AlreadyExists, "email_taken", "this address has an account");
            return Err(taken.into());
        }
        Ok(Response::new(wire::SignUpResponse {
            user: Some(user()),
            session: Some(self.session()),
        }))
    }

    async fn get_sign_up(
        &self,
        _request: Request<wire::GetSignUpRequest>,
    ) -> Answer<wire::GetSignUpResponse> {
        Ok(Response::new(wire::GetSignUpResponse {
            is_open: true,
            is_first: true,
        }))
    }

    async fn sign_in(&self, request: Request<wire::SignInRequest>) -> Answer<wire::SignInResponse> {
        *lock(&self.0.asked.sign_in_from) = request
            .metadata()
            .get(CLIENT_ADDRESS_METADATA)
            .map(|address| address.to_str().expect("text").to_owned());
        if request.get_ref().password != "right" {
            let wrong = ServiceError::new(
                Code::Unauthenticated,
                "wrong_password",
                "the address or the password is wrong",
            );
            return Err(wrong.into());
        }
        Ok(Response::new(wire::SignInResponse {
            user: Some(user()),
            session: Some(self.session()),
        }))
    }

    async fn sign_out(&self, request: Request<wire::SignOutRequest>) -> Answer<wire::SignOutResponse> {
        let (credential, _) = self.0.permissions(request.metadata())?;
        if let Credential::WebSession(token) = credential {
            self.0.revoke(token.expose());
        }
        Ok(Response::new(wire::SignOutResponse {}))
    }

    async fn update_me(&self, _request: Request<wire::UpdateMeRequest>) -> Answer<wire::UpdateMeResponse> {
        Err(Status::unimplemented("no account changes in these tests"))
    }

    async fn delete_me(&self, _request: Request<wire::DeleteMeRequest>) -> Answer<wire::DeleteMeResponse> {
        Err(Status::unimplemented("no account changes in these tests"))
    }

    async fn change_password(
        &self,
        _request: Request<wire::ChangePasswordRequest>,
    ) -> Answer<wire::ChangePasswordResponse> {
        Err(Status::unimplemented("no account changes in these tests"))
    }

    async fn list_web_sessions(
        &self,
        _request: Request<wire::ListWebSessionsRequest>,
    ) -> Answer<wire::ListWebSessionsResponse> {
        Err(Status::unimplemented("no account changes in these tests"))
    }

    async fn revoke_web_sessions(
        &self,
        _request: Request<wire::RevokeWebSessionsRequest>,
    ) -> Answer<wire::RevokeWebSessionsResponse> {
        Err(Status::unimplemented("no account changes in these tests"))
    }

    async fn create_sign_in_link(
        &self,
        _request: Request<wire::CreateSignInLinkRequest>,
    ) -> Answer<wire::CreateSignInLinkResponse> {
        Err(Status::unimplemented("the HTTP gateway makes no links"))
    }

    async fn redeem_sign_in_link(
        &self,
        _request: Request<wire::RedeemSignInLinkRequest>,
    ) -> Answer<wire::RedeemSignInLinkResponse> {
        Ok(Response::new(wire::RedeemSignInLinkResponse {
            user: Some(user()),
            session: Some(self.session()),
        }))
    }

    async fn get_me(&self, request: Request<wire::GetMeRequest>) -> Answer<wire::GetMeResponse> {
        self.0.permissions(request.metadata())?;
        Ok(Response::new(wire::GetMeResponse {
            user: Some(user()),
            ..wire::GetMeResponse::default()
        }))
    }
}

#[tonic::async_trait]
impl AccessService for Access {
    async fn authorize(&self, request: Request<wire::AuthorizeRequest>) -> Answer<wire::AuthorizeResponse> {
        let (credential, permissions) = self.0.enter(request.metadata(), &request.get_ref().project)?;
        let wanted = request.get_ref().permissions.iter();
        if !wanted
            .filter_map(|wanted| Permission::from_wire(*wanted))
            .all(|wanted| permissions.contains(&wanted))
        {
            return Err(ServiceError::new(Code::PermissionDenied, "role_too_low", "ask an owner").into());
        }
        let is_key = matches!(credential, Credential::ApiKey(_));
        Ok(Response::new(wire::AuthorizeResponse {
            project: Some(project()),
            permissions: permissions.into_iter().map(Permission::to_wire).collect(),
            user_id: (!is_key).then(|| USER.to_owned()),
            api_key_id: is_key.then(|| USER.to_owned()),
        }))
    }
}

#[tonic::async_trait]
impl ProjectsService for Projects {
    async fn create_project(
        &self,
        request: Request<wire::CreateProjectRequest>,
    ) -> Answer<wire::CreateProjectResponse> {
        self.0.permissions(request.metadata())?;
        if request.get_ref().name == "Acme" {
            return Err(ServiceError::new(Code::AlreadyExists, "slug_taken", "there is an acme").into());
        }
        Ok(Response::new(wire::CreateProjectResponse {
            project: Some(project()),
        }))
    }

    async fn update_project(
        &self,
        request: Request<wire::UpdateProjectRequest>,
    ) -> Answer<wire::UpdateProjectResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        let name = request.into_inner().name;
        Ok(Response::new(wire::UpdateProjectResponse {
            project: Some(wire::Project {
                name: name.unwrap_or_default(),
                ..project()
            }),
        }))
    }

    async fn set_favorite(
        &self,
        request: Request<wire::SetFavoriteRequest>,
    ) -> Answer<wire::SetFavoriteResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        Ok(Response::new(wire::SetFavoriteResponse {}))
    }

    async fn get_project(
        &self,
        request: Request<wire::GetProjectRequest>,
    ) -> Answer<wire::GetProjectResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        Ok(Response::new(wire::GetProjectResponse {
            project: Some(project()),
        }))
    }

    async fn list_projects(
        &self,
        request: Request<wire::ListProjectsRequest>,
    ) -> Answer<wire::ListProjectsResponse> {
        self.0.permissions(request.metadata())?;
        Ok(Response::new(wire::ListProjectsResponse {
            projects: vec![project()],
            page: Some(proto::page::Page {
                older: String::new(),
                newer: "c1".to_owned(),
                has_older: false,
            }),
        }))
    }
}

#[tonic::async_trait]
impl ApiKeysService for ApiKeys {
    async fn create_api_key(
        &self,
        request: Request<wire::CreateApiKeyRequest>,
    ) -> Answer<wire::CreateApiKeyResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        let request = request.into_inner();
        Ok(Response::new(wire::CreateApiKeyResponse {
            api_key: Some(wire::ApiKey {
                name: request.name,
                expires_at_us: request.expires_at_us,
                ..wire::ApiKey::default()
            }),
            key: self.0.key(&[Permission::ReadProject]),
        }))
    }

    async fn update_api_key(
        &self,
        request: Request<wire::UpdateApiKeyRequest>,
    ) -> Answer<wire::UpdateApiKeyResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        let request = request.into_inner();
        *lock(&self.0.asked.key_update) = Some(request.clone());
        Ok(Response::new(wire::UpdateApiKeyResponse {
            api_key: Some(wire::ApiKey {
                id: request.id,
                ..wire::ApiKey::default()
            }),
        }))
    }

    async fn record_key_uses(
        &self,
        _request: Request<wire::RecordKeyUsesRequest>,
    ) -> Answer<wire::RecordKeyUsesResponse> {
        Err(Status::unimplemented("the MCP gateway's business"))
    }

    async fn list_api_keys(
        &self,
        request: Request<wire::ListApiKeysRequest>,
    ) -> Answer<wire::ListApiKeysResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        Ok(Response::new(wire::ListApiKeysResponse::default()))
    }

    async fn revoke_api_key(
        &self,
        request: Request<wire::RevokeApiKeyRequest>,
    ) -> Answer<wire::RevokeApiKeyResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        Ok(Response::new(wire::RevokeApiKeyResponse {
            api_key: Some(wire::ApiKey {
                id: request.into_inner().id,
                revoked_at_us: Some(NOON.as_micros()),
                ..wire::ApiKey::default()
            }),
        }))
    }
}

#[tonic::async_trait]
impl ServersService for Servers {
    async fn create_server(
        &self,
        request: Request<wire::CreateServerRequest>,
    ) -> Answer<wire::CreateServerResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        let request = request.into_inner();
        Ok(Response::new(wire::CreateServerResponse {
            server: Some(wire::Server {
                name: request.name,
                definition: request.definition,
                is_enabled: request.is_enabled.unwrap_or(true),
                ..sample_server()
            }),
        }))
    }

    async fn get_server(&self, request: Request<wire::GetServerRequest>) -> Answer<wire::GetServerResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        let wanted = &request.get_ref().server;
        let servers = lock(&self.0.servers);
        let found = servers
            .iter()
            .find(|server| server.id == *wanted || server.name == *wanted)
            .cloned()
            .ok_or_else(|| ServiceError::not_found("server"))?;
        Ok(Response::new(wire::GetServerResponse { server: Some(found) }))
    }

    async fn list_servers(
        &self,
        request: Request<wire::ListServersRequest>,
    ) -> Answer<wire::ListServersResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        Ok(Response::new(wire::ListServersResponse {
            servers: lock(&self.0.servers).clone(),
            page: None,
        }))
    }

    async fn update_server(
        &self,
        request: Request<wire::UpdateServerRequest>,
    ) -> Answer<wire::UpdateServerResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        let request = request.into_inner();
        *lock(&self.0.asked.server_update) = Some(request.clone());
        let mut server = sample_server();
        if request
            .if_version
            .is_some_and(|version| version != server.version)
        {
            return Err(ServiceError::new(Code::Conflict, "changed_meanwhile", "changed").into());
        }
        server.version += 1;
        server.definition = request.definition.or(server.definition);
        server.name = request.name.unwrap_or(server.name);
        server.is_enabled = request.is_enabled.unwrap_or(server.is_enabled);
        Ok(Response::new(wire::UpdateServerResponse { server: Some(server) }))
    }

    async fn import_servers(
        &self,
        _request: Request<wire::ImportServersRequest>,
    ) -> Answer<wire::ImportServersResponse> {
        Err(Status::unimplemented("nothing is imported in these tests"))
    }

    async fn switch_tools(
        &self,
        request: Request<wire::SwitchToolsRequest>,
    ) -> Answer<wire::SwitchToolsResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        let switches = request.into_inner().switches.into_iter();
        let off = switches.filter(|switch| !switch.is_enabled);
        Ok(Response::new(wire::SwitchToolsResponse {
            server: Some(wire::Server {
                disabled_tools: off.map(|switch| switch.tool).collect(),
                ..sample_server()
            }),
        }))
    }

    async fn delete_server(
        &self,
        request: Request<wire::DeleteServerRequest>,
    ) -> Answer<wire::DeleteServerResponse> {
        self.0.enter(request.metadata(), &request.get_ref().project)?;
        lock(&self.0.servers).clear();
        Ok(Response::new(wire::DeleteServerResponse {}))
    }
}

#[tonic::async_trait]
impl MembersService for Members {
    async fn list_members(
        &self,
        request: Request<wire::ListMembersRequest>,
    ) -> Answer<wire::ListMembersResponse> {
        let (metadata, _, request) = request.into_parts();
        let place = request.place.and_then(|place| place.place);
        let Some(wire::place::Place::Project(project)) = place else {
            return Err(Status::unimplemented("no teams here"));
        };
        self.0.enter(&metadata, &project)?;
        let members = vec![wire::Member {
            user_id: SERVER.to_owned(),
            email: "lee@example.com".to_owned(),
            ..Default::default()
        }];
        Ok(Response::new(wire::ListMembersResponse { members }))
    }

    async fn update_member(
        &self,
        _: Request<wire::UpdateMemberRequest>,
    ) -> Answer<wire::UpdateMemberResponse> {
        Err(Status::unimplemented("nobody asks for it here"))
    }

    async fn remove_member(
        &self,
        _: Request<wire::RemoveMemberRequest>,
    ) -> Answer<wire::RemoveMemberResponse> {
        Err(Status::unimplemented("nobody asks for it here"))
    }

    async fn transfer_ownership(
        &self,
        _: Request<wire::TransferOwnershipRequest>,
    ) -> Answer<wire::TransferOwnershipResponse> {
        Err(Status::unimplemented("nobody asks for it here"))
    }
}
