//! What is begun before it is waited for, so that the database works while this goes on.
//!
//! Not here: tasks. Nothing goes on by itself but what the browser does once it was asked.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;

/// A future that was looked at once.
pub(crate) enum Begun<F: Future> {
    Done(F::Output),
    Going(Pin<Box<F>>),
}

impl<F: Future> Begun<F> {
    pub(crate) async fn of(future: F) -> Self {
        let mut future = Box::pin(future);
        match poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await {
            Poll::Ready(output) => Self::Done(output),
            Poll::Pending => Self::Going(future),
        }
    }

    pub(crate) async fn ended(self) -> F::Output {
        match self {
            Self::Done(output) => output,
            Self::Going(future) => future.await,
        }
    }
}
