//! The app's words in the language that is shown, so that one journey can be walked in both.
//!
//! Deliberately not here: translating. Both languages are read from the app's own lists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Dutch words and what stands for them on the screen.
#[derive(Clone, Debug, Default)]
pub struct Words {
    english: BTreeMap<String, String>,
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
        let mut english = BTreeMap::new();
        for entry in std::fs::read_dir(locales()).context("the app's words cannot be read")? {
            for pair in pairs(&std::fs::read_to_string(entry?.path())?) {
                english.insert(pair.0, pair.1);
            }
        }
        for (dutch, other) in labels()? {
            let (dutch, other) = (before_bracket(&dutch), before_bracket(&other));
            english
                .entry(dutch.to_owned())
                .or_insert_with(|| other.to_owned());
        }
        Ok(Self {
            english,
            shown: true,
        })
    }

    /// What stands on the screen for these Dutch words; a name of a place or of an organisation is itself.
    #[must_use]
    pub fn shown<'a>(&'a self, dutch: &'a str) -> &'a str {
        let known = self.english.get(before_bracket(dutch));
        known.filter(|_| self.shown).map_or(dutch, String::as_str)
    }

    /// Dutch sentences that stand in an English `text`: there should be none.
    #[must_use]
    pub fn left_in_dutch(&self, text: &str) -> Vec<&str> {
        let sentence = |dutch: &&String| dutch.split_whitespace().count() > 2;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        self.english
            .iter()
            .filter(|(dutch, english)| dutch != english)
            .map(|(dutch, _)| dutch)
            .filter(sentence)
            .filter(|dutch| lines.contains(&dutch.as_str()))
            .map(String::as_str)
            .collect()
    }
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

/// The labels of the count's questionnaire in both languages: sheets name them by their language.
fn labels() -> Result<Vec<(String, String)>> {
    let folder = crate::questionnaire::folder().join("ethos-count");
    let mut found = Vec::new();
    for sheet in ["survey.csv", "choices.csv"] {
        let mut rows = csv::Reader::from_path(folder.join(sheet))?;
        let columns = rows.headers()?.clone();
        let place = |language: &str| columns.iter().position(|name| name.ends_with(language));
        let (Some(dutch), Some(english)) = (place("(nl)"), place("(en)")) else {
            continue;
        };
        for row in rows.records() {
            let row = row?;
            let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
            found.push((cell(dutch), cell(english)));
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
        assert_eq!(
            words.left_in_dutch("Start\n Wat is het geslacht? \nQuick add"),
            ["Wat is het geslacht?"]
        );
    }
}
