//! Acts of a campaign: its stages, and the snapshot that is published.
//!
//! Not here: what a stage means for a record; no stage refuses a save.

use super::Fields;
use crate::EnvelopeError;
use crate::canonical::{Reader, Writer};
use veldpost_domain::CampaignId;

/// How far a campaign is. Each is later than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Made-up people only.
    Practice,
    /// It is counted.
    Open,
    /// What was counted may still be sent.
    Grace,
    /// What comes now is late.
    Locked,
    /// A result is out.
    Published,
}

impl Stage {
    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u64 {
        match self {
            Self::Practice => 1,
            Self::Open => 2,
            Self::Grace => 3,
            Self::Locked => 4,
            Self::Published => 5,
        }
    }

    /// What a number means.
    ///
    /// # Errors
    /// `Newer` for one that this version does not know.
    pub fn from_code(code: u64) -> Result<Self, EnvelopeError> {
        match code {
            1 => Ok(Self::Practice),
            2 => Ok(Self::Open),
            3 => Ok(Self::Grace),
            4 => Ok(Self::Locked),
            5 => Ok(Self::Published),
            _ => Err(EnvelopeError::Newer("stage")),
        }
    }
}

/// Brings a campaign to its next stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageChange {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which stage.
    pub stage: Stage,
    /// When it is locked: the checkpoint that says what was in time.
    pub checkpoint: Option<[u8; 32]>,
}

impl Fields for StageChange {
    const FIELDS: usize = 3;

    fn write(&self, out: &mut Writer) {
        out.bytes(&self.campaign.0).uint(self.stage.code());
        out.bytes_or_null(self.checkpoint.as_ref().map(<[u8; 32]>::as_slice));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            campaign: CampaignId(input.byte_array()?),
            stage: Stage::from_code(input.uint()?)?,
            checkpoint: input.optional(Reader::byte_array)?,
        })
    }
}

/// Freezes a campaign's tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which version of its result, from 1.
    pub version: u64,
    /// The checkpoint that says what is in it.
    pub checkpoint: [u8; 32],
    /// The settings key that the blob is sealed under.
    pub number: u64,
    /// The tables.
    pub blob: [u8; 32],
}

impl Fields for Snapshot {
    const FIELDS: usize = 5;

    fn write(&self, out: &mut Writer) {
        out.bytes(&self.campaign.0)
            .uint(self.version)
            .bytes(&self.checkpoint);
        out.uint(self.number).bytes(&self.blob);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            campaign: CampaignId(input.byte_array()?),
            version: input.uint()?,
            checkpoint: input.byte_array()?,
            number: input.uint()?,
            blob: input.byte_array()?,
        })
    }
}
