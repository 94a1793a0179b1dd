//! The relay's event stream: news reaches a page that is looked at as it comes, not when it is next asked for.
//!
//! Not here: what the news is; a line says that there is some, and a pull brings it. Who counts in the field is told each
//! minute as before: a call that stays open keeps a phone's radio awake. A page that is hidden closes it.

use super::driver::Rng;
use super::{Post, Wake};
use crate::browser::{clock, life, stream};
use crate::services::field::Book;
use gloo::timers::callback::Timeout;
use std::rc::Rc;
use veldpost_envelope::wire::{Call, Code, Event, EventsAsk, Reply, counts, judge};
use veldpost_envelope::{Purpose, random, request};
use wasm_bindgen_futures::spawn_local;

/// Between two tries, doubled each time that nothing came: milliseconds.
const SHORTEST_MS: u32 = 2_000;
/// Longer is not waited; each minute is asked meanwhile.
const LONGEST_MS: u32 = 5 * 60_000;

/// How the stream is now.
#[derive(Default)]
pub(super) struct Listening {
    /// Closes it; none while there is none.
    open: Option<stream::Open>,
    /// Which one it is: an older one says nothing any more.
    number: u32,
    /// Lines came by it.
    live: bool,
    /// What is waited before the next.
    wait: u32,
    /// What the relay's clock is ahead of this one: milliseconds.
    offset: i64,
}

/// Why a stream ended.
enum End {
    /// By itself, after lines came, as each does after ten minutes.
    Over,
    /// The relay's clock is another by so many milliseconds.
    Clock(i64),
    /// No lines came.
    Nothing,
}

impl Post {
    /// Whether news comes by itself, so that nobody need ask.
    pub fn is_live(self) -> bool {
        self.inner().listening.borrow().live
    }

    /// Opens the stream where there is to be one and is none, and closes it where there is to be none.
    pub(super) fn attend(self) {
        let book = self.inner().book.borrow().clone();
        let book = book.filter(|book| !life::is_hidden() && wants_news(book));
        let inner = self.inner();
        let mut listening = inner.listening.borrow_mut();
        match book {
            None => {
                listening.open = None;
                listening.live = false;
                listening.number = listening.number.wrapping_add(1);
            }
            Some(book) if listening.open.is_none() => {
                let Some((open, closing)) = stream::new() else {
                    return;
                };
                listening.number = listening.number.wrapping_add(1);
                listening.open = Some(open);
                let number = listening.number;
                spawn_local(async move {
                    let end = self.listen(&book, number, &closing).await;
                    self.stream_ended(number, &end);
                });
            }
            Some(_) => {}
        }
    }

    /// Reads lines until none come any more.
    async fn listen(self, book: &Book, number: u32, closing: &stream::Closing) -> End {
        match self.lines(book, number, closing).await {
            Some(end) => end,
            None => End::Nothing,
        }
    }

    async fn lines(self, book: &Book, number: u32, closing: &stream::Closing) -> Option<End> {
        let membership = book.membership();
        let region = self.with(|device| device.roster().region())?;
        let origin = membership.relay?;
        let authority = request::authority(&origin)?;
        let body = EventsAsk { region }.to_bytes();
        let now = clock::now() + self.inner().listening.borrow().offset;
        let (created, nonce) = (request::created_at(now), random::array(&mut Rng));
        let key = book.device_keys().0;
        let signed = request::sign(Call::Events, &authority, &body, created, &nonce, &key);
        let address = [&origin, Call::Events.path()].concat();
        let mut stream = stream::ask(&address, &signed.pairs(), &body, closing).await?;
        let answer = &stream.answer;
        let kind = answer.content_type.as_deref();
        if !counts(Call::Events, answer.status, kind) {
            let refused = judge(Call::Events, answer.status, kind, &answer.body);
            return match refused {
                Reply::Refusal(problem) if problem.code == Code::Clock => {
                    Some(End::Clock(problem.now?.saturating_sub(clock::now())))
                }
                _ => None,
            };
        }
        let mut last = None;
        while let Some(line) = stream.next_line().await {
            if !self.hears(number) {
                return None;
            }
            let Some(event) = Event::from_line(&line) else {
                continue;
            };
            self.inner().listening.borrow_mut().live = true;
            if last.replace(event) != Some(event) {
                self.wake(Wake::Minute);
            }
        }
        last.map(|_| End::Over)
    }

    /// Whether it is this stream that is listened to.
    fn hears(self, number: u32) -> bool {
        self.inner().listening.borrow().number == number
    }

    fn stream_ended(self, number: u32, end: &End) {
        if !self.hears(number) {
            return;
        }
        let inner = self.inner();
        let wait = {
            let mut listening = inner.listening.borrow_mut();
            listening.open = None;
            listening.live = false;
            let longer = listening.wait.saturating_mul(2);
            listening.wait = match end {
                End::Nothing => longer.clamp(SHORTEST_MS, LONGEST_MS),
                End::Clock(offset) if listening.offset == 0 => {
                    listening.offset = *offset;
                    SHORTEST_MS
                }
                End::Clock(offset) => {
                    listening.offset = *offset;
                    longer.clamp(SHORTEST_MS, LONGEST_MS)
                }
                End::Over => SHORTEST_MS,
            };
            listening.wait
        };
        Timeout::new(wait, move || {
            if self.hears(number) {
                self.attend();
            }
        })
        .forget();
    }
}

/// Who coordinates, and who waits to be let in.
fn wants_news(book: &Rc<Book>) -> bool {
    let membership = book.membership();
    let waits = !membership.member && !membership.removed;
    membership.is_shared() && (membership.coordinates(Purpose::Count) || waits)
}
