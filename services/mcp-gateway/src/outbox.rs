//! Messages on their way to a client's stream.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::polling::Polling;

/// Messages that wait for a reader. One more, and the reader is too slow.
const MAX_WAITING: usize = 1024;

/// Their bytes, so that a few huge answers do not fill the memory either. A
/// single message may be as large as a server's may.
const MAX_WAITING_BYTES: usize = 32 * 1024 * 1024;

/// The end that is written to. Bounded: when the reader is too slow, nothing
/// is dropped in silence, but the stream is closed, and the client comes anew.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<String>,
    waiting_bytes: Arc<AtomicUsize>,
    overflow: CancellationToken,
    /// Where the messages belong to one request.
    pub(crate) polling: Arc<Polling>,
}

/// The end that is sent to the client. Ends when all writers are gone, and in
/// the middle when the reader was too slow.
#[derive(Debug)]
pub(crate) struct OutboxReader {
    receiver: mpsc::Receiver<String>,
    waiting_bytes: Arc<AtomicUsize>,
    overflow: CancellationToken,
}

/// The reader is gone, or was too slow and is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

/// A new pair.
pub(crate) fn outbox() -> (Outbox, OutboxReader) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    let waiting_bytes = Arc::new(AtomicUsize::new(0));
    let overflow = CancellationToken::new();
    let writer = Outbox {
        sender,
        waiting_bytes: waiting_bytes.clone(),
        overflow: overflow.clone(),
        polling: Arc::default(),
    };
    let reader = OutboxReader {
        receiver,
        waiting_bytes,
        overflow,
    };
    (writer, reader)
}

impl Outbox {
    /// Puts a message behind the others. Never waits.
    pub(crate) fn push(&self, message: String) -> Result<(), Closed> {
        if self.overflow.is_cancelled() {
            return Err(Closed);
        }
        let size = message.len();
        let waiting = self.waiting_bytes.fetch_add(size, Ordering::Relaxed);
        if waiting > 0 && waiting + size > MAX_WAITING_BYTES {
            self.overflow.cancel();
            return Err(Closed);
        }
        self.sender.try_send(message).map_err(|error| {
            if matches!(error, mpsc::error::TrySendError::Full(_)) {
                self.overflow.cancel();
            }
            Closed
        })
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed() || self.overflow.is_cancelled()
    }
}

impl OutboxReader {
    /// The next message; none at the end.
    pub(crate) async fn next(&mut self) -> Option<String> {
        std::future::poll_fn(|context| self.poll_next(context)).await
    }

    /// A message that waits already.
    pub(crate) fn try_next(&mut self) -> Option<String> {
        let message = self.receiver.try_recv().ok()?;
        self.waiting_bytes.fetch_sub(message.len(), Ordering::Relaxed);
        Some(message)
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<String>> {
        if self.overflow.is_cancelled() {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.receiver).poll_recv(context);
        if let Poll::Ready(Some(message)) = &polled {
            self.waiting_bytes.fetch_sub(message.len(), Ordering::Relaxed);
        }
        polled
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
