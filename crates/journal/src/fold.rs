//! A region of one is its own coordinator: when unlocked it folds sealed entries into blocks,
//! reads them back, and only then drops the sealed form.
//!
//! Not here: when to fold; the driver asks after unlocking.

use crate::journal::{Journal, Random, Writer};
use crate::outside::Outside;
use crate::row::Row as _;
use crate::rows::{Head, RunRow, Stub, Stubs};
use crate::{JournalError, shelves};
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::StreamId;
use veldpost_envelope::block::{self, BlockRow};
use veldpost_envelope::canonical::Reader;
use veldpost_envelope::unlock::Vault;
use veldpost_envelope::{CkId, ContentKey, Entry, PublicKind, Purpose, content_key};
use veldpost_store::{Batch, Row, Shelf, Store};
use zeroize::Zeroizing;

/// A block is closed at this many plaintext bytes, however few rows it has.
const BLOCK_BYTES: usize = 4 * 1024 * 1024;

/// One payload out of the outbox.
pub(crate) struct TailRow {
    pub stream: StreamId,
    pub seq: u64,
    pub payload: Zeroizing<Vec<u8>>,
}

/// The entries that are not folded yet, opened.
pub(crate) struct Tail {
    /// The runs that opened, those together that stand together: from a key up to another, of one
    /// stream. What did not open stands in none.
    pub ranges: Vec<(Vec<u8>, Vec<u8>)>,
    pub rows: Vec<TailRow>,
    /// Entries or rows that did not open. They stay where they are.
    pub unreadable: usize,
}

impl Tail {
    /// Opens all rows of the outbox.
    pub(crate) fn open(outbox: Vec<Row>, vault: &Vault) -> Self {
        let mut tail = Self {
            ranges: Vec::new(),
            rows: Vec::new(),
            unreadable: 0,
        };
        let mut keys: BTreeMap<CkId, ContentKey> = BTreeMap::new();
        let mut whole = false;
        for (key, row) in outbox {
            let before = tail.unreadable;
            let after_whole = whole;
            match RunRow::from_bytes(&row) {
                Some(run) => tail.open_run(&run.entries, &mut keys, vault),
                None => tail.unreadable += 1,
            }
            // A run with anything unreadable in it is never folded away.
            whole = tail.unreadable == before;
            if whole {
                tail.add_run(key, after_whole);
            }
        }
        tail
    }

    /// Adds a run that opened; the one before it in the outbox did too, or it did not.
    fn add_run(&mut self, key: Vec<u8>, after_whole: bool) {
        let mut to = key.clone();
        to.push(0);
        match self.ranges.last_mut().filter(|_| after_whole) {
            Some((from, until)) if from.get(..16) == key.get(..16) => *until = to,
            _ => self.ranges.push((key, to)),
        }
    }

    fn open_run(&mut self, run: &[u8], keys: &mut BTreeMap<CkId, ContentKey>, vault: &Vault) {
        let Some(entries) = split(run) else {
            self.unreadable += 1;
            return;
        };
        for entry in entries {
            self.open_entry(&entry, keys, vault);
        }
    }

    fn open_entry(&mut self, entry: &Entry, keys: &mut BTreeMap<CkId, ContentKey>, vault: &Vault) {
        let header = entry.header();
        match header.public_kind {
            Some(PublicKind::ContentKey) => match content_key::open(entry, &vault.encryption) {
                Ok(key) => _ = keys.insert(key.id(), key),
                Err(_) => self.unreadable += 1,
            },
            // It stands where it was written first; what it carries carries nothing in turn.
            Some(PublicKind::Carried) => match veldpost_envelope::run::carried(entry) {
                Ok(inner) => self.open_entry(&inner, keys, vault),
                Err(_) => self.unreadable += 1,
            },
            Some(_) => {}
            None => {
                let key = header.ck_id.as_ref().and_then(|id| keys.get(id));
                match key.and_then(|key| entry.open(key).ok()) {
                    Some(payload) => self.rows.push(TailRow {
                        stream: header.stream,
                        seq: header.seq,
                        payload,
                    }),
                    None => self.unreadable += 1,
                }
            }
        }
    }
}

