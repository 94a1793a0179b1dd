//! A form becomes a record, in one save that also ends its draft.
//!
//! Not here: the form while it is being filled in (`drafts`).

use super::{Field, FormInHand};
use crate::routes::Screen;
use crate::services::field::Book;
use crate::text;
use leptos::prelude::*;
use veldpost_domain::{Answers, CampaignId, FormVersion, RecordId};
use veldpost_journal::{Filled, LeftForm, Seen, UNFINISHED, UNFINISHED_TYPED};
use wasm_bindgen_futures::spawn_local;

impl Field {
    /// Keeps the record and opens `next`, unless something is wrong with it: then *Controleren*
    /// says what.
    pub fn finish_form(self, next: Screen) {
        self.finish(Some(next));
    }

    /// Keeps the record and opens the next person's, with the same situation.
    pub fn finish_for_next(self) {
        self.finish(None);
    }

    fn finish(self, next: Option<Screen>) {
        let wrong = self.peek_form(FormInHand::problems).unwrap_or_default();
        if !wrong.is_empty() {
            self.show_form(|form| form.show(&wrong));
            self.router.go(Screen::Check);
            return;
        }
        let amends = self.peek_form(|form| form.amends).unwrap_or(false);
        if amends && !self.unlocked.get_untracked() && !self.reads_nothing() {
            // What is changed must be read first; the draft waits.
            self.router.go(Screen::Unlock);
            return;
        }
        let Some(filled) = self.filled() else { return };
        spawn_local(async move {
            let Some(book) = self.book_soon().await else {
                self.not_finished(filled.record);
                return;
            };
            // What came of it meanwhile, when it was left, is gone on with.
            let (record, is_there) = (filled.record, book.seen(filled.record).is_some());
            let amends = filled.amends || is_there;
            let saved = if amends && self.reads_nothing() && !is_there && filled.seen.is_none() {
                // It left meanwhile, and what stood there is not known.
                self.queued(book.clone(), Some(filled.left()), Vec::new(), false)
                    .await
                    .map(|_| ())
            } else if amends {
                book.amend(record, &filled.answers, filled.seen.as_ref())
                    .await
                    .map(|_| ())
            } else {
                book.record_person(filled.into()).await
            };
            match saved {
                Ok(()) => {
                    batch(|| self.finished(&book, record, next));
                    self.look_for_drafts().await;
                }
                Err(error) => {
                    self.not_finished(record);
                    self.refused(&error);
                }
            }
        });
    }

    /// It is a form again, and its draft is kept from here on.
    fn not_finished(self, record: RecordId) {
        if self.peek_form(|form| form.record) == Some(record) {
            self.show_form(|form| form.finishing = false);
            self.keep_draft_now();
            // Whoever left meanwhile finds it where forms wait that were left.
            self.leave_form();
        }
    }

    fn finished(self, book: &Book, record: RecordId, next: Option<Screen>) {
        self.committed(book);
        self.announcer
            .say_now(text::common::RECORD_SAVED.get().to_owned());
        // Whoever opened another meanwhile goes on with that one.
        let last = self
            .inner()
            .form
            .borrow_mut()
            .take_if(|form| form.record == record);
        if let Some(last) = &last
            && self.stand().desk
        {
            *self.inner().situation.borrow_mut() = answers_of(last);
        }
        match (next, last) {
            (None, Some(last)) => {
                let situation = answers_of(&last);
                let form = last.session.form().clone();
                let opened = self.fresh(form, situation);
                self.put_in_hand(opened);
            }
            (_, None) if self.peek_form(|_| ()).is_some() => {}
            (next, _) => {
                self.form_changed();
                // Whoever went elsewhere meanwhile is left there.
                if self.router.shows_form() {
                    self.router.replace(next.unwrap_or_default());
                }
            }
        }
    }

    /// The answers, once: a second tap finds the form finishing.
    fn filled(self) -> Option<Ready> {
        let inner = self.inner();
        let mut form = inner.form.borrow_mut();
        let form = form.as_mut().filter(|form| !form.finishing)?;
        // A draft that is still to be written must not come after the record.
        form.timer = None;
        form.finishing = true;
        let definition = form.session.form();
        Some(Ready {
            record: form.record,
            amends: form.amends,
            form: FormVersion {
                id: definition.id().to_owned(),
                version: definition.version().to_owned(),
            },
            answers: whole(form.session.answers()),
            promoted_from: form.promoted_from,
            campaign: form.campaign,
            seen: form.seen.clone(),
            before: form.before.clone(),
        })
    }
}

/// What was left once is whole now.
fn whole(mut answers: Answers) -> Answers {
    for mark in [UNFINISHED, UNFINISHED_TYPED] {
        answers.map_mut().remove(mark);
    }
    answers
}

/// The answers about the place.
fn answers_of(form: &FormInHand) -> Vec<(String, String)> {
    let situation = form.situation().into_iter();
    situation
        .map(|question| (question.name, question.value))
        .collect()
}

/// A form without problems, ready to be kept.
struct Ready {
    record: RecordId,
    amends: bool,
    form: FormVersion,
    answers: Answers,
    promoted_from: Option<RecordId>,
    campaign: Option<CampaignId>,
    seen: Option<Seen>,
    before: Option<Answers>,
}

impl Ready {
    fn left(mut self) -> LeftForm {
        LeftForm {
            amends: self.amends,
            before: self.before.take(),
            filled: self.into(),
        }
    }
}

impl From<Ready> for Filled {
    fn from(ready: Ready) -> Self {
        let Ready {
            record,
            form,
            answers,
            promoted_from,
            campaign,
            ..
        } = ready;
        Self {
            record,
            form,
            answers,
            promoted_from,
            campaign,
        }
    }
}
