//! A region of one moves on, while its book stays open.
//!
//! Not here: what is written (`veldpost-journal`), and asking the person.

use super::{Field, Mode, bound};
use veldpost_envelope::Joined;
use veldpost_journal::rows::Settings;
use veldpost_journal::{JournalError, NewMember};
use zeroize::Zeroizing;

impl Field {
    /// Whether the book is a real region of one, which may join another.
    pub fn is_alone(self) -> bool {
        self.mode == Mode::Real && self.membership().is_some_and(|known| known.is_alone())
    }

    /// How many records can be read here now.
    pub fn number_of_records(self) -> usize {
        self.book().map_or(0, |book| book.records().len())
    }

    /// The keys that a device which joins has: those of its region of one, or none yet.
    pub fn own_newcomer(self) -> Option<Result<NewMember, JournalError>> {
        self.book().map(|book| book.newcomer())
    }

    /// The invitation stays until it was taken up: locking in between must not cost it.
    pub fn keep_invitation(self, link: &str) {
        *self.inner().invitation.borrow_mut() = Some(Zeroizing::new(link.to_owned()));
    }

    /// Others may join the open region of one from here on. `false`: it was refused, and said; nothing was changed.
    pub async fn share(self, relay: &str, settings: Settings) -> bool {
        let Some(book) = self.book() else {
            return false;
        };
        match book.share(relay, settings).await {
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

    /// Joins with the open region of one. `false`: it was refused, and said; nothing was changed.
    pub async fn join_along(self, joined: &Joined<'_>, settings: &Settings, along: bool) -> bool {
        let Some(book) = self.book() else {
            return false;
        };
        let written = match book.store().device_key().await {
            Ok(key) => book.join_along(&bound(&key), joined, settings, along).await,
            Err(error) => Err(error.into()),
        };
        match written {
            Ok(()) => {
                let _ = self.take_invitation();
                self.committed(&book);
                true
            }
            Err(error) => {
                self.refused(&error);
                false
            }
        }
    }
}
