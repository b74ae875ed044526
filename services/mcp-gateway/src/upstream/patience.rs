use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Knows when a request waits for its client rather than for its server: the
/// server's time does not run then.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patience(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    open_questions: usize,
    last_answer: Option<Instant>,
}

/// A question that the client was asked. Dropped, it is answered.
#[derive(Debug)]
pub(crate) struct OpenQuestion(Patience);

impl Patience {
    pub(crate) fn question(&self) -> OpenQuestion {
        self.lock().open_questions += 1;
        OpenQuestion(self.clone())
    }

    /// How much longer a request may take whose time is over; none where it was
    /// the server that let it pass.
    pub(super) fn extension(&self, timeout: Duration) -> Option<Duration> {
        let state = self.lock();
        if state.open_questions > 0 {
            return Some(timeout);
        }
        let left = timeout.checked_sub(state.last_answer?.elapsed())?;
        (!left.is_zero()).then_some(left)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenQuestion {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.open_questions -= 1;
        state.last_answer = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_server_runs_while_nothing_is_asked() {
        let timeout = Duration::from_mins(1);
        let patience = Patience::default();
        assert_eq!(patience.extension(timeout), None);
        let first = patience.question();
        let second = patience.question();
        drop(first);
        assert_eq!(patience.extension(timeout), Some(timeout));
        drop(second);
        assert!(patience.extension(timeout).is_some(), "it has just been answered");
        assert_eq!(patience.extension(Duration::ZERO), None);
    }
}
