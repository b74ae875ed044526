use std::time::Instant;

use axum::{Json, extract::State};
use proto::projects as wire;
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use utoipa::ToSchema;

use super::{api_keys::ApiKey, me::User};
use crate::{
    app::App,
    backends::answer,
    caller::Caller,
    json::{List, Meta, Moment},
    json_body::Body,
    path::Path,
    query::{PageQuery, Query},
};

/// A team, whoever is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnyTeam {
    #[schema(format = Uuid)]
    id: String,
    #[schema(example = "core")]
    slug: String,
    #[schema(example = "Core")]
    name: String,
    created_at: Moment,
    /// Since when it lies in the trash; null: it does not.
    deleted_at: Option<Moment>,
    #[schema(example = 5)]
    members: u64,
    #[schema(example = 2)]
    projects: u64,
}

/// A project, whoever is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnyProject {
    #[schema(format = Uuid)]
    id: String,
    #[schema(example = "acme-platform")]
    slug: String,
    #[schema(example = "Acme Platform")]
    name: String,
    created_at: Moment,
    /// Since when it lies in the trash; null: it does not.
    deleted_at: Option<Moment>,
    /// By whatever way.
    #[schema(example = 5)]
    members: u64,
    #[schema(example = 3)]
    servers: u64,
    /// Neither revoked nor past their end.
    #[schema(example = 7)]
    live_api_keys: u64,
}

/// An API key, of whatever project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnyApiKey {
    #[serde(flatten)]
    api_key: ApiKey,
    #[schema(example = "acme-platform")]
    project_slug: String,
    #[schema(example = "kim@example.com")]
    created_by_email: String,
}

/// How the deployment stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct System {
    #[schema(example = "0.1.0")]
    version: String,
    #[schema(example = "PostgreSQL")]
    database: String,
    /// Who may make an account: `open`, `invite_only` or `off`.
    #[schema(example = "invite_only")]
    sign_up: String,
    /// Names the key that secrets are sealed with, and is not the key.
    secrets_key_id: String,
    users: u64,
    active_users: u64,
    teams: u64,
    projects: u64,
    servers: u64,
    live_api_keys: u64,
    activities: u64,
}

/// Changes to somebody's account. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateUser {
    #[schema(example = "Kim")]
    #[serde(default)]
    name: Option<String>,
    /// Off: out at once, with every session and API key.
    #[serde(default)]
    is_active: Option<bool>,
    #[serde(default)]
    is_admin: Option<bool>,
}

/// Which accounts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// Part of the name or of the address.
    #[param(example = "kim")]
    text: Option<String>,
}

/// Every account
#[utoipa::path(get, path = "/admin/users", tag = "admin", operation_id = "list_users",
    params(UserQuery, PageQuery),
    responses((status = 200, description = "A page of them", body = List<User>)))]
pub(crate) async fn users(
    State(app): State<App>,
    caller: Caller,
    Query((filter, page)): Query<(UserQuery, PageQuery)>,
) -> Result<Json<List<User>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListUsersRequest {
        page: Some(page.into()),
        text: filter.text.unwrap_or_default(),
    });
    let answered = answer(app.backends.administration().list_users(request)).await?;
    let data = answered.users.into_iter().map(User::from).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

/// Changes what the body names of an account, and nothing else
///
/// The last administrator can neither be deactivated nor stop being one.
#[utoipa::path(patch, path = "/admin/users/{user}", tag = "admin", operation_id = "update_user",
    params(("user" = String, Path, format = Uuid, description = "Id of the user")),
    request_body = UpdateUser,
    responses((status = 200, description = "The account as it is now", body = User)))]
pub(crate) async fn update_user(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
    Body(body): Body<UpdateUser>,
) -> Result<Json<User>, ServiceError> {
    let request = caller.request(wire::UpdateUserRequest {
        user: super::id_in_path::<domain::UserId>(&user, "user")?,
        is_active: body.is_active,
        is_admin: body.is_admin,
        name: body.name,
    });
    let answered = answer(app.backends.administration().update_user(request)).await?;
    let user = answered.user.ok_or_else(|| super::incomplete("user"))?;
    Ok(Json(user.into()))
}

/// Every team
#[utoipa::path(get, path = "/admin/teams", tag = "admin", operation_id = "list_all_teams",
    params(PageQuery),
    responses((status = 200, description = "A page of them", body = List<AnyTeam>)))]
pub(crate) async fn teams(
    State(app): State<App>,
    caller: Caller,
    Query((page,)): Query<(PageQuery,)>,
) -> Result<Json<List<AnyTeam>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListAllTeamsRequest {
        page: Some(page.into()),
    });
    let answered = answer(app.backends.administration().list_all_teams(request)).await?;
    let data = answered.teams.into_iter().map(AnyTeam::from).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

