//! A pushed body, entry by entry as it comes: where each entry stands, and where a run begins.
//!
//! Not here: whether entries hold (see `run`), and what a relay does with those that do not.

use super::{MAX_BODY, Splitter};
use crate::EnvelopeError;
use crate::canonical::Reader;
use crate::entry::{MAX_CARRYING_ENTRY, MAX_COMMIT_BYTES, MAX_COMMIT_ENTRIES};
use crate::header::{SUITE, VERSION};
use core::ops::Range;
use veldpost_domain::StreamId;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The stream.
    pub stream: StreamId,
    /// Its number there.
    pub seq: u64,
}

impl Place {
    /// Reads as much of an entry, whole or bare, as says where it stands: of an unknown purpose too.
    ///
    /// # Errors
    /// `Malformed`, or `Newer` for a later version or suite.
    pub fn of(entry: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(entry);
        input.record(3)?;
        let mut header = Reader::new(input.bytes()?);
        header.record(7)?;
        if header.uint()? != VERSION {
            return Err(EnvelopeError::Newer("entry"));
        }
        if header.uint()? != SUITE {
            return Err(EnvelopeError::Newer("suite"));
        }
        header.byte_array::<32>()?;
        header.uint()?;
        let stream = StreamId(header.byte_array()?);
        header.uint()?;
        let seq = header.uint()?;
        Ok(Self { stream, seq })
    }

    /// Whether `next` follows in the same stream.
    #[must_use]
    pub fn goes_on_to(&self, next: &Self) -> bool {
        self.stream == next.stream && self.seq.checked_add(1) == Some(next.seq)
    }
}

/// One entry of a pushed body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed<'a> {
    /// The entry as it came; nothing is verified.
    pub bytes: &'a [u8],
    /// Where it lies in the body.
    pub range: Range<usize>,
    /// Where it stands in its stream, or why that cannot be said: such an entry is a run of its own.
    pub place: Result<Place, EnvelopeError>,
    /// Whether a run begins with it: another stream, or a number that does not go on.
    pub begins_run: bool,
}

/// Takes a pushed body apart as it comes. Never more than one entry of it is held.
#[derive(Clone, Debug)]
pub struct PushSplitter {
    entries: Splitter,
    number: usize,
    at: usize,
    before: Option<Place>,
}

impl Default for PushSplitter {
    fn default() -> Self {
        Self {
            entries: Splitter::new(MAX_CARRYING_ENTRY),
            number: 0,
            at: 0,
            before: None,
        }
    }
}

impl PushSplitter {
    /// The next whole entry. To be called as [`Splitter::feed`] is.
    ///
    /// # Errors
    /// `TooLarge` for an entry, a body or a number of entries over its limit; `Malformed` for what is no sequence of
    /// items. What came before counts.
    pub fn feed<'a>(&'a mut self, chunk: &mut &[u8]) -> Result<Option<Pushed<'a>>, EnvelopeError> {
        let room = MAX_BODY.saturating_sub(self.at + self.entries.waiting());
        let mut within = chunk.get(..room).unwrap_or(chunk);
        let over = within.len() < chunk.len();
        let offered = within.len();
        let whole = self.entries.feed(&mut within)?;
        *chunk = chunk.get(offered - within.len()..).unwrap_or_default();
        let Some(bytes) = whole else {
            return if over {
                Err(EnvelopeError::TooLarge("body"))
            } else {
                Ok(None)
            };
        };
        self.number += 1;
        if self.number > MAX_COMMIT_ENTRIES {
            return Err(EnvelopeError::TooLarge("number of entries"));
        }
        let range = self.at..self.at + bytes.len();
        self.at = range.end;
        let place = Place::of(bytes);
        let begins_run = match (&self.before, &place) {
            (Some(before), Ok(place)) => !before.goes_on_to(place),
            _ => true,
        };
        self.before = place.ok();
        Ok(Some(Pushed {
            bytes,
            range,
            place,
            begins_run,
        }))
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// `Malformed` when the last entry is not whole (`not-readable`): what came before it counts.
    pub fn finish(&self) -> Result<(), EnvelopeError> {
        self.entries.finish()
    }
}

/// How full a batch or a page is that is being put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filling {
    entries: usize,
    bytes: usize,
}

impl Filling {
    /// Takes a run of so many entries and bytes in, when it fits; the first one always does. What is no run counts as
    /// one entry.
    pub fn takes(&mut self, entries: usize, bytes: usize) -> bool {
        let sum = Self {
            entries: self.entries.saturating_add(entries),
            bytes: self.bytes.saturating_add(bytes),
        };
        let first = *self == Self::default();
        let fits = sum.entries <= MAX_COMMIT_ENTRIES && sum.bytes <= MAX_COMMIT_BYTES;
        if first || fits {
            *self = sum;
        }
        first || fits
    }
}
