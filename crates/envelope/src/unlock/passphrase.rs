//! What counts as a passphrase, and as the same passphrase.
//!
//! Not here: words on the screen; the app says what a problem means.

use zeroize::Zeroizing;

const LEAST_CHARACTERS: usize = 12;
const LEAST_DISTINCT: usize = 6;

/// Roots of what people choose when they are told to make it longer. Compared with the letters only.
const TOO_COMMON: [&str; 24] = [
    "wachtwoord",
    "wachtwoordwachtwoord",
    "ditismijnwachtwoord",
    "mijnwachtwoord",
    "password",
    "welkom",
    "welkomwelkom",
    "welkomthuis",
    "geheim",
    "geheimgeheim",
    "qwerty",
    "qwertyuiop",
    "qwertyqwerty",
    "azertyuiop",
    "abcdefghijkl",
    "abcdefghijklmnopqrstuvwxyz",
    "veldpost",
    "enschede",
    "gemeenteenschede",
    "twente",
    "dakloos",
    "daklozentelling",
    "ethostelling",
    "zomervakantie",
];

/// Why a passphrase is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassphraseProblem {
    /// Fewer than 12 characters.
    TooShort,
    /// Fewer than 6 different characters.
    TooFewDistinct,
    /// Among the first that anybody would try.
    TooCommon,
}

/// What is derived from: no space at the ends, one space between words; five words or more of
/// plain letters lose their capitals, because phones put one at the start.
#[must_use]
pub fn normalise(passphrase: &str) -> Zeroizing<String> {
    // Room for all of it at once: a string that grows leaves a copy behind.
    let mut text = Zeroizing::new(String::with_capacity(passphrase.len()));
    let words = || passphrase.split_whitespace();
    let plain_words = words().all(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && words().count() >= 5;
    for word in words() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    if plain_words {
        text.make_ascii_lowercase();
    }
    text
}

/// What is wrong with a passphrase of somebody's own; nothing for five words of the list.
#[must_use]
pub fn problems(passphrase: &str) -> Vec<PassphraseProblem> {
    let text = normalise(passphrase);
    let mut problems = Vec::new();
    if text.chars().count() < LEAST_CHARACTERS {
        problems.push(PassphraseProblem::TooShort);
    }
    let mut distinct = Zeroizing::new(text.chars().filter(|c| *c != ' ').collect::<Vec<char>>());
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < LEAST_DISTINCT {
        problems.push(PassphraseProblem::TooFewDistinct);
    }
    let letters: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .filter(|c| c.is_alphabetic())
            .map(|c| c.to_ascii_lowercase())
            .collect(),
    );
    if letters.is_empty() || TOO_COMMON.contains(&letters.as_str()) {
        problems.push(PassphraseProblem::TooCommon);
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::{PassphraseProblem, normalise, problems};

    #[track_caller]
    fn check(passphrase: &str, expected: &[PassphraseProblem]) {
        assert_eq!(problems(passphrase), expected);
    }

    #[test]
    fn twelve_varied_characters_or_five_words_will_do() {
        check("appel fiets kaars molen tafel", &[]);
        check("mijn Opoe 1923!", &[]);
        check("日本語のパスフレーズです。", &[]);
    }

    #[test]
    fn short_monotonous_and_common_ones_are_named() {
        use PassphraseProblem::{TooCommon, TooFewDistinct, TooShort};
        check("", &[TooShort, TooFewDistinct, TooCommon]);
        check("kort", &[TooShort, TooFewDistinct]);
        check("aaaaaaabbbbbbb", &[TooFewDistinct]);
        check("Wachtwoord2026!", &[TooCommon]);
        check("1234567890123", &[TooCommon]);
        // Spaces do not make it longer or more varied.
        check("a    b    c    d", &[TooShort, TooFewDistinct]);
    }

    #[test]
    fn the_same_words_are_the_same_passphrase_however_a_phone_types_them() {
        let words = normalise("appel fiets kaars molen tafel");
        assert_eq!(normalise(" Appel fiets  KAARS\u{a0}molen tafel\n"), words);
        // Somebody's own keeps its capitals.
        assert_eq!(normalise(" Mijn  Opoe 1923! ").as_str(), "Mijn Opoe 1923!");
    }
}
