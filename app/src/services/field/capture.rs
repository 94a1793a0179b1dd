//! Counting: rounds, taps, undo. What is shown at once is taken back when it was not saved.

use super::Field;
use crate::browser::device;
use crate::routes::Screen;
use crate::text::{Text, stop_round, tally};
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use veldpost_domain::OrganisationId;
use veldpost_journal::rows::Situation;
use veldpost_journal::{JournalError, TapReason, Tile};
use wasm_bindgen_futures::spawn_local;

/// Two hits on one tile within this time are one tap of a cold hand: milliseconds.
const GUARD_MS: f64 = 300.0;

/// The word on a tile.
pub const fn tile_label(tile: Tile) -> Text {
    match tile {
        Tile::Man => tally::MAN,
        Tile::Woman => tally::WOMAN,
        Tile::Child => tally::CHILD,
        Tile::Unknown => tally::UNKNOWN,
    }
}

/// The word on a reason.
pub const fn reason_label(reason: TapReason) -> Text {
    match reason {
        TapReason::Asleep => tally::ASLEEP,
        TapReason::Declines => tally::DECLINES,
        TapReason::CountedTonight => tally::COUNTED_TONIGHT,
    }
}

impl Field {
    /// How many stand on a tile, with taps that are still being written.
    pub fn on_tile(self, tile: Tile) -> u32 {
        let committed = self
            .round
            .with(|round| round.as_ref().map_or(0, |round| round.on(tile)));
        let pending = self
            .pending
            .with(|all| all.get(usize::from(tile.index())).copied().unwrap_or(0));
        committed.saturating_add_signed(pending)
    }

    /// The line under the total: what was taken back, or who was tapped last.
    pub fn last_word(self, last: Option<String>) -> String {
        let undone = self.undone.get();
        undone
            .or(last)
            .unwrap_or_else(|| tally::NO_TAP_YET.get().to_owned())
    }

    /// Everybody of this round, full records included.
    pub fn total(self) -> u32 {
        let persons = self
            .round
            .with(|round| round.as_ref().map_or(0, |round| round.persons));
        Tile::ALL
            .into_iter()
            .map(|tile| self.on_tile(tile))
            .sum::<u32>()
            + persons
    }

    /// Everybody of this round whose save was confirmed: never ahead of the disk.
    pub fn committed_total(self) -> u32 {
        self.round.with(|round| {
            round
                .as_ref()
                .map_or(0, |round| round.total() + round.persons)
        })
    }

    /// Whatever somebody does between two hits on a tile, these are no double hit of a cold hand.
    pub fn done_between(self) {
        self.inner().last_tap.set(None);
    }

    /// One tap is one person. The number moves at once; the save follows.
    pub fn tap(self, tile: Tile) {
        let inner = self.inner();
        let now = performance_now();
        if let Some((last, at)) = inner.last_tap.get()
            && last == tile
            && now - at < GUARD_MS
        {
            return;
        }
        inner.last_tap.set(Some((tile, now)));
        let Some(book) = self.book() else { return };
        self.shift(tile, 1);
        self.undone.set(None);
        device::vibrate(&[30]);
        self.announcer.say(tally::TAPPED.with(&[
            ("tile", &tile_label(tile).get()),
            ("n", &self.untracked_on(tile)),
            ("total", &untrack(|| self.total())),
        ]));
        spawn_local(async move {
            // At once: whoever is quick (undo, *Meer invullen*) waits for the writer's turn, which this has to hold first.
            let outcome = book.tap(tile).await;
            // Committed or refused: either way it is no longer pending.
            batch(|| {
                self.shift(tile, -1);
                let refused = outcome.is_err();
                self.inner().tap_refused.set(refused);
                match &outcome {
                    Ok(_) => self.committed(&book),
                    Err(error) => {
                        self.inner().missed.set(true);
                        self.undone.set(Some(tally::NOT_SAVED.with(&[
                            ("tile", &tile_label(tile).get()),
                            ("n", &self.untracked_on(tile)),
                        ])));
                        self.refused(error);
                    }
                }
            });
        });
    }

