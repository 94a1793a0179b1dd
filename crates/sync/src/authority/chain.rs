//! Entries in a bag, and the chains that hang together in it: whatever the order in which they came.
//!
//! Not here: what is in them.

use core::ops::RangeInclusive;
use std::borrow::Cow;
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Place, StreamId};
use veldpost_envelope::object::{Erase, Ranges};
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::{DevicePublic, EntryHash, Kept, Purpose, RegionId, Signature, label};

/// One entry: where it stands, and which of those that may stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The stream.
    pub stream: StreamId,
    /// Its number there.
    pub seq: u64,
    /// Its hash.
    pub hash: EntryHash,
}

impl Spot {
    /// Where an entry stands.
    #[must_use]
    pub fn of(entry: &Kept) -> Self {
        let header = entry.header();
        Self {
            stream: header.stream,
            seq: header.seq,
            hash: entry.hash(),
        }
    }

    /// Where it stands, whichever it is of those that may stand there.
    pub(super) fn place(&self) -> Place {
        let Self { stream, seq, .. } = *self;
        Place { stream, seq }
    }

    /// Every entry at these places of a stream, both included.
    pub(super) fn places(stream: StreamId, first: u64, last: u64) -> RangeInclusive<Self> {
        let at = |seq, hash| Self {
            stream,
            seq,
            hash: EntryHash(hash),
        };
        at(first, [0; 32])..=at(last, [u8::MAX; 32])
    }
}

/// Every entry that came, once. Lent ones are copied only where an erasure strips them.
#[derive(Clone, Debug, Default)]
pub struct Entries<'a>(BTreeMap<Spot, Known<'a>>);

/// An entry, with every signature that it came with: a signature is no part of the hash, so that the same entry may come
/// signed and unsigned, and with one that does not hold.
#[derive(Clone, Debug)]
struct Known<'a> {
    kept: Cow<'a, Kept>,
    /// Others than its own: there are seldom any.
    others: Vec<Signature>,
}

impl Known<'_> {
    fn add(&mut self, signature: Signature) {
        if self.signatures().all(|known| *known != signature) {
            self.others.push(signature);
        }
    }

    fn signatures(&self) -> impl Iterator<Item = &Signature> {
        self.kept.signature().into_iter().chain(&self.others)
    }
}

impl<'a> Entries<'a> {
    /// Puts an entry in. Of one that comes whole and bare the whole one stays, until an erasure names it.
    pub fn insert(&mut self, entry: Kept) {
        self.put(Spot::of(&entry), Cow::Owned(entry));
    }

    /// The same for one whose place is known, so that it is not hashed again.
    pub(crate) fn lend(&mut self, spot: Spot, entry: &'a Kept) {
        self.put(spot, Cow::Borrowed(entry));
    }

    fn put(&mut self, spot: Spot, entry: Cow<'a, Kept>) {
        let known = match self.0.entry(spot) {
            Slot::Vacant(slot) => {
                slot.insert(Known {
                    kept: entry,
                    others: Vec::new(),
                });
                return;
            }
            Slot::Occupied(slot) => slot.into_mut(),
        };
        let better = known.kept.whole().is_none()
            || (opened(&known.kept).is_none() && opened(&entry).is_some());
        let other = if better && entry.whole().is_some() {
            core::mem::replace(&mut known.kept, entry)
        } else {
            entry
        };
        if let Some(signature) = other.signature() {
            known.add(*signature);
        }
    }

    /// Makes bare what an erasure names. It is to be done again when entries came since.
    pub fn erase(&mut self, erase: &Erase) {
        for (spot, known) in &mut self.0 {
            if spot.stream == erase.stream && erase.names(&known.kept) {
                known.kept = Cow::Owned(Kept::Bare(known.kept.bare()));
            }
        }
    }

