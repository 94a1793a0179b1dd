//! The roster's news, and acts that the relay lacks.
//!
//! Not here: what an act does (see `veldpost-envelope`).

use super::{Device, Step, Turn};
use crate::change::Change;
use crate::effect::Notice;
use std::rc::Rc;
use veldpost_envelope::roster::Taken;
use veldpost_envelope::wire::{
    ActsAsk, Call, MAX_ACTS, MAX_BODY, RosterAnswer, RosterAsk, RosterHead,
};
use veldpost_envelope::{EnvelopeError, Object, ObjectHash, Purpose, Roster};

impl Device {
    pub(super) fn acts_from(&self, from: u64) -> Option<Vec<u8>> {
        let (mut acts, mut bytes): (Vec<&[u8]>, _) = (Vec::new(), 0);
        for act in self.acts.get(usize::try_from(from).ok()?..)? {
            bytes += act.len() + 5;
            if acts.len() >= MAX_ACTS || bytes > MAX_BODY - 128 {
                break;
            }
            acts.push(act);
        }
        let ask = ActsAsk {
            region: self.roster.region(),
            acts,
            founding: self.office.code().filter(|_| from == 0),
        };
        (!ask.acts.is_empty()).then(|| ask.to_bytes())
    }

    pub(super) fn read_roster(&mut self, turn: &mut Turn<'_>) {
        let ask = RosterAsk {
            region: self.roster.region(),
            from: self.roster.height().saturating_add(1),
        };
        self.ask(Call::Roster, ask.to_bytes(), turn);
    }

    pub(super) fn roster_came(&mut self, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(answer) = RosterAnswer::from_bytes(body) else {
            self.read.failed(turn.now, None, turn.rng);
            return;
        };
        let mut roster = self.roster.clone();
        let (acts, notices) = take_acts(&mut roster, &answer.acts);
        if acts.is_empty() {
            notices.into_iter().for_each(|notice| turn.show(notice));
            if self.read.pages.is_empty() {
                self.read.failed(turn.now, None, turn.rng);
            }
            return;
        }
        // An answer has at most 1 MiB: the rest is asked for before the page is taken.
        self.read.read_for = self
            .read
            .read_for
            .filter(|_| roster.height() >= answer.head.height);
        self.take_roster(roster, acts, notices);
        self.read.wanted |= self.read.pages.is_empty();
    }

    /// What follows from acts that were taken, the first of them behind the head that is held.
    pub(super) fn take_roster(
        &mut self,
        roster: Roster,
        acts: Vec<Rc<[u8]>>,
        mut notices: Vec<Notice>,
    ) {
        let mut changes = vec![Change::Acts {
            from: self.roster.height().saturating_add(1),
            acts: acts.clone(),
        }];
        let own = self.key.public();
        if self.roster.member(&own) && !roster.member(&own) {
            changes.push(Change::Removed);
            notices.push(Notice::Removed);
        }
        let gains =
            |purpose| roster.coordinates(&own, purpose) && !self.roster.coordinates(&own, purpose);
        let (pinned, missing) = self.newly_locked(&roster);
        changes.extend(pinned.into_iter().map(Change::Locked));
        if missing || Purpose::ALL.into_iter().any(gains) {
            // Positions that were passed over had nothing for this device before, or a checkpoint that a newer one
            // replaced before it was known to lock a campaign.
            changes.push(Change::Again);
            self.read.begin_again();
        }
        self.steps.push_back(Step {
            changes,
            roster: Some((roster, acts)),
            notices,
            ..Step::default()
        });
    }

    /// Checkpoints that lock a campaign by this roster and not yet by the one before: those that are held, and whether a
    /// coordinator of the count lacks one.
    fn newly_locked(&self, roster: &Roster) -> (Vec<Rc<Object>>, bool) {
        let (mut held, mut missing) = (Vec::new(), false);
        for (hash, signer) in roster.locked() {
            let hash = ObjectHash(hash);
            if self.roster.locks(&hash, &signer) || self.ledger.locked.contains_key(&hash) {
                continue;
            }
            let newest = self.ledger.checkpoints.get(&(Purpose::Count, signer));
            match newest.filter(|newest| newest.hash() == hash) {
                Some(checkpoint) => held.push(Rc::clone(checkpoint)),
                None => missing = true,
            }
        }
        let reads = roster.coordinates(&self.key.public(), Purpose::Count);
        (held, missing && reads)
    }

    /// The relay's roster is another than it was: what it did not take for want of an act is offered again.
    pub(super) fn relay_moved(&mut self) {
        self.offers.relay_moved();
        self.push.relay_moved();
    }

    pub(super) fn acts_taken(&mut self, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(head) = RosterHead::from_bytes(body) else {
            self.read.failed(turn.now, None, turn.rng);
            return;
        };
        self.read.pace.succeeded();
        self.relay_moved();
        self.read.wanted = true;
        if head.height < self.roster.height() {
            self.read.offer = head.height.checked_add(1);
        }
    }
}

/// Takes acts as far as they hang on one another.
pub(super) fn take_acts(roster: &mut Roster, acts: &[&[u8]]) -> (Vec<Rc<[u8]>>, Vec<Notice>) {
    let (mut taken, mut notices) = (Vec::new(), Vec::new());
    for act in acts {
        match roster.take(act) {
            Ok(Taken::Applied | Taken::WithoutEffect(_) | Taken::Unknown) => {
                taken.push(Rc::from(*act));
            }
            Ok(Taken::Held) => {}
            Ok(Taken::Fork) => notices.push(Notice::RosterFork),
            Err(EnvelopeError::Newer(_)) => {
                notices.push(Notice::UpdateNeeded);
                break;
            }
            Err(_) => {
                notices.push(Notice::RosterBroken);
                break;
            }
        }
    }
    (taken, notices)
}
