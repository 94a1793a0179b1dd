//! Canonical CBOR (RFC 8949 section 4.2.1): a writer that can make nothing else, a reader that accepts nothing else.
//!
//! Not here: floats, tags, simple values other than false, true and null, indefinite lengths: the
//! format has none, and both sides refuse them. Nothing is allocated from a length that was read.

use crate::EnvelopeError;

/// How deep values may lie in one another.
pub const MAX_DEPTH: u8 = 16;

const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// Writes canonical CBOR.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A writer with room for `bytes`.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A writer in the room of what is no longer needed.
    #[must_use]
    pub fn reusing(mut room: Vec<u8>) -> Self {
        room.clear();
        Self(room)
    }

    fn head(&mut self, major: u8, value: u64) {
        let major = major << 5;
        if value < 24 {
            self.0.push(major | value as u8);
        } else if let Ok(value) = u8::try_from(value) {
            self.0.extend_from_slice(&[major | 24, value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.0.push(major | 25);
            self.0.extend_from_slice(&value.to_be_bytes());
        } else if let Ok(value) = u32::try_from(value) {
            self.0.push(major | 26);
            self.0.extend_from_slice(&value.to_be_bytes());
        } else {
            self.0.push(major | 27);
            self.0.extend_from_slice(&value.to_be_bytes());
        }
    }

    /// An unsigned integer.
    pub fn uint(&mut self, value: u64) -> &mut Self {
        self.head(UINT, value);
        self
    }

    /// A signed integer.
    pub fn int(&mut self, value: i64) -> &mut Self {
        match u64::try_from(value) {
            Ok(value) => self.head(UINT, value),
            Err(_) => self.head(NEGATIVE, !(value as u64)),
        }
        self
    }

    /// A byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// A text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    /// The head of an array of `length` items that follow.
    pub fn array(&mut self, length: usize) -> &mut Self {
        self.head(ARRAY, length as u64);
        self
    }

    /// The head of a map of `length` pairs that follow, in the order of their encoded keys.
    pub fn map(&mut self, length: usize) -> &mut Self {
        self.head(MAP, length as u64);
        self
    }

    /// True or false.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.0.push(if value { TRUE } else { FALSE });
        self
    }

    /// An absent value.
    pub fn null(&mut self) -> &mut Self {
        self.0.push(NULL);
        self
    }

    /// A byte string, or null.
    pub fn bytes_or_null(&mut self, value: Option<&[u8]>) -> &mut Self {
        match value {
            Some(value) => self.bytes(value),
            None => self.null(),
        }
    }

    /// A text, or null.
    pub fn text_or_null(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    /// An unsigned integer, or null.
    pub fn uint_or_null(&mut self, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.uint(value),
            None => self.null(),
        }
    }

    /// A value that somebody else writes, canonical as all of this is.
    pub fn packed(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.0);
    }

    /// How many bytes were written.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

const CUT: EnvelopeError = EnvelopeError::Malformed("cut short");
const KIND: EnvelopeError = EnvelopeError::Malformed("another kind of value");
const SHAPE: EnvelopeError = EnvelopeError::Malformed("not canonical");

