use std::{
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::turn::{Due, Turn};

/// What is kept until the end of a turn. More is written at once, without a copy of it.
const MAX_KEPT: usize = 16 * 1024;

/// A stream that is written to when all else that is ready on its thread has had its
/// turn.
///
/// Whoever reads at the other end is woken by a write, unless it is awake: writes that
/// follow each other wake it once. With work between them it works as well, goes to
/// sleep and is woken for each, which costs more than the write itself.
///
/// What is written to it is kept, and it says that it is written and flushed, so that
/// its task need not be asked again for that. That it could not be is said by whatever
/// is asked of it next.
pub struct WritesLast<S> {
    /// None where threads share their work: another one would do the rest meanwhile.
    turn: Option<Arc<Turn>>,
    shared: Arc<Shared<S>>,
}

/// What the stream and its thread's turn have in common.
struct Shared<S>(Mutex<State<S>>);

struct State<S> {
    stream: S,
    kept: Vec<u8>,
    /// How much of that is written.
    written: usize,
    failed: Option<io::ErrorKind>,
    /// Who uses it, and whether that waits for what is kept to be written.
    user: Option<Waker>,
    is_awaited: bool,
    /// Who writes what is kept, where the other end took only some of it.
    writer: Option<Waker>,
    /// Nobody uses it any more.
    is_left: bool,
}

impl<S> WritesLast<S> {
    /// For the thread on which it is called.
    pub fn new(stream: S) -> Self {
        let state = State {
            stream,
            kept: Vec::new(),
            written: 0,
            failed: None,
            user: None,
            is_awaited: false,
            writer: None,
            is_left: false,
        };
        Self {
            turn: Turn::current(),
            shared: Arc::new(Shared(Mutex::new(state))),
        }
    }
}

impl<S: AsyncWrite + Send + Unpin + 'static> WritesLast<S> {
    /// Keeps what there is room for, and writes what is too much to be kept.
    fn keep_or_write(
        &self,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
        write_now: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let mut state = self.shared.lock();
        let Some(turn) = &self.turn else {
            return write_now(Pin::new(&mut state.stream), context);
        };
        let length = pieces.iter().map(|piece| piece.len()).sum();
        if state.kept.len() + length > MAX_KEPT {
            ready!(state.poll_kept(context))?;
            if length > MAX_KEPT {
                return write_now(Pin::new(&mut state.stream), context);
            }
        }
        state.check()?;
        state.remember(context);
        let is_first = state.kept.is_empty() && length > 0;
        state.kept.reserve(length);
        for piece in pieces {
            state.kept.extend_from_slice(piece);
        }
        if is_first {
            turn.add(self.shared.clone());
        }
        Poll::Ready(Ok(length))
    }
}

impl<S> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> State<S> {
    fn check(&self) -> io::Result<()> {
        self.failed.map_or(Ok(()), |kind| Err(kind.into()))
    }

    /// Ready when all that was kept is written, or cannot be.
    fn poll_kept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        if self.kept.is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.remember(context);
        self.is_awaited = true;
        Poll::Pending
    }

    fn remember(&mut self, context: &mut Context<'_>) {
        match &mut self.user {
            Some(user) => user.clone_from(context.waker()),
            None => self.user = Some(context.waker().clone()),
        }
    }
}

impl<S: AsyncWrite + Unpin> State<S> {
    fn write_kept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.kept.len() {
            let rest = &self.kept[self.written..];
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => self.written += count,
            }
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }
}

impl<S: AsyncWrite + Send + Unpin> Due for Shared<S> {
    fn write_out(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        match state.write_kept(context) {
            Poll::Pending if !state.is_left => {
                state.writer = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Pending | Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => state.failed = Some(error.kind()),
        }
        state.kept = Vec::new();
        state.written = 0;
        state.writer = None;
        if (std::mem::take(&mut state.is_awaited) || state.failed.is_some())
            && let Some(user) = state.user.take()
        {
            drop(state);
            user.wake();
        }
        Poll::Ready(())
    }
}

impl<S> Drop for WritesLast<S> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_left = true;
        if let Some(writer) = state.writer.take() {
            drop(state);
            writer.wake();
        }
    }
}

impl<S> fmt::Debug for WritesLast<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WritesLast").finish_non_exhaustive()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WritesLast<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        state.check()?;
        Pin::new(&mut state.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Send + Unpin + 'static> AsyncWrite for WritesLast<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.keep_or_write(context, &[IoSlice::new(bytes)], |stream, context| {
            stream.poll_write(context, bytes)
        })
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.keep_or_write(context, pieces, |stream, context| {
            stream.poll_write_vectored(context, pieces)
        })
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        state.check()?;
        if !state.kept.is_empty() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut state.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.shared.lock();
        ready!(state.poll_kept(context))?;
        Pin::new(&mut state.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
