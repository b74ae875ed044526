use std::{sync::Arc, time::Duration};

use super::{
    Connection, http,
    pool::Surroundings,
    slot::{End, Slot},
    stdio, watching,
};
use crate::directory::Transport;

/// How long calls that have just arrived get to reach a server before it is
/// stopped with the gateway.
const LAST_CALLS: Duration = Duration::from_millis(200);

/// One life of a connection, from its start to the end of all that belongs to it.
pub(super) async fn live(slot: &Arc<Slot>, surroundings: &Arc<Surroundings>) -> End {
    match &slot.server.transport {
        Transport::Stdio(definition) => stdio::live(slot, surroundings, definition).await,
        Transport::StreamableHttp(definition) | Transport::Sse(definition) => {
            http::live(slot, surroundings, definition).await
        }
    }
}

/// Hands the connection out, and waits until it is to end.
pub(super) async fn serve(
    slot: &Arc<Slot>,
    connection: &Arc<Connection>,
    surroundings: &Arc<Surroundings>,
) -> End {
    slot.is_ready(connection.clone());
    if let Some(audience) = surroundings.audience() {
        audience.came_up(connection);
    }
    tokio::select! {
        () = slot.stop.cancelled() => End::Stopped,
        () = connection.doubted() => {
            surroundings.eras.forget(&slot.server);
            End::Stopped
        }
        () = unused(connection, surroundings.config.idle_after) => End::Idle,
        () = after_the_last_call(connection, surroundings) => End::Stopped,
        () = watching::follow(connection) => End::Stopped,
    }
}

/// Until somebody wants it to end before it is up.
pub(super) async fn stopped(slot: &Slot, surroundings: &Surroundings) -> End {
    tokio::select! {
        () = slot.stop.cancelled() => End::Stopped,
        () = surroundings.shutdown.soft() => End::Stopped,
    }
}

/// What is said to those who still wait.
pub(super) fn reason(end: &End) -> String {
    match end {
        End::Crashed(reason) | End::FellOverProbe(reason) => reason.clone(),
        End::Stopped | End::Idle => "it was stopped".to_owned(),
    }
}

async fn unused(connection: &Connection, idle_after: Duration) {
    loop {
        let idle = connection.idle_for();
        if idle >= idle_after {
            return;
        }
        tokio::time::sleep(idle_after.saturating_sub(idle).max(Duration::from_millis(10))).await;
    }
}

async fn after_the_last_call(connection: &Connection, surroundings: &Surroundings) {
    surroundings.shutdown.soft().await;
    tokio::time::sleep(LAST_CALLS).await;
    while connection.in_flight() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
