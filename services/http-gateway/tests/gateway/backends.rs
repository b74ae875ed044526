//! The services behind the gateway, as small as the tests need them.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use access::{ApiKey, Credential, ServiceName, ServiceSecret, SessionToken};
use domain::Permission;
use service_error::{Code, ServiceError};
use tokio::sync::watch;
use tonic::{Request, Status, metadata::MetadataMap};

pub(crate) mod gateway;
pub(crate) mod idempotency;
pub(crate) mod logging;
pub(crate) mod projects;

/// The generated servers, side by side.
pub(crate) mod wire {
    pub(crate) use proto::{
        gateway::{
            live_sessions_service_server::LiveSessionsServiceServer,
            tools_service_server::ToolsServiceServer, upstreams_service_server::UpstreamsServiceServer,
        },
        logging::{
            server_logs_service_server::ServerLogsServiceServer,
            sessions_service_server::SessionsServiceServer,
            tool_calls_service_server::ToolCallsServiceServer,
        },
        projects::{
            access_service_server::AccessServiceServer, api_keys_service_server::ApiKeysServiceServer,
            idempotency_service_server::IdempotencyServiceServer,
            members_service_server::MembersServiceServer, projects_service_server::ProjectsServiceServer,
            servers_service_server::ServersServiceServer, users_service_server::UsersServiceServer,
        },
    };
}

pub(crate) const USER: &str = "0192f0c1-7a3b-7c55-9d0e-00000000000a";
pub(crate) const PROJECT: &str = "0192f0c1-7a3b-7c55-9d0e-0000000000b0";
pub(crate) const SERVER: &str = "0192f0c1-7a3b-7c55-9d0e-0000000000c0";
pub(crate) const CALL: &str = "0192f0c1-7a3b-7c55-9d0e-0000000000d0";

/// What all services know. There is one project, `acme`.
pub(crate) struct World {
    secret: ServiceSecret,
    /// What each living credential may do in the project; nothing: it is a
    /// stranger to it.
    grants: Mutex<HashMap<String, Vec<Permission>>>,
    pub(crate) servers: Mutex<Vec<proto::projects::Server>>,
    /// Requests that are to be done once.
    kept: Mutex<idempotency::KeptRequests>,
    /// The last request of each kind, for tests to look at.
    pub(crate) asked: Asked,
    /// How often a call is looked for before it is there.
    pub(crate) looks_in_vain: Mutex<u32>,
    /// Everything that the tail ever told, in order.
    pub(crate) told: watch::Sender<Vec<proto::logging::ToolCall>>,
}

#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) sign_in_from: Mutex<Option<String>>,
    pub(crate) list: Mutex<Option<proto::logging::ListToolCallsRequest>>,
    pub(crate) summary: Mutex<Option<proto::logging::SummarizeToolCallsRequest>>,
    pub(crate) call: Mutex<Option<proto::gateway::CallToolRequest>>,
    pub(crate) key_update: Mutex<Option<proto::projects::UpdateApiKeyRequest>>,
    pub(crate) server_test: Mutex<Option<proto::gateway::TestServerRequest>>,
    pub(crate) restart: Mutex<Option<proto::gateway::RestartUpstreamRequest>>,
    pub(crate) server_update: Mutex<Option<proto::projects::UpdateServerRequest>>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(secret: ServiceSecret) -> Self {
        Self {
            secret,
            grants: Mutex::default(),
            servers: Mutex::new(vec![projects::sample_server()]),
            kept: Mutex::default(),
            asked: Asked::default(),
            looks_in_vain: Mutex::default(),
            told: watch::Sender::new(Vec::new()),
        }
    }

    /// Lets calls through that carry the token of that service.
    pub(crate) fn guard(
        &self,
        name: ServiceName,
    ) -> impl FnMut(Request<()>) -> Result<Request<()>, Status> + Clone + Send + Sync + 'static {
        let secret = self.secret.clone();
        move |request: Request<()>| {
            let token = request
                .metadata()
                .get("x-mcporch-service")
                .and_then(|token| token.to_str().ok())
                .unwrap_or_default();
            if secret.verify(token) == Some(name) {
                Ok(request)
            } else {
                Err(Status::unauthenticated("no service"))
            }
        }
    }

    /// A signed-in person.
    pub(crate) fn person(&self, permissions: &[Permission]) -> String {
        let token = SessionToken::generate().expose().to_owned();
        lock(&self.grants).insert(token.clone(), permissions.to_vec());
        token
    }

    /// A key of the project.
    pub(crate) fn key(&self, permissions: &[Permission]) -> String {
        let key = ApiKey::generate().expose().to_owned();
        lock(&self.grants).insert(key.clone(), permissions.to_vec());
        key
    }

    pub(crate) fn revoke(&self, credential: &str) {
        lock(&self.grants).remove(credential);
    }

    /// What a caller may do in the project; absent without a living credential.
    fn permissions(&self, metadata: &MetadataMap) -> Result<(Credential, Vec<Permission>), Status> {
        let refused = || {
            Status::from(ServiceError::new(
                Code::Unauthenticated,
                "not_signed_in",
                "this session or key is over",
            ))
        };
        let credential = Credential::from_metadata(metadata)
            .map_err(ServiceError::from)?
            .ok_or_else(refused)?;
        let text = match &credential {
            Credential::WebSession(token) => token.expose(),
            Credential::ApiKey(key) => key.expose(),
        };
        let permissions = lock(&self.grants).get(text).cloned().ok_or_else(refused)?;
        Ok((credential, permissions))
    }

    /// Who may see the project, and what else they may.
    fn enter(&self, metadata: &MetadataMap, project: &str) -> Result<(Credential, Vec<Permission>), Status> {
        let (credential, permissions) = self.permissions(metadata)?;
        let is_seen = permissions.contains(&Permission::ReadProject) && matches!(project, "acme" | PROJECT);
        if is_seen {
            Ok((credential, permissions))
        } else {
            Err(ServiceError::not_found("project").into())
        }
    }
}
