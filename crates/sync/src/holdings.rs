//! What a coordinator holds of others' streams: runs that verify from 0, and what waits beside them.
//!
//! Not here: opening and judging (see `authority`). A locked coordinator does all of this.

use crate::rows::StreamRow;
use crate::run::Run;
use std::collections::BTreeMap;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::object::Ranges;
use veldpost_envelope::run::{RunHead, verify_hashed_run};
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::{EntryHash, Kept, RegionId, label};

/// Why a run stands aside: the number in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// What comes before it is not there yet.
    Gap = 1,
    /// It stands in the place of what is held.
    Fork = 2,
    /// It does not verify.
    Forged = 3,
}

/// A run as it came, and when.
#[derive(Clone)]
pub(crate) struct Original {
    pub at: i64,
    pub run: Rc<Run>,
}

/// A stream that was verified from 0 up to its head.
#[derive(Clone)]
pub(crate) struct Verified {
    pub row: StreamRow,
    /// Whether the relay said how far it holds this stream, since the start.
    pub heard: bool,
    pub runs: BTreeMap<u64, Original>,
    pub erased: Ranges,
}

/// What to do with a run.
pub(crate) enum Intake {
    /// It is there already.
    Held,
    /// This much of it goes on where the stream ended.
    New(Rc<Run>),
    /// It stands aside.
    Aside(Why),
}

impl Verified {
    /// A stream of which no run was read yet.
    pub fn new(row: StreamRow) -> Self {
        Self {
            row,
            heard: false,
            runs: BTreeMap::new(),
            erased: Ranges::default(),
        }
    }

    /// Its last entry.
    pub fn head(&self, stream: StreamId) -> Option<RunHead> {
        Some(RunHead {
            stream,
            seq: self.row.next.checked_sub(1)?,
            hash: self.row.hash,
        })
    }

    /// Whether the run is what is held, as far as it goes.
    pub fn has(&self, run: &Run) -> bool {
        let mut seqs = run.seqs.first()..=run.seqs.last();
        seqs.all(|seq| self.hash_at(seq) == run.hash_at(seq))
    }

    fn hash_at(&self, seq: u64) -> Option<EntryHash> {
        let (_, original) = self.runs.range(..=seq).next_back()?;
        original.run.hash_at(seq)
    }
}

/// All streams of others.
#[derive(Clone, Default)]
pub(crate) struct Holdings {
    pub streams: BTreeMap<StreamId, Verified>,
    /// Runs that wait for what comes before them, other branches, and what does not verify: by stream, first number and
    /// the bytes as they came. All of it is judged, so that the order in which it came makes no difference.
    pub aside: BTreeMap<AsideAt, (Why, Original)>,
}

/// Where a run stands aside.
pub(crate) type AsideAt = (StreamId, u64, [u8; 8]);

impl Holdings {
    /// Compares a run with what is held, and verifies what is new of it.
    pub fn intake(&self, region: &RegionId, run: &Rc<Run>) -> Intake {
        let Some(held) = self.streams.get(&run.stream) else {
            return begin(region, run);
        };
        let next = held.row.next;
        if run.seqs.first() > next {
            return Intake::Aside(Why::Gap);
        }
        let known = (run.seqs.first()..next).take_while(|seq| *seq <= run.seqs.last());
        let same = |seq: u64| held.hash_at(seq) == run.hash_at(seq);
        if !known.into_iter().all(same) {
            return Intake::Aside(Why::Fork);
        }
        if run.seqs.last() < next {
            return Intake::Held;
        }
        if run.purpose != held.row.purpose {
            return Intake::Aside(Why::Forged);
        }
        let (device, head) = (&held.row.device, held.head(run.stream));
        let rest = run.hashed().filter(|(entry, _)| entry.header().seq >= next);
        match (
            verify_hashed_run(region, device, head.as_ref(), rest),
            Run::behind(run, next),
        ) {
            (Ok(_), Some(rest)) => Intake::New(rest),
            _ => Intake::Aside(Why::Forged),
        }
    }

