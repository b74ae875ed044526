use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment},
    json_body::Body,
    path::Path,
    query::{PageQuery, Query},
};

/// A key with which programs reach a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKey {
    #[schema(format = Uuid)]
    id: String,
    #[schema(format = Uuid)]
    project_id: String,
    #[schema(example = "Kim's Cursor")]
    name: String,
    /// The start of the key, by which a person knows it again.
    #[schema(example = "mcporch_4tGh7Kq2")]
    prefix: String,
    #[schema(format = Uuid)]
    created_by_user_id: String,
    created_at: Moment,
    expires_at: Option<Moment>,
    /// Set: the key opens nothing any more.
    revoked_at: Option<Moment>,
}

/// A new key, with the key itself: shown here and nowhere else.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedApiKey {
    #[serde(flatten)]
    api_key: ApiKey,
    /// Keep it now; it cannot be shown again.
    #[schema(example = "mcporch_4tGh7Kq2…")]
    key: String,
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateApiKey {
    #[schema(example = "Kim's Cursor")]
    name: String,
    /// Absent: in 90 days.
    #[serde(default)]
    expires_at: Option<Moment>,
}

/// The keys of a project
#[utoipa::path(get, path = "/projects/{project}/api-keys", tag = "api-keys", operation_id = "list_api_keys",
    params(("project" = String, Path, description = "Slug or id"), PageQuery),
    responses((status = 200, description = "A page of them", body = List<ApiKey>)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Query((page,)): Query<(PageQuery,)>,
) -> Result<Json<List<ApiKey>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListApiKeysRequest {
        project,
        page: Some(page.into()),
    });
    let answered = answer(app.backends.api_keys().list_api_keys(request)).await?;
    let data = answered.api_keys.into_iter().map(ApiKey::from).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

/// Makes a key
#[utoipa::path(post, path = "/projects/{project}/api-keys", tag = "api-keys", operation_id = "create_api_key",
    params(("project" = String, Path, description = "Slug or id")),
    request_body = CreateApiKey,
    responses((status = 201, description = "The key, this once", body = CreatedApiKey)))]
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(project): Path<String>,
    Body(body): Body<CreateApiKey>,
) -> Result<(StatusCode, Json<CreatedApiKey>), ServiceError> {
    let request = caller.request(wire::CreateApiKeyRequest {
        project,
        name: body.name,
        expires_at_us: body.expires_at.map(|moment| moment.0.as_micros()),
    });
    let answered = answer(app.backends.api_keys().create_api_key(request)).await?;
    let api_key = answered.api_key.ok_or_else(|| super::incomplete("api_key"))?;
    let created = CreatedApiKey {
        api_key: api_key.into(),
        key: answered.key,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Revokes a key
///
/// Within seconds no gateway takes it any more.
#[utoipa::path(delete, path = "/projects/{project}/api-keys/{id}", tag = "api-keys", operation_id = "revoke_api_key",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("id" = String, Path, format = Uuid, description = "Id of the key"),
    ),
    responses((status = 200, description = "The key as it is now", body = ApiKey)))]
pub(crate) async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<ApiKey>, ServiceError> {
    let id = super::id_in_path::<domain::ApiKeyId>(&id, "API key")?;
    let request = caller.request(wire::RevokeApiKeyRequest { project, id });
    let answered = answer(app.backends.api_keys().revoke_api_key(request)).await?;
    let api_key = answered.api_key.ok_or_else(|| super::incomplete("api_key"))?;
    Ok(Json(api_key.into()))
}

impl From<wire::ApiKey> for ApiKey {
    fn from(key: wire::ApiKey) -> Self {
        Self {
            id: key.id,
            project_id: key.project_id,
            name: key.name,
            prefix: key.prefix,
            created_by_user_id: key.created_by_user_id,
            created_at: Moment::from_micros(key.created_at_us),
            expires_at: key.expires_at_us.map(Moment::from_micros),
            revoked_at: key.revoked_at_us.map(Moment::from_micros),
        }
    }
}
