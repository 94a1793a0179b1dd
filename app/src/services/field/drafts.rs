//! The form in hand: opened, answered, kept as it is typed, put away.
//!
//! Not here: how a form behaves (`veldpost-forms`), how it looks (`screens::record`), and how it becomes a
//! record (`finish`).

mod finish;
mod in_hand;
mod left;

use super::{Browser, Field};
use crate::browser::{clock, files};
use crate::routes::Screen;
use crate::text;
use gloo::timers::callback::Timeout;
pub use in_hand::{FormInHand, UNKNOWN};
use leptos::prelude::*;
use std::sync::Arc;
use veldpost_domain::{CampaignId, RecordId};
use veldpost_forms::session::Key;
use veldpost_forms::{Form, Moment, Session};
use veldpost_journal::rows::DraftBody;
use veldpost_journal::{FoundDraft, Outside as _, names, typed};
use wasm_bindgen_futures::spawn_local;

/// Typing is kept after a pause of so many milliseconds; a choice at once.
pub(super) const TYPING_PAUSE: u32 = 400;

/// The question about the place, in a form that works the category out of it.
const NIGHT_PLACE: &str = "night_place";

/// The questionnaire of the count.
const FORM: &str = "/forms/ethos-count.form";

/// What a form is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new person.
    New,
    /// The person of the round's newest tap; without a tap a new one.
    Newest,
    /// The person behind a tap.
    Promote(RecordId),
    /// A record that exists.
    Amend(RecordId),
    /// A form that was left.
    Resume(RecordId),
}

pub(super) fn moment() -> Moment {
    let at = clock::now();
    Moment {
        at,
        offset_minutes: i16::try_from(clock::offset_minutes(at)).unwrap_or(0),
    }
}

