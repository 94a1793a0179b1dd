//! Proposes a passphrase of five words from the Dutch list.
//!
//! Not here: judging somebody's own passphrase (see `unlock::problems`), and where the list comes
//! from (`words/README.md`).

use crate::{RandomBytes, random};

/// The list: 2,048 words, sorted, one a line.
const LIST: &str = include_str!("words/nl.txt");

/// Words in a proposed passphrase: 55 bits.
pub const WORDS: usize = 5;

/// Five words drawn evenly and independently: 11 bits each.
#[must_use]
pub fn suggest(rng: &mut dyn RandomBytes) -> [&'static str; WORDS] {
    core::array::from_fn(|_| {
        let drawn = u16::from_le_bytes(random::array(rng)) % 2048;
        word(drawn).unwrap_or_default()
    })
}

/// The word with this number, counted from 0.
#[must_use]
pub fn word(number: u16) -> Option<&'static str> {
    LIST.lines().nth(usize::from(number))
}

/// The words that begin with these letters, for completing what is typed; none for nothing.
pub fn completions(letters: &str) -> impl Iterator<Item = &'static str> {
    LIST.lines()
        .filter(move |word| !letters.is_empty() && word.starts_with(letters))
}

#[cfg(test)]
mod tests {
    use super::{LIST, WORDS, completions, suggest, word};
    use crate::random::Fixed;
    use crate::unlock;
    use std::collections::BTreeSet;

    #[test]
    fn the_list_has_2048_words_that_any_keyboard_types() {
        let words: Vec<_> = LIST.lines().collect();
        assert_eq!(words.len(), 2048);
        assert!(words.is_sorted());
        let openings: BTreeSet<_> = words.iter().map(|word| word.get(..4)).collect();
        assert_eq!(openings.len(), 2048);
        for word in words {
            assert!((4..=8).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
    }

    #[test]
    fn the_draw_reaches_the_first_word_and_the_last() {
        assert_eq!(
            Some(suggest(&mut Fixed(vec![0; 2]))[0]),
            LIST.lines().next()
        );
        assert_eq!(
            Some(suggest(&mut Fixed(vec![255; 2]))[4]),
            LIST.lines().last()
        );
        assert_eq!(word(2048), None);
    }

    #[test]
    fn a_proposal_is_always_good_enough() {
        for number in 0..2044 {
            let phrase: Vec<_> = (number..number + WORDS as u16)
                .map(|number| word(number).unwrap())
                .collect();
            assert_eq!(unlock::problems(&phrase.join(" ")), [], "{phrase:?}");
        }
    }

    #[test]
    fn four_letters_complete_a_word() {
        let all = LIST
            .lines()
            .all(|word| completions(word.get(..4).unwrap()).eq([word]));
        assert!(all);
        assert_eq!(completions("").count(), 0);
    }
}
