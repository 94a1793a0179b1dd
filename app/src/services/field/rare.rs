//! What the journal is asked rarely, and never before a first tap: its code is in the second module.
//!
//! Not here: when that module is fetched otherwise (`crate::later`), and unlocking with a passphrase, which
//! only a screen of the second module does.

use super::Book;
use crate::services::made_up;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use std::pin::Pin;
use std::rc::Rc;
use veldpost_journal::JournalError;

/// What crosses between the modules: no `async fn` can.
type Work<T> = Result<Pin<Box<dyn Future<Output = T>>>, SplitLoaderError>;

/// Reads a book that needs no passphrase. `false`: it stays locked.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn unlock_freely(book: Rc<Book>) -> Work<bool> {
    Ok(Box::pin(async move { book.unlock(None).await.is_ok() }))
}

/// Puts the made-up people of the demonstration into an empty book.
#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn import_made_up(book: Rc<Book>) -> Work<Result<usize, JournalError>> {
    Ok(Box::pin(
        async move { book.import(made_up::records()).await },
    ))
}
