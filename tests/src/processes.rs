use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::process::{Child, Command};

use crate::{Link, Project, mcp_orch, postgres_database, wait_until};

/// A service of the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// People, projects, keys, servers.
    Projects,
    /// Tool calls, sessions, server logs.
    Logging,
    /// MCP clients in, MCP servers out.
    McpGateway,
    /// REST and the web UI.
    HttpGateway,
}

/// The four services as four processes on one PostgreSQL, as a team runs them.
///
/// Dropped, the processes are killed.
#[derive(Debug)]
pub struct Processes {
    folder: tempfile::TempDir,
    ports: Ports,
    projects_database: String,
    logging_database: String,
    to_logging: Link,
    environment: Vec<(&'static str, String)>,
    running: [Option<Child>; 4],
}

/// Free when they were chosen; a process that is started again keeps its own.
#[derive(Debug)]
struct Ports {
    http: u16,
    mcp: u16,
    projects: u16,
    logging: u16,
    gateway: u16,
}

impl Service {
    const ALL: [Self; 4] = [Self::Projects, Self::Logging, Self::McpGateway, Self::HttpGateway];

    fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Logging => "logging",
            Self::McpGateway => "mcp-gateway",
            Self::HttpGateway => "http-gateway",
        }
    }
}

impl Processes {
    /// Starts all four, each with databases of its own, and waits until they
    /// are ready.
    pub async fn start() -> Self {
        Self::start_with(Vec::new()).await
    }

    /// The same with settings in the environment.
    pub async fn start_with(environment: Vec<(&'static str, String)>) -> Self {
        let (projects, logging) = (postgres_database().await, postgres_database().await);
        Self::start_over(projects, logging, environment).await
    }

    /// The same over databases that are there.
    pub async fn start_over(
        projects_database: String,
        logging_database: String,
        environment: Vec<(&'static str, String)>,
    ) -> Self {
        let ports = Ports::free();
        let mut processes = Self {
            folder: tempfile::tempdir().expect("a folder for the data"),
            to_logging: Link::to(ports.logging).await,
            ports,
            projects_database,
            logging_database,
            environment,
            running: [None, None, None, None],
        };
        for service in Service::ALL {
            processes.spawn(service);
        }
        for service in Service::ALL {
            processes.ready(service).await;
        }
        processes
    }

    /// Where the projects service is reached by whoever runs the deployment.
    pub fn projects_url(&self) -> String {
        self.grpc_url(self.ports.projects)
    }

    /// Where the logging service is.
    pub fn logging_url(&self) -> String {
        self.grpc_url(self.ports.logging)
    }

    /// Where the browser goes.
    pub fn web_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.http)
    }

