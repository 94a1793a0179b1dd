//! The bodies of the ten calls that are signed.
//!
//! Not here: the bodies of `entries` and `objects`: one item after the other, taken apart by `push` and `split`.

use super::{Call, read_fields, read_list_of, read_record, record};
use crate::canonical::Reader;
use crate::{EnvelopeError, RegionId};
use veldpost_domain::StreamId;

/// No call brings more acts.
pub const MAX_ACTS: usize = 64;
/// No pull says of more streams how far they go.
pub const MAX_HOLDING: usize = 64;
/// No pull asks for more pages.
pub const MAX_PAGES: u64 = 32;

/// Body of [`Call::Acts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActsAsk<'a> {
    /// The region.
    pub region: RegionId,
    /// 1 to 64 acts as signed, in the order of their heights.
    pub acts: Vec<&'a [u8]>,
    /// The code that the relay's operator gave out for new regions.
    pub founding: Option<&'a str>,
}

impl<'a> ActsAsk<'a> {
    /// `[region, [act], founding]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(3, |out| {
            out.bytes(&self.region.0).array(self.acts.len());
            self.acts.iter().for_each(|act| {
                out.bytes(act);
            });
            out.text_or_null(self.founding);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// `TooLarge` before anything is read or for a list over its limit, `Malformed`; so do all of these.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Acts.max_body(), 3, |input| {
            Ok(Self {
                region: region(input)?,
                acts: read_list_of(input, 1..=MAX_ACTS, Reader::bytes)?,
                founding: input.optional(Reader::text)?,
            })
        })
    }
}

/// Body of [`Call::Roster`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterAsk {
    /// The region.
    pub region: RegionId,
    /// The height of the first act wanted.
    pub from: u64,
}

impl RosterAsk {
    /// `[region, from]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(2, |out| {
            out.bytes(&self.region.0).uint(self.from);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Roster.max_body(), 2, |input| {
            Ok(Self {
                region: region(input)?,
                from: input.uint()?,
            })
        })
    }
}

/// Body of [`Call::BlobPut`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobPutAsk<'a> {
    /// The region.
    pub region: RegionId,
    /// The blob as sealed.
    pub blob: &'a [u8],
}

impl<'a> BlobPutAsk<'a> {
    /// `[region, blob]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(2, |out| {
            out.bytes(&self.region.0).bytes(self.blob);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::BlobPut.max_body(), 2, |input| {
            Ok(Self {
                region: region(input)?,
                blob: input.bytes()?,
            })
        })
    }
}

/// Body of [`Call::Blob`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobAsk {
    /// The region.
    pub region: RegionId,
    /// The blob's id.
    pub blob: [u8; 32],
}

impl BlobAsk {
    /// `[region, id]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(2, |out| {
            out.bytes(&self.region.0).bytes(&self.blob);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Blob.max_body(), 2, |input| {
            Ok(Self {
                region: region(input)?,
                blob: input.byte_array()?,
            })
        })
    }
}

/// Body of [`Call::WelcomePut`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WelcomePutAsk<'a> {
    /// The region.
    pub region: RegionId,
    /// The invitation.
    pub invitation: [u8; 16],
    /// What its label key sealed.
    pub welcome: &'a [u8],
}

impl<'a> WelcomePutAsk<'a> {
    /// `[region, invitation, welcome]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(3, |out| {
            out.bytes(&self.region.0)
                .bytes(&self.invitation)
                .bytes(self.welcome);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::WelcomePut.max_body(), 3, |input| {
            Ok(Self {
                region: region(input)?,
                invitation: input.byte_array()?,
                welcome: input.bytes()?,
            })
        })
    }
}

/// Body of [`Call::Welcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WelcomeAsk {
    /// The region.
    pub region: RegionId,
    /// The invitation.
    pub invitation: [u8; 16],
}

impl WelcomeAsk {
    /// `[region, invitation]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(2, |out| {
            out.bytes(&self.region.0).bytes(&self.invitation);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Welcome.max_body(), 2, |input| {
            Ok(Self {
                region: region(input)?,
                invitation: input.byte_array()?,
            })
        })
    }
}

/// Body of [`Call::Join`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JoinAsk<'a> {
    /// The region.
    pub region: RegionId,
    /// What the link's secret gives for the relay.
    pub token: [u8; 32],
    /// The join as signed.
    pub join: &'a [u8],
}

impl<'a> JoinAsk<'a> {
    /// `[region, relay token, join]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(3, |out| {
            out.bytes(&self.region.0)
                .bytes(&self.token)
                .bytes(self.join);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Join.max_body(), 3, |input| {
            Ok(Self {
                region: region(input)?,
                token: input.byte_array()?,
                join: input.bytes()?,
            })
        })
    }
}

impl core::fmt::Debug for JoinAsk<'_> {
    /// Without the token, so that no log holds it.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("JoinAsk")
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

/// How far a stream goes that this device holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The stream.
    pub stream: StreamId,
    /// The number of the next entry.
    pub next: u64,
}

/// Body of [`Call::Pull`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullAsk {
    /// The region.
    pub region: RegionId,
    /// The last page's `upto`; 0 at first.
    pub after: u64,
    /// How many pages at most: 1 to 32.
    pub pages: u64,
    /// At most 64 of the device's own streams.
    pub holding: Vec<Holding>,
}

impl PullAsk {
    /// `[region, after, pages, [[stream, next]]]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(4, |out| {
            out.bytes(&self.region.0).uint(self.after).uint(self.pages);
            out.array(self.holding.len());
            for held in &self.holding {
                out.array(2).bytes(&held.stream.0).uint(held.next);
            }
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`]; `TooLarge` too for more pages than there may be.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Pull.max_body(), 4, |input| {
            let ask = Self {
                region: region(input)?,
                after: input.uint()?,
                pages: input.uint()?,
                holding: read_list_of(input, 0..=MAX_HOLDING, read_holding)?,
            };
            if (1..=MAX_PAGES).contains(&ask.pages) {
                Ok(ask)
            } else {
                Err(EnvelopeError::TooLarge("pages"))
            }
        })
    }
}

fn read_holding(input: &mut Reader<'_>) -> Result<Holding, EnvelopeError> {
    read_fields(input, 2, |input| {
        Ok(Holding {
            stream: StreamId(input.byte_array()?),
            next: input.uint()?,
        })
    })
}

/// Body of [`Call::Heads`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadsAsk {
    /// The region.
    pub region: RegionId,
    /// The last stream of the answer before; none at first.
    pub after: Option<StreamId>,
}

impl HeadsAsk {
    /// `[region, after]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(2, |out| {
            out.bytes(&self.region.0)
                .bytes_or_null(self.after.as_ref().map(|stream| stream.0.as_slice()));
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Heads.max_body(), 2, |input| {
            Ok(Self {
                region: region(input)?,
                after: input.optional(|input| input.byte_array().map(StreamId))?,
            })
        })
    }
}

/// Body of [`Call::Events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventsAsk {
    /// The region.
    pub region: RegionId,
}

impl EventsAsk {
    /// `[region]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(1, |out| {
            out.bytes(&self.region.0);
        })
    }

    /// Reads a body.
    ///
    /// # Errors
    /// As [`ActsAsk::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, Call::Events.max_body(), 1, |input| {
            Ok(Self {
                region: region(input)?,
            })
        })
    }
}

fn region(input: &mut Reader<'_>) -> Result<RegionId, EnvelopeError> {
    input.byte_array().map(RegionId)
}
