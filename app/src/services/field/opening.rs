//! From nothing to an open journal: one writer, the database, the device's key, the book.

use super::{Browser, Field, Mode, Phase, Trouble, rare};
use crate::browser::channel::{Ask, Channel, Word, WriterLock};
use crate::browser::{clock, device, life, mark, storage};
use crate::later;
use crate::routes::Screen;
use crate::services::preferences;
use crate::text::Language;

use leptos::prelude::*;
use std::rc::Rc;
use veldpost_envelope::Joined;
use veldpost_journal::rows::Settings;
use veldpost_journal::{
    DeviceBound, Journal, JournalError, NewMember, NewRegion, Protection, start_rows,
};
use veldpost_store::Store;
use veldpost_store::indexed_db::{DeviceKey, Event, IndexedDbStore, Opening, renew_log};
use wasm_bindgen_futures::spawn_local;

/// How long another window gets to finish before its lock is taken: milliseconds.
const LET_GO_MS: u32 = 2_000;

/// How long the database may let a claim wait, before a person is told that something else keeps it: milliseconds.
const CLAIM_MS: u32 = 10_000;

/// How long the first screen of a first practice gets to stand before its region is made: milliseconds.
const SCREEN_FIRST_MS: u32 = 1_000;

/// The device-bound key, as the journal asks for it.
pub struct Bound<'a>(pub(super) &'a DeviceKey);

/// The device-bound key of an open book.
pub fn bound(key: &DeviceKey) -> Bound<'_> {
    Bound(key)
}

impl DeviceBound for Bound<'_> {
    async fn seal(&self, context: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        self.0.seal(context, bytes).await.ok()
    }

    async fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open(context, sealed).await.ok()
    }
}

/// Chromium calls a refusal by its settings an unknown error, as it does a lost connection.
fn unopened(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Lost if storage::is_refused() => Trouble::Unavailable,
        trouble => trouble,
    }
}

/// Asks the browser to keep what is stored, and does not wait for the answer.
pub(super) fn ask_for_lasting_storage() {
    spawn_local(async {
        let _ = storage::ask_to_persist().await;
    });
}

impl Field {
    /// Opens the book that belongs to this address.
    pub fn start(self) {
        if !clock::random(&mut [0; 1]) {
            self.phase.set(Phase::Stuck(Trouble::Browser));
            return;
        }
        let name = self.mode.database();
        let channel = Channel::join(name, move |word| self.heard(word));
        *self.inner().channel.borrow_mut() = Some(channel);
        spawn_local(async move {
            if self.take_lock(Ask::IfFree).await {
                self.open().await;
            } else {
                self.phase.set(Phase::Elsewhere);
            }
        });
    }

    async fn take_lock(self, ask: Ask) -> bool {
        let lock = WriterLock::take(self.mode.database(), ask, move || self.lost_the_lock()).await;
        let taken = lock.is_some();
        *self.inner().lock.borrow_mut() = lock;
        taken
    }

    fn lost_the_lock(self) {
        self.put_down();
        self.phase.set(Phase::Elsewhere);
    }

    /// "Ga hier verder": asks the other window to finish, then takes over.
    pub fn go_on_here(self) {
        self.phase.set(Phase::Starting);
        spawn_local(async move {
            let channel = self.inner().channel.borrow().clone();
            if let Some(channel) = channel {
                channel.say(Word::LetGo);
            }
            let mut waited = 0;
            while waited < LET_GO_MS {
                if self.take_lock(Ask::IfFree).await {
                    self.open().await;
                    return;
                }
                clock::pause(50).await;
                waited += 50;
            }
            self.take_lock(Ask::Steal).await;
            self.open().await;
        });
    }

    fn heard(self, word: Word) {
        match word {
            Word::LetGo if self.inner().lock.borrow().is_some() => {
                let inner = self.inner();
                spawn_local(async move {
                    // What is typed, and what was refused, has its last try here.
                    self.settle().await;
                    // Lock waits for a save that is under way.
                    if let Some(book) = self.book() {
                        book.lock().await;
                        book.store().close().await;
                    }
                    for former in self.formers() {
                        former.store().close().await;
                    }
                    self.put_down();
                    self.phase.set(Phase::Elsewhere);
                    inner.lock.borrow_mut().take();
                    if let Some(channel) = &*inner.channel.borrow() {
                        channel.say(Word::Gone);
                    }
                });
            }
            Word::Lock => self.lock_quietly(),
            Word::Wiped => life::reload(),
            Word::LetGo | Word::Gone => {}
        }
    }