    /// Where MCP clients go.
    pub fn mcp_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.mcp)
    }

    /// Where an MCP client of the project goes, without the part that names the
    /// door.
    pub fn endpoint(&self, project: &Project) -> String {
        format!("{}/projects/{}", self.mcp_url(), project.slug)
    }

    /// What the gateway reaches the logging service through.
    pub fn to_logging(&self) -> &Link {
        &self.to_logging
    }

    /// The URL of the database of teams and projects.
    pub fn projects_database(&self) -> &str {
        &self.projects_database
    }

    /// The URL of the database of the call log.
    pub fn logging_database(&self) -> &str {
        &self.logging_database
    }

    /// A folder that ends with the deployment.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The process of a service that runs.
    pub fn pid(&self, service: Service) -> u32 {
        let child = self.running[service as usize].as_ref().expect("it runs");
        child.id().expect("it has not been waited for")
    }

    /// A command of the binary with the settings of the deployment.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(mcp_orch());
        command
            .args([name, "--data"])
            .arg(self.data())
            .args(["--http-port", &self.ports.http.to_string()])
            .args(["--mcp-port", &self.ports.mcp.to_string()])
            .args(["--projects-port", &self.ports.projects.to_string()])
            .args(["--logging-port", &self.ports.logging.to_string()])
            .args(["--gateway-port", &self.ports.gateway.to_string()])
            .args(["--projects-url", &self.grpc_url(self.ports.projects)])
            .args(["--gateway-url", &self.grpc_url(self.ports.gateway)])
            .env("MCPORCH_PROJECTS__DATABASE_URL", &self.projects_database)
            .env("MCPORCH_LOGGING__DATABASE_URL", &self.logging_database)
            .env("MCPORCH_HTTP_GATEWAY__MCP_PUBLIC_URL", self.mcp_url())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// The folder in which the services keep everything.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// `kill -9`, and nothing else.
    pub async fn kill(&mut self, service: Service) {
        let mut child = self.running[service as usize].take().expect("it runs");
        child.kill().await.expect("a child can be killed");
    }

    /// Sends a signal to a service.
    pub fn signal(&self, service: Service, signal: Signal) {
        let pid = Pid::from_raw(self.pid(service).cast_signed());
        kill(pid, signal).expect("a child can be sent signals");
    }

    /// Starts a killed service again and waits until it is ready.
    pub async fn restart(&mut self, service: Service) {
        self.spawn(service);
        self.ready(service).await;
    }

    /// SIGTERM to a service; gives whether it ended in good order.
    pub async fn stop(&mut self, service: Service) -> bool {
        self.signal(service, Signal::SIGTERM);
        let mut child = self.running[service as usize].take().expect("it runs");
        child.wait().await.expect("a child can be waited for").success()
    }

    /// Whether the environment turns TLS between the services on.
    fn grpc_scheme(&self) -> &'static str {
        let is_tls = |(name, _): &(&str, String)| name.starts_with("MCPORCH_HOST__TLS__");
        if self.environment.iter().any(is_tls) {
            "https"
        } else {
            "http"
        }
    }

    fn grpc_url(&self, port: u16) -> String {
        format!("{}://127.0.0.1:{port}", self.grpc_scheme())
    }

    fn spawn(&mut self, service: Service) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file(service))
            .expect("a file for its log");
        let logging_url = match service {
            Service::McpGateway => self.to_logging.url(self.grpc_scheme()),
            _ => self.grpc_url(self.ports.logging),
        };
        let child = self
            .command("serve")
            .args(["--no-demo", "--service", service.name()])
            .args(["--logging-url", &logging_url])
            .stdout(log.try_clone().expect("a file has two handles"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        self.running[service as usize] = Some(child);
    }

    async fn ready(&mut self, service: Service) {
        let url = match service {
            Service::Projects => self.grpc_url(self.ports.projects),
            Service::Logging => self.grpc_url(self.ports.logging),
            Service::McpGateway => self.grpc_url(self.ports.gateway),
            Service::HttpGateway => self.web_url(),
        };
        let health = || {
            let mut command = Command::new(mcp_orch());
            command
                .args(["health", "--url", &url])
                .envs(self.environment.iter().map(|(name, value)| (name, value)))
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let health = &health;
        let log_file = self.log_file(service);
        let child = self.running[service as usize].as_mut().expect("it was spawned");
        wait_until(&format!("{} is ready", service.name()), || {
            let ended = child.try_wait().expect("a child can be asked");
            let log = || std::fs::read_to_string(&log_file).unwrap_or_default();
            assert!(
                ended.is_none(),
                "{} ended ({ended:?}):\n{}",
                service.name(),
                log()
            );
            async move {
                let status = health().status().await.expect("the binary starts");
                status.success().then_some(())
            }
        })
        .await;
    }

    fn log_file(&self, service: Service) -> PathBuf {
        self.folder.path().join(format!("{}.log", service.name()))
    }
}

impl Ports {
    fn free() -> Self {
        // All are held until all are chosen, so that no two are the same.
        let held: Vec<_> = (0..5)
            .map(|_| TcpListener::bind("127.0.0.1:0").expect("there are free ports"))
            .collect();
        let port = |index: usize| {
            held[index]
                .local_addr()
                .expect("a bound socket has an address")
                .port()
        };
        Self {
            http: port(0),
            mcp: port(1),
            projects: port(2),
            logging: port(3),
            gateway: port(4),
        }
    }
}
