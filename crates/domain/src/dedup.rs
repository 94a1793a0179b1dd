//! Finding forms that may be about one person, from the few parts that were asked for it.
//!
//! Parts live in sealed records; match keys exist only while they are compared, at a coordinator.
//! Not here: joining doubles, which only a person decides.

mod normalise;

pub use normalise::{letters_of_first_name, letters_of_last_name};

use crate::tables::{PossibleDoubles, name};
use crate::{Date, LivingSituation, Municipality, Record, RecordId, age};
use core::fmt;

/// Question names of the parts.
pub mod part {
    /// First two letters of the first name.
    pub const FIRST_NAME: &str = "dedup_first";
    /// First two letters of the last name, prefix left out.
    pub const LAST_NAME: &str = "dedup_last";
    /// Birth date, `YYYY-MM-DD`, or the year alone.
    pub const BIRTH_DATE: &str = "dedup_birth_date";
}

/// Gender codes that say nothing about somebody's gender.
const NOT_A_GENDER: [&str; 8] = [
    "",
    "unknown",
    "onbekend",
    "dont_know",
    "weet_ik_niet",
    "refused",
    "wil_niet_zeggen",
    "not_asked",
];

/// The normalised parts of one form; what is missing is zero.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts {
    first: [u32; 2],
    last: [u32; 2],
    /// `YYYYMMDD`.
    birth_date: u32,
    birth_year: u16,
    gender: u8,
}

// They are made from names.
impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parts(…)")
    }
}

impl Parts {
    /// The parts on a form, normalised again: an import may not have done it.
    #[must_use]
    pub fn of(record: &Record, count_date: Date) -> Self {
        Self::new(
            record.text(part::FIRST_NAME).unwrap_or(""),
            record.text(part::LAST_NAME).unwrap_or(""),
            record
                .text(part::BIRTH_DATE)
                .or_else(|| record.text(name::BIRTH_YEAR))
                .unwrap_or(""),
            record.text(name::GENDER).unwrap_or(""),
            count_date,
        )
    }

    /// Normalises parts: names or their first letters, a birth date or year, a gender code.
    #[must_use]
    pub fn new(first: &str, last: &str, birth: &str, gender: &str, count_date: Date) -> Self {
        let date = Date::parse(birth).filter(|date| *date <= count_date);
        let known = !NOT_A_GENDER.contains(&gender);
        Self {
            first: letters_of_first_name(first).map(u32::from),
            last: letters_of_last_name(last).map(u32::from),
            birth_date: date.map_or(0, |date| {
                u32::from(date.year()) * 10_000
                    + u32::from(date.month()) * 100
                    + u32::from(date.day())
            }),
            birth_year: date
                .map(Date::year)
                .or_else(|| age::birth_year(Some(birth), count_date))
                .unwrap_or(0),
            gender: gender.bytes().next().filter(|_| known).unwrap_or(0),
        }
    }

    /// Whether there is enough to compare: initials and a birth year.
    #[must_use]
    pub const fn are_comparable(&self) -> bool {
        self.first[0] != 0 && self.last[0] != 0 && self.birth_year != 0
    }

    const fn has_letters(&self) -> bool {
        self.first[0] != 0 && self.first[1] != 0 && self.last[0] != 0 && self.last[1] != 0
    }

    /// Four letters of 21 bits, a day or year of 27, a gender of 8: 119 bits.
    fn pack(first: [u32; 2], last: [u32; 2], birth: u32, gender: u8) -> u128 {
        [first[0], first[1], last[0], last[1]]
            .into_iter()
            .fold(0_u128, |key, letter| key << 21 | u128::from(letter))
            << 35
            | u128::from(birth) << 8
            | u128::from(gender)
    }

    /// Letters, full birth date and gender.
    fn k1(&self) -> Option<u128> {
        (self.gender != 0 && self.k2().is_some())
            .then(|| Self::pack(self.first, self.last, self.birth_date, self.gender))
    }

    /// Letters and full birth date: the gender was mistyped.
    fn k2(&self) -> Option<u128> {
        (self.has_letters() && self.birth_date != 0)
            .then(|| Self::pack(self.first, self.last, self.birth_date, 0))
    }

    /// Initials and full birth date.
    fn k3(&self) -> Option<u128> {
        (self.are_comparable() && self.birth_date != 0)
            .then(|| Self::pack([self.first[0], 0], [self.last[0], 0], self.birth_date, 0))
    }

    /// Letters, birth year and gender: the date was not known to one of the two.
    fn k4(&self) -> Option<u128> {
        (self.has_letters() && self.birth_year != 0 && self.gender != 0).then(|| {
            Self::pack(
                self.first,
                self.last,
                u32::from(self.birth_year),
                self.gender,
            )
        })
    }

