//! One device: its book on a store in memory, and what the machine says carried out over HTTP.
//!
//! Not here: deciding anything (`veldpost-sync`), coordinating (`office`), joining (`joining`).

use std::collections::VecDeque;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use pollster::block_on;
use veldpost_domain::Operation;
use veldpost_envelope::wire::{Call, Code};
use veldpost_envelope::{Genesis, Roster, request};
use veldpost_journal::{HeldWriter, Journal, Outside as _};
use veldpost_store::Store as _;
use veldpost_store::memory::MemoryStore;
use veldpost_sync::device::ProposalProblem;
use veldpost_sync::{Device, Effect, Event, Response, Start, Wake};

use crate::http;
use crate::outside::Machine;

/// A device's book.
pub type Book = Journal<MemoryStore, Machine>;

/// The longest that one thing may take.
const PATIENCE_MS: i64 = 60_000;
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How something ended that was asked of the relay.
pub enum Ended {
    Reply(u64, Result<Vec<u8>, Code>),
    Proposed(u64, Result<u64, ProposalProblem>),
    Founded(Result<(), Code>),
}

/// A device that runs.
pub struct Phone {
    pub book: Book,
    pub device: Device,
    pub origin: String,
    /// What it records does not get out: there is no network for it.
    pub holds_back: bool,
    pub ended: Vec<Ended>,
    due: Option<i64>,
}

impl Phone {
    /// Begins with what is in the book.
    pub fn open(book: Book, origin: &str) -> Result<Self> {
        let device = block_on(machine(&book, origin))?;
        let mut phone = Self {
            book,
            device,
            origin: origin.to_owned(),
            holds_back: false,
            ended: Vec::new(),
            due: None,
        };
        phone.tell(Event::Wake(Wake::Opened))?;
        Ok(phone)
    }

    /// Records these, one commit after the other.
    pub fn record(&mut self, operations: impl IntoIterator<Item = Operation>) -> Result<()> {
        block_on(self.book.import(operations))?;
        self.tell_saved()
    }

    /// Tells the machine what the book saved.
    pub fn tell_saved(&mut self) -> Result<()> {
        let saved = self.book.take_saved();
        match saved.is_empty() {
            true => Ok(()),
            false => self.tell(Event::Saved(saved)),
        }
    }

    /// One event, and all that follows from it.
    pub fn tell(&mut self, event: Event<'_>) -> Result<()> {
        let effects = self.device.handle(event, Machine.now(), &mut Machine);
        self.carry_out(effects)
    }

    /// Wakes it as time does, until this holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&mut Self) -> bool) -> Result<()> {
        let last = Machine.now() + PATIENCE_MS;
        while !holds(self) {
            if Machine.now() > last {
                bail!("{what}: not within a minute");
            }
            sleep(LOOK);
            let due = self.due.take_if(|due| *due <= Machine.now());
            let wake = due.map_or(Wake::Minute, |_| Wake::Due);
            self.tell(Event::Wake(wake))?;
        }
        Ok(())
    }

    /// Carries out what the machine says.
    pub fn carry_out(&mut self, effects: Vec<Effect>) -> Result<()> {
        let mut effects = VecDeque::from(effects);
        let mut held: Option<HeldWriter<'_, MemoryStore, Machine>> = None;
        let (book, device) = (&self.book, &mut self.device);
        let mut moved = false;
        while let Some(effect) = effects.pop_front() {
            let mut tell = |event| device.handle(event, Machine.now(), &mut Machine);
            match effect {
                Effect::Send {
                    call,
                    path,
                    headers,
                    body,
                } => {
                    let pairs = headers.as_ref().map(|headers| headers.pairs());
                    let pairs = pairs.as_ref().map_or(&[][..], |pairs| &pairs[..]);
                    let cut = self.holds_back && path == Call::Entries;
                    let authority = request::authority(&self.origin);
                    let answer = authority
                        .filter(|_| !cut)
                        .and_then(|authority| http::post(&authority, path.path(), pairs, &body));
                    effects.extend(tell(event(call, answer.as_ref())));
                }
                Effect::Commit {
                    commit,
                    batch,
                    moved: head,
                } => {
                    let written = match (head, held.take()) {
                        (Some((_, state)), Some(held)) => {
                            block_on(held.commit(batch, state)).is_ok()
                        }
                        (None, none) => {
                            held = none;
                            block_on(book.store().commit(batch)).is_ok()
                        }
                        (Some(_), None) => false,
                    };
                    effects.extend(tell(match written {
                        true => Event::Committed { commit },
                        false => Event::NotCommitted { commit },
                    }));
                }
                Effect::HoldWriter { .. } => {
                    if let Some(writer) = block_on(book.hold_writer())? {
                        let saved = book.take_saved();
                        if !saved.is_empty() {
                            effects.extend(tell(Event::Saved(saved)));
                        }
                        effects.extend(tell(Event::WriterHeld {
                            state: writer.state(),
                            context: writer.context(),
                            invitation: writer.invitation(),
                        }));
                        held = Some(writer);
                    }
                }
                Effect::LetWriterGo => held = None,
                Effect::WakeAt(at) => self.due = Some(at),
                Effect::RosterMoved => moved = true,
                Effect::ErrandDone { errand, reply } => {
                    self.ended.push(Ended::Reply(errand, reply));
                }
                Effect::Proposed { proposal, outcome } => {
                    self.ended.push(Ended::Proposed(proposal, outcome));
                }
                Effect::FoundingDone(outcome) => self.ended.push(Ended::Founded(outcome)),
                Effect::BlobCame(_) | Effect::JoinLacking | Effect::Show(_) => {}
            }
        }
        drop(held);
        if moved {
            self.follow_roster()?;
        }
        Ok(())
    }

    /// What is sealed from now on follows the roster.
    fn follow_roster(&mut self) -> Result<()> {
        let me = self.book.device_keys().0.public();
        let before = self.book.membership();
        let membership = before.moved(self.device.roster(), &me, &self.book.campaign());
        Ok(block_on(self.book.keep_membership(membership))?)
    }
}

/// What came back, as the machine takes it.
pub fn event(call: u64, answer: Option<&http::Answer>) -> Event<'_> {
    match answer {
        Some(answer) => Event::Answered {
            call,
            response: Response {
                status: answer.status,
                content_type: answer.content_type.as_deref(),
                retry_after: answer.retry_after,
                body: &answer.body,
            },
        },
        None => Event::Unanswered { call },
    }
}

async fn machine(book: &Book, origin: &str) -> Result<Device> {
    let rows = book.sync_rows().await?;
    let (first, rest) = rows.acts.split_first().context("a book without genesis")?;
    let mut roster = Roster::new(&Genesis::verify(first)?);
    for act in rest {
        roster.take(act)?;
    }
    let (key, local) = book.device_keys();
    let writing: Vec<_> = book.stream().await.into_iter().collect();
    let device = Device::open(Start {
        key,
        local,
        origin,
        roster,
        acts: rows.acts.clone(),
        relay: rows.relay,
        outbox: &rows.outbox,
        streams: &rows.streams,
        objects: &rows.objects,
        originals: &rows.originals,
        aside: &rows.aside,
        blobs: &rows.blobs,
        writing: &writing,
    });
    device.context("a book that sync does not open")
}