    /// Lets go of the book and of all that was read from it.
    fn put_down(self) {
        let inner = self.inner();
        if let Some(book) = inner.book.borrow_mut().take() {
            book.forget();
        }
        inner.formers.borrow_mut().clear();
        inner.form.borrow_mut().take();
        drop(self.take_remark());
        inner.found.borrow_mut().clear();
        inner.situation.borrow_mut().clear();
        self.unlocked.set(false);
        self.round.set(None);
        self.drafts.set(Vec::new());
    }

    async fn open(self) {
        self.opening.set_value(true);
        let opened = self.open_book().await;
        self.opened_or_not();
        if let Err(trouble) = opened {
            self.phase.set(match trouble {
                Trouble::OtherWindow => Phase::Elsewhere,
                trouble => Phase::Stuck(trouble),
            });
        }
    }

    /// A form that is opened by its address needs to be fetched first.
    async fn first_screen_stands(self) {
        while self.router.shows_form() && self.peek_form(|_| ()).is_none() {
            clock::pause(20).await;
        }
        life::idle().await;
    }

    async fn open_book(self) -> Result<(), Trouble> {
        self.inner().number.set(1);
        self.inner().formers.borrow_mut().clear();
        // A book that was left leads to the next.
        while !self.open_next().await? {}
        Ok(())
    }

    /// Opens one database. `false`: its book was left.
    async fn open_next(self) -> Result<bool, Trouble> {
        let of_store = |error| Trouble::of_store(&error);
        let mut opening = Opening::of(&self.database());
        let listed = storage::listed(&opening.name, opening.version()).await;
        opening.listed = listed == Some(storage::Listed::InVersion);
        if self.mode == Mode::Practice && listed == Some(storage::Listed::Absent) {
            // Nobody has practised here: there is nothing to find, so the screens need not wait for what is being made.
            self.phase.set(Phase::Open);
            clock::within(SCREEN_FIRST_MS, self.first_screen_stands()).await;
        }
        let store = IndexedDbStore::open_as(opening)
            .await
            .map_err(|error| unopened(Trouble::of_store(&error)))?;
        let wanted = start_rows();
        let asked = clock::both(store.claim_reading(&wanted), store.device_key());
        let Some((claimed, key)) = clock::within(CLAIM_MS, asked).await else {
            store.leave();
            return Err(Trouble::Blocked);
        };
        let (_, rows) = claimed.map_err(of_store)?;
        // Behind what a kill may have left nothing should be written; the claim just was.
        spawn_local(renew_log());
        let key = key.map_err(of_store)?;
        let (store, rows) = match self.passes_by((store, &key), rows).await {
            Ok(()) => return Ok(false),
            Err(parts) => parts,
        };
        store.events(move |event| self.happened(event));
        match Journal::open_with(store, Browser, &Bound(&key), rows).await {
            Err((error, ..)) => return Err(Trouble::of(&error)),
            Ok(Ok(book)) => self.take_up(Rc::new(book)).await,
            Ok(Err((store, _))) => {
                *self.inner().empty.borrow_mut() = Some((store, key));
                if self.mode == Mode::Real {
                    // An empty database is the first time only where there never was a book.
                    let phase = if mark::is_set().await && !self.came_after_another() {
                        Phase::Stuck(Trouble::Missing)
                    } else {
                        Phase::Welcome
                    };
                    self.phase.set(phase);
                } else {
                    self.found_made_up().await?;
                }
            }
        }
        Ok(true)
    }

    fn happened(self, event: Event) {
        match event {
            Event::NewerVersionWaits => {
                self.put_down();
                self.phase.set(Phase::Stuck(Trouble::NewerVersion));
            }
            Event::Lost => {}
            Event::Deleted => {
                self.put_down();
                self.phase.set(Phase::Stuck(Trouble::Deleted));
            }
        }
    }

