//! What a device knows of its own streams, in memory: runs that wait, receipts, erasures, what the relay showed.
//!
//! Not here: how it changes (see `change`) and what follows from it.

use crate::holdings::{Holdings, Original, Verified, Why};
use crate::rows::{self, AsideRow, OriginalRow, ReceiptRow, RelayRow, StreamRow};
use crate::run::Run;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::entry::MAX_COMMIT_ENTRIES;
use veldpost_envelope::object::{
    Custody, Holder, KeptReceipt, Ranges, RelayHead, SeqRange, is_received, may_be_freed,
};
use veldpost_envelope::{DevicePublic, EntryHash, Object, ObjectHash, Purpose, Roster};
use veldpost_store::{Row, Shelf, place_of_run};

/// Whether what the relay showed of a stream is the device's own chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// It is, as far as can be told.
    Same,
    /// It holds entries beyond the device's last, or others in their place.
    Conflict,
}

/// One of the device's own streams.
#[derive(Clone)]
pub(crate) struct OwnStream {
    pub row: StreamRow,
    /// Whether the relay that is known now said how far it holds this stream.
    pub heard: bool,
    /// What the newest page said of it.
    pub shown: Option<RelayHead>,
    /// Runs that wait, by their first number.
    pub runs: BTreeMap<u64, Rc<Run>>,
    /// Runs that its device keeps as a coordinator, by their first number: the relay holds them.
    pub originals: BTreeMap<u64, Original>,
    /// What kept erasures name.
    pub erased: Ranges,
    /// The journal writes into it.
    pub current: bool,
}

impl OwnStream {
    fn new(row: StreamRow) -> Self {
        Self {
            row,
            heard: false,
            shown: None,
            runs: BTreeMap::new(),
            originals: BTreeMap::new(),
            erased: Ranges::default(),
            current: false,
        }
    }

    /// Every run that is here, by its first number.
    pub fn all(&self) -> Vec<&Rc<Run>> {
        self.from(0)
    }

    /// Every run in which something stands at that number or behind it, by its first number.
    pub fn from(&self, seq: u64) -> Vec<&Rc<Run>> {
        // A run begins before what stands in it.
        let begin = |first: Option<&u64>| first.copied().unwrap_or(0);
        let waiting = begin(self.runs.range(..=seq).next_back().map(|(first, _)| first));
        let kept = begin(
            self.originals
                .range(..=seq)
                .next_back()
                .map(|(first, _)| first),
        );
        let kept = self
            .originals
            .range(kept..)
            .map(|(_, original)| &original.run);
        let mut all: Vec<_> = kept.collect();
        let mixed = !all.is_empty();
        all.extend(self.runs.range(waiting..).map(|(_, run)| run));
        all.retain(|run| run.seqs.last() >= seq);
        if mixed {
            all.sort_by_key(|run| run.seqs.first());
        }
        all
    }

    /// Its id; none where nothing of it is here.
    fn stream(&self) -> Option<StreamId> {
        let waiting = self.runs.values().next();
        let kept = || self.originals.values().next().map(|original| &original.run);
        waiting.or_else(kept).map(|run| run.stream)
    }

    /// Whether there is anything in a run that is not here.
    pub fn lacks(&self, run: &Run) -> bool {
        let mut places = (run.seqs.first()..).zip(&run.hashes);
        places.any(|(seq, hash)| {
            let here = self.run_at(seq).and_then(|own| own.hash_at(seq));
            here != Some(*hash)
        })
    }

    /// The run with that place in it.
    fn run_at(&self, seq: u64) -> Option<&Rc<Run>> {
        let waiting = self.runs.range(..=seq).next_back().map(|(_, run)| run);
        let kept = self.originals.range(..=seq).next_back();
        let kept = kept.map(|(_, original)| &original.run);
        let mut found = waiting.into_iter().chain(kept);
        found.find(|run| seq <= run.seqs.last())
    }

    /// The device's own chain; none where the place is no longer known.
    pub fn hash_at(&self, seq: u64) -> Option<EntryHash> {
        if let Some(run) = self.run_at(seq) {
            return run.hash_at(seq);
        }
        match seq.checked_add(1) {
            Some(next) if next == self.row.next => Some(self.row.hash),
            Some(next) if next == self.row.freed => self.row.freed_hash,
            _ => None,
        }
    }

