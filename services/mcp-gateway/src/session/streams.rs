use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::outbox::Outbox;

/// What is kept for a client that has no stream open yet. More, and the oldest
/// go: all of them only say "look again".
const MAX_KEPT: usize = 64;

/// The streams that a client holds open to be told things, newest last.
#[derive(Debug, Default)]
pub(crate) struct Streams(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    outboxes: Vec<Outbox>,
    kept: VecDeque<String>,
}

impl Streams {
    /// Adds a stream. It gets what was kept first.
    pub(crate) fn add(&self, outbox: &Outbox) {
        let mut open = self.lock();
        for message in open.kept.drain(..) {
            let _ = outbox.push(message);
        }
        open.outboxes.push(outbox.clone());
    }

    /// Sends on exactly one stream (transports, "multiple connections").
    pub(crate) fn push(&self, message: String) {
        let mut open = self.lock();
        open.outboxes.retain(|outbox| !outbox.is_closed());
        if let Some(newest) = open.outboxes.last() {
            let _ = newest.push(message);
            return;
        }
        if open.kept.len() == MAX_KEPT {
            open.kept.pop_front();
        }
        open.kept.push_back(message);
    }

    pub(crate) fn count(&self) -> usize {
        let mut open = self.lock();
        open.outboxes.retain(|outbox| !outbox.is_closed());
        open.outboxes.len()
    }

    /// The newest open stream.
    pub(crate) fn open(&self) -> Option<Outbox> {
        let mut open = self.lock();
        open.outboxes.retain(|outbox| !outbox.is_closed());
        open.outboxes.last().cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
