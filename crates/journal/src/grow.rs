//! A region of one moves on with what was recorded here, in one transaction: it joins a region, or others may join it.
//!
//! Not here: a device without a book that joins (`join`), asking the relay and the person, and what is sent when.

use crate::identity::Identity;
use crate::journal::{Journal, Random, Writer};
use crate::outside::{DeviceBound, Outside, sealed_as};
use crate::planned::{Again, Planned, Written};
use crate::rows::{Head, Membership, RunRow, Settings, Stub, Stubs};
use crate::shelves::{self, Place};
use crate::write::MAX_OPERATIONS;
use crate::{JournalError, NewMember};
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Record, RecordId, RecordSet, StreamId};
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::payload::{decode_operation, mark_from_solo};
use veldpost_envelope::unlock::Vault;
use veldpost_envelope::{DeviceSecrets, Joined, Purpose, StreamWriter, block};
use veldpost_store::{Batch, Shelf, Store, StoreError};
use zeroize::Zeroizing;

/// Whom a device becomes, and what is written beside its records.
struct Move {
    identity: Identity,
    settings: Settings,
    /// A key that is new to it.
    key: Option<SettingsKey>,
    /// Rows of the roster, of keys and of blobs.
    rows: Batch,
    /// Its records go along.
    along: bool,
    /// The new stream goes on from the one of before.
    continues: bool,
}

/// What was sealed for a move.
struct Moved {
    operations: Vec<Written>,
    batch: Batch,
    writer: Option<Writer>,
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// The keys of this region of one, as of a device that is to join: they stay.
    ///
    /// # Errors
    /// `NotAlone` in any other book, practice too; `Locked`; `NoRound` while a round is open.
    pub fn newcomer(&self) -> Result<NewMember, JournalError> {
        if !self.identity.membership().is_alone() || self.is_practice() {
            return Err(JournalError::NotAlone);
        }
        if self.round().is_some() {
            return Err(JournalError::NoRound);
        }
        let vault = self.vault().ok_or(JournalError::Locked)?;
        Ok(NewMember::with(self.identity.secrets.clone(), vault))
    }

    /// Joins a region with this region of one: from here on this is a device of that region. Its records go `along`,
    /// sealed again for that region, or stay on this device.
    ///
    /// # Errors
    /// As [`Journal::newcomer`]; `NotAlone` for an invitation of a group, whose devices keep nothing that can be read;
    /// `KeysUnreadable` when the device-bound key does not seal; the store's. Then nothing was changed.
    pub async fn join_along(
        &self,
        device: &impl DeviceBound,
        joined: &Joined<'_>,
        settings: &Settings,
        along: bool,
    ) -> Result<(), JournalError> {
        const UNSEALED: JournalError = JournalError::KeysUnreadable;
        let newcomer = self.newcomer()?;
        let membership = newcomer
            .membership(joined, settings)
            .ok_or(JournalError::Damaged("genesis"))?;
        if membership.group {
            return Err(JournalError::NotAlone);
        }
        let secrets = DeviceSecrets {
            settings: Some(joined.settings_key.clone()),
            ..self.identity.secrets.clone()
        };
        let bundle = device
            .seal(sealed_as::BUNDLE, &secrets.to_bytes())
            .await
            .ok_or(UNSEALED)?;
        let (shelf, key) = shelves::GENESIS;
        let genesis = self.store.read(shelf, key).await?;
        let genesis = genesis.ok_or(JournalError::NoRegion)?;
        let mut rows = put(Batch::new(), shelves::BUNDLE, bundle);
        rows = put(rows, shelves::SOLO, genesis);
        for (height, act) in (0_u32..).zip(joined.acts) {
            rows = rows.put(Shelf::Roster, height.to_be_bytes(), act.clone());
        }
        if let Some(by) = &joined.came_by {
            let join = device.seal(sealed_as::JOIN, &by.join).await;
            rows = put(rows, shelves::JOIN, join.ok_or(UNSEALED)?);
            rows = rows.put(Shelf::Blobs, by.invitation, by.welcome);
        }
        let key = Some(joined.settings_key.clone());
        self.move_on(Move {
            identity: Identity::of(secrets, membership),
            settings: settings.clone(),
            key,
            rows,
            along,
            continues: false,
        })
        .await
    }

