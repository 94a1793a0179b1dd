//! The functions that only need their arguments' values.
//!
//! Not here: functions that look at the form or the record (see the parent module).

use crate::date;
use crate::value::{Value, number_text, whole};

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of answers stay far below 2^53"
)]
pub(super) fn number_of(things: usize) -> Value {
    Value::Number(things as f64)
}

/// Index of the instance that a number names, counting from 1.
pub(super) fn place(number: f64) -> Option<usize> {
    usize::try_from(whole(number)?).ok()?.checked_sub(1)
}

pub(super) fn selected(list: &Value, code: &Value) -> Value {
    let list = format!(" {} ", list.text());
    let code = format!(" {} ", code.text().trim());
    Value::Truth(list.contains(&code))
}

pub(super) fn count_selected(list: &Value) -> Value {
    number_of(
        list.text()
            .split([' ', '\t', '\n', '\r'])
            .filter(|code| !code.is_empty())
            .count(),
    )
}

/// In UTF-16 units, as both reference engines count.
pub(super) fn string_length(text: &Value) -> Value {
    number_of(text.text().encode_utf16().count())
}

/// Halves go up, as in JavaRosa.
pub(super) fn round(number: f64, places: f64) -> Value {
    let Some(places) = whole(places).filter(|places| (-15..=15).contains(places)) else {
        return Value::Number(f64::NAN);
    };
    let up = |number: f64| (number + 0.5).floor();
    if places == 0 {
        return Value::Number(up(number));
    }
    let power = 10f64.powi(places.abs());
    Value::Number(if places > 0 {
        up(number * power) / power
    } else {
        up(number / power) * power
    })
}

const MONTHS_NL: [&str; 12] = [
    "jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec",
];
const MONTHS_EN: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS_NL: [&str; 7] = ["ma", "di", "wo", "do", "vr", "za", "zo"];
const DAYS_EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// `format-date()`: `%Y %y %m %n %b %d %e %H %h %M %S %3 %a`.
pub(super) fn format_date(value: &Value, format: &str, dutch: bool) -> Value {
    let Some(day_number) = value.day() else {
        return Value::blank();
    };
    let (year, month, day) = date::civil(day_number);
    let ms = match value {
        Value::Instant(local, _) => local.rem_euclid(86_400_000),
        _ => 0,
    };
    let weekday = usize::try_from((day_number + 3).rem_euclid(7)).unwrap_or(0);
    let month_index = usize::try_from(month).unwrap_or(1) - 1;
    let mut out = String::new();
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let piece = match rest.next() {
            Some('Y') => format!("{year:04}"),
            Some('y') => format!("{:02}", year.rem_euclid(100)),
            Some('m') => format!("{month:02}"),
            Some('n') => number_text(f64::from(month)),
            Some('b') => (if dutch { MONTHS_NL } else { MONTHS_EN })[month_index].to_owned(),
            Some('d') => format!("{day:02}"),
            Some('e') => number_text(f64::from(day)),
            Some('H') => format!("{:02}", ms / 3_600_000),
            Some('h') => (ms / 3_600_000).to_string(),
            Some('M') => format!("{:02}", ms / 60_000 % 60),
            Some('S') => format!("{:02}", ms / 1000 % 60),
            Some('3') => format!("{:03}", ms % 1000),
            Some('a') => (if dutch { DAYS_NL } else { DAYS_EN })[weekday].to_owned(),
            Some('%') => "%".to_owned(),
            _ => String::new(),
        };
        out.push_str(&piece);
    }
    Value::Text(out)
}
