use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{LogLevel, ServerLogKind};
use futures::future::BoxFuture;

use super::{Connection, Era, Hello, RequestError, RequestOptions, connection::MAX_TIMEOUT, handshake};
use crate::{
    backoff::Backoff,
    message::{ErrorCode, Reply, object_fields},
};

const UNKNOWN: i64 = ErrorCode::MethodNotFound.number();

/// Keeps the server told of what is watched, as long as the connection stands.
pub(super) async fn follow(connection: &Arc<Connection>) {
    match connection.hello() {
        Some(hello) if hello.era == Era::Modern => listen(connection, hello).await,
        Some(hello) if declares(hello, "resources", "subscribe") => subscribe(connection).await,
        _ => std::future::pending().await,
    }
}

/// A legacy server is told of each resource.
async fn subscribe(connection: &Arc<Connection>) {
    let mut watched = connection.watched();
    let mut greetings = connection.greetings();
    let mut told = BTreeSet::new();
    loop {
        let wanted = watched.borrow_and_update().clone();
        for (method, uris) in [
            ("resources/subscribe", wanted.difference(&told)),
            ("resources/unsubscribe", told.difference(&wanted)),
        ] {
            for uri in uris {
                tell(connection, method, uri).await;
            }
        }
        told = wanted;
        tokio::select! {
            _ = watched.changed() => {}
            _ = greetings.changed() => told.clear(),
        }
    }
}

async fn tell(connection: &Arc<Connection>, method: &str, uri: &str) {
    let params = format!("{{\"uri\":{}}}", serde_json::Value::from(uri));
    let options = RequestOptions::within(connection.server.timeout);
    let problem = match connection.request(method, Some(&params), options).await {
        Ok(Reply::Result(_)) => return,
        Ok(Reply::Error(error)) => error.get().to_owned(),
        Err(error) => error.to_string(),
    };
    let line = format!("{method} of {uri} failed: {problem}");
    connection.log(LogLevel::Warning, ServerLogKind::Protocol, &line);
}

/// A modern server is asked for a stream of all that is watched, and asked anew
/// when that changes or the stream ends (2026-07-28, patterns, "subscriptions").
async fn listen(connection: &Arc<Connection>, hello: &Hello) {
    let mut watched = connection.watched();
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_mins(1));
    // Goes on until the server tells of what is watched now, so that nothing is
    // missed between the two.
    let mut before: Option<Listening<'_>> = None;
    loop {
        let uris = watched.borrow_and_update().clone();
        let Some(params) = filter(hello, &uris) else {
            before = None;
            connection.asks_to_watch(&uris);
            connection.answered_watch();
            let _ = watched.changed().await;
            continue;
        };
        let mut answered = connection.answered_watches();
        connection.asks_to_watch(&uris);
        let mut now: Listening<'_> = Box::pin(async move { connection.listen(&params, MAX_TIMEOUT).await });
        let mut is_answered = false;
        let ended = loop {
            tokio::select! {
                ended = &mut now => break Some(ended),
                _ = watched.changed() => break None,
                _ = answered.wait_for(|answered| *answered == uris), if !is_answered => {
                    is_answered = true;
                    before = None;
                }
                _ = ended(&mut before), if before.is_some() => before = None,
            }
        };
        let Some(ended) = ended else {
            if is_answered || before.is_none() {
                before = Some(now);
            }
            continue;
        };
        // It may have ended instead of being acknowledged.
        connection.answered_watch();
        before = None;
        match ended {
            // It ends in good order, or its time is over.
            Ok(Reply::Result(_)) => backoff.reset(),
            // It has none to offer.
            Ok(Reply::Error(error)) if handshake::error_code(error.get()) == Some(UNKNOWN) => {
                let _ = watched.changed().await;
                continue;
            }
            Ok(Reply::Error(_)) | Err(_) => {}
        }
        tokio::select! {
            _ = watched.changed() => {}
            () = backoff.wait() => {}
        }
    }
}

/// A stream on which a modern server tells of changes. Dropped, it ends.
type Listening<'a> = BoxFuture<'a, Result<Reply, RequestError>>;

async fn ended(listening: &mut Option<Listening<'_>>) -> Result<Reply, RequestError> {
    match listening {
        Some(listening) => listening.await,
        None => std::future::pending().await,
    }
}

/// What to ask for: changes of the lists that the server has, and of these
/// resources. None where that is nothing.
fn filter(hello: &Hello, uris: &BTreeSet<String>) -> Option<String> {
    let lists = [
        ("tools", "toolsListChanged"),
        ("prompts", "promptsListChanged"),
        ("resources", "resourcesListChanged"),
    ];
    let mut wanted: Vec<_> = lists
        .into_iter()
        .filter(|(capability, _)| declares(hello, capability, "listChanged"))
        .map(|(_, name)| format!("\"{name}\":true"))
        .collect();
    if !uris.is_empty() && declares(hello, "resources", "subscribe") {
        let uris = serde_json::json!(uris);
        wanted.push(format!("\"resourceSubscriptions\":{uris}"));
    }
    (!wanted.is_empty()).then(|| format!("{{\"notifications\":{{{}}}}}", wanted.join(",")))
}

/// Whether the server declared that part of a capability.
fn declares(hello: &Hello, capability: &str, part: &str) -> bool {
    object_fields(&hello.capabilities, [capability])
        .and_then(|fields| object_fields(fields.get(0)?, [part])?.get(0))
        == Some("true")
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[test]
    fn only_what_the_server_offers_is_asked_for() {
        let hello = |capabilities: &str| {
            let result = format!(r#"{{"supportedVersions":["2026-07-28"],"capabilities":{capabilities}}}"#);
            Hello::of_discover(RawValue::from_string(result).expect("JSON")).expect("good")
        };
        let uris = BTreeSet::from(["a:1".to_owned()]);
        let full = hello(r#"{"tools":{"listChanged":true},"resources":{"subscribe":true}}"#);
        assert_eq!(
            filter(&full, &uris).as_deref(),
            Some(r#"{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a:1"]}}"#)
        );
        let bare = hello(r#"{"tools":{"listChanged":false},"resources":{}}"#);
        assert_eq!(filter(&bare, &uris), None);
    }
}
