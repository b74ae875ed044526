use std::{
    net::TcpListener,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::{Child, Command},
};

/// How long anything may take that ought to happen in a moment.
const PATIENCE: Duration = Duration::from_secs(30);

/// `mcp-orch serve` on SQLite in a folder of its own. Dropped, it is killed.
#[derive(Debug)]
pub struct Deployment {
    folder: tempfile::TempDir,
    binary: std::path::PathBuf,
    layout: Layout,
    ports: [u16; 5],
    running: Vec<Child>,
    started_within: Duration,
}

/// In how many processes the services run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// All in one.
    OneProcess,
    /// Each in one of its own, so that what one costs can be told from the rest.
    FourProcesses,
}

/// A process of a deployment. With one alone, all are that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceProcess {
    /// Teams, projects, keys, servers.
    Projects,
    /// The call log.
    Logging,
    /// Between clients and servers.
    McpGateway,
    /// REST and the web UI.
    HttpGateway,
}

impl ServiceProcess {
    const ALL: [Self; 4] = [Self::Projects, Self::Logging, Self::McpGateway, Self::HttpGateway];

    const fn name(self) -> &'static str {
        match self {
            Self::Projects => "projects",
            Self::Logging => "logging",
            Self::McpGateway => "mcp-gateway",
            Self::HttpGateway => "http-gateway",
        }
    }
}

const HTTP: usize = 0;
const MCP: usize = 1;
const PROJECTS: usize = 2;
const LOGGING: usize = 3;
const GATEWAY: usize = 4;

impl Deployment {
    /// Starts it in an empty folder, and waits until it is ready.
    pub async fn start(binary: &Path, layout: Layout) -> anyhow::Result<Self> {
        let mut deployment = Self {
            folder: tempfile::tempdir()?,
            binary: binary.to_owned(),
            layout,
            ports: free_ports()?,
            running: Vec::new(),
            started_within: Duration::ZERO,
        };
        deployment.start_again().await?;
        Ok(deployment)
    }

    /// Starts what was killed in the same folder.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let begin = Instant::now();
        self.running.clear();
        let services: &[ServiceProcess] = match self.layout {
            Layout::OneProcess => &[ServiceProcess::HttpGateway],
            Layout::FourProcesses => &ServiceProcess::ALL,
        };
        for service in services {
            let child = self.spawn(*service)?;
            self.running.push(child);
        }
        for service in services {
            self.is_ready(*service).await?;
        }
        self.started_within = begin.elapsed();
        Ok(())
    }

    /// How long the last start of all took until the services were ready.
    pub const fn started_within(&self) -> Duration {
        self.started_within
    }

    /// Kills all.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        for mut child in self.running.drain(..) {
            child.kill().await?;
        }
        Ok(())
    }

    /// Asks all to end, and waits until they have: what a program writes at its end is written.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        for child in &self.running {
            send_signal(child, "TERM").await?;
        }
        for mut child in self.running.drain(..) {
            let ended = tokio::time::timeout(PATIENCE, child.wait()).await;
            let status = ended.context("a service does not end")??;
            ensure!(status.success(), "a service ended with {status}");
        }
        Ok(())
    }

    /// Kills one service.
    pub async fn kill_service(&mut self, service: ServiceProcess) -> anyhow::Result<()> {
        let place = self.place(service);
        Ok(self.running[place].kill().await?)
    }

    /// Starts a service that was killed.
    pub async fn restart_service(&mut self, service: ServiceProcess) -> anyhow::Result<()> {
        let place = self.place(service);
        self.running[place] = self.spawn(service)?;
        self.is_ready(service).await
    }

    /// Sends a signal to a service, such as `STOP`.
    pub async fn signal(&self, service: ServiceProcess, signal: &str) -> anyhow::Result<()> {
        send_signal(&self.running[self.place(service)], signal).await
    }

    /// The process of a service.
    pub fn pid(&self, service: ServiceProcess) -> anyhow::Result<u32> {
        let child = &self.running[self.place(service)];
        child.id().context("it ended")
    }

    /// Where REST is.
    pub fn web_url(&self) -> String {
        url(self.ports[HTTP])
    }

    fn place(&self, service: ServiceProcess) -> usize {
        match self.layout {
            Layout::OneProcess => 0,
            Layout::FourProcesses => service as usize,
        }
    }

    fn spawn(&self, service: ServiceProcess) -> anyhow::Result<Child> {
        let port = |place: usize| self.ports[place].to_string();
        let mut command = Command::new(&self.binary);
        command
            .args(["serve", "--no-demo", "--data"])
            .arg(self.folder.path().join("data"))
            .args(["--http-port", &port(HTTP), "--mcp-port", &port(MCP)])
            .args(["--projects-port", &port(PROJECTS)])
            .args(["--logging-port", &port(LOGGING)])
            .args(["--gateway-port", &port(GATEWAY)]);
        if self.layout == Layout::FourProcesses {
            command
                .args(["--service", service.name()])
                .args(["--projects-url", &url(self.ports[PROJECTS])])
                .args(["--logging-url", &url(self.ports[LOGGING])])
                .args(["--gateway-url", &url(self.ports[GATEWAY])])
                .env("MCPORCH_HTTP_GATEWAY__MCP_PUBLIC_URL", url(self.ports[MCP]))
                .env("MCPORCH_MCP_GATEWAY__OUTBOUND__ALLOW_LOOPBACK", "true");
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", self.binary.display()))
    }

    async fn is_ready(&self, service: ServiceProcess) -> anyhow::Result<()> {
        let port = match service {
            ServiceProcess::Projects => self.ports[PROJECTS],
            ServiceProcess::Logging => self.ports[LOGGING],
            ServiceProcess::McpGateway => self.ports[GATEWAY],
            ServiceProcess::HttpGateway => self.ports[HTTP],
        };
        let begin = Instant::now();
        while readyz(port).await.is_none() {
            ensure!(begin.elapsed() < PATIENCE, "{} is not ready", service.name());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }
}

async fn send_signal(child: &Child, signal: &str) -> anyhow::Result<()> {
    let pid = child.id().context("it ended")?.to_string();
    let status = Command::new("kill")
        .args([&format!("-{signal}"), &pid])
        .status()
        .await?;
    ensure!(status.success(), "the process cannot be signalled");
    Ok(())
}

async fn readyz(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    answer.starts_with(b"HTTP/1.1 200").then_some(())
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Held until all are chosen, so that no two are the same.
fn free_ports() -> anyhow::Result<[u16; 5]> {
    let mut held = Vec::new();
    for _ in 0..5 {
        held.push(TcpListener::bind(("127.0.0.1", 0))?);
    }
    let mut ports = [0; 5];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
