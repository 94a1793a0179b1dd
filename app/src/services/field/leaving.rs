//! Books that were left when somebody began again: each in a database of its own, locked for ever, still being sent.
//!
//! Not here: sending (`services::post`), and what is written when a book is left (`veldpost-journal`).

use super::{Book, Bound, Browser, Field};
use crate::browser::channel::Word;
use crate::browser::life;
use std::rc::Rc;
use veldpost_journal::{Journal, left_for};
use veldpost_store::indexed_db::{DeviceKey, IndexedDbStore};

impl Field {
    /// The name of the database that is open or being opened.
    pub(super) fn database(self) -> String {
        let base = self.mode.database();
        match self.inner().number.get() {
            1 => base.to_owned(),
            number => format!("{base}-{number}"),
        }
    }

    /// Whether the book that is open came after one that was left.
    pub(super) fn came_after_another(self) -> bool {
        self.inner().number.get() > 1
    }

    /// Whether these are the rows of a book that was left: it is kept for its post, and the next database is to be opened.
    pub(super) async fn passes_by(
        self,
        parts: (IndexedDbStore, &DeviceKey),
        rows: Vec<Option<Vec<u8>>>,
    ) -> Result<(), (IndexedDbStore, Vec<Option<Vec<u8>>>)> {
        let (store, key) = parts;
        let inner = self.inner();
        let Some(next) = left_for(&rows, inner.number.get()) else {
            return Err((store, rows));
        };
        inner.number.set(next);
        // One that does not open stays as it is; the next book does not hang on it.
        if let Ok(Ok(book)) = Journal::open_with(store, Browser, &Bound(key), rows).await {
            inner.formers.borrow_mut().push(Rc::new(book));
        }
        Ok(())
    }

    /// The page is left, and the browser may keep it as it stands: a page that does not run holds nothing. It is loaded anew
    /// before it is shown again.
    pub fn leave(self) {
        if let Some(book) = self.book() {
            book.store().leave();
        }
        for former in self.formers() {
            former.store().leave();
        }
    }

    /// Books that were left, oldest first.
    pub fn formers(self) -> Vec<Rc<Book>> {
        self.inner().formers.borrow().clone()
    }

    /// Whether a new beginning is possible here: somebody receives what waits, and there is a passphrase to lose, or an
    /// invitation that may have ended before the device was admitted.
    pub fn may_begin_again(self) -> bool {
        let known = self.membership();
        known.is_some_and(|known| known.is_shared() && !known.group) || self.asks_to_join()
    }

    /// Whether this device joined and was not admitted.
    pub fn asks_to_join(self) -> bool {
        let known = self.membership();
        known.is_some_and(|known| known.is_shared() && !known.member && !known.removed)
    }

    /// Leaves the open book and begins as a newcomer. When it is refused, that was said, and nothing was changed.
    pub async fn begin_again(self) {
        let Some(book) = self.book() else { return };
        let inner = self.inner();
        match book.begin_again(inner.number.get() + 1).await {
            Ok(()) => {
                // It is on no disk any more; the page that is left must not write it anew.
                inner.form.borrow_mut().take();
                if let Some(channel) = &*inner.channel.borrow() {
                    channel.say(Word::Wiped);
                }
                life::leave_for("/");
            }
            Err(error) => self.refused(&error),
        }
    }
}
