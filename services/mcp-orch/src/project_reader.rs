//! A project as the REST gateway shows it to those with a key.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use reqwest::Response;
use serde_json::Value;

use crate::{
    events::{Event, EventReader},
    http_client,
};

/// How long until it looks again after a stream broke off.
const COME_AGAIN: Duration = Duration::from_secs(2);

/// Which project, and who asks.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// The address of the web UI
    #[arg(long, env = "MCPORCH_URL", default_value = "http://127.0.0.1:8080")]
    url: String,

    /// Slug or id of the project
    #[arg(long, short, env = "MCPORCH_PROJECT")]
    project: String,

    /// An API key of the project. In the environment nobody else on this machine sees it
    #[arg(long, env = "MCPORCH_KEY", hide_env_values = true)]
    key: String,
}

impl Place {
    /// The key with which is asked.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

/// Which span of time.
#[derive(clap::Args)]
pub(crate) struct Range {
    /// A span that ends now: 15m, 24h, 7d
    #[arg(long, default_value = "30m", conflicts_with = "from")]
    last: String,

    /// From this time on: 2026-11-22T14:00:00Z
    #[arg(long)]
    from: Option<String>,

    /// Up to this time
    #[arg(long, requires = "from")]
    to: Option<String>,
}

impl Range {
    /// As parameters of an address.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let Some(from) = &self.from else {
            return vec![("last", self.last.clone())];
        };
        let mut parameters = vec![("from", from.clone())];
        parameters.extend(self.to.clone().map(|to| ("to", to)));
        parameters
    }
}

/// Reads what one project has.
pub(crate) struct ProjectReader {
    http: reqwest::Client,
    base: String,
    key: String,
}

impl ProjectReader {
    pub(crate) fn new(place: Place) -> anyhow::Result<Self> {
        http_client::read_url(&place.url)?;
        Ok(Self {
            http: http_client::builder().build()?,
            base: format!(
                "{}/api/v1/projects/{}",
                place.url.trim_end_matches('/'),
                place.project
            ),
            key: place.key,
        })
    }

    /// One answer as JSON.
    pub(crate) async fn get(&self, path: &str, parameters: &[(&str, String)]) -> anyhow::Result<Value> {
        let answer = self.ask(path, parameters, "").await?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    /// One answer as it comes.
    pub(crate) async fn copy_to_stdout(
        &self,
        path: &str,
        parameters: &[(&str, String)],
    ) -> anyhow::Result<()> {
        let mut answer = self.ask(path, parameters, "").await?;
        let mut out = io::stdout().lock();
        while let Some(part) = answer
            .chunk()
            .await
            .context("the answer broke off: what was written is not all")?
        {
            out.write_all(&part)?;
        }
        Ok(out.flush()?)
    }

    /// Shows calls as they come in, from a cursor on, without end. A stream that
    /// breaks off is taken up again where it was.
    pub(crate) async fn follow(
        &self,
        query: &str,
        mut cursor: String,
        show: impl Fn(&Value),
    ) -> anyhow::Result<()> {
        loop {
            let parameters = [("q", query.to_owned())];
            match self.ask("/tool-calls/stream", &parameters, &cursor).await {
                Ok(answer) => read_events(answer, &mut cursor, &show).await,
                Err(error) => eprintln!("mcp-orch: {error:#}; trying again"),
            }
            tokio::time::sleep(COME_AGAIN).await;
        }
    }

    async fn ask(&self, path: &str, parameters: &[(&str, String)], cursor: &str) -> anyhow::Result<Response> {
        let url = format!("{}{path}", self.base);
        let mut address = http_client::read_url(&url)?;
        address
            .query_pairs_mut()
            .extend_pairs(parameters.iter().filter(|(_, value)| !value.is_empty()));
        let mut request = self.http.get(address).bearer_auth(&self.key);
        if !cursor.is_empty() {
            request = request.header("last-event-id", cursor);
        }
        let answer = request.send().await.map_err(|error| {
            anyhow!(
                "{url} does not answer: {}; does mcp-orch run there?",
                http_client::why(&error)
            )
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let problem: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        let query = parameters.iter().find(|(name, _)| *name == "q");
        bail!(
            "{}",
            refusal(&problem, query.map_or("", |(_, query)| query), status.as_str())
        )
    }
}

/// What a problem says; of a query, with its place underlined.
fn refusal(problem: &Value, query: &str, status: &str) -> String {
    let detail = problem["detail"].as_str().unwrap_or(status);
    let (Some(start), Some(end)) = (problem["span"]["start"].as_u64(), problem["span"]["end"].as_u64())
    else {
        return detail.to_owned();
    };
    let before = " ".repeat(usize::try_from(start).unwrap_or(0));
    let length = usize::try_from(end.saturating_sub(start)).unwrap_or(1).max(1);
    format!("{detail}\n  {query}\n  {before}{}", "^".repeat(length))
}

async fn read_events(mut answer: Response, cursor: &mut String, show: &impl Fn(&Value)) {
    let mut reader = EventReader::default();
    while let Ok(Some(part)) = answer.chunk().await {
        for event in reader.push(&part) {
            take(event, cursor, show);
        }
    }
}

fn take(event: Event, cursor: &mut String, show: &impl Fn(&Value)) {
    if let Some(id) = event.id {
        *cursor = id;
    }
    let data = event
        .data
        .and_then(|data| serde_json::from_str::<Value>(&data).ok());
    match (event.name.as_deref(), data) {
        (Some("call"), Some(call)) => show(&call),
        (Some("dropped"), Some(dropped)) => eprintln!("mcp-orch: {} calls were left out", dropped["n"]),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_that_cannot_be_read_is_underlined() {
        let problem = json!({"detail": "there is no field \"x\"", "span": {"start": 2, "end": 3}});
        assert_eq!(
            refusal(&problem, "a x:1", "400"),
            "there is no field \"x\"\n  a x:1\n    ^"
        );
        assert_eq!(refusal(&json!(null), "", "502"), "502");
    }

    #[test]
    fn events_show_calls_and_move_the_cursor() {
        let shown = RefCell::new(Vec::new());
        let show = |call: &Value| shown.borrow_mut().push(call["id"].clone());
        let mut cursor = String::new();
        let stream = b"event: call\ndata: {\"id\":\"7\"}\nid: c1\n\n: heartbeat\n\n";
        for event in EventReader::default().push(stream) {
            take(event, &mut cursor, &show);
        }
        assert_eq!((shown.take(), cursor.as_str()), (vec![json!("7")], "c1"));
    }
}
