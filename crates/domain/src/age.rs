//! Age bands, and who is a minor at the count date.
//!
//! Not here: the full birth date. It is asked only against double counting and erased once doubles
//! are decided; if it also decided who is an adult, the tables would change with that erasure.

use crate::Date;

/// An age band, cut where Dutch rules cut (18 adult, 21 and 27 benefits, 23 housing).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say the ages, both ends included")]
pub enum AgeBand {
    From0To11,
    From12To15,
    From16To17,
    From18To20,
    From21To22,
    From23To26,
    From27To34,
    From35To44,
    From45To54,
    From55To64,
    From65,
    Unknown,
}

impl AgeBand {
    /// All of them, youngest first.
    pub const ALL: [Self; 12] = [
        Self::From0To11,
        Self::From12To15,
        Self::From16To17,
        Self::From18To20,
        Self::From21To22,
        Self::From23To26,
        Self::From27To34,
        Self::From35To44,
        Self::From45To54,
        Self::From55To64,
        Self::From65,
        Self::Unknown,
    ];

    /// The code in answers to `age_band`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::From0To11 => "0-11",
            Self::From12To15 => "12-15",
            Self::From16To17 => "16-17",
            Self::From18To20 => "18-20",
            Self::From21To22 => "21-22",
            Self::From23To26 => "23-26",
            Self::From27To34 => "27-34",
            Self::From35To44 => "35-44",
            Self::From45To54 => "45-54",
            Self::From55To64 => "55-64",
            Self::From65 => "65+",
            Self::Unknown => "unknown",
        }
    }

    /// The band that an answer stands for; a missing or strange answer is `Unknown`.
    #[must_use]
    pub fn from_answer(answer: Option<&str>) -> Self {
        answer
            .and_then(|code| Self::ALL.into_iter().find(|band| band.code() == code))
            .unwrap_or(Self::Unknown)
    }

    /// The band of an age in whole years.
    #[must_use]
    pub const fn of(age: u16) -> Self {
        match age {
            0..=11 => Self::From0To11,
            12..=15 => Self::From12To15,
            16..=17 => Self::From16To17,
            18..=20 => Self::From18To20,
            21..=22 => Self::From21To22,
            23..=26 => Self::From23To26,
            27..=34 => Self::From27To34,
            35..=44 => Self::From35To44,
            45..=54 => Self::From45To54,
            55..=64 => Self::From55To64,
            _ => Self::From65,
        }
    }

    /// Whether everybody in this band is under 18.
    #[must_use]
    pub const fn is_minor(self) -> bool {
        matches!(self, Self::From0To11 | Self::From12To15 | Self::From16To17)
    }
}

/// A birth year that can be: at most 120 years before the count date and not after it.
#[must_use]
pub fn birth_year(answer: Option<&str>, count_date: Date) -> Option<u16> {
    let text = answer?;
    let year = text.parse::<u16>().ok().filter(|_| text.len() == 4)?;
    (year <= count_date.year() && year + 120 >= count_date.year()).then_some(year)
}

/// Whether somebody is under 18 at the count date, as far as a birth year and an age band tell.
///
/// A birth year decides. In the year of the eighteenth birthday it does not, so the band does;
/// without a band that person is an adult, as most of the year's births would be by November. Nobody
/// is a minor for lack of an answer.
#[must_use]
pub fn is_minor(birth_year: Option<u16>, band: AgeBand, count_date: Date) -> bool {
    match birth_year.map(|year| count_date.year().saturating_sub(year)) {
        Some(18) | None => band.is_minor(),
        Some(years) => years < 18,
    }
}

#[cfg(test)]
mod tests {
    use super::{AgeBand, birth_year, is_minor};
    use crate::Date;

    fn night() -> Date {
        Date::parse("2024-11-20").unwrap()
    }

    #[test]
    fn a_code_leads_back_to_its_band_and_ages_fall_into_theirs() {
        for band in AgeBand::ALL {
            assert_eq!(AgeBand::from_answer(Some(band.code())), band);
        }
        for age in 0..130_u16 {
            let code = AgeBand::of(age).code();
            let (from, to) = code.split_once('-').unwrap_or(("65", "999"));
            assert!(
                (from.parse().unwrap()..=to.parse().unwrap()).contains(&age),
                "{age} in {code}"
            );
            assert_eq!(AgeBand::of(age).is_minor(), age < 18);
        }
    }

    #[test]
    fn impossible_birth_years_are_no_answer() {
        for text in [
            "2025",
            "1903",
            "65536",
            "-5",
            "+199",
            "1999.0",
            "",
            "０１９９",
        ] {
            assert_eq!(birth_year(Some(text), night()), None, "{text}");
        }
        assert_eq!(birth_year(Some("2024"), night()), Some(2024));
        assert_eq!(birth_year(Some("1904"), night()), Some(1904));
    }

    #[test]
    fn minors_are_those_known_to_be_under_18() {
        let check = |year, band, minor| assert_eq!(is_minor(year, band, night()), minor);
        check(Some(2007), AgeBand::Unknown, true);
        check(Some(2006), AgeBand::Unknown, false);
        check(Some(2006), AgeBand::From16To17, true);
        check(Some(2006), AgeBand::From18To20, false);
        check(Some(2005), AgeBand::From16To17, false);
        check(Some(2007), AgeBand::From18To20, true);
        check(None, AgeBand::From12To15, true);
        check(None, AgeBand::Unknown, false);
    }
}
