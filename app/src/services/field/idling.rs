//! Locking by time: nobody touches the app, or nobody sees it. Some seconds before, it is said.
//!
//! Not here: what locking does (`locking`).

use super::{Field, Mode};
use crate::browser::{clock, life};
use gloo::timers::callback::Interval;
use leptos::prelude::*;
use veldpost_journal::OPEN_FOR;
use wasm_bindgen_futures::spawn_local;

/// Lock times: idle and hidden, in a round (and on a device that keeps nothing readable) and otherwise; minutes.
const IDLE_IN_ROUND: f64 = 10.0;
const HIDDEN_IN_ROUND: f64 = 5.0;
const IDLE: f64 = 2.0;
const HIDDEN: f64 = 0.5;
/// How long before locking it is said.
const WARN_MS: f64 = 20_000.0;
/// How often it is looked at while the page runs: milliseconds.
const LOOK_MS: u32 = 5_000;
/// Bounds of what can be set.
pub const IDLE_BOUNDS: (u8, u8) = (1, 30);

impl Field {
    /// Watches touches and visibility, for as long as the page lives.
    pub fn watch_idleness(self) {
        let inner = self.inner();
        inner.last_touch.set(now());
        inner.hidden_since.set(life::is_hidden().then(now));
        // Looked at first: a device that slept runs no timer, and the touch that wakes it came too late.
        life::on_window(&["pointerdown", "keydown"], move || {
            self.check_idleness();
            self.inner().last_touch.set(now());
        });
        life::on_visibility(move |hidden| {
            // For the same reason, and before it is forgotten since when nobody saw it.
            self.check_idleness();
            inner.hidden_since.set(hidden.then(now));
        });
        Interval::new(LOOK_MS, move || {
            self.check_idleness();
            self.look_when_over();
            self.try_again();
        })
        .forget();
    }

    /// Somebody is still there: the time begins anew.
    pub fn stay(self) {
        self.inner().last_touch.set(now());
        self.check_idleness();
    }

    fn check_idleness(self) {
        if self.mode == Mode::Demo {
            return self.warn(false);
        }
        let inner = self.inner();
        let (idle, hidden) = self.lock_times();
        let hidden_for = inner.hidden_since.get().map_or(0.0, |since| now() - since);
        let idle_left = idle - (now() - inner.last_touch.get());
        let over = idle_left <= 0.0 || hidden_for >= hidden;
        if !self.unlocked.get_untracked() {
            self.warn(false);
            if over && self.reads_own() {
                self.lock_written();
            }
        } else if over {
            self.warn(false);
            self.lock();
        } else {
            // Nobody reads it on a hidden page.
            self.warn(idle_left <= WARN_MS && inner.hidden_since.get().is_none());
        }
    }

    /// On a count-only device a form that was left goes out after its hour, also while the page stays open.
    fn look_when_over(self) {
        let now = clock::now();
        let over = |draft: &super::DraftView| now.abs_diff(draft.at) > OPEN_FOR.unsigned_abs();
        if self.reads_nothing() && self.drafts.with_untracked(|all| all.iter().any(over)) {
            spawn_local(self.look_for_drafts());
        }
    }

    /// What was refused: perhaps there is room by now. That it was is said already.
    fn try_again(self) {
        let Some(book) = self.book() else { return };
        if self.remark_waits() {
            let book = book.clone();
            spawn_local(async move {
                if self.keep_remark(&book).await.is_ok() {
                    self.all_well();
                }
            });
        }
        if book.has_refused() {
            spawn_local(async move {
                if book.keep_refused().await.is_ok() {
                    self.all_well();
                    self.look_for_drafts().await;
                }
            });
        }
    }

    /// Whether what this start wrote can still be read, on a device that nobody unlocked.
    fn reads_own(self) -> bool {
        self.book().is_some_and(|book| !book.records().is_empty())
    }

    /// Shows the warning or takes it away, and says it aloud once.
    fn warn(self, soon: bool) {
        if soon == self.locks_soon.get_untracked() {
            return;
        }
        self.locks_soon.set(soon);
        if soon {
            self.announcer
                .say_now(crate::text::common::LOCKS_SOON.get().to_owned());
        }
    }

    fn lock_times(self) -> (f64, f64) {
        let minutes = self
            .preferences
            .with_untracked(|chosen| chosen.lock_minutes);
        let in_round = self.round.with_untracked(Option::is_some);
        // A desk copies from another window, and has nothing of yesterday to read.
        let (idle, hidden) = if in_round || self.reads_nothing() {
            (IDLE_IN_ROUND, HIDDEN_IN_ROUND)
        } else {
            (IDLE, HIDDEN)
        };
        let bounded = minutes.map(|minutes| f64::from(minutes.clamp(IDLE_BOUNDS.0, IDLE_BOUNDS.1)));
        (bounded.unwrap_or(idle) * 60_000.0, hidden * 60_000.0)
    }
}

fn now() -> f64 {
    js_sys::Date::now()
}
