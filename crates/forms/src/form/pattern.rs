//! A compiled pattern of `regex()`: a table to walk through, without the pattern's text being parsed.
//!
//! Not here: compiling (see `reader::pattern`). Without the feature `patterns` there are none, and a form
//! that has one is refused.

/// A pattern that is known to be sound.
#[cfg(feature = "patterns")]
pub(crate) struct Pattern(regex_automata::dfa::sparse::DFA<Vec<u8>>);

#[cfg(feature = "patterns")]
impl Pattern {
    pub(super) fn new(table: &[u8]) -> Option<Self> {
        let (pattern, _) = regex_automata::dfa::sparse::DFA::from_bytes(table).ok()?;
        Some(Self(pattern.to_owned()))
    }

    /// Whether the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        use regex_automata::{Anchored, Input, dfa::Automaton as _};
        let input = Input::new(text.as_bytes()).anchored(Anchored::Yes);
        self.0
            .try_search_fwd(&input)
            .is_ok_and(|found| found.is_some())
    }
}

/// No pattern.
#[cfg(not(feature = "patterns"))]
pub(crate) enum Pattern {}

#[cfg(not(feature = "patterns"))]
impl Pattern {
    pub(super) fn new(_table: &[u8]) -> Option<Self> {
        None
    }

    pub(crate) fn matches(&self, _text: &str) -> bool {
        match *self {}
    }
}
