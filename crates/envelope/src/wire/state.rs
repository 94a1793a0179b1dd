//! What a relay answers to what was handed over: how far it holds each stream now, and why it took no more.
//!
//! Not here: what a device does about each code (see `problem`).

use super::{
    Code, Incarnation, MAX_ANSWER, read_fields, read_list, read_list_of, read_record, read_start,
    record, write_start,
};
use crate::canonical::{Reader, Writer};
use crate::entry::MAX_COMMIT_ENTRIES;
use crate::{EntryHash, EnvelopeError};
use veldpost_domain::StreamId;

/// How far the relay holds one stream, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStanding<'a> {
    /// The stream.
    pub stream: StreamId,
    /// The number of the first entry that it does not hold.
    pub next: u64,
    /// Hash of the entry before that; none when it holds nothing.
    pub hash: Option<EntryHash>,
    /// Why not everything that was offered is held; none when it is.
    pub code: Option<Code>,
    /// For `conflict`: the relay's own entries, bare, one after the other; none also where they do not fit.
    pub proof: Option<&'a [u8]>,
}

impl<'a> StreamStanding<'a> {
    fn write(&self, out: &mut Writer) {
        out.array(5).bytes(&self.stream.0).uint(self.next);
        out.bytes_or_null(self.hash.as_ref().map(|hash| hash.0.as_slice()));
        out.text_or_null(self.code.map(Code::text));
        out.bytes_or_null(self.proof);
    }

    fn read(input: &mut Reader<'a>) -> Result<Self, EnvelopeError> {
        read_fields(input, 5, |input| {
            Ok(Self {
                stream: StreamId(input.byte_array()?),
                next: input.uint()?,
                hash: input.optional(|input| input.byte_array().map(EntryHash))?,
                code: input.optional(|input| input.text().map(Code::from_text))?,
                proof: input.optional(Reader::bytes)?,
            })
        })
    }
}

/// Answer to `entries`, one state a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushAnswer<'a> {
    /// The relay's.
    pub incarnation: Incarnation,
    /// One for each stream that was offered.
    pub states: Vec<StreamStanding<'a>>,
}

impl<'a> PushAnswer<'a> {
    /// `[1, incarnation, [state]]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(3, |out| {
            write_start(out, &self.incarnation);
            out.array(self.states.len());
            self.states.iter().for_each(|state| state.write(out));
        })
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// `TooLarge` before anything is read or for a list over its limit, `Malformed`, or `Newer` for a later version; so
    /// do all answers.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, MAX_ANSWER, 3, |input| {
            Ok(Self {
                incarnation: read_start(input)?,
                states: read_list_of(input, 0..=MAX_COMMIT_ENTRIES, StreamStanding::read)?,
            })
        })
    }
}

/// Answer to `objects`, in the order in which they were offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectsAnswer {
    /// The relay's.
    pub incarnation: Incarnation,
    /// Why an object was not taken; none for one that is held.
    pub codes: Vec<Option<Code>>,
}

impl ObjectsAnswer {
    /// `[1, incarnation, [code / null]]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(3, |out| {
            write_start(out, &self.incarnation);
            out.array(self.codes.len());
            self.codes.iter().for_each(|code| {
                out.text_or_null(code.map(Code::text));
            });
        })
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// As [`PushAnswer::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, MAX_ANSWER, 3, |input| {
            Ok(Self {
                incarnation: read_start(input)?,
                codes: read_list(input, |input| {
                    input.optional(|input| input.text().map(Code::from_text))
                })?,
            })
        })
    }
}
