use std::{net::SocketAddr, path::Path};

use access::{ServiceIdentity, ServiceName, ServiceSecret};
use domain::Clock;
use proto::projects::{CreateSignInLinkRequest, users_service_client::UsersServiceClient};
use service_host::{DialOptions, Host, HostConfig, Listener, dial};

use crate::{Project, mcp_orch, postgres_database, recorded_calls};

/// Which database the services keep their data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file each.
    Sqlite,
    /// A database each on the PostgreSQL of `tests/with-postgres`.
    Postgres,
}

/// All four services in this process, on free ports and an empty folder.
pub struct Stack {
    folder: tempfile::TempDir,
    host: Host,
    secret: ServiceSecret,
    web_url: String,
    mcp_url: String,
    projects_url: String,
    logging_url: String,
    gateway_url: String,
}

impl Stack {
    /// Binds every port, then starts each service by the function by which the
    /// binary starts it.
    pub async fn start(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the data");
        let mut host = Host::new(HostConfig::default(), Clock::system()).expect("a host can be made");
        let secret =
            ServiceSecret::load_or_create(&folder.path().join("service-secret")).expect("a secret is made");
        let service_secret = Some(secret.clone());
        let [projects, logging, gateway, mcp, http] = [(); 5].map(|()| listener());
        let projects_url = url(&projects);
        let (logging_url, gateway_url) = (url(&logging), url(&gateway));
        let (web_url, mcp_url) = (url(&http), url(&mcp));

        let projects_config = projects::Config {
            database_url: database(engine, folder.path(), "projects").await,
            data_dir: folder.path().to_owned(),
            sign_up: projects::SignUp::Open,
            service_secret: service_secret.clone(),
            ..projects::Config::default()
        };
        let logging_config = logging::Config {
            database_url: database(engine, folder.path(), "logging").await,
            projects_url: projects_url.clone(),
            service_secret: service_secret.clone(),
        };
        let gateway_config = mcp_gateway::Config {
            projects_url: projects_url.clone(),
            logging_url: logging_url.clone(),
            spool_dir: folder.path().join("gateway/spool"),
            // This process is a test and has no such command.
            stdio_launcher: vec![
                mcp_orch().display().to_string(),
                "stdio-child".to_owned(),
                "--".to_owned(),
            ],
            // Servers of tests are on this machine.
            outbound: mcp_gateway::OutboundConfig {
                allow_loopback: Some(true),
                ..mcp_gateway::OutboundConfig::default()
            },
            service_secret: service_secret.clone(),
            ..mcp_gateway::Config::default()
        };
        let http_config = http_gateway::Config {
            projects_url: projects_url.clone(),
            logging_url: logging_url.clone(),
            gateway_url: gateway_url.clone(),
            mcp_public_url: mcp_url.clone(),
            // So that a test comes from as many addresses as it likes.
            trusted_proxies: vec!["127.0.0.1/32".parse().expect("a network")],
            service_secret,
            ..http_gateway::Config::default()
        };
        projects::start(projects_config, projects::Listeners { grpc: projects }, &mut host)
            .await
            .expect("projects starts");
        logging::start(logging_config, logging::Listeners { grpc: logging }, &mut host)
            .await
            .expect("logging starts");
        mcp_gateway::start(
            gateway_config,
            mcp_gateway::Listeners { grpc: gateway, mcp },
            &mut host,
        )
        .await
        .expect("mcp-gateway starts");
        http_gateway::start(http_config, http_gateway::Listeners { http }, &mut host)
            .await
            .expect("http-gateway starts");
        Self {
            folder,
            host,
            secret,
            web_url,
            mcp_url,
            projects_url,
            logging_url,
            gateway_url,
        }
    }

    /// Where the projects service is called by the others.
    pub fn projects_url(&self) -> &str {
        &self.projects_url
    }

    /// The same of the logging service.
    pub fn logging_url(&self) -> &str {
        &self.logging_url
    }

    /// The same of the mcp-gateway.
    pub fn gateway_url(&self) -> &str {
        &self.gateway_url
    }

    /// What the services prove with that they are of this deployment.
    pub fn secret(&self) -> &ServiceSecret {
        &self.secret
    }

    /// Where the browser goes.
    pub fn web_url(&self) -> &str {
        &self.web_url
    }

    /// Where an MCP client of the project goes, without the part that names the
    /// door.
    pub fn endpoint(&self, project: &Project) -> String {
        format!("{}/projects/{}", self.mcp_url, project.slug)
    }

    /// A folder that ends with the stack.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An address that signs a user in once, as the operator hands it out.
    pub async fn sign_in_link(&self, user_id: &str) -> String {
        let channel = dial(&self.projects_url, DialOptions::default()).expect("the address can be dialled");
        let identity = ServiceIdentity::new(self.secret.token_for(ServiceName::Operator));
        let link = UsersServiceClient::with_interceptor(channel, identity)
            .create_sign_in_link(CreateSignInLinkRequest {
                user_id: user_id.to_owned(),
            })
            .await
            .expect("a link is made")
            .into_inner();
        format!("{}/sign-in?link={}", self.web_url, link.token)
    }

    /// Has the log take calls that nobody made, the last of them just now. They
    /// are called `numbered`, and their arguments hold their number.
    pub async fn record_calls(&self, project_id: &str, count: u64) {
        recorded_calls::record(&self.logging_url, &self.secret, project_id, count)
            .await
            .expect("the log takes calls");
    }

    /// Ends in good order.
    pub async fn stop(self) {
        self.host.shut_down().await.expect("the stack ends in good order");
    }
}

fn listener() -> Listener {
    Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("there are free ports")
}

fn url(listener: &Listener) -> String {
    format!("http://{}", listener.local_addr())
}

async fn database(engine: Engine, folder: &Path, name: &str) -> String {
    match engine {
        Engine::Sqlite => format!("sqlite://{}", folder.join(format!("{name}.db")).display()),
        Engine::Postgres => postgres_database().await,
    }
}