    /// Whether what is kept hangs together from 0 up to a head, and is signed there: on the branch that was verified, or
    /// on one that stands aside. What goes on where the verified one ends is no other branch: it would have been taken, had
    /// it come whole.
    pub fn reaches(&self, head: &RunHead) -> bool {
        let (stream, mut seq, mut hash) = (head.stream, head.seq, head.hash);
        let Some(held) = self.streams.get(&stream) else {
            return false;
        };
        let device = held.row.device;
        let signs = |entry: &Kept, hash: &EntryHash| {
            let signature = entry.signature();
            signature.is_some_and(|it| device.verify(label::ENTRY, &hash.0, it).is_ok())
        };
        if held.hash_at(seq) == Some(hash) {
            return true;
        }
        loop {
            let beside = self.aside.range(up_to(stream, seq));
            let mut beside = beside.filter_map(|(_, (_, beside))| beside.run.entry_at(seq, hash));
            let found = if seq == head.seq {
                beside.find(|entry| signs(entry, &hash))
            } else {
                beside.next()
            };
            let Some(entry) = found else {
                return false;
            };
            (seq, hash) = match (seq.checked_sub(1), entry.header().prev_hash) {
                (Some(seq), Some(hash)) => (seq, hash),
                (before, _) => return before.is_none(),
            };
            if held.hash_at(seq) == Some(hash) {
                return seq.saturating_add(1) < held.row.next;
            }
        }
    }

    /// A run that waits and now hangs on what is held.
    pub fn waiting(&self, stream: StreamId) -> Option<Original> {
        let next = self.streams.get(&stream)?.row.next;
        let aside = self.aside.range(up_to(stream, next));
        let mut waiting = aside.filter(|(_, (why, _))| *why == Why::Gap);
        waiting.next().map(|(_, (_, original))| original.clone())
    }

    /// Keeps a run that was verified. What began within it goes, and is told by its first number: a commit that came about although it
    /// was said to be refused left it behind, of what was never held.
    pub fn keep(&mut self, at: i64, run: &Rc<Run>) -> Vec<u64> {
        let Some(hash) = run.last_hash() else {
            return Vec::new();
        };
        let opened = run.entries.first().and_then(open);
        let held = match self.streams.entry(run.stream) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let Some(opened) = opened else {
                    return Vec::new();
                };
                vacant.insert(Verified::new(StreamRow {
                    device: opened.device,
                    purpose: opened.purpose,
                    next: 0,
                    hash,
                    relay_next: 0,
                    relay_hash: None,
                    freed: 0,
                    freed_hash: None,
                }))
            }
        };
        let next = run.seqs.last().saturating_add(1);
        if next > held.row.next {
            (held.row.next, held.row.hash) = (next, hash);
        }
        // A relay that lost its disk may be offered whole what was erased meanwhile.
        let run = run
            .without(&held.erased)
            .map_or_else(|| Rc::clone(run), Rc::new);
        let first = run.seqs.first();
        let within = held.runs.range(first..=run.seqs.last());
        let within: Vec<u64> = within
            .map(|(within, _)| *within)
            .filter(|within| *within != first)
            .collect();
        for within in &within {
            held.runs.remove(within);
        }
        held.runs.insert(first, Original { at, run });
        within
    }
}

/// Everything of a stream that begins at a place or before.
pub(crate) fn up_to(stream: StreamId, seq: u64) -> core::ops::RangeInclusive<AsideAt> {
    (stream, 0, [0; 8])..=(stream, seq, [u8::MAX; 8])
}

fn open(kept: &Kept) -> Option<StreamOpen> {
    StreamOpen::read(kept.whole()?).ok()
}

/// A run of a stream that is not known.
fn begin(region: &RegionId, run: &Rc<Run>) -> Intake {
    if run.seqs.first() > 0 {
        return Intake::Aside(Why::Gap);
    }
    let opened = run.entries.first().and_then(open);
    let verified = opened.map(|open| verify_hashed_run(region, &open.device, None, run.hashed()));
    match verified {
        Some(Ok(_)) => Intake::New(Rc::clone(run)),
        _ => Intake::Aside(Why::Forged),
    }
}
