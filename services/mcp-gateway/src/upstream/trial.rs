use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::value::RawValue;

use super::{Connection, Era, RequestOptions, Upstreams, slot::Slot};
use crate::{
    directory::Server,
    message::{Reply, object_fields},
};

/// Pages of tools that are shown. Who has more is known well enough.
const MAX_PAGES: usize = 20;

/// What became of a definition that was tried out.
#[derive(Debug)]
pub(crate) struct Trial {
    /// Stands no longer; knows what the server said of itself.
    pub(crate) connection: Option<Arc<Connection>>,
    /// Each the server's own JSON.
    pub(crate) tools: Vec<String>,
    /// What went wrong; empty where nothing did.
    pub(crate) error: String,
    pub(crate) stderr: String,
    pub(crate) took: Duration,
}

impl Upstreams {
    /// Connects to a server that nobody else will use, asks who it is and what
    /// tools it has, and ends the connection. Nothing of it is kept.
    pub(crate) async fn try_out(&self, server: Server) -> Trial {
        let started = Instant::now();
        let surroundings = Arc::new(self.surroundings().for_trial());
        let slot = Arc::new(Slot::new(Arc::new(server), None, Era::Modern));
        // Ends it also when whoever asked is gone.
        let _stop = slot.stop.clone().drop_guard();
        let mut trial = Trial {
            connection: None,
            tools: Vec::new(),
            error: String::new(),
            stderr: String::new(),
            took: Duration::ZERO,
        };
        match slot.connection(&surroundings).await {
            Ok(connection) => {
                if let Err(error) = list_tools(&connection, &mut trial.tools).await {
                    trial.error = error;
                }
                trial.stderr = connection.stderr_since(0);
                trial.connection = Some(connection);
            }
            Err(unavailable) => {
                trial.error = match slot.last_exit() {
                    exit if exit.is_empty() => unavailable.to_string(),
                    exit => exit,
                };
            }
        }
        trial.took = started.elapsed();
        slot.end().await;
        trial
    }
}

async fn list_tools(connection: &Arc<Connection>, tools: &mut Vec<String>) -> Result<(), String> {
    if !connection.hello().is_some_and(|hello| hello.offers("tools")) {
        return Ok(());
    }
    let mut cursor: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let params = cursor.map(|cursor| format!("{{\"cursor\":{cursor}}}"));
        let options = RequestOptions::within(connection.server.timeout);
        let page = match connection.request("tools/list", params.as_deref(), options).await {
            Ok(Reply::Result(page)) => page,
            Ok(Reply::Error(error)) => return Err(format!("it answered tools/list with the error {error}")),
            Err(error) => return Err(error.to_string()),
        };
        let fields = object_fields(page.get(), ["tools", "nextCursor"])
            .ok_or("its answer to tools/list is no unambiguous object")?;
        let on_page: Vec<&RawValue> = fields
            .get(0)
            .and_then(|list| serde_json::from_str(list).ok())
            .ok_or("its answer to tools/list has no list of tools")?;
        tools.extend(on_page.into_iter().map(|tool| tool.get().to_owned()));
        cursor = fields
            .get(1)
            .filter(|cursor| cursor.starts_with('"'))
            .map(str::to_owned);
        if cursor.is_none() {
            return Ok(());
        }
    }
    Ok(())
}
