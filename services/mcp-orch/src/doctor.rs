use std::process::ExitCode;

use domain::Clock;

use crate::{
    config::{Config, Service, local_url},
    palette::Palette,
    settings::Settings,
    stores::stores,
    wiring::{Addresses, fill_in},
};

mod databases;
mod doors;
mod files;
mod finding;
mod request;
mod services;
mod spool;

use finding::{Finding, Health};

/// Looks at a deployment and says what is wrong and what to do
///
/// Give it the flags, the file and the environment of `mcp-orch serve`, as the user of the services. It changes
/// nothing; only --key leaves a session of no length behind. Exit code 1: something does not work.
#[derive(clap::Args)]
pub(crate) struct DoctorArgs {
    /// As JSON
    #[arg(long)]
    json: bool,

    /// An API key to try. In the environment nobody else on this machine sees it
    #[arg(long, env = "MCPORCH_KEY", hide_env_values = true)]
    key: Option<String>,

    /// Slug or id of the project that the key is of
    #[arg(long, env = "MCPORCH_PROJECT")]
    project: Option<String>,

    #[command(flatten)]
    settings: Settings,
}

/// 0: all works, whatever should be looked at; 1: something does not.
pub(crate) async fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let findings = match args.settings.load() {
        Ok(config) => look(config, args.key.as_deref(), args.project.as_deref()).await?,
        Err(error) => {
            let what_to_do = "correct it; deploy/mcp-orch.toml has every setting";
            let finding = Finding::failure("configuration", "settings", error.to_string(), what_to_do);
            vec![finding]
        }
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&finding::json(&findings))?);
    } else {
        println!("{}", finding::text(&findings, Palette::of_terminal()));
    }
    Ok(match finding::worst(&findings) {
        Health::Failure => ExitCode::FAILURE,
        Health::Ok | Health::Warning => ExitCode::SUCCESS,
    })
}

async fn look(mut config: Config, key: Option<&str>, project: Option<&str>) -> anyhow::Result<Vec<Finding>> {
    let clock = Clock::system();
    let data = std::path::absolute(&config.data_dir)?;
    let addresses = Addresses::planned(&config);
    fill_in(&mut config, addresses, &data);

    let mut findings = vec![configuration(&config)];
    findings.extend(files::folders(&config, &data));
    findings.extend(files::secrets(&config, &data));
    findings.extend(files::tls(&config, &clock));
    findings.push(databases::own_clock(&clock));
    for store in stores(&config) {
        findings.extend(databases::look(&store, &clock).await);
    }
    findings.extend(services::look(&config, addresses, &data).await);
    if let Some(mcp) = addresses.mcp {
        findings.extend(spool::look(&config, &local_url("http", mcp)).await);
    }
    findings.extend(doors::look(&config, addresses).await);
    if let Some(key) = key {
        findings.push(doors::key(&config, project, key).await);
    }
    Ok(findings)
}

/// What can be told of the settings without trying them.
fn configuration(config: &Config) -> Finding {
    const CHECK: &str = "configuration";
    let runs = |service| config.runs(service);
    let checks = [
        (
            "projects",
            runs(Service::Projects).then(|| told(config.projects.validate())),
        ),
        (
            "logging",
            runs(Service::Logging).then(|| told(config.logging.validate())),
        ),
        (
            "mcp_gateway",
            runs(Service::McpGateway).then(|| told(config.mcp_gateway.validate())),
        ),
        (
            "http_gateway",
            runs(Service::HttpGateway).then(|| told(config.http_gateway.validate())),
        ),
    ];
    let looked_at = format!("settings of {}", config.running().join(", "));
    let wrong: Vec<_> = checks
        .into_iter()
        .filter_map(|(table, checked)| Some(format!("{table}.{}", checked??)))
        .collect();
    if wrong.is_empty() {
        return Finding::ok(CHECK, looked_at, "valid");
    }
    Finding::failure(
        CHECK,
        looked_at,
        wrong.join("; "),
        "correct it; deploy/mcp-orch.toml has every setting",
    )
}

fn told<E: std::fmt::Display>(outcome: Result<(), E>) -> Option<String> {
    outcome.err().map(|error| error.to_string())
}
