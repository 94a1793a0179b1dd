//! The app's one link to the journal: it opens it, keeps one writer, and lets screens ask.
//!
//! Not here: what is sealed and how (`veldpost-journal`), and any screen.

mod capture;
mod drafts;
mod growing;
mod idling;
mod leaving;
mod locking;
mod opening;
mod own_device;
mod plain;
mod rare;
mod records;
mod remark;
mod stand;
mod tables;
mod words;

use crate::browser::channel::{Channel, WriterLock};
use crate::browser::{clock, device};
use crate::routes::{self, Router, Screen};
use crate::services::announcer::Announcer;
use crate::services::made_up;
use crate::text::{self, Text};
use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use veldpost_domain::RecordId;
use veldpost_journal::rows::{Membership, OpenRound, Preferences, Settings};
use veldpost_journal::{FoundDraft, Journal, Outside, Tile};
use veldpost_store::indexed_db::{DeviceKey, IndexedDbStore};
use zeroize::Zeroizing;

pub use capture::{reason_label, tile_label};
pub use drafts::{FormInHand, Purpose, UNKNOWN};
pub use growing::OwnRecords;
pub use idling::IDLE_BOUNDS;
pub use locking::{CodeProblem, UnlockProblem};
use opening::Bound;
pub use opening::bound;
pub use own_device::DeviceView;
pub use plain::{Labels, Line, for_reading, lines, question};
pub use records::{Choice, Listed, Listing, Places, Standing, millis as clock_time, was_left};
pub use stand::{Counting, Stand};
pub use words::Trouble;

/// How long a confirmed save is said in the status: milliseconds.
const SAVED_SAID_MS: u32 = 10_000;

/// The journal as it runs in the browser.
pub type Book = Journal<IndexedDbStore, Browser>;

/// The browser's clock and generator.
#[derive(Clone, Copy)]
pub struct Browser;

impl Outside for Browser {
    fn now(&self) -> i64 {
        clock::now()
    }

    fn random(&self, bytes: &mut [u8]) {
        // Without a generator nothing may be sealed: `opening` refuses to start before this.
        let filled = clock::random(bytes);
        debug_assert!(filled);
    }
}

/// Which book is open: each has a database of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// People.
    Real,
    /// Nobody: it never reaches a result.
    Practice,
    /// A made-up region, to look at.
    Demo,
}

impl Mode {
    fn here() -> Self {
        match (routes::is_practice(), device::is_demo()) {
            (true, _) => Self::Practice,
            (false, true) => Self::Demo,
            (false, false) => Self::Real,
        }
    }

    /// The name of the database, of the lock and of the channel.
    pub const fn database(self) -> &'static str {
        match self {
            Self::Real => "veldpost",
            Self::Practice => "veldpost-oefenen",
            Self::Demo => "veldpost-demo",
        }
    }
}

/// How far the app has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The database is being opened.
    Starting,
    /// There is no region on this device yet.
    Welcome,
    /// The journal is open.
    Open,
    /// Another window is the writer.
    Elsewhere,
    /// It cannot be opened.
    Stuck(Trouble),
}

/// A copy of a draft's outside, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftView {
    /// The record that it will become.
    pub record: RecordId,
    /// When it was last changed.
    pub at: i64,
    /// Whether it opens without a passphrase.
    pub open: bool,
    /// Whether it is on the disk.
    pub kept: bool,
}

/// What screens see of the journal, and what they may ask.
#[derive(Clone, Copy)]
pub struct Field {
    /// How far the app has come.
    pub phase: RwSignal<Phase>,
    /// Whether records can be read.
    pub unlocked: RwSignal<bool>,
    /// It locks in some seconds, unless somebody touches it.
    pub locks_soon: RwSignal<bool>,
    /// The open round, as committed.
    pub round: RwSignal<Option<OpenRound>>,
    /// Taps that are on the screen and not committed yet, by tile.
    pub pending: RwSignal<[i32; 4]>,
    /// What the last undo did, or which tap was not saved; said under the total.
    pub undone: RwSignal<Option<String>>,
    /// What went wrong last, until the person has read it.
    pub trouble: RwSignal<Option<Trouble>>,
    /// Drafts that were found.
    pub drafts: RwSignal<Vec<DraftView>>,
    /// Raised by each commit: lists that were made from the journal are made again.
    pub commits: RwSignal<u32>,
    /// When the last save was confirmed; none once that has been said for a while.
    pub saved_at: RwSignal<Option<i64>>,
    /// Which records the list shows.
    pub choice: RwSignal<Choice>,
    /// Raised by each change of the form in hand.
    pub form_changes: RwSignal<u32>,
    /// Look and language.
    pub preferences: RwSignal<Preferences>,
    /// Which book.
    pub mode: Mode,
    announcer: Announcer,
    router: Router,
    /// The book is being opened.
    opening: StoredValue<bool>,
    inner: StoredValue<Rc<Inner>, LocalStorage>,
}