    /// Whether the relay shows this chain.
    pub fn agreement(&self) -> Agreement {
        let Some(last) = self.row.relay_next.checked_sub(1) else {
            return Agreement::Same;
        };
        let same = match self.hash_at(last) {
            Some(own) => Some(own) == self.row.relay_hash,
            None => self.row.relay_next <= self.row.next,
        };
        if same {
            Agreement::Same
        } else {
            Agreement::Conflict
        }
    }

    /// The first place that the relay lacks and no row has, though nothing of it was freed: a row could not be read. Nothing
    /// behind it can be sent.
    pub fn hole(&self) -> Option<u64> {
        let from = self.row.relay_next.max(self.row.freed);
        if !self.heard || from >= self.row.next {
            return None;
        }
        let mut next = from;
        for run in self.from(from) {
            if run.seqs.first() > next {
                break;
            }
            next = run.seqs.last().saturating_add(1);
        }
        (next < self.row.next).then_some(next)
    }

    /// Whether the relay holds a run, as far as it said.
    pub fn handed_over(&self, seqs: SeqRange) -> bool {
        self.row.relay_next > seqs.last() && self.agreement() == Agreement::Same
    }
}

/// A receipt that was verified and kept.
#[derive(Clone)]
pub(crate) struct Held {
    pub brought: i64,
    pub object: Rc<Object>,
}

/// Everything that is known of the device's streams.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub device: DevicePublic,
    pub relay: RelayRow,
    pub own: BTreeMap<StreamId, OwnStream>,
    pub receipts: BTreeMap<(StreamId, DevicePublic), Held>,
    pub checkpoints: BTreeMap<(Purpose, DevicePublic), Rc<Object>>,
    /// Those that locked a campaign, or are to: no newer one takes their place.
    pub locked: BTreeMap<ObjectHash, Rc<Object>>,
    pub erases: BTreeMap<(StreamId, ObjectHash), Rc<Object>>,
    /// At a coordinator.
    pub holdings: Holdings,
    /// Rows of the outbox that could not be read: they stay where they are, and are shown.
    pub unreadable: BTreeSet<(StreamId, u64)>,
}

impl Ledger {
    pub fn new(device: DevicePublic, relay: RelayRow) -> Self {
        Self {
            device,
            relay,
            own: BTreeMap::new(),
            receipts: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            locked: BTreeMap::new(),
            erases: BTreeMap::new(),
            holdings: Holdings::default(),
            unreadable: BTreeSet::new(),
        }
    }

    /// Takes what a shelf holds. Shelves that sync does not keep are passed over.
    pub fn load(&mut self, shelf: Shelf, rows: &[Row]) {
        for (key, value) in rows {
            match shelf {
                Shelf::Outbox => self.add_row(key, value),
                Shelf::Streams => self.load_stream(key, value),
                Shelf::Objects => self.load_object(key, value),
                Shelf::Originals => self.load_original(value),
                Shelf::Aside => self.load_aside(key, value),
                _ => {}
            }
        }
    }

    /// Takes a run that the journal committed.
    pub fn add_row(&mut self, key: &[u8], value: &[u8]) {
        match Run::from_row(value) {
            Some(run) => self.add_run(Rc::new(run)),
            None => {
                let place = place_of_run(key);
                let place = place.map(|(stream, first)| (StreamId(stream), first));
                self.unreadable.extend(place);
            }
        }
    }

    /// Whether an entry stood in a row that cannot be read, as far as its place can tell: where one begins, and how long one
    /// can be.
    pub fn is_unreadable(&self, stream: StreamId, seq: u64) -> bool {
        let mut before = self.unreadable.range((stream, 0)..=(stream, seq));
        let first = before.next_back().map(|(_, first)| *first);
        first.is_some_and(|first| seq - first < MAX_COMMIT_ENTRIES as u64)
    }

    pub fn add_run(&mut self, run: Rc<Run>) {
        let Some(hash) = run.last_hash() else {
            return;
        };
        let device = self.device;
        let own = self.own.entry(run.stream).or_insert_with(|| {
            OwnStream::new(StreamRow {
                device,
                purpose: run.purpose,
                next: 0,
                hash,
                relay_next: 0,
                relay_hash: None,
                freed: 0,
                freed_hash: None,
            })
        });
        let next = run.seqs.last().saturating_add(1);
        if next > own.row.next {
            (own.row.next, own.row.hash) = (next, hash);
        }
        own.runs.insert(run.seqs.first(), run);
    }

