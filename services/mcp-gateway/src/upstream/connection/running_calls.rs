use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ToolCallId;

/// The recorded calls that a server works on.
#[derive(Debug, Default)]
pub(crate) struct RunningCalls(Mutex<Vec<ToolCallId>>);

/// One of them. Dropped, it is over.
#[derive(Debug)]
pub(crate) struct RunningHere<'a> {
    calls: &'a RunningCalls,
    id: ToolCallId,
}

impl RunningCalls {
    pub(crate) fn enter(&self, id: ToolCallId) -> RunningHere<'_> {
        self.lock().push(id);
        RunningHere { calls: self, id }
    }

    /// The one that runs, where there is exactly one: what the server says then
    /// belongs to it.
    pub(super) fn only(&self) -> Option<ToolCallId> {
        match self.lock().as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ToolCallId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RunningHere<'_> {
    fn drop(&mut self) {
        let mut calls = self.calls.lock();
        if let Some(place) = calls.iter().position(|id| *id == self.id) {
            calls.swap_remove(place);
        }
    }
}
