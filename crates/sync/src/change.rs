//! One change to what is kept, in memory and in rows alike: the rows are made of what memory then says.
//!
//! Not here: why it changes. A change may be made twice with the same result.

mod write;

pub(crate) use write::Writing;

use crate::holdings::{AsideAt, Original, Why, up_to};
use crate::ledger::Ledger;
use crate::rows;
use crate::run::Run;
use std::collections::BTreeSet;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Ranges, RelayHead};
use veldpost_envelope::wire::{Incarnation, Standing};
use veldpost_envelope::{ActHash, BlobId, EntryHash, Object};
use veldpost_store::{Batch, Shelf};
use write::Touched;

/// What changes.
#[derive(Clone)]
pub(crate) enum Change {
    /// Another incarnation: what was known of heads and positions is forgotten, and each wait begins anew.
    Incarnation { incarnation: Incarnation, at: i64 },
    /// A page was taken.
    Page {
        upto: u64,
        height: u64,
        head: ActHash,
        standing: Standing,
        at: i64,
    },
    /// How far the relay holds a stream; `shown` is the time of the page that says so.
    RelayHead {
        stream: StreamId,
        next: u64,
        hash: Option<EntryHash>,
        shown: Option<i64>,
    },
    /// A receipt that was verified.
    Receipt { brought: i64, object: Rc<Object> },
    /// A checkpoint or an erasure that was verified.
    Object(Rc<Object>),
    /// A checkpoint that locked a campaign, or is to.
    Locked(Rc<Object>),
    /// A copy may go.
    Freed { stream: StreamId, first: u64 },
    /// An own run moves to the originals.
    Moved { stream: StreamId, first: u64 },
    /// Everything that is held was offered to this incarnation of the relay.
    Settled,
    /// Acts that were taken, from a height on.
    Acts { from: u64, acts: Vec<Rc<[u8]>> },
    /// The device was removed: what opens its records goes.
    Removed,
    /// Another device's run that was verified, and the one beside it that it came from, if any.
    Original(Original),
    /// A run that stands aside.
    Aside { why: Why, original: Original },
    /// A join or a fork, kept for a person to judge.
    ForPerson { key: Vec<u8>, value: Vec<u8> },
    /// A blob that was compared with its id.
    Blob { id: BlobId, bytes: Rc<[u8]> },
    /// The device may read more than before: everything is asked for again.
    Again,
    /// What waits in a stream goes on in another.
    Continued {
        old: StreamId,
        /// First numbers of the runs whose entries the new ones carry.
        carried: Vec<u64>,
        runs: Vec<Rc<Run>>,
        /// When, by this device's clock.
        at: i64,
    },
}

impl Ledger {
    /// Makes changes in memory; their rows are made afterwards by [`Writing::finish`].
    pub fn change(&mut self, changes: &[Change]) -> Writing {
        let mut writing = Writing {
            touched: BTreeSet::new(),
            batch: Batch::new(),
        };
        for change in changes {
            self.change_one(change, &mut writing);
        }
        writing
    }

    fn change_one(&mut self, change: &Change, writing: &mut Writing) {
        match change {
            Change::Incarnation { incarnation, at } => {
                self.forget_relay(*incarnation, *at, writing)
            }
            Change::Page {
                upto,
                height,
                head,
                standing,
                at,
            } => {
                let relay = &mut self.relay;
                // Positions of one incarnation go up only.
                relay.position = relay.position.max(*upto);
                (relay.height, relay.head) = (*height, *head);
                (relay.standing, relay.at) = (*standing, *at);
                writing.touched.insert(Touched::Relay);
            }
            Change::RelayHead {
                stream,
                next,
                hash,
                shown,
            } => self.relay_head(*stream, *next, *hash, *shown, writing),
            Change::Receipt { brought, object } => {
                if let Some(receipt) = object.receipt() {
                    let touched = Touched::Receipt(receipt.stream, receipt.head.signer);
                    writing.touched.insert(touched);
                    self.keep_receipt(*brought, Rc::clone(object));
                }
            }
            Change::Object(object) => self.take_object(object, writing),
            Change::Locked(object) => {
                writing.touched.insert(Touched::Locked(object.hash()));
                self.locked.insert(object.hash(), Rc::clone(object));
            }
            Change::Moved { stream, first } => self.moved(*stream, *first, writing),
            Change::Settled => {
                self.relay.settled = true;
                writing.touched.insert(Touched::Relay);
            }
            Change::Freed { stream, first } => self.freed(*stream, *first, writing),
            Change::Acts { from, acts } => {
                for (height, act) in (*from..).zip(acts) {
                    if let Some(key) = rows::act_key(height) {
                        let batch = core::mem::take(&mut writing.batch);
                        writing.batch = batch.put(Shelf::Roster, key, act.to_vec());
                    }
                }
            }
            Change::Removed => {
                for key in rows::VAULTS {
                    let batch = core::mem::take(&mut writing.batch);
                    writing.batch = batch.delete(Shelf::Keys, key);
                }
            }
            Change::Original(original) => self.take_original(original, writing),
            Change::Aside { why, original } => self.set_aside(*why, original, writing),
            Change::ForPerson { key, value } => {
                let batch = core::mem::take(&mut writing.batch);
                writing.batch = batch.put(Shelf::Aside, key.clone(), value.clone());
            }
            Change::Blob { id, bytes } => {
                let batch = core::mem::take(&mut writing.batch);
                writing.batch = batch.put(Shelf::Blobs, id.0, bytes.to_vec());
            }
            Change::Again => {
                self.relay.position = 0;
                writing.touched.insert(Touched::Relay);
            }
            Change::Continued {
                old,
                carried,
                runs,
                at,
            } => self.go_on(*old, carried, runs, *at, writing),
        }
    }

