//! The services behind: one channel to each, clients that show who we are, and
//! an end to every wait.

use std::time::Duration;

use access::{ServiceIdentity, ServiceToken};
use proto::{
    gateway::{
        live_sessions_service_client::LiveSessionsServiceClient, tools_service_client::ToolsServiceClient,
        upstreams_service_client::UpstreamsServiceClient,
    },
    logging::{
        server_logs_service_client::ServerLogsServiceClient, sessions_service_client::SessionsServiceClient,
        tool_calls_service_client::ToolCallsServiceClient,
    },
    projects::{
        access_service_client::AccessServiceClient, activities_service_client::ActivitiesServiceClient,
        administration_service_client::AdministrationServiceClient,
        api_keys_service_client::ApiKeysServiceClient, idempotency_service_client::IdempotencyServiceClient,
        invitations_service_client::InvitationsServiceClient, members_service_client::MembersServiceClient,
        projects_service_client::ProjectsServiceClient, saved_views_service_client::SavedViewsServiceClient,
        servers_service_client::ServersServiceClient, settings_service_client::SettingsServiceClient,
        teams_service_client::TeamsServiceClient, trash_service_client::TrashServiceClient,
        users_service_client::UsersServiceClient,
    },
};
use service_error::ServiceError;
use service_host::Channel;
use tonic::{Response, Status, service::interceptor::InterceptedService};

/// How long a service may take to answer what it knows by itself.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// The largest answer that is taken: a page of 500 calls with payloads.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

type Connection = InterceptedService<Channel, ServiceIdentity>;

/// Clients of all services. A client is made per call: it is a handle.
#[derive(Clone)]
pub(crate) struct Backends {
    projects: Connection,
    logging: Connection,
    gateway: Connection,
}

/// Waits for an answer, within [`DEADLINE`].
pub(crate) async fn answer<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, ServiceError> {
    answer_within(DEADLINE, call).await
}

/// Waits for an answer, within a deadline. The wait covers the connection too,
/// which a `grpc-timeout` does not.
pub(crate) async fn answer_within<T>(
    deadline: Duration,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, ServiceError> {
    match tokio::time::timeout(deadline, call).await {
        Ok(Ok(answered)) => Ok(answered.into_inner()),
        Ok(Err(status)) => Err(in_our_fields(status.into())),
        Err(_) => Err(Status::deadline_exceeded("no answer in time").into()),
    }
}

/// Services name fields as their messages nest them; in REST they lie flat.
fn in_our_fields(mut error: ServiceError) -> ServiceError {
    for field in &mut error.fields {
        let flat = ["page.", "filter."]
            .iter()
            .find_map(|group| field.field.strip_prefix(group))
            .map(str::to_owned);
        if let Some(flat) = flat {
            error.message = error.message.replacen(&field.field, &flat, 1);
            field.field = flat;
        }
    }
    error
}

impl Backends {
    pub(crate) fn new(projects: Channel, logging: Channel, gateway: Channel, token: &ServiceToken) -> Self {
        let connection = |channel| InterceptedService::new(channel, ServiceIdentity::new(token.clone()));
        Self {
            projects: connection(projects),
            logging: connection(logging),
            gateway: connection(gateway),
        }
    }

    pub(crate) fn users(&self) -> UsersServiceClient<Connection> {
        UsersServiceClient::new(self.projects.clone())
    }

    pub(crate) fn access(&self) -> AccessServiceClient<Connection> {
        AccessServiceClient::new(self.projects.clone())
    }

    pub(crate) fn projects(&self) -> ProjectsServiceClient<Connection> {
        ProjectsServiceClient::new(self.projects.clone())
    }

    pub(crate) fn saved_views(&self) -> SavedViewsServiceClient<Connection> {
        SavedViewsServiceClient::new(self.projects.clone())
    }

    pub(crate) fn settings(&self) -> SettingsServiceClient<Connection> {
        SettingsServiceClient::new(self.projects.clone())
    }

    pub(crate) fn api_keys(&self) -> ApiKeysServiceClient<Connection> {
        ApiKeysServiceClient::new(self.projects.clone())
    }

    pub(crate) fn teams(&self) -> TeamsServiceClient<Connection> {
        TeamsServiceClient::new(self.projects.clone())
    }

    pub(crate) fn idempotency(&self) -> IdempotencyServiceClient<Connection> {
        IdempotencyServiceClient::new(self.projects.clone())
    }

    pub(crate) fn trash(&self) -> TrashServiceClient<Connection> {
        TrashServiceClient::new(self.projects.clone())
    }

    pub(crate) fn members(&self) -> MembersServiceClient<Connection> {
        MembersServiceClient::new(self.projects.clone())
    }

    pub(crate) fn invitations(&self) -> InvitationsServiceClient<Connection> {
        InvitationsServiceClient::new(self.projects.clone())
    }

    pub(crate) fn administration(&self) -> AdministrationServiceClient<Connection> {
        AdministrationServiceClient::new(self.projects.clone())
    }

    pub(crate) fn activities(&self) -> ActivitiesServiceClient<Connection> {
        ActivitiesServiceClient::new(self.projects.clone())
    }

    pub(crate) fn servers(&self) -> ServersServiceClient<Connection> {
        ServersServiceClient::new(self.projects.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub(crate) fn tool_calls(&self) -> ToolCallsServiceClient<Connection> {
        ToolCallsServiceClient::new(self.logging.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub(crate) fn sessions(&self) -> SessionsServiceClient<Connection> {
        SessionsServiceClient::new(self.logging.clone())
    }

    pub(crate) fn server_logs(&self) -> ServerLogsServiceClient<Connection> {
        ServerLogsServiceClient::new(self.logging.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub(crate) fn tools(&self) -> ToolsServiceClient<Connection> {
        ToolsServiceClient::new(self.gateway.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub(crate) fn upstreams(&self) -> UpstreamsServiceClient<Connection> {
        UpstreamsServiceClient::new(self.gateway.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }

    pub(crate) fn live_sessions(&self) -> LiveSessionsServiceClient<Connection> {
        LiveSessionsServiceClient::new(self.gateway.clone()).max_decoding_message_size(MAX_ANSWER_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_named_as_the_caller_named_it() {
        let error = in_our_fields(ServiceError::invalid("page.cursor", "not a cursor of this list"));
        assert_eq!(error.fields[0].field, "cursor");
        assert_eq!(error.message, "cursor: not a cursor of this list");
    }

    #[tokio::test]
    async fn a_service_that_never_answers_is_given_up() {
        let never = std::future::pending::<Result<Response<()>, Status>>();
        let error = answer_within(Duration::from_millis(1), never)
            .await
            .expect_err("no answer");
        assert_eq!(error.code, service_error::Code::DeadlineExceeded);
        assert_eq!(error.reason, "deadline_exceeded");
    }
}
