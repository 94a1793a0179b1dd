//! The device's book: it seals what is recorded, writes it in one transaction, and reads it back.
//!
//! Not here: the screen, the clock, the browser. One journal is one database; the fencing number
//! in the store makes it the only writer.

use crate::identity::Identity;
use crate::outside::{DeviceBound, Outside};
use crate::planned::Sealed;
use crate::rows::{Attempts, Head, OpenRound, Preferences, Settings};
use crate::unkept::Unkept;
use crate::{JournalError, shelves};
use async_lock::Mutex;
use std::cell::{Ref, RefCell};
use veldpost_domain::{CampaignId, OrganisationId, RecordSet};
use veldpost_envelope::content_key::ContentKeyUse;
use veldpost_envelope::unlock::Vault;
use veldpost_envelope::{ContentKey, RandomBytes};
use veldpost_store::{Batch, Row, Shelf, Store};

/// A device's book of one region.
pub struct Journal<S, O> {
    pub(crate) store: S,
    pub(crate) outside: O,
    pub(crate) identity: Identity,
    /// Held from sealing to commit: entries of a stream are written one after the other.
    pub(crate) writer: Mutex<Writer>,
    pub(crate) memory: RefCell<Memory>,
}

/// What the next entry needs to know of the last.
pub(crate) struct Writer {
    pub head: Option<Head>,
    pub content_key: Option<OpenContentKey>,
    /// A commit ended without an answer: read the head again before the next entry.
    pub doubt: bool,
}

/// The content key of this process and how much it has sealed.
#[derive(Clone)]
pub(crate) struct OpenContentKey {
    pub key: ContentKey,
    pub usage: ContentKeyUse,
}

/// What is in memory; `lock` empties all that could be read.
pub(crate) struct Memory {
    pub round: Option<OpenRound>,
    pub settings: Settings,
    pub preferences: Preferences,
    pub attempts: Attempts,
    /// What this process wrote since the last lock; everything, when unlocked.
    pub records: RecordSet,
    pub vault: Option<Vault>,
    /// Of these, what stayed behind when a region of one joined another: no coordinator's judging knows of it.
    pub left: RecordSet,
    /// Rows that did not open: set aside, reported.
    pub damaged: usize,
    /// Rows of the outbox that sync was not told of yet.
    pub saved: Vec<Row>,
    /// Drafts that the store refused.
    pub unkept: Unkept,
    /// What was being written when no answer came, and nothing could be looked up.
    pub doubted: Option<Box<Doubted>>,
}

/// What was sealed, and what becomes of the open round if it was written.
pub(crate) struct Doubted {
    pub sealed: Sealed,
    pub round: Option<Option<OpenRound>>,
}

/// The outside's randomness, as the envelope wants it.
pub(crate) struct Random<'a, O>(pub &'a O);

impl<O: Outside> RandomBytes for Random<'_, O> {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.random(bytes);
    }
}

/// Random bytes that were drawn ahead, for nonces: a browser takes as long for 24 of them as for a
/// thousand. Keys are drawn one by one, so that none lies here before or after its use.
pub(crate) struct Drawn<'a, O> {
    outside: &'a O,
    ready: Vec<u8>,
    ahead: usize,
}

/// Bytes of a nonce, and for how many nonces are drawn at once at most.
const NONCE: usize = 24;
const NONCES: usize = 64;

impl<'a, O: Outside> Drawn<'a, O> {
    /// For so many nonces.
    pub(crate) fn ahead(outside: &'a O, nonces: usize) -> Self {
        Self {
            outside,
            ready: Vec::new(),
            ahead: nonces.min(NONCES) * NONCE,
        }
    }
}

impl<O: Outside> RandomBytes for Drawn<'_, O> {
    fn fill(&mut self, bytes: &mut [u8]) {
        if self.ready.len() < bytes.len() {
            self.ready.resize(self.ahead.max(bytes.len()), 0);
            self.outside.random(&mut self.ready);
        }
        let rest = self.ready.len() - bytes.len();
        bytes.copy_from_slice(self.ready.get(rest..).unwrap_or_default());
        self.ready.truncate(rest);
    }
}

