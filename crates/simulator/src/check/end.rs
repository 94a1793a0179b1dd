//! What must hold when all has arrived: chains without gaps, the same judgement in any order, merging by its laws, and
//! nothing new when everything comes once more.
//!
//! Not here: what holds at every moment.

use crate::book::{CHANGED, answer_of};
use crate::dice::Dice;
use crate::oracle::Placed;
use crate::phone::Phone;
use crate::plan::Invariant;
use crate::post::ORIGIN;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Act, FieldChange, Operation, OperationId, Record, RecordSet, StreamId};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::wire::{Call, Incarnation, Item, ItemKind, Items, Page, Standing};
use veldpost_envelope::{EntryHash, Genesis, Kept, LocalKey, Purpose, Roster};
use veldpost_store::Shelf;
use veldpost_sync::authority::{Entries, Evaluation};
use veldpost_sync::rows::{AsideRow, OriginalRow};
use veldpost_sync::{Device, Effect, Event, Response, Start, Wake};

impl World {
    /// All of it.
    pub fn check_end(&mut self) {
        self.chains_agree();
        for coordinator in self.coordinators() {
            if let Some(evaluation) = self.judged(coordinator) {
                self.check_evaluation(coordinator, &evaluation);
                self.newer_is_kept(coordinator, &evaluation);
                self.merges_by_the_laws(&evaluation);
            }
        }
        self.order_makes_no_difference();
        self.once_more();
    }

    /// I5: no device goes on in a stream of which the relay holds something else, and no chain has a gap.
    pub fn chains_agree(&mut self) {
        self.checked(Invariant::I5);
        let gap = self
            .coordinators()
            .into_iter()
            .find(|id| self.has_a_gap(*id));
        let gap = gap.map(|id| format!("coordinator {id} holds a chain with a gap"));
        if let Some(what) = gap.or_else(|| self.goes_on_otherwise()) {
            self.violate(Invariant::I5, what);
        }
    }

    /// A device that goes on in a stream of which the relay holds something else: it learns so from the next page, and then
    /// goes on in another.
    pub fn goes_on_otherwise(&self) -> Option<String> {
        let mut phones = self.phones.iter();
        let phone = phones.find(|phone| {
            let head = phone.process.as_ref().and_then(|process| process.book.head);
            let Some(state) = head.map(|head| head.state) else {
                return false;
            };
            let Some((next, hash)) = self.post.head(&self.region, &state.stream) else {
                return false;
            };
            let own = next.checked_sub(1).map(|seq| (state.stream, seq));
            let own = own.and_then(|place| self.on_disk(phone.id, place));
            let other = next > state.next_seq || own.is_some_and(|own| own != hash);
            other || (next == state.next_seq && hash != state.prev_hash)
        })?;
        Some(format!(
            "device {} goes on in a stream that the relay has otherwise",
            phone.id
        ))
    }

    fn on_disk(&self, id: usize, (stream, seq): (StreamId, u64)) -> Option<EntryHash> {
        let rows = self.oracle.disks.get(id)?.rows.iter();
        let mut outbox = rows.filter(|((shelf, _), _)| *shelf == Shelf::Outbox);
        outbox.find_map(|(_, row)| {
            let mut row = row.iter();
            let entry = row.find(|entry| entry.stream == stream && entry.seq == seq)?;
            Some(entry.hash)
        })
    }

    fn has_a_gap(&self, id: usize) -> bool {
        let mut chains: BTreeMap<StreamId, Vec<Placed>> = BTreeMap::new();
        let disk = self.oracle.disks.get(id).into_iter();
        for ((shelf, _), row) in disk.flat_map(|disk| &disk.rows) {
            if *shelf == Shelf::Originals {
                for entry in row {
                    chains.entry(entry.stream).or_default().push(*entry);
                }
            }
        }
        chains.values_mut().any(|chain| {
            chain.sort_by_key(|entry| entry.seq);
            let mut before = None;
            (0..).zip(chain).any(|(seq, entry)| {
                let follows = entry.seq == seq && entry.before == before;
                before = Some(entry.hash);
                !follows
            })
        })
    }

    /// I8: whoever merges with whom, in whatever order and how often, has the same.
    fn merges_by_the_laws(&mut self, evaluation: &Evaluation) {
        self.checked(Invariant::I8);
        let mut parts = [const { Vec::new() }; 3];
        for record in evaluation.records.iter() {
            for operation in record.operations() {
                let part = usize::try_from(self.dice.below(3)).unwrap_or(0);
                if let Some(part) = parts.get_mut(part) {
                    part.push(operation.clone());
                }
            }
        }
        let [a, b, c] = parts.map(set);
        let broken = self.broken(Invariant::I8);
        let merge = |one: &RecordSet, other: &RecordSet| merged(one, other, broken);
        let all = merge(&merge(&a, &b), &c);
        let same = all == merge(&a, &merge(&b, &c))
            && all == merge(&merge(&c, &b), &a)
            && all == merge(&all, &b)
            && all == merge(&all, &all);
        if !same {
            self.violate(
                Invariant::I8,
                "merging in another order gives something else",
            );
        }
        self.newest_is_shown(evaluation);
    }

