//! The region's tables, in the layout of November 2024, made from records and from nothing else.
//!
//! Tables count persons; observations stand beside them. Not here: suppression of small cells,
//! joined doubles, and how a table is written (see [`crate::export`]).

mod facts;
mod grid;

pub(crate) use facts::Asked;
pub use facts::{CountFacts, name};
pub use grid::{
    MunicipalityColumn, MunicipalityRow, MunicipalityTable, SituationColumn, SituationRow,
    SituationTable,
};

use crate::dedup::{self, Candidate, Keys, Parts};
use crate::{CampaignId, Date, OrganisationId, Record, RecordId, RecordKind};

/// What every table must say of itself, in the words of the publication of 2024.
pub const LOWER_BOUND_NL: &str = "Deze aantallen moeten worden beschouwd als een ondergrens \
    (het aantal mensen dat op het ijkmoment in beeld was).";

/// [`LOWER_BOUND_NL`] in English.
pub const LOWER_BOUND_EN: &str = "These numbers must be regarded as a lower bound \
    (the number of people who were in view at the moment of counting).";

/// Which records a set of tables is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Only this count. Without one: every count but practice.
    pub campaign: Option<CampaignId>,
    /// The day on which ages are taken.
    pub count_date: Date,
}

impl Scope {
    fn holds(&self, campaign: CampaignId) -> bool {
        match self.campaign {
            Some(only) => campaign == only,
            None => campaign != CampaignId::PRACTICE,
        }
    }
}

/// How many people may have been counted more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PossibleDoubles {
    /// Forms that may be about somebody who has a form already.
    pub forms: u32,
    /// People on those forms: minors directly involved included.
    pub people: u32,
    /// Forms with too few parts to compare.
    pub not_comparable: u32,
}

/// Tables 1 and 2 with what has to stand beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The day on which ages were taken.
    pub count_date: Date,
    /// Table 1.
    pub by_situation: SituationTable,
    /// Table 2 by municipality of origin.
    pub by_origin: MunicipalityTable,
    /// Table 2 by municipality of stay.
    pub by_stay: MunicipalityTable,
    /// Records of persons that count.
    pub forms: u32,
    /// Organisations that recorded them.
    pub organisations: u32,
    /// "Alleen gezien": observations that did not become a person's record.
    pub seen_only: u32,
    /// Those of them who said that they had been counted already that evening.
    pub seen_counted_already: u32,
    /// Persons who may be one.
    pub doubles: PossibleDoubles,
}

impl Tables {
    /// Makes the tables from records, in any order.
    ///
    /// A record counts once it was created and as long as it is not withdrawn. An observation from
    /// which a person's record was made, one that counts, drops out.
    #[must_use]
    pub fn compute<'a>(records: impl IntoIterator<Item = &'a Record>, scope: &Scope) -> Self {
        let mut counting = Counting::new(scope);
        for record in records {
            counting.add(record);
        }
        counting.finish()
    }

    /// People: adults and minors directly involved.
    #[must_use]
    pub fn people(&self) -> u32 {
        self.by_situation
            .cell(SituationRow::Total, SituationColumn::Total)
    }

    /// The fewest people that this count can stand for: every possible double is one.
    #[must_use]
    pub fn minimum(&self) -> u32 {
        self.people() - self.doubles.people
    }

    /// The most people that this count can stand for: nobody was double, and everybody who was only
    /// seen is somebody else, but for those who had been counted already.
    #[must_use]
    pub fn maximum(&self) -> u32 {
        self.people() + self.seen_only - self.seen_counted_already
    }
}

struct Counting<'a> {
    scope: &'a Scope,
    tables: Tables,
    /// In order, each once. There are dozens.
    organisations: Vec<OrganisationId>,
    observations: Vec<(RecordId, bool)>,
    promoted: Keys,
    candidates: Vec<Candidate>,
}

impl<'a> Counting<'a> {
    fn new(scope: &'a Scope) -> Self {
        Self {
            scope,
            tables: Tables {
                count_date: scope.count_date,
                by_situation: SituationTable::default(),
                by_origin: MunicipalityTable::default(),
                by_stay: MunicipalityTable::default(),
                forms: 0,
                organisations: 0,
                seen_only: 0,
                seen_counted_already: 0,
                doubles: PossibleDoubles::default(),
            },
            organisations: Vec::new(),
            observations: Vec::new(),
            promoted: Keys::new(),
            candidates: Vec::new(),
        }
    }

    fn add(&mut self, record: &Record) {
        let Some(context) = record.context().filter(|_| record.stands()) else {
            return;
        };
        if !self.scope.holds(context.campaign) {
            return;
        }
        match record.kind() {
            RecordKind::Person => {
                self.promoted.extend(
                    context
                        .promoted_from
                        .map(|id| (u128::from_be_bytes(id.0), 0)),
                );
                if let Some(organisation) = context.organisation
                    && let Err(at) = self.organisations.binary_search(&organisation)
                {
                    self.organisations.insert(at, organisation);
                }
                self.add_person(record);
            }
            RecordKind::Observation => {
                let reason = record.text(name::OBSERVATION_REASON);
                self.observations
                    .push((record.id(), reason == Some(name::COUNTED_ALREADY)));
            }
            RecordKind::RoundReport | RecordKind::Unknown(_) => {}
        }
    }

    fn add_person(&mut self, record: &Record) {
        let answers = record.answers();
        let asked = Asked::of(&answers);
        let facts = CountFacts::from_asked(&asked, self.scope.count_date);
        let tables = &mut self.tables;
        tables.forms += 1;
        tables.by_situation.add(&facts);
        tables.by_origin.add(&facts, facts.origin);
        tables.by_stay.add(&facts, facts.stay);
        self.candidates.push(Candidate {
            record: record.id(),
            parts: Parts::from_asked(&asked, self.scope.count_date),
            situation: facts.situation,
            stay: facts.stay,
            people: facts.people(),
        });
    }

    fn finish(mut self) -> Tables {
        let mut tables = self.tables;
        dedup::sort(&mut self.promoted);
        tables.organisations = number(self.organisations.len());
        for (id, counted_already) in self.observations {
            let id = (u128::from_be_bytes(id.0), 0);
            if self.promoted.binary_search(&id).is_err() {
                tables.seen_only += 1;
                tables.seen_counted_already += u32::from(counted_already);
            }
        }
        tables.doubles = dedup::possible_doubles(&self.candidates);
        tables
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
