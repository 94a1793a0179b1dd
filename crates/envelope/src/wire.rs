//! What goes to and fro between a device and a relay: calls, answers, pages, refusals.
//!
//! Not here: HTTP, storage, and what either side does with it. Nothing is verified but form; whoever reads an entry, an
//! object or an act out of a frame verifies that itself. Frames borrow from the bytes that came.

mod answers;
mod asks;
mod call;
mod event;
mod item;
mod json;
mod page;
mod problem;
mod push;
mod reply;
mod split;
mod state;

pub use answers::{
    BlobAnswer, BlobPutAnswer, HeadsAnswer, JoinAnswer, MAX_ROWS, RosterAnswer, RosterHead,
    StreamRow, WelcomeAnswer, begins, done,
};
pub use asks::{
    ActsAsk, BlobAsk, BlobPutAsk, EventsAsk, HeadsAsk, Holding, JoinAsk, MAX_ACTS, MAX_HOLDING,
    MAX_PAGES, PullAsk, RosterAsk, WelcomeAsk, WelcomePutAsk,
};
pub use call::{Call, SignedBy};
pub use event::{Event, HEARTBEAT};
pub use item::{Fork, Item, ItemKind, StampedJoin};
pub use page::{OwnHead, Page};
pub use problem::{Action, Code, Problem, gravest};
pub use push::{Filling, Place, PushSplitter, Pushed};
pub use reply::{Reply, counts, judge};
pub use split::{Items, PageSplitter, Splitter};
pub use state::{ObjectsAnswer, PushAnswer, StreamStanding};

use crate::EnvelopeError;
use crate::canonical::{Reader, Writer};

/// The version of answers and pages that this code writes.
pub const VERSION: u64 = 1;
/// No body of a call is longer; `blob-put` has a bound of its own.
pub const MAX_BODY: usize = 1024 * 1024;
/// No body of `blob-put` is longer.
pub const MAX_BLOB_BODY: usize = 262_400;
/// No object of an `objects` call is longer: 4,096 bytes, and what is attached.
pub const MAX_OBJECT: usize = 4_096 + 524_288;
/// No answer and no page is longer: 1 MiB of values, 64 KiB of everything around them.
pub const MAX_ANSWER: usize = 1024 * 1024 + 64 * 1024;

/// One life of a relay's database: another one means that the relay may hold less than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incarnation(pub [u8; 16]);

/// What a relay takes a device for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Neither a member nor joined.
    Unknown,
    /// In the roster.
    Member,
    /// Came by an invitation, not admitted yet.
    Joined,
    /// One of two that came by a single invitation.
    Frozen,
    /// Was in the roster.
    Removed,
    /// One that this version does not know.
    Newer(u64),
}

impl Standing {
    fn code(self) -> u64 {
        match self {
            Self::Unknown => 0,
            Self::Member => 1,
            Self::Joined => 2,
            Self::Frozen => 3,
            Self::Removed => 4,
            Self::Newer(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            0 => Self::Unknown,
            1 => Self::Member,
            2 => Self::Joined,
            3 => Self::Frozen,
            4 => Self::Removed,
            other => Self::Newer(other),
        }
    }
}

/// Writes an array of `fields`.
fn record(fields: usize, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::with_capacity(256);
    out.array(fields);
    write(&mut out);
    out.finish()
}

/// Reads an array of at least `fields` that fills `bytes`; what was appended is walked over.
fn read_record<'a, T>(
    bytes: &'a [u8],
    limit: usize,
    fields: usize,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, EnvelopeError>,
) -> Result<T, EnvelopeError> {
    if bytes.len() > limit {
        return Err(EnvelopeError::TooLarge("frame"));
    }
    let mut input = Reader::new(bytes);
    let value = read_fields(&mut input, fields, read)?;
    input.end()?;
    Ok(value)
}

/// Reads an array of at least `fields` that stands among others.
fn read_fields<'a, T>(
    input: &mut Reader<'a>,
    fields: usize,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, EnvelopeError>,
) -> Result<T, EnvelopeError> {
    let newer = input.record(fields)?;
    let value = read(input)?;
    input.skip_many(newer)?;
    Ok(value)
}

/// Reads a list; its length is believed only as far as there are bytes.
fn read_list<'a, T>(
    input: &mut Reader<'a>,
    read: impl FnMut(&mut Reader<'a>) -> Result<T, EnvelopeError>,
) -> Result<Vec<T>, EnvelopeError> {
    read_list_of(input, 0..=usize::MAX, read)
}

/// Reads a list with so many items.
fn read_list_of<'a, T>(
    input: &mut Reader<'a>,
    bounds: core::ops::RangeInclusive<usize>,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, EnvelopeError>,
) -> Result<Vec<T>, EnvelopeError> {
    let length = input.array()?;
    if !bounds.contains(&length) {
        return Err(EnvelopeError::TooLarge("list"));
    }
    (0..length).map(|_| read(input)).collect()
}

/// `1, incarnation`: what every answer begins with.
fn write_start(out: &mut Writer, incarnation: &Incarnation) {
    out.uint(VERSION).bytes(&incarnation.0);
}

fn read_start(input: &mut Reader<'_>) -> Result<Incarnation, EnvelopeError> {
    if input.uint()? != VERSION {
        return Err(EnvelopeError::Newer("answer"));
    }
    input.byte_array().map(Incarnation)
}
