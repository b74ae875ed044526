use std::{
    any::Any,
    borrow::Cow,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use futures::FutureExt as _;
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Shutdown;

/// What the failure of a task means for the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The service cannot work without it: the process drains and ends with
    /// exit code 1, so that whoever supervises it starts it anew.
    StopHost,
    /// Its loss is logged and the service goes on.
    Log,
}

/// The only way to run something beside a request: by name and with a policy.
///
/// A task that returns an error or panics has failed. At the hard stop every
/// task is dropped at its next await.
#[derive(Debug, Clone)]
pub struct Tasks(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    tracker: TaskTracker,
    shutdown: Shutdown,
    stop_asked: CancellationToken,
    /// The failure that stopped the process: the first one counts.
    failure: Mutex<Option<anyhow::Error>>,
}

impl Tasks {
    pub(crate) fn new(shutdown: Shutdown, stop_asked: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            tracker: TaskTracker::new(),
            shutdown,
            stop_asked,
            failure: Mutex::new(None),
        }))
    }

    /// Runs the future until it ends or the hard stop comes.
    pub fn spawn<F>(&self, name: impl Into<Cow<'static, str>>, on_failure: OnFailure, future: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let name = name.into();
        let inner = self.0.clone();
        self.0.tracker.spawn(async move {
            let outcome = tokio::select! {
                outcome = AssertUnwindSafe(future).catch_unwind() => outcome,
                () = inner.shutdown.hard() => return,
            };
            let error = match outcome {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error,
                Err(panic) => anyhow::anyhow!("panicked: {}", panic_message(&*panic)),
            };
            match on_failure {
                OnFailure::Log => {
                    tracing::error!(task = %name, error = format!("{error:#}"), "task failed");
                }
                OnFailure::StopHost => {
                    tracing::error!(task = %name, error = format!("{error:#}"), "task failed, stopping");
                    inner.fail(error.context(format!("the task {name:?} failed")));
                }
            }
        });
    }

    /// Runs a part of a server: it reports its failures itself.
    pub(crate) fn spawn_part(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.tracker.spawn(future);
    }

    /// The same in another runtime.
    pub(crate) fn spawn_part_on(&self, runtime: &Handle, future: impl Future<Output = ()> + Send + 'static) {
        self.0.tracker.spawn_on(future, runtime);
    }

    /// Waits until all tasks have ended.
    pub(crate) async fn ended(&self) {
        self.0.tracker.close();
        self.0.tracker.wait().await;
    }

    /// How the process ends.
    pub(crate) fn shutdown(&self) -> &Shutdown {
        &self.0.shutdown
    }

    pub(crate) fn running(&self) -> usize {
        self.0.tracker.len()
    }

    pub(crate) fn take_failure(&self) -> Option<anyhow::Error> {
        self.0
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Inner {
    fn fail(&self, error: anyhow::Error) {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
        self.stop_asked.cancel();
    }
}

pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
