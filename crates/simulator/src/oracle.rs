//! What is known from outside: what each device was told is kept, what it sealed, what coordinators signed, and where
//! each record's copies are.
//!
//! Not here: judging it (see `check`). Nothing here is asked of the code under test but its rows.

use crate::book::{Deed, Save};
use crate::post::innermost;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Hlc, OperationId, RecordId, RecordSet, StreamId};
use veldpost_envelope::wire::{Call, Incarnation, Items};
use veldpost_envelope::{ActHash, DevicePublic, EntryHash, Kept, ObjectHash, label};
use veldpost_store::{Batch, Shelf, Write};
use veldpost_sync::authority::Evaluation;
use veldpost_sync::rows::{AsideRow, OriginalRow, RunRow};

/// What the one who saved was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Nothing: the app died, or the save failed.
    Nothing,
    /// *Bewaard*.
    Kept,
}

/// One operation of an honest device.
#[derive(Clone, Debug)]
pub struct Known {
    pub phone: usize,
    pub record: RecordId,
    pub deed: Deed,
    pub hash: EntryHash,
    pub said: Said,
    /// Its device was put back from an old copy: what copies there are is at the relay.
    pub at_relay_only: bool,
    /// No copy of it is left but what nobody can be blamed for.
    pub excused: bool,
    /// Where it was sealed first.
    pub place: Option<(StreamId, u64)>,
}

/// What is on one device's disk.
#[derive(Clone, Default)]
pub struct Disk {
    /// Each row's entries: stream, number, hash, and the hash of the sealed entry that it is or carries.
    pub rows: BTreeMap<(Shelf, Vec<u8>), Vec<Placed>>,
    /// In how many rows each sealed entry is, those that were spoilt not among them.
    pub sealed: BTreeMap<EntryHash, u32>,
}

/// An entry in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    pub stream: StreamId,
    pub seq: u64,
    pub hash: EntryHash,
    pub before: Option<EntryHash>,
    pub sealed: Option<EntryHash>,
    /// It stands in a run that was spoilt on the way: nobody can tell any more that its device wrote it.
    pub spoilt: bool,
}

impl Placed {
    /// The sealed entry, where it can be told whose it is.
    fn kept(&self) -> Option<EntryHash> {
        self.sealed.filter(|_| !self.spoilt)
    }
}

/// A page that a device got.
#[derive(Clone, Debug)]
pub struct SeenPage {
    pub at: i64,
    pub incarnation: Incarnation,
    pub own: Vec<(StreamId, u64, Option<EntryHash>)>,
    pub objects: Vec<ObjectHash>,
}

/// A receipt that a coordinator signed.
#[derive(Clone, Debug)]
pub struct Issued {
    pub signer: DevicePublic,
    pub stream: StreamId,
    pub upto: u64,
    pub hash: EntryHash,
    pub apart: veldpost_envelope::object::Ranges,
}