    fn forget_relay(&mut self, incarnation: Incarnation, at: i64, writing: &mut Writing) {
        self.relay.incarnation = Some(incarnation);
        (self.relay.position, self.relay.settled) = (0, false);
        writing.touched.insert(Touched::Relay);
        for (stream, own) in &mut self.own {
            (own.row.relay_next, own.row.relay_hash) = (0, None);
            (own.heard, own.shown) = (false, None);
            writing.touched.insert(Touched::Stream(*stream));
        }
        for (stream, held) in &mut self.holdings.streams {
            (held.row.relay_next, held.row.relay_hash) = (0, None);
            held.heard = false;
            writing.touched.insert(Touched::Stream(*stream));
        }
        for ((stream, signer), held) in &mut self.receipts {
            // An old page, handed out as another relay's, does not make the wait shorter.
            held.brought = held.brought.max(at);
            writing.touched.insert(Touched::Receipt(*stream, *signer));
        }
    }

    fn relay_head(
        &mut self,
        stream: StreamId,
        next: u64,
        hash: Option<EntryHash>,
        shown: Option<i64>,
        writing: &mut Writing,
    ) {
        if let Some(held) = self.holdings.streams.get_mut(&stream) {
            // In memory: the relay says it again after each start.
            (held.row.relay_next, held.row.relay_hash) = (next, hash);
            held.heard = true;
        }
        let Some(own) = self.own.get_mut(&stream) else {
            return;
        };
        (own.row.relay_next, own.row.relay_hash) = (next, hash);
        own.heard = true;
        if let Some(at) = shown {
            own.shown = Some(RelayHead { at, next, hash });
        }
        writing.touched.insert(Touched::Stream(stream));
    }

    fn take_object(&mut self, object: &Rc<Object>, writing: &mut Writing) {
        self.keep_object(Rc::clone(object));
        if let Some(checkpoint) = object.checkpoint() {
            let touched = Touched::Checkpoint(checkpoint.purpose, checkpoint.head.signer);
            writing.touched.insert(touched);
        }
        let Some(erase) = object.erase() else {
            return;
        };
        let key = rows::erase_key(erase.stream, &object.hash());
        let batch = core::mem::take(&mut writing.batch);
        // What was kept of the records is made again of what is left.
        let batch = batch.delete(Shelf::Meta, rows::COUNTED);
        writing.batch = batch.put(Shelf::Objects, key, object.to_bytes());
        self.strip_aside(erase.stream, &erase.seqs, writing);
        if let Some(held) = self.holdings.streams.get_mut(&erase.stream) {
            for original in held.runs.values_mut() {
                if let Some(bare) = original.run.without(&erase.seqs) {
                    let touched = Touched::Original(erase.stream, bare.seqs.first());
                    writing.touched.insert(touched);
                    original.run = Rc::new(bare);
                }
            }
        }
        let Some(own) = self.own.get_mut(&erase.stream) else {
            return;
        };
        for run in own.runs.values_mut() {
            if let Some(bare) = run.without(&erase.seqs) {
                writing
                    .touched
                    .insert(Touched::Run(erase.stream, bare.seqs.first()));
                *run = Rc::new(bare);
            }
        }
        for original in own.originals.values_mut() {
            if let Some(bare) = original.run.without(&erase.seqs) {
                let touched = Touched::Original(erase.stream, bare.seqs.first());
                writing.touched.insert(touched);
                original.run = Rc::new(bare);
            }
        }
    }

