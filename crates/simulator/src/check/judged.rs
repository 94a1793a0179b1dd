//! What a judgement must keep to: whose words count, and that order makes no difference.
//!
//! Not here: the judgement. What is asked here is asked of what is known from outside.

use super::end::difference;
use crate::book::Deed;
use crate::oracle::{Removal, places};
use crate::plan::Invariant;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Date, OperationId, RecordId, RecordSet, Scope, Tables};
use veldpost_envelope::{DevicePublic, Entry, EntryHash, Purpose, Roster};
use veldpost_sync::Counted;
use veldpost_sync::authority::{Evaluation, Outcome, Spot};

/// So many earlier judgings are compared with.
const COUNTED: usize = 3;

impl World {
    /// What a coordinator makes of what is on its disk. None when it does not run.
    pub fn judged(&mut self, id: usize) -> Option<Evaluation> {
        let phone = self.phones.get(id)?;
        let process = phone.process.as_ref()?;
        let device = &process.device;
        let (mut evaluation, read_ahead) = phone.judge_own(process);
        let entries = device.entries(Purpose::Count);
        let plain = phone.judge(&entries, device.roster(), device);
        let by_reading = difference(&plain, &evaluation);
        let basis = device.basis(Purpose::Count, &phone.known_epochs(device.roster()));
        let before = self.oracle.judged.get(&basis);
        let other = before.and_then(|before| difference(before, &evaluation));
        self.oracle.judged.insert(basis, evaluation.clone());
        self.tally.read_ahead += read_ahead;
        if let Some(other) = by_reading {
            let what = format!("coordinator {id} judges what it read ahead otherwise: {other}");
            self.violate(Invariant::I12, what);
        }
        if let Some(other) = &other {
            let what = format!("coordinator {id} judges what it hangs on otherwise: {other}");
            self.violate(Invariant::I12, what);
        }
        if other.is_none() {
            self.grows_as_judged(id, &evaluation);
        }
        if self.broken(Invariant::I11) {
            // Whoever is held counts all the same.
            let outcomes = evaluation.outcomes.values_mut();
            let held = outcomes.filter(|outcome| matches!(outcome, Outcome::Held(_)));
            held.for_each(|outcome| *outcome = Outcome::Applied);
        }
        Some(evaluation)
    }

    /// I12: where an earlier judging is only added to, it comes with that to what judging everything comes to.
    fn grows_as_judged(&mut self, id: usize, evaluation: &Evaluation) {
        let Some(phone) = self.phones.get(id) else {
            return;
        };
        let Some(process) = &phone.process else {
            return;
        };
        let (device, roster) = (&process.device, process.device.roster());
        let epochs = phone.known_epochs(roster);
        let open = |entry: &Entry| phone.handed_out(entry, roster);
        let scope = Scope {
            campaign: None,
            count_date: Date::from_millis(self.now),
        };
        let (mut wrong, mut added) = (None, 0);
        for (kept, counted_then) in self.oracle.counted.get(&id).into_iter().flatten() {
            let Ok(kept) = Counted::from_bytes(kept) else {
                wrong = Some("cannot read what it kept".to_owned());
                continue;
            };
            let later = device.judged_since(&kept, Purpose::Count, &epochs, &open);
            let Some(later) = later else {
                continue;
            };
            added += 1;
            let again: BTreeSet<RecordId> = later.operations.iter().map(|(id, _)| *id).collect();
            let of = |record: RecordId| match again.contains(&record) {
                true => later.records.get(record),
                false => counted_then.get(record),
            };
            let known = [&evaluation.records, counted_then, &later.records];
            let mut records = known.into_iter().flat_map(RecordSet::iter);
            let differs = records.any(|it| of(it.id()) != evaluation.records.get(it.id()));
            let tables = device.tables_since(&kept, Purpose::Count, &epochs, &open, &scope);
            if differs || tables != Some(Tables::compute(evaluation.records.iter(), &scope)) {
                wrong = Some("comes to something else by what was added".to_owned());
            }
        }
        let counted = device.counted(Purpose::Count, &epochs, evaluation, &scope);
        let kept = (counted.to_bytes(), evaluation.records.clone());
        self.tally.grown += added;
        let counted = self.oracle.counted.entry(id).or_default();
        if counted.len() == COUNTED {
            // Now the oldest goes, now one between.
            counted.remove(self.step as usize % (COUNTED - 1));
        }
        counted.push(kept);
        if let Some(wrong) = wrong {
            self.violate(Invariant::I12, format!("coordinator {id} {wrong}"));
        }
    }

    /// After each judgement.
    pub fn check_evaluation(&mut self, id: usize, evaluation: &Evaluation) {
        let Some(roster) = self.phones.get(id).and_then(|it| it.roster()).cloned() else {
            return;
        };
        self.only_members_count(id, evaluation, &roster);
        self.nobody_else_counts(id, evaluation);
    }

