//! Messages on their way to a client's stream.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use crate::polling::Polling;

/// Messages that wait for a reader. One more, and the reader is too slow.
const MAX_WAITING: usize = 1024;

/// Their bytes, so that a few huge answers do not fill the memory either. A
/// single message may be as large as a server's may.
const MAX_WAITING_BYTES: usize = 32 * 1024 * 1024;

/// The end that is written to. Bounded: when the reader is too slow, nothing
/// is dropped in silence, but the stream is closed, and the client comes anew.
///
/// Most requests have one and put nothing into it: it is one piece of memory.
#[derive(Debug)]
pub(crate) struct Outbox(Arc<Shared>);

/// The end that is sent to the client. Ends when all writers are gone, and in
/// the middle when the reader was too slow.
#[derive(Debug)]
pub(crate) struct OutboxReader(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    polling: Polling,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<String>,
    bytes: usize,
    writers: usize,
    /// The reader is gone, or was too slow.
    is_closed: bool,
    waker: Option<Waker>,
}

/// The reader is gone, or was too slow and is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

/// A new pair.
pub(crate) fn outbox() -> (Outbox, OutboxReader) {
    let shared = Arc::<Shared>::default();
    shared.lock().writers = 1;
    (Outbox(shared.clone()), OutboxReader(shared))
}

impl Outbox {
    /// Puts a message behind the others. Never waits.
    pub(crate) fn push(&self, message: String) -> Result<(), Closed> {
        let mut state = self.0.lock();
        if state.is_closed {
            return Err(Closed);
        }
        let bytes = state.bytes + message.len();
        let is_full =
            state.messages.len() == MAX_WAITING || (bytes > MAX_WAITING_BYTES && !state.messages.is_empty());
        if is_full {
            state.close();
        } else {
            state.bytes = bytes;
            state.messages.push_back(message);
        }
        state.wake_reader();
        if is_full { Err(Closed) } else { Ok(()) }
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.lock().is_closed
    }

    /// Where the messages belong to one request.
    pub(crate) fn polling(&self) -> &Polling {
        &self.0.polling
    }
}

impl Clone for Outbox {
    fn clone(&self) -> Self {
        self.0.lock().writers += 1;
        Self(self.0.clone())
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.writers -= 1;
        if state.writers == 0 {
            state.wake_reader();
        }
    }
}

impl OutboxReader {
    /// The next message; none at the end.
    pub(crate) async fn next(&mut self) -> Option<String> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// A message that waits already.
    pub(crate) fn try_next(&mut self) -> Option<String> {
        self.0.lock().take()
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<String>> {
        let mut state = self.0.lock();
        if let Some(message) = state.take() {
            return Poll::Ready(Some(message));
        }
        if state.is_closed || state.writers == 0 {
            return Poll::Ready(None);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        Poll::Pending
    }
}

impl Drop for OutboxReader {
    fn drop(&mut self) {
        let messages = self.0.lock().close();
        drop(messages);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Option<String> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.len();
        Some(message)
    }

    /// Gives what was not read.
    fn close(&mut self) -> VecDeque<String> {
        self.is_closed = true;
        self.bytes = 0;
        mem::take(&mut self.messages)
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_that_is_too_slow_is_cut_off() {
        let (writer, mut reader) = outbox();
        for _ in 0..MAX_WAITING {
            assert_eq!(writer.push("x".to_owned()), Ok(()));
        }
        assert_eq!(writer.push("x".to_owned()), Err(Closed));
        assert!(writer.is_closed());
        assert_eq!(reader.next().await, None);
    }

    #[tokio::test]
    async fn a_reader_that_keeps_up_gets_all_in_order() {
        let (writer, mut reader) = outbox();
        let big = "b".repeat(20 * 1024 * 1024);
        for turn in 0..4 {
            assert_eq!(writer.push(big.clone()), Ok(()), "{turn}");
            assert_eq!(reader.next().await.map(|message| message.len()), Some(big.len()));
        }
        assert_eq!(writer.push(big.clone()), Ok(()));
        assert_eq!(writer.push(big), Err(Closed));
    }
}
