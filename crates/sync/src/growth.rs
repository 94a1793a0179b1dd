//! Whether what came since a judging only adds to it: told by what is held, before anything is opened.
//!
//! Not here: judging it (`authority`). Where this is in doubt the answer is no, and everything is read anew.

use crate::basis;
use crate::ledger::{Ledger, OwnStream};
use crate::run::Run;
use std::collections::BTreeMap;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::keys::EpochPublic;
use veldpost_envelope::object::{Heads, Ranges};
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::{DevicePublic, Entry, PublicKind, Purpose, Roster, label, run};

/// How far a stream had come, and a hash of what was there of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub next: u64,
    pub hash: [u8; 32],
}

/// What a judging hung on, apart from entries; and how far each stream was then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grounds {
    pub ground: [u8; 32],
    pub streams: BTreeMap<StreamId, Extent>,
}

/// What it is judged by.
pub(crate) struct Present<'a> {
    pub ledger: &'a Ledger,
    pub roster: &'a Roster,
    pub purpose: Purpose,
    pub epochs: &'a [EpochPublic],
    pub heads: &'a dyn Fn(&[u8; 32]) -> Option<Heads>,
}

/// One stream as it is held.
struct Stream<'a> {
    id: StreamId,
    device: DevicePublic,
    erased: &'a Ranges,
    runs: Vec<&'a Rc<Run>>,
}

impl Present<'_> {
    /// What a judging hangs on now.
    pub fn grounds(&self) -> Grounds {
        let streams = self.streams().map(|stream| {
            let hash = stream.hash_up_to(u64::MAX);
            let next = stream.next();
            (stream.id, Extent { next, hash })
        });
        Grounds {
            ground: self.ground(),
            streams: streams.collect(),
        }
    }

    /// The number from which on each stream is new, where no new entry can change what those grounds came to for another
    /// record than its own.
    pub fn only_adds_to(&self, grounds: &Grounds) -> Option<BTreeMap<StreamId, u64>> {
        if self.ground() != grounds.ground {
            return None;
        }
        let mut known = 0;
        let mut from = BTreeMap::new();
        let (mut new_streams, mut with_keys) = (Vec::new(), Vec::new());
        for stream in self.streams() {
            let extent = grounds.streams.get(&stream.id);
            let next = extent.map_or(0, |extent| extent.next);
            if let Some(extent) = extent {
                known += 1;
                if stream.next() < next || stream.hash_up_to(next) != extent.hash {
                    return None;
                }
            } else {
                new_streams.push(stream.id);
            }
            from.insert(stream.id, next);
            let moved = stream.next() > next;
            if moved && !self.adds(&stream, next) {
                return None;
            }
            if extent.is_some() && moved && stream.hands_out_from(next) {
                with_keys.push(stream.id);
            }
        }
        let all_there = known == grounds.streams.len();
        let waited_for = !self.nothing_waited_for(&new_streams) || self.carried_of(&with_keys);
        (all_there && !waited_for).then_some(from)
    }

    /// Roster, secrets, checkpoints that locked, what stands aside: the same for every stream.
    fn ground(&self) -> [u8; 32] {
        let mut out = Writer::with_capacity(1024);
        basis::ground(&mut out, self.roster, self.purpose, self.epochs, self.heads);
        for at in self.ledger.holdings.aside.keys() {
            basis::aside(&mut out, at);
        }
        label::sha256(&[&out.finish()])
    }

    fn streams(&self) -> impl Iterator<Item = Stream<'_>> {
        let own = self.ledger.own.iter().map(|(id, own)| Stream {
            id: *id,
            device: self.ledger.device,
            erased: &own.erased,
            runs: OwnStream::all(own),
        });
        let held = self.ledger.holdings.streams.iter();
        let held = held.map(|(id, held)| Stream {
            id: *id,
            device: held.row.device,
            erased: &held.erased,
            runs: held.runs.values().map(|original| &original.run).collect(),
        });
        own.chain(held)
    }

    /// Whether what a stream has from that number on is about records of its own, and makes nothing count that stood there
    /// before.
    fn adds(&self, stream: &Stream<'_>, from: u64) -> bool {
        // How far the streams of who was removed count hangs on heads, which may be among what came.
        let device = self.roster.device(&stream.device);
        let was_removed = device.is_some_and(|device| !device.removals.is_empty());
        // So does what was in time: a head that came now brings all before it.
        let locks = |(hash, _): ([u8; 32], DevicePublic)| {
            let heads = (self.heads)(&hash);
            let head = heads.as_ref().and_then(|heads| heads.of(&stream.id));
            head.is_some_and(|head| from > 0 && head.seq >= from)
        };
        !was_removed && !self.roster.locked().any(locks) && stream.is_plain_from(from)
    }

    /// Whether any stream carries an entry of one of these: a key that came in its own stream opens it.
    fn carried_of(&self, streams: &[StreamId]) -> bool {
        !streams.is_empty()
            && self.streams().any(|stream| {
                let mut carried = stream.carried();
                carried.any(|inner| streams.contains(&inner.header().stream))
            })
    }

    /// Whether none of these streams is one that another refers to.
    fn nothing_waited_for(&self, new_streams: &[StreamId]) -> bool {
        if new_streams.is_empty() {
            return true;
        }
        let refers = |stream: Stream<'_>| {
            let continues = stream.open().and_then(|open| open.continues);
            // What was carried may have been opened, or opened with keys that were handed out, in any of them.
            stream.carries() || continues.is_some_and(|earlier| new_streams.contains(&earlier))
        };
        let named = |stream: &StreamId| self.roster.removal_names(stream);
        !new_streams.iter().any(named) && !self.streams().any(refers)
    }
}

