//! Reading needs the passphrase: unlock, everything is there; lock, and it is not.
//!
//! Not here: key derivation (it runs in a worker of its own) and folding into blocks (`fold`).

use crate::begun::Begun;
use crate::fold::Tail;
use crate::journal::Journal;
use crate::outside::Outside;
use crate::rows::Attempts;
use crate::{JournalError, shelves};
use std::collections::BTreeSet;
use veldpost_domain::{Record, RecordId, RecordSet, StreamId, record::Place};
use veldpost_envelope::DeviceEncryptionKey;
use veldpost_envelope::unlock::{KdfParams, Vault, VaultLock, VaultWrap};
use veldpost_envelope::{Purpose, UnlockSecret, block, payload, secret};
use veldpost_store::{Batch, Shelf, Store};

/// Tries that cost nothing; each one after doubles the wait.
const FREE_TRIES: u32 = 3;
/// The first wait, and the longest, in milliseconds.
const WAIT: (i64, i64) = (2_000, 300_000);
/// Blocks are read in so many parts.
const PARTS: u32 = 4;

/// What unlocking found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unlocked {
    /// Records that can be read.
    pub records: usize,
    /// Records and rows that could not, now or at an earlier unlock: they stand aside.
    pub damaged: usize,
}

fn wrap_of(row: Option<Vec<u8>>) -> Result<VaultWrap, JournalError> {
    let row = row.ok_or(JournalError::Damaged("vault"))?;
    VaultWrap::from_bytes(&row).map_err(|_| JournalError::Damaged("vault"))
}

