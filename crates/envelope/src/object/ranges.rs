//! Places in a stream as ranges that go up and never touch.
//!
//! Not here: what they stand for. A receipt's `apart` and an erasure's `seqs` are written so.

use crate::EnvelopeError;
use crate::canonical::{Reader, Writer};

/// No object has more ranges in a list.
pub const MAX_RANGES: usize = 256;

const WRONG: EnvelopeError = EnvelopeError::Malformed("ranges");
const TOO_MANY: EnvelopeError = EnvelopeError::TooLarge("ranges");

/// From one number to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeqRange {
    first: u64,
    last: u64,
}

impl SeqRange {
    /// One number alone.
    #[must_use]
    pub fn at(seq: u64) -> Self {
        Self {
            first: seq,
            last: seq,
        }
    }

    /// None when the last comes before the first.
    #[must_use]
    pub fn new(first: u64, last: u64) -> Option<Self> {
        (first <= last).then_some(Self { first, last })
    }

    /// The lowest number in it.
    #[must_use]
    pub fn first(self) -> u64 {
        self.first
    }

    /// The highest number in it.
    #[must_use]
    pub fn last(self) -> u64 {
        self.last
    }

    /// Whether there is at least one number between this one and a later one.
    fn lies_apart_before(self, first: u64) -> bool {
        self.last.checked_add(1).is_some_and(|next| next < first)
    }
}

/// A set of numbers. Two sets with the same numbers are equal, for there is one way to write them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<SeqRange>);

impl Ranges {
    /// The ranges, going up.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = SeqRange> {
        self.0.iter().copied()
    }

    /// How many ranges there are: at most [`MAX_RANGES`] of them can be written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no number is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this number is in it.
    #[must_use]
    pub fn contains(&self, seq: u64) -> bool {
        self.covers(SeqRange::at(seq))
    }

    /// Whether every number of a range is in it.
    #[must_use]
    pub fn covers(&self, range: SeqRange) -> bool {
        self.up_to(range.first)
            .is_some_and(|found| found.first <= range.first && range.last <= found.last)
    }

    /// Whether any number of a range is in it.
    #[must_use]
    pub fn meets(&self, range: SeqRange) -> bool {
        self.up_to(range.first)
            .is_some_and(|found| found.first <= range.last)
    }

    /// Whether every number of another set is in it.
    #[must_use]
    pub fn covers_all(&self, other: &Self) -> bool {
        other.iter().all(|range| self.covers(range))
    }

    /// The first range that does not end before a number.
    fn up_to(&self, seq: u64) -> Option<SeqRange> {
        let index = self.0.partition_point(|range| range.last < seq);
        self.0.get(index).copied()
    }

    /// Puts a range in; what it meets or touches becomes one with it.
    pub fn insert(&mut self, range: SeqRange) {
        let start = self
            .0
            .partition_point(|before| before.lies_apart_before(range.first));
        let end = self
            .0
            .partition_point(|before| !range.lies_apart_before(before.first));
        let met = self.0.get(start..end).unwrap_or_default();
        let joined = met.iter().fold(range, |joined, met| SeqRange {
            first: joined.first.min(met.first),
            last: joined.last.max(met.last),
        });
        self.0.splice(start..end, [joined]);
    }

    /// Puts all of another set in.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|range| self.insert(range));
    }

    /// `[* [first, last]]`.
    pub(crate) fn write(&self, out: &mut Writer) -> Result<(), EnvelopeError> {
        if self.0.len() > MAX_RANGES {
            return Err(TOO_MANY);
        }
        out.array(self.0.len());
        for range in &self.0 {
            out.array(2).uint(range.first).uint(range.last);
        }
        Ok(())
    }

    /// Takes the one way of writing only: going up, and with a number between each two.
    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let count = input.array()?;
        if count > MAX_RANGES {
            return Err(TOO_MANY);
        }
        let mut ranges: Vec<SeqRange> = Vec::with_capacity(count);
        for _ in 0..count {
            if input.array()? != 2 {
                return Err(WRONG);
            }
            let range = SeqRange::new(input.uint()?, input.uint()?).ok_or(WRONG)?;
            let apart = |before: &SeqRange| before.lies_apart_before(range.first);
            if !ranges.last().is_none_or(apart) {
                return Err(WRONG);
            }
            ranges.push(range);
        }
        Ok(Self(ranges))
    }
}

impl FromIterator<u64> for Ranges {
    fn from_iter<T: IntoIterator<Item = u64>>(numbers: T) -> Self {
        let mut ranges = Self::default();
        for seq in numbers {
            ranges.insert(SeqRange::at(seq));
        }
        ranges
    }
}

impl FromIterator<SeqRange> for Ranges {
    fn from_iter<T: IntoIterator<Item = SeqRange>>(found: T) -> Self {
        let mut ranges = Self::default();
        for range in found {
            ranges.insert(range);
        }
        ranges
    }
}
