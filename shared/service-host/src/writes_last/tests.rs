use std::{
    sync::atomic::{AtomicUsize, Ordering},
    task::Wake,
};

use futures::FutureExt as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
    task::{JoinSet, yield_now},
};

use super::*;

/// Has this thread write at the end of its turns, while that is kept.
fn turns() -> JoinSet<()> {
    let turn = Turn::begin();
    let mut running = JoinSet::new();
    running.spawn(turn.run().map(|never| match never {}));
    running
}

/// A stream, and the other end of what it is around, which holds so many bytes.
fn stream(room: usize) -> (WritesLast<DuplexStream>, DuplexStream) {
    let (near, far) = duplex(room);
    (WritesLast::new(near), far)
}

#[tokio::test]
async fn the_others_come_before_a_write_and_nobody_waits_for_it() {
    let _turns = turns();
    yield_now().await;
    let (mut near, mut far) = stream(64);
    let mut other = JoinSet::new();
    other.spawn(async move {
        let mut read = [0; 6];
        let early = far.read_exact(&mut read).now_or_never();
        assert!(early.is_none(), "this was ready before");
        far.read_exact(&mut read).await.expect("is written");
        read
    });
    let now = async {
        near.write_all(b"answer").await?;
        near.flush().await
    };
    now.now_or_never().expect("is kept").expect("is open");
    assert_eq!(other.join_all().await, [*b"answer"]);
}

#[tokio::test]
async fn streams_are_written_to_together() {
    let _turns = turns();
    let (mut one, mut read_one) = stream(64);
    let (mut two, mut read_two) = stream(64);
    one.write_all(b"1").await.expect("is open");
    two.write_all(b"2").await.expect("is open");
    assert_eq!(read_one.read_u8().await.expect("is written"), b'1');
    let other = read_two.read_u8().now_or_never().expect("is there by then");
    assert_eq!(other.expect("is written"), b'2');
}

#[tokio::test]
async fn all_is_written_in_its_order() {
    let _turns = turns();
    let sent: Vec<u8> = (0..200_000_u32).map(|number| (number / 3) as u8).collect();
    let (mut near, mut far) = stream(7);
    let writing = async {
        let mut rest = sent.as_slice();
        for length in [1, 100, MAX_KEPT, 5, MAX_KEPT + 1, 3, 40_000, 9, 9]
            .iter()
            .cycle()
        {
            let (piece, after) = rest.split_at(rest.len().min(*length));
            near.write_all(piece).await?;
            rest = after;
            if rest.is_empty() {
                return near.shutdown().await;
            }
        }
        Ok(())
    };
    let mut read = Vec::new();
    let (written, got) = tokio::join!(writing, far.read_to_end(&mut read));
    written.expect("is open");
    got.expect("is open");
    assert_eq!(read, sent);
}

#[tokio::test]
async fn no_more_is_kept_than_there_is_room_for() {
    let _turns = turns();
    let (mut near, mut far) = stream(1);
    near.write_all(&[1; MAX_KEPT]).await.expect("is kept");
    for _ in 0..3 {
        assert!(near.write(&[2]).now_or_never().is_none(), "there is no room");
        yield_now().await;
    }
    let reading = async {
        let mut read = vec![0; MAX_KEPT + 1];
        far.read_exact(&mut read).await.map(|_| read)
    };
    let (written, read) = tokio::join!(near.write_all(&[2]), reading);
    written.expect("is open");
    assert_eq!(read.expect("is written").last(), Some(&2));
}

#[tokio::test]
async fn what_a_stream_leaves_is_written() {
    let _turns = turns();
    let (mut near, mut far) = stream(64);
    near.write_all(b"answer").await.expect("is open");
    drop(near);
    let mut read = Vec::new();
    far.read_to_end(&mut read).await.expect("is written");
    assert_eq!(read, b"answer");
}

#[tokio::test]
async fn what_a_stream_leaves_is_dropped_if_nobody_takes_it() {
    let _turns = turns();
    let (mut near, mut far) = stream(2);
    near.write_all(b"answer").await.expect("is open");
    yield_now().await;
    drop(near);
    yield_now().await;
    let mut read = Vec::new();
    far.read_to_end(&mut read).await.expect("its end is closed");
    assert_eq!(read, b"an");
}

/// Can neither be read nor written.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Broken {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn who_reads_is_told_that_nothing_can_be_written() {
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    let _turns = turns();
    let mut near = WritesLast::new(Broken);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    let mut poll_read = |near: &mut WritesLast<_>| {
        let mut buffer = [0; 1];
        let mut buffer = ReadBuf::new(&mut buffer);
        Pin::new(near).poll_read(&mut context, &mut buffer)
    };
    assert!(poll_read(&mut near).is_pending());
    let mut context = Context::from_waker(&waker);
    let kept = Pin::new(&mut near).poll_write(&mut context, b"answer");
    assert!(matches!(kept, Poll::Ready(Ok(6))));
    yield_now().await;
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    let Poll::Ready(Err(error)) = poll_read(&mut near) else {
        panic!("it was not told");
    };
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    for later in [
        near.write(b"more").await.map(drop),
        near.flush().await,
        near.shutdown().await,
    ] {
        assert_eq!(later.expect_err("it failed").kind(), io::ErrorKind::BrokenPipe);
    }
}

#[tokio::test]
async fn nothing_is_kept_where_threads_share_their_work() {
    let (mut near, mut far) = stream(64);
    assert_eq!(
        near.write(b"answer").now_or_never().map(Result::ok),
        Some(Some(6))
    );
    let mut read = [0; 6];
    let got = far.read_exact(&mut read).now_or_never().expect("it is there");
    got.expect("is open");
}
