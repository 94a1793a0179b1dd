//! The text of an expression cut into tokens.
//!
//! Not here: grammar (see `parse`).

/// A token and where it starts, in characters counting from 1.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub at: usize,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Number(f64),
    Text(String),
    /// `${name}`
    Reference(String),
    Name(String),
    /// Operators and brackets.
    Sign(&'static str),
    Dot,
    DotDot,
}

const SIGNS: [&str; 14] = [
    "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "(", ")", ",", "/", "|",
];

/// Typographic quotes stand for plain ones, as in pyxform.
fn plain_quote(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        other => other,
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let chars: Vec<char> = text.chars().map(plain_quote).collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while let Some(&c) = chars.get(i) {
        let at = i + 1;
        let next = chars.get(i + 1).copied();
        let what = if c.is_whitespace() {
            i += 1;
            continue;
        } else if c == '\'' || c == '"' {
            let length = chars[i + 1..].iter().position(|other| *other == c);
            let length = length.ok_or(format!("the text at character {at} has no closing {c}"))?;
            i += length + 2;
            What::Text(chars[at..at + length].iter().collect())
        } else if c == '$' && next == Some('{') {
            let length = chars[i + 2..].iter().position(|other| *other == '}');
            let length = length.ok_or(format!("the ${{ at character {at} has no closing }}"))?;
            let name: String = chars[i + 2..i + 2 + length].iter().collect();
            i += length + 3;
            What::Reference(name.trim().to_owned())
        } else if c.is_ascii_digit() || (c == '.' && next.is_some_and(|n| n.is_ascii_digit())) {
            What::Number(number(&chars, &mut i)?)
        } else if c == '.' {
            i += if next == Some('.') { 2 } else { 1 };
            if next == Some('.') {
                What::DotDot
            } else {
                What::Dot
            }
        } else if c.is_alphabetic() || c == '_' {
            let from = i;
            while chars
                .get(i)
                .is_some_and(|c| c.is_alphanumeric() || "_-.:".contains(*c))
            {
                i += 1;
            }
            What::Name(chars[from..i].iter().collect())
        } else {
            let found = SIGNS.iter().find(|sign| {
                sign.chars()
                    .enumerate()
                    .all(|(offset, s)| chars.get(i + offset) == Some(&s))
            });
            let sign = found.ok_or(format!("{c} at character {at} has no meaning here"))?;
            i += sign.len();
            What::Sign(sign)
        };
        tokens.push(Token { at, what });
    }
    Ok(tokens)
}

/// The number that starts at `i`, which moves to its end.
fn number(chars: &[char], i: &mut usize) -> Result<f64, String> {
    let from = *i;
    let mut points = 0;
    while let Some(c) = chars.get(*i) {
        points += usize::from(*c == '.');
        if !(c.is_ascii_digit() || (*c == '.' && points == 1)) {
            break;
        }
        *i += 1;
    }
    let digits: String = chars[from..*i].iter().collect();
    if chars
        .get(*i)
        .is_some_and(|c| c.is_alphanumeric() || *c == '.')
    {
        return Err(format!("{digits}… at character {} is no number", from + 1));
    }
    digits.parse().map_err(|_| format!("{digits} is no number"))
}

/// Whether a default is an expression: by the rule of pyxform, what has a call, a reference or an
/// arithmetical sign outside quotes, but not the hyphens of a date, a number or a name.
pub(super) fn is_worked_out(default: &str, has_hyphens: bool) -> bool {
    let chars: Vec<char> = default.chars().map(plain_quote).collect();
    let mut i = 0;
    let mut quote = None;
    while let Some(&c) = chars.get(i) {
        let before = i
            .checked_sub(1)
            .and_then(|i| chars.get(i))
            .copied()
            .unwrap_or(' ');
        let next = chars.get(i + 1).copied().unwrap_or(' ');
        i += 1;
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
            continue;
        }
        let named = before.is_alphanumeric() || "_-.".contains(before);
        let word = |word: &str| chars[i - 1..].starts_with(&word.chars().collect::<Vec<_>>());
        match c {
            '\'' | '"' if chars[i..].contains(&c) => quote = Some(c),
            '*' | '+' | '|' => return true,
            '$' if next == '{' => return true,
            '(' | '[' if named => return true,
            '-' if has_hyphens => return false,
            '-' if !named && !next.is_ascii_digit() && next != '.' => return true,
            ' ' if word(" mod ") || word(" div ") => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_that_are_expressions_are_told_from_texts() {
        for (default, expected) in [
            ("today()", true),
            ("1 + 1", true),
            ("${a}", true),
            ("18-20", false),
            ("-5", false),
            ("7", false),
            ("Hof van Twente", false),
            ("'a + b'", false),
            ("a - b", true),
        ] {
            assert_eq!(is_worked_out(default, false), expected, "{default}");
        }
        assert!(!is_worked_out("2026-01-31", true));
    }
}