/// Every project
///
/// That it is there, and how much is in it. Calls are for members alone.
#[utoipa::path(get, path = "/admin/projects", tag = "admin", operation_id = "list_all_projects",
    params(PageQuery),
    responses((status = 200, description = "A page of them", body = List<AnyProject>)))]
pub(crate) async fn projects(
    State(app): State<App>,
    caller: Caller,
    Query((page,)): Query<(PageQuery,)>,
) -> Result<Json<List<AnyProject>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListAllProjectsRequest {
        page: Some(page.into()),
    });
    let answered = answer(app.backends.administration().list_all_projects(request)).await?;
    let data = answered.projects.into_iter().map(AnyProject::from).collect();
    Ok(Json(List::new(data, answered.page, Meta::since(started))))
}

/// Every API key
#[utoipa::path(get, path = "/admin/api-keys", tag = "admin", operation_id = "list_all_api_keys",
    params(PageQuery),
    responses((status = 200, description = "A page of them", body = List<AnyApiKey>)))]
pub(crate) async fn api_keys(
    State(app): State<App>,
    caller: Caller,
    Query((page,)): Query<(PageQuery,)>,
) -> Result<Json<List<AnyApiKey>>, ServiceError> {
    let started = Instant::now();
    let request = caller.request(wire::ListAllApiKeysRequest {
        page: Some(page.into()),
    });
    let answered = answer(app.backends.administration().list_all_api_keys(request)).await?;
    let keys = answered.api_keys.into_iter().map(AnyApiKey::read);
    Ok(Json(List::new(
        keys.collect::<Result<_, _>>()?,
        answered.page,
        Meta::since(started),
    )))
}

/// Revokes an API key of whatever project
#[utoipa::path(delete, path = "/admin/api-keys/{id}", tag = "admin", operation_id = "revoke_any_api_key",
    params(("id" = String, Path, format = Uuid, description = "Id of the key")),
    responses((status = 200, description = "The key as it is now", body = ApiKey)))]
pub(crate) async fn revoke_api_key(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ApiKey>, ServiceError> {
    let id = super::id_in_path::<domain::ApiKeyId>(&id, "API key")?;
    let request = caller.request(wire::RevokeAnyApiKeyRequest { id });
    let answered = answer(app.backends.administration().revoke_any_api_key(request)).await?;
    let api_key = answered.api_key.ok_or_else(|| super::incomplete("api_key"))?;
    Ok(Json(api_key.into()))
}

/// How the deployment stands
#[utoipa::path(get, path = "/admin/system", tag = "admin", operation_id = "get_system",
    responses((status = 200, description = "How it stands", body = System)))]
pub(crate) async fn system(State(app): State<App>, caller: Caller) -> Result<Json<System>, ServiceError> {
    let request = caller.request(wire::GetSystemRequest {});
    let answered = answer(app.backends.administration().get_system(request)).await?;
    Ok(Json(answered.into()))
}

impl AnyApiKey {
    fn read(any: wire::AnyApiKey) -> Result<Self, ServiceError> {
        let api_key = any.api_key.ok_or_else(|| super::incomplete("api_key"))?;
        Ok(Self {
            api_key: api_key.into(),
            project_slug: any.project_slug,
            created_by_email: any.created_by_email,
        })
    }
}

impl From<wire::AnyTeam> for AnyTeam {
    fn from(team: wire::AnyTeam) -> Self {
        Self {
            id: team.id,
            slug: team.slug,
            name: team.name,
            created_at: Moment::from_micros(team.created_at_us),
            deleted_at: team.deleted_at_us.map(Moment::from_micros),
            members: team.members,
            projects: team.projects,
        }
    }
}

impl From<wire::AnyProject> for AnyProject {
    fn from(project: wire::AnyProject) -> Self {
        Self {
            id: project.id,
            slug: project.slug,
            name: project.name,
            created_at: Moment::from_micros(project.created_at_us),
            deleted_at: project.deleted_at_us.map(Moment::from_micros),
            members: project.members,
            servers: project.servers,
            live_api_keys: project.live_api_keys,
        }
    }
}

impl From<wire::GetSystemResponse> for System {
    fn from(system: wire::GetSystemResponse) -> Self {
        Self {
            version: system.version,
            database: system.database,
            sign_up: system.sign_up,
            secrets_key_id: system.secrets_key_id,
            users: system.users,
            active_users: system.active_users,
            teams: system.teams,
            projects: system.projects,
            servers: system.servers,
            live_api_keys: system.live_api_keys,
            activities: system.activities,
        }
    }
}
