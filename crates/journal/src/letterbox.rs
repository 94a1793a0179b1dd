//! What sync needs of the book: rows as they are on the disk, what was saved since, the writer held still, and a
//! membership that moves with the roster.
//!
//! Not here: calls, receipts, what may go (`veldpost-sync`). Nothing here needs the passphrase but the settings key.

use crate::JournalError;
use crate::journal::{Journal, Writer};
use crate::outside::{DeviceBound, Outside, sealed_as};
use crate::planned::{Change, Planned};
use crate::rows::{Head, Membership, Settings};
use crate::shelves::{BUNDLE, HEAD, JOIN, MEMBERSHIP, RELAY, SETTINGS, SOLO};
use crate::write::state;
use async_lock::MutexGuard;
use veldpost_domain::{OperationId, RecordSet, StreamId};
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::statement::{Says, Subject};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::unlock::Vault;
use veldpost_envelope::{DeviceSigningKey, LocalKey, StreamState};
use veldpost_store::{Batch, Row, Shelf, Store};

/// Rows as they are on the disk, for sync to begin with.
#[derive(Default)]
pub struct SyncRows {
    /// The row `relay`, sealed.
    pub relay: Option<Vec<u8>>,
    /// The row of a join that was not admitted yet, sealed by the device-bound key.
    pub join: Option<Vec<u8>>,
    /// Acts of the roster as signed, from genesis on.
    pub acts: Vec<Vec<u8>>,
    /// What waits.
    pub outbox: Vec<Row>,
    /// How far streams go.
    pub streams: Vec<Row>,
    /// Receipts, checkpoints, erasures.
    pub objects: Vec<Row>,
    /// Other devices' entries.
    pub originals: Vec<Row>,
    /// What stands aside.
    pub aside: Vec<Row>,
    /// Sealed blobs and welcomes.
    pub blobs: Vec<Row>,
}

/// The writer, held: nobody saves until it is let go.
pub struct HeldWriter<'a, S, O> {
    book: &'a Journal<S, O>,
    writer: MutexGuard<'a, Writer>,
    head: Head,
}

