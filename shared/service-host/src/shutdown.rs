use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// How a process ends, as its parts see it: first softly, then hard.
///
/// After the soft stop nothing new is begun and what has no natural end (a
/// live tail, a watch, an open event stream) ends itself. After the hard stop,
/// when the grace is over, whatever still runs is dropped where it stands.
#[derive(Debug, Clone)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
    grace: Duration,
}

impl Shutdown {
    pub(crate) fn new(grace: Duration) -> Self {
        Self {
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            grace,
        }
    }

    /// Waits until no new work is to be taken.
    pub async fn soft(&self) {
        self.soft.cancelled().await;
    }

    /// Waits until half of the grace is over. Then whoever keeps its work for the next
    /// start, and would not be done before the hard stop, leaves it: what the hard stop
    /// cuts off is a failure.
    pub async fn half_grace(&self) {
        self.soft().await;
        tokio::time::sleep(self.grace / 2).await;
    }

    /// Waits until the grace is over. Not for what is to be done at the end of
    /// an orderly stop, which never comes here: see [`crate::Host::at_the_end`].
    pub async fn hard(&self) {
        self.hard.cancelled().await;
    }

    /// Whether no new work is to be taken.
    pub fn is_soft(&self) -> bool {
        self.soft.is_cancelled()
    }

    /// Whether the grace is over.
    pub fn is_hard(&self) -> bool {
        self.hard.is_cancelled()
    }

    pub(crate) fn stop_softly(&self) {
        self.soft.cancel();
    }

    pub(crate) fn stop_hard(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }
}
