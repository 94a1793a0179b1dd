//! A checkpoint: how far every stream of a purpose goes, as its signer verified it.
//!
//! Not here: comparing it with what a relay shows.

use super::{Object, ObjectHead, Statement};
use crate::canonical::{Reader, Writer};
use crate::run::RunHead;
use crate::{DeviceSigningKey, EntryHash, EnvelopeError, Purpose, label};
use veldpost_domain::StreamId;

/// Fields behind the head.
pub(super) const FIELDS: usize = 4;
/// No checkpoint names more streams.
pub const MAX_STREAMS: usize = 8192;
/// `[stream, seq, hash]`: exactly these.
const HEAD_ITEMS: usize = 3;
/// The most that one head takes.
const HEAD_BYTES: usize = 61;
/// The most streams there may be are never too long to be attached.
const _: () = assert!(MAX_STREAMS * HEAD_BYTES + 3 <= super::MAX_ATTACHED);

/// The heads of all streams of a purpose, by their hash; the heads themselves are attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Who says so, and when.
    pub head: ObjectHead,
    /// The purpose.
    pub purpose: Purpose,
    /// Goes up for each signer and purpose.
    pub number: u64,
    /// How many streams there are.
    pub streams: u64,
    /// `SHA-256` of the heads, as they are attached.
    pub heads: [u8; 32],
}

/// The last entry of each stream, in the order of the streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heads(Vec<RunHead>);

impl Heads {
    /// Puts heads in order.
    ///
    /// # Errors
    /// `TooLarge` beyond [`MAX_STREAMS`]; `Malformed` when a stream is named twice.
    pub fn new(mut heads: Vec<RunHead>) -> Result<Self, EnvelopeError> {
        heads.sort_by_key(|head| head.stream);
        Self(heads).check()
    }

    fn check(self) -> Result<Self, EnvelopeError> {
        let goes_up = self.0.is_sorted_by(|one, next| one.stream < next.stream);
        if self.0.len() > MAX_STREAMS {
            Err(EnvelopeError::TooLarge("heads"))
        } else if goes_up {
            Ok(self)
        } else {
            Err(EnvelopeError::Malformed("heads"))
        }
    }

    /// They, by stream.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RunHead> {
        self.0.iter()
    }

    /// The head of one stream.
    #[must_use]
    pub fn of(&self, stream: &StreamId) -> Option<&RunHead> {
        let found = self.0.binary_search_by_key(stream, |head| head.stream);
        found.ok().and_then(|index| self.0.get(index))
    }

    /// `[* [stream, seq, hash]]`.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.0.len() * HEAD_BYTES + 3);
        out.array(self.0.len());
        for head in &self.0 {
            out.array(HEAD_ITEMS)
                .bytes(&head.stream.0)
                .uint(head.seq)
                .bytes(&head.hash.0);
        }
        out.finish()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(bytes);
        let count = input.array()?;
        if count > MAX_STREAMS {
            return Err(EnvelopeError::TooLarge("heads"));
        }
        let mut heads = Vec::with_capacity(count);
        for _ in 0..count {
            if input.array()? != HEAD_ITEMS {
                return Err(EnvelopeError::Malformed("heads"));
            }
            heads.push(RunHead {
                stream: StreamId(input.byte_array()?),
                seq: input.uint()?,
                hash: EntryHash(input.byte_array()?),
            });
        }
        input.end()?;
        Self(heads).check()
    }
}

impl Checkpoint {
    /// Signs what its signer verified: every stream of the purpose.
    ///
    /// # Errors
    /// `NotAllowed` when the head names another signer.
    pub fn sign(
        head: ObjectHead,
        purpose: Purpose,
        number: u64,
        heads: &Heads,
        key: &DeviceSigningKey,
    ) -> Result<Object, EnvelopeError> {
        let attached = heads.to_bytes();
        let checkpoint = Self {
            head,
            purpose,
            number,
            streams: heads.0.len() as u64,
            heads: label::sha256(&[&attached]),
        };
        Object::sign(Statement::Checkpoint(checkpoint), Some(attached), key)
    }

    /// Whether two that are not the same one stand in the same place: a fork, kept and shown.
    #[must_use]
    pub fn forks(&self, other: &Self) -> bool {
        self.head.region == other.head.region
            && self.head.signer == other.head.signer
            && self.purpose == other.purpose
            && self.number == other.number
            && self != other
    }

    /// That these are the heads that it names.
    pub(super) fn check(&self, attached: &[u8]) -> Result<(), EnvelopeError> {
        if label::sha256(&[attached]) != self.heads {
            return Err(EnvelopeError::Forged("heads"));
        }
        if Heads::from_bytes(attached)?.0.len() as u64 == self.streams {
            Ok(())
        } else {
            Err(EnvelopeError::Malformed("heads"))
        }
    }

    /// `purpose, number, streams, heads`.
    pub(super) fn write(&self, out: &mut Writer) {
        out.uint(self.purpose.code().into())
            .uint(self.number)
            .uint(self.streams)
            .bytes(&self.heads);
    }

    pub(super) fn read(head: ObjectHead, input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let checkpoint = Self {
            head,
            purpose: Purpose::from_code(input.uint()?)?,
            number: input.uint()?,
            streams: input.uint()?,
            heads: input.byte_array()?,
        };
        if checkpoint.streams > MAX_STREAMS as u64 {
            return Err(EnvelopeError::TooLarge("heads"));
        }
        Ok(checkpoint)
    }
}
