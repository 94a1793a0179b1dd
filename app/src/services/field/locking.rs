//! Locking: by hand, by leaving. Unlocking: the passphrase is stretched in a worker; the recovery code is not.
//!
//! Not here: when it locks by itself (`idling`).

use super::{Field, Mode};
use crate::browser::{channel::Word, clock, life, mark, worker};
use crate::derive::{self, Request};
use crate::routes;
use leptos::prelude::*;
use veldpost_envelope::UnlockSecret;
use veldpost_envelope::kit::KitProblem;
use veldpost_envelope::unlock::KdfParams;
use veldpost_journal::{JournalError, Unlocked};
use wasm_bindgen_futures::spawn_local;

/// The neutral page that lock-and-leave goes to.
const NEUTRAL: &str = "/notities.html";

/// How long lock-and-leave waits for the store at most, without and with something typed to write: milliseconds.
const PATIENCE: u32 = 120;
const PATIENCE_TYPED: u32 = 1_000;

/// Folding is worth it from this many commits on.
const FOLD_FROM: u64 = 32;

/// Why unlocking did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlockProblem {
    /// Not the passphrase; the next try may be made after so many milliseconds.
    Wrong {
        /// Milliseconds.
        wait: i64,
    },
    /// Too soon; so many milliseconds still.
    TooSoon {
        /// Milliseconds.
        wait: i64,
    },
    /// The worker could not do it: no memory.
    Memory,
    /// The journal refused; it was said.
    Refused,
}

/// Why the recovery code did not open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// A row is not what stands on the paper.
    Misread(KitProblem),
    /// A whole code, of another region.
    OtherRegion,
    /// Nothing was written here that a code opens.
    Nothing,
    /// The journal refused; it was said.
    Refused,
}

impl Field {
    /// Stretches a passphrase. `None`: this device cannot give the memory.
    pub async fn stretch(
        self,
        passphrase: &str,
        salt: [u8; 16],
        params: KdfParams,
    ) -> Option<UnlockSecret> {
        let composed = zeroize::Zeroizing::new(crate::derive::compose(passphrase));
        let request = Request {
            passphrase: &composed,
            salt,
            params,
        }
        .to_bytes();
        let answer = zeroize::Zeroizing::new(worker::ask(&request).await?);
        derive::secret(&answer, salt, params)
    }