    fn load_stream(&mut self, key: &[u8], value: &[u8]) {
        let (Ok(id), Some(row)) = (key.try_into(), StreamRow::from_bytes(value)) else {
            return;
        };
        if row.device != self.device {
            let held = self.holdings.streams.entry(StreamId(id));
            held.or_insert_with(|| Verified::new(row));
            return;
        }
        let stream = self.own.entry(StreamId(id));
        let own = stream.or_insert_with(|| OwnStream::new(row));
        let (next, hash) = (own.row.next, own.row.hash);
        own.row = row;
        if next > row.next {
            (own.row.next, own.row.hash) = (next, hash);
        }
    }

    /// A run of a stream whose row says how far it was verified.
    fn load_original(&mut self, value: &[u8]) {
        let Some((at, run)) = read_original(value) else {
            return;
        };
        let (stream, first) = (run.stream, run.seqs.first());
        let original = Original { at, run };
        if let Some(own) = self.own.get_mut(&stream) {
            own.originals.insert(first, original);
        } else if let Some(held) = self.holdings.streams.get_mut(&stream) {
            held.runs.insert(first, original);
        }
    }

    /// A run that stands aside; one from a file is left there.
    fn load_aside(&mut self, key: &[u8], value: &[u8]) {
        let row = key
            .starts_with(b"run/")
            .then(|| AsideRow::from_bytes(value));
        let Some(row) = row.flatten() else {
            return;
        };
        let kinds = [Why::Gap, Why::Fork, Why::Forged];
        let Some(why) = kinds.into_iter().find(|why| *why as u64 == row.why) else {
            return;
        };
        let run = Run::from_items(None, &row.entries).map(Rc::new);
        if let (Some(run), Some(tag)) = (run, rows::aside_tag(key)) {
            let key = (run.stream, run.seqs.first(), tag);
            let original = Original { at: row.at, run };
            self.holdings.aside.insert(key, (why, original));
        }
    }

    fn load_object(&mut self, key: &[u8], value: &[u8]) {
        if key.starts_with(b"receipt/") {
            let row = ReceiptRow::from_bytes(value);
            let object = row.as_ref().and_then(|row| read_object(&row.object));
            if let (Some(row), Some(object)) = (row, object) {
                self.keep_receipt(row.brought, object);
            }
        } else if let Some(object) = read_object(value) {
            if key.starts_with(rows::LOCKED) {
                self.locked.insert(object.hash(), object);
            } else {
                self.keep_object(object);
            }
        }
    }

    pub fn keep_receipt(&mut self, brought: i64, object: Rc<Object>) {
        if let Some(receipt) = object.receipt() {
            let key = (receipt.stream, receipt.head.signer);
            self.receipts.insert(key, Held { brought, object });
        }
    }

    /// Keeps a checkpoint or an erasure.
    pub fn keep_object(&mut self, object: Rc<Object>) {
        if let Some(checkpoint) = object.checkpoint() {
            let key = (checkpoint.purpose, checkpoint.head.signer);
            self.checkpoints.insert(key, object);
        } else if let Some(erase) = object.erase() {
            let key = (erase.stream, object.hash());
            self.erases.insert(key, Rc::clone(&object));
            if let Some(own) = self.own.get_mut(&erase.stream) {
                own.erased.merge(&erase.seqs);
            }
            if let Some(held) = self.holdings.streams.get_mut(&erase.stream) {
                held.erased.merge(&erase.seqs);
            }
        }
    }

    /// How many entries of a stream the relay holds, as far as it said.
    pub fn relay_next(&self, stream: StreamId) -> Option<u64> {
        let own = self.own.get(&stream).map(|own| own.row.relay_next);
        let held = self.holdings.streams.get(&stream);
        own.or_else(|| held.map(|held| held.row.relay_next))
    }

    /// The purpose of a stream that is held, and how far it goes.
    pub fn extent(&self, stream: StreamId) -> Option<(Purpose, u64)> {
        let own = self.own.get(&stream).map(|own| own.row);
        let held = self.holdings.streams.get(&stream);
        let row = own.or_else(|| held.map(|held| held.row))?;
        Some((row.purpose, row.next))
    }

    /// Where carried entries stand, and where what they carry stood.
    pub fn carried(&self) -> impl Iterator<Item = ((StreamId, u64), (StreamId, u64))> {
        let own = self.own.values().flat_map(OwnStream::all);
        let held = self.holdings.streams.values();
        let held = held.flat_map(|held| held.runs.values().map(|original| &original.run));
        let entries = own.chain(held).flat_map(|run| run.entries.iter());
        entries.filter_map(|entry| {
            let outer = entry.header();
            let inner = veldpost_envelope::run::carried(entry.whole()?).ok()?;
            let inner = inner.header();
            Some(((outer.stream, outer.seq), (inner.stream, inner.seq)))
        })
    }

