//! What belongs to the device rather than to a record: preferences, settings, what is stored.
//!
//! Not here: how it is shown (`screens::about`, `screens::preferences`).

use super::Field;
use crate::browser::storage::{self, Room};
use crate::browser::{clock, device};
use crate::later;
use crate::services::preferences;
use crate::text::Language;
use leptos::prelude::*;
use veldpost_journal::rows::{Preferences, Settings};
use wasm_bindgen_futures::spawn_local;

/// How long a browser gets to answer: Firefox may never do so.
const PATIENCE_MS: u32 = 3_000;

/// What this device can say of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeviceView {
    /// Records that were recorded here, withdrawn ones included.
    pub recorded: u64,
    /// Commits that wait to be sent or folded.
    pub waiting: u64,
    /// Rows that did not open; known when unlocked.
    pub damaged: Option<usize>,
    /// Whether the browser promised to keep what is stored; `None`: it does not say.
    pub kept: Option<bool>,
    /// Bytes used and granted; `None`: it does not say.
    pub room: Option<Room>,
}

impl DeviceView {
    /// The browser may clear storage by itself.
    pub fn may_be_cleared(&self) -> bool {
        self.kept != Some(true) && !device::is_installed()
    }

    /// At 80 % of what the browser grants.
    pub fn is_almost_full(&self) -> bool {
        self.room
            .is_some_and(|room| room.quota > 0.0 && room.used >= 0.8 * room.quota)
    }
}

impl Field {
    /// Changes how the app looks and behaves: at once, and kept. A refusal takes it back.
    pub fn prefer(self, change: fn(&mut Preferences)) {
        let before = self.preferences.get_untracked();
        let mut wanted = before.clone();
        change(&mut wanted);
        if wanted == before {
            return;
        }
        self.show_preferences(wanted.clone());
        spawn_local(async move {
            let Some(book) = self.book_soon().await else {
                return;
            };
            if let Err(error) = book.keep_preferences(wanted).await {
                self.show_preferences(before);
                self.refused(&error);
            }
        });
    }

    fn show_preferences(self, chosen: Preferences) {
        if preferences::language(&chosen) == Language::En {
            later::learn_english_now();
        }
        // The language first: what is rendered next reads it.
        preferences::apply(&chosen);
        self.preferences.set(chosen);
    }

    /// Keeps changed organisations, areas and count date. `false`: refused, and said.
    pub async fn keep_settings(self, settings: Settings) -> bool {
        let Some(book) = self.book() else {
            return false;
        };
        match book.keep_settings(settings).await {
            Ok(()) => {
                self.committed(&book);
                true
            }
            Err(error) => {
                self.refused(&error);
                false
            }
        }
    }

    /// What this device can say of itself, read anew.
    pub async fn device_view(self) -> Option<DeviceView> {
        let book = self.book()?;
        let damaged = self.unlocked.get_untracked().then(|| book.damaged());
        Some(DeviceView {
            recorded: book.recorded().await,
            // A count that cannot be read is said elsewhere: the next save reports the store.
            waiting: book.waiting().await.unwrap_or(0),
            damaged,
            kept: self.is_kept().await,
            room: clock::within(PATIENCE_MS, storage::room()).await.flatten(),
        })
    }

    /// Whether the browser promised to keep what is stored; `None`: it does not say.
    pub async fn is_kept(self) -> Option<bool> {
        clock::within(PATIENCE_MS, storage::is_persistent())
            .await
            .flatten()
    }

    /// Asks the browser to keep what is stored; `None`: no answer in time. Call it from a tap.
    pub async fn ask_to_keep(self) -> Option<bool> {
        clock::within(PATIENCE_MS, storage::ask_to_persist())
            .await
            .flatten()
    }

    /// Waits until all that is on the screen is saved. `false`: it was refused, and said.
    pub async fn settle(self) -> bool {
        let Some(book) = self.book() else { return true };
        let draft = match self.draft_body() {
            Some(body) => book.keep_draft(&body).await,
            None => Ok(()),
        };
        let remark = self.keep_remark(&book).await.map(|_| ());
        // Of forms that were left, what was refused.
        let others = book.keep_refused().await;
        if let Err(error) = draft.and(remark).and(others) {
            self.refused(&error);
            return false;
        }
        // Taps that are being written stand in one line; this waits behind them.
        book.recorded().await;
        // Somebody who was tapped is not counted, and nobody read that yet.
        !self.inner().missed.get()
    }

    /// Whether a form is being filled in.
    pub fn has_form_in_hand(self) -> bool {
        self.inner().form.borrow().is_some()
    }

    /// Milliseconds since the last touch or key.
    pub fn untouched_for(self) -> f64 {
        js_sys::Date::now() - self.inner().last_touch.get()
    }
}
