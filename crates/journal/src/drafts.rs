//! A form that is being filled in survives the app: every change is sealed twice and written.
//!
//! Not here: the form itself; `DraftBody` carries its answers as bytes.

use crate::journal::{Journal, Random};
use crate::outside::Outside;
use crate::planned::Change;
use crate::record::{Filled, fields};
use crate::row::Row;
use crate::rows::{DraftBody, DraftRow};
use crate::unkept::{Refused, Unkept};
use crate::{JournalError, shelves};
use veldpost_domain::{Act, Answers, FieldChange, OperationId, Record, RecordId, RecordKind};
use veldpost_envelope::keys::LocalUse;
use veldpost_envelope::local::{open_local_draft, open_vault_draft, seal_draft, seal_local};
use veldpost_store::{Batch, Shelf, Store};
use zeroize::Zeroizing;

/// What a record of a form that was left says beside its answers: `yes`.
pub const UNFINISHED: &str = "unfinished";
/// What was typed into it and is no answer as it stands: half a year, what no longer applies. A line `name: text` for each.
pub const UNFINISHED_TYPED: &str = "unfinished_typed";

/// How long a draft opens without a passphrase: milliseconds.
pub const OPEN_FOR: i64 = 60 * 60 * 1000;

/// What a form held when it was left on a count-only device.
pub struct LeftForm {
    /// What was answered.
    pub filled: Filled,
    /// The record exists: this changes it.
    pub amends: bool,
    /// What stood in it when that began, which a draft keeps.
    pub before: Option<Answers>,
}

/// What differs, one change a field.
fn changed(before: &Answers, after: &Answers, base: OperationId) -> Vec<FieldChange> {
    let differs = |name: &&String| before.map().get(*name) != after.map().get(*name);
    let change = |name: &String| FieldChange {
        name: name.clone(),
        value: after.map().get(name).cloned(),
        base,
    };
    let names = fields(before, after).into_iter();
    names.filter(differs).map(change).collect()
}

/// An unfinished form that was found.
pub struct FoundDraft {
    /// The record that it will become.
    pub record: RecordId,
    /// When it was last changed: milliseconds since 1970.
    pub at: i64,
    /// What it holds; `None`: it needs the passphrase.
    pub body: Option<DraftBody>,
    /// The observation that it is promoted from.
    pub promoted_from: Option<RecordId>,
    /// It is on the disk; else it is in memory alone, and goes with the page.
    pub kept: bool,
    /// On a count-only device its time is over: it is queued as it is ([`Journal::queue_unfinished`]).
    pub over: bool,
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Keeps a draft as it is now. Other drafts can be read only after unlocking from then on.
    ///
    /// # Errors
    /// `TooLarge`; the store's: then it waits in memory, sealed, is among [`Journal::drafts`] and tries again with each look at them.
    pub async fn keep_draft(&self, body: &DraftBody) -> Result<(), JournalError> {
        let row = self.seal_body(body)?;
        self.write_draft(body.record, &row).await
    }

    /// Whatever was refused before it is older, and does not come after it.
    async fn write_draft(&self, record: [u8; 16], row: &DraftRow) -> Result<(), JournalError> {
        let row = row.to_bytes().to_vec();
        let number = self.memory.borrow_mut().unkept.begins(record);
        let batch = Batch::new().put(Shelf::Drafts, record, row.clone());
        let outcome = self.store.commit(batch).await;
        let unkept = &mut self.memory.borrow_mut().unkept;
        match outcome {
            Ok(()) => unkept.kept(&record, number),
            Err(_) => unkept.refused(&record, number, row),
        }
        Ok(outcome?)
    }

    /// Tries to write the drafts that were refused.
    ///
    /// # Errors
    /// The store's: then they wait still.
    pub async fn keep_refused(&self) -> Result<(), JournalError> {
        // One by one: there may be room for one of them, and another may have ended meanwhile.
        let (mut tried, mut outcome) = (0, Ok(()));
        loop {
            let next = self.memory.borrow().unkept.after(tried);
            let Some((record, number, row)) = next else {
                return outcome;
            };
            tried = number;
            let batch = Batch::new().put(Shelf::Drafts, record, row);
            match self.store.commit(batch).await {
                Ok(()) => self.memory.borrow_mut().unkept.kept(&record, number),
                Err(error) => outcome = Err(error.into()),
            }
        }
    }

