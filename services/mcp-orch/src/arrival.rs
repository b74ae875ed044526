use std::path::PathBuf;

use access::{ServiceName, ServiceSecret};
use anyhow::Context as _;
use service_host::{DialOptions, Host};

use crate::{
    config::{Config, local_url},
    data_folder::DataFolder,
    demo::{self, Demo},
    operator::Operator,
    wiring::{Ports, sqlite_file},
};

/// What whoever started a whole deployment is told: where it is, and how to
/// get in.
pub(crate) struct Arrival {
    web_url: String,
    mcp_url: String,
    projects_url: String,
    secret: ServiceSecret,
    demo_file: PathBuf,
    demo: Option<Demo>,
}

impl Arrival {
    /// To be made before the services start, while it can still be seen
    /// whether the deployment is a new one. `None` when this process is only a
    /// part of one.
    pub(crate) fn of(config: &Config, ports: &Ports, data: &DataFolder) -> anyhow::Result<Option<Self>> {
        let Some(http) = ports.http.as_ref().filter(|_| config.is_whole()) else {
            return Ok(None);
        };
        let demo_file = data.file("demo.json");
        let is_new = sqlite_file(&config.projects.database_url).is_some_and(|file| !file.exists());
        let demo = if !config.demo {
            None
        } else if is_new {
            Some(Demo::plan(&demo_file)?)
        } else {
            Demo::load(&demo_file)?
        };
        let gateway = &config.http_gateway;
        Ok(Some(Self {
            web_url: gateway
                .public_url
                .clone()
                .unwrap_or_else(|| local_url("http", http.local_addr())),
            mcp_url: gateway.mcp_public_url.clone(),
            projects_url: gateway.projects_url.clone(),
            secret: gateway
                .service_secret
                .clone()
                .context("the wiring loads the secret")?,
            demo_file,
            demo,
        }))
    }

    /// Tells it on stdout, in a few lines. A demo that cannot be made, because
    /// somebody took it apart for instance, stops nobody.
    pub(crate) async fn announce(mut self, host: &Host) {
        let lines = match self.demo.take() {
            None => self.addresses(),
            Some(demo) => self.welcome(demo, host).await.unwrap_or_else(|error| {
                tracing::warn!(error = format!("{error:#}"), "no demo project this time");
                self.addresses()
            }),
        };
        println!("\n{lines}\n");
    }

    fn addresses(&self) -> String {
        format!(
            "Web     {}\nMCP     {}/projects/PROJECT/mcp",
            self.web_url, self.mcp_url
        )
    }

    async fn welcome(&self, mut demo: Demo, host: &Host) -> anyhow::Result<String> {
        let Self { web_url, mcp_url, .. } = self;
        let clock = host.clock();
        let channel = host.dial(&self.projects_url, DialOptions::default())?;
        let operator = Operator::new(channel, self.secret.token_for(ServiceName::Operator));
        demo.complete(&self.demo_file, &operator, clock).await?;
        let (link, minutes) = demo.sign_in_link(&operator, clock).await?;
        Ok([
            format!("Web     {web_url}/sign-in?link={link}"),
            format!("        (signs you in once, within {minutes} minutes; each start prints a new one)"),
            format!("MCP     {}", demo::mcp_url(mcp_url)),
            format!("Key     {}", demo.key()),
            String::new(),
            format!("Try it  {}", demo.call_command(mcp_url)),
        ]
        .join("\n"))
    }
}