/// A book; or the parts, when there is none yet; or an error with the parts.
pub type Opened<S, O> = Result<Result<Journal<S, O>, (S, O)>, (JournalError, S, O)>;

/// The rows that a start needs, for [`Store::claim_reading`].
#[must_use]
pub fn start_rows() -> Vec<(Shelf, Vec<u8>)> {
    [
        shelves::GENESIS,
        shelves::BUNDLE,
        shelves::MEMBERSHIP,
        shelves::SETTINGS,
        shelves::HEAD,
        shelves::ROUND,
        shelves::PREFERENCES,
        shelves::ATTEMPTS,
        shelves::LEFT,
    ]
    .map(|(shelf, key)| (shelf, key.to_vec()))
    .into()
}

/// What a locked device reads when it starts.
struct Start {
    identity: Identity,
    settings: Settings,
    head: Option<Head>,
    round: Option<OpenRound>,
    preferences: Preferences,
    attempts: Attempts,
}

impl Start {
    async fn read(
        rows: Vec<Option<Vec<u8>>>,
        device: &impl DeviceBound,
    ) -> Result<Option<Self>, JournalError> {
        let mut rows = rows.into_iter();
        let mut next = || rows.next().flatten();
        let (genesis, bundle, membership, settings) = (next(), next(), next(), next());
        let (head, round, preferences, attempts) = (next(), next(), next(), next());
        let (Some(genesis), Some(bundle), Some(settings)) = (genesis, bundle, settings) else {
            return Ok(None);
        };
        let identity = Identity::open(&genesis, &bundle, membership, device).await?;
        let settings = identity.open_row(shelves::SETTINGS, &settings)?;
        let head = head
            .map(|row| identity.open_row(shelves::HEAD, &row))
            .transpose()?;
        // A round or preferences that do not open must not keep anybody from counting.
        let round = round.and_then(|row| identity.open_row(shelves::ROUND, &row).ok());
        let preferences = preferences
            .and_then(|row| identity.open_row(shelves::PREFERENCES, &row).ok())
            .unwrap_or_default();
        let attempts = attempts
            .and_then(|row| identity.open_row(shelves::ATTEMPTS, &row).ok())
            .unwrap_or_default();
        Ok(Some(Self {
            identity,
            settings,
            head,
            round,
            preferences,
            attempts,
        }))
    }
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Opens the book that is on this device, as its writer; the parts when there is none yet.
    ///
    /// # Errors
    /// As [`Journal::open_with`]; the store's own refusals.
    pub async fn open(store: S, outside: O, device: &impl DeviceBound) -> Opened<S, O> {
        match store.claim_reading(&start_rows()).await {
            Ok((_, rows)) => Self::open_with(store, outside, device, rows).await,
            Err(error) => Err((error.into(), store, outside)),
        }
    }

    /// The same, when [`start_rows`] were read with the claim already.
    ///
    /// It needs what a locked device may read, and no passphrase.
    ///
    /// # Errors
    /// `KeysUnreadable` when the browser's key does not open this device's secrets; `Damaged`
    /// when genesis does not verify.
    pub async fn open_with(
        store: S,
        outside: O,
        device: &impl DeviceBound,
        rows: Vec<Option<Vec<u8>>>,
    ) -> Opened<S, O> {
        match Start::read(rows, device).await {
            Ok(Some(start)) => Ok(Ok(Self::begin(store, outside, start))),
            Ok(None) => Ok(Err((store, outside))),
            Err(error) => Err((error, store, outside)),
        }
    }

    fn begin(store: S, outside: O, start: Start) -> Self {
        let Start {
            identity,
            settings,
            head,
            round,
            preferences,
            attempts,
        } = start;
        let memory = Memory {
            round,
            settings,
            preferences,
            attempts,
            records: RecordSet::new(),
            vault: None,
            left: RecordSet::new(),
            damaged: 0,
            saved: Vec::new(),
            unkept: Unkept::default(),
            doubted: None,
        };
        Self {
            store,
            outside,
            identity,
            writer: Mutex::new(Writer {
                head,
                content_key: None,
                doubt: false,
            }),
            memory: RefCell::new(memory),
        }
    }

