//! The screen stays on during a round, as long as somebody uses it.
//!
//! Not here: how (`browser::wake`). A phone that lies in a bag goes dark as always.

use super::field::Field;
use crate::browser::life;
use crate::browser::wake::Awake;
use gloo::timers::callback::Interval;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Without a touch for so long the screen may go dark: milliseconds.
const IDLE_MS: f64 = 10.0 * 60_000.0;
/// How often that is looked at.
const LOOK_MS: u32 = 15_000;

/// Whether the screen is held awake.
#[derive(Clone, Copy)]
pub struct Wake {
    /// The screen stays on: said on the tally.
    pub awake: RwSignal<bool>,
    field: Field,
    held: StoredValue<Option<Awake>, LocalStorage>,
    asking: StoredValue<bool>,
}

impl Wake {
    /// The screen is not held yet: see [`Wake::start`].
    pub fn new(field: Field) -> Self {
        Self {
            awake: RwSignal::new(false),
            field,
            held: StoredValue::new_local(None),
            asking: StoredValue::new(false),
        }
    }

    /// Follows the round, for as long as the page lives.
    pub fn start(self) {
        let (wake, field) = (self, self.field);
        let counting = Memo::new(move |_| field.round.with(Option::is_some));
        Effect::new(move |_| {
            let _ = counting.get();
            wake.follow();
        });
        life::on_visibility(move |_| wake.follow());
        Interval::new(LOOK_MS, move || wake.follow()).forget();
    }

    fn follow(self) {
        let wanted = self.field.round.with_untracked(Option::is_some)
            && !life::is_hidden()
            && self.field.untouched_for() < IDLE_MS;
        let held = self.held.with_value(Option::is_some);
        if !wanted && held {
            self.let_go();
        } else if wanted && !held && !self.asking.get_value() {
            self.asking.set_value(true);
            spawn_local(async move {
                let got = Awake::ask(move || self.let_go()).await;
                self.asking.set_value(false);
                self.awake.set(got.is_some());
                self.held.set_value(got);
            });
        }
    }

    fn let_go(self) {
        self.held.set_value(None);
        self.awake.set(false);
    }
}
