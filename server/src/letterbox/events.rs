//! `events`: a line whenever there is something new, so that nobody has to ask again and again.
//!
//! Deliberately not here: what is new. Who reads the line pulls.

use core::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use tokio::time::Instant;
use veldpost_envelope::DevicePublic;
use veldpost_envelope::wire::{Call, HEARTBEAT};
use veldpost_relay::{Caller, News};

use super::answer::{self, Refusal};
use super::caller::Said;
use super::{Letterbox, now};

/// At most one line in so long.
const BETWEEN: Duration = Duration::from_secs(1);
/// A comment after so long without a line.
const QUIET: Duration = Duration::from_secs(25);
/// The reader opens another stream then.
const WHOLE: Duration = Duration::from_secs(600);
/// How long to wait when there are too many streams, in seconds.
const TOO_MANY: u32 = 30;

/// A stream that is counted while it is open.
struct Open {
    letterbox: Arc<Letterbox>,
    device: DevicePublic,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.letterbox.limits.close_stream(&self.device);
        self.letterbox.counts.stream_closed();
    }
}

impl Letterbox {
    pub(super) async fn events(
        self: &Arc<Self>,
        said: Said,
        body: Vec<u8>,
    ) -> Result<Response, Refusal> {
        // What is stored from here on wakes the stream.
        let stored = self.stored.subscribe();
        let begin = move |letterbox: &Self| {
            let caller = letterbox.caller(Call::Events, &said, &body, now())?;
            let news = letterbox.relay.news(&caller, &body)?;
            Ok((caller, body, news))
        };
        let (caller, body, news) = self.work(begin).await?;
        let device = caller.device.ok_or_else(Refusal::internal)?;
        if !self.limits.open_stream(device) {
            return Err(Refusal::slow_down(TOO_MANY));
        }
        self.counts.stream_opened();
        let open = Open {
            letterbox: self.clone(),
            device,
        };
        let (sender, channel) = Channel::<Bytes, Infallible>::new(4);
        tokio::spawn(tell(open, sender, stored, caller, body.into(), news));
        Ok(answer::answered(Call::Events, Body::new(channel)))
    }

    async fn news(self: &Arc<Self>, caller: Caller, body: Arc<[u8]>) -> Result<News, Refusal> {
        let look = move |letterbox: &Self| {
            let caller = Caller {
                now: now(),
                ..caller
            };
            Ok(letterbox.relay.news(&caller, &body)?)
        };
        self.work(look).await
    }
}

async fn tell(
    open: Open,
    mut sender: Sender<Bytes, Infallible>,
    mut stored: tokio::sync::watch::Receiver<u64>,
    caller: Caller,
    body: Arc<[u8]>,
    mut news: News,
) {
    let letterbox = &open.letterbox;
    let mut ending = letterbox.ending.subscribe();
    let ends = Instant::now() + WHOLE;
    if !said(&mut sender, news.event.lines()).await {
        return;
    }
    loop {
        let may_look = Instant::now() + BETWEEN;
        let quiet = (Instant::now() + QUIET).min(ends);
        tokio::select! {
            changed = stored.changed() => {
                if changed.is_err() {
                    return;
                }
                tokio::time::sleep_until(may_look.min(ends)).await;
                // What came meanwhile is seen now.
                stored.mark_unchanged();
                match letterbox.news(caller, body.clone()).await {
                    Ok(now) if now.standing != news.standing => return,
                    Ok(now) if now.event != news.event => {
                        news = now;
                        if !said(&mut sender, news.event.lines()).await {
                            return;
                        }
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
            () = tokio::time::sleep_until(quiet) => {
                if !said(&mut sender, HEARTBEAT.to_owned()).await {
                    return;
                }
            }
            () = ended(&mut ending) => return,
        }
        if Instant::now() >= ends {
            return;
        }
    }
}

async fn ended(ending: &mut tokio::sync::watch::Receiver<bool>) {
    let _ = ending.wait_for(|ending| *ending).await;
}

/// Whether somebody still listens.
async fn said(sender: &mut Sender<Bytes, Infallible>, lines: String) -> bool {
    let sent = tokio::time::timeout(QUIET, sender.send_data(Bytes::from(lines))).await;
    matches!(sent, Ok(Ok(())))
}
