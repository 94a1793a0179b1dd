//! The table of section 17: who may do what in a stream, as data.
//!
//! Not here: finding out who somebody is; three parts of that table that no entry of this version asks. A device that a
//! record is assigned to, and kinds 20 to 22, are kept for later: those kinds are parked whoever says them. Receipts,
//! checkpoints and erasures stand beside the streams, and whoever takes one asks the roster whether its signer coordinates.

/// What an entry does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// Makes a record: kinds 1 to 3 and any other record.
    Create,
    /// Amends or withdraws one.
    Change,
    /// Kinds 16 to 19 and 23: judgement, clock, invitation, name, what records count for.
    State,
}

/// What somebody is to the stream and the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A member of the region.
    Member,
    /// The device of the record's first creation.
    Creator,
    /// Coordinates the stream's purpose at the act that the entry names.
    Coordinator,
}

/// Who may do a deed; nobody else.
struct Grant {
    deed: Deed,
    to: &'static [Who],
}

/// All of it. A role of `organisation-coordinator` gives nothing here.
const TABLE: [Grant; 3] = [
    Grant {
        deed: Deed::Create,
        to: &[Who::Member, Who::Coordinator],
    },
    Grant {
        deed: Deed::Change,
        to: &[Who::Creator, Who::Coordinator],
    },
    Grant {
        deed: Deed::State,
        to: &[Who::Coordinator],
    },
];

/// Whether somebody may do a deed.
pub(super) fn allows(deed: Deed, who: Who) -> bool {
    let mut rows = TABLE.iter();
    rows.any(|row| row.deed == deed && row.to.contains(&who))
}
