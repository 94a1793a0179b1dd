//! What happens next, by the dice; and the quiet at the end, in which everything has to arrive.
//!
//! Not here: what goes wrong on the way (see `network`).

use crate::book::Deed;
use crate::oracle::Said;
use crate::plan::{Fault, Invariant, Plan};
use crate::world::{DAY, HOUR, MINUTE, Tally, Violation, World};
use veldpost_sync::Wake;

/// In so many rounds of six minutes everything has arrived once the network heals.
pub const ROUNDS: u64 = 24;

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The plan.
    pub plan: Plan,
    /// What it did.
    pub tally: Tally,
    /// What it found.
    pub violation: Option<Violation>,
    /// What happened, when it was watched.
    pub diary: Vec<String>,
}

/// Runs a plan from beginning to end.
#[must_use]
pub fn run(plan: &Plan) -> Report {
    play(plan, None)
}

/// The same, with a diary.
#[must_use]
pub fn watch(plan: &Plan) -> Report {
    play(plan, Some(Vec::new()))
}

fn play(plan: &Plan, diary: Option<Vec<String>>) -> Report {
    let Some(mut world) = World::new(plan) else {
        return Report {
            plan: plan.clone(),
            tally: Tally::default(),
            violation: Some(Violation {
                invariant: Invariant::Simulator,
                step: 0,
                what: String::from("the region could not be founded"),
            }),
            diary: Vec::new(),
        };
    };
    world.diary = diary;
    for id in 0..world.phones.len() {
        world.open(id);
    }
    while world.step < plan.steps && world.violation.is_none() {
        world.step += 1;
        world.next();
        world.check_step();
    }
    world.settle();
    world.tally.steps = world.step;
    Report {
        plan: plan.clone(),
        tally: world.tally,
        violation: world.violation,
        diary: world.diary.unwrap_or_default(),
    }
}

impl World {
    fn next(&mut self) {
        self.misfortune();
        let Some(id) = self.any_phone() else {
            return;
        };
        let coordinates = self.phones.get(id).is_some_and(|it| it.coordinates());
        let drawn = self.dice.below(10);
        match drawn {
            _ if self.idles() => {}
            0..5 if !coordinates => self.record(id),
            0..5 => self.confirm_if_unlocked(id),
            5..7 => {
                self.open(id);
                let wakes = [Wake::Minute, Wake::Visible, Wake::Online];
                let wake = self.dice.pick(&wakes).unwrap_or(Wake::Minute);
                self.wake(id, wake);
            }
            7 => self.kill(id),
            _ => {
                for coordinator in self.coordinators() {
                    self.confirm_if_unlocked(coordinator);
                }
            }
        }
        let takes = self.takes();
        self.pass(self.now + takes);
    }

    fn any_phone(&mut self) -> Option<usize> {
        let all: Vec<usize> = (0..self.phones.len()).collect();
        self.dice.pick(&all)
    }

    fn takes(&mut self) -> i64 {
        match self.dice.below(100) {
            0..70 => self.dice.between(0, 2 * MINUTE),
            70..88 => self.dice.between(MINUTE, 40 * MINUTE),
            88..94 => self.dice.between(HOUR, 12 * HOUR),
            94..99 => self.nobody_looks(DAY, 3 * DAY),
            _ => self.nobody_looks(7 * DAY, 30 * DAY),
        }
    }

    fn nobody_looks(&mut self, low: i64, high: i64) -> i64 {
        self.phones.iter_mut().for_each(|phone| phone.asleep = true);
        self.dice.between(low, high)
    }

    fn record(&mut self, id: usize) {
        self.open(id);
        let number = 1 + self.dice.below(3);
        let deeds: Vec<Deed> = (0..number).map(|_| self.deed(id)).collect();
        self.save(id, &deeds);
    }

    /// What a person does: mostly somebody new, sometimes something about an own record.
    fn deed(&mut self, id: usize) -> Deed {
        if self.meets(Fault::Newer, 150) {
            let newer = [Deed::NewerField, Deed::NewerKind, Deed::NewerStatement];
            return self.dice.pick(&newer).unwrap_or(Deed::Create);
        }
        if self.meets(Fault::NewerAct, 60) {
            return Deed::NewerAct;
        }
        let own = self.oracle.operations.values();
        let own: Vec<_> = own
            .filter(|known| known.phone == id && known.deed == Deed::Create)
            .filter(|known| known.said == Said::Kept)
            .map(|known| known.record)
            .collect();
        let newest = |record| {
            let mut made = self.oracle.records.get(&record)?.iter().rev();
            let known = |made| self.oracle.operations.get(made);
            let own = |made| known(made).is_some_and(|it| it.phone == id && it.deed.writes());
            made.find(|made| own(made)).copied()
        };
        match (self.dice.below(10), self.dice.pick(&own)) {
            (0..2, Some(record)) => {
                newest(record).map_or(Deed::Create, |base| Deed::Amend(record, base))
            }
            (2, Some(record)) => Deed::Withdraw(record),
            _ => Deed::Create,
        }
    }

