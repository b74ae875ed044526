use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use serde_json::json;
use service_host::Sources;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{config::Config, http_client};

const WITHIN: Duration = Duration::from_secs(2);

/// Asks a service whether it is ready, for container health checks
#[derive(clap::Args)]
pub(crate) struct HealthArgs {
    /// The address of the service, on any of its ports; https is for services
    /// that call each other over TLS
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,

    /// The TOML file with the settings of TLS, where the environment does not
    /// hold them
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// 0: ready; 1: not, or nobody answers.
pub(crate) async fn run(args: HealthArgs) -> anyhow::Result<ExitCode> {
    let asking = async {
        if args.url.starts_with("https:") {
            over_tls(&args).await
        } else {
            over_http(&args.url).await
        }
    };
    let asked = tokio::time::timeout(WITHIN, asking).await;
    let is_ready = asked.with_context(|| format!("{} does not answer", args.url))??;
    Ok(if is_ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn over_http(url: &str) -> anyhow::Result<bool> {
    let url = format!("{}/readyz", url.trim_end_matches('/'));
    let client = http_client::builder().no_proxy().build()?;
    let answer = client
        .get(&url)
        .send()
        .await
        .with_context(|| format!("{url} does not answer"))?;
    let is_ready = answer.status().is_success();
    print!("{}", answer.text().await.unwrap_or_default());
    Ok(is_ready)
}

/// As the other services would, with the certificate of this deployment.
async fn over_tls(args: &HealthArgs) -> anyhow::Result<bool> {
    let config: Config = Sources::new(args.config.clone(), json!({})).load()?;
    let mut client = HealthClient::new(config.dial(&args.url)?);
    let answer = client
        .check(HealthCheckRequest::default())
        .await
        .with_context(|| format!("{} does not answer", args.url))?;
    let is_ready = answer.into_inner().status() == ServingStatus::Serving;
    println!("{}", if is_ready { "ready" } else { "not ready" });
    Ok(is_ready)
}
