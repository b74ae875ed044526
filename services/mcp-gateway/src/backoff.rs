use std::time::Duration;

/// How long to wait before something that failed is tried again: twice as long
/// each time, up to a limit, with jitter, so that many who failed together do
/// not come back together.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    limit: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) const fn new(first: Duration, limit: Duration) -> Self {
        Self {
            first,
            limit,
            failures: 0,
        }
    }

    /// It worked.
    pub(crate) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// It failed once more: how long to wait.
    pub(crate) fn next(&mut self) -> Duration {
        let whole = self
            .first
            .saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX))
            .min(self.limit);
        self.failures = self.failures.saturating_add(1).min(30);
        whole.mul_f64(0.5 + random_part() / 2.0)
    }

    /// Waits that long.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next()).await;
    }
}

/// From 0 to 1. Without random numbers there is no jitter, and no harm.
fn random_part() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_limit_and_start_anew_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
        for whole in [100, 200, 400, 800] {
            let wait = backoff.next().as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{wait} of {whole}");
        }
        for _ in 0..100 {
            assert!(backoff.next() <= Duration::from_secs(30));
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(100));
    }
}
