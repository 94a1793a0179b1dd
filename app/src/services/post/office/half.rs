//! What is done in two acts, of which the first one stands when the second fails; and the settings, which are completed at the
//! next start.
//!
//! Not here: the acts themselves.

use super::OfficeProblem;
use crate::services::field::Book;
use crate::services::post::Post;
use std::rc::Rc;
use veldpost_envelope::blob::{NamedCoordinator, SettingsBlob};
use wasm_bindgen_futures::spawn_local;

/// What stands already of something that did not happen as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A device is removed; the settings are not published under the new key. The next start does it.
    Removed,
    /// The keys are new; the settings are not published under them. The next start does it.
    Renewed,
    /// Devices are admitted; what they are called was not said.
    Admitted,
    /// An invitation is there; who opens it cannot go on. The next start puts what they read.
    Invited,
    /// A campaign is in the settings; it goes on from there as if its first stage was said.
    Campaign,
    /// The tables are the result; the campaign is not in its last stage. Doing it again does the rest.
    Result,
}

impl Stands {
    /// This, but what follows it failed.
    pub(in crate::services::post) fn but(self) -> impl FnOnce(OfficeProblem) -> OfficeProblem {
        move |why| OfficeProblem::Half(self, Box::new(why))
    }
}

impl Post {
    /// Once a start: settings that lie under a key of before a removal are published under the newest one, and who founded
    /// or recovered the region is called by its name.
    pub(super) fn complete_settings(self, book: Rc<Book>) {
        spawn_local(async move {
            let old = self.with(|device| {
                let (roster, newest) = (device.roster(), device.roster().settings_number());
                roster.settings().is_some_and(|known| known.number < newest)
            });
            if let Ok(mut held) = self.settings_held().await
                && (call_founder(&book, &mut held.settings) || old.unwrap_or_default())
            {
                // What does not get there now is published with the next change, or at the next start.
                let _ = self.publish(held).await;
            }
            self.inner().founding.set(false);
        });
    }
}

/// Who came by no invitation is a coordinator whom nobody knows by name. Whether it was lacking.
fn call_founder(book: &Book, settings: &mut SettingsBlob) -> bool {
    let device = book.device_keys().0.public();
    let mut known = settings.coordinators.iter();
    if book.membership().invitation.is_some() || known.any(|known| known.device == device) {
        return false;
    }
    let Some(name) = book.settings().own_name else {
        return false;
    };
    settings
        .coordinators
        .push(NamedCoordinator { device, name });
    true
}
