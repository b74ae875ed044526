use std::{path::Path, time::Duration};

use anyhow::ensure;
use benches::{
    Ask, Deployment, Layout, MANY_TOOLS_PATH, Nginx, Outcome, Pace, Rows, ServiceProcess, What, cpu_seconds,
};
use tests::{ListeningProgram, Project, Rest, ServerDefinition};

use crate::Args;

/// Not measured, before each time that is.
pub(crate) const WARM_UP: Duration = Duration::from_millis(500);

/// How many servers the project with many has.
pub(crate) const MANY_SERVERS: usize = 20;

/// A deployment and the servers behind it.
pub(crate) struct Scene<'a> {
    pub(crate) args: &'a Args,
    pub(crate) deployment: Deployment,
    pub(crate) project: Project,
    pub(crate) many: Project,
    owner: Rest,
    server_url: String,
    text: String,
    server: ListeningProgram,
}

/// A run through the gateway.
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    /// Of the gateway alone, until every call was a row.
    pub(crate) cpu_seconds_per_1000: f64,
}

impl<'a> Scene<'a> {
    pub(crate) async fn set(args: &'a Args, binary: &Path) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let server = ListeningProgram::start(|port| {
            let mut command = tokio::process::Command::new(&own);
            command.args(["--echo", &format!("127.0.0.1:{port}")]);
            command
        })
        .await;
        let server_url = format!("http://127.0.0.1:{}", server.port);
        let deployment = Deployment::start(binary, Layout::FourProcesses).await?;
        let owner = Rest::sign_up(&deployment.web_url(), "kim@example.com").await?;
        let http = ServerDefinition::http("http", "streamable_http", &format!("{server_url}/mcp"));
        let pipes = ServerDefinition::stdio("pipes", &own, &["--echo", "stdio"]);
        let servers = [http, pipes].map(|server| server.with("max_in_flight", 256));
        let project = owner.project("Acme", &servers).await?;
        let many: Vec<_> = (0..MANY_SERVERS)
            .map(|number| {
                let url = format!("{server_url}{MANY_TOOLS_PATH}/{number}");
                ServerDefinition::http(&format!("server-{number}"), "streamable_http", &url)
            })
            .collect();
        let many = owner.project("Many", &many).await?;
        let scene = Self {
            args,
            deployment,
            project,
            many,
            owner,
            server_url,
            text: "a word and another ".repeat(args.text_bytes.div_ceil(19)),
            server,
        };
        // Somebody has to be first to start the servers.
        for what in [scene.through_http(), scene.through_pipes()] {
            scene.run(&what, 1, Pace::Closed).await?;
        }
        Ok(scene)
    }

    /// The server itself.
    pub(crate) fn direct(&self) -> Ask {
        self.ask(
            &format!("{}/mcp", self.server_url),
            "",
            What::Tool("echo".to_owned()),
        )
    }

    /// nginx before the server itself.
    pub(crate) async fn nginx(&self) -> anyhow::Result<Nginx> {
        Nginx::before(&self.args.nginx, self.server.port).await
    }

    pub(crate) fn through(&self, nginx: &Nginx) -> Ask {
        let url = format!("{}/mcp", nginx.url);
        self.ask(&url, "", What::Tool("echo".to_owned()))
    }

    /// The same server behind the gateway.
    pub(crate) fn through_http(&self) -> Ask {
        let what = What::Tool("http__echo".to_owned());
        self.ask(&self.project.mcp_url, &self.project.key, what)
    }

    /// A server over stdio behind the gateway.
    pub(crate) fn through_pipes(&self) -> Ask {
        let what = What::Tool("pipes__echo".to_owned());
        self.ask(&self.project.mcp_url, &self.project.key, what)
    }

    /// The same way without a record of it: only tool calls have one.
    pub(crate) fn unrecorded(&self) -> Ask {
        let what = What::Prompt("http__echo".to_owned());
        self.ask(&self.project.mcp_url, &self.project.key, what)
    }

    pub(crate) fn gateway_pid(&self) -> anyhow::Result<u32> {
        self.deployment.pid(ServiceProcess::McpGateway)
    }

    /// Asks the gateway, and waits until each call is a row.
    pub(crate) async fn run(&self, ask: &Ask, connections: u32, pace: Pace) -> anyhow::Result<Run> {
        let rows = Rows::of(&self.owner, &self.project);
        let gateway = [self.gateway_pid()?];
        let before = rows.at_rest().await?;
        let cpu_before = cpu_seconds(&gateway)?;
        let outcome = self.ask_only(ask, connections, pace).await?;
        let calls = match ask.what {
            What::Tool(_) => outcome.requests,
            What::Prompt(_) => 0,
        };
        rows.reach(before + calls).await?;
        let cpu = cpu_seconds(&gateway)? - cpu_before;
        Ok(Run {
            cpu_seconds_per_1000: cpu / (outcome.requests as f64 / 1_000.0),
            outcome,
        })
    }

    /// Asks, and counts no rows.
    pub(crate) async fn ask_only(&self, ask: &Ask, connections: u32, pace: Pace) -> anyhow::Result<Outcome> {
        let outcome = ask.run(connections, pace, WARM_UP, self.args.measured()).await?;
        ensure!(outcome.requests > 0, "nothing was asked");
        Ok(outcome)
    }

    /// Waits until the calls that were made meanwhile are rows.
    pub(crate) async fn rows_reach(&self, count: u64) -> anyhow::Result<()> {
        let rows = Rows::of(&self.owner, &self.project);
        rows.reach(count).await.map(drop)
    }

    pub(crate) async fn rows(&self) -> anyhow::Result<u64> {
        Rows::of(&self.owner, &self.project).at_rest().await
    }

    fn ask(&self, url: &str, key: &str, what: What) -> Ask {
        Ask {
            url: url.to_owned(),
            key: key.to_owned(),
            what,
            text: self.text.clone(),
        }
    }
}
