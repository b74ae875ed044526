use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::connections::{Lent, nobody};

/// The body of a server's answer. Reading it makes its connection go on, where that
/// has no task of its own.
pub(super) struct Body {
    /// Goes first: a connection is closed if somebody could still read from it.
    incoming: Incoming,
    lent: Option<Lent>,
}

impl Body {
    /// Of a connection that goes on by itself.
    pub(super) const fn driven(incoming: Incoming) -> Self {
        Self { incoming, lent: None }
    }

    pub(super) const fn lent(incoming: Incoming, lent: Lent) -> Self {
        Self {
            incoming,
            lent: Some(lent),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let mut incoming = Pin::new(&mut this.incoming);
        let Some(lent) = &mut this.lent else {
            return incoming.poll_frame(context);
        };
        // What comes is brought by the connection, which is polled here: nobody
        // needs to be woken for it.
        let mut polled = incoming.as_mut().poll_frame(&mut nobody());
        if polled.is_pending() {
            polled = if lent.poll(context).is_ready() {
                incoming.poll_frame(context)
            } else {
                incoming.poll_frame(&mut nobody())
            };
        }
        if let Poll::Ready(None) = polled {
            this.lent = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.incoming.fmt(formatter)
    }
}
