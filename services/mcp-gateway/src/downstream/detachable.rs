use std::{
    pin::Pin,
    task::{Context, Poll},
};

use service_host::{OnFailure, RequestId, Tasks, boxed_in_place};
use tracing::Instrument as _;

/// Work that is done by whoever waits for it, and that goes on as a task of its
/// own when nobody does any more. Most is done in a moment: a task for each
/// would wake a thread for each.
pub(super) struct Detachable<T: 'static> {
    tasks: Tasks,
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T> Detachable<T> {
    pub(super) fn new<W>(tasks: Tasks, work: impl FnOnce() -> W) -> Self
    where
        W: Future<Output = T> + Send + 'static,
    {
        Self {
            tasks,
            work: Some(boxed_in_place(work)),
        }
    }
}

impl<T> Future for Detachable<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.work else {
            // Done, it has nothing more to say.
            return Poll::Pending;
        };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T> Drop for Detachable<T> {
    fn drop(&mut self) {
        // What has panicked is not polled again.
        if let Some(work) = self.work.take().filter(|_| !std::thread::panicking()) {
            let rest = async move {
                work.await;
                Ok(())
            };
            let rest = RequestId::carry(rest).in_current_span();
            self.tasks.spawn("request", OnFailure::Log, rest);
        }
    }
}
