//! Every word on the screen, in Dutch with English beside it.
//!
//! Not here: the questions of a form; those come with the form. The texts are in `locales/*.txt`. Dutch stands where it is used;
//! English is one list in the second module, for whoever chose it.

use js_sys::JsString;
use std::cell::Cell;
use std::fmt::Display;

/// A language of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// Dutch, at level B1.
    #[default]
    Nl,
    /// English.
    En,
}

impl Language {
    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }
}

/// English, in the order in which `build.rs` numbered the texts.
type English = &'static [&'static str];

thread_local! {
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::Nl) };
    static ENGLISH: Cell<English> = const { Cell::new(&[]) };
}

/// All texts in English. Only the second module may ask for it: it would bring them along.
pub fn english() -> English {
    const ALL: English = &include!(concat!(env!("OUT_DIR"), "/english.rs"));
    ALL
}

/// From now on English can be spoken.
pub fn learn_english(all: English) {
    ENGLISH.set(all);
}

/// Whether English can be spoken.
pub fn knows_english() -> bool {
    !ENGLISH.get().is_empty()
}

/// The language that is set. It changes only together with a new rendering of the whole page.
pub fn language() -> Language {
    LANGUAGE.get()
}

/// Sets the language for what is rendered from now on.
pub fn set_language(language: Language) {
    LANGUAGE.set(language);
}

/// One text in each language.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text {
    nl: &'static str,
    /// Its place in the list of English.
    number: usize,
}

impl Text {
    /// The text in the language that is set.
    pub fn get(self) -> &'static str {
        match language() {
            Language::Nl => self.nl,
            Language::En => ENGLISH.get().get(self.number).copied().unwrap_or(self.nl),
        }
    }

    /// The text and behind it whom it is about: the name of a button of which a page has several.
    pub fn of(self, whom: &str) -> String {
        [self.get(), ": ", whom].concat()
    }

    /// The text with each `{name}` replaced.
    pub fn with(self, values: &[(&str, &dyn Display)]) -> String {
        values
            .iter()
            .fold(self.get().to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), &value.to_string())
            })
    }
}

/// The text with its first letter as a capital, by the browser: it brings the tables of letters along.
pub fn with_capital(text: &str) -> String {
    let (first, rest) = after_first(text);
    format!("{}{rest}", JsString::from(first).to_upper_case())
}

/// The text with its first letter as a small one.
pub fn without_capital(text: &str) -> String {
    let (first, rest) = after_first(text);
    format!("{}{rest}", JsString::from(first).to_lower_case())
}

fn after_first(text: &str) -> (&str, &str) {
    let first = text.chars().next().map_or(0, char::len_utf8);
    text.split_at_checked(first).unwrap_or((text, ""))
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
