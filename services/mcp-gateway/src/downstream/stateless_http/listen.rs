use std::sync::Arc;

use async_stream::stream;
use axum::response::Response;
use http::StatusCode;

use super::super::{
    Doors,
    event_stream::{self, COMMENT, KEEP_ALIVE, message_event},
    refusal::Refusal,
};
use crate::{
    message::{self, ErrorCode, Request as McpRequest, meta::SUBSCRIPTION_ID, object_fields},
    relay::Caller,
    session::{Filter, Session, Sessions, Watcher, Working, tagged},
};

/// Answers `subscriptions/listen`: says first what it will tell, then tells it,
/// until the client closes the stream or the gateway ends it in good order.
pub(super) async fn listen(
    doors: &Doors,
    caller: &Caller,
    session: Arc<Session>,
    working: Working,
    request: &McpRequest,
) -> Result<Response, Refusal> {
    let asked = read_filter(request.params())?;
    let watching = Watching {
        sessions: doors.relay.sessions.clone(),
        watcher: session.interests.new_listener(),
        session: session.clone(),
    };
    let honoured = doors.relay.honoured(caller, watching.watcher, asked).await;
    let id = request.id.clone();
    let acknowledged = format!("{{\"notifications\":{}}}", to_json(&honoured));
    let mut reader = session.listeners.add(&id, honoured).ok_or_else(|| {
        Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::Internal,
            "this client has as many subscriptions open as it may; close some",
        )
    })?;
    let shutdown = doors.shutdown.clone();
    Ok(event_stream::response(stream! {
        let _working = working;
        let _watching = watching;
        yield message_event(&tagged("notifications/subscriptions/acknowledged", Some(&acknowledged), &id));
        loop {
            tokio::select! {
                biased;
                message = reader.next() => match message {
                    Some(message) => yield message_event(&message),
                    // Too slow: the client sees an end without an answer, and
                    // comes anew.
                    None => return,
                },
                () = session.ended.cancelled() => break,
                () = shutdown.soft() => break,
                () = tokio::time::sleep(KEEP_ALIVE) => yield COMMENT,
            }
        }
        let result = format!("{{\"resultType\":\"complete\",\"_meta\":{{\"{SUBSCRIPTION_ID}\":{id}}}}}");
        yield message_event(&message::result_reply(&id, &result));
    }))
}

/// Ends what a listener watches with its stream.
struct Watching {
    sessions: Arc<Sessions>,
    session: Arc<Session>,
    watcher: Watcher,
}

impl Drop for Watching {
    fn drop(&mut self) {
        for server in self.session.interests.end(self.watcher) {
            self.sessions.rewatch(&server);
        }
    }
}

fn read_filter(params: Option<&str>) -> Result<Filter, Refusal> {
    const NAMES: [&str; 4] = [
        "toolsListChanged",
        "promptsListChanged",
        "resourcesListChanged",
        "resourceSubscriptions",
    ];
    let invalid = |words: &str| Refusal::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidParams, words);
    let fields = params
        .and_then(|params| object_fields(params, ["notifications"]))
        .and_then(|fields| object_fields(fields.get(0)?, NAMES))
        .ok_or_else(|| invalid("params lacks notifications, an object that says what to be told"))?;
    let flag = |place: usize| match fields.get(place) {
        None | Some("null" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(invalid("toolsListChanged and its like are true or false")),
    };
    let uris = match fields.get(3) {
        None | Some("null") => Some(std::collections::BTreeSet::new()),
        Some(uris) => serde_json::from_str(uris).ok(),
    };
    Ok(Filter {
        tools: flag(0)?,
        prompts: flag(1)?,
        resources: flag(2)?,
        uris: uris.ok_or_else(|| invalid("resourceSubscriptions is a list of URIs"))?,
    })
}

/// Only what is honoured stands in it ("acknowledgment").
fn to_json(filter: &Filter) -> serde_json::Value {
    let mut members = serde_json::Map::new();
    for (name, is_on) in [
        ("toolsListChanged", filter.tools),
        ("promptsListChanged", filter.prompts),
        ("resourcesListChanged", filter.resources),
    ] {
        if is_on {
            members.insert(name.to_owned(), true.into());
        }
    }
    if !filter.uris.is_empty() {
        members.insert(
            "resourceSubscriptions".to_owned(),
            filter.uris.iter().cloned().collect(),
        );
    }
    members.into()
}