    /// An open book becomes what the screens show.
    pub(super) async fn take_up(self, book: Rc<super::Book>) {
        let mut chosen = book.preferences();
        if chosen == Default::default() {
            // Nothing was chosen here: do not change what is on the screen.
            chosen.scheme = life::root("data-scheme");
            chosen.language = self.preferences.with_untracked(|now| now.language.clone());
        }
        if preferences::language(&chosen) == Language::En {
            later::learn_english().await;
        }
        preferences::apply(&chosen);
        self.preferences.set(chosen);
        self.round.set(book.round());
        *self.inner().book.borrow_mut() = Some(book.clone());
        if self.mode == Mode::Demo {
            // Made-up people are read without a passphrase.
            if let Ok(unlocking) = rare::unlock_freely(book.clone()).await {
                self.unlocked.set(unlocking.await);
            }
        }
        self.opened_or_not();
        if self.mode == Mode::Real && self.has_invitation() {
            self.router.replace(Screen::Join);
        }
        if self.phase.get_untracked() != Phase::Open {
            self.phase.set(Phase::Open);
        }
        if self.mode == Mode::Real {
            // Not waited for: the book is open without it.
            spawn_local(mark::set());
        }
        self.look_for_drafts().await;
    }

    /// The book that was here is given up: the first time again.
    pub fn begin_anew(self) {
        spawn_local(async move {
            mark::clear().await;
            self.phase.set(Phase::Welcome);
        });
    }

    /// Practice and demonstration begin by themselves: nothing is asked.
    async fn found_made_up(self) -> Result<(), Trouble> {
        // Before anything is written: a demonstration without its people would stay empty.
        let founding = rare::found_made_up(self).await;
        let book = founding.map_err(|_| Trouble::NotFetched)?.await;
        self.take_up(book.map_err(|error| Trouble::of(&error))?)
            .await;
        Ok(())
    }

    /// Makes the region on this device. The caller has shown and proven the kit.
    pub(super) async fn found(
        self,
        new: &NewRegion,
        relay: Option<&str>,
        protection: &Protection,
    ) -> Result<super::Book, JournalError> {
        let parts = self.inner().empty.borrow_mut().take();
        let (store, key) = parts.ok_or(JournalError::NoRegion)?;
        match Journal::found(store, Browser, &Bound(&key), new, relay, protection).await {
            Ok(book) => Ok(book),
            Err((error, store, _)) => {
                *self.inner().empty.borrow_mut() = Some((store, key));
                Err(error)
            }
        }
    }

    /// Whether a round may begin without further questions, or the device may lose what it keeps.
    pub async fn storage_is_safe(self) -> bool {
        self.mode != Mode::Real
            || device::is_installed()
            || storage::is_persistent().await == Some(true)
            || !device::is_ios()
    }
}

impl Field {
    /// Makes the region that was set up, opens it, and unlocks it: the passphrase was just proven.
    pub async fn begin_region(
        self,
        new: &NewRegion,
        relay: Option<&str>,
        protection: &Protection,
    ) -> bool {
        let founded = self.found(new, relay, protection).await;
        self.begin(founded).await
    }

    /// Writes the book of a device that joins. It is shown once the relay has the join: see [`Field::begin`].
    pub async fn write_joined(
        self,
        new: &NewMember,
        joined: &Joined<'_>,
        settings: &Settings,
        protection: &Protection,
    ) -> Result<super::Book, JournalError> {
        let parts = self.inner().empty.borrow_mut().take();
        let (store, key) = parts.ok_or(JournalError::NoRegion)?;
        let bound = Bound(&key);
        let written = Journal::join(store, Browser, &bound, new, joined, settings, protection);
        match written.await {
            Ok(book) => Ok(book),
            Err((error, store, _)) => {
                *self.inner().empty.borrow_mut() = Some((store, key));
                Err(error)
            }
        }
    }

    /// A book that was just written becomes what the screens show. `false`: it was refused, and said.
    pub async fn begin(self, written: Result<super::Book, JournalError>) -> bool {
        match written {
            Ok(book) => {
                let book = Rc::new(book);
                self.take_up(book.clone()).await;
                self.trouble.set(None);
                // What was chosen before there was a book: from now on the book knows.
                let chosen = self.preferences.get_untracked();
                if chosen.language.is_some() {
                    let _ = book.keep_preferences(chosen).await;
                }
                true
            }
            Err(error) => {
                self.refused(&error);
                false
            }
        }
    }
}
