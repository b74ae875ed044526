use database::DatabaseError;
use service_host::Background;

/// Where work for the processor is done that nobody waits for. Not what has a database
/// locked: others would wait until a thread that comes last has its turn.
#[derive(Debug)]
pub(super) enum Threads {
    /// Like other work for the processor.
    Beside,
    /// When nothing else of it needs the processor.
    Behind(Background),
}

impl Threads {
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let done = match self {
            Self::Beside => tokio::task::spawn_blocking(work).await,
            Self::Behind(background) => background.run(async move { work() }).await,
        };
        done.map_err(DatabaseError::unreadable)
    }
}