    fn shift(self, tile: Tile, by: i32) {
        self.pending.update(|all| {
            if let Some(number) = all.get_mut(usize::from(tile.index())) {
                *number += by;
            }
        });
    }

    fn untracked_on(self, tile: Tile) -> u32 {
        untrack(|| self.on_tile(tile))
    }

    /// Takes back the newest of the last 20 taps, and says which. Of one that was not saved there is nothing to take back, and the
    /// one before is somebody else. Several in a row are meant.
    pub fn undo(self) {
        self.done_between();
        let Some(book) = self.book() else { return };
        spawn_local(async move {
            book.recorded().await;
            if self.inner().tap_refused.replace(false) {
                return self.nothing_of_refused();
            }
            match book.undo().await {
                Ok(undone) => {
                    self.committed(&book);
                    device::vibrate(&[20, 40, 20]);
                    let words = tally::UNDONE.with(&[
                        ("tile", &tile_label(undone.tile).get()),
                        ("n", &undone.left),
                        ("total", &undone.total),
                    ]);
                    self.undone.set(Some(words.clone()));
                    self.announcer.say_now(words);
                }
                Err(JournalError::NothingToUndo) => {
                    self.announcer
                        .say_now(tally::NOTHING_TO_UNDO.get().to_owned());
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    fn nothing_of_refused(self) {
        let words = tally::REFUSED_BEFORE.get().to_owned();
        self.undone.set(Some(words.clone()));
        self.announcer.say_now(words);
    }

    /// Gives the newest tap its reason, unless that one was not saved.
    pub fn give_reason(self, reason: TapReason) {
        self.done_between();
        let Some(book) = self.book() else { return };
        spawn_local(async move {
            book.recorded().await;
            if self.inner().tap_refused.get() {
                return self.nothing_of_refused();
            }
            match book.give_reason(reason).await {
                Ok(()) => {
                    self.committed(&book);
                    self.announcer
                        .say_now(reason_label(reason).get().to_owned());
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Begins a round and opens the tally.
    pub fn start_round(
        self,
        organisation: Option<OrganisationId>,
        crew: Option<String>,
        situation: Situation,
        risk_accepted: bool,
        begun: impl FnOnce() + 'static,
    ) {
        let Some(turn) = self.once() else { return };
        spawn_local(async move {
            let _turn = turn;
            let Some(book) = self.book_soon().await else {
                return;
            };
            self.inner().tap_refused.set(false);
            match book
                .start_round(organisation, crew, situation, risk_accepted)
                .await
            {
                Ok(()) => {
                    begun();
                    self.committed(&book);
                    self.router.replace(Screen::Tally);
                    super::opening::ask_for_lasting_storage();
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Changes what stays set from tap to tap, and shows the tally once that is saved: who taps there taps at the new place.
    pub fn set_situation(self, situation: Situation) {
        let (Some(book), Some(turn)) = (self.book(), self.once()) else {
            return;
        };
        spawn_local(async move {
            let _turn = turn;
            match book.set_situation(situation).await {
                Ok(()) => {
                    self.committed(&book);
                    self.router.replace(Screen::Tally);
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Stops the round; its report is kept.
    pub fn stop_round(self, remark: String, nobody: bool) {
        let (Some(book), Some(turn)) = (self.book(), self.once()) else {
            return;
        };
        spawn_local(async move {
            let _turn = turn;
            match book.stop_round(&remark, nobody).await {
                Ok(()) => {
                    // It is in the report.
                    drop(self.take_remark());
                    self.committed(&book);
                    self.announcer.say_now(stop_round::STOPPED.get().to_owned());
                    self.router.replace(Screen::Home);
                }
                Err(error) => self.refused(&error),
            }
        });
    }
}

/// Something is begun, stopped or reported: a second hit on its button finds it under way.
pub(super) struct Turn(Rc<Cell<bool>>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl Field {
    pub(super) fn once(self) -> Option<Turn> {
        let busy = self.inner().busy.clone();
        (!busy.replace(true)).then(|| Turn(busy))
    }
}

fn performance_now() -> f64 {
    window()
        .performance()
        .map_or(0.0, |performance| performance.now())
}
