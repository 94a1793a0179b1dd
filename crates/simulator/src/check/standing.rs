//! What holds at any moment: no acknowledged record is lost, and no batch is sent more often than it was interrupted.
//!
//! Not here: what a commit or a judgement must keep to.

use crate::book::{Deed, Save};
use crate::oracle::Said;
use crate::plan::Invariant;
use crate::world::World;
use veldpost_envelope::EntryHash;
use veldpost_sync::Notice;

impl World {
    /// After every step.
    pub fn check_step(&mut self) {
        if self.violation.is_some() {
            return;
        }
        self.nothing_is_lost();
        self.nothing_is_sent_too_often();
    }

    /// I1: whatever was acknowledged is on its device's disk, or on a coordinator's.
    fn nothing_is_lost(&mut self) {
        self.checked(Invariant::I1);
        let coordinators = self.coordinators();
        let oracle = &self.oracle;
        let lost = oracle.operations.values().find(|known| {
            known.said == Said::Kept
                && !known.excused
                && !known.at_relay_only
                && !oracle.holds(known.phone, &known.hash)
                && !coordinators
                    .iter()
                    .any(|coordinator| oracle.holds(*coordinator, &known.hash))
        });
        if let Some(known) = lost {
            let what = format!(
                "what device {} was told is kept is nowhere ({:?})",
                known.phone, known.deed
            );
            self.violate(Invariant::I1, what);
        }
    }

    /// I6, its first half.
    fn nothing_is_sent_too_often(&mut self) {
        self.checked(Invariant::I6);
        let sent = self.oracle.sent.iter().enumerate();
        let mut often = sent.filter(|(id, sent)| {
            let field = self.phones.get(*id).is_some_and(|it| !it.coordinates());
            field && sent.again > sent.interruptions
        });
        if let Some((id, sent)) = often.next() {
            let what = format!(
                "device {id} sent {} batches again after {} interruptions",
                sent.again, sent.interruptions
            );
            self.violate(Invariant::I6, what);
        }
    }

    /// I7: each operation of a device is later than the one before, whatever its wall clock says.
    pub fn clock_rises(&mut self, id: usize, save: &Save) {
        self.checked(Invariant::I7);
        let mut before = self.oracle.clocks.get(id).copied().unwrap_or_default();
        for sealed in &save.operations {
            if sealed.hlc <= before {
                let what = format!("the clock of device {id} stood still");
                self.violate(Invariant::I7, what);
            }
            before = sealed.hlc;
        }
    }

    /// What is on the disk is what the next one is later than.
    pub fn clock_moved(&mut self, id: usize, save: &Save) {
        for sealed in &save.operations {
            if self.oracle.holds(id, &sealed.hash)
                && let Some(clock) = self.oracle.clocks.get_mut(id)
            {
                *clock = sealed.hlc;
            }
        }
    }

    /// Whether an entry holds what this version does not know.
    pub fn is_newer(&self, sealed: &EntryHash) -> bool {
        let known = self.oracle.by_hash.get(sealed);
        let known = known.and_then(|id| self.oracle.operations.get(id));
        known.is_some_and(|known| {
            matches!(
                known.deed,
                Deed::NewerField | Deed::NewerKind | Deed::NewerAct | Deed::NewerStatement
            )
        })
    }

    /// A person is shown something.
    pub fn shown(&mut self, id: usize, notice: Notice) {
        self.trace(0x5107 + id as u64);
        self.note(|_| format!("{id} is shown {notice:?}"));
        *self.tally.shown.entry(name(notice)).or_default() += 1;
    }
}

/// A notice without what it is about.
fn name(notice: Notice) -> &'static str {
    match notice {
        Notice::RestoredDevice(_) => "restored-device",
        Notice::Fork(_) => "fork",
        Notice::ReceiptLower(_) => "receipt-lower",
        Notice::CheckpointFork => "checkpoint-fork",
        Notice::ObjectRefused => "object-refused",
        Notice::RunRefused => "run-refused",
        Notice::RosterBroken => "roster-broken",
        Notice::RosterFork => "roster-fork",
        Notice::UpdateNeeded => "update-needed",
        Notice::Removed => "removed",
        Notice::Refused(code) => code.text(),
        Notice::NotWritten => "not-written",
    }
}
