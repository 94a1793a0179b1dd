//! Carries out what the machine says: sends, commits, holds the writer, wakes.
//!
//! Not here: deciding anything.

use super::{Happened, Joining, Post, Reading, Work, wire};
use crate::browser::clock;
use crate::services::field::{Book, Browser};
use async_channel::{Receiver, Sender};
use leptos::prelude::{Set, Update};
use std::collections::VecDeque;
use std::rc::Rc;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::wire::{Call, Code, Standing};
use veldpost_envelope::{Purpose, RandomBytes, request};
use veldpost_journal::{HeldWriter, Outside, SyncRows};
use veldpost_store::{Batch, Shelf, Store};
use veldpost_sync::device::ProposalProblem;
use veldpost_sync::{Device, Effect, Event, Notice, RecordState, Start, Wake};
use wasm_bindgen_futures::spawn_local;

/// The browser's generator, as the machine wants it.
pub struct Rng;

impl RandomBytes for Rng {
    fn fill(&mut self, bytes: &mut [u8]) {
        Browser.random(bytes);
    }
}

/// How an errand or a proposal ended.
pub(super) enum Ended {
    Reply(Result<Vec<u8>, Code>),
    Proposed(Result<u64, ProposalProblem>),
}

/// What is looked at when the machine has done what it had to.
#[derive(Default)]
struct Since {
    anything: bool,
    /// A coordinator said something, or unlocked.
    said: bool,
    roster: bool,
    received: bool,
    committed: bool,
}

type Held<'a> = HeldWriter<'a, veldpost_store::indexed_db::IndexedDbStore, Browser>;

impl Post {
    /// Works until the book is put down.
    pub(super) async fn run(self, book: Rc<Book>, work: Receiver<Work>) {
        let rows = book.sync_rows().await.unwrap_or_default();
        self.bring_join(&book, rows.join.clone()).await;
        let Some(device) = open(&book, rows).await else {
            self.notices
                .update(|shown| shown.push(Notice::RosterBroken));
            self.reading.set(Reading::Failed);
            return;
        };
        if self.is_put_down(&book) {
            return;
        }
        self.inner().device.put(device);
        let mut since = Since {
            anything: true,
            said: true,
            roster: true,
            received: true,
            committed: true,
        };
        let opened = Work::Event(Happened::Wake(Wake::Opened));
        let mut next = Some(opened);
        let mut to_keep = None;
        loop {
            if self.is_put_down(&book) {
                return;
            }
            if let Some(work) = next.take() {
                self.carry_out(&book, work, &mut since).await;
            }
            // Behind a part of a page there is nothing to look at.
            let more = if since.anything {
                work.try_recv().ok()
            } else {
                work.recv().await.ok()
            };
            if more.is_some() {
                next = more;
                continue;
            }
            if self.is_put_down(&book) {
                return;
            }
            if since.roster {
                self.follow_roster(&book).await;
            }
            if since.received {
                self.inner().unjudged.set(true);
            }
            self.found_or_publish(&book);
            if since.roster {
                self.check_keys(&book);
            }
            self.renew_when_old(&book, since.roster);
            self.show_kept(&book).await;
            to_keep = self.judge(&book, since.said).or(to_keep);
            if since.received {
                self.drop_left_blocks(&book).await;
            }
            self.forget_what_left(&book);
            self.show(since.roster || since.received || self.others_moved(&book));
            if since.roster {
                // What this device is may have changed.
                self.attend();
            }
            since = Since::default();
            // Receipts go first.
            if work.is_empty()
                && let Some(to_keep) = to_keep.take()
            {
                self.keep_tables(&book, to_keep).await;
            }
            match work.recv().await {
                Ok(more) => next = Some(more),
                Err(_) => return,
            }
        }
    }

    /// Blocks of a region of one that was taken along go once a coordinator has all of it; at a coordinator, once the
    /// relay has.
    async fn drop_left_blocks(self, book: &Rc<Book>) {
        if book.vault().is_none() {
            return;
        }
        let coordinates = book.membership().coordinates(Purpose::Count);
        let arrived = |stream, seq| match self.state_of(stream, seq) {
            Some(RecordState::Received) => true,
            Some(RecordState::HandedOver) => coordinates,
            _ => false,
        };
        // What does not go now goes later.
        let _ = book.drop_left_blocks(arrived).await;
    }