    /// Whether an own run is one of those that its device keeps as a coordinator, now that the relay holds it.
    fn is_original(&self, own: &OwnStream, run: &Run, roster: &Roster) -> bool {
        roster.coordinates(&self.device, own.row.purpose) && own.handed_over(run.seqs)
    }

    /// Own runs that move to the originals.
    pub fn to_originals(&self, roster: &Roster) -> Vec<(StreamId, u64)> {
        let mut found = Vec::new();
        for (stream, own) in &self.own {
            let runs = own.runs.iter();
            let runs = runs.filter(|(_, run)| self.is_original(own, run, roster));
            found.extend(runs.map(|(first, _)| (*stream, *first)));
        }
        found
    }

    /// Asks one of the rules of section 16 about a run.
    pub fn ask<T>(
        &self,
        own: &OwnStream,
        roster: &Roster,
        question: impl FnOnce(&Custody<'_>) -> T,
    ) -> Option<T> {
        let stream = own.stream()?;
        let (first, last) = (DevicePublic([0; 32]), DevicePublic([u8::MAX; 32]));
        let receipts: Vec<KeptReceipt<'_>> = self
            .receipts
            .range((stream, first)..=(stream, last))
            .filter_map(|(_, held)| {
                let receipt = held.object.receipt()?;
                Some(KeptReceipt {
                    receipt,
                    brought: held.brought,
                })
            })
            .collect();
        let others = roster.coordinators(own.row.purpose);
        let custody = Custody {
            device: self.device,
            stream,
            purpose: own.row.purpose,
            holder: holder(roster, &self.device, own.row.purpose),
            coordinators: others.filter(|(other, _)| **other != self.device).count(),
            receipts: &receipts,
            relay: own.shown,
            erased: &own.erased,
            hash_at: &|seq| own.hash_at(seq),
        };
        Some(question(&custody))
    }

    /// Whether the receipts confirm a run, without the wait.
    pub fn received(&self, own: &OwnStream, run: &Run, roster: &Roster) -> bool {
        let ask = |custody: &Custody<'_>| is_received(&run.waiting(), custody);
        self.ask(own, roster, ask) == Some(true)
    }

    /// Whether a stream cannot go on that is still needed: the relay holds something else of it, or a row of it could not be
    /// read; and the journal writes into it, or something waits in it, behind such a row, that nobody confirmed.
    pub fn in_conflict(&self, own: &OwnStream, roster: &Roster) -> bool {
        let from = match own.agreement() {
            Agreement::Conflict => Some(0),
            Agreement::Same => own.hole(),
        };
        let wanting = |from: u64, custody: &Custody<'_>| {
            let mut runs = own.from(from).into_iter();
            runs.any(|run| !is_received(&run.waiting(), custody))
        };
        from.is_some_and(|from| {
            let ask = |custody: &Custody<'_>| wanting(from, custody);
            own.current || self.ask(own, roster, ask) == Some(true)
        })
    }

    /// Runs that may go now.
    pub fn free(&self, roster: &Roster) -> Vec<(StreamId, u64)> {
        let mut free = Vec::new();
        for (stream, own) in &self.own {
            let of_stream = self.ask(own, roster, |custody| {
                let runs = own.runs.values();
                runs.filter(|run| may_be_freed(&run.waiting(), custody))
                    .map(|run| (*stream, run.seqs.first()))
                    .collect::<Vec<_>>()
            });
            free.extend(of_stream.unwrap_or_default());
        }
        free
    }
}

fn read_original(value: &[u8]) -> Option<(i64, Rc<Run>)> {
    let row = OriginalRow::from_bytes(value)?;
    Some((row.at, Rc::new(Run::from_items(None, &row.entries)?)))
}

fn read_object(bytes: &[u8]) -> Option<Rc<Object>> {
    Object::from_bytes(bytes).ok().map(Rc::new)
}

/// How a device holds what it wrote for a purpose.
fn holder(roster: &Roster, device: &DevicePublic, purpose: Purpose) -> Holder {
    let by_desk = |invitation: &[u8; 16]| {
        let invitation = roster.invitation(invitation);
        invitation.is_some_and(|invitation| invitation.invite.form == InviteForm::Desk)
    };
    let came_by = roster.device(device).map(|device| &device.invitations);
    if roster.coordinates(device, purpose) {
        Holder::Coordinator
    } else if came_by.is_some_and(|invitations| invitations.iter().any(by_desk)) {
        Holder::Desk
    } else {
        Holder::Member
    }
}
