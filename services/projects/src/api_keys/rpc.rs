use std::sync::Arc;

use access::ApiKey;
use database::keyset::Page;
use domain::{DisplayName, Permission, Timestamp};
use proto::{
    page::Page as WirePage,
    projects::{
        self as wire, CreateApiKeyRequest, CreateApiKeyResponse, ListApiKeysRequest, ListApiKeysResponse,
        RevokeApiKeyRequest, RevokeApiKeyResponse, api_keys_service_server::ApiKeysService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{ApiKeys, StoredKey};
use crate::access::Access;

/// `mcporch.projects.v1.ApiKeysService`.
pub(crate) struct ApiKeysRpc {
    pub(crate) api_keys: Arc<ApiKeys>,
    pub(crate) access: Arc<Access>,
}

#[tonic::async_trait]
impl ApiKeysService for ApiKeysRpc {
    async fn create_api_key(
        &self,
        request: Request<CreateApiKeyRequest>,
    ) -> Result<Response<CreateApiKeyResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteOwnApiKeys])
            .await?;
        let name = DisplayName::parse(&request.name)
            .map_err(|error| ServiceError::invalid("name", error.to_string()))?;
        let expires_at = request.expires_at_us.map(Timestamp::from_micros);
        let (key, text) = self.api_keys.create(&granted, name, expires_at).await?;
        Ok(Response::new(CreateApiKeyResponse {
            api_key: Some(key_to_wire(&key)),
            key: text.expose().to_owned(),
        }))
    }

    async fn list_api_keys(
        &self,
        request: Request<ListApiKeysRequest>,
    ) -> Result<Response<ListApiKeysResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteOwnApiKeys])
            .await?;
        let page = request.page.unwrap_or_default();
        let Page {
            items,
            older,
            newer,
            has_older,
        } = self.api_keys.list(&granted, page.limit, &page.cursor).await?;
        Ok(Response::new(ListApiKeysResponse {
            api_keys: items.iter().map(key_to_wire).collect(),
            page: Some(WirePage {
                older,
                newer,
                has_older,
            }),
        }))
    }

    async fn revoke_api_key(
        &self,
        request: Request<RevokeApiKeyRequest>,
    ) -> Result<Response<RevokeApiKeyResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteOwnApiKeys])
            .await?;
        // What is no id is the id of no key.
        let id = request
            .id
            .parse()
            .map_err(|_| ServiceError::not_found("API key"))?;
        let key = self.api_keys.revoke(&granted, id).await?;
        Ok(Response::new(RevokeApiKeyResponse {
            api_key: Some(key_to_wire(&key)),
        }))
    }
}

fn key_to_wire(key: &StoredKey) -> wire::ApiKey {
    wire::ApiKey {
        id: key.id.to_string(),
        project_id: key.project_id.to_string(),
        name: key.name.to_string(),
        prefix: format!("{}{}", ApiKey::PREFIX, key.lookup_id),
        created_by_user_id: key.created_by.to_string(),
        created_at_us: key.created_at.as_micros(),
        expires_at_us: key.expires_at.map(Timestamp::as_micros),
        revoked_at_us: key.revoked_at.map(Timestamp::as_micros),
    }
}