    /// Others may join this region of one from here on, at this relay: it grows in place, and its records count on. The
    /// `settings` say what it is called.
    ///
    /// # Errors
    /// As [`Journal::newcomer`]; `KitSkipped` where its recovery code was not proven; the store's. Then nothing was changed.
    pub async fn share(&self, relay: &str, settings: Settings) -> Result<(), JournalError> {
        self.newcomer()?;
        if !self.settings().kit_proven {
            return Err(JournalError::KitSkipped);
        }
        let membership = Membership {
            relay: Some(relay.to_owned()),
            ..self.membership()
        };
        self.move_on(Move {
            identity: Identity::of(self.identity.secrets.clone(), membership),
            settings,
            key: None,
            rows: Batch::new(),
            along: true,
            continues: true,
        })
        .await
    }

    /// Nobody saves meanwhile; either all of it is on the disk, or nothing.
    async fn move_on(&self, goal: Move) -> Result<(), JournalError> {
        let vault = self.vault().ok_or(JournalError::Locked)?;
        let mut writer = self.writer.lock().await;
        self.settle(&mut writer).await?;
        self.fold_held(&mut writer, &vault).await?;
        let moved = self.moved(&goal, &writer, &vault).await?;
        let membership = goal.identity.membership().clone();
        let outcome = self.store.commit(moved.batch).await;
        if let Err(error) = outcome {
            writer.doubt = error == StoreError::Lost;
            // Perhaps only the answer was lost: then the device is whom it was to become.
            let there = writer.doubt
                && self.settle(&mut writer).await.is_ok()
                && *self.identity.membership() == membership;
            if !there {
                return Err(error.into());
            }
        }
        *writer = moved.writer.unwrap_or(Writer {
            head: None,
            content_key: None,
            doubt: false,
        });
        self.identity.is_now(membership);
        if let Some(key) = goal.key {
            self.identity.has_settings_key(key);
        }
        let mut memory = self.memory.borrow_mut();
        memory.settings = goal.settings;
        if !goal.along {
            memory.left = memory.records.clone();
        }
        for (operation, place) in moved.operations {
            memory.records.apply_at(operation, Some(place));
        }
        Ok(())
    }

    async fn moved(
        &self,
        goal: &Move,
        writer: &Writer,
        vault: &Vault,
    ) -> Result<Moved, JournalError> {
        let to = &goal.identity;
        let membership = to.membership().clone();
        let mut batch = goal.rows.clone();
        let rows = [
            (
                shelves::SETTINGS,
                to.seal_row(shelves::SETTINGS, &goal.settings, &self.outside)?,
            ),
            (
                shelves::MEMBERSHIP,
                to.seal_row(shelves::MEMBERSHIP, &membership, &self.outside)?,
            ),
        ];
        for (place, row) in rows {
            batch = put(batch, place, row);
        }
        // What did not fold does not open: nobody is to be sent it.
        for (key, row) in self.store.read_all(Shelf::Outbox).await? {
            let aside = shelves::left_key(&key);
            batch = batch
                .put(Shelf::Aside, aside, row)
                .delete(Shelf::Outbox, key);
        }
        let mut moved = Moved {
            operations: Vec::new(),
            batch,
            writer: None,
        };
        let Some(head) = &writer.head else {
            return Ok(moved);
        };
        let mut next = self.open_stream(goal, head, &mut moved.batch);
        if goal.along {
            next = self.seal_again(to, next, vault, &mut moved).await?;
        }
        if let Some(head) = &next.head {
            let row = to.seal_row(shelves::HEAD, head, &self.outside)?;
            moved.batch = put(core::mem::take(&mut moved.batch), shelves::HEAD, row);
        }
        moved.writer = Some(next);
        Ok(moved)
    }

