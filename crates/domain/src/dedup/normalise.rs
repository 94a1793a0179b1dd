//! Two letters of a name, the same however it was typed.
//!
//! Not here: transcription between scripts; a name in Arabic letters keeps them.

/// Words before a surname that are not the surname: Dutch, German, French, Portuguese, Arabic.
const PREFIXES: [&str; 30] = [
    "van", "de", "der", "den", "het", "t", "s", "d", "ten", "ter", "te", "in", "op", "aan", "bij",
    "uit", "von", "zu", "la", "le", "du", "da", "do", "dos", "das", "di", "el", "al", "bin", "ibn",
];

/// The first two letters of a first name; `'\0'` for what is missing.
#[must_use]
pub fn letters_of_first_name(name: &str) -> [char; 2] {
    first_two(plain(name))
}

/// The first two letters of a last name after its prefixes; `'\0'` for what is missing.
///
/// Where only letters were typed, `de` is the beginning of Dekker: a prefix goes only when a name
/// follows it.
#[must_use]
pub fn letters_of_last_name(name: &str) -> [char; 2] {
    // Names longer than this are not names, and a pasted megabyte must not be walked through.
    let end = name
        .char_indices()
        .nth(200)
        .map_or(name.len(), |(at, _)| at);
    let mut rest = name.get(..end).unwrap_or_default();
    while let Some((word, after)) = rest.split_once(is_gap) {
        let letters: String = plain(word).collect();
        let is_prefix = letters.is_empty() || PREFIXES.contains(&letters.as_str());
        if !is_prefix || plain(after).next().is_none() {
            break;
        }
        rest = after;
    }
    first_two(plain(rest))
}

fn is_gap(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '\'' | '’' | '‘' | '`' | '.' | '‐' | '–')
}

fn first_two(mut letters: impl Iterator<Item = char>) -> [char; 2] {
    [
        letters.next().unwrap_or('\0'),
        letters.next().unwrap_or('\0'),
    ]
}

/// Lower case, without diacritics, letters only.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .flat_map(|letter| base(letter).into_iter().filter(|letter| *letter != NONE))
}

const NONE: char = '\0';

/// Base letters of U+00C0 to U+017F (Latin-1 and Latin Extended-A), capitals and small letters alike;
/// a digit is one of [`PAIRS`], a blank is no letter. The standard library's tables would cost the
/// app more than all other matching does.
const LATIN: [u8; 192] = *b"aaaaaa0ceeeeiiiidnooooo ouuuuy34\
                            aaaaaa0ceeeeiiiidnooooo ouuuuy3y\
                            aaaaaaccccccccddddeeeeeeeeeegggg\
                            gggghhhhiiiiiiiiii22jjkkklllllll\
                            lllnnnnnnnnnoooooo11rrrrrrssssss\
                            ssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

const PAIRS: [[char; 2]; 5] = [['a', 'e'], ['o', 'e'], ['i', 'j'], ['t', 'h'], ['s', 's']];

/// A letter as it is compared: one, two or none.
fn base(letter: char) -> [char; 2] {
    let one = match letter {
        'a'..='z' => letter,
        'A'..='Z' => letter.to_ascii_lowercase(),
        '\u{c0}'..='\u{17f}' => {
            let at = letter as usize - 0xc0;
            match LATIN[at] {
                b' ' => NONE,
                digit @ b'0'..=b'9' => return PAIRS[usize::from(digit - b'0')],
                plain => plain as char,
            }
        }
        'Ș' | 'ș' => 's',
        'Ț' | 'ț' => 't',
        // Greek and Cyrillic capitals stand before their small letters.
        'Α'..='Ω' | 'А'..='Я' => char::from_u32(letter as u32 + 0x20).unwrap_or(letter),
        'Ѐ'..='Џ' => char::from_u32(letter as u32 + 0x50).unwrap_or(letter),
        // Marks, signs and pictures: what keyboards put between the letters of a name.
        '\0'..='\u{bf}'
        | '\u{2b0}'..='\u{36f}'
        | '\u{591}'..='\u{5c7}'
        | '\u{600}'..='\u{61f}'
        | '\u{640}'
        | '\u{64b}'..='\u{65f}'
        | '\u{660}'..='\u{66d}'
        | '\u{670}'
        | '\u{2000}'..='\u{2bff}'
        | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{e000}'..='\u{f8ff}'
        | '\u{fe00}'..='\u{fe6f}'
        | '\u{feff}'..='\u{ff20}'
        | '\u{fff0}'..='\u{ffff}'
        | '\u{1f000}'..='\u{1faff}'
        | '\u{e0000}'.. => NONE,
        other => other,
    };
    [one, NONE]
}

#[cfg(test)]
mod tests {
    use super::{letters_of_first_name, letters_of_last_name};

    fn first(name: &str) -> String {
        letters_of_first_name(name)
            .iter()
            .map(|c| if *c == '\0' { '_' } else { *c })
            .collect()
    }

    fn last(name: &str) -> String {
        letters_of_last_name(name)
            .iter()
            .map(|c| if *c == '\0' { '_' } else { *c })
            .collect()
    }

    #[test]
    fn a_first_name_gives_its_first_two_letters() {
        for (name, letters) in [
            ("Fatima", "fa"),
            ("  ÉLISE", "el"),
            ("e\u{301}lise", "el"),
            ("Øyvind", "oy"),
            ("Æde", "ae"),
            ("J.P.", "jp"),
            ("O", "o_"),
            ("", "__"),
            ("1 2", "__"),
            ("😀 Sam", "sa"),
            ("محمد", "مح"),
            ("İlker", "il"),
            ("ÞÓR", "th"),
            ("ŒUVRE", "oe"),
            ("Łukasz", "lu"),
            ("ŞŽ", "sz"),
            ("Ÿĳ", "yi"),
            ("Иван", "ив"),
            ("Ђорђе", "ђо"),
            ("Ελένη", "ελ"),
            ("מֹשֶׁה", "מש"),
            ("مُحَمَّد", "مح"),
            ("李 明", "李明"),
            ("Ĳsbrand", "ij"),
            ("\u{202e}Ali", "al"),
            ("Al", "al"),
        ] {
            assert_eq!(first(name), letters, "{name}");
        }
    }

    #[test]
    fn a_last_name_gives_two_letters_after_its_prefixes() {
        for (name, letters) in [
            ("El Amrani", "am"),
            ("el-Amrani", "am"),
            ("van der Berg", "be"),
            ("VAN DE VELDE", "ve"),
            ("'t Hooft", "ho"),
            ("d'Angelo", "an"),
            ("in 't Veld", "ve"),
            ("Dekker", "de"),
            ("De", "de"),
            ("de ", "de"),
            ("van der", "de"),
            ("Jansen-van Dam", "ja"),
            ("Çelik", "ce"),
            ("Şahin", "sa"),
            ("Van", "va"),
            ("Vandenberg", "va"),
            ("v. Dam", "vd"),
            ("", "__"),
        ] {
            assert_eq!(last(name), letters, "{name}");
        }
    }

    #[test]
    fn a_pasted_megabyte_is_cut_off() {
        assert_eq!(last(&"van ".repeat(500_000)), "va");
        assert_eq!(last(&"é".repeat(5_000_000)), "ee");
    }
}
