//! The post: what was recorded leaves by itself, what others sent comes in, and screens see how far it is.
//!
//! Not here: what is sent and what an answer means (`veldpost-sync`), and what is recorded (`field`). It all works while
//! the device is locked; a coordinator's judging waits until it is unlocked.

mod acting;
mod deferred;
mod desk;
mod driver;
mod joining;
mod keys;
mod labels;
mod listening;
mod office;
mod region;
mod wire;

pub use driver::Rng;
pub use joining::Joining;
pub use keys::WrongKeys;
pub use office::{OfficeProblem, Other, Published, Stands, Wanted};
pub use region::{
    AlongLine, CampaignLine, ClockLine, DeviceLine, InvitationLine, LetCount, Newcomer, Odd, OddOf,
    PutRight, RegionView, Span, ToJudge, Waiting, takes_in,
};
pub use wire::{carry_out, event, send, until};

use super::field::{Book, Field, Places};
use crate::browser::life;
use acting::Acting;
use async_channel::{Receiver, Sender, unbounded};
use deferred::Deferred;
use gloo::timers::callback::Interval;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use veldpost_domain::{RecordId, StreamId, Tables};
use veldpost_envelope::wire::Code;
use veldpost_sync::authority::Evaluation;
use veldpost_sync::{
    Attention, Device, DeviceReport, Effect as SyncEffect, Notice, RecordState, Summary, Wake,
};
use wasm_bindgen_futures::spawn_local;

/// While the app is open it looks this often whether there is something to send or to read: milliseconds.
const MINUTE_MS: u32 = 60_000;

/// What screens see of the post.
#[derive(Clone, Copy)]
pub struct Post {
    /// The numbers of the line that a person reads; none in a region of one.
    pub summary: RwSignal<Option<Summary>>,
    /// What a person is to be told, the newest last.
    pub notices: RwSignal<Vec<Notice>>,
    /// How far a device is that is not admitted yet.
    pub joining: RwSignal<Option<Joining>>,
    /// Why the relay does not take the region that was founded here.
    pub refused_region: RwSignal<Option<Code>>,
    /// Raised whenever something of the region moved: roster, labels, what was received.
    pub moved: RwSignal<u32>,
    /// How much waits in each book that was left.
    pub left: RwSignal<Vec<usize>>,
    /// How far a coordinator's reading is since the unlock.
    pub reading: RwSignal<Reading>,
    /// What a coordinator is doing.
    pub acting: Acting,
    /// The how manieth of the books that were left this one sends; none for the open book.
    former: Option<usize>,
    field: Field,
    inner: StoredValue<Rc<Inner>, LocalStorage>,
}

/// How far a coordinator's reading of what came is.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// Nothing says yet what all of it comes to.
    Begun,
    /// These are its tables, kept from before; it is still to be read.
    Kept(Box<Tables>),
    /// All of it was read.
    Done,
    /// It cannot be.
    Failed,
}

/// What is to be done next.
enum Work {
    /// Something happened.
    Event(Happened),
    /// The machine was asked something, and this follows from it. `quiet`: nothing new was received.
    Effects {
        effects: Vec<SyncEffect>,
        quiet: bool,
    },
    /// The device was unlocked, or what coordinators know changed: judge anew.
    Look,
}

/// An event that owns what it brings.
enum Happened {
    Wake(Wake),
    Saved(Vec<veldpost_store::Row>),
    /// A part of a pull's answer came.
    Coming(u64, crate::browser::http::Answer),
    /// A call came back, or did not.
    Called(u64, Option<crate::browser::http::Answer>),
}

#[derive(Default)]
struct Inner {
    device: Deferred<Device>,
    book: RefCell<Option<Rc<Book>>>,
    work: RefCell<Option<Sender<Work>>>,
    /// What the last judging came to.
    evaluation: Deferred<Evaluation>,
    /// What a coordinator reads with.
    secrets: Deferred<desk::Secrets>,
    /// What waits for the answer of a call or of a proposal, by its number.
    waiting: RefCell<BTreeMap<u64, Sender<driver::Ended>>>,
    /// What came since the last judging.
    unjudged: Cell<bool>,
    /// What the tables hang on that were kept last.
    kept: Cell<Option<[u8; 32]>>,
    /// The region is being brought to its relay, or its first settings.
    founding: Cell<bool>,
    /// It was looked whether others know this coordinator's name.
    named: Cell<bool>,
    /// The roster was offered since the start.
    offered: Cell<bool>,
    listening: RefCell<listening::Listening>,
    /// Keys that were compared with what they should be.
    checked: RefCell<keys::Checked>,
    /// How far every device was when it was last shown.
    reports: RefCell<Vec<DeviceReport>>,
    /// The posts of books that were left, and what keeps them.
    formers: RefCell<Vec<(Owner, Post)>>,
}

impl Post {
    /// Nothing is sent yet: see [`Post::start`].
    pub fn new(field: Field) -> Self {
        Self {
            summary: RwSignal::new(None),
            notices: RwSignal::new(Vec::new()),
            joining: RwSignal::new(None),
            refused_region: RwSignal::new(None),
            moved: RwSignal::new(0),
            left: RwSignal::new(Vec::new()),
            reading: RwSignal::new(Reading::Begun),
            acting: Acting::new(),
            former: None,
            field,
            inner: StoredValue::new_local(Rc::default()),
        }
    }

    fn inner(self) -> Rc<Inner> {
        self.inner.get_value()
    }

