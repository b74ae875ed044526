use std::time::Instant;

use axum::{Json, extract::State, http::StatusCode};
use proto::{convert::FromWire as _, projects as wire};
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    idempotency::IdempotencyKeyHeader,
    json::{List, Meta, Moment, Scope, Word as _, text_or_null},
    json_body::{Body, present_or_null},
    path::Path,
    query::{PageQuery, Query},
    suggest::parse_word,
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
    /// What it may, as far as who made it may.
    scopes: Vec<Scope>,
    /// From where it may be used; none: from everywhere.
    #[schema(example = json!(["10.0.0.0/8"]))]
    ip_ranges: Vec<String>,
    /// Null: as many requests as it likes.
    #[schema(example = 600)]
    rate_limit_per_minute: Option<u32>,
    /// Which tools it may call: globs over `server/tool`; null: all.
    #[schema(example = json!(["github/*"]))]
    tools: Option<Vec<String>>,
    last_used_at: Option<Moment>,
    #[schema(example = "192.0.2.7")]
    last_used_ip: Option<String>,
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
    /// `project:read`, `tools:call`, `logs:read`, `logs:payloads`. Absent: all of
    /// them.
    #[serde(default)]
    #[schema(example = json!(["project:read", "tools:call"]))]
    scopes: Option<Vec<String>>,
    /// CIDR ranges or addresses from which it may be used. Absent: from
    /// everywhere.
    #[serde(default)]
    #[schema(example = json!(["127.0.0.0/8", "::1"]))]
    ip_ranges: Option<Vec<String>>,
    /// Absent: as many requests as it likes.
    #[serde(default)]
    #[schema(example = 600)]
    rate_limit_per_minute: Option<u32>,
    /// Globs over `server/tool`. Absent: all tools.
    #[serde(default)]
    #[schema(example = json!(["github/*", "*/search"]))]
    tools: Option<Vec<String>>,
}

/// Changes to a key. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateApiKey {
    #[serde(default)]
    #[schema(example = "Kim's Cursor")]
    name: Option<String>,
    #[serde(default)]
    expires_at: Option<Moment>,
    #[serde(default)]
    #[schema(example = json!(["project:read", "tools:call"]))]
    scopes: Option<Vec<String>>,
    /// Empty: from everywhere.
    #[serde(default)]
    #[schema(example = json!(["127.0.0.0/8", "::1"]))]
    ip_ranges: Option<Vec<String>>,
    /// Null: as many requests as it likes.
    #[serde(default, deserialize_with = "present_or_null")]
    #[schema(value_type = Option<u32>, example = 600)]
    #[expect(clippy::option_option, reason = "absent, null and a number mean three things")]
    rate_limit_per_minute: Option<Option<u32>>,
    /// Null: all tools.
    #[serde(default, deserialize_with = "present_or_null")]
    #[schema(value_type = Option<Vec<String>>, example = json!(["github/*", "*/search"]))]
    #[expect(clippy::option_option, reason = "absent, null and a list mean three things")]
    tools: Option<Option<Vec<String>>>,
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
    params(("project" = String, Path, description = "Slug or id"), IdempotencyKeyHeader),
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
        scopes: body
            .scopes
            .map(|scopes| parse_scopes(&scopes))
            .transpose()?
            .unwrap_or_default(),
        ip_ranges: body.ip_ranges.unwrap_or_default(),
        rate_limit_per_minute: body.rate_limit_per_minute,
        tools: body.tools.map(some_tools).transpose()?.unwrap_or_default(),
    });
    let answered = answer(app.backends.api_keys().create_api_key(request)).await?;
    let api_key = answered.api_key.ok_or_else(|| super::incomplete("api_key"))?;
    let created = CreatedApiKey {
        api_key: api_key.into(),
        key: answered.key,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

/// Changes what the body names, and nothing else
#[utoipa::path(patch, path = "/projects/{project}/api-keys/{id}", tag = "api-keys", operation_id = "update_api_key",
    params(
        ("project" = String, Path, description = "Slug or id"),
        ("id" = String, Path, format = Uuid, description = "Id of the key"),
    ),
    request_body = UpdateApiKey,
    responses((status = 200, description = "The key as it is now", body = ApiKey)))]
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path((project, id)): Path<(String, String)>,
    Body(body): Body<UpdateApiKey>,
) -> Result<Json<ApiKey>, ServiceError> {
    let id = super::id_in_path::<domain::ApiKeyId>(&id, "API key")?;
    let rate_limit = match body.rate_limit_per_minute {
        // On the wire zero stands for no limit; written here it is an error.
        Some(Some(0)) => {
            return Err(ServiceError::invalid(
                "rate_limit_per_minute",
                "must be more than 0",
            ));
        }
        Some(limit) => Some(limit.unwrap_or(0)),
        None => None,
    };
    let tools = match body.tools {
        Some(Some(tools)) => Some(some_tools(tools)?),
        Some(None) => Some(Vec::new()),
        None => None,
    };
    let scopes = body.scopes.map(|scopes| parse_scopes(&scopes)).transpose()?;
    let request = caller.request(wire::UpdateApiKeyRequest {
        project,
        id,
        name: body.name,
        expires_at_us: body.expires_at.map(|moment| moment.0.as_micros()),
        scopes: scopes.map(|values| wire::Scopes { values }),
        ip_ranges: body.ip_ranges.map(|values| wire::Texts { values }),
        rate_limit_per_minute: rate_limit,
        tools: tools.map(|values| wire::Texts { values }),
    });
    let answered = answer(app.backends.api_keys().update_api_key(request)).await?;
    let api_key = answered.api_key.ok_or_else(|| super::incomplete("api_key"))?;
    Ok(Json(api_key.into()))
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
            scopes: key.scopes.into_iter().map(Scope::from_wire).collect(),
            ip_ranges: key.ip_ranges,
            rate_limit_per_minute: key.rate_limit_per_minute,
            tools: Some(key.tools).filter(|tools| !tools.is_empty()),
            last_used_at: key.last_used_at_us.map(Moment::from_micros),
            last_used_ip: text_or_null(key.last_used_ip),
        }
    }
}

fn parse_scopes(words: &[String]) -> Result<Vec<i32>, ServiceError> {
    if words.is_empty() {
        return Err(ServiceError::invalid(
            "scopes",
            "a key without any scope opens nothing; name one or more",
        ));
    }
    words
        .iter()
        .map(|word| parse_word::<domain::Scope>("scopes", word).map(domain::Scope::to_wire))
        .collect()
}

/// A list of none must not be taken for a list of all.
fn some_tools(tools: Vec<String>) -> Result<Vec<String>, ServiceError> {
    if tools.is_empty() {
        return Err(ServiceError::invalid(
            "tools",
            "name one or more, or leave it out (null) for all tools",
        ));
    }
    Ok(tools)
}
