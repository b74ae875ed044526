use std::sync::Arc;

use access::ServiceName;
use database::keyset::Page;
use domain::Timestamp;
use proto::{
    page::{Page as WirePage, PageRequest},
    projects::{
        AnyApiKey as WireApiKey, AnyProject as WireProject, AnyTeam as WireTeam, GetSystemRequest,
        GetSystemResponse, ListAllApiKeysRequest, ListAllApiKeysResponse, ListAllProjectsRequest,
        ListAllProjectsResponse, ListAllTeamsRequest, ListAllTeamsResponse, ListUsersRequest,
        ListUsersResponse, RevokeAnyApiKeyRequest, RevokeAnyApiKeyResponse, RotateSecretsKeyRequest,
        RotateSecretsKeyResponse, SetPasswordRequest, SetPasswordResponse, UpdateUserRequest,
        UpdateUserResponse, administration_service_server::AdministrationService,
    },
};
use secrecy::SecretString;
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{Administration, Administrator, AnyApiKey, AnyProject, AnyTeam};
use crate::{
    access::Access,
    api_keys::rpc::{key_to_wire, parse_id},
    names,
    secrets::Rotate,
    users::{UserChange, Users},
};

/// `mcporch.projects.v1.AdministrationService`.
pub(crate) struct AdministrationRpc {
    pub(crate) administration: Administration,
    pub(crate) users: Arc<Users>,
    pub(crate) access: Arc<Access>,
}

impl AdministrationRpc {
    async fn enter<T>(&self, request: &Request<T>) -> Result<Administrator, ServiceError> {
        let is_operator = request.extensions().get() == Some(&ServiceName::Operator);
        Administrator::enter(&self.access, request.metadata(), is_operator).await
    }
}

#[tonic::async_trait]
impl AdministrationService for AdministrationRpc {
    async fn list_users(
        &self,
        request: Request<ListUsersRequest>,
    ) -> Result<Response<ListUsersResponse>, Status> {
        let by = self.enter(&request).await?;
        let request = request.into_inner();
        let PageRequest { limit, cursor } = request.page.unwrap_or_default();
        let listed = self
            .administration
            .users(&by, &request.text, limit, &cursor)
            .await?;
        let (users, page) = to_wire(listed);
        Ok(Response::new(ListUsersResponse { users, page }))
    }

    async fn update_user(
        &self,
        request: Request<UpdateUserRequest>,
    ) -> Result<Response<UpdateUserResponse>, Status> {
        let by = self.enter(&request).await?;
        let request = request.into_inner();
        let name = request.name.as_deref().map(names::parse).transpose()?;
        let change = UserChange {
            name,
            is_active: request.is_active,
            is_admin: request.is_admin,
        };
        let id = self.users.find(&request.user).await?.id;
        let user = self.users.update(&by.actor(), id, change).await?;
        Ok(Response::new(UpdateUserResponse {
            user: Some(user.into()),
        }))
    }

    async fn set_password(
        &self,
        request: Request<SetPasswordRequest>,
    ) -> Result<Response<SetPasswordResponse>, Status> {
        let request = request.into_inner();
        let password = SecretString::from(request.password);
        let user = self.users.set_password(&request.user, password).await?;
        Ok(Response::new(SetPasswordResponse {
            user: Some(user.into()),
        }))
    }

    async fn list_all_teams(
        &self,
        request: Request<ListAllTeamsRequest>,
    ) -> Result<Response<ListAllTeamsResponse>, Status> {
        let by = self.enter(&request).await?;
        let PageRequest { limit, cursor } = request.into_inner().page.unwrap_or_default();
        let (teams, page) = to_wire(self.administration.teams(&by, limit, &cursor).await?);
        Ok(Response::new(ListAllTeamsResponse { teams, page }))
    }