fn wait(failed: u32) -> i64 {
    match failed.checked_sub(FREE_TRIES) {
        None => 0,
        Some(more) => (WAIT.0 << more.min(10)).min(WAIT.1),
    }
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// What the passphrase must be stretched with; `Ok(None)` when none was set (practice).
    ///
    /// # Errors
    /// `TooSoon` after wrong tries; `Damaged` when the row is unreadable; the store's.
    pub async fn derivation(&self) -> Result<Option<(KdfParams, [u8; 16])>, JournalError> {
        let still = self.wait_before_next_try();
        if still > 0 {
            return Err(JournalError::TooSoon { wait: still });
        }
        Ok(match self.vault_wrap().await?.lock {
            VaultLock::Passphrase { params, salt } => Some((params, salt)),
            VaultLock::OwnKey => None,
        })
    }

    /// The device's own encryption key, where no passphrase stands before it: a count-only device reads with it what the roster
    /// hands out, also while nobody unlocks it, which nobody ever does. None with a passphrase.
    pub async fn own_encryption_key(&self) -> Option<DeviceEncryptionKey> {
        let wrap = self.vault_wrap().await.ok()?;
        match wrap.lock {
            VaultLock::Passphrase { .. } => None,
            VaultLock::OwnKey => {
                let local = &self.identity.secrets.local;
                Some(wrap.unwrap_vault_with_own_key(local).ok()?.encryption)
            }
        }
    }

    pub(crate) async fn vault_wrap(&self) -> Result<VaultWrap, JournalError> {
        let (shelf, key) = shelves::VAULT;
        wrap_of(self.store.read(shelf, key).await?)
    }

    /// Milliseconds until another passphrase may be tried.
    #[must_use]
    pub fn wait_before_next_try(&self) -> i64 {
        let Attempts { failed, last_at } = self.memory.borrow().attempts;
        // A clock that was set back must not lock anybody out for years.
        let passed = self.outside.now().saturating_sub(last_at).max(0);
        let wait = wait(failed);
        if passed > wait {
            0
        } else {
            (wait - passed).min(WAIT.1)
        }
    }

    /// Opens everything with the stretched passphrase, or without one in practice.
    ///
    /// # Errors
    /// `WrongPassphrase` with the wait until the next try; the store's.
    pub async fn unlock(&self, secret: Option<&UnlockSecret>) -> Result<Unlocked, JournalError> {
        let wanted =
            [shelves::VAULT, shelves::VAULT_FOR_KIT].map(|(shelf, key)| (shelf, key.to_vec()));
        let mut rows = self.store.read_many(&wanted).await?.into_iter();
        let wrap = wrap_of(rows.next().flatten())?;
        let for_kit = rows.next().flatten();
        let opened = match secret {
            Some(secret) => wrap.unwrap_vault(secret),
            None => wrap.unwrap_vault_with_own_key(&self.identity.secrets.local),
        };
        let Ok(vault) = opened else {
            return Err(self.wrong_passphrase().await);
        };
        if self.memory.borrow().attempts != Attempts::default() {
            // A disk that refuses keeps nobody out.
            let _ = self.keep_attempts(Attempts::default()).await;
        }
        if secret.is_some() {
            self.write_for_kit(&vault, for_kit).await;
        }
        self.read_with(vault).await
    }

    /// Reads everything, and from here on it is unlocked.
    pub(crate) async fn read_with(&self, vault: Vault) -> Result<Unlocked, JournalError> {
        // Under the writer's lock: what is saved meanwhile must not be missed.
        let writer = self.writer.lock().await;
        let blocks = writer.head.as_ref().map_or(0, |head| head.block);
        let (records, damaged) = self.read_everything(&vault, blocks).await?;
        let number = records.len();
        let left = self.left_behind(&records).await?;
        {
            let mut memory = self.memory.borrow_mut();
            memory.left = left;
            memory.records = records;
            memory.vault = Some(vault);
            memory.damaged = damaged;
        }
        drop(writer);
        Ok(Unlocked {
            records: number,
            damaged,
        })
    }

    /// Counted here whatever the disk says of it.
    async fn wrong_passphrase(&self) -> JournalError {
        let failed = self.memory.borrow().attempts.failed.saturating_add(1);
        let attempts = Attempts {
            failed,
            last_at: self.outside.now(),
        };
        let _ = self.keep_attempts(attempts).await;
        JournalError::WrongPassphrase { wait: wait(failed) }
    }

    async fn keep_attempts(&self, attempts: Attempts) -> Result<(), JournalError> {
        self.memory.borrow_mut().attempts = attempts;
        let (shelf, key) = shelves::ATTEMPTS;
        let row = self
            .identity
            .seal_row(shelves::ATTEMPTS, &attempts, &self.outside)?;
        Ok(self.store.commit(Batch::new().put(shelf, key, row)).await?)
    }

    /// Forgets all that could be read: exactly the state after a start. Capture goes on.
    pub async fn lock(&self) {
        let mut writer = self.writer.lock().await;
        writer.content_key = None;
        self.forget();
    }

    /// As [`Journal::lock`], at once, for lock-and-leave: a save under way ends by itself.
    pub fn forget(&self) {
        if let Some(mut writer) = self.writer.try_lock() {
            writer.content_key = None;
        }
        let mut memory = self.memory.borrow_mut();
        memory.vault = None;
        memory.left = RecordSet::new();
        memory.records = RecordSet::new();
        if let Some(doubted) = &mut memory.doubted {
            doubted.sealed.operations.clear();
        }
        drop(memory);
        secret::scrub_stack();
    }

    /// Forgets of the records that this process wrote those of which everything has left, on a device that keeps nothing readable.
    /// Whether there were any.
    pub fn forget_records(&self, has_left: impl Fn(StreamId, u64) -> bool) -> bool {
        let mut memory = self.memory.borrow_mut();
        let left = |record: &&Record| {
            let mut places = record.places();
            places.all(|place| place.is_some_and(|place| has_left(place.stream, place.seq)))
        };
        let left = memory.records.iter().filter(left).map(Record::id);
        let left: Vec<RecordId> = left.collect();
        for record in &left {
            memory.records.remove(*record);
        }
        !left.is_empty()
    }

    /// Everything that was kept, in parts that are all asked for at once: while one is opened the
    /// next ones come.
    async fn read_everything(
        &self,
        vault: &Vault,
        blocks: u32,
    ) -> Result<(RecordSet, usize), JournalError> {
        let bounds = parts(blocks);
        let mut asked = Vec::with_capacity(bounds.len());
        for (from, to) in &bounds {
            asked.push(Begun::of(self.store.read_range(Shelf::Blocks, from, to)).await);
        }
        let outbox = Begun::of(self.store.read_all(Shelf::Outbox)).await;
        let (mut records, mut room) = (RecordSet::new(), block::Room::default());
        let (mut damaged, mut set_aside, mut aside) = (0, 0, Batch::new());
        let mut refused = None;
        for part in asked {
            // What was asked for is waited for: an answer must find somebody.
            let rows = part.ended().await;
            for (key, sealed) in rows.unwrap_or_else(|error| {
                refused = Some(error);
                Vec::new()
            }) {
                let number = shelves::block_number(&key);
                let opened = number.and_then(|number| {
                    let id = shelves::block_id(number);
                    room.rows(&vault.blocks, Purpose::Count, &id, &sealed).ok()
                });
                let Some(rows) = opened else {
                    set_aside += 1;
                    aside = aside
                        .put(Shelf::Aside, key.clone(), sealed)
                        .delete(Shelf::Blocks, key);
                    continue;
                };
                for row in rows {
                    let place = place(row.stream, row.seq);
                    damaged += usize::from(!take(&mut records, row.payload, place));
                }
            }
        }
        let outbox = outbox.ended().await;
        if let Some(error) = refused {
            return Err(error.into());
        }
        let mut outbox = outbox?;
        if self.identity.membership().group {
            // Nothing here was sealed to this device.
            outbox.clear();
        }
        let tail = Tail::open(outbox, vault);
        damaged += tail.unreadable;
        for row in &tail.rows {
            let place = place(row.stream, row.seq);
            damaged += usize::from(!take(&mut records, &row.payload, place));
        }
        if !aside.is_empty() {
            // Setting aside is a kindness to the next start; a full disk must not stop reading.
            let _ = self.store.commit(aside).await;
        }
        damaged += self.lost_with(set_aside, &records).await?;
        Ok((records, damaged))
    }

    /// How many records nothing could be read of because their block does not open, now or at an earlier unlock: their stubs
    /// name them. At least one a block.
    async fn lost_with(
        &self,
        set_aside: usize,
        records: &RecordSet,
    ) -> Result<usize, JournalError> {
        let (from, to) = shelves::all_blocks();
        let earlier = self.store.read_range(Shelf::Aside, &from, &to).await?;
        // Where the disk took nothing, what was found now still stands among the blocks.
        let blocks = set_aside.max(earlier.len());
        if blocks == 0 {
            return Ok(0);
        }
        let rows = self.store.read_all(Shelf::Stubs).await?;
        let opened = rows
            .iter()
            .filter_map(|(key, row)| self.identity.open_stubs(key, row).ok());
        let named = opened.flat_map(|stubs| stubs.stubs);
        let named: BTreeSet<RecordId> = named.map(|stub| RecordId(stub.record)).collect();
        let lost = named.iter().filter(|id| records.get(**id).is_none());
        Ok(lost.count().max(blocks))
    }
}

