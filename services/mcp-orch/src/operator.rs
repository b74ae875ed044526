//! The projects service, as whoever runs the deployment reaches it: with the
//! secret of its data folder instead of a credential of a person.

use std::{net::SocketAddr, path::PathBuf};

use access::{ServiceIdentity, ServiceName, ServiceSecret, ServiceToken};
use anyhow::{Context as _, bail};
use proto::projects::{
    CreateSignInLinkRequest, RedeemSignInLinkRequest, SignOutRequest, WebSession,
    administration_service_client::AdministrationServiceClient,
    api_keys_service_client::ApiKeysServiceClient, projects_service_client::ProjectsServiceClient,
    servers_service_client::ServersServiceClient, users_service_client::UsersServiceClient,
};
use serde_json::json;
use service_host::{Channel, Sources};
use tonic::{Request, Status, service::interceptor::InterceptedService};

use crate::{
    config::{Config, local_url},
    wiring::service_secret_file,
};

type Connection = InterceptedService<Channel, ServiceIdentity>;

/// Which deployment is meant.
#[derive(clap::Args)]
pub(crate) struct Deployment {
    /// The folder in which it keeps everything [default: data]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,

    /// The TOML file with its settings
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,

    /// Where its projects service is [default: on this machine, as the settings say]
    #[arg(long, value_name = "URL", global = true)]
    projects_url: Option<String>,
}

/// The projects service, as the operator of the deployment.
pub(crate) struct Operator {
    channel: Channel,
    token: ServiceToken,
}

impl Deployment {
    /// Its projects service. It need not run yet: the first call says so.
    pub(crate) fn operator(&self) -> anyhow::Result<Operator> {
        let mut flags = json!({});
        if let Some(data) = &self.data {
            flags["data_dir"] = json!(data);
        }
        let config: Config = Sources::new(self.config.clone(), flags).load()?;
        let secret_file = service_secret_file(&config, &config.data_dir);
        if !secret_file.exists() {
            bail!(
                "there is no {}: name the folder that mcp-orch serve was given with --data",
                secret_file.display()
            );
        }
        let secret = ServiceSecret::load_or_create(&secret_file)?;
        let address = SocketAddr::new(config.listen.grpc_host, config.listen.projects_port);
        let url = self
            .projects_url
            .clone()
            .unwrap_or_else(|| local_url(config.grpc_scheme(), address));
        Ok(Operator::new(
            config.dial(&url)?,
            secret.token_for(ServiceName::Operator),
        ))
    }
}

impl Operator {
    /// The operator, at that channel to projects.
    pub(crate) const fn new(channel: Channel, token: ServiceToken) -> Self {
        Self { channel, token }
    }

    pub(crate) fn users(&self) -> UsersServiceClient<Connection> {
        UsersServiceClient::with_interceptor(self.channel.clone(), self.identity())
    }

    pub(crate) fn administration(&self) -> AdministrationServiceClient<Connection> {
        AdministrationServiceClient::with_interceptor(self.channel.clone(), self.identity())
    }

    pub(crate) fn projects(&self) -> ProjectsServiceClient<Connection> {
        ProjectsServiceClient::with_interceptor(self.channel.clone(), self.identity())
    }

    pub(crate) fn servers(&self) -> ServersServiceClient<Connection> {
        ServersServiceClient::with_interceptor(self.channel.clone(), self.identity())
    }

    pub(crate) fn api_keys(&self) -> ApiKeysServiceClient<Connection> {
        ApiKeysServiceClient::with_interceptor(self.channel.clone(), self.identity())
    }

    /// A session of that user, as a link for them would begin it. Both are among
    /// the activities of the deployment.
    pub(crate) async fn session_of(&self, user_id: String) -> anyhow::Result<WebSession> {
        let request = CreateSignInLinkRequest { user_id };
        let mut users = self.users();
        let link = users.create_sign_in_link(request).await.map_err(said)?;
        let token = link.into_inner().token;
        let redeemed = users.redeem_sign_in_link(RedeemSignInLinkRequest { token }).await;
        let session = redeemed.map_err(said)?.into_inner().session;
        session.context("projects answered no session")
    }

    /// Ends a session that was only for one command.
    pub(crate) async fn end(&self, session: &WebSession) -> anyhow::Result<()> {
        let request = signed(session, SignOutRequest {})?;
        self.users().sign_out(request).await.map(drop).map_err(said)
    }

    fn identity(&self) -> ServiceIdentity {
        ServiceIdentity::new(self.token.clone())
    }
}

/// The request in the name of the person whose session that is.
pub(crate) fn signed<T>(session: &WebSession, message: T) -> anyhow::Result<Request<T>> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {}", session.token).parse();
    request.metadata_mut().insert(
        "authorization",
        bearer.context("projects answered a session token that is none")?,
    );
    Ok(request)
}

/// What a refusal says to people.
pub(crate) fn said(status: Status) -> anyhow::Error {
    let error = service_error::ServiceError::from(status);
    if error.reason == "unavailable" {
        return anyhow::anyhow!("the projects service does not answer: does mcp-orch serve run?");
    }
    anyhow::anyhow!("{error}")
}