    /// Makes bare what stands at these places of a stream.
    pub(crate) fn strip(&mut self, stream: StreamId, erased: &Ranges) {
        for range in erased.iter() {
            let places = Spot::places(stream, range.first(), range.last());
            for known in self.0.range_mut(places).map(|(_, known)| known) {
                known.kept = Cow::Owned(Kept::Bare(known.kept.bare()));
            }
        }
    }

    /// All of them, by stream and number.
    pub fn iter(&self) -> impl Iterator<Item = (&Spot, &Kept)> {
        self.0.iter().map(|(spot, known)| (spot, &*known.kept))
    }

    pub(super) fn chains(&self, region: &RegionId, purpose: Purpose) -> Chains<'_> {
        let mut chains = Chains::default();
        let mut streams: BTreeMap<StreamId, Vec<(Spot, &Known<'_>)>> = BTreeMap::new();
        for (spot, known) in &self.0 {
            streams.entry(spot.stream).or_default().push((*spot, known));
        }
        for (stream, entries) in &streams {
            if let Some(open) = entries.iter().find_map(|(_, known)| opened(&known.kept)) {
                chains.purposes.insert(*stream, open.purpose);
                if open.purpose == purpose {
                    chains.add(region, open, *stream, entries);
                }
            } else {
                let of_purpose = entries
                    .iter()
                    .filter(|(_, known)| known.kept.header().purpose == purpose);
                chains.gaps.extend(of_purpose.map(|(spot, _)| *spot));
            }
        }
        chains
    }
}

impl FromIterator<Kept> for Entries<'_> {
    fn from_iter<T: IntoIterator<Item = Kept>>(entries: T) -> Self {
        let mut all = Self::default();
        entries.into_iter().for_each(|entry| all.insert(entry));
        all
    }
}

/// Whose stream it is, by its entry 0. Two of them say the same, since the stream's id is made of it.
fn opened(kept: &Kept) -> Option<StreamOpen> {
    StreamOpen::read(kept.whole()?).ok()
}

/// What hangs together from entry 0 on, and is signed.
#[derive(Default)]
pub(super) struct Chains<'a> {
    pub streams: BTreeMap<StreamId, Chain<'a>>,
    purposes: BTreeMap<StreamId, Purpose>,
    gaps: BTreeSet<Spot>,
}

/// One stream, with all its branches.
pub(super) struct Chain<'a> {
    pub open: StreamOpen,
    /// In the order of their places.
    pub entries: Vec<(Spot, &'a Kept)>,
}

impl<'a> Chains<'a> {
    fn add(
        &mut self,
        region: &RegionId,
        open: StreamOpen,
        stream: StreamId,
        entries: &[(Spot, &'a Known<'_>)],
    ) {
        let covered = covered(&open.device, entries);
        let mut chain = Chain {
            open,
            entries: Vec::with_capacity(entries.len()),
        };
        let mut reached = Level::default();
        for ((spot, known), covered) in entries.iter().zip(covered) {
            let kept: &Kept = &known.kept;
            let header = kept.header();
            let follows = match header.prev_hash {
                Some(before) => spot.seq > 0 && reached.below(spot.seq, &before),
                None => spot.seq == 0 && opened(kept).is_some(),
            };
            let same = header.region == *region && header.purpose == open.purpose;
            if follows && same && covered {
                reached.add(spot.seq, spot.hash);
                chain.entries.push((*spot, kept));
            } else {
                self.gaps.insert(*spot);
            }
        }
        self.streams.insert(stream, chain);
    }

    pub fn gaps(&self) -> impl Iterator<Item = Spot> {
        self.gaps.iter().copied()
    }

    /// Places at which two entries verify.
    pub fn forks(&self) -> Vec<(StreamId, u64)> {
        let mut forks = Vec::new();
        for chain in self.streams.values() {
            let twice = chain.entries.windows(2).filter_map(|pair| match pair {
                [(one, _), (other, _)] if one.seq == other.seq => Some((one.stream, one.seq)),
                _ => None,
            });
            forks.extend(twice);
        }
        forks.dedup();
        forks
    }

