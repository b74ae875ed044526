use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures::task::AtomicWaker;

/// A future that is polled when it has been woken itself, and not whenever its task is:
/// for what may come once in the life of a task that is polled very often. The end of a
/// process, say, is told to all connections by a lock that all of them ask.
pub(crate) struct Aside<F> {
    future: Pin<Box<F>>,
    bell: Arc<Bell>,
    waker: Waker,
}

#[derive(Debug)]
struct Bell {
    is_rung: AtomicBool,
    task: AtomicWaker,
}

impl<F: Future> Aside<F> {
    pub(crate) fn new(future: F) -> Self {
        let bell = Arc::new(Bell {
            // It is to be polled once, so that it knows whom to wake.
            is_rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            future: Box::pin(future),
            waker: bell.clone().into(),
            bell,
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<F: Future> Future for Aside<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // In this order: one that rings in between wakes the task.
        self.bell.task.register(context.waker());
        if !self.bell.is_rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let Self { future, waker, .. } = &mut *self;
        future.as_mut().poll(&mut Context::from_waker(waker))
    }
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, sync::atomic::AtomicUsize};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn it_is_polled_when_it_is_woken_and_not_when_others_are() {
        let polls = Arc::new(AtomicUsize::new(0));
        let (sender, mut receiver) = oneshot::channel();
        let counted = polls.clone();
        let mut aside = Aside::new(poll_fn(move |context| {
            counted.fetch_add(1, Ordering::Relaxed);
            Pin::new(&mut receiver).poll(context)
        }));
        for _ in 0..10 {
            let polled = futures::poll!(&mut aside);
            assert_eq!(polled, Poll::Pending);
        }
        assert_eq!(polls.load(Ordering::Relaxed), 1);
        sender.send(7).expect("somebody waits");
        assert_eq!(aside.await, Ok(7));
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_task_that_waits_for_it_is_woken() {
        let (sender, receiver) = oneshot::channel();
        let waiting = tokio::join!(Aside::new(receiver), async {
            tokio::task::yield_now().await;
            sender.send(7).expect("somebody waits");
        });
        assert_eq!(waiting.0, Ok(7));
    }
}
