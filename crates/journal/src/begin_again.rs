//! The passphrase is lost, and the paper too: this book is left. What waits in it is still sent; nothing in it can be
//! read here any more.
//!
//! Not here: the book that comes after it, which is a device of its own, in a database of its own.

use crate::JournalError;
use crate::journal::{Journal, start_rows};
use crate::outside::Outside;
use crate::row::{Row as _, row};
use crate::shelves::{COUNTED, KEPT_TABLES, LEFT, ROUND, VAULT, VAULT_FOR_KIT};
use veldpost_store::{Batch, Shelf, Store};

/// Where somebody went on who left a book: `[number of the next database, at]`. No seal: it says nothing of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The number of the database that comes after this one; the first has number 1.
    pub next: u32,
    /// Wall-clock milliseconds since 1970.
    pub at: i64,
}

row! {
    Left { next: number, at: time }
}

/// Whether the book of these rows, read as [`start_rows`] says, was left, and for which one. Of a database of this number
/// only a higher one counts.
#[must_use]
pub fn left_for(rows: &[Option<Vec<u8>>], number: u32) -> Option<u32> {
    let at = start_rows()
        .iter()
        .position(|(shelf, key)| (*shelf, key.as_slice()) == LEFT)?;
    let left = Left::from_bytes(rows.get(at)?.as_deref()?)?;
    (left.next > number).then_some(left.next)
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Leaves this book for the one in database `next`, in one transaction: what opens its records goes, and forms that
    /// were not finished; all that waits to be sent stays, and the keys that it is sent with.
    ///
    /// # Errors
    /// `NoRegion` where nobody would receive it; `NoRound` while a round is open; the store's. Then nothing was changed.
    pub async fn begin_again(&self, next: u32) -> Result<(), JournalError> {
        if !self.identity.membership().is_shared() {
            return Err(JournalError::NoRegion);
        }
        if self.round().is_some() {
            return Err(JournalError::NoRound);
        }
        // A save under way ends first.
        let mut writer = self.writer.lock().await;
        let left = Left {
            next,
            at: self.outside.now(),
        };
        let batch = [VAULT, VAULT_FOR_KIT, ROUND, KEPT_TABLES, COUNTED]
            .into_iter()
            .fold(Batch::new(), |batch, (shelf, key)| batch.delete(shelf, key))
            .clear(Shelf::Drafts)
            .put(LEFT.0, LEFT.1, left.to_bytes().to_vec());
        self.store.commit(batch).await?;
        writer.content_key = None;
        self.forget();
        self.nothing_waits();
        Ok(())
    }
}
