//! A receipt: a coordinator holds a stream up to an entry, in its own storage.
//!
//! Not here: when a copy may go on the word of receipts (see `freeing`).

use super::{Object, ObjectHead, Ranges, SeqRange, Statement};
use crate::canonical::{Reader, Writer};
use crate::{DeviceSigningKey, EntryHash, EnvelopeError};
use veldpost_domain::StreamId;

/// Fields behind the head.
pub(super) const FIELDS: usize = 4;

/// Every entry of a stream up to `upto` was committed by the signer. Receipts are cumulative: a
/// device keeps one for each stream and signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Who says so, and when.
    pub head: ObjectHead,
    /// The stream.
    pub stream: StreamId,
    /// The last entry that is held, a signed one.
    pub upto: u64,
    /// Its hash: the device compares it with its own chain.
    pub hash: EntryHash,
    /// Received, but held, unreadable or not decodable: these stay on the device.
    pub apart: Ranges,
}

/// What a receipt does beside one that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Succession {
    /// It takes its place.
    Replaces,
    /// It is not later: a no-op, whatever it says.
    NotLater,
    /// It is later and takes back what the other confirmed: shown, not taken.
    Lower,
    /// It is of another stream or signer: both are kept.
    Other,
}

impl Receipt {
    /// Signs it. Do so only after the strict commit of every entry up to `upto`.
    ///
    /// # Errors
    /// `TooLarge` for too many ranges apart; `NotAllowed` when the head names another signer.
    pub fn sign(self, key: &DeviceSigningKey) -> Result<Object, EnvelopeError> {
        Object::sign(Statement::Receipt(self), None, key)
    }

    /// What this one, verified, does beside one that is kept.
    #[must_use]
    pub fn beside(&self, kept: &Self) -> Succession {
        let same = self.stream == kept.stream
            && self.head.signer == kept.head.signer
            && self.head.region == kept.head.region;
        if !same {
            Succession::Other
        } else if self.head.at <= kept.head.at {
            Succession::NotLater
        } else if self.upto < kept.upto {
            Succession::Lower
        } else {
            Succession::Replaces
        }
    }

    /// Whether it confirms every entry of a range, by a device's own chain: `hash_at` gives the hash
    /// of the device's entry at a place, and none where it is no longer known, so that the receipt
    /// confirms nothing.
    #[must_use]
    pub fn confirms(&self, range: SeqRange, hash_at: &dyn Fn(u64) -> Option<EntryHash>) -> bool {
        range.last() <= self.upto
            && !self.apart.meets(range)
            && hash_at(self.upto) == Some(self.hash)
    }

    /// `stream, upto, hash, apart`.
    pub(super) fn write(&self, out: &mut Writer) -> Result<(), EnvelopeError> {
        out.bytes(&self.stream.0)
            .uint(self.upto)
            .bytes(&self.hash.0);
        self.apart.write(out)
    }

    pub(super) fn read(head: ObjectHead, input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            head,
            stream: StreamId(input.byte_array()?),
            upto: input.uint()?,
            hash: EntryHash(input.byte_array()?),
            apart: Ranges::read(input)?,
        })
    }
}
