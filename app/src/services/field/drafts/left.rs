//! On a count-only device a form that was left goes out as it is: nobody unlocks there, and nothing that can be read stays.
//!
//! Not here: which forms were left (`veldpost-journal`), and forms that become whole records (`finish`).

use super::super::{Book, Field, rare};
use super::moment;
use crate::text;
use std::rc::Rc;
use std::sync::Arc;
use veldpost_domain::{Answers, CampaignId, FormVersion, RecordId};
use veldpost_forms::{Form, Session};
use veldpost_journal::rows::DraftBody;
use veldpost_journal::{Filled, FoundDraft, JournalError, LeftForm, UNFINISHED_TYPED, typed};
use wasm_bindgen_futures::spawn_local;

/// Of a form that cannot be fetched, or another: what was typed, as it stands.
fn of_draft(form: Option<&Arc<Form>>, body: &DraftBody) -> Option<LeftForm> {
    let typed = typed::from_bytes(&body.answers)?;
    let known = form.filter(|form| form.id() == body.form);
    let (version, answers) = match known {
        Some(form) => {
            let session = Session::restore(form.clone(), &typed, moment());
            (form.version().to_owned(), with_typed(&session))
        }
        None => (body.version.clone(), typed),
    };
    Some(LeftForm {
        filled: Filled {
            record: RecordId(body.record),
            form: FormVersion {
                id: body.form.clone(),
                version,
            },
            answers,
            promoted_from: body.promoted_from.map(RecordId),
            campaign: body.campaign.map(CampaignId),
        },
        amends: body.amends,
        before: body.before.as_deref().and_then(typed::from_bytes),
    })
}

/// The answers, and beside them what was typed and is none as it stands. What was taken back, or no longer applies, goes with the form
/// as it does when a form is kept. Of what an earlier leaving put beside them stays what was not answered since.
fn with_typed(session: &Session) -> Answers {
    let mut answers = session.answers();
    let before = answers
        .text(UNFINISHED_TYPED)
        .unwrap_or_default()
        .to_owned();
    answers.map_mut().remove(UNFINISHED_TYPED);
    let unread = session.unread();
    let still = before.lines().filter(|line| {
        let name = line.split(": ").next().unwrap_or_default();
        !answers.map().contains_key(name) && unread.iter().all(|(path, _)| path != name)
    });
    let still: Vec<String> = still.map(str::to_owned).collect();
    let unread = unread
        .iter()
        .map(|(path, typed)| format!("{path}: {typed}"));
    let lines: Vec<String> = still.into_iter().chain(unread).collect();
    if !lines.is_empty() {
        answers.set(UNFINISHED_TYPED, lines.join("\n"));
    }
    answers
}

impl Field {
    /// Another form is opened: those that were left before go out.
    pub(super) fn queue_others(self, opened: RecordId) {
        let found = self.inner().found.take();
        let (kept, left) = found
            .into_iter()
            .partition(|draft| draft.record == opened || draft.body.is_none());
        self.show_drafts(kept);
        self.queue(left);
    }

    /// Puts what was left in the outbox, behind what is done meanwhile.
    pub(super) fn queue(self, left: Vec<FoundDraft>) {
        let Some(book) = self.book() else { return };
        let left = self.not_queued_yet(left);
        if left.is_empty() && !book.remark_is_over() {
            return;
        }
        spawn_local(async move {
            match self.queued(book.clone(), None, left, false).await {
                Ok(0) => {}
                Ok(_) => {
                    self.committed(&book);
                    self.announcer
                        .say_now(text::common::LEFT_QUEUED.get().to_owned());
                }
                // What could not be written waits where it was; without the module, until the next look.
                Err(JournalError::NoRecord) => {}
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Those that are neither in hand nor under way already; they are from here on.
    fn not_queued_yet(self, mut left: Vec<FoundDraft>) -> Vec<FoundDraft> {
        let in_hand = self.peek_form(|form| form.record);
        let inner = self.inner();
        let mut queueing = inner.queueing.borrow_mut();
        left.retain(|draft| Some(draft.record) != in_hand && !queueing.contains(&draft.record));
        queueing.extend(left.iter().map(|draft| draft.record));
        left
    }

    /// For lock-and-leave: whatever was left goes out before the page goes; the round's remark too.
    pub(in super::super) async fn queue_all(self, book: Rc<Book>) {
        let found = book.drafts().await.unwrap_or_default();
        let found = self.not_queued_yet(found);
        let _ = self.queued(book, None, found, true).await;
        // Those that were on their way already go before the page does as well.
        let inner = self.inner();
        self.until(|| inner.queueing.borrow().is_empty()).await;
    }

    /// How many there were that can be read. In the second module.
    pub(super) async fn queued(
        self,
        book: Rc<Book>,
        changed: Option<LeftForm>,
        left: Vec<FoundDraft>,
        leaves: bool,
    ) -> Result<usize, JournalError> {
        let records: Vec<RecordId> = left.iter().map(|draft| draft.record).collect();
        let queued = match rare::queue_left(self, book, changed, left, leaves).await {
            Ok(queued) => queued.await,
            // The module is not there now: nothing was written, and the drafts stay.
            Err(_) => Err(JournalError::NoRecord),
        };
        let inner = self.inner();
        inner
            .queueing
            .borrow_mut()
            .retain(|record| !records.contains(record));
        self.look_again();
        queued
    }

    pub(in super::super) async fn queue_each(
        self,
        book: &Book,
        changed: Option<LeftForm>,
        left: Vec<FoundDraft>,
        leaves: bool,
    ) -> Result<usize, JournalError> {
        let mut number = 0;
        if let Some(left) = changed {
            book.queue_unfinished(left).await?;
            number += 1;
        }
        let form = if left.is_empty() {
            None
        } else {
            self.form().await
        };
        for draft in &left {
            let before = match draft.body {
                Some(_) => None,
                None => book.draft_of_before(draft.record).await?,
            };
            let body = draft.body.as_ref().or(before.as_ref());
            if let Some(left) = body.and_then(|body| of_draft(form.as_ref(), body)) {
                book.queue_unfinished(left).await?;
                number += 1;
            }
        }
        if leaves || book.remark_is_over() {
            book.queue_remark().await?;
        }
        Ok(number)
    }
}