    /// Whether there are drafts that were refused.
    #[must_use]
    pub fn has_refused(&self) -> bool {
        self.memory.borrow().unkept.has_any()
    }

    /// Every draft's row, the newest of each.
    async fn draft_rows(&self) -> Result<Vec<veldpost_store::Row>, JournalError> {
        let mut rows = self.store.read_all(Shelf::Drafts).await?;
        self.memory.borrow().unkept.lay_over(&mut rows);
        Ok(rows)
    }

    /// With another row in the place of one: where it waits in memory, or else in what is to be written.
    fn put_draft(&self, batch: Batch, record: [u8; 16], row: &DraftRow) -> Batch {
        let row = row.to_bytes().to_vec();
        if self.memory.borrow_mut().unkept.changed(&record, &row) {
            batch
        } else {
            batch.put(Shelf::Drafts, record, row)
        }
    }

    /// Keeps the draft that was being typed for whoever unlocks, and for nobody else. For lock-and-leave, when the vault may be
    /// forgotten already; it is sealed before anything is waited for. A count-only device, where nobody unlocks, queues it instead.
    ///
    /// # Errors
    /// As [`Journal::keep_draft`].
    pub async fn keep_draft_closed(&self, body: DraftBody) -> Result<(), JournalError> {
        let (record, mut row) = (body.record, self.seal_body(&body)?);
        row.close();
        drop(body);
        self.write_draft(record, &row).await
    }

    fn seal_body(&self, body: &DraftBody) -> Result<DraftRow, JournalError> {
        let mut row = self.seal_draft_row(&body.record, &body.to_bytes())?;
        row.promoted_from = body.promoted_from;
        Ok(row)
    }

    /// Both copies, sealed now; on a count-only device only the first.
    pub(crate) fn seal_draft_row(
        &self,
        record: &[u8; 16],
        plain: &[u8],
    ) -> Result<DraftRow, JournalError> {
        let identity = &self.identity;
        let (key, rng) = (&identity.secrets.local, &mut Random(&self.outside));
        let (local, device) = if self.keeps_nothing() {
            (seal_local(key, LocalUse::Draft, record, plain, rng), None)
        } else {
            let copies = seal_draft(key, &identity.device(), record, plain, rng);
            let copies = copies.map_err(|_| JournalError::TooLarge)?;
            (Ok(copies.local), Some(copies.vault))
        };
        Ok(DraftRow {
            at: self.outside.now(),
            local: Some(local.map_err(|_| JournalError::TooLarge)?),
            device,
            promoted_from: None,
        })
    }

    pub(crate) fn keeps_nothing(&self) -> bool {
        self.identity.membership().group
    }

    /// Drafts, newest first. Copies that open without a passphrase go after an hour; on a count-only device, where there is no
    /// other, that is told, for somebody to queue what they hold.
    ///
    /// # Errors
    /// The store's.
    pub async fn drafts(&self) -> Result<Vec<FoundDraft>, JournalError> {
        // Perhaps there is room by now.
        let _ = self.keep_refused().await;
        let now = self.outside.now();
        let mut found = Vec::new();
        let mut stale = Batch::new();
        for (key, row) in self.draft_rows().await? {
            let Ok(record) = <[u8; 16]>::try_from(key.as_slice()) else {
                continue;
            };
            let Some(mut row) = DraftRow::from_bytes(&row) else {
                continue;
            };
            let old = row.is_old(now);
            if old && self.close_row(&record, &mut row) {
                stale = self.put_draft(stale, record, &row);
            }
            let body = self.open_draft(&record, &row);
            let of_body = || body.as_ref().and_then(|body| body.promoted_from);
            let place = found.partition_point(|other: &FoundDraft| other.at >= row.at);
            let draft = FoundDraft {
                record: RecordId(record),
                at: row.at,
                promoted_from: row.promoted_from.or_else(of_body).map(RecordId),
                kept: !self.memory.borrow().unkept.waits(&record),
                body,
                over: self.keeps_nothing() && (old || row.local.is_none()),
            };
            found.insert(place, draft);
        }
        // What cannot be written is closed here all the same, and tried again with the next look: a full disk hides no form.
        if !stale.is_empty() {
            let _ = self.store.commit(stale).await;
        }
        let _ = self.close_remark(true).await;
        Ok(found)
    }