/// Entries stand one after the other, each a CBOR item (RFC 8742).
pub(crate) fn split(run: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut rest = Reader::new(run);
    while rest.remaining() > 0 {
        let before = rest.rest();
        rest.skip().ok()?;
        let one = before.get(..before.len() - rest.remaining())?;
        entries.push(Entry::from_bytes(one).ok()?);
    }
    Some(entries)
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Folds everything in the outbox into blocks. Returns how many rows were folded.
    ///
    /// A crash at any point loses nothing and doubles nothing: blocks are written and read back
    /// before the sealed form goes, and a row that stands in both places is one operation.
    ///
    /// # Errors
    /// `Locked`; the store's.
    pub async fn fold(&self) -> Result<usize, JournalError> {
        if !self.identity.membership().is_alone() {
            // What others have to receive stays as it was sealed.
            return Ok(0);
        }
        let mut writer = self.writer.lock().await;
        if writer.head.is_none() {
            return Ok(0);
        }
        let vault = self.vault().ok_or(JournalError::Locked)?;
        self.fold_held(&mut writer, &vault).await
    }

    /// The same, by whom the writer is held already.
    pub(crate) async fn fold_held(
        &self,
        writer: &mut Writer,
        vault: &Vault,
    ) -> Result<usize, JournalError> {
        let Some(head) = writer.head.clone() else {
            return Ok(0);
        };
        let tail = Tail::open(self.store.read_all(Shelf::Outbox).await?, vault);
        if tail.ranges.is_empty() {
            return Ok(0);
        }
        let (batch, head, written) = self.blocks(vault, &tail, head).await?;
        self.store.commit(batch).await?;
        writer.head = Some(head);
        // Entries that come later must not hang on a content key that is folded away.
        writer.content_key = None;
        for (number, rows) in &written {
            self.read_back(vault, *number, rows).await?;
        }
        let mut gone = Batch::new();
        for (from, to) in &tail.ranges {
            gone = gone
                .delete_range(Shelf::Outbox, from.clone(), to.clone())
                .delete_range(Shelf::Stubs, from.clone(), to.clone());
        }
        self.store.commit(gone).await?;
        Ok(tail.rows.len())
    }

    /// Fills the open block and as many new ones as it takes.
    async fn blocks(
        &self,
        vault: &Vault,
        tail: &Tail,
        mut head: Head,
    ) -> Result<(Batch, Head, Written), JournalError> {
        let mut stubs = self.stubs_of(&tail.ranges).await?;
        let open_key = shelves::block_key(head.block);
        let open = match self.store.read(Shelf::Blocks, &open_key).await? {
            None => None,
            Some(sealed) => {
                let id = shelves::block_id(head.block);
                let opened = block::open_block(&vault.blocks, Purpose::Count, &id, &sealed);
                if opened.is_err() {
                    head.block += 1;
                }
                opened.ok()
            }
        };
        let before: Vec<BlockRow<'_>> = open.iter().flat_map(block::Block::rows).collect();
        let mut known: BTreeSet<(StreamId, u64)> =
            before.iter().map(|row| (row.stream, row.seq)).collect();
        let fresh = tail.rows.iter().map(|row| BlockRow {
            stream: row.stream,
            seq: row.seq,
            payload: &row.payload,
        });
        let mut rows = before;
        let (mut batch, mut written) = (Batch::new(), Written::new());
        let mut bytes: usize = rows.iter().map(|row| row.payload.len()).sum();
        for row in fresh {
            if !known.insert((row.stream, row.seq)) {
                continue;
            }
            if rows.len() >= block::ROWS || bytes + row.payload.len() > BLOCK_BYTES {
                batch.append(self.block(vault, head.block, &rows, &mut stubs, &mut written)?);
                head.block += 1;
                rows.clear();
                bytes = 0;
            }
            bytes += row.payload.len();
            rows.push(row);
        }
        batch.append(self.block(vault, head.block, &rows, &mut stubs, &mut written)?);
        let sealed = self
            .identity
            .seal_row(shelves::HEAD, &head, &self.outside)?;
        Ok((
            batch.put(shelves::HEAD.0, shelves::HEAD.1, sealed),
            head,
            written,
        ))
    }

    fn block(
        &self,
        vault: &Vault,
        number: u32,
        rows: &[BlockRow<'_>],
        stubs: &mut Vec<Stub>,
        written: &mut Written,
    ) -> Result<Batch, JournalError> {
        let id = shelves::block_id(number);
        let rng = &mut Random(&self.outside);
        let sealed = block::seal_block(&vault.blocks, Purpose::Count, &id, rows, rng)
            .map_err(|_| JournalError::TooLarge)?;
        written.push((
            number,
            rows.iter().map(|row| (row.stream, row.seq)).collect(),
        ));
        // Stubs go with the first block of this fold; which block does not matter to a stub.
        let key = shelves::folded_stubs_key(number, self.random());
        let kept = Stubs {
            stubs: core::mem::take(stubs),
        };
        let batch = Batch::new().put(Shelf::Blocks, shelves::block_key(number), sealed);
        if kept.stubs.is_empty() {
            return Ok(batch);
        }
        let row = self.identity.seal_stubs(&key, &kept, &self.outside)?;
        Ok(batch.put(Shelf::Stubs, key, row))
    }

    async fn stubs_of(&self, ranges: &[(Vec<u8>, Vec<u8>)]) -> Result<Vec<Stub>, JournalError> {
        let mut stubs = Vec::new();
        for (from, to) in ranges {
            let rows = self.store.read_range(Shelf::Stubs, from, to).await?;
            let opened = rows
                .iter()
                .filter_map(|(key, row)| self.identity.open_stubs(key, row).ok());
            stubs.extend(opened.flat_map(|stubs| stubs.stubs));
        }
        Ok(stubs)
    }

    async fn read_back(
        &self,
        vault: &Vault,
        number: u32,
        rows: &[(StreamId, u64)],
    ) -> Result<(), JournalError> {
        const DAMAGED: JournalError = JournalError::Damaged("block");
        let key = shelves::block_key(number);
        let sealed = self.store.read(Shelf::Blocks, &key).await?.ok_or(DAMAGED)?;
        let id = shelves::block_id(number);
        let opened =
            block::open_block(&vault.blocks, Purpose::Count, &id, &sealed).map_err(|_| DAMAGED)?;
        let there: BTreeSet<_> = opened.rows().map(|row| (row.stream, row.seq)).collect();
        if rows.iter().all(|row| there.contains(row)) {
            Ok(())
        } else {
            Err(DAMAGED)
        }
    }

    /// What a locked device may list: every operation's stub, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn stubs(&self) -> Result<Vec<Stub>, JournalError> {
        let placed = self.placed_stubs().await?;
        Ok(placed.into_iter().map(|(stub, _)| stub).collect())
    }

    /// The same, each with where its run stands: the stream, and the place of the run's first entry. None where it was folded.
    ///
    /// # Errors
    /// The store's.
    pub async fn placed_stubs(&self) -> Result<Vec<(Stub, Option<RunPlace>)>, JournalError> {
        let rows = self.store.read_all(Shelf::Stubs).await?;
        let opened = rows.iter().filter_map(|(key, row)| {
            let stubs = self.identity.open_stubs(key, row).ok()?;
            Some((shelves::place_of_run(key), stubs.stubs))
        });
        let mut stubs: Vec<(Stub, Option<RunPlace>)> = opened
            .flat_map(|(place, stubs)| stubs.into_iter().map(move |stub| (stub, place)))
            .collect();
        stubs.sort_by_key(|(stub, _)| stub.at);
        // A crash between two steps of a fold leaves a stub in two rows.
        let mut seen = BTreeSet::new();
        stubs.retain(|(stub, _)| seen.insert(stub.operation));
        Ok(stubs)
    }
}

/// Where a run stands: its stream, and the place of its first entry there.
pub type RunPlace = (StreamId, u64);

/// Which rows stand in which block.
type Written = Vec<(u32, Vec<(StreamId, u64)>)>;
