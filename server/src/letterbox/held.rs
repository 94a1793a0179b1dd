//! What is in memory for a call counts until the last of it was sent: a body that comes, and the answer to it.
//!
//! Deliberately not here: how much may be; and for how long an answer waits to be taken (`connections`).

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::limits::Counted;

/// Room for one body, or for its answer: of its address, where that is counted, and of the process.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) _of_address: Option<Counted<IpAddr>>,
    pub(super) _of_process: OwnedSemaphorePermit,
}

/// A body that keeps something until it is gone, and each piece of it too: those that wait to be sent are in memory still.
pub(super) fn held<K: Send + Sync + 'static>(body: Body, room: K) -> Body {
    let room = Arc::new(room);
    Body::new(Held { body, room })
}

struct Held<K> {
    body: Body,
    room: Arc<K>,
}

impl<K: Send + Sync + 'static> http_body::Body for Held<K> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        let piece = |bytes| {
            let _room = this.room.clone();
            Bytes::from_owner(Piece { bytes, _room })
        };
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct Piece<K> {
    bytes: Bytes,
    _room: Arc<K>,
}

impl<K> AsRef<[u8]> for Piece<K> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
