//! A device: its disk, its keys, its clock, and the process that runs on it or does not.
//!
//! Not here: what happens to it (see `drive`). A crash is the loss of `Process`: all else is on the disk.

use crate::air::Life;
use crate::book::{Book, HEAD, Hand};
use crate::dice::Dice;
use crate::post::{ADDRESS, ORIGIN};
use core::cell::{RefCell, RefMut};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::collections::{BTreeMap, VecDeque};
use veldpost_envelope::keys::EpochPublic;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{
    ActHash, ContentKey, DeviceEncryptionKey, DevicePublic, DeviceSigningKey, EntryHash,
    EpochSecret, Genesis, LocalKey, Purpose, Roster, StreamState, content_key,
};
use veldpost_store::memory::{MemoryDatabase, MemoryStore, Snapshot};
use veldpost_store::{Batch, Row, Shelf, Store, StoreError};
use veldpost_sync::authority::{Ahead, Entries, Evaluation, Knowledge, evaluate_with};
use veldpost_sync::{Device, Effect, Start};

/// A store in memory is ready at once.
pub fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// What a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Coordinates everything.
    Coordinator,
    /// Counts.
    Worker,
    /// Counts, and came late.
    Late,
}

/// A commit that a slow disk has not done yet.
pub struct Slow {
    pub commit: u64,
    pub batch: Batch,
    pub moved: Option<(Purpose, StreamState)>,
}

/// An app that runs.
pub struct Process {
    pub device: Device,
    pub book: Book,
    pub store: MemoryStore,
    pub queue: VecDeque<Effect>,
    pub slow: Option<Slow>,
    /// The writer is held by sync: nobody saves.
    pub held: bool,
    /// What a coordinator read while it was written, by the roster's head then.
    ahead: RefCell<(Option<ActHash>, Ahead)>,
}

/// Content keys that were opened, by the entry that hands them out; an opening costs a curve multiplication.
type Keys = RefCell<BTreeMap<EntryHash, Option<ContentKey>>>;

/// A device.
pub struct Phone {
    pub id: usize,
    pub role: Role,
    pub signing: DeviceSigningKey,
    pub encryption: DeviceEncryptionKey,
    pub database: MemoryDatabase,
    pub process: Option<Process>,
    pub start: u64,
    pub dice: Dice,
    /// What its clock is ahead of the true time, in milliseconds.
    pub offset: i64,
    /// Cut off until then.
    pub offline: i64,
    /// Nobody looks at it: its timers do not run.
    pub asleep: bool,
    pub unlocked: bool,
    /// An old copy of its disk.
    pub copy: Option<Snapshot>,
    /// The invitation that it came by.
    pub invitation: Option<[u8; 16]>,
    local: LocalKey,
    keys: Keys,
    epochs: RefCell<BTreeMap<u64, Vec<EpochSecret>>>,
}

impl Phone {
    /// With an empty disk but for the roster that it was founded with or invited to.
    pub fn new(id: usize, role: Role, dice: &mut Dice) -> Self {
        let mut own = Dice::new(dice.draw());
        Self {
            id,
            role,
            signing: DeviceSigningKey::generate(&mut own),
            encryption: DeviceEncryptionKey::generate(&mut own),
            database: MemoryDatabase::new(),
            process: None,
            start: 0,
            local: LocalKey::generate(&mut own),
            dice: own,
            offset: 0,
            offline: 0,
            asleep: false,
            unlocked: true,
            copy: None,
            invitation: None,
            keys: RefCell::default(),
            epochs: RefCell::default(),
        }
    }

    pub fn key(&self) -> DevicePublic {
        self.signing.public()
    }

    pub fn coordinates(&self) -> bool {
        self.role == Role::Coordinator
    }

    pub fn life(&self) -> Life {
        Life {
            phone: self.id,
            start: self.start,
        }
    }

    /// Writes the roster as far as it is known, before the first start.
    pub fn set_up(&self, acts: &[Vec<u8>]) -> Option<()> {
        let store = self.database.open();
        ready(store.claim())?.ok()?;
        let mut batch = Batch::new();
        for (height, act) in (0..).zip(acts) {
            let key = veldpost_sync::rows::act_key(height)?;
            batch = batch.put(Shelf::Roster, key, act.clone());
        }
        ready(store.commit(batch))?.ok()
    }

    /// Everything is asked of the relay anew at the next start.
    pub fn forget_relay(&self) -> Option<()> {
        let store = self.database.open();
        ready(store.claim())?.ok()?;
        let batch = Batch::new().delete(Shelf::Meta, veldpost_sync::rows::RELAY);
        ready(store.commit(batch))?.ok()
    }

    pub fn rows(&self, shelf: Shelf) -> Vec<Row> {
        let rows = ready(self.database.open().read_all(shelf));
        rows.and_then(Result::ok).unwrap_or_default()
    }

    pub fn read(&self, shelf: Shelf, key: &[u8]) -> Option<Vec<u8>> {
        ready(self.database.open().read(shelf, key))?.ok()?
    }

