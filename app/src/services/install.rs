//! Putting the app on the home screen: whether that can be offered, and asking.
//!
//! Not here: when it is offered (`components::storage`), nor the steps for iOS (`screens::help`).

use crate::browser::{device, install, life};
use crate::services::field::DeviceView;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The browser's offer.
#[derive(Clone, Copy)]
pub struct Install {
    /// One tap opens the browser's question.
    pub offered: RwSignal<bool>,
    /// The app runs from the home screen, or was put there just now.
    pub installed: RwSignal<bool>,
    /// What the device said last: kept, so that a banner does not push rows away each time.
    pub device: RwSignal<Option<DeviceView>>,
}

impl Install {
    /// Nothing is known yet: see [`Install::start`].
    pub fn new() -> Self {
        Self {
            offered: RwSignal::new(false),
            installed: RwSignal::new(false),
            device: RwSignal::new(None),
        }
    }

    /// Listens for the offer, for as long as the page lives.
    pub fn start(self) {
        let this = self;
        this.offered.set(install::is_offered());
        this.installed.set(device::is_installed());
        life::on_window(&["beforeinstallprompt"], move || {
            this.offered.set(install::is_offered());
        });
        life::on_window(&["appinstalled"], move || {
            this.offered.set(false);
            this.installed.set(true);
        });
    }

    /// Opens the browser's question; call it from a tap.
    pub fn ask(self) {
        self.offered.set(false);
        spawn_local(async {
            // The answer is in `appinstalled`; a refusal needs no words.
            let _ = install::ask().await;
        });
    }
}