    /// Branches that stand aside lose what was erased, as all that is held does.
    fn strip_aside(&mut self, stream: StreamId, erased: &Ranges, writing: &mut Writing) {
        let beside = self.holdings.aside.range_mut(up_to(stream, u64::MAX));
        for (at, (why, original)) in beside {
            if let Some(bare) = original.run.without(erased) {
                original.run = Rc::new(bare);
                writing.put_aside(*at, *why, original);
            }
        }
    }

    fn moved(&mut self, stream: StreamId, first: u64, writing: &mut Writing) {
        let at = self.relay.at;
        let Some(own) = self.own.get_mut(&stream) else {
            return;
        };
        if let Some(run) = own.runs.remove(&first) {
            own.originals.insert(first, Original { at, run });
            writing.touched.insert(Touched::Run(stream, first));
            writing.touched.insert(Touched::Original(stream, first));
        }
    }

    fn take_original(&mut self, original: &Original, writing: &mut Writing) {
        let run = &original.run;
        let stream = run.stream;
        let gone = self.holdings.keep(original.at, run).into_iter();
        let gone = gone.map(|first| Touched::Original(stream, first));
        writing.touched.extend(gone);
        writing
            .touched
            .insert(Touched::Original(stream, run.seqs.first()));
        writing.touched.insert(Touched::Stream(stream));
        let Some(held) = self.holdings.streams.get(&stream) else {
            return;
        };
        // What waits at these places may be of another branch: that is looked at again.
        let beside = self.holdings.aside.range(up_to(stream, held.row.next));
        let arrived: Vec<AsideAt> = beside
            .filter(|(_, (why, gap))| *why == Why::Gap && held.has(&gap.run))
            .map(|(at, _)| *at)
            .collect();
        for at in arrived {
            self.holdings.aside.remove(&at);
            let key = rows::aside_key(at.0, at.1, &at.2);
            let batch = core::mem::take(&mut writing.batch);
            writing.batch = batch.delete(Shelf::Aside, key);
        }
    }

    fn set_aside(&mut self, why: Why, original: &Original, writing: &mut Writing) {
        let (stream, tag) = (original.run.stream, original.run.tag());
        let own = self.own.get(&stream).map(|own| &own.erased);
        let held = self.holdings.streams.get(&stream);
        let erased = own.or_else(|| held.map(|held| &held.erased));
        let bare = erased.and_then(|erased| original.run.without(erased));
        let original = &Original {
            run: bare.map_or_else(|| Rc::clone(&original.run), Rc::new),
            ..*original
        };
        let at = (stream, original.run.seqs.first(), tag);
        self.holdings.aside.insert(at, (why, original.clone()));
        writing.put_aside(at, why, original);
    }

    fn freed(&mut self, stream: StreamId, first: u64, writing: &mut Writing) {
        let Some(own) = self.own.get_mut(&stream) else {
            return;
        };
        writing.touched.insert(Touched::Run(stream, first));
        writing.touched.insert(Touched::Stream(stream));
        let Some(run) = own.runs.remove(&first) else {
            return;
        };
        let next = run.seqs.last().saturating_add(1);
        if next > own.row.freed {
            (own.row.freed, own.row.freed_hash) = (next, run.last_hash());
        }
    }

    fn go_on(
        &mut self,
        old: StreamId,
        carried: &[u64],
        runs: &[Rc<Run>],
        at: i64,
        writing: &mut Writing,
    ) {
        writing.touched.insert(Touched::Relay);
        for run in runs {
            self.add_run(Rc::clone(run));
            writing
                .touched
                .insert(Touched::Run(run.stream, run.seqs.first()));
            writing.touched.insert(Touched::Stream(run.stream));
            self.set_current(run.stream);
        }
        let Some(own) = self.own.get_mut(&old) else {
            return;
        };
        own.current = false;
        writing.touched.insert(Touched::Stream(old));
        for first in carried {
            own.runs.remove(first);
            writing.touched.insert(Touched::Run(old, *first));
            if own.originals.remove(first).is_some() {
                writing.touched.insert(Touched::Original(old, *first));
            }
        }
        let purpose = own.row.purpose;
        self.relay.continued_at(purpose, at);
    }

    /// The journal writes into this stream, and into no other of its purpose.
    pub fn set_current(&mut self, stream: StreamId) {
        let Some(purpose) = self.own.get(&stream).map(|own| own.row.purpose) else {
            return;
        };
        for (id, own) in &mut self.own {
            if own.row.purpose == purpose {
                own.current = *id == stream;
            }
        }
    }
}
