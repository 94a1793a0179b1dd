//! What an expression yields, and how texts, numbers, truths and days turn into one another.
//!
//! Not here: where values come from (see `evaluate`). The rules follow JavaRosa where ODK's engines differ.

use crate::{date, decimal};
use core::fmt;
use std::borrow::Cow;

/// A value. The empty text is blank; a number that is not a number counts as blank.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(f64),
    Truth(bool),
    /// A day number.
    Day(i32),
    /// Milliseconds since 1970 in local time, and the offset from UTC in minutes.
    Instant(i64, i16),
}

// Values are what people said.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(…)")
    }
}

const DAY: i64 = 86_400_000;

impl Value {
    pub(crate) const fn blank() -> Self {
        Self::Text(String::new())
    }

    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Number(number) => number.is_nan(),
            _ => false,
        }
    }

    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number_text(*number)),
            Self::Truth(truth) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            Self::Day(day) => Cow::Owned(date::text(*day)),
            Self::Instant(local, offset) => Cow::Owned(instant_text(*local, *offset)),
        }
    }

    /// As a record keeps it: truths as `1` and `0`.
    pub(crate) fn recorded(&self) -> Cow<'_, str> {
        match self {
            Self::Truth(truth) => Cow::Borrowed(if *truth { "1" } else { "0" }),
            _ => self.text(),
        }
    }

    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            other => other.text().into_owned(),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds stay far below 2^53"
    )]
    pub(crate) fn number(&self) -> f64 {
        match self {
            Self::Text(text) => parse_number(text),
            Self::Number(number) => *number,
            Self::Truth(truth) => f64::from(u8::from(*truth)),
            Self::Day(day) => f64::from(*day),
            Self::Instant(local, offset) => {
                (*local - i64::from(*offset) * 60_000) as f64 / DAY as f64
            }
        }
    }

    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Number(number) => *number != 0.0 && !number.is_nan(),
            Self::Truth(truth) => *truth,
            Self::Day(_) | Self::Instant(..) => true,
        }
    }

    /// The day that `date()` makes of this value.
    pub(crate) fn day(&self) -> Option<i32> {
        match self {
            Self::Text(text) => date::parse(text),
            Self::Number(number) => whole(number.trunc()),
            Self::Truth(_) => None,
            Self::Day(day) => Some(*day),
            Self::Instant(local, _) => i32::try_from(local.div_euclid(DAY)).ok(),
        }
    }

    /// `=`: truths if one side is a truth, numbers if one side is a number, else texts.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Truth(_), _) | (_, Self::Truth(_)) => self.truth() == other.truth(),
            (Self::Number(_), _) | (_, Self::Number(_)) => self.number() == other.number(),
            _ => self.text() == other.text(),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(crate) fn whole(number: f64) -> Option<i32> {
    (number.abs() < 2e9).then_some(number as i32)
}

/// The shortest text that reads back as the same number; blank for what is not a number.
pub(crate) fn number_text(number: f64) -> String {
    if number.is_nan() {
        String::new()
    } else if number.is_infinite() {
        (if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        })
        .into()
    } else if number == 0.0 {
        "0".into() // minus zero too
    } else {
        decimal::write(number)
    }
}

/// Digits, a point and minus signs after trimming; anything else is not a number.
pub(crate) fn parse_number(text: &str) -> f64 {
    let text = text.trim_matches(|c| c <= ' ');
    if text.is_empty()
        || !text
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
    {
        return f64::NAN;
    }
    decimal::read(text).unwrap_or(f64::NAN)
}

fn instant_text(local: i64, offset: i16) -> String {
    let day = date::text(i32::try_from(local.div_euclid(DAY)).unwrap_or(0));
    let ms = local.rem_euclid(DAY);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    let sign = if offset < 0 { '-' } else { '+' };
    let (zone_hour, zone_minute) = (offset.abs() / 60, offset.abs() % 60);
    let ms = ms % 1000;
    format!("{day}T{hour:02}:{minute:02}:{second:02}.{ms:03}{sign}{zone_hour:02}:{zone_minute:02}")
}
