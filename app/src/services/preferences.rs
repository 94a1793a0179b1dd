//! Scheme, language, hand: applied to the page's root.

use crate::browser::{device, life};
use crate::text::{self, Language};
use veldpost_journal::rows::Preferences;

/// Makes the page look as the preferences say. The language takes effect with the next rendering; without the second module
/// it stays Dutch (`later::learn_english`).
pub fn apply(preferences: &Preferences) {
    life::set_root("data-scheme", preferences.scheme.as_deref());
    life::set_root("data-hand", preferences.left_hand.then_some("left"));
    device::allow_vibration(preferences.vibrate.unwrap_or(true));
    let language = match language(preferences) {
        Language::En if !text::knows_english() => Language::Nl,
        language => language,
    };
    text::set_language(language);
    life::set_root("lang", Some(language.tag()));
}

/// The language that is preferred.
pub fn language(preferences: &Preferences) -> Language {
    match preferences.language.as_deref() {
        Some("en") => Language::En,
        _ => Language::Nl,
    }
}
