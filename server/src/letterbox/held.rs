//! What is in memory for a call counts until the last of it was sent: a body that comes, and the answer to it. One that says
//! little counts no longer than its call, and of one that is taken slowly or not at all it ends after two minutes: whoever asks
//! for answers and takes none would keep everybody else out.
//!
//! Deliberately not here: how much may be; and for how long a connection waits for one that is not taken (`connections`).

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;

use super::limits::Counted;

/// Room for one body, or for its answer: of its address, where that is counted, and of the process.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) _of_address: Option<Counted<IpAddr>>,
    pub(super) _of_process: OwnedSemaphorePermit,
}

/// An answer of so many bytes at most needs no room.
const LITTLE: u64 = 4_096;
/// So long an answer counts at most.
const TAKING: Duration = Duration::from_secs(120);

/// A body that keeps something until it is gone, and each piece of it too: those that wait to be sent are in memory still.
pub(super) fn held<K: Send + Sync + 'static>(body: Body, room: K) -> Body {
    held_for(TAKING, body, room)
}

fn held_for<K: Send + Sync + 'static>(taking: Duration, body: Body, room: K) -> Body {
    if body
        .size_hint()
        .exact()
        .is_some_and(|bytes| bytes <= LITTLE)
    {
        return body;
    }
    let room = Arc::new(Kept(Mutex::new(Some(room))));
    let late = Arc::downgrade(&room);
    tokio::spawn(async move {
        tokio::time::sleep(taking).await;
        if let Some(room) = late.upgrade() {
            room.give_back();
        }
    });
    Body::new(Held { body, room })
}

/// Until it is dropped, or given back.
struct Kept<K>(Mutex<Option<K>>);

impl<K> Kept<K> {
    fn give_back(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

struct Held<K> {
    body: Body,
    room: Arc<Kept<K>>,
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
    _room: Arc<Kept<K>>,
}

impl<K> AsRef<[u8]> for Piece<K> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_that_nobody_takes_gives_its_room_back() {
        let room = Arc::new(());
        let little = held_for(TAKING, Body::from("few words"), room.clone());
        assert_eq!(Arc::strong_count(&room), 1);
        let waits = Duration::from_millis(5);
        let much = held_for(waits, Body::from(vec![0; 5_000]), room.clone());
        assert_eq!(Arc::strong_count(&room), 2);
        tokio::time::sleep(waits * 20).await;
        assert_eq!(Arc::strong_count(&room), 1);
        drop((little, much));
        let taken = held(Body::from(vec![0; 5_000]), room.clone());
        drop(taken);
        assert_eq!(Arc::strong_count(&room), 1);
    }
}