    /// The stream that this device writes from now on. Clock and numbers go on.
    fn open_stream(&self, goal: &Move, head: &Head, batch: &mut Batch) -> Writer {
        let to = &goal.identity;
        let (stream, opening) = StreamWriter::open(
            to.stream_context(),
            &to.secrets.signing,
            to.invitation(),
            goal.continues.then_some(StreamId(head.stream)),
            &mut Random(&self.outside),
        );
        let after = stream.state();
        let relay = to.membership().relay.clone();
        let run = RunRow::of(&[opening], relay.as_deref());
        let key = veldpost_store::run_key(&after.stream.0, 0);
        *batch = core::mem::take(batch).put(Shelf::Outbox, key, run);
        Writer {
            head: Some(Head {
                stream: after.stream.0,
                next_seq: after.next_seq,
                prev_hash: after.prev_hash.0,
                ..head.clone()
            }),
            content_key: None,
            doubt: false,
        }
    }

    /// Seals every operation of the blocks for the region, each once, and moves its stub.
    async fn seal_again(
        &self,
        to: &Identity,
        mut writer: Writer,
        vault: &Vault,
        moved: &mut Moved,
    ) -> Result<Writer, JournalError> {
        let mut known = BTreeMap::new();
        let kept = self.store.read_all(Shelf::Stubs).await?;
        let kept: Vec<(Vec<u8>, Vec<Stub>)> = kept
            .into_iter()
            .filter_map(|(key, row)| Some((self.identity.open_stubs(&key, &row).ok()?, key)))
            .map(|(stubs, key)| (key, stubs.stubs))
            .collect();
        for stub in kept.iter().flat_map(|(_, stubs)| stubs) {
            known.insert(stub.operation, stub.clone());
        }
        let payloads = self.payloads(vault).await?;
        let mut sealed = BTreeSet::new();
        let mut again = Vec::new();
        for payload in payloads {
            let Ok(decoded) = decode_operation(&payload) else {
                continue;
            };
            if sealed.insert(decoded.id.0) {
                again.push(self.again(&payload, known.get(&decoded.id.0))?);
            }
        }
        let mut acts = again.into_iter().peekable();
        while acts.peek().is_some() {
            let run = self.seal_as(to, &writer, &mut acts, MAX_OPERATIONS)?;
            let (operations, batch, after) = run.into_rows();
            moved.operations.extend(operations);
            moved.batch.append(batch);
            writer = after;
        }
        for (key, mut stubs) in kept {
            let before = stubs.len();
            stubs.retain(|stub| !sealed.contains(&stub.operation));
            let batch = core::mem::take(&mut moved.batch);
            moved.batch = if stubs.is_empty() {
                batch.delete(Shelf::Stubs, key)
            } else if stubs.len() < before {
                let row = to.seal_stubs(&key, &Stubs { stubs }, &self.outside)?;
                batch.put(Shelf::Stubs, key, row)
            } else {
                batch
            };
        }
        Ok(writer)
    }

    fn again(&self, payload: &[u8], stub: Option<&Stub>) -> Result<Planned, JournalError> {
        const DAMAGED: JournalError = JournalError::Damaged("block");
        let payload = mark_from_solo(payload).map_err(|_| DAMAGED)?;
        let decoded = decode_operation(&payload).map_err(|_| DAMAGED)?;
        let (hlc, operation) = (decoded.hlc, decoded.operation);
        let made = i64::try_from(hlc.millis()).unwrap_or(i64::MAX);
        let fresh = || Some(crate::write::stub(operation.as_ref()?, made));
        let stub = stub.cloned().or_else(fresh);
        Ok(Planned::Again(Box::new(Again {
            payload,
            hlc,
            operation,
            stub,
        })))
    }