    /// The app starts on what is on the disk.
    pub fn open(&mut self) -> Option<()> {
        let store = self.database.open();
        ready(store.claim())?.ok()?;
        let acts: Vec<Vec<u8>> = self
            .rows(Shelf::Roster)
            .into_iter()
            .map(|row| row.1)
            .collect();
        let mut roster = Roster::new(&Genesis::verify(acts.first()?).ok()?);
        for act in acts.iter().skip(1) {
            roster.take(act).ok()?;
        }
        let book = Book::open(self.read(Shelf::Meta, HEAD).as_deref());
        let writing: Vec<_> = book
            .head
            .map(|head| head.state.stream)
            .into_iter()
            .collect();
        let device = Device::open(Start {
            key: self.signing.clone(),
            local: self.local.clone(),
            origin: ORIGIN,
            roster,
            acts,
            relay: self.read(Shelf::Meta, veldpost_sync::rows::RELAY),
            outbox: &self.rows(Shelf::Outbox),
            streams: &self.rows(Shelf::Streams),
            objects: &self.rows(Shelf::Objects),
            originals: &self.rows(Shelf::Originals),
            aside: &self.rows(Shelf::Aside),
            blobs: &self.rows(Shelf::Blobs),
            writing: &writing,
        })?;
        self.start += 1;
        self.asleep = false;
        self.process = Some(Process {
            device,
            book,
            store,
            queue: VecDeque::new(),
            slow: None,
            held: false,
            ahead: Default::default(),
        });
        Some(())
    }

    /// The roster that it holds, when it runs.
    pub fn roster(&self) -> Option<&Roster> {
        Some(self.process.as_ref()?.device.roster())
    }

    /// What it seals with; none when it does not run.
    pub fn hand(&self, now: i64, wall: bool) -> Option<Hand<'_>> {
        let roster = self.roster()?;
        let epoch = roster.epoch(Purpose::Count)?;
        let admitted = roster.member(&self.key());
        Some(Hand {
            context: StreamContext {
                region: roster.region(),
                purpose: Purpose::Count,
                epoch: epoch.epoch,
                roster_head: roster.head(),
                seen: None,
            },
            key: &self.signing,
            recipients: vec![self.encryption.public(), epoch.key],
            invitation: self.invitation.filter(|_| !admitted),
            now,
            address: ADDRESS,
            wall,
        })
    }

    /// Commits, as sync or the journal asks.
    pub fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let store = self.process.as_ref().map(|process| &process.store);
        let outcome = store.and_then(|store| ready(store.commit(batch)));
        outcome.unwrap_or(Err(StoreError::Lost))
    }

    fn epochs(&self, roster: &Roster) {
        let mut epochs = self.epochs.borrow_mut();
        epochs
            .entry(roster.height())
            .or_insert_with(|| roster.open_all(&self.encryption).epochs);
    }

    /// Which epochs this coordinator can open by that roster.
    pub fn known_epochs(&self, roster: &Roster) -> Vec<EpochPublic> {
        self.epochs(roster);
        let epochs = self.epochs.borrow();
        let known = epochs.get(&roster.height()).into_iter().flatten();
        known.map(EpochSecret::public).collect()
    }

    /// Reads what is being written, as an app does that is unlocked.
    pub fn read_ahead(&self) {
        let process = self.process.as_ref().filter(|_| self.coordinates());
        let Some(process) = process else {
            return;
        };
        let roster = process.device.roster();
        let open = |entry: &veldpost_envelope::Entry| self.handed_out(entry, roster);
        let device = &process.device;
        device.read_ahead(Purpose::Count, &mut self.ahead(process), &open);
    }

    /// With other secrets than before it begins anew.
    fn ahead<'a>(&self, process: &'a Process) -> RefMut<'a, Ahead> {
        let mut ahead = process.ahead.borrow_mut();
        let head = Some(process.device.roster().head());
        if ahead.0 != head {
            *ahead = (head, Ahead::default());
        }
        RefMut::map(ahead, |ahead| &mut ahead.1)
    }

    /// Judges what it holds with what it read ahead, and how many entries that was.
    pub fn judge_own(&self, process: &Process) -> (Evaluation, u64) {
        let (device, mut ahead) = (&process.device, self.ahead(process));
        let read = ahead.waiting() as u64;
        let entries = device.entries(Purpose::Count);
        let judged = self.judge_with(&entries, device.roster(), device, &mut ahead);
        (judged, read)
    }

    /// Judges these entries by that roster, with the secrets that this coordinator has.
    pub fn judge(&self, entries: &Entries, roster: &Roster, device: &Device) -> Evaluation {
        self.judge_with(entries, roster, device, &mut Ahead::default())
    }

    /// The same, with what was read ahead.
    fn judge_with(
        &self,
        entries: &Entries,
        roster: &Roster,
        device: &Device,
        ahead: &mut Ahead,
    ) -> Evaluation {
        let knowledge = Knowledge {
            purpose: Purpose::Count,
            entries,
            roster,
            checkpoint: &|hash| device.heads_of(hash),
            open: &|entry| self.handed_out(entry, roster),
        };
        evaluate_with(&knowledge, ahead)
    }

    /// The content key that an entry hands out, with the secrets that this coordinator has by that roster.
    pub fn handed_out(
        &self,
        entry: &veldpost_envelope::Entry,
        roster: &Roster,
    ) -> Option<ContentKey> {
        self.epochs(roster);
        let known = self.keys.borrow().get(&entry.hash()).cloned();
        if let Some(Some(key)) = known {
            return Some(key);
        }
        let epochs = self.epochs.borrow();
        let mut secrets = epochs.get(&roster.height())?.iter();
        let key = secrets.find_map(|epoch| content_key::open_as_epoch(entry, epoch).ok());
        self.keys.borrow_mut().insert(entry.hash(), key.clone());
        key
    }
}
