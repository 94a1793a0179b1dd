//! A region with everybody in it, at one moment.
//!
//! Not here: what happens next (see `step`), and what must hold (see `check`).

use crate::air::Air;
use crate::dice::Dice;
use crate::hostile::Lies;
use crate::intruder::Intruder;
use crate::oracle::Oracle;
use crate::phone::{Phone, Role};
use crate::plan::{Fault, Invariant, Plan};
use crate::post::Post;
use std::collections::BTreeMap;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::{self, GenesisInput, RegionForm, RosterDevice, create};
use veldpost_envelope::invitation::InviteFields;
use veldpost_envelope::roster::NewInvite;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{ActsAsk, Call};
use veldpost_envelope::{
    Genesis, InvitationKeys, Purpose, RandomBytes, RegionId, Roster, random, request,
};

/// When every run begins: 20 November 2026.
pub const BEGIN: i64 = 1_795_212_000_000;
/// A minute, an hour, a day in milliseconds.
pub const MINUTE: i64 = 60_000;
/// An hour.
pub const HOUR: i64 = 60 * MINUTE;
/// A day.
pub const DAY: i64 = 24 * HOUR;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which rule does not hold.
    pub invariant: Invariant,
    /// At which step.
    pub step: u64,
    /// What was seen.
    pub what: String,
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Steps, those of the settling too.
    pub steps: u64,
    /// Records of which *Bewaard* was said.
    pub saves: u64,
    /// How often each kind of fault was met.
    pub faults: BTreeMap<Fault, u64>,
    /// How often each invariant was looked at.
    pub checks: BTreeMap<Invariant, u64>,
    /// How often a judging only added to an earlier one.
    pub grown: u64,
    /// How many entries were read before they were judged.
    pub read_ahead: u64,
    /// How often each notice was shown.
    pub shown: BTreeMap<&'static str, u64>,
    /// Rounds that it took until all had arrived.
    pub rounds: u64,
    /// A number made of everything that happened: the same run has the same one.
    pub trace: u64,
}

/// A region.
pub struct World {
    pub plan: Plan,
    pub now: i64,
    pub step: u64,
    pub dice: Dice,
    pub region: RegionId,
    pub phones: Vec<Phone>,
    pub post: Post,
    pub air: Air,
    pub oracle: Oracle,
    pub lies: Lies,
    pub intruder: Option<Intruder>,
    pub invited: InvitationKeys,
    /// The relay cannot be reached until then.
    pub cut: i64,
    /// No fault is drawn any more.
    pub quiet: bool,
    pub tally: Tally,
    pub violation: Option<Violation>,
    /// What happened, line by line, when somebody wants to read it.
    pub diary: Option<Vec<String>>,
}

impl World {
    /// Founds the region of a plan. None when the crates refuse to.
    pub fn new(plan: &Plan) -> Option<Self> {
        let mut dice = Dice::part(plan.seed, 2);
        let phones = people(plan, &mut dice);
        let intruder = plan.has(Fault::Intruder).then(|| Intruder::new(&mut dice));
        let mut devices: Vec<RosterDevice> = phones
            .iter()
            .filter(|phone| phone.role != Role::Late)
            .map(entry_of)
            .collect();
        let also = intruder.iter().map(|it| it.roster_device(plan.broken));
        devices.extend(also);
        let input = GenesisInput {
            at: BEGIN - DAY,
            form: RegionForm::Shared,
            devices: &devices,
        };
        let created = create(&input, &mut dice).ok()?;
        let mut roster = Roster::new(&Genesis::verify(&created.act).ok()?);
        let founder = &phones.first()?.signing;
        let (act, invited) = invitation(&roster, founder, &mut dice)?;
        roster.take(&act).ok()?;
        let acts = vec![created.act, act];
        let mut post = Post::new(BEGIN - DAY, &mut dice)?;
        let ask = ActsAsk {
            region: created.region,
            acts: acts.iter().map(Vec::as_slice).collect(),
            founding: None,
        };
        let body = ask.to_bytes();
        let created_at = request::created_at(BEGIN);
        let nonce = random::array(&mut dice);
        let headers = request::sign(
            Call::Acts,
            crate::post::HOST,
            &body,
            created_at,
            &nonce,
            founder,
        );
        let reply = post.serve(Call::Acts, Some(&headers), &body, BEGIN);
        if reply.status != 200 {
            return None;
        }
        post.back_up();
        for phone in &phones {
            phone.set_up(&acts)?;
        }
        let oracle = Oracle::new(phones.iter().map(Phone::key).collect());
        Some(Self {
            plan: plan.clone(),
            now: BEGIN,
            step: 0,
            region: created.region,
            phones,
            post,
            air: Air::default(),
            oracle,
            lies: Lies::default(),
            intruder,
            invited,
            cut: 0,
            quiet: false,
            tally: Tally::default(),
            violation: None,
            diary: None,
            dice,
        })
    }

