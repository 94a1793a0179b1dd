//! What the tables need of one person's record.
//!
//! Not here: everything else that was answered, and the parts against double counting
//! (see [`crate::dedup`]).

use crate::answers::Found;
use crate::dedup::part;
use crate::{AgeBand, Answers, Date, LivingSituation, Municipality, Record, age};

/// The question names that reports bind to. A form must have them; they keep their meaning for ever.
pub mod name {
    /// Where the person slept, as a code of [`crate::LivingSituation`].
    pub const LIVING_SITUATION: &str = "living_situation";
    /// Where that was, as a code of [`crate::Municipality`].
    pub const MUNICIPALITY_STAY: &str = "municipality_stay";
    /// Where the last fixed address was, as a code of [`crate::Municipality`].
    pub const MUNICIPALITY_ORIGIN: &str = "municipality_origin";
    /// Year of birth, four digits.
    pub const BIRTH_YEAR: &str = "birth_year";
    /// A code of [`crate::AgeBand`].
    pub const AGE_BAND: &str = "age_band";
    /// The repeat with one instance for each minor who shares the living situation.
    pub const MINORS_DIRECT: &str = "minors_direct";
    /// The number of minors who live elsewhere.
    pub const MINORS_INDIRECT: &str = "minors_indirect_count";
    /// The person's gender.
    pub const GENDER: &str = "gender";
    /// Household.
    pub const HOUSEHOLD: &str = "household";
    /// Of an observation: `man`, `vrouw`, `kind` or `onbekend`.
    pub const TILE: &str = "tile";
    /// How it is known.
    pub const SOURCE: &str = "source";
    /// Of an observation: why nothing was asked.
    pub const OBSERVATION_REASON: &str = "observation_reason";
    /// The reason that takes an observation out of the maximum.
    pub const COUNTED_ALREADY: &str = "vanavond_al_geteld";
}

/// More minors than this on one form are a slip of the keyboard.
const MOST_MINORS: u32 = 99;

/// What one person's record adds to the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountFacts {
    /// The row.
    pub situation: LivingSituation,
    /// The column by stay.
    pub stay: Municipality,
    /// The column by origin.
    pub origin: Municipality,
    /// An unaccompanied minor: counts as a minor directly involved, not as an adult.
    pub is_minor: bool,
    /// Minors with the same living situation.
    pub minors_direct: u32,
    /// Minors who live elsewhere: reported, not added.
    pub minors_indirect: u32,
}

/// The answers that tables and match keys read, found in one walk: with 100,000 records, looking each
/// of them up by name takes longer than everything else.
#[derive(Default)]
pub(crate) struct Asked<'a> {
    situation: Option<&'a str>,
    stay: Option<&'a str>,
    origin: Option<&'a str>,
    age_band: Option<&'a str>,
    minors_direct: usize,
    minors_indirect: Option<&'a str>,
    pub(crate) birth_year: Option<&'a str>,
    pub(crate) gender: Option<&'a str>,
    pub(crate) first_name: Option<&'a str>,
    pub(crate) last_name: Option<&'a str>,
    pub(crate) birth_date: Option<&'a str>,
}

/// The names of what is asked, in the order in which answers are packed.
const ASKED: [&str; 11] = [
    name::GENDER,
    name::AGE_BAND,
    name::BIRTH_YEAR,
    part::LAST_NAME,
    part::FIRST_NAME,
    name::MINORS_DIRECT,
    part::BIRTH_DATE,
    name::LIVING_SITUATION,
    name::MUNICIPALITY_STAY,
    name::MUNICIPALITY_ORIGIN,
    name::MINORS_INDIRECT,
];

impl<'a> Asked<'a> {
    pub(crate) fn of(answers: &'a Answers) -> Self {
        let mut asked = Self::default();
        answers.find(&ASKED, |place, found| {
            let text = match found {
                Found::Text(text) => Some(text),
                Found::Repeat(_) => None,
            };
            match place {
                0 => asked.gender = text,
                1 => asked.age_band = text,
                2 => asked.birth_year = text,
                3 => asked.last_name = text,
                4 => asked.first_name = text,
                5 => {
                    if let Found::Repeat(number) = found {
                        asked.minors_direct = number;
                    }
                }
                6 => asked.birth_date = text,
                7 => asked.situation = text,
                8 => asked.stay = text,
                9 => asked.origin = text,
                _ => asked.minors_indirect = text,
            }
        });
        asked
    }
}

impl CountFacts {
    /// Reads a record as it is shown. What is missing or makes no sense counts as unknown, and a
    /// number of children that makes no sense as none: the person still counts.
    #[must_use]
    pub fn of(record: &Record, count_date: Date) -> Self {
        Self::from_asked(&Asked::of(&record.answers()), count_date)
    }

    pub(crate) fn from_asked(asked: &Asked<'_>, count_date: Date) -> Self {
        let birth_year = age::birth_year(asked.birth_year, count_date);
        let band = AgeBand::from_answer(asked.age_band);
        let indirect = asked
            .minors_indirect
            .and_then(|text| text.parse::<u32>().ok());
        Self {
            situation: LivingSituation::from_answer(asked.situation),
            stay: Municipality::from_answer(asked.stay),
            origin: Municipality::from_answer(asked.origin),
            is_minor: age::is_minor(birth_year, band, count_date),
            minors_direct: u32::try_from(asked.minors_direct)
                .map_or(MOST_MINORS, |number| number.min(MOST_MINORS)),
            minors_indirect: indirect
                .filter(|number| *number <= MOST_MINORS)
                .unwrap_or(0),
        }
    }

    /// Adults on this form: one or none.
    #[must_use]
    pub fn adults(&self) -> u32 {
        u32::from(!self.is_minor)
    }

    /// Minors directly involved on this form, the person included who is one.
    #[must_use]
    pub fn minors(&self) -> u32 {
        self.minors_direct + u32::from(self.is_minor)
    }

    /// Everybody on this form who is in the total.
    #[must_use]
    pub fn people(&self) -> u32 {
        1 + self.minors_direct
    }
}

#[cfg(test)]
mod tests {
    use super::ASKED;
    use crate::answers::key_order;

    #[test]
    fn what_is_asked_stands_in_the_order_in_which_answers_are_packed() {
        let packed = |pair: &[&str; 2]| key_order(pair[0].as_bytes(), pair[1].as_bytes()).is_lt();
        assert!(ASKED.windows(2).all(|pair| packed(&[pair[0], pair[1]])));
    }
}