    /// I8: no future clock wins for ever: who saw a value and changed it has changed it.
    fn newest_is_shown(&mut self, evaluation: &Evaluation) {
        let mut wrong = None;
        for record in evaluation.records.iter() {
            if replaced(record).contains(&shown(record)) {
                wrong = Some("a value that somebody saw and changed is shown again");
            }
            let Some(made) = self.oracle.records.get(&record.id()) else {
                continue;
            };
            let here: BTreeSet<OperationId> = record.operations().map(|it| it.id).collect();
            let last = made.iter().rev().find(|id| here.contains(*id));
            let last = last.and_then(|id| Some((id, self.oracle.operations.get(id)?)));
            if let Some((id, known)) = last
                && matches!(known.deed, crate::book::Deed::Amend(..))
                && !record.bases(CHANGED).contains(id)
            {
                wrong = Some("a change of a value that was seen is not shown");
            }
        }
        if let Some(what) = wrong {
            self.violate(Invariant::I8, what);
        }
    }

    /// I4: two coordinators who get the same runs in different orders, on pages of different sizes, judge alike.
    fn order_makes_no_difference(&mut self) {
        self.checked(Invariant::I4);
        let Some(id) = self.coordinators().first().copied() else {
            return;
        };
        let runs = self.every_run();
        let broken = self.broken(Invariant::I4);
        let (mut one, mut other) = (self.dice.clone(), Dice::new(self.dice.draw()));
        let Some(phone) = self.phones.get(id) else {
            return;
        };
        let found = reads(phone, &runs, &mut one, broken);
        let expected = reads(phone, &runs, &mut other, broken);
        match (found, expected) {
            (Some(found), Some(expected)) => {
                if let Some(what) = difference(&found, &expected) {
                    let what =
                        format!("the same runs in another order are judged otherwise: {what}");
                    self.violate(Invariant::I4, what);
                }
            }
            _ => self.violate(Invariant::Simulator, "a fresh coordinator does not open"),
        }
    }

    /// Every run that the relay or a coordinator has, other branches too.
    fn every_run(&self) -> Vec<Vec<u8>> {
        let mut runs: BTreeSet<Vec<u8>> = self.post.runs(&self.region).into_iter().collect();
        for phone in self.phones.iter().filter(|phone| phone.coordinates()) {
            let rows = phone.rows(Shelf::Originals).into_iter();
            runs.extend(rows.filter_map(|row| Some(OriginalRow::from_bytes(&row.1)?.entries)));
            let rows = phone.rows(Shelf::Aside).into_iter();
            let rows = rows.filter(|(key, _)| key.starts_with(b"run/"));
            runs.extend(rows.filter_map(|row| Some(AsideRow::from_bytes(&row.1)?.entries)));
        }
        runs.into_iter().filter(|run| !run.is_empty()).collect()
    }

    /// I3: everything is handed out once more, and every disk holds what it held.
    fn once_more(&mut self) {
        if self.violation.is_some() {
            return;
        }
        self.checked(Invariant::I3);
        let coordinators = self.coordinators();
        let before: Vec<_> = coordinators.iter().map(|id| self.entries_of(*id)).collect();
        for id in &coordinators {
            self.kill(*id);
            if let Some(phone) = self.phones.get(*id) {
                phone.forget_relay();
            }
            self.open(*id);
        }
        self.pass(self.now + 6 * crate::world::MINUTE);
        let after: Vec<_> = coordinators.iter().map(|id| self.entries_of(*id)).collect();
        let fewer = before
            .iter()
            .zip(&after)
            .any(|(before, after)| !before.is_subset(after));
        if fewer {
            self.violate(
                Invariant::I3,
                "what was handed out once more is not what it was",
            );
        }
    }

    fn entries_of(&self, id: usize) -> BTreeSet<EntryHash> {
        let disk = self.oracle.disks.get(id).into_iter();
        let rows = disk.flat_map(|disk| disk.rows.values()).flatten();
        rows.map(|entry| entry.hash).collect()
    }
}

/// What was shown to whoever changed a record, by the answers of each operation that wrote one.
fn replaced(record: &Record) -> BTreeSet<Option<String>> {
    let mut replaced = BTreeSet::new();
    for operation in record.operations() {
        if let Act::Amend { changes } = &operation.act {
            let seen = |change: &FieldChange| {
                let base = record.operations().find(|it| it.id == change.base)?;
                Some(match &base.act {
                    Act::Create { .. } => None,
                    _ => Some(answer_of(base.id)),
                })
            };
            replaced.extend(changes.iter().filter_map(seen));
        }
    }
    replaced
}

fn shown(record: &Record) -> Option<String> {
    record.text(CHANGED).map(str::to_owned)
}

