//! On a count-only device a form that was left goes out as it is: nobody unlocks there, and nothing that can be read stays.
//!
//! Not here: which forms were left (`veldpost-journal`), and forms that become whole records (`finish`).

use super::super::{Book, Field, rare};
use super::{FormInHand, moment};
use crate::text;
use std::rc::Rc;
use std::sync::Arc;
use veldpost_domain::{CampaignId, FormVersion, RecordId};
use veldpost_forms::{Form, Session};
use veldpost_journal::rows::DraftBody;
use veldpost_journal::{Filled, FoundDraft, JournalError, typed};
use wasm_bindgen_futures::spawn_local;

/// What a form held when it was left.
pub struct LeftForm {
    pub(super) filled: Filled,
    pub(super) amends: bool,
}

impl LeftForm {
    fn of_hand(form: &FormInHand) -> Self {
        let definition = form.session.form();
        Self {
            filled: Filled {
                record: form.record,
                form: FormVersion {
                    id: definition.id().to_owned(),
                    version: definition.version().to_owned(),
                },
                answers: form.session.answers(),
                promoted_from: form.promoted_from,
                campaign: form.campaign,
            },
            amends: form.amends,
        }
    }

    /// Of a form that cannot be fetched, or another: what was typed, as it stands.
    fn of_draft(form: Option<&Arc<Form>>, body: &DraftBody) -> Option<Self> {
        let typed = typed::from_bytes(&body.answers)?;
        let known = form.filter(|form| form.id() == body.form);
        let (version, answers) = match known {
            Some(form) => {
                let session = Session::restore(form.clone(), &typed, moment());
                (form.version().to_owned(), session.answers())
            }
            None => (body.version.clone(), typed),
        };
        Some(Self {
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
        })
    }
}

impl Field {
    /// The form in hand as it is, on a device that keeps nothing readable; none where nothing was answered.
    pub(in super::super) fn left_in_hand(self) -> Option<LeftForm> {
        let inner = self.inner();
        let form = inner.form.borrow();
        let form = form
            .as_ref()
            .filter(|form| form.touched && !form.finishing)?;
        self.reads_nothing().then(|| LeftForm::of_hand(form))
    }

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
    pub(super) fn queue(self, mut left: Vec<FoundDraft>) {
        let in_hand = self.peek_form(|form| form.record);
        let queueing = self.inner().queueing.clone();
        left.retain(|draft| {
            Some(draft.record) != in_hand && queueing.borrow_mut().insert(draft.record)
        });
        let Some(book) = self.book() else { return };
        if left.is_empty() && !book.remark_is_over() {
            return;
        }
        spawn_local(async move {
            let records: Vec<RecordId> = left.iter().map(|draft| draft.record).collect();
            let queued = rare::queue_left(self, book.clone(), None, left, false).await;
            let mut queueing = queueing.borrow_mut();
            records
                .iter()
                .for_each(|record| _ = queueing.remove(record));
            drop(queueing);
            // What could not be written waits where it was.
            if let Ok(queued) = queued {
                match queued.await {
                    Ok(0) => {}
                    Ok(_) => {
                        self.committed(&book);
                        self.announcer
                            .say_now(text::common::LEFT_QUEUED.get().to_owned());
                    }
                    Err(error) => self.refused(&error),
                }
            }
        });
    }

    /// For lock-and-leave: what is in hand, and whatever else was left, go out before the page goes; the round's remark too.
    pub(in super::super) async fn queue_all(self, book: Rc<Book>, in_hand: Option<LeftForm>) {
        let found = book.drafts().await.unwrap_or_default();
        if let Ok(queueing) = rare::queue_left(self, book, in_hand, found, true).await {
            let _ = queueing.await;
        }
    }

    /// In the second module. How many there were that can be read.
    pub(in super::super) async fn queue_each(
        self,
        book: &Book,
        in_hand: Option<LeftForm>,
        left: Vec<FoundDraft>,
        leaves: bool,
    ) -> Result<usize, JournalError> {
        let mut number = 0;
        let taken = in_hand.as_ref().map(|left| left.filled.record);
        if let Some(left) = in_hand {
            book.queue_unfinished(left.filled, left.amends).await?;
            number += 1;
        }
        let form = if left.is_empty() {
            None
        } else {
            self.form().await
        };
        for draft in left.iter().filter(|draft| Some(draft.record) != taken) {
            let before = match draft.body {
                Some(_) => None,
                None => book.draft_of_before(draft.record).await?,
            };
            let body = draft.body.as_ref().or(before.as_ref());
            if let Some(left) = body.and_then(|body| LeftForm::of_draft(form.as_ref(), body)) {
                book.queue_unfinished(left.filled, left.amends).await?;
                number += 1;
            }
        }
        if leaves || book.remark_is_over() {
            book.queue_remark().await?;
        }
        Ok(number)
    }
}