    /// K1 with first and last name swapped.
    fn k5(&self) -> Option<u128> {
        self.k1()
            .map(|_| Self::pack(self.last, self.first, self.birth_date, self.gender))
    }
}

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Letters, birth date and gender are the same: joining is proposed.
    A,
    /// One of them differs or is missing: somebody looks.
    B,
    /// Only the year is known, and municipality and situation are the same: somebody looks.
    C,
}

/// A form to compare.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// The record.
    pub record: RecordId,
    /// What identifies the person.
    pub parts: Parts,
    /// Where the person slept.
    pub situation: LivingSituation,
    /// In which municipality.
    pub stay: Municipality,
    /// People on the form: the person and the minors directly involved.
    pub people: u32,
}

/// Forms that may be about one person: each is linked to another one of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The weakest link that the group needs.
    pub tier: Tier,
    /// The records, by id.
    pub records: Vec<RecordId>,
}

/// Groups of forms that may be about one person, by first record.
#[must_use]
pub fn groups(candidates: Vec<Candidate>) -> Vec<Group> {
    let (candidates, mut sets) = linked(candidates);
    let mut members: Vec<Vec<RecordId>> = vec![Vec::new(); candidates.len()];
    for (at, candidate) in candidates.iter().enumerate() {
        members[sets.root(at)].push(candidate.record);
    }
    let mut groups: Vec<Group> = members
        .into_iter()
        .enumerate()
        .filter(|(_, records)| records.len() > 1)
        .map(|(root, records)| Group {
            tier: sets.tiers[root],
            records,
        })
        .collect();
    groups.sort_by(|one, two| one.records.cmp(&two.records));
    groups
}

/// How many forms and people would go if every group were one person, the form with most people kept.
#[must_use]
pub fn possible_doubles(candidates: Vec<Candidate>) -> PossibleDoubles {
    let (candidates, mut sets) = linked(candidates);
    let mut largest = vec![0_u32; candidates.len()];
    let mut doubles = PossibleDoubles::default();
    for (at, candidate) in candidates.iter().enumerate() {
        let root = sets.root(at);
        doubles.forms += u32::from(largest[root] > 0);
        doubles.people += candidate.people.min(largest[root]);
        largest[root] = largest[root].max(candidate.people);
        doubles.not_comparable += u32::from(!candidate.parts.are_comparable());
    }
    doubles
}

type MatchKey = fn(&Parts) -> Option<u128>;

/// Disjoint sets, each with the weakest link that holds it together.
struct Sets {
    parents: Vec<usize>,
    tiers: Vec<Tier>,
}

impl Sets {
    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, one: usize, two: usize, tier: Tier) {
        let (one, two) = (self.root(one), self.root(two));
        if one != two {
            let (low, high) = (one.min(two), one.max(two));
            self.parents[high] = low;
            self.tiers[low] = tier.max(self.tiers[low]).max(self.tiers[high]);
        }
    }
}

fn linked(mut candidates: Vec<Candidate>) -> (Vec<Candidate>, Sets) {
    candidates.sort_unstable_by_key(|candidate| candidate.record);
    let mut sets = Sets {
        parents: (0..candidates.len()).collect(),
        tiers: vec![Tier::A; candidates.len()],
    };
    let mut keys: Vec<(u128, usize)> = Vec::new();
    // Strongest first, so that a group's tier is the weakest link it cannot do without.
    let by_date: [(Tier, &[MatchKey]); 4] = [
        (Tier::A, &[Parts::k1]),
        (Tier::B, &[Parts::k2]),
        (Tier::B, &[Parts::k3]),
        (Tier::B, &[Parts::k1, Parts::k5]),
    ];
    for (tier, kinds) in by_date {
        keys.clear();
        for (at, candidate) in candidates.iter().enumerate() {
            keys.extend(
                kinds
                    .iter()
                    .filter_map(|kind| Some((kind(&candidate.parts)?, at))),
            );
        }
        keys.sort_unstable();
        for pair in keys.windows(2) {
            if let [(key, one), (same, two)] = pair
                && key == same
            {
                sets.join(*one, *two, tier);
            }
        }
    }
    link_by_year(&candidates, &mut sets);
    (candidates, sets)
}

/// K4 speaks only where one of the two has no date: two dates that differ are two people.
fn link_by_year(candidates: &[Candidate], sets: &mut Sets) {
    let mut keys: Vec<_> = candidates
        .iter()
        .enumerate()
        .filter_map(|(at, one)| Some(((one.parts.k4()?, one.stay, one.situation), at)))
        .collect();
    keys.sort_unstable();
    for run in keys.chunk_by(|one, two| one.0 == two.0) {
        let undated = run
            .iter()
            .find(|(_, at)| candidates[*at].parts.birth_date == 0);
        if let Some((_, undated)) = undated {
            for (_, at) in run {
                sets.join(*undated, *at, Tier::C);
            }
        }
    }
}

#[cfg(test)]
mod tests;
