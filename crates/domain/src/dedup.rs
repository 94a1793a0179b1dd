//! Finding forms that may be about one person, from the few parts that were asked for it.
//!
//! Parts live in sealed records; match keys exist only while they are compared, at a coordinator.
//! Not here: joining doubles, which only a person decides.

mod normalise;

pub use normalise::{letters_of_first_name, letters_of_last_name};

use crate::tables::{Asked, PossibleDoubles};
use crate::{Date, LivingSituation, Municipality, Record, RecordId, age};
use core::cmp::Reverse;
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
        Self::from_asked(&Asked::of(&record.answers()), count_date)
    }

    pub(crate) fn from_asked(asked: &Asked<'_>, count_date: Date) -> Self {
        Self::new(
            asked.first_name.unwrap_or_default(),
            asked.last_name.unwrap_or_default(),
            asked.birth_date.or(asked.birth_year).unwrap_or_default(),
            asked.gender.unwrap_or_default(),
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

    /// The parts as numbers, for whoever keeps them sealed: [`Parts::from_numbers`] makes the same of them.
    #[must_use]
    pub fn to_numbers(&self) -> [u32; 7] {
        let [first, second] = self.first;
        let [third, fourth] = self.last;
        let (year, gender) = (self.birth_year.into(), self.gender.into());
        [first, second, third, fourth, self.birth_date, year, gender]
    }

    /// What [`Parts::to_numbers`] gave; none of other numbers.
    #[must_use]
    pub fn from_numbers(numbers: [u32; 7]) -> Option<Self> {
        let [first, second, third, fourth, birth_date, year, gender] = numbers;
        let letters = [first, second, third, fourth];
        let fits = letters.iter().all(|letter| *letter < 1 << 21) && birth_date < 1 << 27;
        fits.then_some(Self {
            first: [first, second],
            last: [third, fourth],
            birth_date,
            birth_year: year.try_into().ok()?,
            gender: gender.try_into().ok()?,
        })
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
        (self.has_letters() && self.birth_date != 0 && self.gender != 0)
            .then(|| Self::pack(self.first, self.last, self.birth_date, self.gender))
    }

    /// Initials and full birth date. What has K2 in common (letters and birth date, the gender was
    /// mistyped) has this in common too, and the tier is the same.
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
pub fn groups(candidates: &[Candidate]) -> Vec<Group> {
    let mut order: Keys = candidates
        .iter()
        .enumerate()
        .map(|(at, candidate)| (u128::from_be_bytes(candidate.record.0), at))
        .collect();
    sort(&mut order);
    let candidates: Vec<Candidate> = order.into_iter().map(|(_, at)| candidates[at]).collect();
    let mut sets = linked(&candidates);
    let mut members: Vec<Vec<RecordId>> = vec![Vec::new(); candidates.len()];
    for (at, candidate) in candidates.iter().enumerate() {
        members[sets.root(at)].push(candidate.record);
    }
    // A root is the first of its set, so the groups are in order.
    let groups = members
        .into_iter()
        .zip(sets.tiers)
        .filter(|(records, _)| records.len() > 1);
    groups
        .map(|(records, tier)| Group { tier, records })
        .collect()
}

/// How many forms and people would go if every group were one person, the form with most people kept.
#[must_use]
pub fn possible_doubles(candidates: &[Candidate]) -> PossibleDoubles {
    let mut sets = linked(candidates);
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

/// Match keys with the place of their form. One type for all that is sorted here and in the tables:
/// every type that is sorted costs the app a kilobyte.
pub(crate) type Keys = Vec<(u128, usize)>;

#[inline(never)]
pub(crate) fn sort(keys: &mut Keys) {
    keys.sort_unstable();
}

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

    /// Of each form the most people on one of its set.
    fn most_people(&mut self, candidates: &[Candidate]) -> Vec<u32> {
        let mut most = vec![0; candidates.len()];
        for (at, candidate) in candidates.iter().enumerate() {
            let root = self.root(at);
            most[root] = candidate.people.max(most[root]);
        }
        (0..most.len()).map(|at| most[self.root(at)]).collect()
    }

    /// Joins forms with equal keys.
    fn join_equal(&mut self, keys: &mut Keys, tier: Tier) {
        sort(keys);
        for pair in keys.windows(2) {
            if let [(key, one), (same, two)] = pair
                && key == same
            {
                self.join(*one, *two, tier);
            }
        }
    }
}

fn linked(candidates: &[Candidate]) -> Sets {
    let tiers = vec![Tier::A; candidates.len()];
    let mut sets = Sets {
        parents: (0..candidates.len()).collect(),
        tiers,
    };
    link_by_date(candidates, &mut sets);
    link_by_year(candidates, &mut sets);
    sets
}

/// K1, K2, K3 and K5 all ask for the same birth date, so only forms that share one are compared.
fn link_by_date(candidates: &[Candidate], sets: &mut Sets) {
    let mut dates: Keys = candidates
        .iter()
        .enumerate()
        .filter(|(_, one)| one.parts.birth_date != 0)
        .map(|(at, one)| (u128::from(one.parts.birth_date), at))
        .collect();
    sort(&mut dates);
    let mut keys = Keys::new();
    // Strongest first, so that a group's tier is the weakest link it cannot do without.
    for tier in [Tier::A, Tier::B] {
        for day in dates
            .chunk_by(|one, two| one.0 == two.0)
            .filter(|day| day.len() > 1)
        {
            let mut compare = |kinds: &[MatchKey]| {
                keys.clear();
                for (_, at) in day {
                    let parts = &candidates[*at].parts;
                    keys.extend(kinds.iter().filter_map(|kind| Some((kind(parts)?, *at))));
                }
                sets.join_equal(&mut keys, tier);
            };
            if tier == Tier::A {
                compare(&[Parts::k1]);
            } else {
                compare(&[Parts::k3]);
                compare(&[Parts::k1, Parts::k5]);
            }
        }
    }
}

type MatchKey = fn(&Parts) -> Option<u128>;

/// K4 speaks only where one of the two has no date: two dates that differ are two people, so that forms without one go with
/// one date at most.
fn link_by_year(candidates: &[Candidate], sets: &mut Sets) {
    let key = |one: &Candidate| {
        Some(one.parts.k4()? << 7 | (one.stay as u128) << 3 | one.situation as u128)
    };
    let is_dated = |one: &Candidate| one.parts.birth_date != 0;
    let mut undated: Keys = Keys::new();
    for (at, one) in candidates
        .iter()
        .enumerate()
        .filter(|(_, one)| !is_dated(one))
    {
        undated.extend(key(one).map(|key| (key, at)));
    }
    sets.join_equal(&mut undated, Tier::C);
    if undated.is_empty() {
        return;
    }
    let most = sets.most_people(candidates);
    // The minimum is what is left when all that may be one person is: the form with most people goes, of equal ones the
    // earliest date, whatever the order of forms.
    let rank = |at: usize| (most[at], Reverse(candidates[at].parts.birth_date));
    let mut goes_with: Vec<Option<usize>> = vec![None; undated.len()];
    for (at, one) in candidates
        .iter()
        .enumerate()
        .filter(|(_, one)| is_dated(one))
    {
        let Some(key) = key(one) else { continue };
        let found = undated.partition_point(|(other, _)| *other < key);
        let same = undated.get(found).is_some_and(|(other, _)| *other == key);
        if same && goes_with[found].is_none_or(|before| rank(at) > rank(before)) {
            goes_with[found] = Some(at);
        }
    }
    for ((_, one), two) in undated.iter().zip(goes_with) {
        if let Some(two) = two {
            sets.join(*one, two, Tier::C);
        }
    }
}

#[cfg(test)]
mod tests;
