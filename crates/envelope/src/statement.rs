//! What coordinators say: judgements, clocks, secrets of invitations, names of devices, what records count for.
//!
//! Not here: whether its author coordinates the purpose, and what a verdict lifts or takes out; whoever merges asks that.
//! All statements that are held against one another are of one purpose.

mod read;
mod resolve;
mod subject;
mod write;

pub use read::{DecodedStatement, decode_statement};
pub use resolve::{EntryFacts, Held, Said, Statements, corrected};
pub use subject::{StreamRange, Subject};
pub use write::encode_statement;

use crate::DevicePublic;
use crate::secret::Secret;
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId};

/// No statement replaces more others.
pub const MAX_REPLACES: usize = 256;
/// No remark is longer, in bytes.
pub const MAX_REMARK: usize = 1_000;
/// No name is longer, in bytes.
pub const MAX_NAME: usize = 120;
/// No payload is longer.
pub const MAX_PAYLOAD: usize = 65_536;

/// Kinds of payload below this one are operations on records.
const FIRST_KIND: u64 = 16;
/// The act of every statement.
const STATE: u64 = 4;

/// What a statement is about something: its payload's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StatementKind {
    /// Whether entries count.
    Judgement = 16,
    /// How far a device's clock was off.
    Clock = 17,
    /// What an invitation's link holds.
    LinkSecret = 18,
    /// What a device is called.
    DeviceName = 19,
    /// For which campaign records count that were made for another.
    CountsFor = 23,
}

impl StatementKind {
    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u64 {
        self as u64
    }

    fn from_code(code: u64) -> Option<Self> {
        match code {
            16 => Some(Self::Judgement),
            17 => Some(Self::Clock),
            18 => Some(Self::LinkSecret),
            19 => Some(Self::DeviceName),
            23 => Some(Self::CountsFor),
            _ => None,
        }
    }
}

/// What a coordinator thinks of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Verdict {
    /// Lifts *held* and *late*, nothing else.
    Admit = 1,
    /// Takes what would be applied out of every table; the entries stay.
    Refuse = 2,
}

/// One thing that a coordinator said.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its identity: the same one received twice is one, and others replace it by this.
    pub id: OperationId,
    /// Order in time.
    pub hlc: Hlc,
    /// What was said.
    pub says: Says,
}

/// What a statement says, and about what.
#[derive(Clone, Debug)]
pub enum Says {
    /// Whether entries count.
    Judgement {
        /// What they are.
        subject: Subject,
        /// Whether they count.
        verdict: Verdict,
        /// Statements on the same subject that no longer count.
        replaces: Vec<OperationId>,
        /// Why, in a coordinator's words.
        remark: String,
    },
    /// How far a device's clock was off.
    Clock {
        /// In these entries.
        range: StreamRange,
        /// To be added, in milliseconds.
        offset: i64,
        /// As in a judgement.
        replaces: Vec<OperationId>,
    },
    /// What an invitation's link holds, for the other coordinators.
    LinkSecret {
        /// The invitation.
        invitation: [u8; 16],
        /// Its secret.
        secret: Secret,
        /// What coordinators call it.
        name: String,
    },
    /// What a device is called.
    DeviceName {
        /// The device.
        device: DevicePublic,
        /// Its name.
        name: String,
        /// As in a judgement.
        replaces: Vec<OperationId>,
    },
    /// For which campaign records count that were made for another.
    CountsFor {
        /// The campaign that they were made for.
        made_for: CampaignId,
        /// The one that they count for; none to take that back.
        campaign: Option<CampaignId>,
        /// As in a judgement.
        replaces: Vec<OperationId>,
    },
}

impl Says {
    /// The payload's kind.
    #[must_use]
    pub fn kind(&self) -> StatementKind {
        match self {
            Self::Judgement { .. } => StatementKind::Judgement,
            Self::Clock { .. } => StatementKind::Clock,
            Self::LinkSecret { .. } => StatementKind::LinkSecret,
            Self::DeviceName { .. } => StatementKind::DeviceName,
            Self::CountsFor { .. } => StatementKind::CountsFor,
        }
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Judgement { subject, .. } => *subject,
            Self::Clock { range, .. } => Subject::Range(*range),
            Self::LinkSecret { invitation, .. } => Subject::Invitation(*invitation),
            Self::DeviceName { device, .. } => Subject::Device(*device),
            Self::CountsFor { made_for, .. } => Subject::Campaign(*made_for),
        }
    }

    /// The record that stands for what it is about.
    #[must_use]
    pub fn record(&self) -> RecordId {
        self.subject().record(self.kind())
    }

    /// What takes back whatever stands of the judgements on a subject, to be written in one commit under these two
    /// identities: each replaces the other and all that stand, so that every one falls and nothing is said any more. To refuse
    /// would not do: that takes out what is in time too. Whoever has only one of the two reads what was admitted before.
    #[must_use]
    pub fn unjudged(
        subject: Subject,
        standing: &[OperationId],
        ids: [OperationId; 2],
    ) -> [Self; 2] {
        let [one, other] = ids;
        [other, one].map(|beside| Self::Judgement {
            subject,
            verdict: Verdict::Admit,
            replaces: standing.iter().copied().chain([beside]).collect(),
            remark: String::new(),
        })
    }

    /// Statements on the same subject that no longer count.
    #[must_use]
    pub fn replaces(&self) -> &[OperationId] {
        match self {
            Self::Judgement { replaces, .. }
            | Self::Clock { replaces, .. }
            | Self::DeviceName { replaces, .. }
            | Self::CountsFor { replaces, .. } => replaces,
            Self::LinkSecret { .. } => &[],
        }
    }
}
