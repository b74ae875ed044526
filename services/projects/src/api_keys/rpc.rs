use std::{collections::BTreeSet, sync::Arc};

use access::ApiKey;
use database::keyset::Page;
use domain::{ApiKeyId, Permission, Scope, Timestamp};
use proto::{
    convert::FromWire as _,
    page::Page as WirePage,
    projects::{
        self as wire, CreateApiKeyRequest, CreateApiKeyResponse, ListApiKeysRequest, ListApiKeysResponse,
        RecordKeyUsesRequest, RecordKeyUsesResponse, RevokeApiKeyRequest, RevokeApiKeyResponse,
        UpdateApiKeyRequest, UpdateApiKeyResponse, api_keys_service_server::ApiKeysService,
    },
};
use service_error::ServiceError;
use tonic::{Request, Response, Status};

use super::{
    ApiKeys, KeyChange, KeyLimits, KeyUse, StoredKey, parse_ip_ranges, parse_rate_limit, parse_tools,
};
use crate::{access::Access, names};

/// Of one message: a gateway sends what it saw within a minute.
const MAX_USES: usize = 1_000;

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
        let name = names::parse(&request.name)?;
        let expires_at = request.expires_at_us.map(Timestamp::from_micros);
        let mut limits = KeyLimits {
            ip_ranges: parse_ip_ranges(&request.ip_ranges)?,
            rate_limit_per_minute: request.rate_limit_per_minute.map(parse_rate_limit).transpose()?,
            tools: parse_tools(&request.tools)?,
            ..KeyLimits::default()
        };
        if !request.scopes.is_empty() {
            limits.scopes = parse_scopes(&request.scopes)?;
        }
        let (key, text) = self.api_keys.create(&granted, name, expires_at, limits).await?;
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

    async fn update_api_key(
        &self,
        request: Request<UpdateApiKeyRequest>,
    ) -> Result<Response<UpdateApiKeyResponse>, Status> {
        let caller = self.access.caller(request.metadata()).await?;
        let request = request.into_inner();
        let granted = self
            .access
            .authorize(&caller, &request.project, &[Permission::WriteOwnApiKeys])
            .await?;
        let id = parse_id(&request.id)?;
        let rate_limit = match request.rate_limit_per_minute {
            Some(0) => Some(None),
            Some(per_minute) => Some(Some(parse_rate_limit(per_minute)?)),
            None => None,
        };
        let change = KeyChange {
            name: request.name.as_deref().map(names::parse).transpose()?,
            expires_at: request.expires_at_us.map(Timestamp::from_micros),
            scopes: request
                .scopes
                .map(|scopes| parse_scopes(&scopes.values))
                .transpose()?,
            ip_ranges: request
                .ip_ranges
                .map(|ranges| parse_ip_ranges(&ranges.values))
                .transpose()?,
            rate_limit_per_minute: rate_limit,
            tools: request
                .tools
                .map(|tools| parse_tools(&tools.values))
                .transpose()?,
        };
        let key = self.api_keys.update(&granted, id, change).await?;
        Ok(Response::new(UpdateApiKeyResponse {
            api_key: Some(key_to_wire(&key)),
        }))
    }

    async fn record_key_uses(
        &self,
        request: Request<RecordKeyUsesRequest>,
    ) -> Result<Response<RecordKeyUsesResponse>, Status> {
        let uses = request.into_inner().uses;
        if uses.len() > MAX_USES {
            return Err(ServiceError::invalid("uses", format!("at most {MAX_USES}")).into());
        }
        for used in uses {
            // Of a key that is gone meanwhile there is nothing to note.
            let Ok(id) = used.api_key_id.parse() else { continue };
            let at = Timestamp::from_micros(used.at_us);
            let ip = used.ip.parse().ok();
            self.api_keys.record_use(id, KeyUse { at, ip }).await?;
        }
        Ok(Response::new(RecordKeyUsesResponse {}))
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
        let id = parse_id(&request.id)?;
        let key = self.api_keys.revoke(&granted, id).await?;
        Ok(Response::new(RevokeApiKeyResponse {
            api_key: Some(key_to_wire(&key)),
        }))
    }
}

pub(crate) fn key_to_wire(key: &StoredKey) -> wire::ApiKey {
    wire::ApiKey {
        id: key.id.to_string(),
        project_id: key.project_id.to_string(),
        name: key.name.to_string(),
        prefix: format!("{}{}", ApiKey::PREFIX, key.lookup_id),
        created_by_user_id: key.created_by.to_string(),
        created_at_us: key.created_at.as_micros(),
        expires_at_us: key.expires_at.map(Timestamp::as_micros),
        revoked_at_us: key.revoked_at.map(Timestamp::as_micros),
        scopes: key.limits.scopes.iter().map(|scope| scope.to_wire()).collect(),
        ip_ranges: key.limits.ip_ranges.iter().map(ToString::to_string).collect(),
        rate_limit_per_minute: key.limits.rate_limit_per_minute,
        tools: key.limits.tools.iter().map(ToString::to_string).collect(),
        last_used_at_us: key.last_used.map(|used| used.at.as_micros()),
        last_used_ip: key
            .last_used
            .and_then(|used| used.ip)
            .map(|ip| ip.to_string())
            .unwrap_or_default(),
    }
}

/// What is no id is the id of no key.
pub(crate) fn parse_id(text: &str) -> Result<ApiKeyId, ServiceError> {
    text.parse().map_err(|_| ServiceError::not_found("API key"))
}

/// None is no list of scopes: a key without any would open nothing.
fn parse_scopes(values: &[i32]) -> Result<BTreeSet<Scope>, ServiceError> {
    let refused = || {
        ServiceError::invalid(
            "scopes",
            format!("expected one or more of {}", Scope::WORDS.join(", ")),
        )
    };
    if values.is_empty() {
        return Err(refused());
    }
    values
        .iter()
        .map(|value| Scope::from_wire(*value).ok_or_else(refused))
        .collect()
}
