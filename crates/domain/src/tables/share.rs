//! What each record adds to a set of tables: small enough to be kept, so that tables can be made again without the records.
//!
//! Not here: adding it up.

use super::{Asked, CountFacts, Scope, name};
use crate::dedup::Parts;
use crate::{OrganisationId, Record, RecordId, RecordKind};

/// What one record adds to the tables of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Somebody with a form.
    Person(PersonShare),
    /// Somebody who was only seen.
    Seen {
        /// Who said to have been counted that evening.
        counted_already: bool,
    },
}

/// What one person's record adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonShare {
    /// The cells.
    pub facts: CountFacts,
    /// What tells doubles.
    pub parts: Parts,
    /// Who recorded it.
    pub organisation: Option<OrganisationId>,
    /// The observation that drops out for it.
    pub promoted_from: Option<RecordId>,
}

impl Share {
    /// None of what does not count: not created, withdrawn, of another count, or about nobody.
    #[must_use]
    pub fn of(record: &Record, scope: &Scope) -> Option<Self> {
        let context = record.context().filter(|_| record.stands())?;
        if !scope.holds(context.campaign) {
            return None;
        }
        match record.kind() {
            RecordKind::Person => {
                let answers = record.answers();
                let asked = Asked::of(&answers);
                Some(Self::Person(PersonShare {
                    facts: CountFacts::from_asked(&asked, scope.count_date),
                    parts: Parts::from_asked(&asked, scope.count_date),
                    organisation: context.organisation,
                    promoted_from: context.promoted_from,
                }))
            }
            RecordKind::Observation => Some(Self::Seen {
                counted_already: record.text(name::OBSERVATION_REASON)
                    == Some(name::COUNTED_ALREADY),
            }),
            RecordKind::RoundReport | RecordKind::Unknown(_) => None,
        }
    }
}
