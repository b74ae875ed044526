//! A server may let the connection of an answer go, to be asked for it later
//! (2025-11-25, transports, "sending messages"). The client's is let go then as
//! well, and who comes back for the answer decides when the server is asked.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

/// What the two sides of one request tell each other of it.
#[derive(Debug, Default)]
pub(crate) struct Polling {
    /// How long the server wants to be left alone, while it does.
    pause: Mutex<Option<Duration>>,
    changed: Notify,
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
        self.tell(Some(pause));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = came_back => {}
        }
        self.tell(None);
    }

    fn tell(&self, pause: Option<Duration>) {
        *self.lock() = pause;
        self.changed.notify_one();
    }

    /// Waits until a pause begins or ends, and gives that which there is. For one who
    /// asks again and again, and then misses nothing but what is over.
    pub(crate) async fn changed(&self) -> Option<Duration> {
        self.changed.notified().await;
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Duration>> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client has come back.
    pub(crate) fn come_back(&self) {
        self.came_back.notify_waiters();
    }
}
