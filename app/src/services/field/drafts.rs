//! The form in hand: opened, answered, kept as it is typed, finished.
//!
//! Not here: how a form behaves (`veldpost-forms`) and how it looks (`screens::record`).

use super::Field;
use crate::browser::{clock, files};
use crate::routes::Screen;
use crate::text;
use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use std::sync::Arc;
use veldpost_domain::{Answers, FormVersion, RecordId};
use veldpost_forms::{Form, Moment, Session};
use veldpost_journal::rows::DraftBody;
use veldpost_journal::{Filled, FoundDraft, names, typed};
use wasm_bindgen_futures::spawn_local;

/// Typing is kept after a pause of so many milliseconds; a choice at once.
const TYPING_PAUSE: u32 = 400;

/// The questionnaire of the count.
const FORM: &str = "/forms/ethos-count.form";

/// A form that is being filled in.
pub struct FormInHand {
    /// The answers, and what they make visible.
    pub session: Session,
    /// The record that it will become.
    pub record: RecordId,
    /// The open page, by its place.
    pub page: usize,
    /// The observation that it is promoted from.
    pub promoted_from: Option<RecordId>,
    /// The record exists: its answers are being changed.
    pub amends: bool,
    /// Problems are shown: the person asked to go on.
    pub checked: bool,
    started_at: i64,
    timer: Option<Timeout>,
}

/// What a form is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new person.
    New,
    /// The person behind a tap.
    Promote(RecordId),
    /// A record that exists.
    Amend(RecordId),
    /// A form that was left.
    Resume(RecordId),
}

pub(super) fn moment() -> Moment {
    let at = clock::now();
    Moment { at, offset_minutes: i16::try_from(clock::offset_minutes(at)).unwrap_or(0) }
}

impl Field {
    /// The questionnaire, fetched once; the service worker has it without a network.
    pub async fn form(self) -> Option<Arc<Form>> {
        let inner = self.inner();
        let known = inner.questionnaire.borrow().clone();
        if known.is_some() {
            return known;
        }
        let bytes = files::fetch(FORM).await?;
        let form = Arc::new(Form::from_bytes(&bytes).ok()?);
        *inner.questionnaire.borrow_mut() = Some(form.clone());
        Some(form)
    }

    /// Fetches the questionnaire ahead of the first form.
    pub fn fetch_form(self) {
        spawn_local(async move {
            let _ = self.form().await;
        });
    }

    /// Opens a form and shows `screen`.
    pub fn open_form(self, purpose: Purpose, screen: Screen) {
        spawn_local(async move {
            let Some(form) = self.form().await else {
                self.trouble.set(Some(super::Trouble::Other));
                return;
            };
            let Some(opened) = self.opened(form, purpose) else { return };
            let record = opened.record;
            self.put_in_hand(opened);
            self.router.go(screen);
            if let Some(book) = self.book() {
                // Other drafts need the passphrase from now on.
                let _ = book.close_drafts(Some(record)).await;
            }
        });
    }

    fn opened(self, form: Arc<Form>, purpose: Purpose) -> Option<FormInHand> {
        let book = self.book()?;
        let fresh = |form: Arc<Form>, record, promoted_from| {
            let mut session = Session::create(form, moment());
            self.carry_over(&mut session);
            FormInHand {
                session,
                record,
                page: 0,
                promoted_from,
                amends: false,
                checked: false,
                started_at: clock::now(),
                timer: None,
            }
        };
        match purpose {
            Purpose::New => Some(fresh(form, book.new_record(), None)),
            Purpose::Promote(tap) => Some(fresh(form, book.new_record(), Some(tap))),
            Purpose::Amend(record) => {
                let answers = book.records().get(record)?.answers().into_owned();
                let session = Session::restore(form.clone(), &answers, moment());
                Some(FormInHand {
                    session,
                    amends: true,
                    ..fresh(form, record, None)
                })
            }
            Purpose::Resume(record) => {
                let inner = self.inner();
                let found = inner.found.borrow();
                let body = found.iter().find(|draft| draft.record == record)?.body.as_ref()?;
                let answers = typed::from_bytes(&body.answers)?;
                Some(FormInHand {
                    session: Session::restore(form.clone(), &answers, moment()),
                    page: usize::try_from(body.page).unwrap_or(0),
                    amends: body.amends,
                    started_at: body.started_at,
                    ..fresh(form, record, body.promoted_from.map(RecordId))
                })
            }
        }
    }

    /// Carries over the situation, never the person: what the round says about the place.
    fn carry_over(self, session: &mut Session) {
        let blocks = self.book().map(|book| book.settings());
        if let Some(settings) = blocks {
            let _ = session.answer("count_date", &settings.count_date);
            for block in &settings.blocks {
                let _ = session.answer(block, "yes");
            }
        }
        let Some(round) = self.round.get_untracked() else { return };
        let situation = round.situation;
        for (name, value) in [
            (names::LIVING_SITUATION, situation.living_situation),
            (names::LIVING_SUBSITUATION, situation.living_subsituation),
            (names::SOURCE, situation.source),
            (names::MUNICIPALITY_STAY, situation.municipality),
        ] {
            // A form without such a question simply does not get it.
            if let Some(value) = value {
                let _ = session.answer(name, &value);
            }
        }
    }