    fn confirm_if_unlocked(&mut self, id: usize) {
        self.open(id);
        let unlocked = self.phones.get(id).is_some_and(|it| it.unlocked);
        if unlocked {
            self.confirm(id);
        }
    }

    /// The faults stop: everything has to arrive.
    fn settle(&mut self) {
        self.calm();
        while self.violation.is_none() {
            self.step += 1;
            self.tally.rounds += 1;
            for id in 0..self.phones.len() {
                self.open(id);
                self.wake(id, Wake::Online);
            }
            self.pass(self.now + 6 * MINUTE);
            for coordinator in self.coordinators() {
                self.confirm(coordinator);
            }
            self.pass(self.now + MINUTE);
            self.check_step();
            // What one device fills the relay up with, another hears of in the round after.
            let otherwise = || Some((Invariant::I5, self.goes_on_otherwise()?));
            match self.missing().or_else(otherwise) {
                None => break,
                // A relay that was put back, or that takes the place of a lost one, takes acts of after that a day later only.
                Some(_) if self.tally.rounds == ROUNDS && self.takes_old_acts_first() => {
                    let day = self.nobody_looks(DAY, DAY);
                    self.pass(self.now + day);
                }
                Some((invariant, what)) if self.tally.rounds.is_multiple_of(ROUNDS) => {
                    // What stands in its way says more.
                    self.chains_agree();
                    self.violate(invariant, what);
                }
                Some(_) => {}
            }
        }
        if self.violation.is_none() {
            self.check_end();
        }
    }

    fn takes_old_acts_first(&self) -> bool {
        self.plan.has(Fault::RestoreRelay) || self.plan.has(Fault::EmptyRelay)
    }

    fn calm(&mut self) {
        self.quiet = true;
        self.cut = 0;
        self.lies.until = 0;
        for phone in &mut self.phones {
            (phone.offline, phone.unlocked, phone.asleep) = (0, true, false);
        }
        // What a liar was told to stop for is tried again by the next start of the app.
        if self.plan.has(Fault::HostileRelay) {
            (0..self.phones.len()).for_each(|id| self.kill(id));
        }
    }

    /// What has not arrived at every coordinator.
    fn missing(&self) -> Option<(Invariant, String)> {
        let coordinators = self.coordinators();
        let mut kept: Vec<_> = self.oracle.operations.values().collect();
        kept.sort_by_key(|known| !self.is_newer(&known.hash));
        kept.into_iter().find_map(|known| {
            if known.said != Said::Kept || known.excused || !self.is_member(known.phone) {
                return None;
            }
            let has = |coordinator: &&usize| self.oracle.holds(**coordinator, &known.hash);
            // The relay keeps one branch whole: where it lost what it had, and the device was put back too, the other
            // one stays with whoever has it.
            if self.oracle.is_forked(known) && coordinators.iter().any(|it| has(&it)) {
                return None;
            }
            let without = coordinators.iter().find(|it| !has(it))?;
            let invariant = if self.is_newer(&known.hash) {
                Invariant::I12
            } else {
                Invariant::I6
            };
            let what = format!(
                "after {} rounds of quiet what device {} recorded as {:?} is not at coordinator {without}{}",
                self.tally.rounds,
                known.phone,
                known.place.map(|(_, seq)| seq),
                if known.at_relay_only { ", and was at the relay only" } else { "" }
            );
            Some((invariant, what))
        })
    }

    /// Whether every coordinator knows it as a member: of others it is enough that nothing is lost.
    fn is_member(&self, id: usize) -> bool {
        let Some(key) = self.phones.get(id).map(|phone| phone.key()) else {
            return false;
        };
        let coordinators = self.phones.iter().filter(|phone| phone.coordinates());
        let mut rosters = coordinators.filter_map(|phone| phone.roster());
        rosters.all(|roster| roster.member(&key))
    }
}