/// Reads canonical CBOR from a slice; everything that it hands out borrows from there.
#[derive(Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], EnvelopeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CUT)?;
        self.0 = rest;
        Ok(taken)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], EnvelopeError> {
        self.take(N)?.try_into().map_err(|_| CUT)
    }

    /// Major type and argument, in the shortest form only.
    fn head(&mut self) -> Result<(u8, u64), EnvelopeError> {
        let [first] = self.fixed()?;
        let (value, least) = match first & 31 {
            small @ 0..=23 => (u64::from(small), 0),
            24 => (u64::from(u8::from_be_bytes(self.fixed()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.fixed()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.fixed()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.fixed()?), 1 << 32),
            _ => return Err(SHAPE),
        };
        if value < least {
            return Err(SHAPE);
        }
        Ok((first >> 5, value))
    }

    fn argument(&mut self, major: u8) -> Result<u64, EnvelopeError> {
        match self.head()? {
            (found, value) if found == major => Ok(value),
            _ => Err(KIND),
        }
    }

    fn length(&mut self, major: u8) -> Result<usize, EnvelopeError> {
        let length = usize::try_from(self.argument(major)?).map_err(|_| CUT)?;
        // Each item takes at least one byte, so a longer claim is a lie.
        if length > self.0.len() {
            Err(CUT)
        } else {
            Ok(length)
        }
    }

    /// An unsigned integer.
    ///
    /// # Errors
    /// `Malformed` for anything else; so do all of these.
    pub fn uint(&mut self) -> Result<u64, EnvelopeError> {
        self.argument(UINT)
    }

    /// A signed integer.
    ///
    /// # Errors
    /// `Malformed` for anything else, or beyond 64 bits.
    pub fn int(&mut self) -> Result<i64, EnvelopeError> {
        match self.head()? {
            (UINT, value) => i64::try_from(value).map_err(|_| KIND),
            (NEGATIVE, value) => i64::try_from(value).map(|value| !value).map_err(|_| KIND),
            _ => Err(KIND),
        }
    }

    /// A byte string.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn bytes(&mut self) -> Result<&'a [u8], EnvelopeError> {
        let length = self.length(BYTES)?;
        self.take(length)
    }

    /// A byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn byte_array<const N: usize>(&mut self) -> Result<[u8; N], EnvelopeError> {
        self.bytes()?
            .try_into()
            .map_err(|_| EnvelopeError::Malformed("wrong length"))
    }

    /// A text.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn text(&mut self) -> Result<&'a str, EnvelopeError> {
        let length = self.length(TEXT)?;
        core::str::from_utf8(self.take(length)?).map_err(|_| EnvelopeError::Malformed("not UTF-8"))
    }

    /// True or false.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn bool(&mut self) -> Result<bool, EnvelopeError> {
        match self.fixed()? {
            [TRUE] => Ok(true),
            [FALSE] => Ok(false),
            _ => Err(KIND),
        }
    }

    /// The head of an array: how many items follow.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn array(&mut self) -> Result<usize, EnvelopeError> {
        self.length(ARRAY)
    }

    /// An array of at most `most` items. Room is taken as they come, not on the word of their number.
    ///
    /// # Errors
    /// `TooLarge` with `name` for more, `Malformed` for anything else, and those of `read`.
    pub fn list<T>(
        &mut self,
        most: usize,
        name: &'static str,
        mut read: impl FnMut(&mut Self) -> Result<T, EnvelopeError>,
    ) -> Result<Vec<T>, EnvelopeError> {
        let length = self.array()?;
        if length > most {
            return Err(EnvelopeError::TooLarge(name));
        }
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(read(self)?);
        }
        Ok(items)
    }

    /// The head of an array that has at least the `known` fields; how many newer ones follow them.
    ///
    /// # Errors
    /// `Malformed` when it is shorter or something else.
    pub fn record(&mut self, known: usize) -> Result<usize, EnvelopeError> {
        self.array()?
            .checked_sub(known)
            .ok_or(EnvelopeError::Malformed("too few fields"))
    }

    /// The head of a map: how many pairs follow.
    ///
    /// # Errors
    /// `Malformed` for anything else.
    pub fn map(&mut self) -> Result<usize, EnvelopeError> {
        self.length(MAP)
    }

    /// Takes a null when one is next.
    pub fn null(&mut self) -> bool {
        match self.0.split_first() {
            Some((&NULL, rest)) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    fn next_is(&self, major: u8) -> bool {
        self.0.first().is_some_and(|first| first >> 5 == major)
    }

    /// Whether a text is next.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.next_is(TEXT)
    }

    /// Whether an array is next.
    #[must_use]
    pub fn is_array(&self) -> bool {
        self.next_is(ARRAY)
    }

    /// Whether a map is next.
    #[must_use]
    pub fn is_map(&self) -> bool {
        self.next_is(MAP)
    }

    /// Null, or what `read` reads.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, EnvelopeError>,
    ) -> Result<Option<T>, EnvelopeError> {
        if self.null() {
            Ok(None)
        } else {
            read(self).map(Some)
        }
    }

    /// Walks over one value of any kind, checking that it is canonical.
    ///
    /// # Errors
    /// `Malformed` when it is not, or lies deeper than [`MAX_DEPTH`].
    pub fn skip(&mut self) -> Result<(), EnvelopeError> {
        self.walk(MAX_DEPTH)
    }

    /// Walks over the newer fields at the end of a record.
    ///
    /// # Errors
    /// As [`Reader::skip`].
    pub fn skip_many(&mut self, count: usize) -> Result<(), EnvelopeError> {
        (0..count).try_for_each(|_| self.skip())
    }

    fn walk(&mut self, depth: u8) -> Result<(), EnvelopeError> {
        let Some(&first) = self.0.first() else {
            return Err(CUT);
        };
        if matches!(first, FALSE | TRUE | NULL) {
            self.take(1)?;
            return Ok(());
        }
        let inner = depth
            .checked_sub(1)
            .ok_or(EnvelopeError::Malformed("too deep"))?;
        match first >> 5 {
            UINT | NEGATIVE => self.head().map(drop),
            BYTES => self.bytes().map(drop),
            TEXT => self.text().map(drop),
            ARRAY => {
                let length = self.array()?;
                (0..length).try_for_each(|_| self.walk(inner))
            }
            MAP => {
                let length = self.map()?;
                let mut last: Option<&[u8]> = None;
                for _ in 0..length {
                    let before = self.0;
                    self.walk(inner)?;
                    let key = before.get(..before.len() - self.0.len()).ok_or(CUT)?;
                    if last.is_some_and(|last| last >= key) {
                        return Err(SHAPE);
                    }
                    last = Some(key);
                    self.walk(inner)?;
                }
                Ok(())
            }
            _ => Err(KIND),
        }
    }

    /// One value of any kind, as its bytes: the next of a sequence (RFC 8742).
    ///
    /// # Errors
    /// As [`Reader::skip`].
    pub fn item(&mut self) -> Result<&'a [u8], EnvelopeError> {
        let before = self.0;
        self.skip()?;
        before.get(..before.len() - self.0.len()).ok_or(CUT)
    }

    /// What was not read yet.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Goes on behind what somebody else read, and found canonical.
    ///
    /// # Errors
    /// `Malformed` when it is not there.
    pub fn pass(&mut self, length: usize) -> Result<(), EnvelopeError> {
        self.take(length).map(drop)
    }

    /// How many bytes were not read yet.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.0.len()
    }

    /// Nothing may follow.
    ///
    /// # Errors
    /// `Malformed` when something does.
    pub fn end(&self) -> Result<(), EnvelopeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(EnvelopeError::Malformed("more bytes"))
        }
    }
}