/// Ranges of keys that together hold every block, of which there are about so many.
fn parts(blocks: u32) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut bounds: Vec<Vec<u8>> = (1..PARTS)
        .map(|part| shelves::block_key(blocks.div_ceil(PARTS).saturating_mul(part)))
        .collect();
    bounds.dedup();
    bounds.insert(0, Vec::new());
    // No key begins with these.
    bounds.push(vec![0xff; 8]);
    let ends = bounds.iter().skip(1).cloned();
    bounds.iter().cloned().zip(ends).collect()
}

fn place(stream: StreamId, seq: u64) -> Place {
    Place { stream, seq }
}

/// Applies a payload. One that is newer than this version is parked: it stays where it is.
fn take(records: &mut RecordSet, payload: &[u8], place: Place) -> bool {
    let Ok(decoded) = payload::decode_operation(payload) else {
        return false;
    };
    if let Some(operation) = decoded.operation {
        records.apply_at(operation, Some(place));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{parts, wait};
    use crate::shelves::block_key;

    #[test]
    fn the_parts_hold_every_block_once() {
        for blocks in [0, 1, 3, 4, 20, u32::MAX] {
            for number in [0, 1, 2, 5, 19, 20, 21, 1_000, u32::MAX] {
                let key = block_key(number);
                let holds = |(from, to): &&(Vec<u8>, Vec<u8>)| *from <= key && key < *to;
                assert_eq!(parts(blocks).iter().filter(holds).count(), 1, "{number}");
            }
        }
    }

    #[test]
    fn each_wrong_try_after_the_third_waits_longer_up_to_five_minutes() {
        let waits: Vec<i64> = (0..6).map(wait).collect();
        assert_eq!(waits, [0, 0, 0, 2_000, 4_000, 8_000]);
        assert_eq!(wait(u32::MAX), 300_000);
    }
}