    /// What was entered on a shared computer goes from memory too, as soon as all of it was received.
    fn forget_what_left(self, book: &Rc<Book>) {
        if !book.membership().group {
            return;
        }
        let received = |stream, seq| self.state_of(stream, seq) == Some(RecordState::Received);
        if book.forget_records(received) {
            self.field.lists_changed();
        }
    }

    pub(super) fn is_put_down(self, book: &Rc<Book>) -> bool {
        let known = self.inner().book.borrow().clone();
        !known.is_some_and(|known| Rc::ptr_eq(&known, book))
    }

    /// One thing, and all that follows from it at once.
    async fn carry_out(self, book: &Rc<Book>, work: Work, since: &mut Since) {
        let mut held: Option<Held<'_>> = None;
        let (mut effects, quiet): (VecDeque<Effect>, bool) = match work {
            Work::Event(event) => {
                let effects = self.handle(event.borrow());
                since.anything |= !matches!(event, Happened::Coming(..)) || !effects.is_empty();
                (effects.into(), false)
            }
            Work::Effects { effects, quiet } => (effects.into(), quiet),
            Work::Look => {
                (since.anything, since.said) = (true, true);
                since.received = true;
                since.roster = true;
                return;
            }
        };
        since.anything |= !effects.is_empty();
        // What follows from it is as loud as anything: pages may have waited behind it.
        let mut quiet_ones = if quiet { effects.len() } else { 0 };
        while let Some(effect) = effects.pop_front() {
            let quiet = quiet_ones > 0;
            quiet_ones = quiet_ones.saturating_sub(1);
            match effect {
                Effect::Send {
                    call,
                    path,
                    headers,
                    body,
                } => {
                    let Some(origin) = book.membership().relay else {
                        continue;
                    };
                    // Another start numbers its calls anew: what comes back is for this one, and does not keep it going.
                    let worker = self.inner().work.borrow().as_ref().map(Sender::downgrade);
                    let Some(worker) = worker else {
                        continue;
                    };
                    spawn_local(async move {
                        let tell = |event| {
                            if let Some(worker) = worker.upgrade() {
                                // Refused only when nobody works any more.
                                let _ = worker.try_send(Work::Event(event));
                            }
                        };
                        let answer = if path == Call::Pull {
                            let part = |part| tell(Happened::Coming(call, part));
                            wire::pull(&origin, headers.as_ref(), &body, part).await
                        } else {
                            wire::send(&origin, path, headers.as_ref(), &body).await
                        };
                        tell(Happened::Called(call, answer));
                    });
                }
                Effect::Commit {
                    commit,
                    batch,
                    moved,
                } => {
                    since.committed = true;
                    since.received |= !quiet && brings(&batch);
                    let written = match (moved, held.take()) {
                        (Some((_, state)), Some(held)) => held.commit(batch, state).await.is_ok(),
                        (None, none) => {
                            held = none;
                            let writing = book.store().commit(batch);
                            let meanwhile = async {
                                let more = self.handle(Event::Writing);
                                self.read_ahead(book);
                                more
                            };
                            let (written, more) = clock::both(writing, meanwhile).await;
                            effects.extend(more);
                            written.is_ok()
                        }
                        (Some(_), None) => false,
                    };
                    effects.extend(self.handle(if written {
                        Event::Committed { commit }
                    } else {
                        Event::NotCommitted { commit }
                    }));
                }
                Effect::HoldWriter { .. } => {
                    if let Ok(Some(writer)) = book.hold_writer().await {
                        // What was saved before it was held is told first.
                        let saved = book.take_saved();
                        if !saved.is_empty() {
                            effects.extend(self.handle(Event::Saved(saved)));
                        }
                        effects.extend(self.handle(Event::WriterHeld {
                            state: writer.state(),
                            context: writer.context(),
                            invitation: writer.invitation(),
                        }));
                        held = Some(writer);
                    }
                }
                Effect::LetWriterGo => held = None,
                Effect::WakeAt(at) => spawn_local(async move {
                    wire::until(at).await;
                    self.wake(Wake::Due);
                }),
                Effect::RosterMoved | Effect::BlobCame(_) => since.roster = true,
                Effect::JoinLacking => self.bring_join_again(book).await,
                Effect::ErrandDone { errand, reply } => self.ended(errand, Ended::Reply(reply)),
                Effect::Proposed { proposal, outcome } => {
                    self.ended(proposal, Ended::Proposed(outcome));
                }
                Effect::FoundingDone(outcome) => self.founded(outcome),
                Effect::Show(notice) => self.told(notice),
            }
        }
    }