    /// Takes away the copy that opens without a passphrase. A row of before learns first which tap it is of. Whether there was one.
    fn close_row(&self, record: &[u8; 16], row: &mut DraftRow) -> bool {
        if row.local.is_some() && row.promoted_from.is_none() {
            let body = self.open_draft(record, row);
            row.promoted_from = body.and_then(|body| body.promoted_from);
        }
        row.close()
    }

    fn open_draft(&self, record: &[u8; 16], row: &DraftRow) -> Option<DraftBody> {
        DraftBody::from_bytes(&self.open_draft_copy(record, row)?)
    }

    /// What a sealed row holds, by whichever copy opens now.
    pub(crate) fn open_draft_copy(
        &self,
        record: &[u8; 16],
        row: &DraftRow,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let local = row
            .local
            .as_ref()
            .and_then(|sealed| open_local_draft(&self.identity.secrets.local, record, sealed).ok());
        local.or_else(|| {
            let memory = self.memory.borrow();
            let device = row.device.as_ref()?;
            open_vault_draft(&memory.vault.as_ref()?.encryption, record, device).ok()
        })
    }

    /// Earlier versions sealed drafts of a count-only device to that device too, and no passphrase stands before its key.
    ///
    /// # Errors
    /// The store's.
    pub async fn draft_of_before(
        &self,
        record: RecordId,
    ) -> Result<Option<DraftBody>, JournalError> {
        let row = self.store.read(Shelf::Drafts, &record.0).await?;
        let row = row.and_then(|row| DraftRow::from_bytes(&row)?.device);
        let (Some(sealed), Some(key)) = (row, self.own_encryption_key().await) else {
            return Ok(None);
        };
        let opened = open_vault_draft(&key, &record.0, &sealed);
        Ok(opened.ok().and_then(|copy| DraftBody::from_bytes(&copy)))
    }

    /// Makes drafts unreadable without the passphrase: at lock-and-leave, and when another form
    /// is opened (`except`). The first takes the open copy of the round's remark too. On a count-only device drafts are queued
    /// instead, by who knows their form.
    ///
    /// # Errors
    /// The store's.
    pub async fn close_drafts(&self, except: Option<RecordId>) -> Result<(), JournalError> {
        let remark = match except {
            None => self.close_remark(false).await,
            Some(_) => Ok(()),
        };
        let mut batch = Batch::new();
        for (key, row) in self.draft_rows().await? {
            if except.is_some_and(|record| record.0 == key.as_slice()) {
                continue;
            }
            let (Ok(record), Some(mut row)) =
                (key.as_slice().try_into(), DraftRow::from_bytes(&row))
            else {
                continue;
            };
            if self.close_row(&record, &mut row) {
                batch = self.put_draft(batch, record, &row);
            }
        }
        if !batch.is_empty() {
            self.store.commit(batch).await?;
        }
        remark
    }

