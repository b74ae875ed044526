use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{Connection, RequestError};
use crate::{
    message::{Reply, Revision},
    upstream::{Era, Hello, RequestOptions, eras::Spoken, handshake, params::Fitted},
};

/// A legacy server may not answer what it does not know. One that is only slow
/// to start is heard later all the same.
const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// What the answer to `server/discover` says of a server.
enum Probed {
    Modern(Hello),
    Legacy,
    Failed(String),
}

/// Finds out of which era the server is, and greets it (2026-07-28, stdio,
/// "backward compatibility"). `is_probed` while an end of the server may come
/// from a request that it does not know.
pub(super) async fn greet(
    connection: &Arc<Connection>,
    known: Option<Spoken>,
    is_probed: &AtomicBool,
) -> Result<(Hello, Spoken), String> {
    if known.map(Spoken::era) == Some(Era::Legacy) {
        return initialize(connection).await;
    }
    if known.is_none() && connection.for_era == Era::Legacy {
        // It may speak the client's own era, and need not tell any other.
        if let Ok(greeted) = initialize(connection).await {
            return Ok(greeted);
        }
    }
    is_probed.store(true, Ordering::Relaxed);
    let mut probe = pin!(discover(connection));
    let probed = tokio::time::timeout(PROBE_WITHIN, &mut probe).await;
    match probed.map(read) {
        Ok(Probed::Modern(hello)) => return Ok((hello, Spoken::Modern)),
        Ok(Probed::Failed(words)) => return Err(words),
        Ok(Probed::Legacy) => {
            is_probed.store(false, Ordering::Relaxed);
            return initialize(connection).await;
        }
        Err(_) => {}
    }
    // Silent so far. It may answer the probe still, before `initialize`.
    let mut initialized = pin!(initialize(connection));
    let late = tokio::select! {
        greeted = &mut initialized => return greeted,
        answer = &mut probe => read(answer),
    };
    match (initialized.await, late) {
        (Err(_), Probed::Modern(hello)) => Ok((hello, Spoken::Modern)),
        (Err(_), Probed::Failed(words)) => Err(words),
        (greeted, _) => greeted,
    }
}

async fn discover(connection: &Arc<Connection>) -> Result<Reply, RequestError> {
    let params = Fitted::plain(handshake::discover_params(connection.owner.as_ref()));
    let options = RequestOptions::within(connection.server.init_timeout);
    let id = connection.next_id();
    connection.exchange(id, "server/discover", params, options).await
}

async fn initialize(connection: &Arc<Connection>) -> Result<(Hello, Spoken), String> {
    let hello = handshake::initialize(connection).await?;
    connection.notify("notifications/initialized", None);
    Ok((hello, Spoken::Legacy))
}

fn read(answer: Result<Reply, RequestError>) -> Probed {
    match answer {
        Ok(Reply::Result(result)) => Hello::of_discover(result).map_or(Probed::Legacy, Probed::Modern),
        Ok(Reply::Error(error)) if handshake::is_modern_error(error.get()) => {
            if handshake::knows_legacy(error.get()) {
                return Probed::Legacy;
            }
            Probed::Failed(format!(
                "it is of a newer kind and refuses the revision {}: {error}",
                Revision::LATEST_MODERN
            ))
        }
        Ok(Reply::Error(_)) | Err(_) => Probed::Legacy,
    }
}
