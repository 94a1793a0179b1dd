//! What is handed over without a relay: a join and runs of entries in one file.
//!
//! Not here: reading and writing files, and whether what is in it is admitted.

use super::{Join, MAX_JOIN};
use crate::canonical::{Reader, Writer};
use crate::{EnvelopeError, Kept, RegionId};

const VERSION: u64 = 1;
const FIELDS: usize = 4;
/// No file is longer.
pub const MAX_FILE: usize = 16 * 1024 * 1024;
const TOO_LARGE: EnvelopeError = EnvelopeError::TooLarge("file");

/// The content of a file whose name ends in `.veldpost`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandOver<'a> {
    /// The region.
    pub region: RegionId,
    /// The join of a device that could not reach the relay.
    pub join: Option<&'a [u8]>,
    /// Entries one after the other, as they are pushed.
    pub entries: &'a [u8],
}

impl<'a> HandOver<'a> {
    /// `[v, region, join | null, entries]`.
    ///
    /// # Errors
    /// `TooLarge` beyond [`MAX_FILE`]: make two files.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        let join = self.join.map_or(0, <[u8]>::len);
        if join > MAX_JOIN || self.entries.len() > MAX_FILE {
            return Err(TOO_LARGE);
        }
        let mut out = Writer::with_capacity(self.entries.len() + join + 64);
        out.array(FIELDS).uint(VERSION).bytes(&self.region.0);
        out.bytes_or_null(self.join).bytes(self.entries);
        let file = out.finish();
        if file.len() > MAX_FILE {
            Err(TOO_LARGE)
        } else {
            Ok(file)
        }
    }

    /// Reads a file. Nothing is verified but its form.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`, or `Newer`.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_FILE {
            return Err(TOO_LARGE);
        }
        let mut input = Reader::new(bytes);
        let newer = input.record(FIELDS)?;
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("file"));
        }
        let file = Self {
            region: RegionId(input.byte_array()?),
            join: input.optional(Reader::bytes)?,
            entries: input.bytes()?,
        };
        input.skip_many(newer)?;
        input.end()?;
        Ok(file)
    }

    /// The join in it.
    ///
    /// # Errors
    /// As [`Join::from_bytes`].
    pub fn join(&self) -> Result<Option<Join>, EnvelopeError> {
        self.join.map(Join::from_bytes).transpose()
    }

    /// Its entries, one by one; after one that is none the rest cannot be told apart, and nothing
    /// more comes.
    pub fn entries(&self) -> impl Iterator<Item = Result<Kept, EnvelopeError>> + use<'a> {
        let mut input = Reader::new(self.entries);
        core::iter::from_fn(move || {
            if input.remaining() == 0 {
                return None;
            }
            let item = input.item();
            if item.is_err() {
                input = Reader::new(&[]);
            }
            Some(item.and_then(Kept::from_bytes))
        })
    }
}
