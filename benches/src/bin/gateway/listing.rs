use anyhow::ensure;
use benches::{MANY_TOOLS, McpConnection, time};
use tests::wait_until;

use crate::{
    scene::{MANY_SERVERS, Scene},
    table::Table,
};

const ROUNDS: usize = 100;

/// One list of the tools of many servers.
pub(crate) async fn measure(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let mut connection = McpConnection::open(&scene.many.mcp_url, &scene.many.key).await?;
    // The servers are asked behind the first list.
    wait_until("all servers are listed", async || {
        let mut connection = McpConnection::open(&scene.many.mcp_url, &scene.many.key)
            .await
            .ok()?;
        let list = connection.request(LIST).await.ok()?;
        let is_whole = tools_in(list) == MANY_SERVERS * MANY_TOOLS;
        connection.close().await.ok()?;
        is_whole.then_some(())
    })
    .await;
    let timing = time(ROUNDS, async |_| {
        let list = connection.request(LIST).await?;
        ensure!(list.ends_with(b"]}}"), "not the whole list");
        Ok(())
    })
    .await?;
    let size_kib = connection.request(LIST).await?.len() / 1_024;
    let measured = format!("{:.2} ({size_kib} KiB)", timing.percentile_ms(0.5));
    table.row(
        "tools/list of 20 servers with 1,000 tools, ms",
        "5",
        "1",
        measured,
    );
    connection.close().await
}

const LIST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;

fn tools_in(list: &[u8]) -> usize {
    const SCHEMA: &[u8] = b"\"inputSchema\"";
    list.windows(SCHEMA.len())
        .filter(|window| *window == SCHEMA)
        .count()
}