    /// On a count-only device: what a form held when it was left becomes a record as it is, marked as [`UNFINISHED`], and its draft
    /// ends. Of a record that exists it becomes an amendment. What came of it already is not written twice.
    ///
    /// # Errors
    /// `TooLarge`; the store's: then the draft is still there.
    pub async fn queue_unfinished(&self, left: LeftForm) -> Result<(), JournalError> {
        let LeftForm {
            mut filled,
            amends,
            before,
        } = left;
        let record = filled.record;
        let known = {
            let memory = self.memory.borrow();
            let known = memory.records.get(record);
            if let Some(mark) = known.and_then(|known| known.text(UNFINISHED)) {
                filled.answers.set(UNFINISHED, mark);
            }
            known.map(Record::stands)
        };
        match known {
            Some(true) => {
                self.amend(record, &filled.answers, None).await?;
                return Ok(());
            }
            // It was withdrawn meanwhile.
            Some(false) => return self.discard_draft(record).await,
            None => {}
        }
        let stubs = self.stubs().await?;
        let mut of_record = stubs.iter().filter(|stub| stub.record == record.0);
        let created = of_record.find(|stub| stub.act == 0);
        if created.is_none() && !amends {
            filled.answers.set(UNFINISHED, "yes");
            let change = self.person(filled);
            // Planned once its turn has come: somebody else may have written it meanwhile.
            let written = self.write_planned(Box::new(|_| {
                let is_there = self.memory.borrow().records.get(record).is_some();
                if is_there {
                    Err(JournalError::NoRecord)
                } else {
                    Ok(change)
                }
            }));
            return match written.await {
                Err(JournalError::NoRecord) => Ok(()),
                written => written.map(|_| ()),
            };
        }
        // What stands there cannot be read here: what was changed follows what created it, and where a value is another than
        // somebody made of it since, a coordinator sees both.
        let base = OperationId(created.map_or([0; 16], |stub| stub.operation));
        let changes = changed(&before.unwrap_or_default(), &filled.answers, base);
        if changes.is_empty() {
            return self.discard_draft(record).await;
        }
        let mut change = Change::of(RecordKind::Person, record, Act::Amend { changes });
        change.finished_draft = Some(record);
        self.write(change).await?;
        Ok(())
    }

    /// Throws a draft away: the person said so twice.
    ///
    /// # Errors
    /// The store's.
    pub async fn discard_draft(&self, record: RecordId) -> Result<(), JournalError> {
        let waited = self.memory.borrow_mut().unkept.end(&record.0);
        let batch = Batch::new().delete(Shelf::Drafts, record.0);
        let outcome = self.store.commit(batch).await;
        self.ended(record, waited, outcome.is_ok());
        Ok(outcome?)
    }

    /// This book is emptied: what was refused is not written into what is left of it.
    pub(crate) fn nothing_waits(&self) {
        let mut memory = self.memory.borrow_mut();
        memory.unkept = Unkept::default();
        memory.round = None;
    }

    /// What waited of a form goes once it ended, and not before.
    pub(crate) fn ended(&self, record: RecordId, waited: Option<Refused>, ended: bool) {
        if let Some(waited) = waited.filter(|_| !ended) {
            self.memory.borrow_mut().unkept.put_back(record.0, waited);
        }
    }

    /// A fresh record id for a form that is opened.
    #[must_use]
    pub fn new_record(&self) -> RecordId {
        RecordId(self.random())
    }

    /// Empties everything on this device. What was not handed over is gone for ever.
    ///
    /// # Errors
    /// The store's: then all is still there.
    pub async fn wipe(&self) -> Result<(), JournalError> {
        let shelves = [
            Shelf::Outbox,
            Shelf::Stubs,
            Shelf::Blocks,
            Shelf::Drafts,
            Shelf::Round,
            Shelf::Aside,
            Shelf::Roster,
            Shelf::Streams,
            Shelf::Objects,
            Shelf::Originals,
            Shelf::Blobs,
        ];
        let keys = [
            shelves::BUNDLE,
            shelves::VAULT,
            shelves::VAULT_FOR_KIT,
            shelves::HEAD,
            shelves::SETTINGS,
            shelves::PREFERENCES,
            shelves::ATTEMPTS,
            shelves::MEMBERSHIP,
            shelves::LEFT,
            shelves::KEPT_TABLES,
            shelves::COUNTED,
            shelves::RELAY,
            shelves::JOIN,
        ];
        let mut batch = Batch::new();
        for shelf in shelves {
            batch = batch.clear(shelf);
        }
        for (shelf, key) in keys {
            batch = batch.delete(shelf, key);
        }
        self.store.commit(batch).await?;
        self.nothing_waits();
        Ok(())
    }
}
