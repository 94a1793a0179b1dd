//! Operations on records: a record is what its operations make of it; none is ever destroyed.

use crate::{Answer, Answers, CampaignId, Hlc, OperationId, OrganisationId, RecordId, RoundId};
use core::fmt;

/// What a record is about. Tables count persons and show observations beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKind {
    /// Somebody was seen: one tap.
    Observation,
    /// Somebody was asked or is known: a form.
    Person,
    /// The totals and remark of a stopped round, "0 counted" included.
    RoundReport,
    /// A kind that this version does not know. It is kept and travels on.
    Unknown(u16),
}

/// The questionnaire that answers belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FormVersion {
    /// XLSForm `form_id`, such as `ethos-count`.
    pub id: String,
    /// XLSForm `version`.
    pub version: String,
}

/// Where and when a record came about; set at creation, never changed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Context {
    /// The count that it belongs to.
    pub campaign: CampaignId,
    /// Wall-clock time of recording: milliseconds since 1970, as the device told it.
    pub at: i64,
    /// The walk during which it was recorded, if any.
    pub round: Option<RoundId>,
    /// The organisation that recorded it.
    pub organisation: Option<OrganisationId>,
    /// Who walked: a short name of the crew.
    pub crew: Option<String>,
    /// Area from the region's list; never a coordinate or a street.
    pub area: Option<String>,
    /// The questionnaire, for a person.
    pub form: Option<FormVersion>,
    /// The observation that this person's record replaces.
    pub promoted_from: Option<RecordId>,
    /// Recorded first on a device of its own, sealed again for a region.
    pub from_solo: bool,
}

// Crew and area are places and names.
impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("campaign", &self.campaign)
            .finish_non_exhaustive()
    }
}

/// One field's new value in an amendment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldChange {
    /// The question's name.
    pub name: String,
    /// The new answer; `None` clears it.
    pub value: Option<Answer>,
    /// The operation that wrote the value which this one replaces.
    pub base: OperationId,
}

impl fmt::Debug for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldChange")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// What an operation does.
// In WebAssembly, where pointers are half as long, it is not large.
#[cfg_attr(
    target_pointer_width = "64",
    expect(
        clippy::large_enum_variant,
        reason = "nearly every operation is a creation: a box would be one allocation more for each"
    )
)]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// The record comes into being.
    Create {
        /// Where and when.
        context: Context,
        /// What was answered.
        answers: Answers,
    },
    /// Some fields get another value.
    Amend {
        /// The fields, each with the operation that it replaces.
        changes: Vec<FieldChange>,
    },
    /// The record no longer counts.
    Withdraw {
        /// A reason code from the list in `docs/format.md`.
        reason: String,
    },
}

/// One act on one record, by one device, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    /// What the record is about.
    pub kind: RecordKind,
    /// The record.
    pub record: RecordId,
    /// This act; the same act received twice is one act.
    pub id: OperationId,
    /// Order in time.
    pub hlc: Hlc,
    /// What is done.
    pub act: Act,
}
