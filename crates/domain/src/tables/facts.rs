//! What the tables need of one person's record.
//!
//! Not here: everything else that was answered, and the parts against double counting
//! (see [`crate::dedup`]).

use crate::{AgeBand, Date, LivingSituation, Municipality, Record, age};

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

impl CountFacts {
    /// Reads a record as it is shown. What is missing or makes no sense counts as unknown, and a
    /// number of children that makes no sense as none: the person still counts.
    #[must_use]
    pub fn of(record: &Record, count_date: Date) -> Self {
        let birth_year = age::birth_year(record.text(name::BIRTH_YEAR), count_date);
        let band = AgeBand::from_answer(record.text(name::AGE_BAND));
        let children = record.repeat(name::MINORS_DIRECT).len();
        Self {
            situation: LivingSituation::from_answer(record.text(name::LIVING_SITUATION)),
            stay: Municipality::from_answer(record.text(name::MUNICIPALITY_STAY)),
            origin: Municipality::from_answer(record.text(name::MUNICIPALITY_ORIGIN)),
            is_minor: age::is_minor(birth_year, band, count_date),
            minors_direct: u32::try_from(children)
                .unwrap_or(MOST_MINORS)
                .min(MOST_MINORS),
            minors_indirect: record
                .text(name::MINORS_INDIRECT)
                .and_then(|text| text.parse::<u32>().ok())
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
