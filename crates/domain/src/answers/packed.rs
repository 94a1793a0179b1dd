//! Answers as canonical CBOR (RFC 8949 section 4.2.1): `{name: text | [answers…]}`, the shorter name first.
//!
//! Not here: any other value. What is none of these is [`Unreadable::Unknown`]: whoever asked decides.

use super::{Answer, Found, Unreadable, key_order};
use core::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Repeats lie at most this deep in one another.
const DEEPEST: u8 = 4;

const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;

/// A canonical map, and what it says once somebody asked for all of it.
#[derive(Clone)]
pub(super) struct Packed {
    bytes: Box<[u8]>,
    map: OnceLock<BTreeMap<String, Answer>>,
}

impl Packed {
    fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.into(),
            map: OnceLock::new(),
        }
    }

    /// Takes the map that bytes begin with.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut input = Input(bytes);
        // Where every byte is ASCII, so is every text: one look in place of two an answer.
        input.check_map(DEEPEST, bytes.is_ascii())?;
        let length = bytes.len() - input.0.len();
        bytes
            .get(..length)
            .map(Self::from_bytes)
            .ok_or(Unreadable::Malformed)
    }

    /// Packs single values; the last of a name holds.
    pub(super) fn of(mut pairs: Vec<(&str, &str)>) -> Self {
        pairs.reverse();
        pairs.sort_by(|(one, _), (other, _)| key_order(one.as_bytes(), other.as_bytes()));
        pairs.dedup_by(|(later, _), (first, _)| later == first);
        let length = pairs
            .iter()
            .map(|(name, value)| name.len() + value.len() + 10);
        let mut bytes = Vec::with_capacity(length.sum::<usize>() + 5);
        head(MAP, pairs.len(), &mut bytes);
        for (name, value) in pairs {
            text(name, &mut bytes);
            text(value, &mut bytes);
        }
        Self::from_bytes(&bytes)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn map(&self) -> &BTreeMap<String, Answer> {
        self.map.get_or_init(|| Input(&self.bytes).map())
    }

    pub(super) fn into_map(self) -> BTreeMap<String, Answer> {
        self.map
            .into_inner()
            .unwrap_or_else(|| Input(&self.bytes).map())
    }

    /// Walks over names in order beside the wanted ones in order.
    pub(super) fn find<'a>(&'a self, names: &[&str], found: &mut dyn FnMut(usize, Found<'a>)) {
        let mut input = Input(&self.bytes);
        let mut wanted = names.iter().map(|name| name.as_bytes()).enumerate();
        let Some(mut next) = wanted.next() else {
            return;
        };
        for _ in 0..input.head(MAP).unwrap_or(0) {
            let Some(name) = input.slice() else {
                return;
            };
            while key_order(next.1, name) == Ordering::Less {
                let Some(later) = wanted.next() else {
                    return;
                };
                next = later;
            }
            if next.1 != name {
                input.skip();
            } else if input.is(TEXT) {
                if let Some(text) = input.text() {
                    found(next.0, Found::Text(text));
                }
            } else {
                let mut number = input.clone();
                found(next.0, Found::Repeat(number.head(ARRAY).unwrap_or(0)));
                input.skip();
            }
        }
    }
}

