use std::{convert::Infallible, sync::Arc, thread, time::Duration};

use anyhow::Context as _;
use tokio::{
    runtime::{Builder, Handle, Runtime},
    sync::Notify,
};

use crate::{Shutdown, turn::Turn};

/// The runtimes by which the connections of a server are served.
#[derive(Debug)]
pub(crate) struct Workers(Vec<Worker>);

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// Each connection has one of these beside this.
    place: Place,
}

/// A connection's place on a worker, until it is dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place(Arc<()>);

impl Workers {
    /// The runtime in which this is called, which shares its work among threads.
    pub(crate) fn current() -> Self {
        Self(vec![Worker::new(Handle::current())])
    }

    /// Threads with a runtime each, for connections that are to stay where they are:
    /// what one waits for wakes its own thread and no other, and no thread looks for
    /// what others have to do. As many as the machine has processors for this process.
    /// They end at the hard stop, and what is on them with them.
    pub(crate) fn start(name: &str, shutdown: &Shutdown) -> anyhow::Result<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let workers = (0..count).map(|number| Worker::start(format!("{name}-{number}"), shutdown.clone()));
        workers.collect::<anyhow::Result<_>>().map(Self)
    }

    /// A place on the one that has the fewest connections.
    pub(crate) fn place(&self) -> (&Handle, Place) {
        let workers = self.0.iter();
        let idlest = workers.min_by_key(|worker| Arc::strong_count(&worker.place.0));
        let worker = idlest.expect("there is at least one");
        (&worker.runtime, worker.place.clone())
    }
}

impl Worker {
    fn start(name: String, shutdown: Shutdown) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("no runtime can be made for connections")?;
        // The first on its thread.
        runtime.spawn(async { Turn::begin().run().await });
        runtime
            .spawn(async { keep_time(busy_of_this_thread(), async || tokio::time::sleep(TICK).await).await });
        keep(runtime, name, shutdown).map(Self::new)
    }

    fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            place: Place::default(),
        }
    }
}

thread_local! {
    static BUSY: Arc<Notify> = Arc::default();
}

/// Says that this thread has a request to work on.
pub(crate) fn note_request() {
    BUSY.with(|busy| busy.notify_one());
}

fn busy_of_this_thread() -> Arc<Notify> {
    BUSY.with(Arc::clone)
}

/// While requests come, has a timer that is due sooner than those of requests. For each
/// that is due before all others, tokio wakes the thread by a system call, although it is
/// this very thread that has made it: nearly every request would be such a one.
async fn keep_time(busy: Arc<Notify>, tick: impl AsyncFn()) -> Infallible {
    loop {
        busy.notified().await;
        tick().await;
    }
}

/// Shorter than any time that a request is given.
const TICK: Duration = Duration::from_millis(20);

/// Keeps a runtime on a thread until the hard stop.
pub(crate) fn keep(runtime: Runtime, name: String, shutdown: Shutdown) -> anyhow::Result<Handle> {
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(name)
        .spawn(move || runtime.block_on(shutdown.hard()))
        .context("no thread can be started")?;
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn a_connection_goes_to_the_worker_that_has_the_fewest() {
        let shutdown = Shutdown::new(Duration::ZERO);
        let start = |number| Worker::start(format!("worker-{number}"), shutdown.clone());
        let workers: anyhow::Result<_> = (0..3).map(start).collect();
        let workers = Workers(workers.expect("threads"));
        let mut places: Vec<_> = (0..6).map(|_| workers.place()).collect();
        let freed = places.remove(1).0.id();
        assert_eq!(workers.place().0.id(), freed);
        for worker in &workers.0 {
            let on_it = places
                .iter()
                .filter(|(runtime, _)| runtime.id() == worker.runtime.id());
            assert_eq!(on_it.count(), if worker.runtime.id() == freed { 1 } else { 2 });
        }
        shutdown.stop_hard();
    }

    #[test]
    fn time_is_kept_while_requests_come_and_no_longer() {
        let (busy, ticking) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let begun = AtomicUsize::new(0);
        let tick = async || {
            begun.fetch_add(1, Ordering::Relaxed);
            ticking.notified().await;
        };
        let mut keeping = Box::pin(keep_time(busy.clone(), tick));
        let mut ticks = || {
            assert_eq!(keeping.as_mut().now_or_never(), None, "it has no end");
            begun.load(Ordering::Relaxed)
        };
        assert_eq!(ticks(), 0);
        busy.notify_one();
        assert_eq!(ticks(), 1);
        busy.notify_one();
        busy.notify_one();
        assert_eq!(ticks(), 1, "one at a time");
        ticking.notify_one();
        assert_eq!(ticks(), 2, "a request has come since");
        ticking.notify_one();
        assert_eq!(ticks(), 2, "none has");
    }

    #[tokio::test]
    async fn what_is_on_a_worker_ends_at_the_hard_stop() {
        let shutdown = Shutdown::new(Duration::ZERO);
        let workers = Workers::start("worker", &shutdown).expect("threads");
        let (sender, dropped) = oneshot::channel::<()>();
        workers.place().0.spawn(async move {
            let _sender = sender;
            std::future::pending::<()>().await;
        });
        shutdown.stop_hard();
        dropped.await.expect_err("it was dropped, and has said nothing");
    }
}
