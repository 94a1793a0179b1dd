//! An erasure: every holder drops these bodies and keeps the bare entries.
//!
//! Not here: the bare form (see `bare`).

use super::{Object, ObjectHead, Ranges, Statement};
use crate::bare::Kept;
use crate::canonical::{Reader, Writer};
use crate::{DeviceSigningKey, EnvelopeError};
use veldpost_domain::StreamId;

/// Fields behind the head.
pub(super) const FIELDS: usize = 3;

/// Why bodies go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// They were kept as long as they may be.
    Retention,
    /// The person asked for it.
    AskedByPerson,
    /// They hold parts of a code, and duplicates were found by it.
    PartsOfACode,
    /// They should not have been recorded.
    Mistake,
    /// A ground that this version does not know.
    Unknown(u64),
}

impl Ground {
    fn code(self) -> u64 {
        match self {
            Self::Retention => 1,
            Self::AskedByPerson => 2,
            Self::PartsOfACode => 3,
            Self::Mistake => 4,
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Retention,
            2 => Self::AskedByPerson,
            3 => Self::PartsOfACode,
            4 => Self::Mistake,
            other => Self::Unknown(other),
        }
    }
}

/// The bodies of some entries of a stream are to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erase {
    /// Who says so, and when.
    pub head: ObjectHead,
    /// The stream.
    pub stream: StreamId,
    /// The entries: one at least, and never entry 0, which says whose stream it is.
    pub seqs: Ranges,
    /// Why.
    pub ground: Ground,
}

impl Erase {
    /// Signs it.
    ///
    /// # Errors
    /// `Malformed` for no entries or entry 0; `TooLarge` for too many ranges; `NotAllowed` when the
    /// head names another signer.
    pub fn sign(self, key: &DeviceSigningKey) -> Result<Object, EnvelopeError> {
        self.check()?;
        Object::sign(Statement::Erase(self), None, key)
    }

    fn check(&self) -> Result<(), EnvelopeError> {
        if self.seqs.is_empty() || self.seqs.contains(0) {
            Err(EnvelopeError::Malformed("erase"))
        } else {
            Ok(())
        }
    }

    /// Whether it names this entry.
    #[must_use]
    pub fn names(&self, entry: &Kept) -> bool {
        let header = entry.header();
        header.region == self.head.region
            && header.stream == self.stream
            && self.seqs.contains(header.seq)
    }

    /// What a holder keeps of an entry: bare when this names it, else as it is.
    #[must_use]
    pub fn apply(&self, entry: Kept) -> Kept {
        if self.names(&entry) {
            Kept::Bare(entry.bare())
        } else {
            entry
        }
    }

    /// `stream, seqs, ground`.
    pub(super) fn write(&self, out: &mut Writer) -> Result<(), EnvelopeError> {
        out.bytes(&self.stream.0);
        self.seqs.write(out)?;
        out.uint(self.ground.code());
        Ok(())
    }

    pub(super) fn read(head: ObjectHead, input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let erase = Self {
            head,
            stream: StreamId(input.byte_array()?),
            seqs: Ranges::read(input)?,
            ground: Ground::from_code(input.uint()?),
        };
        erase.check()?;
        Ok(erase)
    }
}