    /// Whether this is practice: a book of its own that never reaches a result.
    #[must_use]
    pub fn is_practice(&self) -> bool {
        self.identity.is_practice()
    }

    /// Whether records can be read.
    #[must_use]
    pub fn is_unlocked(&self) -> bool {
        self.memory.borrow().vault.is_some()
    }

    /// The open round, if any.
    #[must_use]
    pub fn round(&self) -> Option<OpenRound> {
        self.memory.borrow().round.clone()
    }

    /// What was typed once at set-up.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.memory.borrow().settings.clone()
    }

    /// The campaign that what is begun now belongs to, whatever the region goes on to meanwhile: that of the open round, else the
    /// one that is counted for. None while nobody told this device which one that is.
    #[must_use]
    pub fn known_campaign(&self) -> Option<CampaignId> {
        let memory = self.memory.borrow();
        let of_round = memory.round.as_ref().and_then(|round| round.campaign);
        let told = memory.settings.campaign_name.is_some();
        let current = told.then_some(memory.settings.campaign);
        of_round.or(current).map(CampaignId)
    }

    /// The campaign that is counted for.
    #[must_use]
    pub fn campaign(&self) -> CampaignId {
        CampaignId(self.memory.borrow().settings.campaign)
    }

    /// The name of an organisation of the list.
    #[must_use]
    pub fn organisation_name(&self, id: OrganisationId) -> Option<String> {
        let memory = self.memory.borrow();
        let found = memory
            .settings
            .organisations
            .iter()
            .find(|known| known.id == id.0)?;
        Some(found.name.clone())
    }

    /// How the app looks and behaves here.
    #[must_use]
    pub fn preferences(&self) -> Preferences {
        self.memory.borrow().preferences.clone()
    }

    /// Records that can be read now: all of them when unlocked, else what this process wrote
    /// since the last lock.
    #[must_use]
    pub fn records(&self) -> Ref<'_, RecordSet> {
        Ref::map(self.memory.borrow(), |memory| &memory.records)
    }

    /// How many rows did not open when unlocking. They stay where they are.
    #[must_use]
    pub fn damaged(&self) -> usize {
        self.memory.borrow().damaged
    }

    /// How many records this device has recorded, withdrawn ones included.
    pub async fn recorded(&self) -> u64 {
        self.writer
            .lock()
            .await
            .head
            .as_ref()
            .map_or(0, |head| head.recorded)
    }

    /// How many commits wait to be sent or folded.
    ///
    /// # Errors
    /// The store's.
    pub async fn waiting(&self) -> Result<u64, JournalError> {
        Ok(self.store.count(Shelf::Outbox).await?)
    }

    /// The store, for what only it can say.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Gives the book back its parts, so that it can be opened anew.
    pub fn into_parts(self) -> (S, O) {
        (self.store, self.outside)
    }

    /// Keeps how the app looks and behaves.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_preferences(&self, preferences: Preferences) -> Result<(), JournalError> {
        let (shelf, key) = shelves::PREFERENCES;
        let row = self
            .identity
            .seal_row(shelves::PREFERENCES, &preferences, &self.outside)?;
        self.store.commit(Batch::new().put(shelf, key, row)).await?;
        self.memory.borrow_mut().preferences = preferences;
        Ok(())
    }

    /// Keeps changed settings of a region of one.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_settings(&self, settings: Settings) -> Result<(), JournalError> {
        let (shelf, key) = shelves::SETTINGS;
        let row = self
            .identity
            .seal_row(shelves::SETTINGS, &settings, &self.outside)?;
        self.store.commit(Batch::new().put(shelf, key, row)).await?;
        self.memory.borrow_mut().settings = settings;
        Ok(())
    }
}
