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
        .flat_map(char::to_lowercase)
        .flat_map(|letter| {
            let (one, two) = base(letter);
            [Some(one), two].into_iter().flatten()
        })
        .filter(|letter| letter.is_alphabetic())
}

/// A lower-case letter without its marks. Marks that stand on their own (as some keyboards send them)
/// are not alphabetic and go with everything else that is not.
const fn base(letter: char) -> (char, Option<char>) {
    let plain = match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'æ' => return ('a', Some('e')),
        'œ' => return ('o', Some('e')),
        'ĳ' => return ('i', Some('j')),
        'þ' => return ('t', Some('h')),
        'ß' => return ('s', Some('s')),
        other => other,
    };
    (plain, None)
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