    /// I10: what counts was said by an honest device, or was an intruder's to say.
    fn nobody_else_counts(&mut self, id: usize, evaluation: &Evaluation) {
        self.checked(Invariant::I10);
        let places = self.places_of(id);
        let mut found = None;
        for (spot, outcome) in &evaluation.outcomes {
            let sealed = places.get(&spot.hash).copied().unwrap_or(spot.hash);
            let counts = matches!(outcome, Outcome::Applied | Outcome::Stated);
            let known =
                self.oracle.by_hash.contains_key(&sealed) || self.oracle.allowed.contains(&sealed);
            if let Some(why) = self.oracle.forbidden.get(&sealed).filter(|_| counts) {
                found = Some(format!("coordinator {id} counts {why}"));
            } else if *outcome == Outcome::Applied && !known {
                found = Some(format!("coordinator {id} counts what nobody sealed"));
            }
        }
        let honest = |id: &OperationId| self.oracle.operations.get(id);
        for operation in evaluation
            .records
            .iter()
            .flat_map(|record| record.operations())
        {
            let own = honest(&operation.id).is_none_or(|known| known.record == operation.record);
            if !own {
                found = Some(format!(
                    "coordinator {id} moved an operation to another record"
                ));
            }
        }
        if let Some(what) = found {
            self.violate(Invariant::I10, what);
        }
    }

    /// The sealed entry at each place of a coordinator's disk, by the hash of the outer one.
    fn places_of(&self, id: usize) -> BTreeMap<EntryHash, EntryHash> {
        let disk = self.oracle.disks.get(id).into_iter();
        let rows = disk.flat_map(|disk| disk.rows.values()).flatten();
        rows.filter_map(|entry| Some((entry.hash, entry.sealed?)))
            .collect()
    }

    /// Every entry that stands in a run which was not spoilt, on any disk or at the relay, with all that comes before it.
    fn whole_entries(&self) -> BTreeSet<EntryHash> {
        let runs = self.post.runs(&self.region);
        let at_relay = runs.iter().flat_map(|run| places(run));
        let rows = self.oracle.disks.iter().flat_map(|disk| disk.rows.values());
        let entries = rows.flatten().copied().chain(at_relay);
        let mut entries: Vec<_> = entries.filter(|entry| !entry.spoilt).collect();
        entries.sort_by_key(|entry| entry.seq);
        let mut whole = BTreeSet::new();
        for entry in entries {
            if entry.before.is_none_or(|before| whole.contains(&before)) {
                whole.insert(entry.hash);
            }
        }
        whole
    }

    /// I11: of whom something counts is a member by an act that this coordinator has, or was, up to a head that counts.
    fn only_members_count(&mut self, id: usize, evaluation: &Evaluation, roster: &Roster) {
        self.checked(Invariant::I11);
        let mut applied = evaluation.outcomes.iter();
        let wrong = applied.find_map(|(spot, outcome)| {
            let author = self.oracle.streams.get(&spot.stream)?;
            let key = self.phones.get(*author)?.key();
            let counts = *outcome == Outcome::Applied && !self.may_count(&key, spot, roster);
            counts.then_some(*author)
        });
        if let Some(author) = wrong {
            let what = format!("coordinator {id} counts what device {author} may not add");
            self.violate(Invariant::I11, what);
        }
    }

    fn may_count(&self, key: &DevicePublic, spot: &Spot, roster: &Roster) -> bool {
        let late = self
            .phones
            .iter()
            .any(|phone| phone.key() == *key && phone.role == crate::phone::Role::Late);
        let admitted = self.oracle.admitted.get(key).map_or(&[][..], Vec::as_slice);
        let is_member = !late || admitted.iter().any(|act| roster.contains(act));
        let removals = self.oracle.removed.get(key).map_or(&[][..], Vec::as_slice);
        let mut removals = removals.iter().filter(|it| roster.contains(&it.act));
        let up_to = |removal: &Removal| {
            let mut heads = removal.heads.iter();
            heads.any(|(stream, seq, _)| *stream == spot.stream && spot.seq <= *seq)
        };
        is_member && removals.all(up_to)
    }

    /// I12, at the end: what this version does not know is received, and never set apart as unreadable.
    pub fn newer_is_kept(&mut self, id: usize, evaluation: &Evaluation) {
        self.checked(Invariant::I12);
        let places = self.places_of(id);
        let whole = self.whole_entries();
        let sealed_at = |spot: &Spot| places.get(&spot.hash).copied().unwrap_or(spot.hash);
        let outcomes = evaluation.outcomes.iter();
        let followed = outcomes.filter(|(_, outcome)| **outcome != Outcome::Gap);
        let followed: BTreeSet<EntryHash> = followed.map(|(spot, _)| sealed_at(spot)).collect();
        let mut wrong = None;
        for (spot, outcome) in &evaluation.outcomes {
            let sealed = sealed_at(spot);
            let known = self.oracle.by_hash.get(&sealed);
            let known = known.and_then(|id| self.oracle.operations.get(id));
            // Of a run that was spoilt, and is nowhere else any more, there are pieces that nobody can tell anything of; nor of
            // what follows it.
            let gap = *outcome == Outcome::Gap;
            // Its device may have carried it to another stream, and hold the rest of this one no more.
            let lost = gap && (!whole.contains(&spot.hash) || followed.contains(&sealed));
            let right = match known.map(|known| known.deed).filter(|_| !lost) {
                Some(Deed::NewerStatement | Deed::NewerAct) => {
                    matches!(outcome, Outcome::Parked | Outcome::Held(_))
                }
                Some(Deed::State(_)) => {
                    matches!(outcome, Outcome::Stated | Outcome::Held(_))
                }
                Some(Deed::NewerKind | Deed::NewerField) => {
                    !matches!(outcome, Outcome::Unreadable | Outcome::Gap)
                }
                _ => true,
            };
            if !right {
                let Spot { stream, seq, .. } = spot;
                let what = "of what is newer, at";
                wrong = Some(format!(
                    "coordinator {id} makes {outcome:?} {what} {stream:?} {seq}"
                ));
            }
        }
        if let Some(what) = wrong {
            self.violate(Invariant::I12, what);
        }
    }
}
