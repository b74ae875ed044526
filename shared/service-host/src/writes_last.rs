use std::{
    cell::OnceCell,
    fmt,
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    runtime::{Handle, RuntimeFlavor},
};

/// What a thread does before it writes to anybody, see [`crate::Front::before_writes`].
pub(crate) type BeforeWrites = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

thread_local! {
    static BEFORE_WRITES: OnceCell<BeforeWrites> = const { OnceCell::new() };
}

/// Has this thread do that before each write of the streams that begin on it.
pub(crate) fn before_writes_of_this_thread(before: BeforeWrites) {
    BEFORE_WRITES.with(|cell| drop(cell.set(before)));
}

/// Whether this thread calls [`crate::Front::before_writes`] before it writes to anybody,
/// so that what it is to do by then can be left to that.
pub fn acts_before_writes() -> bool {
    BEFORE_WRITES.with(|before| before.get().is_some())
}

/// A stream that is written to when all else that is ready on its thread has had its
/// turn, and when that has been done which the thread does before it writes.
///
/// Whoever reads at the other end is woken by a write, unless it is awake: writes that
/// follow each other wake it once. With work between them it works as well, goes to
/// sleep and is woken for each, which costs more than the write itself.
pub struct WritesLast<S> {
    stream: S,
    /// Where threads share their work, another one would do the rest meanwhile.
    waits: bool,
    has_waited: bool,
    before: Option<BeforeWrites>,
}

impl<S> WritesLast<S> {
    /// For the thread and the runtime in which it is called.
    pub fn new(stream: S) -> Self {
        let runtime = Handle::try_current();
        Self {
            stream,
            waits: runtime.is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::CurrentThread),
            has_waited: false,
            before: BEFORE_WRITES.with(|before| before.get().cloned()),
        }
    }
}

impl<S: AsyncWrite + Unpin> WritesLast<S> {
    /// Writes at the second time of asking: whoever wakes itself comes after the others.
    fn write_last(
        &mut self,
        context: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if self.waits && !self.has_waited {
            self.has_waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(before) = &self.before {
            before()?;
        }
        let written = ready!(write(Pin::new(&mut self.stream), context));
        self.has_waited = false;
        Poll::Ready(written)
    }
}

impl<S: fmt::Debug> fmt::Debug for WritesLast<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WritesLast")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WritesLast<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WritesLast<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_last(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write_last(context, |stream, context| {
            stream.poll_write_vectored(context, pieces)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::FutureExt as _;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
        task::JoinSet,
    };

    use super::*;

    #[tokio::test]
    async fn the_others_come_before_a_write() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let (near, _far) = duplex(64);
        let (mut near, written, other) = (WritesLast::new(near), order.clone(), order.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            near.write_all(b"answer").await.expect("is open");
            written.lock().expect("not poisoned").push("written");
        });
        tasks.spawn(async move { other.lock().expect("not poisoned").push("other") });
        tasks.join_all().await;
        assert_eq!(*order.lock().expect("not poisoned"), ["other", "written"]);
    }

    #[tokio::test]
    async fn all_is_written_in_its_order() {
        let sent: Vec<u8> = (0..10_000_u32).map(|number| number as u8).collect();
        let (near, mut far) = duplex(7);
        let mut near = WritesLast::new(near);
        let writing = async {
            near.write_all(&sent).await?;
            near.shutdown().await
        };
        let mut read = Vec::new();
        let (written, got) = tokio::join!(writing, far.read_to_end(&mut read));
        written.expect("is open");
        got.expect("is open");
        assert_eq!(read, sent);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_waits_where_threads_share_their_work() {
        let (near, _far) = duplex(64);
        let mut near = WritesLast::new(near);
        assert_eq!(
            near.write(b"answer").now_or_never().map(Result::ok),
            Some(Some(6))
        );
    }
}
