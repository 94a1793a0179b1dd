//! A run of the outbox as it is looked at: its entries, their hashes, which of them are sealed.
//!
//! Not here: opening them.

use crate::authority::Spot;
use crate::rows::RunRow;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Ranges, SeqRange, WaitingRow};
use veldpost_envelope::wire::Items;
use veldpost_envelope::{EntryHash, Kept, PublicKind, Purpose, label};

/// One commit of the device's own.
#[derive(Clone)]
pub(crate) struct Run {
    pub stream: StreamId,
    pub purpose: Purpose,
    pub seqs: SeqRange,
    pub address: Option<String>,
    pub entries: Vec<Kept>,
    pub hashes: Vec<EntryHash>,
    pub sealed: Ranges,
}

impl Run {
    /// Entries of one stream that follow one another; none for anything else.
    pub fn new(address: Option<String>, entries: Vec<Kept>) -> Option<Self> {
        let first = entries.first()?.header();
        let (stream, purpose, start) = (first.stream, first.purpose, first.seq);
        let follows = entries.iter().zip(start..).all(|(entry, seq)| {
            let header = entry.header();
            header.stream == stream && header.seq == seq
        });
        let last = start.checked_add(entries.len() as u64)?.checked_sub(1)?;
        let sealed = entries
            .iter()
            .map(Kept::header)
            .filter(|header| header.public_kind.is_none())
            .map(|header| header.seq)
            .chain(carried(&entries))
            .collect();
        let hashes = entries.iter().map(Kept::hash).collect();
        follows.then_some(Self {
            stream,
            purpose,
            seqs: SeqRange::new(start, last)?,
            address,
            entries,
            hashes,
            sealed,
        })
    }

    /// Reads a row of the outbox.
    pub fn from_row(row: &[u8]) -> Option<Self> {
        let row = RunRow::from_bytes(row)?;
        Self::from_items(row.address, &row.entries)
    }

    /// Reads entries that stand one after the other.
    pub fn from_items(address: Option<String>, items: &[u8]) -> Option<Self> {
        let entries: Option<Vec<Kept>> = Items::new(items)
            .map(|item| Kept::from_bytes(item.ok()?).ok())
            .collect();
        Self::new(address, entries?)
    }

    /// What of it stands at that number or behind it: the run itself where that is all of it.
    pub fn behind(run: &Rc<Self>, seq: u64) -> Option<Rc<Self>> {
        if run.seqs.first() >= seq {
            return Some(Rc::clone(run));
        }
        let skipped = usize::try_from(seq - run.seqs.first()).ok()?;
        let rest = run.entries.get(skipped..)?.to_vec();
        Self::new(run.address.clone(), rest).map(Rc::new)
    }

    /// The row, as it is stored.
    pub fn to_row(&self) -> Vec<u8> {
        RunRow {
            address: self.address.clone(),
            entries: self.items(),
        }
        .to_bytes()
    }

    /// The entries, one after the other.
    pub fn items(&self) -> Vec<u8> {
        Kept::to_items(&self.entries)
    }

    /// The hash at a place.
    pub fn hash_at(&self, seq: u64) -> Option<EntryHash> {
        let index = seq.checked_sub(self.seqs.first())?;
        self.hashes.get(usize::try_from(index).ok()?).copied()
    }

    /// The entry with that hash at a place.
    pub fn entry_at(&self, seq: u64, hash: EntryHash) -> Option<&Kept> {
        let index = usize::try_from(seq.checked_sub(self.seqs.first())?).ok()?;
        let same = self.hashes.get(index) == Some(&hash);
        self.entries.get(index).filter(|_| same)
    }

    /// The hash of its last entry.
    pub fn last_hash(&self) -> Option<EntryHash> {
        self.hashes.last().copied()
    }

    /// Its entries, each with its hash.
    pub fn hashed(&self) -> impl Iterator<Item = (&Kept, EntryHash)> {
        self.entries.iter().zip(self.hashes.iter().copied())
    }

    /// Its entries, each with where it stands.
    pub fn placed(&self) -> impl Iterator<Item = (Spot, &Kept)> {
        let places = (self.seqs.first()..).zip(&self.hashes);
        places.zip(&self.entries).map(|((seq, hash), entry)| {
            let (stream, hash) = (self.stream, *hash);
            (Spot { stream, seq, hash }, entry)
        })
    }

    /// Tells runs apart that stand at one place, also where only a signature differs: the first bytes of the SHA-256 of
    /// the entries.
    pub fn tag(&self) -> [u8; 8] {
        let hash = label::sha256(&[&self.items()]);
        core::array::from_fn(|index| hash.get(index).copied().unwrap_or_default())
    }

    /// What the rule of section 16 asks about.
    pub fn waiting(&self) -> WaitingRow<'_> {
        WaitingRow {
            seqs: self.seqs,
            sealed: &self.sealed,
        }
    }

    /// The same without the bodies at these places; none when nothing of it that is whole lies there.
    pub fn without(&self, erased: &Ranges) -> Option<Self> {
        let meant = |entry: &Kept| entry.whole().is_some() && erased.contains(entry.header().seq);
        if !self.entries.iter().any(meant) {
            return None;
        }
        let entries = self.entries.iter().map(|entry| {
            if meant(entry) {
                Kept::Bare(entry.bare())
            } else {
                entry.clone()
            }
        });
        let bare = Self::new(self.address.clone(), entries.collect())?;
        Some(Self {
            // What was sealed stays named, so that the row can go when all of it was erased.
            sealed: self.sealed.clone(),
            ..bare
        })
    }
}

/// Places of entries that carry a sealed one, or did: when they are bare nobody can tell what they carried.
fn carried(entries: &[Kept]) -> impl Iterator<Item = u64> {
    entries
        .iter()
        .filter(|entry| match entry.whole() {
            Some(whole) => veldpost_envelope::run::carried(whole)
                .is_ok_and(|inner| inner.header().public_kind.is_none()),
            None => entry.header().public_kind == Some(PublicKind::Carried),
        })
        .map(|entry| entry.header().seq)
}