impl<S: Store, O: Outside> HeldWriter<'_, S, O> {
    /// Where the stream of the count stands.
    #[must_use]
    pub fn state(&self) -> StreamState {
        state(&self.head)
    }

    /// What its headers repeat.
    #[must_use]
    pub fn context(&self) -> StreamContext {
        self.book.identity.stream_context()
    }

    /// The invitation that a new stream names.
    #[must_use]
    pub fn invitation(&self) -> Option<[u8; 16]> {
        self.book.identity.invitation()
    }

    /// Writes rows, and with them where the stream goes on. The writer is let go, whatever becomes of it.
    ///
    /// # Errors
    /// The store's: then nothing was moved.
    pub async fn commit(mut self, batch: Batch, moved: StreamState) -> Result<(), JournalError> {
        let head = Head {
            stream: moved.stream.0,
            next_seq: moved.next_seq,
            prev_hash: moved.prev_hash.0,
            ..self.head
        };
        let book = self.book;
        let row = book.identity.seal_row(HEAD, &head, &book.outside)?;
        let written = book.store.commit(batch.put(HEAD.0, HEAD.1, row)).await;
        // A key that was handed out in the stream before opens nothing in this one.
        self.writer.content_key = None;
        match written {
            Ok(()) => self.writer.head = Some(head),
            Err(_) => self.writer.doubt = true,
        }
        Ok(written?)
    }
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// What this device is in its region.
    #[must_use]
    pub fn membership(&self) -> Membership {
        self.identity.membership().clone()
    }

    /// What a locked device signs with, and seals its own rows with.
    #[must_use]
    pub fn device_keys(&self) -> (DeviceSigningKey, LocalKey) {
        let secrets = &self.identity.secrets;
        (secrets.signing.clone(), secrets.local.clone())
    }

    /// The newest settings key that this device has.
    #[must_use]
    pub fn settings_key(&self) -> Option<SettingsKey> {
        self.identity.settings_key()
    }

    /// The vault, while it is unlocked: what opens epochs and settings keys.
    #[must_use]
    pub fn vault(&self) -> Option<Vault> {
        self.memory.borrow().vault.clone()
    }

    /// Everything that sync begins with. What is saved from now on is told by [`Journal::take_saved`].
    ///
    /// # Errors
    /// The store's.
    pub async fn sync_rows(&self) -> Result<SyncRows, JournalError> {
        // Behind the writer's lock, so that nothing is saved between these rows and the first news.
        let _writer = self.writer.lock().await;
        let wanted = [RELAY, JOIN].map(|(shelf, key)| (shelf, key.to_vec()));
        let mut few = self.store.read_many(&wanted).await?.into_iter();
        let acts = self.store.read_all(Shelf::Roster).await?;
        let rows = SyncRows {
            relay: few.next().flatten(),
            join: few.next().flatten(),
            // Keys of acts are heights, in their order. That of the genesis of a region that was left has four bytes too.
            acts: acts
                .into_iter()
                .filter(|(key, _)| key.as_slice() != SOLO.1)
                .map(|(_, act)| act)
                .collect(),
            outbox: self.store.read_all(Shelf::Outbox).await?,
            streams: self.store.read_all(Shelf::Streams).await?,
            objects: self.store.read_all(Shelf::Objects).await?,
            originals: self.store.read_all(Shelf::Originals).await?,
            aside: self.store.read_all(Shelf::Aside).await?,
            blobs: self.store.read_all(Shelf::Blobs).await?,
        };
        self.memory.borrow_mut().saved.clear();
        Ok(rows)
    }

    /// The stream that the count is written into; none before the first save.
    pub async fn stream(&self) -> Option<StreamId> {
        let writer = self.writer.lock().await;
        writer.head.as_ref().map(|head| StreamId(head.stream))
    }

    /// Rows of the outbox that were saved since the last time this was asked.
    pub fn take_saved(&self) -> Vec<Row> {
        core::mem::take(&mut self.memory.borrow_mut().saved)
    }

    /// Waits for the save that is under way, and lets no other begin. None where nothing was ever saved.
    ///
    /// # Errors
    /// The store's, when it has to be looked up what became of a save.
    pub async fn hold_writer(&self) -> Result<Option<HeldWriter<'_, S, O>>, JournalError> {
        let mut writer = self.writer.lock().await;
        self.settle(&mut writer).await?;
        Ok(writer.head.clone().map(|head| HeldWriter {
            book: self,
            writer,
            head,
        }))
    }

    /// The roster moved: what is sealed from now on follows it.
    ///
    /// # Errors
    /// The store's: then what was known before goes on.
    pub async fn keep_membership(&self, membership: Membership) -> Result<(), JournalError> {
        if *self.identity.membership() == membership {
            return Ok(());
        }
        let mut writer = self.writer.lock().await;
        let row = self
            .identity
            .seal_row(MEMBERSHIP, &membership, &self.outside)?;
        let batch = Batch::new().put(MEMBERSHIP.0, MEMBERSHIP.1, row);
        self.store.commit(batch).await?;
        let known = self.identity.membership().clone();
        if (known.epoch, known.letterbox) != (membership.epoch, membership.letterbox) {
            // One content key is for one epoch.
            writer.content_key = None;
        }
        self.identity.is_now(membership);
        Ok(())
    }

    /// A newer settings key came: it opens labels also while the device is locked.
    ///
    /// # Errors
    /// `KeysUnreadable` when the device-bound key does not seal; the store's.
    pub async fn keep_settings_key(
        &self,
        key: SettingsKey,
        device: &impl DeviceBound,
    ) -> Result<(), JournalError> {
        let bundle = device
            .seal(sealed_as::BUNDLE, &self.identity.bundle_with(&key))
            .await;
        let bundle = bundle.ok_or(JournalError::KeysUnreadable)?;
        let batch = Batch::new().put(BUNDLE.0, BUNDLE.1, bundle);
        self.store.commit(batch).await?;
        self.identity.has_settings_key(key);
        Ok(())
    }

    /// The region's settings, as far as they can be opened here; kept only when they differ.
    ///
    /// # Errors
    /// The store's.
    pub async fn follow_settings(&self, settings: Settings) -> Result<bool, JournalError> {
        let differs = self.memory.borrow().settings != settings;
        if differs {
            let row = self.identity.seal_row(SETTINGS, &settings, &self.outside)?;
            let batch = Batch::new().put(SETTINGS.0, SETTINGS.1, row);
            self.store.commit(batch).await?;
            self.memory.borrow_mut().settings = settings;
        }
        Ok(differs)
    }

    /// Says something as a coordinator: written and sent as any record is.
    ///
    /// # Errors
    /// `TooLarge` over a limit; the store's.
    pub async fn say(&self, says: Vec<Says>) -> Result<(), JournalError> {
        let acts = says.into_iter().map(|says| Planned::Says(says, None));
        self.write_acts(acts.collect()).await
    }

    /// Takes back what stands of the judgements on these subjects, as if nobody had judged.
    ///
    /// # Errors
    /// As `say`.
    pub async fn unjudge(
        &self,
        standing: Vec<(Subject, Vec<OperationId>)>,
    ) -> Result<(), JournalError> {
        let pair = |(subject, standing): (Subject, Vec<OperationId>)| {
            let ids = [OperationId(self.random()), OperationId(self.random())];
            let says = Says::unjudged(subject, &standing, ids);
            says.into_iter().zip(ids)
        };
        let acts = standing.into_iter().flat_map(pair);
        let acts = acts.map(|(says, id)| Planned::Says(says, Some(id)));
        self.write_acts(acts.collect()).await
    }

    async fn write_acts(&self, acts: Vec<Planned>) -> Result<(), JournalError> {
        let change = Change {
            acts,
            round: None,
            finished_draft: None,
        };
        self.write(change).await.map(|_| ())
    }

    /// Whether something stayed on this device alone: it is in the tables, and in no judging.
    #[must_use]
    pub fn has_left(&self) -> bool {
        !self.memory.borrow().left.is_empty()
    }

    /// What a coordinator may count, by its last judging: it takes the place of what was in memory, but not of what
    /// stayed on this device alone. Only while it is unlocked.
    pub fn take_records(&self, mut records: RecordSet) {
        let mut memory = self.memory.borrow_mut();
        if memory.vault.is_some() {
            records.merge(memory.left.clone());
            memory.records = records;
        }
    }
}