impl Stream<'_> {
    fn next(&self) -> u64 {
        let last = self.runs.last();
        last.map_or(0, |run| run.seqs.last().saturating_add(1))
    }

    /// A hash of all below a number, where that is where a run ends; of something else where it is not.
    fn hash_up_to(&self, next: u64) -> [u8; 32] {
        let mut out = Writer::with_capacity(1024);
        basis::stream_of(&mut out, self.id, self.erased);
        let below = self.runs.iter().filter(|run| run.seqs.first() < next);
        below.for_each(|run| basis::add(&mut out, run));
        label::sha256(&[&out.finish()])
    }

    /// The entries that it carries.
    fn carried(&self) -> impl Iterator<Item = Entry> {
        let entries = self.runs.iter().flat_map(|run| &run.entries);
        entries.filter_map(|entry| run::carried(entry.whole()?).ok())
    }

    /// Whether a key is handed out from a number on.
    fn hands_out_from(&self, from: u64) -> bool {
        let runs = self.runs.iter().filter(|run| run.seqs.first() >= from);
        let mut entries = runs.flat_map(|run| &run.entries);
        entries.any(|entry| entry.header().public_kind == Some(PublicKind::ContentKey))
    }

    fn open(&self) -> Option<StreamOpen> {
        let first = self.runs.first()?.entries.first()?;
        StreamOpen::read(first.whole()?).ok()
    }

    /// Whether nothing from a number on is carried, or bare, or says that the stream continues another.
    fn is_plain_from(&self, from: u64) -> bool {
        let runs = self.runs.iter().filter(|run| run.seqs.first() >= from);
        let mut entries = runs.flat_map(|run| &run.entries);
        let plain = entries.all(|entry| {
            entry.whole().is_some() && entry.header().public_kind != Some(PublicKind::Carried)
        });
        plain && (from > 0 || self.open().is_some_and(|open| open.continues.is_none()))
    }

    fn carries(&self) -> bool {
        let mut entries = self.runs.iter().flat_map(|run| &run.entries);
        entries.any(|entry| entry.header().public_kind == Some(PublicKind::Carried))
    }
}
