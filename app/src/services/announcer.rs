//! One polite voice for screen readers.

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use std::cell::RefCell;
use std::rc::Rc;

/// How long messages are gathered before one is said: quick taps would talk over each other.
const GATHER_MS: u32 = 600;

/// Says things to whoever does not look at the screen.
#[derive(Clone, Copy)]
pub struct Announcer {
    said: RwSignal<String>,
    waiting: StoredValue<Rc<RefCell<Option<Timeout>>>, LocalStorage>,
}

impl Announcer {
    /// Silent at first.
    pub fn new() -> Self {
        Self {
            said: RwSignal::new(String::new()),
            waiting: StoredValue::new_local(Rc::default()),
        }
    }

    /// The text of the live region, tracked.
    pub fn said(self) -> String {
        self.said.get()
    }

    /// Says this, in place of what was about to be said.
    pub fn say(self, message: String) {
        let said = self.said;
        let timeout = Timeout::new(GATHER_MS, move || said.set(message));
        self.waiting
            .with_value(|waiting| *waiting.borrow_mut() = Some(timeout));
    }

    /// Says this at once: it must not be missed.
    pub fn say_now(self, message: String) {
        self.waiting
            .with_value(|waiting| waiting.borrow_mut().take());
        self.said.set(message);
    }
}
