//! What lies in a page: runs, objects, joins, forks.
//!
//! Not here: reading the entries and objects in them.

use super::{read_fields, read_record, record};
use crate::EnvelopeError;
use crate::canonical::{Reader, Writer};
use veldpost_domain::StreamId;

/// What an item's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Entries of one stream, one after the other, the last one signed.
    Run,
    /// A receipt, a checkpoint or an erasure.
    Object,
    /// A join with the relay's stamp: [`StampedJoin`].
    Join,
    /// What a stream was offered in the place of what it has: [`Fork`].
    Fork,
    /// One that this version does not know: passed over, and its bytes are there.
    Unknown(u64),
}

impl ItemKind {
    fn code(self) -> u64 {
        match self {
            Self::Run => 1,
            Self::Object => 2,
            Self::Join => 3,
            Self::Fork => 4,
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Run,
            2 => Self::Object,
            3 => Self::Join,
            4 => Self::Fork,
            other => Self::Unknown(other),
        }
    }
}

/// One thing that the relay stored, as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its place among all that the relay stored for the region.
    pub position: u64,
    /// When it was stored: milliseconds since 1970, by the relay's clock.
    pub at: i64,
    /// What the value is.
    pub kind: ItemKind,
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Item<'a> {
    pub(super) fn write(&self, out: &mut Writer) {
        out.array(4).uint(self.position).int(self.at);
        out.uint(self.kind.code()).bytes(self.value);
    }

    pub(super) fn read(input: &mut Reader<'a>) -> Result<Self, EnvelopeError> {
        read_fields(input, 4, |input| {
            Ok(Self {
                position: input.uint()?,
                at: input.int()?,
                kind: ItemKind::from_code(input.uint()?),
                value: input.bytes()?,
            })
        })
    }
}

/// A join as the relay passes it on; when it came is the item's `at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StampedJoin<'a> {
    /// How many different devices had come by that invitation, this one included.
    pub nth: u64,
    /// The join as signed.
    pub join: &'a [u8],
}

impl<'a> StampedJoin<'a> {
    /// `[nth, join]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(2, |out| {
            out.uint(self.nth).bytes(self.join);
        })
    }

    /// Reads an item's value.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, super::MAX_BODY, 2, |input| {
            Ok(Self {
                nth: input.uint()?,
                join: input.bytes()?,
            })
        })
    }
}

/// Two branches of one stream, from the first entry that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork<'a> {
    /// The stream.
    pub stream: StreamId,
    /// The relay's own entries, bare, one after the other, up to the next signed one.
    pub kept: &'a [u8],
    /// What was offered in their place, likewise.
    pub offered: &'a [u8],
}

impl<'a> Fork<'a> {
    /// `[stream, kept, offered]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(3, |out| {
            out.bytes(&self.stream.0)
                .bytes(self.kept)
                .bytes(self.offered);
        })
    }

    /// Reads an item's value.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, super::MAX_BODY, 3, |input| {
            Ok(Self {
                stream: StreamId(input.byte_array()?),
                kept: input.bytes()?,
                offered: input.bytes()?,
            })
        })
    }
}
