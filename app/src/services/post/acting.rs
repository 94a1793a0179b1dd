//! What a coordinator is doing at the relay, one thing at a time, on whichever screen of the region: an act that waits for a network is
//! not begun again by who left its screen and came back.
//!
//! Not here: doing it (`office`), and the words.

use super::OfficeProblem;
use crate::browser::clock;
use crate::text::Text;
use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use std::collections::BTreeSet;
use veldpost_envelope::DevicePublic;
use wasm_bindgen_futures::spawn_local;

/// Whoever waits longer for an answer is told why, and what is safe: milliseconds.
const TELL_MS: u32 = 5_000;

/// Within so many milliseconds it is the second hit of one press, not something else.
const SAME_HIT_MS: u64 = 700;

/// One thing that is being done, and how the last one went.
#[derive(Clone, Copy)]
pub struct Acting {
    /// Something is being done at the relay.
    pub busy: RwSignal<bool>,
    /// It takes long: the relay does not answer.
    pub waits: RwSignal<bool>,
    /// Why the last thing did not happen.
    pub problem: RwSignal<Option<OfficeProblem>>,
    /// What was done last.
    pub done: RwSignal<Option<Text>>,
    /// Devices of a group that a person left out: they are not admitted with the next ones, until they are ticked again.
    pub left_out: RwSignal<BTreeSet<DevicePublic>>,
    /// Screens of the region that are open.
    watched: StoredValue<u32>,
    /// The last thing ended while none was.
    unseen: StoredValue<bool>,
    /// When what is being done was begun.
    began: StoredValue<i64>,
}

impl Acting {
    /// Nothing is being done.
    pub fn new() -> Self {
        Self {
            busy: RwSignal::new(false),
            waits: RwSignal::new(false),
            problem: RwSignal::new(None),
            done: RwSignal::new(None),
            left_out: RwSignal::new(BTreeSet::new()),
            watched: StoredValue::new(0),
            unseen: StoredValue::new(false),
            began: StoredValue::new(0),
        }
    }

    /// A screen is open, until it is cleaned up. What was seen on another one is not said again; what nobody saw is.
    pub fn watch(self) {
        self.watched.update_value(|number| *number += 1);
        on_cleanup(move || {
            self.watched
                .update_value(|number| *number = number.saturating_sub(1));
        });
        if !self.unseen.get_value() && !self.busy.get_untracked() {
            self.problem.set(None);
            self.done.set(None);
        }
        self.unseen.set_value(false);
    }

    /// Does one thing and says how it went. Another that is asked for meanwhile is not begun, and that is said too.
    pub fn act<F>(self, done: Text, act: F)
    where
        F: Future<Output = Result<(), OfficeProblem>> + 'static,
    {
        let now = clock::now();
        if self.busy.get_untracked() {
            if now.abs_diff(self.began.get_value()) > SAME_HIT_MS {
                self.problem.set(Some(OfficeProblem::NotBegun));
            }
            return;
        }
        self.began.set_value(now);
        self.busy.set(true);
        self.problem.set(None);
        self.done.set(None);
        let told = Timeout::new(TELL_MS, move || self.waits.set(true));
        spawn_local(async move {
            let outcome = act.await;
            // Dropped before it is due, it tells nothing.
            drop(told);
            self.waits.set(false);
            self.busy.set(false);
            match outcome {
                Ok(()) => self.done.set(Some(done)),
                Err(problem) => self.problem.set(Some(problem)),
            }
            self.unseen.set_value(self.watched.get_value() == 0);
        });
    }
}