/// What is not for the screen.
struct Inner {
    book: RefCell<Option<Rc<Book>>>,
    /// Who waits for it, or for forms that are being queued.
    waiting: RefCell<Vec<Waker>>,
    /// The parts of a book that does not exist yet.
    empty: RefCell<Option<(IndexedDbStore, DeviceKey)>>,
    lock: RefCell<Option<WriterLock>>,
    channel: RefCell<Option<Channel>>,
    found: RefCell<Vec<FoundDraft>>,
    /// Of forms that were left, those that are being put in the outbox.
    queueing: RefCell<Vec<RecordId>>,
    form: RefCell<Option<FormInHand>>,
    questionnaire: RefCell<Option<Arc<veldpost_forms::Form>>>,
    /// Of the person before, at a desk: their place, never who they are.
    situation: RefCell<Vec<(String, String)>>,
    /// The round's remark until it is kept, and what ends a pause in typing.
    remark: RefCell<Option<(Zeroizing<String>, Option<Timeout>)>>,
    /// Ends what is said of the last save.
    saved: RefCell<Option<Timeout>>,
    selected: Cell<Option<RecordId>>,
    last_tap: Cell<Option<(Tile, f64)>>,
    /// The newest tap was not saved.
    tap_refused: Cell<bool>,
    /// Somebody who was tapped is not counted, and nobody said yet that this was understood.
    missed: Cell<bool>,
    /// Something is begun, stopped or reported.
    busy: Rc<Cell<bool>>,
    last_touch: Cell<f64>,
    hidden_since: Cell<Option<f64>>,
    /// The invitation that this page was opened with.
    invitation: RefCell<Option<Zeroizing<String>>>,
    /// Which database: a higher one for each time that somebody began again.
    number: Cell<u32>,
    /// Books that were left.
    formers: RefCell<Vec<Rc<Book>>>,
}

impl Field {
    /// Nothing is opened yet: see [`Field::start`].
    pub fn new(router: Router, announcer: Announcer) -> Self {
        let inner = Inner {
            book: RefCell::default(),
            waiting: RefCell::default(),
            empty: RefCell::default(),
            lock: RefCell::default(),
            channel: RefCell::default(),
            found: RefCell::default(),
            queueing: RefCell::default(),
            form: RefCell::default(),
            questionnaire: RefCell::default(),
            situation: RefCell::default(),
            remark: RefCell::default(),
            saved: RefCell::default(),
            selected: Cell::default(),
            last_tap: Cell::default(),
            tap_refused: Cell::default(),
            missed: Cell::default(),
            busy: Rc::default(),
            last_touch: Cell::new(0.0),
            hidden_since: Cell::default(),
            invitation: RefCell::new(routes::take_invitation()),
            number: Cell::new(1),
            formers: RefCell::default(),
        };
        Self {
            phase: RwSignal::new(Phase::Starting),
            unlocked: RwSignal::new(false),
            locks_soon: RwSignal::new(false),
            round: RwSignal::new(None),
            pending: RwSignal::new([0; 4]),
            undone: RwSignal::new(None),
            trouble: RwSignal::new(None),
            drafts: RwSignal::new(Vec::new()),
            commits: RwSignal::new(0),
            saved_at: RwSignal::new(None),
            choice: RwSignal::new(Choice::default()),
            form_changes: RwSignal::new(0),
            preferences: RwSignal::new(Preferences::default()),
            mode: Mode::here(),
            announcer,
            router,
            opening: StoredValue::new(false),
            inner: StoredValue::new_local(Rc::new(inner)),
        }
    }

    fn inner(self) -> Rc<Inner> {
        self.inner.get_value()
    }

    /// The open book, if there is one.
    pub fn book(self) -> Option<Rc<Book>> {
        self.inner().book.borrow().clone()
    }

    /// The book, once it is there: practice shows its screens before. `None`: it was put down, or does not open.
    pub async fn book_soon(self) -> Option<Rc<Book>> {
        self.until(|| self.book().is_some() || !self.opening.get_value())
            .await;
        self.book()
    }

