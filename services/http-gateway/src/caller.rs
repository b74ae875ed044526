//! Who calls, and what they may do in a project.

use std::sync::atomic::{AtomicBool, Ordering};

use access::{COUNTED_METADATA, Credential};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use domain::Permission;
use proto::{convert::FromWire as _, logging, projects as wire};
use service_error::{Code, ServiceError};
use tonic::metadata::MetadataValue;

use crate::{app::App, backends::answer, cookie, idempotency::Counted, origin::Origin};

/// Somebody with a credential. Whether it lives, the projects service knows.
#[derive(Debug)]
pub(crate) struct Caller {
    credential: Credential,
    origin: Origin,
    /// The projects service was asked, which counts requests of API keys: once for
    /// each request, however often it is asked.
    is_counted: AtomicBool,
}

/// What a caller may do in a project that they may see.
#[derive(Debug)]
pub(crate) struct ProjectAccess {
    pub(crate) project_id: String,
    pub(crate) principal: logging::Principal,
    permissions: Vec<Permission>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ServiceError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let credential = credential(&parts.headers)?.ok_or_else(|| {
            ServiceError::new(
                Code::Unauthenticated,
                "not_signed_in",
                "sign in, or send an API key in the header Authorization: Bearer",
            )
        })?;
        let Ok(origin) = Origin::from_request_parts(parts, app).await;
        Ok(Self {
            credential,
            origin,
            is_counted: AtomicBool::new(parts.extensions.get::<Counted>().is_some()),
        })
    }
}

/// `Authorization` before `X-API-Key` before the cookie: what somebody wrote by
/// hand is what they mean.
fn credential(headers: &HeaderMap) -> Result<Option<Credential>, ServiceError> {
    if let Some(credential) = Credential::from_headers(headers)? {
        return Ok(Some(credential));
    }
    if let Some(key) = headers.get("x-api-key") {
        let key = Credential::parse(key.to_str().unwrap_or_default())?;
        return Ok(Some(key));
    }
    Ok(cookie::session(headers).map(Credential::WebSession))
}

impl Caller {
    /// A request to the projects service in the caller's name.
    pub(crate) fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = self.origin.request(message);
        self.credential.attach(request.metadata_mut());
        if self.is_counted.swap(true, Ordering::Relaxed) {
            let yes = MetadataValue::from_static("1");
            request.metadata_mut().insert(COUNTED_METADATA, yes);
        }
        request
    }

    /// The caller as the client of a tool call.
    pub(crate) fn as_client(&self) -> logging::Client {
        let name = match self.credential {
            Credential::WebSession(_) => "mcp-orchestrator-web",
            Credential::ApiKey(_) => "mcp-orchestrator-rest",
        };
        logging::Client {
            name: name.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            r#type: domain::ClientType::Unknown.as_str().to_owned(),
            user_agent: self.origin.user_agent().to_owned(),
            ip_address: self.origin.address(),
        }
    }
}

impl App {
    /// Asks whether the caller may do that in the project. The services behind
    /// hold no roles: nothing is asked of them before this.
    pub(crate) async fn authorize(
        &self,
        caller: &Caller,
        project: &str,
        permissions: &[Permission],
    ) -> Result<ProjectAccess, ServiceError> {
        self.ask(caller, project, permissions, false).await
    }

    /// The same for who will export calls with their payloads, which is written
    /// down as an activity where they may.
    pub(crate) async fn authorize_export(
        &self,
        caller: &Caller,
        project: &str,
        permissions: &[Permission],
    ) -> Result<ProjectAccess, ServiceError> {
        self.ask(caller, project, permissions, true).await
    }

    async fn ask(
        &self,
        caller: &Caller,
        project: &str,
        permissions: &[Permission],
        exports_payloads: bool,
    ) -> Result<ProjectAccess, ServiceError> {
        let request = caller.request(wire::AuthorizeRequest {
            project: project.to_owned(),
            permissions: permissions
                .iter()
                .map(|permission| permission.to_wire())
                .collect(),
            exports_payloads,
        });
        let answered = answer(self.backends.access().authorize(request)).await?;
        let project = answered
            .project
            .ok_or_else(|| crate::routes::incomplete("project"))?;
        Ok(ProjectAccess {
            project_id: project.id,
            principal: logging::Principal {
                user_id: answered.user_id,
                api_key_id: answered.api_key_id,
            },
            permissions: answered
                .permissions
                .into_iter()
                .filter_map(Permission::from_wire)
                .collect(),
        })
    }
}

impl ProjectAccess {
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}
