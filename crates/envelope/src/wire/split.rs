//! Takes items that follow one another apart: from a whole slice, or as the bytes come in.
//!
//! Not here: what an item says. A splitter knows only where it ends; its reader checks that it is canonical.

use super::MAX_ANSWER;
use crate::EnvelopeError;
use crate::canonical::{MAX_DEPTH, Reader};

/// The items of a CBOR sequence (RFC 8742) that is there as a whole; ends after the first error.
#[derive(Clone)]
pub struct Items<'a>(&'a [u8]);

impl<'a> Items<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<&'a [u8], EnvelopeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let bytes = core::mem::take(&mut self.0);
        let mut input = Reader::new(bytes);
        let found = input.skip().and_then(|()| {
            let end = bytes.len() - input.remaining();
            let item = bytes.split_at_checked(end);
            item.ok_or(EnvelopeError::Malformed("cut short"))
        });
        Some(found.map(|(item, rest)| {
            self.0 = rest;
            item
        }))
    }
}

/// Finds the ends of items in bytes that come in pieces, and holds no more than the one that is coming in.
#[derive(Clone, Debug)]
pub struct Splitter {
    limit: usize,
    /// The item so far; after it was handed out, until the next call, the whole of it.
    item: Vec<u8>,
    whole: bool,
    /// Where the head that is being read begins, and how much of the item must be there to go on.
    head: usize,
    wanted: usize,
    /// How many values are still to come at each depth.
    open: Vec<u64>,
}

impl Splitter {
    /// A splitter for items of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            item: Vec::new(),
            whole: false,
            head: 0,
            wanted: 1,
            open: Vec::new(),
        }
    }

    /// Takes bytes off the front of `chunk` until an item is whole or the chunk is used up. Call it until it gives
    /// none, then with the next chunk.
    ///
    /// # Errors
    /// `TooLarge` as soon as an item says that it is over the limit, `Malformed` for what can be no item. What follows
    /// cannot be read any more.
    pub fn feed(&mut self, chunk: &mut &[u8]) -> Result<Option<&[u8]>, EnvelopeError> {
        if self.whole {
            self.item.clear();
            (self.whole, self.head, self.wanted) = (false, 0, 1);
        }
        while !self.whole {
            if self.wanted > self.limit {
                return Err(EnvelopeError::TooLarge("item"));
            }
            let missing = self.wanted - self.item.len();
            let (taken, rest) = chunk.split_at(missing.min(chunk.len()));
            self.item.extend_from_slice(taken);
            *chunk = rest;
            if self.item.len() < self.wanted {
                return Ok(None);
            }
            self.step()?;
        }
        Ok(Some(&self.item))
    }

    /// How many bytes wait for the rest of their item.
    #[must_use]
    pub fn waiting(&self) -> usize {
        if self.whole { 0 } else { self.item.len() }
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// `Malformed` when the last item is not whole.
    pub fn finish(&self) -> Result<(), EnvelopeError> {
        if self.waiting() == 0 {
            Ok(())
        } else {
            Err(EnvelopeError::Malformed("cut short"))
        }
    }

    /// Reads the head at `head`, of which at least one byte is there, and says how far to read next.
    fn step(&mut self) -> Result<(), EnvelopeError> {
        const KIND: EnvelopeError = EnvelopeError::Malformed("another kind of value");
        let head = self.item.get(self.head..).unwrap_or_default();
        let Some((first, argument)) = head.split_first() else {
            return Err(EnvelopeError::Malformed("cut short"));
        };
        let argument_length = match first & 31 {
            0..=23 => 0,
            low @ 24..=27 => 1_usize << (low - 24),
            _ => return Err(KIND),
        };
        let Some(argument) = argument.get(..argument_length) else {
            self.wanted = self.head + 1 + argument_length;
            return Ok(());
        };
        let value = match argument_length {
            0 => u64::from(first & 31),
            _ => argument
                .iter()
                .fold(0, |value, byte| value << 8 | u64::from(*byte)),
        };
        let end = self.head + 1 + argument_length;
        match first >> 5 {
            0 | 1 => self.passed(end),
            2 | 3 => {
                let length = usize::try_from(value).unwrap_or(usize::MAX);
                self.wanted = end.saturating_add(length);
                if self.item.len() >= self.wanted {
                    self.passed(self.wanted);
                }
            }
            4 => self.enter(end, value)?,
            5 => self.enter(end, value.saturating_mul(2))?,
            7 if matches!(first & 31, 20..=22) => self.passed(end),
            _ => return Err(KIND),
        }
        Ok(())
    }

    /// Goes into an array or a map of so many values.
    fn enter(&mut self, end: usize, values: u64) -> Result<(), EnvelopeError> {
        if values == 0 {
            self.passed(end);
            return Ok(());
        }
        // Each value takes at least one byte, so a longer claim cannot come true.
        if values > self.limit as u64 {
            return Err(EnvelopeError::TooLarge("item"));
        }
        if self.open.len() >= usize::from(MAX_DEPTH) {
            return Err(EnvelopeError::Malformed("too deep"));
        }
        self.open.push(values);
        (self.head, self.wanted) = (end, end + 1);
        Ok(())
    }

    /// One value ends at `end`, and with it perhaps those that it lies in.
    fn passed(&mut self, end: usize) {
        while let Some(values) = self.open.last_mut() {
            *values -= 1;
            if *values > 0 {
                (self.head, self.wanted) = (end, end + 1);
                return;
            }
            self.open.pop();
        }
        self.whole = true;
    }
}

/// Takes the answer to a pull apart into its pages, one at a time: those that came whole count.
#[derive(Clone, Debug)]
pub struct PageSplitter(Splitter);

impl Default for PageSplitter {
    fn default() -> Self {
        // The head of the byte string that a page lies in has at most 5 bytes.
        Self(Splitter::new(MAX_ANSWER + 5))
    }
}

impl PageSplitter {
    /// The next whole page's bytes, for [`super::Page::from_bytes`]. To be called as [`Splitter::feed`] is.
    ///
    /// # Errors
    /// As [`Splitter::feed`], and `Malformed` for what is not a byte string.
    pub fn feed(&mut self, chunk: &mut &[u8]) -> Result<Option<&[u8]>, EnvelopeError> {
        let Some(item) = self.0.feed(chunk)? else {
            return Ok(None);
        };
        Reader::new(item).bytes().map(Some)
    }

    /// Nothing follows.
    ///
    /// # Errors
    /// `Malformed` when the last page is not whole: what came before it counts.
    pub fn finish(&self) -> Result<(), EnvelopeError> {
        self.0.finish()
    }
}