    /// Waits until something is so; whoever may have made it so calls [`Field::look_again`].
    async fn until(self, is_so: impl Fn() -> bool) {
        poll_fn(|context| {
            if is_so() {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            self.inner().waiting.borrow_mut().push(waker);
            Poll::Pending
        })
        .await;
    }

    fn look_again(self) {
        let waiting = std::mem::take(&mut *self.inner().waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The book is there, or will not be.
    fn opened_or_not(self) {
        self.opening.set_value(false);
        self.look_again();
    }

    /// What this device is in its region; none before there is a book.
    pub fn membership(self) -> Option<Membership> {
        self.book().map(|book| book.membership())
    }

    /// Whether it keeps nothing that can be read here, so that there is nothing to unlock.
    pub fn reads_nothing(self) -> bool {
        self.membership().is_some_and(|membership| membership.group)
    }

    /// What was typed once at set-up. That of practice is known before there is a book.
    pub fn settings(self) -> Option<Settings> {
        let known = self.book().map(|book| book.settings());
        known.or_else(|| (self.mode == Mode::Practice).then(|| made_up::settings(self.mode)))
    }

    /// The line above every page that is not about real people.
    pub fn banner(self) -> Option<Text> {
        match self.mode {
            Mode::Real => None,
            Mode::Practice => Some(text::common::PRACTICE_BANNER),
            Mode::Demo => Some(text::common::DEMO_BANNER),
        }
    }

    /// Whether this page was opened with an invitation that nobody looked at yet.
    pub fn has_invitation(self) -> bool {
        self.inner().invitation.borrow().is_some()
    }

    /// That invitation, once.
    pub fn take_invitation(self) -> Option<Zeroizing<String>> {
        self.inner().invitation.borrow_mut().take()
    }

    /// Takes an invitation out of the address, and goes where it is asked about.
    pub fn look_for_invitation(self) {
        let Some(link) = routes::take_invitation() else {
            return;
        };
        *self.inner().invitation.borrow_mut() = Some(link);
        match self.phase.get_untracked() {
            Phase::Open if self.mode == Mode::Real => self.router.replace(Screen::Join),
            // Shown anew, it asks about the invitation first.
            Phase::Welcome => self.phase.set(Phase::Welcome),
            _ => {}
        }
    }

    /// The record that a list was tapped on.
    pub fn selected(self) -> Option<RecordId> {
        self.inner().selected.get()
    }

    /// Opens the page of one record.
    pub fn select(self, record: RecordId) {
        self.inner().selected.set(Some(record));
        self.router.go(Screen::RecordDetail);
    }

    /// The status on top of each page: what is saved, and that this is fine without a network.
    pub fn status_line(self) -> String {
        match self.saved_at.get() {
            Some(at) => text::common::SAVED_AT.with(&[("time", &clock::time_of_day(at))]),
            None if self.phase.get() != Phase::Open => String::new(),
            None if self.reads_nothing() => text::common::READS_NOTHING.get().to_owned(),
            None if self.unlocked.get() => text::common::UNLOCKED.get().to_owned(),
            None => text::common::LOCKED.get().to_owned(),
        }
    }

    /// What lists were made from has changed.
    pub fn lists_changed(self) {
        self.commits
            .update(|number| *number = number.wrapping_add(1));
    }

    /// Called after each commit: what the journal says now is what the screen shows.
    fn committed(self, book: &Book) {
        self.round.set(book.round());
        self.saved_now();
        self.all_well();
        self.commits
            .update(|number| *number = number.wrapping_add(1));
    }

    /// Something was saved: what was said of the last trouble is over. That somebody who was tapped is not counted is not over by
    /// the next tap.
    fn all_well(self) {
        let waits = self.book().is_some_and(|book| book.has_refused());
        if !waits && !self.remark_waits() && !self.inner().missed.get() {
            self.trouble.set(None);
        }
    }

    /// Whoever reads the screen says that it was understood.
    pub fn understood(self) {
        let inner = self.inner();
        inner.missed.set(false);
        inner.tap_refused.set(false);
        self.undone.set(None);
        self.trouble.set(None);
    }

    /// Said for a while; then the status says again whether records can be read.
    fn saved_now(self) {
        self.saved_at.set(Some(clock::now()));
        let over = Timeout::new(SAVED_SAID_MS, move || self.saved_at.set(None));
        *self.inner().saved.borrow_mut() = Some(over);
    }

    /// Called when a save was refused: say it at once, and keep what is on the screen.
    fn refused(self, error: &veldpost_journal::JournalError) {
        // What an earlier save came to may be known only now.
        if let Some(book) = self.book() {
            self.round.set(book.round());
        }
        let trouble = Trouble::of(error);
        if trouble == Trouble::OtherWindow {
            self.phase.set(Phase::Elsewhere);
        }
        self.trouble.set(Some(trouble));
        // What was saved before is no answer to this.
        self.saved_at.set(None);
        device::vibrate(&[200]);
        self.announcer.say_now(trouble.said());
    }
}
