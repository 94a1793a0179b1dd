//! What was answered: XLSForm question names with values in their lexical form.
//!
//! Answers that were unsealed stay packed as the bytes that they came as: ten thousand records are read for a
//! table of eleven answers each, and making a tree of texts of every one took longer than deciphering it. Not
//! here: what the names mean (`tables`, `dedup`).

mod packed;

use core::cmp::Ordering;
use core::fmt;
use packed::Packed;
use std::collections::BTreeMap;

/// One answer, as XForms writes it: numbers in digits, dates as `YYYY-MM-DD`, several choices
/// separated by one space. A cleared question has no answer at all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// A single value.
    Text(String),
    /// One set of answers for each instance of a repeat.
    Repeat(Vec<Answers>),
}

/// Answers by question name. Names inside groups are flat, as XLSForm requires them to be unique.
#[derive(Clone, Default)]
pub struct Answers {
    /// Everything, unless they are packed: nobody can see which of both it is.
    map: BTreeMap<String, Answer>,
    packed: Option<Packed>,
}

/// An answer that was looked for, as far as tables go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// A single value.
    Text(&'a str),
    /// A repeat of so many instances.
    Repeat(usize),
}

/// Why bytes are not answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// They are cut short, or not canonical.
    Malformed,
    /// An answer is of a kind that a later version writes.
    Unknown,
}

/// The order of names in packed answers: that of their encodings, so the shorter comes first.
pub(crate) fn key_order(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

impl Answers {
    /// Reads the answers that bytes begin with: a canonical map as `docs/format.md` section 6 has it. Gives how many
    /// bytes it took.
    ///
    /// # Errors
    /// As [`Unreadable`] says.
    pub fn unpack(bytes: &[u8]) -> Result<(Self, usize), Unreadable> {
        let packed = Packed::read(bytes)?;
        let length = packed.bytes().len();
        Ok((packed.into(), length))
    }

    /// The bytes that [`Answers::unpack`] reads, put behind others.
    pub fn pack(&self, out: &mut Vec<u8>) {
        match &self.packed {
            Some(packed) => out.extend_from_slice(packed.bytes()),
            None => packed::write_map(&self.map, out),
        }
    }

    /// All of them, by name.
    #[must_use]
    pub fn map(&self) -> &BTreeMap<String, Answer> {
        self.packed.as_ref().map_or(&self.map, Packed::map)
    }

    /// All of them, to be changed.
    pub fn map_mut(&mut self) -> &mut BTreeMap<String, Answer> {
        if let Some(packed) = self.packed.take() {
            self.map = packed.into_map();
        }
        &mut self.map
    }

    /// The value of a single question, if it was answered.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        let mut text = None;
        self.find(&[name], |_, found| {
            if let Found::Text(found) = found {
                text = Some(found);
            }
        });
        text
    }

    /// The instances of a repeat; none when it was never opened.
    #[must_use]
    pub fn repeat(&self, name: &str) -> &[Answers] {
        match self.map().get(name) {
            Some(Answer::Repeat(instances)) => instances,
            _ => &[],
        }
    }

    /// Sets a single value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.map_mut()
            .insert(name.into(), Answer::Text(value.into()));
    }

    /// Finds some of them in one walk: their names stand in [`key_order`], and so do their places as they are given.
    pub(crate) fn find<'a>(&'a self, names: &[&str], mut found: impl FnMut(usize, Found<'a>)) {
        if let Some(packed) = &self.packed {
            packed.find(names, &mut found);
            return;
        }
        for (place, name) in names.iter().enumerate() {
            match self.map.get(*name) {
                Some(Answer::Text(text)) => found(place, Found::Text(text)),
                Some(Answer::Repeat(instances)) => found(place, Found::Repeat(instances.len())),
                None => {}
            }
        }
    }
}

impl Answer {
    /// Reads the answer that bytes begin with, as it stands in packed answers. Gives how many bytes it took.
    ///
    /// # Errors
    /// As [`Unreadable`] says.
    pub fn unpack(bytes: &[u8]) -> Result<(Self, usize), Unreadable> {
        packed::read_answer(bytes)
    }

    /// The bytes that [`Answer::unpack`] reads, put behind others.
    pub fn pack(&self, out: &mut Vec<u8>) {
        packed::write_answer(self, out);
    }
}

impl From<BTreeMap<String, Answer>> for Answers {
    fn from(map: BTreeMap<String, Answer>) -> Self {
        Self { map, packed: None }
    }
}

impl From<Packed> for Answers {
    fn from(packed: Packed) -> Self {
        Self {
            map: BTreeMap::new(),
            packed: Some(packed),
        }
    }
}

/// Single values, packed at once: what many records are made of that come from elsewhere. Of one name
/// twice, the last holds.
impl<'a> FromIterator<(&'a str, &'a str)> for Answers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        Packed::of(pairs.into_iter().collect()).into()
    }
}

impl PartialEq for Answers {
    fn eq(&self, other: &Self) -> bool {
        match (&self.packed, &other.packed) {
            (Some(one), Some(other)) => one.bytes() == other.bytes(),
            _ => self.map() == other.map(),
        }
    }
}

impl Eq for Answers {}

impl PartialOrd for Answers {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Answers {
    fn cmp(&self, other: &Self) -> Ordering {
        self.map().cmp(other.map())
    }
}

// Answers must not reach a log through `{:?}`.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Repeat(instances) => write!(f, "Repeat({} instances)", instances.len()),
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers({} fields)", self.map().len())
    }
}
