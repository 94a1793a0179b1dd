//! What is typed, turned into a value of the question's kind.
//!
//! Not here: whether the value is allowed (see `problems`). Limits hold against what is pasted.

use crate::date;
use crate::form::{ChoiceList, Kind};
use crate::value::{Value, parse_number};

/// Characters of a text answer that are kept. A constraint of the form may ask for fewer.
pub const LONGEST_TEXT: usize = 2_000;
/// Characters of any other answer that are kept, except of several choices.
pub const LONGEST_NUMBER: usize = 64;

/// What is kept of a typed text, and whether that is not all of it. Control characters, which no
/// record can carry, are dropped.
pub(super) fn keep(kind: Kind, typed: &str) -> (String, bool) {
    let limit = match kind {
        Kind::Text | Kind::SelectMultiple | Kind::Hidden | Kind::Calculate => LONGEST_TEXT,
        _ => LONGEST_NUMBER,
    };
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    let mut rest = typed.chars().filter(allowed);
    let kept: String = rest.by_ref().take(limit).collect();
    (kept, rest.next().is_some())
}

/// The value of what is typed; blank when it is none.
pub(super) fn value(kind: Kind, list: Option<&ChoiceList>, typed: &str) -> Value {
    match kind {
        Kind::Integer => number(typed, true),
        Kind::Decimal => number(&typed.replace(',', "."), false),
        Kind::Date => date::parse(typed).map_or_else(Value::blank, Value::Day),
        Kind::SelectMultiple => Value::Text(list.map_or_else(String::new, |l| in_order(l, typed))),
        Kind::Geopoint if !is_geopoint(typed) => Value::blank(),
        _ => Value::Text(typed.to_owned()),
    }
}

/// Whether what is typed is more than nothing and still no value.
pub(super) fn is_unreadable(kind: Kind, typed: &str, value: &Value) -> bool {
    let checked = matches!(
        kind,
        Kind::Integer | Kind::Decimal | Kind::Date | Kind::Geopoint
    );
    checked && !typed.trim().is_empty() && value.is_blank()
}

fn number(typed: &str, whole: bool) -> Value {
    let number = parse_number(typed);
    let fits = number.is_finite() && number.abs() < 1e15;
    if fits && (!whole || number.fract() == 0.0) {
        Value::Number(number)
    } else {
        Value::blank()
    }
}

/// Codes in the order of the choices sheet, each once; codes that the list lacks come last.
fn in_order(list: &ChoiceList, typed: &str) -> String {
    let mut codes: Vec<&str> = Vec::new();
    let known = list.choices.iter().map(|choice| choice.code.as_str());
    codes.extend(known.filter(|known| typed.split_whitespace().any(|code| code == *known)));
    for code in typed.split_whitespace() {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes.join(" ")
}

fn is_geopoint(typed: &str) -> bool {
    let parts: Vec<f64> = typed.split_whitespace().map(parse_number).collect();
    let within = |place: usize, limit: f64| parts.get(place).is_some_and(|p| p.abs() <= limit);
    (2..=4).contains(&parts.len())
        && parts.iter().all(|part| part.is_finite())
        && within(0, 90.0)
        && within(1, 180.0)
}
