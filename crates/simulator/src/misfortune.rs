//! What befalls devices and the relay between two steps.
//!
//! Not here: what befalls messages (see `network`), and what coordinators do to the roster (see `admin`).

use crate::oracle::Said;
use crate::plan::{Fault, Invariant};
use crate::world::{DAY, HOUR, MINUTE, World};
use veldpost_domain::Hlc;
use veldpost_store::Shelf;

/// Twenty years in milliseconds.
const YEARS: i64 = 20 * 365 * DAY;

impl World {
    /// One step's share of it.
    pub fn misfortune(&mut self) {
        self.of_the_way();
        self.of_a_device();
        self.of_the_relay();
        if self.may_meet(Fault::Late, 100) {
            self.admit();
        }
        if self.may_meet(Fault::Remove, 15) {
            self.remove();
        }
        if self.may_meet(Fault::Rotate, 25) {
            self.rotate();
        }
        if self.may_meet(Fault::State, 60) {
            self.state();
        }
        if self.may_meet(Fault::Colleague, 80) {
            self.corrects();
        }
        self.trespass();
    }

    fn any(&mut self) -> Option<usize> {
        let number = self.phones.len() as u64;
        usize::try_from(self.dice.below(number)).ok()
    }

    fn of_the_way(&mut self) {
        if self.meets(Fault::Partition, 60)
            && let Some(id) = self.any()
        {
            let until = self.now + self.dice.between(MINUTE, 2 * DAY);
            if let Some(phone) = self.phones.get_mut(id) {
                phone.offline = until;
            }
        }
        if self.meets(Fault::Partition, 20) {
            self.cut = self.now + self.dice.between(MINUTE, 6 * HOUR);
        }
        if self.meets(Fault::HostileRelay, 50) {
            self.lies.until = self.now + self.dice.between(MINUTE, DAY);
        }
    }

    fn of_a_device(&mut self) {
        if self.meets(Fault::Clock, 40)
            && let Some(id) = self.any()
        {
            let jump = self.dice.between(-YEARS, YEARS);
            if let Some(phone) = self.phones.get_mut(id) {
                phone.offset = jump;
            }
        }
        if self.meets(Fault::Lock, 100) {
            let coordinators = self.coordinators();
            let chosen = self.dice.pick(&coordinators);
            if let Some(phone) = chosen.and_then(|id| self.phones.get_mut(id)) {
                phone.unlocked = !phone.unlocked;
            }
        }
        if self.plan.has(Fault::RestoreDevice) && !self.quiet {
            self.copies();
        }
    }

    /// A copy of a device's disk is made, or put back.
    fn copies(&mut self) {
        let Some(id) = self.any() else {
            return;
        };
        let Some(phone) = self.phones.get_mut(id) else {
            return;
        };
        if phone.coordinates() {
            return;
        }
        if self.dice.chance(120) {
            phone.copy = Some(phone.database.snapshot());
        } else if phone.copy.is_some() && self.meets(Fault::RestoreDevice, 60) {
            self.put_back(id);
        }
    }

    fn put_back(&mut self, id: usize) {
        self.kill(id);
        let Some(phone) = self.phones.get_mut(id) else {
            return;
        };
        let Some(copy) = phone.copy.clone() else {
            return;
        };
        phone.database.restore(&copy);
        let shelves = [Shelf::Outbox, Shelf::Originals, Shelf::Aside];
        let rows = shelves.into_iter().flat_map(|shelf| {
            let rows = phone.rows(shelf).into_iter();
            rows.map(move |(key, value)| (shelf, key, value))
        });
        let rows: Vec<_> = rows.collect();
        self.oracle.reads(id, rows.into_iter());
        if let Some(clock) = self.oracle.clocks.get_mut(id) {
            *clock = Hlc::default();
        }
        self.sent_anew(Some(id));
        self.blame_nobody(Some(id));
    }

    fn of_the_relay(&mut self) {
        if self.quiet {
            return;
        }
        let restores = self.plan.has(Fault::RestoreRelay);
        if restores && self.dice.chance(60) {
            self.post.back_up();
        }
        let restored = self.meets(Fault::RestoreRelay, 25) && {
            let now = self.now;
            self.post.restore(now, &mut self.dice)
        };
        let emptied = self.meets(Fault::EmptyRelay, 15) && self.empty_relay();
        if restored || emptied {
            self.oracle.relay_lives += 1;
            self.sent_anew(None);
            self.blame_nobody(None);
        }
    }

    fn empty_relay(&mut self) -> bool {
        let Some(post) = crate::post::Post::new(self.now, &mut self.dice) else {
            self.violate(Invariant::Simulator, "an empty relay does not open");
            return false;
        };
        self.post = post;
        // The operator may say that it takes the place of one that was lost.
        !self.dice.chance(500) || self.post.lost(self.now, &mut self.dice)
    }

    /// From here on everything may be sent once more.
    pub fn sent_anew(&mut self, id: Option<usize>) {
        for (phone, sent) in self.oracle.sent.iter_mut().enumerate() {
            if id.is_none_or(|id| id == phone) {
                sent.entries.clear();
            }
        }
    }

    /// Of what went with a disk no program is guilty. What was on it alone is lost; what the relay holds besides is to be
    /// found there, until that goes too.
    fn blame_nobody(&mut self, restored: Option<usize>) {
        let at_relay = self.post.sealed(&self.region);
        let coordinators = self.coordinators();
        let mut excused = Vec::new();
        for (id, known) in &self.oracle.operations {
            let here = self.oracle.holds(known.phone, &known.hash)
                || coordinators
                    .iter()
                    .any(|coordinator| self.oracle.holds(*coordinator, &known.hash));
            let meant = known.at_relay_only || restored == Some(known.phone);
            if known.said == Said::Kept && meant && !here {
                excused.push((*id, at_relay.contains(&known.hash)));
            }
        }
        for (id, at_relay) in excused {
            if let Some(known) = self.oracle.operations.get_mut(&id) {
                known.at_relay_only = at_relay;
                known.excused |= !at_relay;
            }
        }
    }
}
