//! Newer versions of the app, and whether this one works without a network.
//!
//! Not here: fetching and keeping files; the service worker does that. A newer version never takes
//! over by itself while the app is open: a person says when.

use super::field::{Field, Phase};
use crate::browser::service_worker::{self, Registration, Said};
use crate::browser::{clock, life};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The worker reads all files back; the first screen comes first: milliseconds.
const BEFORE_STATUS: u32 = 1_000;
/// A phone may keep the app open for days: on return it looks for a newer version, this often.
const LOOK_AGAIN: i64 = 60 * 60 * 1_000;
/// A worker that was asked something in the moment that the next one took over keeps its place for half a minute, unless the
/// page is loaded anew: after so many milliseconds.
const TAKES_OVER: u32 = 3_000;

/// Whether the app opens without a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offline {
    /// Not known yet.
    Unknown,
    /// This browser cannot do it here.
    Unable,
    /// Its files are being fetched.
    Busy {
        /// Files that are there.
        done: u32,
        /// Files in all.
        total: u32,
    },
    /// Every file was read back.
    Ready,
    /// So many files are not there yet.
    Missing(u32),
}

/// What is known of versions.
#[derive(Clone, Copy)]
pub struct Updates {
    /// Whether the app opens without a network.
    pub offline: RwSignal<Offline>,
    /// A newer version waits for a word.
    pub waiting: RwSignal<bool>,
    /// It was put off: until the round stops, or until the next start.
    pub put_off: RwSignal<bool>,
    /// This is the first start of a newer version.
    pub updated: RwSignal<bool>,
    /// The build that the worker keeps.
    pub build: RwSignal<Option<String>>,
    /// This page did not come from a worker: the first visit.
    pub first_visit: bool,
    field: Field,
    registration: StoredValue<Option<Registration>, LocalStorage>,
    agreed: StoredValue<bool>,
    started: StoredValue<bool>,
}

impl Updates {
    /// Nothing is known yet: see [`Updates::start`].
    pub fn new(field: Field) -> Self {
        Self {
            offline: RwSignal::new(Offline::Unknown),
            waiting: RwSignal::new(false),
            put_off: RwSignal::new(false),
            updated: RwSignal::new(false),
            build: RwSignal::new(None),
            first_visit: !service_worker::is_controlled(),
            field,
            registration: StoredValue::new_local(None),
            agreed: StoredValue::new(false),
            started: StoredValue::new(false),
        }
    }

    /// Listens to the worker, for as long as the page lives.
    pub fn start(self) {
        let updates = self;
        if !service_worker::is_known() {
            updates.offline.set(Offline::Unable);
        }
        service_worker::hear(move |said| updates.heard(said));
        service_worker::on_change(move || updates.changed());
        spawn_local(async move { updates.watch().await });
        updates.follow_round();
    }

    async fn watch(self) {
        let Some(registration) = Registration::ready().await else {
            return;
        };
        self.waiting.set(registration.waits());
        registration.on_waiting(move || self.waiting.set(true));
        self.registration.set_value(Some(registration.clone()));
        let mut looked_at = clock::now();
        let looking = registration.clone();
        life::on_visibility(move |hidden| {
            if !hidden && clock::now() - looked_at > LOOK_AGAIN {
                looked_at = clock::now();
                looking.look_for_update();
            }
        });
        clock::pause(BEFORE_STATUS).await;
        registration.ask_status();
    }

    fn heard(self, said: Said) {
        match said {
            Said::Progress { done, total } => {
                // A newer version that is being fetched does not make this one less complete.
                if self.first_visit && self.offline.get_untracked() != Offline::Ready {
                    self.offline.set(Offline::Busy { done, total });
                }
            }
            Said::Status {
                version,
                missing,
                updated,
            } => {
                self.build.set(Some(version));
                self.offline.set(match missing {
                    0 => Offline::Ready,
                    missing => Offline::Missing(missing),
                });
                self.updated.update(|known| *known |= updated);
                // Files of the version before are kept until this one has started.
                let registration = self.registration.get_value();
                if let Some(registration) = registration.filter(|_| !self.started.get_value()) {
                    self.started.set_value(true);
                    registration.say_started();
                }
            }
        }
    }

    /// Another worker took over: agreed to here, or in another window.
    fn changed(self) {
        if self.agreed.get_value() {
            life::reload();
        } else if !self.first_visit {
            self.waiting.set(true);
        }
    }

    /// "Nu vernieuwen". What is typed and what is being saved comes first.
    pub fn apply(self) {
        spawn_local(async move {
            // A refused save was said; what is on the screen must stay there.
            if !self.field.settle().await {
                return;
            }
            self.agreed.set_value(true);
            let registration = self.registration.get_value();
            // Without one that waits it took over in another window: this page only has to load it.
            if registration.is_some_and(|found| found.apply_update()) {
                clock::pause(TAKES_OVER).await;
            }
            life::reload();
        });
    }

    /// "Na deze ronde": the word has been given, so it happens when the round stops.
    fn follow_round(self) {
        let field = self.field;
        let counting = Memo::new(move |_| field.round.with(Option::is_some));
        Effect::new(move |before: Option<bool>| {
            let now = counting.get();
            let stopped = before == Some(true) && !now;
            let free = field.phase.get_untracked() == Phase::Open && !field.has_form_in_hand();
            if stopped && free && self.waiting.get_untracked() && self.put_off.get_untracked() {
                self.apply();
            }
            now
        });
    }

    /// Asks the worker to read its files back, and to fetch what is missing.
    pub fn check(self) {
        if let Some(registration) = self.registration.get_value() {
            registration.ask_status();
        }
    }
}
