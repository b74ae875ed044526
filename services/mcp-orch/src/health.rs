use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;

/// Asks a service whether it is ready, for container health checks
#[derive(clap::Args)]
pub(crate) struct HealthArgs {
    /// The address of the service, on any of its ports
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
}

/// 0: ready; 1: not, or nobody answers.
pub(crate) async fn run(args: HealthArgs) -> anyhow::Result<ExitCode> {
    let url = format!("{}/readyz", args.url.trim_end_matches('/'));
    let answer = reqwest::Client::builder()
        .timeout(Duration::from_secs(2))
        .build()?
        .get(&url)
        .send()
        .await
        .with_context(|| format!("{url} does not answer"))?;
    let is_ready = answer.status().is_success();
    print!("{}", answer.text().await.unwrap_or_default());
    Ok(if is_ready {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
