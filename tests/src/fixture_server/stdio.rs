//! One message a line on stdin and stdout.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    sync::mpsc,
    task::AbortHandle,
};

use super::{Era, FixtureServer, OUTLET_MESSAGES, Outlet, legacy::Session, modern, spawn};

pub(super) async fn serve(server: &Arc<FixtureServer>) -> anyhow::Result<()> {
    let (outlet, mut out) = mpsc::channel::<Value>(OUTLET_MESSAGES);
    spawn(async move {
        let mut stdout = tokio::io::stdout();
        while let Some(message) = out.recv().await {
            let line = format!("{message}\n");
            if stdout.write_all(line.as_bytes()).await.is_err() || stdout.flush().await.is_err() {
                return;
            }
        }
    });
    let session = Arc::new(Session::default());
    session.follow(server);
    let mut running = HashMap::new();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        let is_modern = match server.era {
            Era::Legacy => false,
            Era::Modern => true,
            Era::Both => modern::revision_of(&message).is_some(),
        };
        if is_modern {
            take_modern(server, message, &outlet, &mut running).await;
        } else {
            if message["method"] == "notifications/initialized" {
                session.listen(outlet.clone());
            }
            cancel(&message, &running);
            session.take(server, message, outlet.clone());
        }
    }
    Ok(())
}

async fn take_modern(
    server: &Arc<FixtureServer>,
    message: Value,
    outlet: &Outlet,
    running: &mut HashMap<String, AbortHandle>,
) {
    cancel(&message, running);
    let Some(id) = message
        .get("id")
        .cloned()
        .filter(|_| message["method"].is_string())
    else {
        return;
    };
    if let Err(error) = modern::check_meta(&message) {
        let _ = outlet
            .send(json!({"jsonrpc": "2.0", "id": id, "error": error}))
            .await;
        return;
    }
    running.retain(|_, task| !task.is_finished());
    let (server, outlet) = (Arc::clone(server), outlet.clone());
    let task = spawn(async move { modern::answer(&server, &message, &outlet).await });
    running.insert(id.to_string(), task.abort_handle());
}

fn cancel(message: &Value, running: &HashMap<String, AbortHandle>) {
    if message["method"] == "notifications/cancelled"
        && let Some(task) = running.get(&message["params"]["requestId"].to_string())
    {
        task.abort();
    }
}