    fn handle(self, event: Event<'_>) -> Vec<Effect> {
        let inner = self.inner();
        let device = inner.device.borrow_mut();
        device.map_or_else(Vec::new, |mut device| {
            device.handle(event, clock::now(), &mut Rng)
        })
    }

    fn told(self, notice: Notice) {
        if notice == Notice::Removed && self.former.is_none() {
            // What opens its records is gone from the disk: it goes from memory too.
            self.field.lock();
        }
        self.notices.update(|shown| {
            shown.retain(|known| *known != notice);
            shown.push(notice);
        });
    }

    /// Whether the relay said something new of how far other devices are: no commit comes of it.
    fn others_moved(self, book: &Book) -> bool {
        if !book.membership().coordinates(Purpose::Count) {
            return false;
        }
        let reports = self.with(Device::devices).unwrap_or_default();
        self.inner().reports.replace(reports.clone()) != reports
    }

    /// Whether nobody comes in by this device's invitation any more: it was for one, and ended.
    fn invitation_ended(self) -> bool {
        let book = self.inner().book.borrow().clone();
        let membership = book.map(|book| book.membership());
        let Some(id) = membership
            .filter(|it| !it.member)
            .and_then(|it| it.invitation)
        else {
            return false;
        };
        self.with(|device| {
            let known = device.roster().invitation(&id);
            known.is_some_and(|it| it.invite.form == InviteForm::Single && it.ended.is_some())
        })
        .unwrap_or_default()
    }

    fn show(self, moved: bool) {
        let summary = self.with(Device::summary);
        self.summary.set(summary);
        if let Some(number) = self.former {
            let waits = summary.map_or(0, |known| known.kept + known.handed_over + known.attention);
            self.left.update(|left| {
                if let Some(slot) = left.get_mut(number) {
                    *slot = waits;
                }
            });
        }
        let frozen = summary.is_some_and(|summary| summary.standing == Standing::Frozen);
        if frozen || self.invitation_ended() {
            // The other device came after this one had its answer, or a coordinator took the invitation back since.
            self.joining.update(|joining| {
                if let Some(Joining::Waiting { frozen, .. }) = joining {
                    *frozen = true;
                }
            });
        }
        if moved {
            self.say_moved();
        }
    }

    /// Screens of the region look again.
    pub(super) fn say_moved(self) {
        self.moved.update(|number| *number = number.wrapping_add(1));
    }
}

impl Happened {
    fn borrow(&self) -> Event<'_> {
        match self {
            Self::Wake(wake) => Event::Wake(*wake),
            Self::Saved(rows) => Event::Saved(rows.clone()),
            Self::Coming(call, part) => Event::Coming {
                call: *call,
                response: wire::response(part),
            },
            Self::Called(call, answer) => wire::event(*call, answer.as_ref()),
        }
    }
}

/// Whether a commit brings anything that a coordinator judges.
fn brings(batch: &Batch) -> bool {
    batch.writes().iter().any(|write| {
        matches!(
            write.shelf(),
            Shelf::Originals | Shelf::Aside | Shelf::Objects | Shelf::Roster | Shelf::Outbox
        )
    })
}

/// The machine, with what is on the disk.
async fn open(book: &Book, rows: SyncRows) -> Option<Device> {
    let origin = book.membership().relay?;
    request::authority(&origin)?;
    let roster = roster(&rows.acts)?;
    let (key, local) = book.device_keys();
    let writing: Vec<_> = book.stream().await.into_iter().collect();
    Device::open(Start {
        key,
        local,
        origin: &origin,
        roster,
        acts: rows.acts,
        relay: rows.relay,
        outbox: &rows.outbox,
        streams: &rows.streams,
        objects: &rows.objects,
        originals: &rows.originals,
        aside: &rows.aside,
        blobs: &rows.blobs,
        writing: &writing,
    })
}

fn roster(acts: &[Vec<u8>]) -> Option<veldpost_envelope::Roster> {
    let (first, rest) = acts.split_first()?;
    let genesis = veldpost_envelope::Genesis::verify(first).ok()?;
    let mut roster = veldpost_envelope::Roster::new(&genesis);
    for act in rest {
        roster.take(act).ok()?;
    }
    Some(roster)
}
