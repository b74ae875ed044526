use std::time::Duration;

use benches::{McpConnection, memory_kib};
use tokio::net::TcpStream;

use crate::{scene::Scene, table::Table};

/// Twice as many are open in the end, and a key may have 1,000.
const SESSIONS: u32 = 400;

/// What is not the sessions' alone has settled by then.
const SETTLED: Duration = Duration::from_secs(2);

/// A session that has its stream open and asks nothing.
struct Idle {
    connection: McpConnection,
    stream: TcpStream,
}

/// Sessions with their stream open that ask nothing.
pub(crate) async fn measure(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    // What the first ones need once is not counted.
    let mut idle = open(scene, SESSIONS / 10).await?;
    hang_up(&mut idle).await?;

    // Each hangs up before the next one comes: of many that hang up later, the
    // system gets nothing back, and what they had would be counted.
    let before = memory(scene).await?;
    for _ in 0..SESSIONS {
        let mut one = open(scene, 1).await?;
        hang_up(&mut one).await?;
        idle.extend(one);
    }
    let between = memory(scene).await?;
    idle.extend(open(scene, SESSIONS).await?);
    let after = memory(scene).await?;

    let each =
        |before: u64, after: u64| format!("{:.1}", after.saturating_sub(before) as f64 / f64::from(SESSIONS));
    let figure = "idle legacy session with its stream open, KiB each";
    table.row(figure, "40", "25", each(before, between));
    let figure = "the same, the connection of its requests not closed yet, KiB each";
    table.row(figure, "", "", each(between, after));
    for Idle {
        mut connection,
        stream,
    } in idle
    {
        drop(stream);
        connection.reconnect().await?;
        connection.close().await?;
    }
    Ok(())
}

async fn memory(scene: &Scene<'_>) -> anyhow::Result<u64> {
    tokio::time::sleep(SETTLED).await;
    memory_kib(scene.gateway_pid()?, "VmRSS:")
}

async fn open(scene: &Scene<'_>, count: u32) -> anyhow::Result<Vec<Idle>> {
    let project = &scene.project;
    let mut open = Vec::new();
    for _ in 0..count {
        let connection = McpConnection::open(&project.mcp_url, &project.key).await?;
        let stream = connection.listen().await?;
        open.push(Idle { connection, stream });
    }
    Ok(open)
}

/// Closes the connection of the requests of some sessions, as the gateway does
/// half a minute after the last of them.
async fn hang_up(idle: &mut [Idle]) -> anyhow::Result<()> {
    for session in idle {
        session.connection.hang_up().await?;
    }
    Ok(())
}