fn set(operations: Vec<Operation>) -> RecordSet {
    operations.into_iter().collect()
}

/// One with the other; with the broken rule of I8 the other's record takes the place of one's own.
fn merged(one: &RecordSet, other: &RecordSet, broken: bool) -> RecordSet {
    let mut merged = one.clone();
    if broken {
        for record in other.iter() {
            merged.remove(record.id());
        }
    }
    merged.merge(other.clone());
    merged
}

/// What two judgements differ in first; none when they are alike.
pub(super) fn difference(one: &Evaluation, other: &Evaluation) -> Option<String> {
    let spots = one.outcomes.keys().chain(other.outcomes.keys());
    let outcomes = |spot| (one.outcomes.get(spot), other.outcomes.get(spot));
    let differs = spots.map(|spot| (spot, outcomes(spot)));
    if let Some((spot, (one, other))) = differs.into_iter().find(|(_, (one, other))| one != other) {
        let (stream, seq) = (spot.stream, spot.seq);
        return Some(format!("{stream:?} {seq} is {one:?}, and {other:?}"));
    }
    let same = one.records == other.records
        && one.forks == other.forks
        && format!("{:?}", one.said) == format!("{:?}", other.said);
    (!same).then(|| String::from("records, forks or statements"))
}

/// What a coordinator with an empty disk makes of these runs, in any order.
fn reads(phone: &Phone, runs: &[Vec<u8>], dice: &mut Dice, broken: bool) -> Option<Evaluation> {
    let mut runs = runs.to_vec();
    dice.shuffle(&mut runs);
    let acts = phone.rows(Shelf::Roster).into_iter();
    let acts: Vec<Vec<u8>> = acts.map(|row| row.1).collect();
    let mut roster = Roster::new(&Genesis::verify(acts.first()?).ok()?);
    for act in acts.iter().skip(1) {
        roster.take(act).ok()?;
    }
    let mut device = Device::open(Start {
        key: phone.signing.clone(),
        local: LocalKey::generate(dice),
        origin: ORIGIN,
        roster: roster.clone(),
        acts,
        relay: None,
        outbox: &[],
        streams: &[],
        objects: &[],
        originals: &[],
        aside: &[],
        blobs: &[],
        writing: &[],
    })?;
    let body = sheets(&runs, &roster, dice);
    hear(&mut device, &body, dice);
    let entries = if broken {
        first_come(&runs)
    } else {
        device.entries(Purpose::Count)
    };
    Some(phone.judge(&entries, &roster, &device))
}

/// The broken rule of I4: what comes before what it hangs on is lost, and so is the second of two entries at one place.
fn first_come(runs: &[Vec<u8>]) -> Entries<'_> {
    let kept = runs.iter().flat_map(|run| Items::new(run));
    let kept = kept.filter_map(|item| Kept::from_bytes(item.ok()?).ok());
    let mut next: BTreeMap<StreamId, u64> = BTreeMap::new();
    kept.filter(|kept| {
        let header = kept.header();
        let next = next.entry(header.stream).or_default();
        let goes_on = header.seq == *next;
        *next += u64::from(goes_on);
        goes_on
    })
    .collect()
}

/// Pages of a few runs each.
fn sheets(runs: &[Vec<u8>], roster: &Roster, dice: &mut Dice) -> Vec<u8> {
    let size = usize::try_from(1 + dice.below(7)).unwrap_or(1);
    let newest = runs.len() as u64;
    let mut position = 0;
    let mut body = Vec::new();
    for sheet in runs.chunks(size) {
        let items: Vec<Item<'_>> = (position + 1..)
            .zip(sheet)
            .map(|(position, value)| Item {
                position,
                at: 1,
                kind: ItemKind::Run,
                value,
            })
            .collect();
        position += items.len() as u64;
        let page = Page {
            incarnation: Incarnation([1; 16]),
            at: 1,
            standing: Standing::Member,
            height: roster.height(),
            head: roster.head(),
            own: Vec::new(),
            upto: position,
            newest,
            items,
        };
        let mut out = Writer::default();
        out.bytes(&page.to_bytes());
        body.extend(out.finish());
    }
    body
}

/// Answers the first pull with this, commits what follows, and answers nothing else.
fn hear(device: &mut Device, body: &[u8], dice: &mut Dice) {
    let mut effects = device.handle(Event::Wake(Wake::Opened), 0, dice);
    let mut answered = false;
    while let Some(effect) = effects.pop() {
        let event = match effect {
            Effect::Commit { commit, .. } => Event::Committed { commit },
            Effect::Send { call, path, .. } if path == Call::Pull && !answered => {
                answered = true;
                let response = Response {
                    status: 200,
                    content_type: Some(Call::Pull.answer_type()),
                    retry_after: None,
                    body,
                };
                Event::Answered { call, response }
            }
            _ => continue,
        };
        effects.extend(device.handle(event, 0, dice));
    }
}