    async fn list_all_projects(
        &self,
        request: Request<ListAllProjectsRequest>,
    ) -> Result<Response<ListAllProjectsResponse>, Status> {
        let by = self.enter(&request).await?;
        let PageRequest { limit, cursor } = request.into_inner().page.unwrap_or_default();
        let (projects, page) = to_wire(self.administration.projects(&by, limit, &cursor).await?);
        Ok(Response::new(ListAllProjectsResponse { projects, page }))
    }

    async fn list_all_api_keys(
        &self,
        request: Request<ListAllApiKeysRequest>,
    ) -> Result<Response<ListAllApiKeysResponse>, Status> {
        let by = self.enter(&request).await?;
        let PageRequest { limit, cursor } = request.into_inner().page.unwrap_or_default();
        let (api_keys, page) = to_wire(self.administration.api_keys(&by, limit, &cursor).await?);
        Ok(Response::new(ListAllApiKeysResponse { api_keys, page }))
    }

    async fn revoke_any_api_key(
        &self,
        request: Request<RevokeAnyApiKeyRequest>,
    ) -> Result<Response<RevokeAnyApiKeyResponse>, Status> {
        let by = self.enter(&request).await?;
        let id = parse_id(&request.into_inner().id)?;
        let key = self.administration.revoke_api_key(&by, id).await?;
        Ok(Response::new(RevokeAnyApiKeyResponse {
            api_key: Some(key_to_wire(&key)),
        }))
    }

    async fn rotate_secrets_key(
        &self,
        request: Request<RotateSecretsKeyRequest>,
    ) -> Result<Response<RotateSecretsKeyResponse>, Status> {
        let by = self.enter(&request).await?;
        let request = request.into_inner();
        let wanted = Rotate {
            to_current: request.to_current,
            forget_old: request.forget_old,
        };
        let rotated = self.administration.rotate_secrets_key(&by, wanted).await?;
        Ok(Response::new(RotateSecretsKeyResponse {
            secrets_key_id: rotated.key_id,
            data_keys: rotated.data_keys as u64,
            old_key_ids: rotated.old_key_ids,
        }))
    }

    async fn get_system(
        &self,
        request: Request<GetSystemRequest>,
    ) -> Result<Response<GetSystemResponse>, Status> {
        let by = self.enter(&request).await?;
        let counts = self.administration.counts(&by).await?;
        Ok(Response::new(GetSystemResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            database: self.administration.database.engine().to_owned(),
            sign_up: self.administration.sign_up.as_str().to_owned(),
            secrets_key_id: self.administration.secrets.key_id(),
            users: counts.users,
            active_users: counts.active_users,
            teams: counts.teams,
            projects: counts.projects,
            servers: counts.servers,
            live_api_keys: counts.live_api_keys,
            activities: counts.activities,
        }))
    }
}

fn to_wire<T, W: From<T>>(listed: Page<T>) -> (Vec<W>, Option<WirePage>) {
    let page = WirePage {
        older: listed.older,
        newer: listed.newer,
        has_older: listed.has_older,
    };
    (listed.items.into_iter().map(W::from).collect(), Some(page))
}

impl From<AnyTeam> for WireTeam {
    fn from(team: AnyTeam) -> Self {
        Self {
            id: team.id.to_string(),
            slug: team.slug,
            name: team.name,
            created_at_us: team.created_at.as_micros(),
            deleted_at_us: team.deleted_at.map(Timestamp::as_micros),
            members: team.members,
            projects: team.projects,
        }
    }
}

impl From<AnyProject> for WireProject {
    fn from(project: AnyProject) -> Self {
        Self {
            id: project.id.to_string(),
            slug: project.slug,
            name: project.name,
            created_at_us: project.created_at.as_micros(),
            deleted_at_us: project.deleted_at.map(Timestamp::as_micros),
            members: project.members,
            servers: project.servers,
            live_api_keys: project.live_api_keys,
        }
    }
}

impl From<AnyApiKey> for WireApiKey {
    fn from(any: AnyApiKey) -> Self {
        Self {
            api_key: Some(key_to_wire(&any.key)),
            project_slug: any.project_slug,
            created_by_email: any.created_by_email,
        }
    }
}
