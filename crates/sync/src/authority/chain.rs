//! Entries in a bag, and the chains that hang together in it: whatever the order in which they came.
//!
//! Not here: what is in them.

use core::ops::RangeInclusive;
use std::borrow::Cow;
use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::StreamId;
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
    signatures: BTreeSet<Signature>,
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
        let signature = entry.signature().copied();
        let known = match self.0.entry(spot) {
            Slot::Vacant(slot) => {
                slot.insert(Known {
                    kept: entry,
                    signatures: signature.into_iter().collect(),
                });
                return;
            }
            Slot::Occupied(slot) => slot.into_mut(),
        };
        known.signatures.extend(signature);
        let better = known.kept.whole().is_none()
            || (opened(&known.kept).is_none() && opened(&entry).is_some());
        if better && entry.whole().is_some() {
            known.kept = entry;
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
    pub entries: BTreeMap<Spot, &'a Kept>,
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
            entries: BTreeMap::new(),
        };
        let mut reached = BTreeSet::new();
        for (spot, known) in entries {
            let kept: &Kept = &known.kept;
            let header = kept.header();
            let follows = match header.prev_hash {
                Some(before) => reached.contains(&(spot.seq, before)),
                None => spot.seq == 0 && opened(kept).is_some(),
            };
            let same = header.region == *region && header.purpose == open.purpose;
            if follows && same && covered.contains(&spot.hash) {
                reached.insert((spot.seq.saturating_add(1), spot.hash));
                chain.entries.insert(*spot, kept);
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
            let spots: Vec<&Spot> = chain.entries.keys().collect();
            let twice = spots.windows(2).filter_map(|pair| match pair {
                [one, other] if one.seq == other.seq => Some((one.stream, one.seq)),
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
        if from.stream != head.stream || from.seq > head.seq || !chain.entries.contains_key(&head) {
            return false;
        }
        // Without a fork above it there is one way only.
        let above = chain.entries.range(from..=head);
        let places = head.seq - from.seq + 1;
        if above.count() as u64 == places && !chain.is_forked(from, head) {
            return true;
        }
        let mut at = head;
        while at.seq > from.seq {
            let before = chain
                .entries
                .get(&at)
                .and_then(|kept| kept.header().prev_hash);
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

impl Chain<'_> {
    /// Whether two entries stand at one place between two others, both included.
    fn is_forked(&self, from: Spot, head: Spot) -> bool {
        let whole = Spot::places(from.stream, from.seq, head.seq);
        self.entries.range(whole).count() as u64 != head.seq - from.seq + 1
    }
}

/// Entries that are signed, or of which one that hangs on them is.
fn covered(device: &DevicePublic, entries: &[(Spot, &Known<'_>)]) -> BTreeSet<EntryHash> {
    let mut covered = BTreeSet::new();
    for (spot, known) in entries.iter().rev() {
        let holds =
            |signature: &Signature| device.verify(label::ENTRY, &spot.hash.0, signature).is_ok();
        if covered.contains(&spot.hash) || known.signatures.iter().any(holds) {
            covered.insert(spot.hash);
            covered.extend(known.kept.header().prev_hash);
        }
    }
    covered
}
