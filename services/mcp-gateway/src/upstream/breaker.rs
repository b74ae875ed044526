use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Connections in a row that fail before nobody tries for a while.
const FAILURES: u32 = 5;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Keeps calls from waiting for a host that cannot be reached: after a few
/// failures in a row they fail at once, until one of them, let through after a
/// pause, gets there.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nobody is let through before.
    closed_until: Option<Instant>,
}

impl Breaker {
    /// Asks to be let through. The error says after how long to ask again.
    pub(super) fn admit(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.lock();
        match state.closed_until {
            Some(until) if now < until => Err(until - now),
            Some(_) => {
                // This one tries for all; others wait for how it goes.
                state.closed_until = Some(now + LONGEST_PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn succeeded(&self) {
        *self.lock() = State::default();
    }

    pub(super) fn failed(&self, now: Instant) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        if let Some(beyond) = state.failures.checked_sub(FAILURES) {
            let pause = FIRST_PAUSE.saturating_mul(1 << beyond.min(10));
            state.closed_until = Some(now + pause.min(LONGEST_PAUSE));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_failures_in_a_row_one_tries_for_all() {
        let breaker = Breaker::default();
        let start = Instant::now();
        for _ in 0..4 {
            breaker.failed(start);
        }
        breaker.succeeded();
        for _ in 0..5 {
            assert_eq!(breaker.admit(start), Ok(()));
            breaker.failed(start);
        }
        assert_eq!(breaker.admit(start), Err(FIRST_PAUSE));
        let later = start + FIRST_PAUSE;
        assert_eq!(breaker.admit(later), Ok(()), "half open");
        assert_eq!(breaker.admit(later), Err(LONGEST_PAUSE), "one at a time");
        breaker.failed(later);
        assert_eq!(breaker.admit(later), Err(2 * FIRST_PAUSE), "twice as long");
        assert_eq!(breaker.admit(later + 2 * FIRST_PAUSE), Ok(()));
        breaker.succeeded();
        assert_eq!(breaker.admit(later), Ok(()));
    }
}
