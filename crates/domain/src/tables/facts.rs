//! What the tables need of one person's record.
//!
//! Not here: everything else that was answered, and the parts against double counting
//! (see [`crate::dedup`]).

use crate::dedup::part;
use crate::{AgeBand, Answer, Answers, Date, LivingSituation, Municipality, Record, age};

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

impl<'a> Asked<'a> {
    pub(crate) fn of(answers: &'a Answers) -> Self {
        let mut asked = Self::default();
        for (name, answer) in &answers.0 {
            let slot = match name.as_str() {
                name::LIVING_SITUATION => &mut asked.situation,
                name::MUNICIPALITY_STAY => &mut asked.stay,
                name::MUNICIPALITY_ORIGIN => &mut asked.origin,
                name::AGE_BAND => &mut asked.age_band,
                name::MINORS_INDIRECT => &mut asked.minors_indirect,
                name::BIRTH_YEAR => &mut asked.birth_year,
                name::GENDER => &mut asked.gender,
                part::FIRST_NAME => &mut asked.first_name,
                part::LAST_NAME => &mut asked.last_name,
                part::BIRTH_DATE => &mut asked.birth_date,
                name::MINORS_DIRECT => {
                    if let Answer::Repeat(instances) = answer {
                        asked.minors_direct = instances.len();
                    }
                    continue;
                }
                _ => continue,
            };
            if let Answer::Text(text) = answer {
                *slot = Some(text);
            }
        }
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
