use std::{
    cell::OnceCell,
    convert::Infallible,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures::{StreamExt as _, stream::FuturesUnordered, task::AtomicWaker};

thread_local! {
    static TURN: OnceCell<Arc<Turn>> = const { OnceCell::new() };
}

/// What a thread writes when all else that is ready on it has had its turn.
pub(crate) struct Turn {
    /// Those that have got something to write since it was written last.
    due: Mutex<Vec<Arc<dyn Due>>>,
    writer: AtomicWaker,
}

/// Something with what is to be written.
pub(crate) trait Due: Send + Sync {
    /// Writes it. Ready when there is nothing more to be written, or it cannot be.
    fn write_out(&self, context: &mut Context<'_>) -> Poll<()>;
}

impl Turn {
    /// Makes one for this thread, which has to [run](Self::run) it.
    pub(crate) fn begin() -> Arc<Self> {
        let turn = Arc::new(Self {
            due: Mutex::default(),
            writer: AtomicWaker::new(),
        });
        TURN.with(|cell| drop(cell.set(turn.clone())));
        turn
    }

    /// The one of this thread.
    pub(crate) fn current() -> Option<Arc<Self>> {
        TURN.with(|cell| cell.get().cloned())
    }

    pub(crate) fn add(&self, due: Arc<dyn Due>) {
        let mut all = self.lock();
        all.push(due);
        if all.len() == 1 {
            self.writer.wake();
        }
    }

    /// Writes what is due. Woken with the first that is, it comes after all that was ready
    /// by then.
    pub(crate) async fn run(self: Arc<Self>) -> Infallible {
        let mut due = Vec::new();
        // Each is asked again when its other end takes more, and not whenever this is polled.
        let mut stalled = FuturesUnordered::new();
        let turns = std::future::poll_fn(|context| {
            self.writer.register(context.waker());
            mem::swap(&mut due, &mut *self.lock());
            if !due.is_empty() {
                let left = due.drain(..).filter(|due| due.write_out(context).is_pending());
                stalled.extend(left.map(rest));
            }
            while let Poll::Ready(Some(())) = stalled.poll_next_unpin(context) {}
            Poll::Pending
        });
        // There is no end to it, so it takes no part in sharing out the time of the thread.
        tokio::task::coop::unconstrained(turns).await
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<dyn Due>>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Turn").finish_non_exhaustive()
    }
}

/// Writes what the other end did not take.
fn rest(due: Arc<dyn Due>) -> impl Future<Output = ()> {
    std::future::poll_fn(move |context| due.write_out(context))
}
