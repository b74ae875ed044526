use anyhow::Context as _;
use rustix::process::{getpriority_process, setpriority_process};
use tokio::{
    runtime::{Builder, Handle},
    task::JoinError,
};
use tokio_util::{context::TokioContext, task::AbortOnDropHandle};

use crate::{Shutdown, workers};

/// What is added to the nice value of its threads: beside threads that all have
/// something to do they get a thirtieth of what each of those gets (`sched(7)`).
const NICER: i32 = 15;

/// What is added for blocking work, which is much at a time and which what waits for it can
/// wait for: ten threads with the value of the others would take much more than those.
const BLOCKING_NICER: i32 = 3;

/// A runtime whose threads come after all others of the machine where processors are
/// short, and are no slower where they are not. It ends at the hard stop.
#[derive(Debug, Clone)]
pub struct Background {
    runtime: Handle,
    shutdown: Shutdown,
}

impl Background {
    pub(crate) fn new(shutdown: Shutdown) -> anyhow::Result<Self> {
        Self::build(Builder::new_multi_thread(), "background", shutdown)
    }

    /// One thread that comes after those of this background in turn.
    pub async fn behind(&self) -> anyhow::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1);
        let shutdown = self.shutdown.clone();
        // Threads have the nice value of the one that starts them to begin with.
        self.run(async move { Self::build(builder, "behind", shutdown) })
            .await?
    }

    fn build(mut builder: Builder, name: &str, shutdown: Shutdown) -> anyhow::Result<Self> {
        let nice = getpriority_process(None)? + NICER;
        let runtime = builder
            .enable_all()
            .thread_name(name)
            .on_thread_start(move || have_nice_value(nice))
            .build()
            .context("no runtime can be made for the background")?;
        let runtime = workers::keep(runtime, name.to_owned(), shutdown.clone())?;
        Ok(Self { runtime, shutdown })
    }

    /// Does something on a thread of the background, until it is done or nobody waits for it
    /// any more. Threads that it starts come after others like that one.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        AbortOnDropHandle::new(self.runtime.spawn(work)).await
    }

    /// Starts what is to stay here, with all that it spawns and serves.
    pub async fn start<T>(&self, start: impl Future<Output = T>) -> T {
        TokioContext::new(start, self.runtime.clone()).await
    }
}

/// This thread, and those that it starts. One that has the value already was started by one
/// of the runtime, for blocking work.
fn have_nice_value(nice: i32) {
    let set = getpriority_process(None).and_then(|inherited| {
        let is_blocking = inherited >= nice;
        setpriority_process(None, if is_blocking { nice + BLOCKING_NICER } else { nice })
    });
    if let Err(error) = set {
        tracing::warn!(%error, "a thread of the background has the priority of all others");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Arc, Barrier},
        thread,
        time::Duration,
    };

    use tokio::sync::oneshot;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{OnFailure, Tasks};

    fn niceness() -> i32 {
        getpriority_process(None).expect("a nice value")
    }

    #[tokio::test]
    async fn what_is_spawned_comes_after_others() {
        let shutdown = Shutdown::new(Duration::ZERO);
        let tasks = Tasks::new(shutdown.clone(), CancellationToken::new());
        let background = Background::new(shutdown.clone()).expect("a runtime");
        let (sender, spawned) = oneshot::channel();
        let blocking = background.start(async {
            tasks.spawn("ask", OnFailure::Log, async move {
                let _ = sender.send(niceness());
                Ok(())
            });
            tokio::task::spawn_blocking(niceness).await
        });
        let blocking = blocking.await.expect("a nice value");
        let ran = background
            .run(async { thread::spawn(niceness).join().ok() })
            .await;
        let blocking_of_its_own = background.run(async {
            // Both at once, so that a thread for one of them is started from here.
            let barrier = Arc::new(Barrier::new(2));
            let both = [barrier.clone(), barrier].map(|barrier| {
                tokio::task::spawn_blocking(move || {
                    barrier.wait();
                    niceness()
                })
            });
            futures::future::try_join_all(both).await
        });
        let mut blocking_of_its_own = blocking_of_its_own.await.expect("it runs").expect("nice values");
        blocking_of_its_own.sort_unstable();
        let nicer = (niceness() + NICER).min(19);
        assert_eq!(blocking, nicer);
        assert_eq!(spawned.await, Ok(nicer));
        assert_eq!(ran.expect("a nice value"), Some(nicer));
        let last = (nicer + BLOCKING_NICER).min(19);
        assert_eq!(
            blocking_of_its_own,
            [nicer, last],
            "the first thread was there already"
        );
        let behind = background.behind().await.expect("a runtime");
        let ran = behind.run(async { niceness() }).await;
        assert_eq!(ran.expect("a nice value"), (nicer + NICER).min(19));
        shutdown.stop_hard();
    }
}
