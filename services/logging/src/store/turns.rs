use std::{collections::HashSet, time::Duration};

use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// How long a transaction that has written its calls waits for the one before it. Then it
/// lets go of them: the other one may wait for somebody who waits for it.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 200 } else { 30_000 });

/// The order of a stream's transactions. Each has the turn of its calls, and then that of
/// the rest, so that on PostgreSQL one writes its calls while the one before is finished.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    calls: Mutex<HashSet<Uuid>>,
    rest: Mutex<()>,
}

impl Turns {
    /// Waits until the next transaction can begin.
    pub(crate) async fn next(&self) {
        drop(self.calls().await);
    }

    /// To write calls: those of the transaction before, which may not be committed yet.
    /// Who has this turn may wait for that of the rest, never the reverse.
    pub(super) async fn calls(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.calls.lock().await
    }

    /// To write the rest, until it is durable.
    pub(crate) async fn rest(&self) -> MutexGuard<'_, ()> {
        self.rest.lock().await
    }

    /// The same for who holds what others may want.
    pub(super) async fn rest_soon(&self) -> Option<MutexGuard<'_, ()>> {
        tokio::time::timeout(PATIENCE, self.rest()).await.ok()
    }
}