    fn put_in_hand(self, form: FormInHand) {
        *self.inner().form.borrow_mut() = Some(form);
        self.form_changes.update(|number| *number = number.wrapping_add(1));
    }

    /// Reads the form in hand, tracked: made again after each change.
    pub fn with_form<R>(self, read: impl FnOnce(&FormInHand) -> R) -> Option<R> {
        self.form_changes.track();
        self.inner().form.borrow().as_ref().map(read)
    }

    /// Changes the form in hand and keeps it: at once, or after a pause in typing.
    pub fn change_form(self, typing: bool, change: impl FnOnce(&mut FormInHand)) {
        {
            let inner = self.inner();
            let mut form = inner.form.borrow_mut();
            let Some(form) = form.as_mut() else { return };
            change(form);
            let pause = if typing { TYPING_PAUSE } else { 0 };
            form.timer = Some(Timeout::new(pause, move || self.keep_draft_now()));
        }
        self.form_changes.update(|number| *number = number.wrapping_add(1));
    }

    /// Answers a question of the form in hand.
    pub fn answer(self, path: &str, value: &str, typing: bool) {
        self.change_form(typing, |form| {
            // The page may have been redrawn under the finger: then there is nothing to answer.
            let _ = form.session.answer(path, value);
        });
    }

    /// Keeps what is typed, now: also when the page is being hidden.
    pub fn keep_draft_now(self) {
        let Some(book) = self.book() else { return };
        let Some(body) = self.draft_body() else { return };
        spawn_local(async move {
            match book.keep_draft(&body).await {
                Ok(()) => {
                    self.saved_at.set(Some(clock::now()));
                    self.trouble.set(None);
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    pub(super) fn draft_body(self) -> Option<DraftBody> {
        let inner = self.inner();
        let mut form = inner.form.borrow_mut();
        let form = form.as_mut()?;
        form.timer = None;
        let definition = form.session.form();
        Some(DraftBody {
            record: form.record.0,
            form: definition.id().to_owned(),
            version: definition.version().to_owned(),
            answers: typed::to_bytes(&form.session.draft()),
            page: u32::try_from(form.page).unwrap_or(0),
            promoted_from: form.promoted_from.map(|record| record.0),
            started_at: form.started_at,
            amends: form.amends,
        })
    }

    /// Keeps the record, unless something is wrong with it: then the problems are shown.
    pub fn finish_form(self, next: Screen) {
        let Some(book) = self.book() else { return };
        let Some(filled) = self.filled() else {
            self.change_form(false, |form| form.checked = true);
            self.router.go(Screen::Check);
            return;
        };
        spawn_local(async move {
            let (record, amends) = (filled.record, filled.amends);
            let saved = if amends {
                book.amend(record, &filled.answers).await.map(|_| ())
            } else {
                book.record_person(filled.into()).await
            };
            match saved {
                Ok(()) => {
                    self.put_form_away();
                    self.committed(&book);
                    self.look_for_drafts().await;
                    self.announcer.say_now(text::common::RECORD_SAVED.get().to_owned());
                    self.router.replace(next);
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    fn filled(self) -> Option<Ready> {
        let inner = self.inner();
        let mut form = inner.form.borrow_mut();
        let form = form.as_mut()?;
        if !form.session.problems(text::language().tag()).is_empty() {
            return None;
        }
        // A draft that is still to be written must not come after the record.
        form.timer = None;
        let definition = form.session.form();
        Some(Ready {
            record: form.record,
            amends: form.amends,
            form: FormVersion {
                id: definition.id().to_owned(),
                version: definition.version().to_owned(),
            },
            answers: form.session.answers(),
            promoted_from: form.promoted_from,
        })
    }

    /// Takes the form out of memory. What was typed is in its draft.
    pub fn put_form_away(self) {
        self.inner().form.borrow_mut().take();
        self.form_changes.update(|number| *number = number.wrapping_add(1));
    }

    /// Looks for drafts on the device.
    pub async fn look_for_drafts(self) {
        let Some(book) = self.book() else { return };
        let Ok(found) = book.drafts().await else { return };
        let views = found.iter().map(|draft: &FoundDraft| super::DraftView {
            record: draft.record,
            at: draft.at,
            open: draft.body.is_some(),
        });
        self.drafts.set(views.collect());
        *self.inner().found.borrow_mut() = found;
    }

    /// Throws a draft away: the person said so twice.
    pub fn discard_draft(self, record: RecordId) {
        let Some(book) = self.book() else { return };
        let in_hand =
            self.inner().form.borrow().as_ref().is_some_and(|form| form.record == record);
        if in_hand {
            self.put_form_away();
        }
        spawn_local(async move {
            match book.discard_draft(record).await {
                Ok(()) => self.look_for_drafts().await,
                Err(error) => self.refused(&error),
            }
        });
    }
}

/// A form without problems, ready to be kept.
struct Ready {
    record: RecordId,
    amends: bool,
    form: FormVersion,
    answers: Answers,
    promoted_from: Option<RecordId>,
}

impl From<Ready> for Filled {
    fn from(ready: Ready) -> Self {
        let Ready { record, form, answers, promoted_from, .. } = ready;
        Self { record, form, answers, promoted_from }
    }
}
