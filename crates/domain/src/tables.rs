//! The region's tables, in the layout of November 2024, made from records and from nothing else.
//!
//! Tables count persons; observations stand beside them. Not here: suppression of small cells,
//! joined doubles, and how a table is written (see [`crate::export`]).

mod facts;
mod grid;
mod share;

pub(crate) use facts::Asked;
pub use facts::{CountFacts, name};
pub use grid::{
    MunicipalityColumn, MunicipalityRow, MunicipalityTable, SituationColumn, SituationRow,
    SituationTable,
};
pub use share::{PersonShare, Share};

use crate::dedup::{self, Candidate, Keys};
use crate::{CampaignId, Date, OrganisationId, Record, RecordId};

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
        let records = records.into_iter();
        let shares = records.filter_map(|record| Some((record.id(), Share::of(record, scope)?)));
        Self::of_shares(shares, scope)
    }

    /// Makes the same tables from what each record adds, in any order, each record once.
    #[must_use]
    pub fn of_shares(shares: impl IntoIterator<Item = (RecordId, Share)>, scope: &Scope) -> Self {
        let mut counting = Counting::new(scope);
        for (record, share) in shares {
            counting.add(record, &share);
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

struct Counting {
    tables: Tables,
    /// In order, each once. There are dozens.
    organisations: Vec<OrganisationId>,
    observations: Vec<(RecordId, bool)>,
    promoted: Keys,
    candidates: Vec<Candidate>,
}

impl Counting {
    fn new(scope: &Scope) -> Self {
        Self {
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

    fn add(&mut self, record: RecordId, share: &Share) {
        match share {
            Share::Person(person) => {
                let promoted = person.promoted_from;
                let promoted = promoted.map(|id| (u128::from_be_bytes(id.0), 0));
                self.promoted.extend(promoted);
                if let Some(organisation) = person.organisation
                    && let Err(at) = self.organisations.binary_search(&organisation)
                {
                    self.organisations.insert(at, organisation);
                }
                self.add_person(record, person);
            }
            Share::Seen { counted_already } => self.observations.push((record, *counted_already)),
        }
    }

    fn add_person(&mut self, record: RecordId, person: &PersonShare) {
        let facts = &person.facts;
        let tables = &mut self.tables;
        tables.forms += 1;
        tables.by_situation.add(facts);
        tables.by_origin.add(facts, facts.origin);
        tables.by_stay.add(facts, facts.stay);
        self.candidates.push(Candidate {
            record,
            parts: person.parts,
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
