//! A server may let the connection of an answer go, to be asked for it later
//! (2025-11-25, transports, "sending messages"). The client's is let go then as
//! well, and who comes back for the answer decides when the server is asked.

use std::time::Duration;

use tokio::sync::{Notify, watch};

/// What the two sides of one request tell each other of it.
#[derive(Debug, Default)]
pub(crate) struct Polling {
    /// How long the server wants to be left alone, while it does.
    pause: watch::Sender<Option<Duration>>,
    came_back: Notify,
}

impl Polling {
    /// Waits as long as the server wants to be left alone, or until the client
    /// comes back sooner.
    pub(crate) async fn pause(&self, pause: Duration) {
        let came_back = self.came_back.notified();
        tokio::pin!(came_back);
        // Else a client that comes back at once would be missed.
        came_back.as_mut().enable();
        self.pause.send_replace(Some(pause));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = came_back => {}
        }
        self.pause.send_replace(None);
    }

    /// Tells of each pause as it begins, and of its end.
    pub(crate) fn pauses(&self) -> watch::Receiver<Option<Duration>> {
        self.pause.subscribe()
    }

    /// The client has come back.
    pub(crate) fn come_back(&self) {
        self.came_back.notify_waiters();
    }
}
