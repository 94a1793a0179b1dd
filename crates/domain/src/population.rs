//! A made-up population: operations whose tables equal those of November 2024, or any other number of
//! records in the same proportions.
//!
//! Nobody in it exists. The same plan gives the same operations; another seed gives other people with
//! the same Tables 1 and 2 by origin. Not here: sealing and storing them.

mod dice;
mod people;
mod sketch;

pub use people::{AREAS, ORGANISATIONS};

use crate::tables::name;
use crate::{
    Act, Answer, Answers, CampaignId, Context, Date, FieldChange, FormVersion, Hlc, Operation,
    OperationId, RecordId, RecordKind, RoundId,
};
use dice::Dice;
use sketch::{Fate, Sketch};
use std::collections::VecDeque;

/// A count date for the population as published: the source names the month, the day is made up.
pub const COUNT_DATE: &str = "2024-11-20";

/// The seed of the demonstration: its people are the same everywhere.
pub const DEMO_SEED: u64 = 2024;

/// The campaign of the demonstration.
pub const DEMO_CAMPAIGN: CampaignId =
    CampaignId([0x20, 0x24, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

/// The version of `forms/ethos-count` whose questions the population answers.
pub const FORM_VERSION: &str = "2026112001";

/// Which population to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Another seed gives other people.
    pub seed: u64,
    /// How many.
    pub size: Size,
    /// The count that the records belong to.
    pub campaign: CampaignId,
    /// The evening on which they are recorded, and the day on which ages are taken.
    pub count_date: Date,
}

/// How many records to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// As many as give the published tables.
    Published,
    /// So many, in the same proportions: persons and observations, withdrawn ones included.
    Records(u32),
}

/// The operations of a population, in the order of the evening.
pub struct Population {
    dice: Dice,
    plan: Plan,
    sketches: std::vec::IntoIter<Sketch>,
    ready: VecDeque<Operation>,
    clock: Hlc,
    at: i64,
    /// Milliseconds between two records.
    pace: i64,
}

/// Makes a population.
#[must_use]
pub fn population(plan: &Plan) -> Population {
    let mut dice = Dice::new(plan.seed);
    let sketches = sketch::sketches(plan.size, &mut dice);
    let evening = 5 * 3_600_000;
    Population {
        // 18:00 in the winter of the region.
        at: plan.count_date.to_millis() + 17 * 3_600_000,
        pace: evening / i64::try_from(sketches.len().max(1)).unwrap_or(i64::MAX),
        dice,
        plan: *plan,
        sketches: sketches.into_iter(),
        ready: VecDeque::new(),
        clock: Hlc::default(),
    }
}

impl Iterator for Population {
    type Item = Operation;

    fn next(&mut self) -> Option<Operation> {
        while self.ready.is_empty() {
            let sketch = self.sketches.next()?;
            self.at += self.pace;
            self.draw(&sketch);
        }
        self.ready.pop_front()
    }
}

impl Population {
    fn draw(&mut self, sketch: &Sketch) {
        let mut context = self.context();
        if sketch.fate == Fate::SeenOnly || sketch.fate == Fate::SeenByMistake {
            let answers = people::observation(sketch, &mut self.dice);
            let record = self.create(RecordKind::Observation, context, answers);
            if sketch.fate == Fate::SeenByMistake {
                self.withdraw(RecordKind::Observation, record, "mistake");
            }
            return;
        }
        let mut answers = people::person(sketch, self.plan.count_date, &mut self.dice);
        if sketch.fate == Fate::Promoted {
            let seen = people::observation_of(&answers, &mut self.dice);
            let observation = self.create(RecordKind::Observation, context.clone(), seen);
            context.promoted_from = Some(observation);
        }
        context.form = Some(FormVersion {
            id: "ethos-count".to_owned(),
            version: FORM_VERSION.to_owned(),
        });
        match sketch.fate {
            Fate::Amended => self.create_and_amend(context, answers),
            Fate::InConflict => self.create_in_conflict(context, answers),
            Fate::Withdrawn(reason) => {
                let record = self.create(RecordKind::Person, context, answers);
                self.withdraw(RecordKind::Person, record, reason);
            }
            _ => {
                if sketch.fate == Fate::Promoted {
                    answers.set(name::SOURCE, "spoken");
                }
                self.create(RecordKind::Person, context, answers);
            }
        }
    }

    fn context(&mut self) -> Context {
        let (organisation, _) = *self.dice.pick(&ORGANISATIONS);
        Context {
            campaign: self.plan.campaign,
            at: self.at,
            round: self
                .dice
                .chance(40)
                .then(|| RoundId([self.dice.below(9) as u8 + 1; 16])),
            organisation: Some(organisation),
            crew: None,
            area: Some((*self.dice.pick(&AREAS)).to_owned()),
            form: None,
            promoted_from: None,
            from_solo: false,
        }
    }

    fn push(&mut self, kind: RecordKind, record: RecordId, act: Act) -> OperationId {
        self.clock = self.clock.tick(self.at);
        let id = OperationId(self.dice.id());
        self.ready.push_back(Operation {
            kind,
            record,
            id,
            hlc: self.clock,
            act,
        });
        id
    }

    fn create(&mut self, kind: RecordKind, context: Context, answers: Answers) -> RecordId {
        let record = RecordId(self.dice.id());
        self.push(kind, record, Act::Create { context, answers });
        record
    }

    fn withdraw(&mut self, kind: RecordKind, record: RecordId, reason: &str) {
        self.push(
            kind,
            record,
            Act::Withdraw {
                reason: reason.to_owned(),
            },
        );
    }

    /// Somebody first noted the wrong row and column.
    fn create_and_amend(&mut self, context: Context, answers: Answers) {
        let amended = [
            people::NIGHT_PLACE,
            people::SUBSITUATION,
            name::LIVING_SITUATION,
            name::MUNICIPALITY_ORIGIN,
        ];
        let mut wrong = Answers::default();
        for (name, answer) in answers.map() {
            if !amended.contains(&name.as_str()) {
                wrong.map_mut().insert(name.clone(), answer.clone());
            }
        }
        wrong.set(people::NIGHT_PLACE, "unknown");
        wrong.set(name::LIVING_SITUATION, "unknown");
        let record = RecordId(self.dice.id());
        let differs: Vec<&str> = amended
            .into_iter()
            .filter(|name| wrong.map().get(*name) != answers.map().get(*name))
            .collect();
        let base = self.push(
            RecordKind::Person,
            record,
            Act::Create {
                context,
                answers: wrong,
            },
        );
        let changes = differs
            .into_iter()
            .map(|name| change(name, answers.map().get(name).cloned(), base))
            .collect();
        self.push(RecordKind::Person, record, Act::Amend { changes });
    }

    /// Two devices changed one answer without knowing of each other.
    fn create_in_conflict(&mut self, context: Context, answers: Answers) {
        let record = RecordId(self.dice.id());
        let base = self.push(RecordKind::Person, record, Act::Create { context, answers });
        for value in ["single", "with_other_adults"] {
            let value = Some(Answer::Text(value.to_owned()));
            let changes = vec![change(name::HOUSEHOLD, value, base)];
            self.push(RecordKind::Person, record, Act::Amend { changes });
        }
    }
}

fn change(name: &str, value: Option<Answer>, base: OperationId) -> FieldChange {
    FieldChange {
        name: name.to_owned(),
        value,
        base,
    }
}
