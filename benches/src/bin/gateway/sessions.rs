use std::time::Duration;

use benches::{McpConnection, memory_kib};

use crate::{scene::Scene, table::Table};

const SESSIONS: u32 = 500;

/// What is not the sessions' alone has settled by then.
const SETTLED: Duration = Duration::from_secs(2);

/// Sessions with their stream open that ask nothing.
pub(crate) async fn measure(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let pid = scene.gateway_pid()?;
    let project = &scene.project;
    // What the first ones need once is not counted.
    let first = open(&project.mcp_url, &project.key, SESSIONS / 10).await?;
    tokio::time::sleep(SETTLED).await;
    let before = memory_kib(pid, "VmRSS:")?;
    let rest = open(&project.mcp_url, &project.key, SESSIONS).await?;
    tokio::time::sleep(SETTLED).await;
    let after = memory_kib(pid, "VmRSS:")?;
    let each = after.saturating_sub(before) as f64 / f64::from(SESSIONS);
    let figure = "idle legacy session with its stream open, KiB each";
    table.row(figure, "40", "25", format!("{each:.1}"));
    for (connection, stream) in first.into_iter().chain(rest) {
        drop(stream);
        connection.close().await?;
    }
    Ok(())
}

async fn open(
    url: &str,
    key: &str,
    count: u32,
) -> anyhow::Result<Vec<(McpConnection, tokio::net::TcpStream)>> {
    let mut open = Vec::new();
    for _ in 0..count {
        let connection = McpConnection::open(url, key).await?;
        let stream = connection.listen().await?;
        open.push((connection, stream));
    }
    Ok(open)
}