    /// Opens everything for reading.
    pub async fn unlock(self, passphrase: &str) -> Result<Unlocked, UnlockProblem> {
        let Some(book) = self.book() else {
            return Err(UnlockProblem::Refused);
        };
        let outcome = match book.derivation().await {
            Ok(None) => book.unlock(None).await,
            Ok(Some((params, salt))) => {
                let secret = self.stretch(passphrase, salt, params).await;
                book.unlock(Some(&secret.ok_or(UnlockProblem::Memory)?))
                    .await
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(unlocked) => {
                self.now_open().await;
                Ok(unlocked)
            }
            Err(JournalError::WrongPassphrase { wait }) => Err(UnlockProblem::Wrong { wait }),
            Err(JournalError::TooSoon { wait }) => Err(UnlockProblem::TooSoon { wait }),
            Err(error) => {
                self.refused(&error);
                Err(UnlockProblem::Refused)
            }
        }
    }

    /// Opens everything with the recovery code. Whoever asks sees to a new passphrase, or locks again.
    pub async fn unlock_by_code(self, typed: &str) -> Result<Unlocked, CodeProblem> {
        let book = self.book().ok_or(CodeProblem::Refused)?;
        match book.unlock_with_kit(typed).await {
            Ok(unlocked) => {
                self.now_open().await;
                Ok(unlocked)
            }
            Err(JournalError::Kit(problem)) => Err(CodeProblem::Misread(problem)),
            Err(JournalError::OtherKit) => Err(CodeProblem::OtherRegion),
            Err(JournalError::NothingForKit) => Err(CodeProblem::Nothing),
            Err(error) => {
                self.refused(&error);
                Err(CodeProblem::Refused)
            }
        }
    }

    /// Sets a new passphrase while everything is open. `false`: it was refused, and said.
    pub async fn change_passphrase(self, secret: &UnlockSecret) -> bool {
        let Some(book) = self.book() else {
            return false;
        };
        match book.change_passphrase(secret).await {
            Ok(()) => true,
            Err(error) => {
                self.refused(&error);
                false
            }
        }
    }

    async fn now_open(self) {
        self.unlocked.set(true);
        self.commits
            .update(|number| *number = number.wrapping_add(1));
        self.look_for_drafts().await;
        self.fold_later();
    }

    /// A region of one keeps its own house when it is unlocked.
    fn fold_later(self) {
        let Some(book) = self.book() else { return };
        spawn_local(async move {
            if book
                .waiting()
                .await
                .is_ok_and(|waiting| waiting >= FOLD_FROM)
            {
                // What cannot be folded now stays as it is; the next unlock tries again.
                let _ = book.fold().await;
            }
        });
    }

    /// Locks by hand: counting goes on, reading does not.
    pub fn lock(self) {
        if let Some(channel) = &*self.inner().channel.borrow() {
            channel.say(Word::Lock);
        }
        self.lock_quietly();
    }

    pub(super) fn lock_quietly(self) {
        let Some(book) = self.book() else { return };
        self.keep_remark_now();
        self.unlocked.set(false);
        self.inner().selected.set(None);
        self.commits
            .update(|number| *number = number.wrapping_add(1));
        spawn_local(async move {
            book.lock().await;
            self.put_form_away();
            // Only now is nothing readable any more: what was listed meanwhile is listed anew.
            self.commits
                .update(|number| *number = number.wrapping_add(1));
        });
    }

    /// What this start wrote can no longer be read. A form stays in hand: its draft opens without a passphrase as well, unless it
    /// shows what was written.
    pub(super) fn lock_written(self) {
        let Some(book) = self.book() else { return };
        self.inner().selected.set(None);
        spawn_local(async move {
            book.lock().await;
            if self.peek_form(|form| form.amends).unwrap_or(false) {
                self.put_form_away();
            }
            self.lists_changed();
        });
    }

    /// Locks, empties the page and leaves: nothing of this shows, also not after Back.
    pub fn lock_and_leave(self) {
        // Typing is kept after a pause, and here there is none.
        let (typed, remark) = (self.draft_body(), self.take_remark());
        let nothing_stays = self.reads_nothing();
        self.drop_form();
        self.unlocked.set(false);
        let inner = self.inner();
        let book = inner.book.borrow_mut().take();
        if let Some(channel) = &*inner.channel.borrow() {
            channel.say(Word::Lock);
        }
        life::empty_page();
        let Some(book) = book else {
            return life::leave_for(NEUTRAL);
        };
        book.forget();
        spawn_local(async move {
            // What is typed is kept, and the draft's open copy goes; a refusal must not keep the page here, which is empty by now.
            let writes = typed.is_some() || remark.is_some() || nothing_stays || book.has_refused();
            let patience = clock::pause(if writes { PATIENCE_TYPED } else { PATIENCE });
            let closing = async {
                if let Some(remark) = remark {
                    let _ = book.keep_remark(remark, false).await;
                }
                if nothing_stays {
                    // First as it is typed: what does not come out in time is offered at the next start.
                    if let Some(body) = &typed {
                        let _ = book.keep_draft(body).await;
                    }
                    self.queue_all(book.clone()).await;
                } else if let Some(body) = typed {
                    let _ = book.keep_draft_closed(body).await;
                }
                let _ = book.close_drafts(None).await;
                let _ = book.keep_refused().await;
                book.forget();
            };
            futures_race(closing, patience).await;
            life::leave_for(NEUTRAL);
        });
    }

    /// Removes everything of this book from the device.
    pub fn wipe(self) {
        let Some(book) = self.book() else { return };
        spawn_local(async move {
            for former in self.formers() {
                if let Err(error) = former.wipe().await {
                    return self.refused(&error);
                }
            }
            match book.wipe().await {
                Ok(()) => {
                    // Nothing of it is written once more as the page goes.
                    self.drop_form();
                    drop(self.take_remark());
                    if let Some(channel) = &*self.inner().channel.borrow() {
                        channel.say(Word::Wiped);
                    }
                    if self.mode == Mode::Real {
                        mark::clear().await;
                        // The name of the scheme is kept outside the book: `scheme.js`.
                        life::set_root("data-scheme", None);
                    }
                    life::leave_for(if routes::is_practice() {
                        "/oefenen/"
                    } else {
                        "/"
                    });
                }
                Err(error) => self.refused(&error),
            }
        });
    }
}

/// Waits for the first of two things, and drops the other.
async fn futures_race<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) {
    let mut one = std::pin::pin!(one);
    let mut other = std::pin::pin!(other);
    std::future::poll_fn(|context| {
        if one.as_mut().poll(context).is_ready() || other.as_mut().poll(context).is_ready() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