    /// The purpose of any stream of which entry 0 is there.
    pub fn purpose_of(&self, stream: StreamId) -> Option<Purpose> {
        self.purposes.get(&stream).copied()
    }

    /// Whether `from` lies on the chain up to `head`, which is there.
    pub fn leads_to(&self, from: Spot, head: Spot) -> bool {
        let Some(chain) = self.streams.get(&head.stream) else {
            return false;
        };
        let Some(upto) = chain.index(&head) else {
            return false;
        };
        if from.stream != head.stream || from.seq > head.seq {
            return false;
        }
        let places = head.seq - from.seq;
        if chain.is_straight(from.seq, head.seq, upto) {
            // Without a fork between them there is one way only.
            return chain
                .index(&from)
                .is_some_and(|first| upto.checked_sub(first).map(|it| it as u64) == Some(places));
        }
        let mut at = head;
        while at.seq > from.seq {
            let before = chain.get(&at).and_then(|kept| kept.header().prev_hash);
            let Some(hash) = before else {
                return false;
            };
            at = Spot {
                stream: at.stream,
                seq: at.seq - 1,
                hash,
            };
        }
        at == from
    }
}

impl<'a> Chain<'a> {
    fn index(&self, spot: &Spot) -> Option<usize> {
        self.entries.binary_search_by_key(spot, |(at, _)| *at).ok()
    }

    fn get(&self, spot: &Spot) -> Option<&'a Kept> {
        self.entries.get(self.index(spot)?).map(|(_, kept)| *kept)
    }

    /// Whether exactly one entry stands at each place from one up to another, where the entry of this index stands.
    fn is_straight(&self, first: u64, last: u64, index: usize) -> bool {
        let begin = self.entries.partition_point(|(at, _)| at.seq < first);
        let end = self.entries.partition_point(|(at, _)| at.seq <= last);
        (end - begin) as u64 == last - first + 1 && index + 1 == end
    }
}

/// Hashes at one number of a stream, in which one walks from number to number. A place has seldom more than one.
#[derive(Default)]
struct Level {
    seq: u64,
    here: Vec<EntryHash>,
    /// Of the number that was here before.
    before: (u64, Vec<EntryHash>),
}

impl Level {
    fn go_to(&mut self, seq: u64) {
        if seq != self.seq {
            let (number, hashes) = &mut self.before;
            *number = core::mem::replace(&mut self.seq, seq);
            core::mem::swap(hashes, &mut self.here);
            self.here.clear();
        }
    }

    fn add(&mut self, seq: u64, hash: EntryHash) {
        self.go_to(seq);
        self.here.push(hash);
    }

    /// Whether that hash stands one number below.
    fn below(&mut self, seq: u64, hash: &EntryHash) -> bool {
        self.go_to(seq);
        let (number, hashes) = &self.before;
        number.checked_add(1) == Some(seq) && hashes.contains(hash)
    }
}

/// Of each entry, in their order, whether it is signed or one that hangs on it is.
fn covered(device: &DevicePublic, entries: &[(Spot, &Known<'_>)]) -> Vec<bool> {
    let mut covered = Vec::with_capacity(entries.len());
    // What is named from above, at the number that is looked at and at the one below it.
    let (mut at, mut here, mut below) = (0, Vec::new(), Vec::new());
    for (spot, known) in entries.iter().rev() {
        if spot.seq != at {
            here.clear();
            if spot.seq.checked_add(1) == Some(at) {
                core::mem::swap(&mut here, &mut below);
            }
            below.clear();
            at = spot.seq;
        }
        let holds =
            |signature: &Signature| device.verify(label::ENTRY, &spot.hash.0, signature).is_ok();
        let counts = here.contains(&spot.hash) || known.signatures().any(holds);
        if counts {
            below.extend(known.kept.header().prev_hash);
        }
        covered.push(counts);
    }
    covered.reverse();
    covered
}
