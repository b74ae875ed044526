use std::{future::Future, time::Duration};

/// How long so many calls may take to become rows, on a machine that does other things too.
pub const fn patience(calls: usize) -> Duration {
    Duration::from_secs(30 + calls as u64 / 500)
}

/// Waits until `condition` gives a value, and panics with `what` when it has
/// not after 30 seconds.
///
/// The limit is there so that a broken test ends; no test passes or fails by it
/// on a machine that works.
pub async fn wait_until<T, F>(what: &str, condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    wait_within(Duration::from_secs(30), what, condition).await
}

/// The same with a limit for what takes long on any machine.
pub async fn wait_within<T, F>(limit: Duration, what: &str, mut condition: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        if let Some(value) = condition().await {
            return value;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "waited {limit:?} in vain: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