    /// Follows the book, for as long as the page lives: begins when one that is shared is open, and tells it what is
    /// saved.
    pub fn start(self) {
        let field = self.field;
        Effect::new(move |_| {
            let _ = field.phase.get();
            let _ = field.commits.get();
            self.follow_formers(field.formers());
            match field.book() {
                Some(book) => self.follow(book),
                None => self.put_down(),
            }
        });
        Effect::new(move |_| {
            if field.unlocked.get() {
                self.work(Work::Look);
            } else {
                self.forget_what_was_read();
                for (_, post) in &*self.inner().formers.borrow() {
                    post.forget_what_was_read();
                }
            }
        });
        life::on_window(&["online"], move || self.wake_all(Wake::Online));
        life::on_visibility(move |hidden| {
            if !hidden {
                self.wake_all(Wake::Visible);
            }
            self.attend();
        });
        Interval::new(MINUTE_MS, move || self.wake_all(Wake::Minute)).forget();
    }

    fn wake_all(self, wake: Wake) {
        self.wake(wake);
        for (_, post) in &*self.inner().formers.borrow() {
            post.wake(wake);
        }
    }

    /// Books that were left are sent too, each by a post of its own: to a relay they are other devices.
    fn follow_formers(self, books: Vec<Rc<Book>>) {
        let inner = self.inner();
        if inner.formers.borrow().len() == books.len() {
            return;
        }
        for (_, post) in inner.formers.take() {
            post.put_down();
        }
        self.left.set(vec![0; books.len()]);
        for (number, book) in books.into_iter().enumerate() {
            let owner = Owner::new_root(None);
            let post = owner.with(|| Self {
                left: self.left,
                former: Some(number),
                ..Self::new(self.field)
            });
            post.follow(book);
            inner.formers.borrow_mut().push((owner, post));
        }
    }

    /// Begins with a book that is shared, or tells what it saved since.
    fn follow(self, book: Rc<Book>) {
        let inner = self.inner();
        let known = inner.book.borrow().clone();
        if known.is_some_and(|known| Rc::ptr_eq(&known, &book)) {
            let saved = book.take_saved();
            if !saved.is_empty() {
                self.happened(Happened::Saved(saved));
            }
            return;
        }
        self.put_down();
        if !book.membership().is_shared() {
            return;
        }
        *inner.book.borrow_mut() = Some(book.clone());
        let (sender, receiver): (_, Receiver<Work>) = unbounded();
        *inner.work.borrow_mut() = Some(sender);
        spawn_local(async move { self.run(book, receiver).await });
    }

    /// The book was put down: what is under way is forgotten, and nothing is lost by it.
    fn put_down(self) {
        let inner = self.inner();
        inner.book.borrow_mut().take();
        inner.work.borrow_mut().take();
        inner.device.clear();
        self.forget_what_was_read();
        inner.kept.set(None);
        inner.waiting.borrow_mut().clear();
        inner.founding.set(false);
        inner.offered.set(false);
        inner.named.set(false);
        inner.checked.take();
        self.summary.set(None);
        self.joining.set(None);
        self.attend();
    }

    fn work(self, work: Work) {
        if let Some(sender) = &*self.inner().work.borrow() {
            // Refused only when nobody works any more.
            let _ = sender.try_send(work);
        }
    }

    fn happened(self, event: Happened) {
        self.work(Work::Event(event));
    }

    /// Looks whether there is something to send or to read.
    pub fn wake(self, wake: Wake) {
        self.happened(Happened::Wake(wake));
    }

    /// Asks the machine something, while it is there.
    pub fn with<T>(self, ask: impl FnOnce(&Device) -> T) -> Option<T> {
        let inner = self.inner();
        let device = inner.device.borrow()?;
        Some(ask(&device))
    }

    /// How far an entry has got; none while nobody knows.
    pub fn state_of(self, stream: StreamId, seq: u64) -> Option<RecordState> {
        self.with(|device| device.state_of(stream, seq)).flatten()
    }

    /// How far a record has got: as far as the part of it that is least far, and *Let op* before all. None in a region
    /// of one, and while nobody knows. Tracked.
    pub fn state_of_record(self, record: RecordId, places: &Places) -> Option<RecordState> {
        self.moved.track();
        self.summary.track();
        if !self.is_followed() {
            return None;
        }
        let Some(own) = places.get(&record) else {
            // Another device wrote it, and it is here.
            return Some(RecordState::Received);
        };
        let states: Vec<RecordState> = own
            .iter()
            .filter_map(|(stream, seq)| self.state_of(*stream, *seq))
            .collect();
        match states.iter().max() {
            Some(RecordState::Attention) => Some(RecordState::Attention),
            _ => states.into_iter().min(),
        }
    }

    /// Why somebody is to look at a record: the first reason that this device knows. Tracked.
    pub fn attention_of_record(self, record: RecordId, places: &Places) -> Option<Attention> {
        self.moved.track();
        self.summary.track();
        let mut own = places.get(&record)?.iter();
        own.find_map(|(stream, seq)| {
            self.with(|device| device.attention_of(*stream, *seq))
                .flatten()
        })
    }

    fn is_followed(self) -> bool {
        self.inner().device.is_some()
    }

    /// What the last judging came to, while the device is unlocked.
    pub fn judged<T>(self, ask: impl FnOnce(&Evaluation) -> T) -> Option<T> {
        let inner = self.inner();
        let judged = inner.evaluation.borrow()?;
        Some(ask(&judged))
    }
}