    /// Notes the first thing that does not hold.
    pub fn violate(&mut self, invariant: Invariant, what: impl Into<String>) {
        let step = self.step;
        self.violation.get_or_insert_with(|| Violation {
            invariant,
            step,
            what: what.into(),
        });
    }

    /// Whether a fault happens now: it is in the plan, and the dice say so, of a thousand.
    pub fn meets(&mut self, fault: Fault, of_thousand: u64) -> bool {
        let meets = self.may_meet(fault, of_thousand);
        if meets {
            self.met(fault);
        }
        meets
    }

    /// The same, where it is counted later or not at all. In an idle step the dice are thrown all the same, so that a plan
    /// with one idle step more is the same up to there.
    pub fn may_meet(&mut self, fault: Fault, of_thousand: u64) -> bool {
        let drawn = !self.quiet && self.plan.has(fault) && self.dice.chance(of_thousand);
        drawn && !self.idles()
    }

    /// Whether nobody does anything in this step.
    pub fn idles(&self) -> bool {
        self.plan.idle.contains(&self.step)
    }

    /// Counts a fault.
    pub fn met(&mut self, fault: Fault) {
        *self.tally.faults.entry(fault).or_default() += 1;
        self.note(|_| format!("fault {}", fault.name()));
        self.trace(fault as u64);
    }

    /// A line for whoever reads along; ids and kinds only.
    pub fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.diary.is_some() {
            let (at, step) = (self.now - BEGIN, self.step);
            let line = line(self);
            if let Some(diary) = self.diary.as_mut() {
                diary.push(format!(
                    "{step:>4} {:>10}.{:03} s  {line}",
                    at / 1_000,
                    at % 1_000
                ));
            }
        }
    }

    /// Counts a check.
    pub fn checked(&mut self, invariant: Invariant) {
        *self.tally.checks.entry(invariant).or_default() += 1;
    }

    /// Whether the rule of this invariant is broken on purpose.
    pub fn broken(&self, invariant: Invariant) -> bool {
        self.plan.broken == Some(invariant)
    }

    /// Adds something that happened to the number that stands for all of it.
    pub fn trace(&mut self, what: u64) {
        let trace = self.tally.trace.rotate_left(5) ^ what ^ self.now.cast_unsigned();
        self.tally.trace = trace.wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    /// The clock of a phone, right or wrong.
    pub fn clock(&self, phone: usize) -> i64 {
        let offset = self.phones.get(phone).map_or(0, |phone| phone.offset);
        self.now.saturating_add(offset)
    }

    /// The numbers of those who coordinate.
    pub fn coordinators(&self) -> Vec<usize> {
        let phones = self.phones.iter().filter(|phone| phone.coordinates());
        phones.map(|phone| phone.id).collect()
    }
}

fn people(plan: &Plan, dice: &mut Dice) -> Vec<Phone> {
    let second = usize::from(plan.has(Fault::Second));
    let mut roles = vec![Role::Coordinator; 1 + second];
    for number in 0..plan.devices {
        // The first two are there from the beginning.
        let late = plan.has(Fault::Late) && number >= 1 && number % 3 == 1;
        roles.push(if late { Role::Late } else { Role::Worker });
    }
    let phones = roles.into_iter().enumerate();
    phones
        .map(|(id, role)| Phone::new(id, role, dice))
        .collect()
}

/// A phone as the roster names it.
pub fn entry_of(phone: &Phone) -> RosterDevice {
    let roles = if phone.coordinates() {
        Purpose::ALL.map(genesis::Role::Coordinator).into()
    } else {
        vec![genesis::Role::Counter]
    };
    RosterDevice {
        signing: phone.key(),
        encryption: phone.encryption.public(),
        roles,
    }
}

/// An evening's invitation, for those who come late.
fn invitation(
    roster: &Roster,
    founder: &veldpost_envelope::DeviceSigningKey,
    dice: &mut Dice,
) -> Option<(Vec<u8>, InvitationKeys)> {
    let secret = Secret::generate(dice);
    let mut id = [0; 16];
    dice.fill(&mut id);
    let keys = InvitationKeys::derive(&secret, &roster.region(), &id);
    let new = NewInvite {
        id,
        form: InviteForm::Evening,
        roles: vec![genesis::Role::Counter],
        uses: 60,
        // As long as there can be.
        ends: BEGIN + 89 * DAY,
        token: keys.token(),
        organisation: None,
    };
    let next = roster.next(founder, BEGIN - DAY);
    let act = next.invite(new, |fields| keys.proof(InviteFields(fields)));
    Some((act.ok()?, keys))
}
