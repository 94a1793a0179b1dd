//! What the journal is asked rarely, and never before a first tap: its code is in the second module.
//!
//! Not here: when that module is fetched otherwise (`crate::later`), and unlocking with a passphrase, which
//! only a screen of the second module does.

use super::{Book, Browser, Field, Mode};
use crate::services::{guest, made_up};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use std::pin::Pin;
use std::rc::Rc;
use veldpost_journal::{FoundDraft, JournalError, Kind, LeftForm, NewRegion, Protection};

/// What crosses between the modules: no `async fn` can.
type Work<T> = Result<Pin<Box<dyn Future<Output = T>>>, SplitLoaderError>;

/// Reads a book that needs no passphrase. `false`: it stays locked.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn unlock_freely(book: Rc<Book>) -> Work<bool> {
    Ok(Box::pin(async move { book.unlock(None).await.is_ok() }))
}

/// Makes the region of practice, or joins that of the demonstration; without one at the relay, makes a region of one with
/// its made-up people.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn found_made_up(field: Field) -> Work<Result<Rc<Book>, JournalError>> {
    Ok(Box::pin(async move {
        if field.mode == Mode::Demo
            && let Some(joined) = guest::join(field).await
        {
            return joined.map(Rc::new);
        }
        let kind = if field.mode == Mode::Practice {
            Kind::Practice
        } else {
            Kind::Solo
        };
        let new = NewRegion::make(kind, made_up::settings(field.mode), &Browser)?;
        let book = field.found(&new, None, &Protection::OwnKey).await?;
        if field.mode == Mode::Demo {
            book.import(made_up::records()).await?;
        }
        Ok(Rc::new(book))
    }))
}

/// Puts forms that were left on a count-only device in the outbox.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn queue_left(
    field: Field,
    book: Rc<Book>,
    changed: Option<LeftForm>,
    left: Vec<FoundDraft>,
    leaves: bool,
) -> Work<Result<usize, JournalError>> {
    Ok(Box::pin(async move {
        field.queue_each(&book, changed, left, leaves).await
    }))
}