impl Field {
    /// The questionnaire, fetched once; the service worker has it without a network.
    pub async fn form(self) -> Option<Arc<Form>> {
        let inner = self.inner();
        let known = inner.questionnaire.borrow().clone();
        if known.is_some() {
            return known;
        }
        let bytes = files::fetch_form(FORM).await?;
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
            let purpose = match purpose {
                Purpose::Newest => match self.newest_tap().await {
                    // Its person is nowhere yet, and the one before is somebody else.
                    _ if self.inner().tap_refused.get() => Purpose::New,
                    newest => newest.map_or(Purpose::New, Purpose::Promote),
                },
                purpose => purpose,
            };
            let Some(purpose) = self.with_what_waits(purpose).await else {
                return;
            };
            let Some(opened) = self.opened(form, purpose) else {
                return;
            };
            let record = opened.record;
            self.put_in_hand(opened);
            self.router.go(screen);
            let Some(book) = self.book_soon().await else {
                return;
            };
            if self.reads_nothing() {
                self.look_for_drafts().await;
                self.queue_others(record);
            } else {
                // Other drafts need the passphrase from now on.
                let _ = book.close_drafts(Some(record)).await;
            }
        });
    }

    /// Where a form for the same was left, that one is gone on with: opened anew it would show none of what was changed, and end its
    /// draft, or make two persons of one. None: not now.
    async fn with_what_waits(self, purpose: Purpose) -> Option<Purpose> {
        let is_of = |draft: &&FoundDraft| match purpose {
            Purpose::Amend(record) => draft.record == record,
            Purpose::Promote(tap) => draft.promoted_from == Some(tap),
            Purpose::New | Purpose::Newest | Purpose::Resume(_) => false,
        };
        let Some(book) = self.book() else {
            return Some(purpose);
        };
        let inner = self.inner();
        let mut went = None;
        loop {
            let found = match book.drafts().await {
                Ok(found) => found,
                Err(error) => {
                    self.refused(&error);
                    return None;
                }
            };
            let left = found.iter().rfind(is_of);
            let left = left.map(|draft| (draft.record, draft.body.is_some()));
            let record = left.map(|(record, _)| record);
            let goes = || record.is_some_and(|record| inner.queueing.borrow().contains(&record));
            if goes() {
                went = record;
                let asked_on = untrack(|| self.router.screen());
                self.until(|| !goes()).await;
                // Whoever went on meanwhile is left there.
                if asked_on != untrack(|| self.router.screen()) || self.peek_form(|_| ()).is_some()
                {
                    return None;
                }
                continue;
            }
            // Also where its time is over: it goes out once this one is left.
            self.take_stock(found, record);
            return match left {
                Some((record, true)) => Some(Purpose::Resume(record)),
                // One that no passphrase opens is damaged: there is nothing to go on with.
                Some(_) if !(self.reads_nothing() || book.is_unlocked()) => {
                    self.router.go(Screen::Unlock);
                    None
                }
                // It went out as it was while somebody went back to it.
                _ => Some(went.map_or(purpose, Purpose::Amend)),
            };
        }
    }

    /// A tap that is still being written has the writer's turn: which one is the newest is known when that ends. Else
    /// somebody who is quick would count one person twice.
    async fn newest_tap(self) -> Option<RecordId> {
        self.book()?.recorded().await;
        Some(self.book()?.round()?.taps.last()?.record_id())
    }

    fn opened(self, form: Arc<Form>, purpose: Purpose) -> Option<FormInHand> {
        let mut opened = match purpose {
            Purpose::New | Purpose::Newest => self.fresh(form, self.situation_before()),
            Purpose::Promote(tap) => {
                let mut opened = self.fresh(form, self.situation_of_round());
                opened.promoted_from = Some(tap);
                opened
            }
            Purpose::Amend(record) => {
                let seen = self.book()?.seen(record)?;
                let session = Session::restore(form, &seen.answers(), moment());
                let mut opened = FormInHand::new(session, record, clock::now());
                opened.amends = true;
                opened.before = Some(seen.answers().into_owned());
                opened.seen = Some(seen);
                opened.open_page(0);
                opened
            }
            Purpose::Resume(record) => {
                let inner = self.inner();
                let found = inner.found.borrow();
                let body = found
                    .iter()
                    .find(|draft| draft.record == record)?
                    .body
                    .as_ref()?;
                let answers = typed::from_bytes(&body.answers)?;
                let session = Session::restore(form, &answers, moment());
                let mut opened = FormInHand::new(session, record, body.started_at);
                opened.promoted_from = body.promoted_from.map(RecordId);
                opened.campaign = body.campaign.map(CampaignId);
                opened.amends = body.amends;
                opened.before = body.before.as_deref().and_then(typed::from_bytes);
                opened.touched = true;
                opened.open_page(usize::try_from(body.page).unwrap_or(0));
                opened
            }
        };
        opened.session.set_language(text::language().tag());
        Some(opened)
    }

    /// A new form. It carries over the situation, never the person.
    fn fresh(self, form: Arc<Form>, situation: Vec<(String, String)>) -> FormInHand {
        let mut record = RecordId([0; 16]);
        Browser.random(&mut record.0);
        let mut opened = FormInHand::new(Session::create(form, moment()), record, clock::now());
        opened.campaign = self.book().and_then(|book| book.known_campaign());
        self.set_up(&mut opened.session);
        for (name, value) in situation {
            // A form without such a question simply does not get it.
            if opened.session.answer(&name, &value).is_ok() {
                opened.carried.push(name);
            }
        }
        opened.open_first();
        opened
    }

    /// What the campaign decides: the count date, and the blocks that are switched on.
    fn set_up(self, session: &mut Session) {
        let Some(settings) = self.settings() else {
            return;
        };
        let _ = session.answer("count_date", &settings.count_date);
        for block in &settings.blocks {
            let _ = session.answer(block, "yes");
        }
    }

    /// What the round says about the place; at a desk, where there is none, what the person before had.
    fn situation_before(self) -> Vec<(String, String)> {
        let of_round = self.situation_of_round();
        if of_round.is_empty() {
            self.inner().situation.borrow().clone()
        } else {
            of_round
        }
    }

    /// What the round says about the place.
    fn situation_of_round(self) -> Vec<(String, String)> {
        let Some(round) = self.round.get_untracked() else {
            return Vec::new();
        };
        let situation = round.situation;
        // A form asks for the place, or works it out of what was asked.
        let place = situation.living_situation.clone();
        [
            (names::LIVING_SITUATION, place.clone()),
            (NIGHT_PLACE, place),
            (names::LIVING_SUBSITUATION, situation.living_subsituation),
            (names::SOURCE, situation.source),
            (names::MUNICIPALITY_STAY, situation.municipality),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
    }

    fn put_in_hand(self, form: FormInHand) {
        *self.inner().form.borrow_mut() = Some(form);
        self.form_changed();
    }

    fn form_changed(self) {
        self.form_changes
            .update(|number| *number = number.wrapping_add(1));
    }

    /// Reads the form in hand, tracked: made again after each change.
    pub fn with_form<R>(self, read: impl FnOnce(&FormInHand) -> R) -> Option<R> {
        self.form_changes.track();
        self.inner().form.borrow().as_ref().map(read)
    }

    /// As `with_form`, once: for what a tap does.
    pub fn peek_form<R>(self, read: impl FnOnce(&FormInHand) -> R) -> Option<R> {
        self.inner().form.borrow().as_ref().map(read)
    }

    /// Changes how the form in hand is shown: nothing of it is kept.
    pub fn show_form(self, change: impl FnOnce(&mut FormInHand)) {
        if let Some(form) = self.inner().form.borrow_mut().as_mut() {
            change(form);
        }
        self.form_changed();
    }

    /// Changes the form in hand and keeps it: at once, or after a pause in typing.
    pub fn change_form(self, typing: bool, change: impl FnOnce(&mut FormInHand)) {
        self.show_form(|form| {
            if !form.finishing {
                change(form);
                form.keep_place();
                form.touched = true;
                let pause = if typing { TYPING_PAUSE } else { 0 };
                form.timer = Some(Timeout::new(pause, move || self.keep_draft_now()));
            }
        });
    }

    /// Answers a question of the form in hand.
    pub fn answer(self, path: &str, value: &str, typing: bool) {
        self.change_form(typing, |form| {
            // The page may have been redrawn under the finger: then there is nothing to answer.
            if form.session.answer(path, value).is_ok() {
                form.carried.retain(|name| name != path);
            }
        });
    }

    /// A question was left after a change: from now on its problem may show.
    pub fn left(self, key: Key) {
        self.show_form(|form| {
            let mut wrong = form.problems_of_page();
            wrong.retain(|problem| problem.key == key);
            form.show(&wrong);
        });
    }

    /// Opens another page of the form in hand.
    pub fn turn_to(self, page: usize) {
        self.show_form(|form| form.open_page(page));
        // A draft comes back on the page that was open.
        self.keep_draft_now();
    }

    /// Keeps what is typed, now: also when the page is being hidden.
    pub fn keep_draft_now(self) {
        let Some(body) = self.draft_body() else {
            return;
        };
        spawn_local(async move {
            let Some(book) = self.book_soon().await else {
                return;
            };
            match book.keep_draft(&body).await {
                Ok(()) => {
                    self.saved_now();
                    self.all_well();
                }
                Err(error) => {
                    self.refused(&error);
                    // It was left meanwhile: there it is offered.
                    if !self.router.shows_form() {
                        self.look_for_drafts().await;
                    }
                }
            }
        });
    }

    /// None when nothing was answered by hand, or it is being kept as a record already.
    pub(super) fn draft_body(self) -> Option<DraftBody> {
        let inner = self.inner();
        let mut form = inner.form.borrow_mut();
        let form = form
            .as_mut()
            .filter(|form| form.touched && !form.finishing)?;
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
            campaign: form.campaign.map(|campaign| campaign.0),
            before: form.before.as_ref().map(typed::to_bytes),
        })
    }

    /// Takes the form out of memory. What was typed is kept in its draft first.
    pub fn put_form_away(self) {
        self.keep_what_waits();
        self.drop_form();
    }

    pub(super) fn drop_form(self) {
        self.inner().form.borrow_mut().take();
        self.form_changed();
    }

    fn keep_what_waits(self) {
        let inner = self.inner();
        let waits = inner
            .form
            .borrow()
            .as_ref()
            .is_some_and(|form| form.timer.is_some());
        if waits {
            self.keep_draft_now();
        }
    }

    /// The form's screens were left, by a button or by the browser's Back: its draft waits on the
    /// first screen.
    pub fn leave_form(self) {
        let finishing = self
            .inner()
            .form
            .borrow()
            .as_ref()
            .is_none_or(|form| form.finishing);
        if finishing || self.router.shows_form() {
            return;
        }
        self.keep_what_waits();
        spawn_local(async move {
            if !self.router.shows_form() {
                self.put_form_away();
            }
            self.look_for_drafts().await;
        });
    }

    /// Looks for drafts on the device.
    pub async fn look_for_drafts(self) {
        let Some(book) = self.book() else { return };
        let Ok(found) = book.drafts().await else {
            return;
        };
        self.take_stock(found, None);
    }

    /// Shows them, and queues those whose time is over but for one that is about to be in hand.
    fn take_stock(self, found: Vec<FoundDraft>, wanted: Option<RecordId>) {
        let (over, found) = found
            .into_iter()
            .partition(|draft| draft.over && Some(draft.record) != wanted);
        self.show_drafts(found);
        self.queue(over);
    }

    fn show_drafts(self, mut found: Vec<FoundDraft>) {
        {
            let inner = self.inner();
            let queueing = inner.queueing.borrow();
            found.retain(|draft| !queueing.contains(&draft.record));
        }
        let views = found.iter().map(|draft: &FoundDraft| super::DraftView {
            record: draft.record,
            at: draft.at,
            open: draft.body.is_some(),
            kept: draft.kept,
        });
        self.drafts.set(views.collect());
        *self.inner().found.borrow_mut() = found;
    }

    /// Throws a draft away: the person said so twice.
    pub fn discard_draft(self, record: RecordId) {
        let Some(book) = self.book() else { return };
        let in_hand = self
            .inner()
            .form
            .borrow()
            .as_ref()
            .is_some_and(|form| form.record == record);
        if in_hand {
            // Dropped with its timer: it must not be written again.
            self.inner().form.borrow_mut().take();
            self.form_changed();
        }
        spawn_local(async move {
            match book.discard_draft(record).await {
                Ok(()) => self.look_for_drafts().await,
                Err(error) => self.refused(&error),
            }
        });
    }
}
