//! The app's words in the language that is shown, so that one journey can be walked in both.
//!
//! Deliberately not here: translating. Both languages are read from the app's own lists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Dutch words and what stands for them on the screen.
#[derive(Clone, Debug, Default)]
pub struct Words {
    english: BTreeMap<String, Vec<String>>,
    shown: bool,
}

impl Words {
    /// Dutch, as the app is at first.
    #[must_use]
    pub fn dutch() -> Self {
        Self::default()
    }

    /// English, from the app's lists of words and from the questionnaire's labels.
    ///
    /// # Errors
    /// When the lists cannot be read.
    pub fn english() -> Result<Self> {
        let folder = std::fs::read_dir(locales()).context("the app's words cannot be read")?;
        let mut files: Vec<PathBuf> = folder
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        files.sort();
        let mut all = Vec::new();
        for file in files {
            all.extend(pairs(&std::fs::read_to_string(file)?));
        }
        for (dutch, other) in labels()? {
            all.push((
                before_bracket(&dutch).to_owned(),
                before_bracket(&other).to_owned(),
            ));
            all.push((dutch, other));
        }
        let mut english: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (dutch, other) in all {
            let known = english.entry(dutch).or_default();
            if !known.contains(&other) {
                known.push(other);
            }
        }
        Ok(Self {
            english,
            shown: true,
        })
    }

    /// What stands on the screen for these Dutch words; a name of a place or of an organisation is itself.
    #[must_use]
    pub fn shown<'a>(&'a self, dutch: &'a str) -> &'a str {
        self.meanings(dutch).first().copied().unwrap_or(dutch)
    }

    /// Everything that may stand there: one place says it otherwise than another.
    #[must_use]
    pub fn meanings<'a>(&'a self, dutch: &'a str) -> Vec<&'a str> {
        let known = self.english.get(before_bracket(dutch));
        match known.filter(|_| self.shown) {
            Some(known) => known.iter().map(String::as_str).collect(),
            None => vec![dutch],
        }
    }

    /// Those of these English `texts` that are Dutch: there should be none. Dutch is what the lists say in
    /// Dutch and not in English, a sentence of theirs with something filled in, and any text with one of
    /// the small words that no Dutch sentence does without.
    #[must_use]
    pub fn left_in_dutch<'t>(&self, texts: &'t [String]) -> Vec<&'t str> {
        let texts = texts.iter().map(|text| text.trim());
        texts.filter(|text| self.is_dutch(text)).collect()
    }

    fn is_dutch(&self, text: &str) -> bool {
        // A recovery code is neither, and may hold any two letters.
        if text.starts_with("vp1 ") {
            return false;
        }
        // In lower case: a name begins with a capital.
        let mut words = text.split(|letter: char| !letter.is_alphabetic());
        let small = words.any(|word| SMALL.contains(&word));
        let is_english = |text: &String| self.english.values().flatten().any(|one| one == text);
        let said = |dutch: &&String| *dutch == text || is_filled_in(dutch, text);
        let mut dutch = self.english.keys().filter(said);
        small || dutch.any(|dutch| !is_english(dutch))
    }
}

/// None of them is a word of English.
const SMALL: [&str; 16] = [
    "het", "een", "niet", "deze", "voor", "naar", "wordt", "zijn", "maar", "geen", "ook", "je",
    "waar", "hoe", "aan", "bij",
];

/// Whether `text` is this sentence with something in the place of each `{name}` or `${name}`.
fn is_filled_in(sentence: &str, text: &str) -> bool {
    let pieces: Vec<&str> = sentence
        .split('{')
        .enumerate()
        .map(|(number, piece)| match number {
            0 => piece,
            _ => piece.split_once('}').map_or(piece, |(_, rest)| rest),
        })
        .map(|piece| piece.trim_end_matches('$'))
        .collect();
    let letters = |piece: &&str| {
        piece
            .chars()
            .filter(|letter| letter.is_alphabetic())
            .count()
    };
    if pieces.len() < 2 || pieces.iter().map(letters).sum::<usize>() < 6 {
        return false;
    }
    let mut rest = text;
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
    }
    true
}

fn locales() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/locales")
}

/// The Dutch and the English line of each entry of a list.
fn pairs(list: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut dutch = None;
    for line in list.lines() {
        if let Some(words) = line.strip_prefix("  nl ") {
            dutch = Some(words.to_owned());
        } else if let Some(words) = line.strip_prefix("  en ")
            && let Some(dutch) = dutch.take()
        {
            found.push((dutch, words.to_owned()));
        }
    }
    found
}

/// Whatever the count's questionnaire says in both languages: sheets name each column by its language.
fn labels() -> Result<Vec<(String, String)>> {
    let folder = crate::questionnaire::folder().join("ethos-count");
    let mut found = Vec::new();
    for sheet in ["survey.csv", "choices.csv"] {
        let mut rows = csv::Reader::from_path(folder.join(sheet))?;
        let columns = rows.headers()?.clone();
        let kind = |name: &str| name.split("::").next().unwrap_or_default().to_owned();
        let of = |language: &str| {
            let named = columns.iter().enumerate();
            let named = named.filter(|(_, name)| name.ends_with(language));
            named
                .map(|(place, name)| (kind(name), place))
                .collect::<BTreeMap<_, _>>()
        };
        let (dutch, english) = (of("(nl)"), of("(en)"));
        for row in rows.records() {
            let row = row?;
            let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
            let both = dutch
                .iter()
                .filter_map(|(kind, at)| Some((*at, *english.get(kind)?)));
            let said = both.map(|(dutch, english)| (cell(dutch), cell(english)));
            found.extend(said.filter(|(dutch, _)| !dutch.is_empty()));
        }
    }
    Ok(found)
}

/// What a label says between brackets at its end is shown apart.
fn before_bracket(label: &str) -> &str {
    label.split(" (").next().unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_app_and_of_the_questionnaire_are_known_in_english() {
        let words = Words::english().unwrap();
        assert_eq!(words.shown("Start tellen"), "Start counting");
        assert_eq!(
            words.shown("Buiten of op een openbare plek"),
            "Outside or in a public place"
        );
        assert_eq!(words.shown("Centrum"), "Centrum");
        assert_eq!(Words::dutch().shown("Start tellen"), "Start tellen");
    }

    #[test]
    fn dutch_words_are_told_from_english_ones() {
        let words = Words::english().unwrap();
        let shown = [
            "Start",
            "Wat is het geslacht?",
            "Quick add",
            "Terug",
            "Bewaard op dit toestel, 22:14.",
            "Saved on this device, 22:14.",
            "Hof van Twente",
            "Kies een antwoord.",
            "Iets dat in geen lijst staat",
            "Man, 18+",
        ];
        let shown = shown.map(str::to_owned);
        let dutch = [1, 3, 4, 7, 8].map(|place: usize| shown[place].as_str());
        assert_eq!(words.left_in_dutch(&shown), dutch);
    }
}
