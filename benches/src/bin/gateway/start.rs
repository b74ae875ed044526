use std::{path::Path, time::Duration};

use benches::{Deployment, Layout, ServiceProcess, median, memory_kib};

use crate::table::Table;

/// What is done once after the start is done by then.
const AT_REST: Duration = Duration::from_secs(5);

/// One process on SQLite, that nobody has used yet.
pub(crate) async fn measure(binary: &Path, rounds: usize, table: &mut Table) -> anyhow::Result<()> {
    let (mut first, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let mut deployment = Deployment::start(binary, Layout::OneProcess).await?;
        first.push(deployment.started_within().as_secs_f64() * 1_000.0);
        deployment.kill().await?;
        deployment.start_again().await?;
        again.push(deployment.started_within().as_secs_f64() * 1_000.0);
        tokio::time::sleep(AT_REST).await;
        let kib = memory_kib(deployment.pid(ServiceProcess::McpGateway)?, "VmRSS:")?;
        memory.push(kib as f64 / 1_024.0);
        deployment.kill().await?;
    }
    let ms = |figures| format!("{:.0}", median(figures));
    table.row("first start to ready, SQLite, ms", "1000", "200", ms(first));
    table.row("later start to ready, SQLite, ms", "1000", "200", ms(again));
    let memory = format!("{:.0}", median(memory));
    table.row("memory at rest, all four services, MiB", "80", "40", memory);
    Ok(())
}
