//! A calendar day, as answers and campaigns write it.
//!
//! Not here: time zones and the present day; whoever knows them passes a date in.

use core::fmt;

/// A day of the Gregorian calendar that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if it exists: 29 February only in leap years, years 1 to 9999.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        if day == 0 || day > days || year == 0 || year > 9999 {
            return None;
        }
        Some(Self { year, month, day })
    }

    /// Reads `YYYY-MM-DD`, and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else {
            return None;
        };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u16, |number, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| number * 10 + u16::from(digit - b'0'))
            })
        };
        let small = |digits: &[u8]| number(digits).and_then(|number| u8::try_from(number).ok());
        Self::new(
            number(&[y1, y2, y3, y4])?,
            small(&[m1, m2])?,
            small(&[d1, d2])?,
        )
    }

    /// The day in UTC of a moment in milliseconds since 1970; the nearest day that exists here.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        // Days from civil, Howard Hinnant: the year starts in March, so that leap days come last.
        let days = millis.div_euclid(86_400_000).clamp(-719_162, 2_932_896) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let day = day_of_year - (153 * from_march + 2) / 5 + 1;
        // In range by the clamp above.
        Self {
            year: u16::try_from(year).unwrap_or(1),
            month: u8::try_from(month).unwrap_or(1),
            day: u8::try_from(day).unwrap_or(1),
        }
    }

    /// Milliseconds since 1970 at midnight UTC.
    #[must_use]
    pub fn to_millis(self) -> i64 {
        let (year, month) = (i64::from(self.year), i64::from(self.month));
        let year = year - i64::from(month <= 2);
        let from_march = (month + 9) % 12;
        let day_of_year = (153 * from_march + 2) / 5 + i64::from(self.day) - 1;
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        (era * 146_097 + day_of_era - 719_468) * 86_400_000
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The day of the month, from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn only_days_that_exist_are_read() {
        assert!(Date::parse("2024-02-29").is_some());
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-1-1",
            "24-01-01",
            "2024-00-10",
            "",
            "2024/01/01",
            "0000-01-01",
            "２０２４-01-01",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_two_centuries_goes_to_milliseconds_and_back() {
        let first = Date::parse("1900-01-01").unwrap().to_millis();
        for day in 0..73_049_i64 {
            let millis = first + day * 86_400_000;
            let date = Date::from_millis(millis + 86_399_999);
            assert_eq!(date.to_millis(), millis);
            assert_eq!(Date::parse(&date.to_string()), Some(date));
        }
        assert_eq!(Date::from_millis(0).to_string(), "1970-01-01");
        assert_eq!(
            Date::from_millis(first + 73_048 * 86_400_000).to_string(),
            "2099-12-31"
        );
    }

    #[test]
    fn moments_beyond_the_calendar_become_its_ends() {
        assert_eq!(Date::from_millis(i64::MIN).to_string(), "0001-01-01");
        assert_eq!(Date::from_millis(i64::MAX).to_string(), "9999-12-31");
    }
}
