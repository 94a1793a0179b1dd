//! The round's remark, kept as it is typed: sealed, with the round.
//!
//! Not here: forms (`drafts`), and what stays in memory only (`services::typed`).

use super::drafts::TYPING_PAUSE;
use super::{Book, Field};
use gloo::timers::callback::Timeout;
use veldpost_journal::{JournalError, Remark};
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

impl Field {
    /// What was typed as the round's remark; `None`: it needs the passphrase.
    pub fn remark(self) -> Option<String> {
        let inner = self.inner();
        if let Some((typed, _)) = &*inner.remark.borrow() {
            return Some(typed.to_string());
        }
        match self.book().map_or(Remark::None, |book| book.remark()) {
            Remark::None => Some(String::new()),
            Remark::Typed(typed) => Some(typed),
            Remark::Closed => None,
        }
    }

    /// The remark as it stands now: kept after a pause in typing.
    pub fn type_remark(self, typed: String) {
        let timer = Timeout::new(TYPING_PAUSE, move || self.keep_remark_now());
        *self.inner().remark.borrow_mut() = Some((Zeroizing::new(typed), Some(timer)));
    }

    pub(super) fn take_remark(self) -> Option<Zeroizing<String>> {
        Some(self.inner().remark.borrow_mut().take()?.0)
    }

    /// Whether it is being written, or was refused.
    pub(super) fn remark_waits(self) -> bool {
        matches!(*self.inner().remark.borrow(), Some((_, None)))
    }

    /// Keeps the remark without waiting for a pause.
    pub fn keep_remark_now(self) {
        let Some(book) = self.book() else { return };
        spawn_local(async move {
            match self.keep_remark(&book).await {
                Ok(true) => {
                    self.saved_now();
                    self.all_well();
                }
                Ok(false) => {}
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Keeps what is being typed, which stays in memory until it is on the disk: a screen that is opened meanwhile shows it, and what
    /// was refused is not lost. `false`: there is nothing to keep.
    pub(super) async fn keep_remark(self, book: &Book) -> Result<bool, JournalError> {
        let inner = self.inner();
        let typed = match inner.remark.borrow_mut().as_mut() {
            Some((typed, timer)) => {
                *timer = None;
                typed.clone()
            }
            None => return Ok(false),
        };
        let kept = match book.keep_remark(typed.clone(), true).await {
            Ok(()) => true,
            // It was stopped meanwhile, and its report has the remark.
            Err(JournalError::NoRound) => false,
            Err(error) => return Err(error),
        };
        let mut remark = inner.remark.borrow_mut();
        if remark.as_ref().is_some_and(|(now, _)| *now == typed) {
            *remark = None;
        }
        Ok(kept)
    }

    /// Keeps whatever is being typed, now: the page is being hidden.
    pub fn keep_typed_now(self) {
        self.keep_draft_now();
        self.keep_remark_now();
    }
}