    /// What stands in the blocks that open, in the order in which it was written.
    async fn payloads(&self, vault: &Vault) -> Result<Vec<Zeroizing<Vec<u8>>>, JournalError> {
        let mut payloads = Vec::new();
        for (_, block) in self.blocks_that_open(vault).await? {
            let rows = block.rows();
            payloads.extend(rows.map(|row| Zeroizing::new(row.payload.to_vec())));
        }
        Ok(payloads)
    }

    async fn blocks_that_open(
        &self,
        vault: &Vault,
    ) -> Result<Vec<(Vec<u8>, block::Block)>, JournalError> {
        let sealed = self.store.read_all(Shelf::Blocks).await?;
        let opened = sealed.into_iter().filter_map(|(key, sealed)| {
            let id = shelves::block_id(shelves::block_number(&key)?);
            let opened = block::open_block(&vault.blocks, Purpose::Count, &id, &sealed).ok()?;
            Some((key, opened))
        });
        Ok(opened.collect())
    }

    /// Blocks of the region of one that was left go once all that stands in them arrived, as `arrived` says of the
    /// place of a run; and with the last of them that region's genesis. Returns how many went.
    ///
    /// # Errors
    /// `Locked`; the store's: then they are still there.
    pub async fn drop_left_blocks(
        &self,
        arrived: impl Fn(StreamId, u64) -> bool,
    ) -> Result<usize, JournalError> {
        if !self.identity.membership().is_shared() {
            return Ok(0);
        }
        let all = self.store.count(Shelf::Blocks).await?;
        if all == 0 {
            return Ok(0);
        }
        let vault = self.vault().ok_or(JournalError::Locked)?;
        let placed = self.placed_stubs().await?;
        let there: BTreeSet<[u8; 16]> = placed
            .into_iter()
            .filter(|(_, place)| place.is_some_and(|(stream, seq)| arrived(stream, seq)))
            .map(|(stub, _)| stub.operation)
            .collect();
        let mut gone = Batch::new();
        let mut dropped = 0;
        for (key, block) in self.blocks_that_open(&vault).await? {
            let mut rows = block.rows();
            let arrived = |payload: &[u8]| {
                decode_operation(payload).is_ok_and(|read| there.contains(&read.id.0))
            };
            if rows.all(|row| arrived(row.payload)) {
                gone = gone.delete(Shelf::Blocks, key);
                dropped += 1;
            }
        }
        if dropped == 0 {
            return Ok(0);
        }
        if dropped as u64 == all && !self.left_aside().await? {
            gone = gone.delete(shelves::SOLO.0, shelves::SOLO.1);
        }
        self.store.commit(gone).await?;
        Ok(dropped)
    }

    /// Of these records, those that stayed behind: of each there are stubs, and none says where it waits or waited.
    pub(crate) async fn left_behind(&self, records: &RecordSet) -> Result<RecordSet, JournalError> {
        let mut left = RecordSet::new();
        let shared = self.identity.membership().is_shared();
        if !shared || self.store.count(Shelf::Blocks).await? == 0 {
            return Ok(left);
        }
        let mut sent = BTreeMap::new();
        for (stub, place) in self.placed_stubs().await? {
            *sent.entry(RecordId(stub.record)).or_insert(false) |= place.is_some();
        }
        for (id, _) in sent.into_iter().filter(|(_, sent)| !sent) {
            let operations = records.get(id).into_iter().flat_map(Record::operations);
            left.extend(operations.cloned());
        }
        Ok(left)
    }

    /// Whether anything stands aside that belonged to the region of one.
    async fn left_aside(&self) -> Result<bool, JournalError> {
        let aside = self.store.read_all(Shelf::Aside).await?;
        let left = |key: &[u8]| shelves::is_left(key) || shelves::block_number(key).is_some();
        Ok(aside.iter().any(|(key, _)| left(key)))
    }
}

fn put(batch: Batch, (shelf, key): Place, row: impl Into<Vec<u8>>) -> Batch {
    batch.put(shelf, key, row)
}