/// Everything that is known.
#[derive(Default)]
pub struct Oracle {
    pub operations: BTreeMap<OperationId, Known>,
    pub by_hash: BTreeMap<EntryHash, OperationId>,
    /// Whose stream it is, by the phones' numbers; an intruder's are in none.
    pub streams: BTreeMap<StreamId, usize>,
    /// The phones' keys.
    pub keys: Vec<DevicePublic>,
    /// Every hash that an honest device ever wrote at a place: more than one after an old copy was put back.
    pub chain: BTreeMap<(StreamId, u64), BTreeSet<EntryHash>>,
    pub disks: Vec<Disk>,
    /// What a judging came to, by all that it hung on.
    pub judged: BTreeMap<[u8; 32], Evaluation>,
    /// What a coordinator's judgings left to be kept, each with what counted then: the newest last.
    pub counted: BTreeMap<usize, Vec<(Vec<u8>, RecordSet)>>,
    /// What coordinators signed and wrote down.
    pub objects: BTreeSet<ObjectHash>,
    pub receipts: BTreeMap<ObjectHash, Issued>,
    pub pages: Vec<Vec<SeenPage>>,
    /// The act that admitted each late device.
    pub admitted: BTreeMap<DevicePublic, Vec<ActHash>>,
    /// The act that removed it, and how far its streams count.
    pub removed: BTreeMap<DevicePublic, Vec<Removal>>,
    /// What an intruder sealed that may not count, and why.
    pub forbidden: BTreeMap<EntryHash, &'static str>,
    /// What an intruder, who is a member, may say.
    pub allowed: BTreeSet<EntryHash>,
    /// Records with the operations on them, in the order in which they were made.
    pub records: BTreeMap<RecordId, Vec<OperationId>>,
    /// The clock of each phone's last save since it was put back.
    pub clocks: Vec<Hlc>,
    /// Calls that the relay took, and in which of its lives.
    pub taken: BTreeMap<(Call, u64), u64>,
    /// How often the relay was put back or emptied.
    pub relay_lives: u64,
    /// Entries that each phone sent, and how often a batch came again.
    pub sent: Vec<Sent>,
}

/// A removal, and the heads that still count.
#[derive(Clone, Debug)]
pub struct Removal {
    pub act: ActHash,
    pub heads: Vec<(StreamId, u64, EntryHash)>,
}

/// What one device sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub entries: BTreeSet<EntryHash>,
    pub again: u64,
    pub interruptions: u64,
}

impl Oracle {
    /// For the phones with these keys.
    pub fn new(keys: Vec<DevicePublic>) -> Self {
        let phones = keys.len();
        Self {
            keys,
            disks: vec![Disk::default(); phones],
            pages: vec![Vec::new(); phones],
            clocks: vec![Hlc::default(); phones],
            sent: vec![Sent::default(); phones],
            ..Self::default()
        }
    }

    /// What was sealed, before anybody knows whether it is kept.
    pub fn sealed(&mut self, phone: usize, save: &Save) {
        let mut places = BTreeMap::new();
        for entry in &save.entries {
            let header = entry.header();
            self.streams.insert(header.stream, phone);
            places.insert(entry.hash(), (header.stream, header.seq));
        }
        for sealed in &save.operations {
            self.by_hash.insert(sealed.hash, sealed.id);
            self.records
                .entry(sealed.record)
                .or_default()
                .push(sealed.id);
            self.operations.insert(
                sealed.id,
                Known {
                    phone,
                    record: sealed.record,
                    deed: sealed.deed,
                    hash: sealed.hash,
                    said: Said::Nothing,
                    at_relay_only: false,
                    excused: false,
                    place: places.get(&sealed.hash).copied(),
                },
            );
        }
    }

    /// *Bewaard* was shown.
    pub fn kept(&mut self, save: &Save) {
        for sealed in &save.operations {
            if let Some(known) = self.operations.get_mut(&sealed.id) {
                known.said = Said::Kept;
            }
        }
    }

    /// A batch is on a phone's disk.
    pub fn wrote(&mut self, phone: usize, batch: &Batch) {
        for write in batch.writes() {
            match write {
                Write::Put { shelf, key, value } => self.put(phone, *shelf, key, value),
                Write::Delete { shelf, key } => self.delete(phone, *shelf, key),
                Write::DeleteRange { .. } | Write::Clear { .. } => {}
            }
        }
    }

    /// A disk is another: this is on it.
    pub fn reads(&mut self, phone: usize, rows: impl Iterator<Item = (Shelf, Vec<u8>, Vec<u8>)>) {
        if let Some(disk) = self.disks.get_mut(phone) {
            *disk = Disk::default();
        }
        for (shelf, key, value) in rows {
            self.put(phone, shelf, &key, &value);
        }
    }

