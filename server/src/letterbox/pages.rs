//! `pull`: pages one after the other, each read when the one before it was taken.
//!
//! Deliberately not here: what is in a page. A page that cannot be read breaks the answer off, and the reader asks again
//! from what it has.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::wire::Call;
use veldpost_relay::Pull;

use super::answer::{self, Refusal};
use super::caller::Said;
use super::held::{Room, held};
use super::{Letterbox, now};

/// So long may a reader take for one page: 1 MiB at 10 KiB a second.
const TAKEN: Duration = Duration::from_secs(120);

impl Letterbox {
    /// The first page is read before anything is said, so that what is wrong gets its status.
    pub(super) async fn pull(
        self: &Arc<Self>,
        said: Said,
        body: Vec<u8>,
        room: &mut Option<Room>,
    ) -> Result<Response, Refusal> {
        let begin = move |letterbox: &Self| {
            let now = now();
            let caller = letterbox.caller(Call::Pull, &said, &body, now)?;
            let device = caller.device.ok_or_else(Refusal::internal)?;
            let counted = letterbox.limits.pull_of(device)?;
            let mut pull = letterbox.relay.pull(&caller, &body)?;
            let first = letterbox.relay.next_page(&mut pull, now)?;
            Ok((counted, pull, first.map(framed).unwrap_or_default()))
        };
        let (counted, pull, first) = self.work(begin).await?;
        let (pull, second) = self.next(pull).await?;
        let Some(second) = second else {
            // One page is the usual answer, and has a length.
            return Ok(answer::answered(Call::Pull, first));
        };
        let of_process = self.pulls.clone().try_acquire_owned();
        let under_way = Arc::new((counted, of_process.map_err(|_| Refusal::busy())?));
        *room = None;
        let (sender, channel) = Channel::<Bytes, PullBroke>::new(1);
        // Also a page that was handed over and not sent yet is in memory.
        let pages = held(Body::new(channel), under_way.clone());
        let letterbox = self.clone();
        tokio::spawn(async move {
            letterbox.hand_out(sender, first, second, pull).await;
            drop(under_way);
        });
        Ok(answer::answered(Call::Pull, pages))
    }

    async fn next(self: &Arc<Self>, mut pull: Pull) -> Result<(Pull, Option<Bytes>), Refusal> {
        self.work(move |letterbox| {
            let page = letterbox.relay.next_page(&mut pull, now())?;
            Ok((pull, page.map(framed)))
        })
        .await
    }

    async fn hand_out(
        self: &Arc<Self>,
        mut sender: Sender<Bytes, PullBroke>,
        first: Bytes,
        second: Bytes,
        mut pull: Pull,
    ) {
        if !taken(&mut sender, first).await {
            return;
        }
        let mut page = second;
        while taken(&mut sender, page).await {
            match self.next(pull).await {
                Ok((after, Some(next))) => (pull, page) = (after, next),
                Ok((_, None)) => return,
                Err(_) => {
                    sender.abort(PullBroke);
                    return;
                }
            }
        }
    }
}

async fn taken(sender: &mut Sender<Bytes, PullBroke>, page: Bytes) -> bool {
    let sent = tokio::time::timeout(TAKEN, sender.send_data(page)).await;
    matches!(sent, Ok(Ok(())))
}

/// `bstr .cbor page`
fn framed(page: Vec<u8>) -> Bytes {
    let mut out = Writer::with_capacity(page.len() + 5);
    out.bytes(&page);
    Bytes::from(out.finish())
}

/// The rest cannot be read: the connection breaks off, so that nobody takes the answer for whole.
#[derive(Debug, thiserror::Error)]
#[error("the rest cannot be read")]
struct PullBroke;