/// Reads from a slice. What hands out nothing checks nothing: bytes were checked when they came.
#[derive(Clone)]
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn is(&self, major: u8) -> bool {
        self.0.first().is_some_and(|first| first >> 5 == major)
    }

    /// The argument of a head of this kind, in its shortest form only. Nearly all of them are one
    /// byte: that way is laid where it is gone.
    #[inline(always)]
    fn head(&mut self, major: u8) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        if first >> 5 != major {
            return None;
        }
        let low = first & 31;
        self.0 = rest;
        if low < 24 {
            return Some(usize::from(low)).filter(|number| *number <= rest.len());
        }
        self.long_head(low)
    }

    /// The argument, where it takes bytes of its own.
    #[inline(never)]
    fn long_head(&mut self, low: u8) -> Option<usize> {
        let length = match low {
            24..=27 => 1_usize << (low - 24),
            _ => return None,
        };
        let (bytes, rest) = self.0.split_at_checked(length)?;
        let value = bytes
            .iter()
            .fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        let shorter = match length {
            1 => 24,
            _ => 1_u64 << (length * 4),
        };
        self.0 = rest;
        // Each item takes a byte at least, so a longer claim is a lie.
        usize::try_from(value)
            .ok()
            .filter(|number| value >= shorter && *number <= rest.len())
    }

    fn slice(&mut self) -> Option<&'a [u8]> {
        let length = self.head(TEXT)?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    fn text(&mut self) -> Option<&'a str> {
        core::str::from_utf8(self.slice()?).ok()
    }

    fn check_text(&mut self, ascii: bool) -> Result<&'a [u8], Unreadable> {
        let text = self.slice().ok_or(Unreadable::Malformed)?;
        if ascii || core::str::from_utf8(text).is_ok() {
            Ok(text)
        } else {
            Err(Unreadable::Malformed)
        }
    }

    fn check_map(&mut self, deeper: u8, ascii: bool) -> Result<(), Unreadable> {
        const WRONG: Unreadable = Unreadable::Malformed;
        let mut last: &[u8] = &[];
        for place in 0..self.head(MAP).ok_or(WRONG)? {
            let name = self.check_text(ascii)?;
            if place > 0 && key_order(last, name) != Ordering::Less {
                return Err(WRONG);
            }
            last = name;
            self.check_answer(deeper, ascii)?;
        }
        Ok(())
    }

    fn check_answer(&mut self, deeper: u8, ascii: bool) -> Result<(), Unreadable> {
        if self.is(TEXT) {
            return self.check_text(ascii).map(drop);
        }
        let inner = deeper.checked_sub(1).filter(|_| self.is(ARRAY));
        let inner = inner.ok_or(Unreadable::Unknown)?;
        for _ in 0..self.head(ARRAY).ok_or(Unreadable::Malformed)? {
            if !self.is(MAP) {
                return Err(Unreadable::Unknown);
            }
            self.check_map(inner, ascii)?;
        }
        Ok(())
    }

    /// Walks over one value.
    fn skip(&mut self) {
        if self.slice().is_some() {
            return;
        }
        for _ in 0..self.head(ARRAY).unwrap_or(0) {
            for _ in 0..self.head(MAP).unwrap_or(0) {
                self.slice();
                self.skip();
            }
        }
    }

    fn map(&mut self) -> BTreeMap<String, Answer> {
        let mut map = BTreeMap::new();
        for _ in 0..self.head(MAP).unwrap_or(0) {
            let name = self.text().unwrap_or_default().to_owned();
            map.insert(name, self.answer());
        }
        map
    }

    fn answer(&mut self) -> Answer {
        if self.is(TEXT) {
            return Answer::Text(self.text().unwrap_or_default().to_owned());
        }
        let number = self.head(ARRAY).unwrap_or(0);
        Answer::Repeat((0..number).map(|_| self.map().into()).collect())
    }
}

/// Takes the answer that bytes begin with.
pub(super) fn read_answer(bytes: &[u8]) -> Result<(Answer, usize), Unreadable> {
    let mut rest = Input(bytes);
    rest.check_answer(DEEPEST, false)?;
    Ok((Input(bytes).answer(), bytes.len() - rest.0.len()))
}

fn head(major: u8, value: usize, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = (value as u64).to_be_bytes();
    let (low, from) = match value as u64 {
        0..24 => (value as u8, 8),
        24..0x100 => (24, 7),
        0x100..0x1_0000 => (25, 6),
        0x1_0000..0x1_0000_0000 => (26, 4),
        _ => (27, 0),
    };
    out.push(major | low);
    out.extend(bytes.iter().skip(from));
}

fn text(text: &str, out: &mut Vec<u8>) {
    head(TEXT, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Writes answers that somebody put together.
pub(super) fn write_map(map: &BTreeMap<String, Answer>, out: &mut Vec<u8>) {
    let mut sorted: Vec<_> = map.iter().collect();
    sorted.sort_unstable_by(|(one, _), (other, _)| key_order(one.as_bytes(), other.as_bytes()));
    head(MAP, sorted.len(), out);
    for (name, answer) in sorted {
        text(name, out);
        write_answer(answer, out);
    }
}

pub(super) fn write_answer(answer: &Answer, out: &mut Vec<u8>) {
    match answer {
        Answer::Text(value) => text(value, out),
        Answer::Repeat(instances) => {
            head(ARRAY, instances.len(), out);
            instances.iter().for_each(|instance| instance.pack(out));
        }
    }
}