    fn put(&mut self, phone: usize, shelf: Shelf, key: &[u8], value: &[u8]) {
        let Some(mut placed) = placed(shelf, key, value) else {
            return;
        };
        if shelf == Shelf::Aside && self.is_spoilt(value) {
            placed.iter_mut().for_each(|entry| entry.spoilt = true);
        }
        self.delete(phone, shelf, key);
        if shelf == Shelf::Outbox {
            for entry in &placed {
                self.streams.insert(entry.stream, phone);
                let place = (entry.stream, entry.seq);
                self.chain.entry(place).or_default().insert(entry.hash);
            }
        }
        let Some(disk) = self.disks.get_mut(phone) else {
            return;
        };
        for sealed in placed.iter().filter_map(Placed::kept) {
            *disk.sealed.entry(sealed).or_default() += 1;
        }
        disk.rows.insert((shelf, key.to_vec()), placed);
    }

    fn delete(&mut self, phone: usize, shelf: Shelf, key: &[u8]) {
        let Some(disk) = self.disks.get_mut(phone) else {
            return;
        };
        let gone = disk.rows.remove(&(shelf, key.to_vec())).unwrap_or_default();
        for sealed in gone.iter().filter_map(Placed::kept) {
            let left = disk.sealed.get(&sealed).copied().unwrap_or(0);
            if left > 1 {
                disk.sealed.insert(sealed, left - 1);
            } else {
                disk.sealed.remove(&sealed);
            }
        }
    }

    /// Whether a run that stands aside does not hang together, or is not signed by its device.
    fn is_spoilt(&self, value: &[u8]) -> bool {
        let entries = AsideRow::from_bytes(value).map(|row| row.entries);
        let entries = entries.unwrap_or_default();
        let run: Vec<Kept> = Items::new(&entries)
            .filter_map(|item| Kept::from_bytes(item.ok()?).ok())
            .collect();
        let follows = run.windows(2).all(|pair| match pair {
            [one, other] => other.header().prev_hash == Some(one.hash()),
            _ => true,
        });
        let signed = run.last().is_some_and(|last| {
            let author = self.streams.get(&last.header().stream);
            let key = author.and_then(|author| self.keys.get(*author));
            let signature = last.signature();
            key.zip(signature).is_some_and(|(key, signature)| {
                key.verify(label::ENTRY, &last.hash().0, signature).is_ok()
            })
        });
        !follows || !signed
    }

    /// Whether its stream has two branches, there or before.
    pub fn is_forked(&self, known: &Known) -> bool {
        let Some((stream, seq)) = known.place else {
            return false;
        };
        let before = self.chain.range((stream, 0)..=(stream, seq));
        before.into_iter().any(|(_, hashes)| hashes.len() > 1)
    }

    /// Whether a sealed entry is on a phone's disk.
    pub fn holds(&self, phone: usize, sealed: &EntryHash) -> bool {
        let disk = self.disks.get(phone);
        disk.is_some_and(|disk| disk.sealed.contains_key(sealed))
    }
}

/// The entries of a row that keeps entries; none of any other row.
pub fn placed(shelf: Shelf, key: &[u8], value: &[u8]) -> Option<Vec<Placed>> {
    let entries = match shelf {
        Shelf::Outbox => RunRow::from_bytes(value)?.entries,
        Shelf::Originals => OriginalRow::from_bytes(value)?.entries,
        Shelf::Aside if key.starts_with(b"run/") => AsideRow::from_bytes(value)?.entries,
        _ => return None,
    };
    Some(places(&entries))
}

/// Entries that stand one after the other.
pub fn places(entries: &[u8]) -> Vec<Placed> {
    let kept = Items::new(entries).filter_map(|item| Kept::from_bytes(item.ok()?).ok());
    kept.map(|kept| Placed {
        stream: kept.header().stream,
        seq: kept.header().seq,
        hash: kept.hash(),
        before: kept.header().prev_hash,
        sealed: innermost(&kept),
        spoilt: false,
    })
    .collect()
}
