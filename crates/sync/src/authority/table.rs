//! The table of section 17: who may do what, as data.
//!
//! Not here: finding out who somebody is.

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Makes a record: kinds 1 to 3 and any other record.
    Create,
    /// Amends or withdraws one.
    Change,
    /// Kinds 16 to 19 and 23: judgement, clock, invitation, name, what records count for.
    State,
    /// Kinds 20 to 22, kept: merge, review, assignment.
    Decide,
    /// Receipts, checkpoints, erasures; they stand beside the streams.
    Confirm,
}

/// What somebody is to the stream and the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A member of the region.
    Member,
    /// The device of the record's first creation.
    Creator,
    /// A device that the record is assigned to at the act that the entry names; nobody is yet.
    Assigned,
    /// Coordinates the stream's purpose at that act.
    Coordinator,
}

/// One row: who may do a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The deed.
    pub deed: Deed,
    /// Who may do it; nobody else.
    pub to: &'static [Who],
}

/// All of it. A role of `organisation-coordinator` gives nothing here.
pub const TABLE: [Grant; 5] = [
    Grant {
        deed: Deed::Create,
        to: &[Who::Member, Who::Coordinator],
    },
    Grant {
        deed: Deed::Change,
        to: &[Who::Creator, Who::Assigned, Who::Coordinator],
    },
    Grant {
        deed: Deed::State,
        to: &[Who::Coordinator],
    },
    Grant {
        deed: Deed::Decide,
        to: &[Who::Coordinator],
    },
    Grant {
        deed: Deed::Confirm,
        to: &[Who::Coordinator],
    },
];

/// Whether somebody may do a deed.
pub(super) fn allows(deed: Deed, who: Who) -> bool {
    let mut rows = TABLE.iter();
    rows.any(|row| row.deed == deed && row.to.contains(&who))
}
