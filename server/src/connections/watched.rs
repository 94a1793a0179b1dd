//! A connection that breaks off when its other end neither begins to ask nor takes what it is sent.
//!
//! Deliberately not here: the wait for the rest of a request's head, and for the next one; the HTTP library has that.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Before so many bytes came it is not known which HTTP is spoken, and nobody else looks at the clock.
const BEGINNING: usize = 24;

/// The stream, and what is kept as long as it is open.
pub(crate) struct Watched<T, K> {
    stream: T,
    _kept: K,
    begun: usize,
    asking: Pin<Box<Sleep>>,
    taking: Duration,
    /// Runs while there is something to be taken and nothing is.
    stuck: Option<Pin<Box<Sleep>>>,
}

impl<T, K> Watched<T, K> {
    pub(crate) fn new(stream: T, kept: K, asking: Duration, taking: Duration) -> Self {
        Self {
            stream,
            _kept: kept,
            begun: 0,
            asking: Box::pin(sleep(asking)),
            taking,
            stuck: None,
        }
    }

    /// What came of a write: one that waits may wait so long.
    fn taken<R>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let until = Instant::now() + self.taking;
        let stuck = self
            .stuck
            .get_or_insert_with(|| Box::pin(sleep_until(until)));
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<T: AsyncRead + Unpin, K: Unpin> AsyncRead for Watched<T, K> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if this.begun >= BEGINNING {
            return read;
        }
        this.begun += buffer.filled().len() - before;
        if read.is_pending() {
            ready!(this.asking.as_mut().poll(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<T: AsyncWrite + Unpin, K: Unpin> AsyncWrite for Watched<T, K> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.taken(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, pieces);
        this.taken(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.taken(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let shut = Pin::new(&mut this.stream).poll_shutdown(context);
        this.taken(context, shut)
    }
}
