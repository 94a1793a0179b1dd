//! What a statement is about.
//!
//! Not here: which entries there are.

use super::{EntryFacts, StatementKind};
use crate::canonical::{Reader, Writer};
use crate::{DevicePublic, EnvelopeError, label};
use veldpost_domain::{CampaignId, RecordId, StreamId};

const DEVICE: u64 = 1;
const RANGE: u64 = 2;
const INVITATION: u64 = 3;
const RECORD: u64 = 4;
const CAMPAIGN: u64 = 5;

/// Entries of one stream that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamRange {
    /// The stream.
    pub stream: StreamId,
    /// The first number.
    pub first: u64,
    /// The last number, not below the first; none for all that come.
    pub last: Option<u64>,
}

impl StreamRange {
    /// Whether that entry lies in it.
    #[must_use]
    pub fn contains(&self, stream: StreamId, seq: u64) -> bool {
        self.stream == stream && self.first <= seq && self.last.is_none_or(|last| seq <= last)
    }

    /// How many numbers lie between its ends; an open one is the widest.
    pub(super) fn width(&self) -> u64 {
        self.last
            .map_or(u64::MAX, |last| last.saturating_sub(self.first))
    }
}

/// What a statement is about: from the narrowest to the widest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// All operations on a record.
    Record(RecordId),
    /// Entries of one stream.
    Range(StreamRange),
    /// All entries of a device.
    Device(DevicePublic),
    /// All entries of who came by an invitation.
    Invitation([u8; 16]),
    /// All records that were made for a campaign.
    Campaign(CampaignId),
}

impl Subject {
    /// `SHA-256("veldpost/1/subject\0" ‖ [kind, subject])[..16]`.
    #[must_use]
    pub fn record(&self, kind: StatementKind) -> RecordId {
        let mut out = Writer::with_capacity(64);
        out.array(2).uint(kind.code());
        self.write(&mut out);
        let hash = label::sha256(&[label::SUBJECT, &out.finish()]);
        let mut id = [0; 16];
        id.iter_mut()
            .zip(hash)
            .for_each(|(slot, byte)| *slot = byte);
        RecordId(id)
    }

    /// Whether that entry is meant.
    #[must_use]
    pub fn meets(&self, entry: &EntryFacts<'_>) -> bool {
        match self {
            Self::Record(record) => entry.record == Some(*record),
            Self::Range(range) => range.contains(entry.stream, entry.seq),
            Self::Device(device) => entry.device == *device,
            Self::Invitation(invitation) => entry.invitations.contains(invitation),
            // What an entry was made for is asked of its record.
            Self::Campaign(_) => false,
        }
    }

    /// `[1, dsk] / [2, stream, first, last / null] / [3, invitation] / [4, record] / [5, campaign]`.
    pub(super) fn write(&self, out: &mut Writer) {
        match self {
            Self::Device(device) => out.array(2).uint(DEVICE).bytes(&device.0),
            Self::Range(range) => {
                out.array(4).uint(RANGE).bytes(&range.stream.0);
                out.uint(range.first).uint_or_null(range.last)
            }
            Self::Invitation(invitation) => out.array(2).uint(INVITATION).bytes(invitation),
            Self::Record(record) => out.array(2).uint(RECORD).bytes(&record.0),
            Self::Campaign(campaign) => out.array(2).uint(CAMPAIGN).bytes(&campaign.0),
        };
    }

    /// None for a form that this version does not know, or one with more fields: these would be another subject.
    pub(super) fn read(input: &mut Reader<'_>) -> Result<Option<Self>, EnvelopeError> {
        let mut known = input.clone();
        let length = known.array()?;
        let subject = match (known.uint()?, length) {
            (DEVICE, 2) => Self::Device(DevicePublic(known.byte_array()?)),
            (RANGE, 4) => Self::Range(StreamRange {
                stream: StreamId(known.byte_array()?),
                first: known.uint()?,
                last: known.optional(Reader::uint)?,
            }),
            (INVITATION, 2) => Self::Invitation(known.byte_array()?),
            (RECORD, 2) => Self::Record(RecordId(known.byte_array()?)),
            (CAMPAIGN, 2) => Self::Campaign(CampaignId(known.byte_array()?)),
            (DEVICE | INVITATION | RECORD | CAMPAIGN, ..2) | (RANGE, ..4) => {
                return Err(EnvelopeError::Malformed("too few fields"));
            }
            _ => return Ok(None),
        };
        if matches!(subject, Self::Range(range) if range.last.is_some_and(|last| last < range.first))
        {
            return Err(EnvelopeError::Malformed("range"));
        }
        *input = known;
        Ok(Some(subject))
    }
}
