use std::{
    pin::Pin,
    task::{Context, Poll},
};

use service_host::{OnFailure, Tasks};
use tracing::Instrument as _;

/// Work that is done by whoever waits for it, and that goes on as a task of its
/// own when nobody does any more. Most is done in a moment: a task for each
/// would wake a thread for each.
pub(super) struct Detachable {
    tasks: Tasks,
    work: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Detachable {
    pub(super) fn new(tasks: Tasks, work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            tasks,
            work: Some(Box::pin(work)),
        }
    }
}

impl Future for Detachable {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(work) = &mut self.work else {
            return Poll::Ready(());
        };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl Drop for Detachable {
    fn drop(&mut self) {
        // What has panicked is not polled again.
        if let Some(work) = self.work.take().filter(|_| !std::thread::panicking()) {
            let rest = async move {
                work.await;
                Ok(())
            };
            self.tasks
                .spawn("request", OnFailure::Log, rest.in_current_span());
        }
    }
}
