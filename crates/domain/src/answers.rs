//! What was answered: XLSForm question names with values in their lexical form.

use core::fmt;
use std::collections::BTreeMap;

/// One answer, as XForms writes it: numbers in digits, dates as `YYYY-MM-DD`, several choices
/// separated by one space. A cleared question has no answer at all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// A single value.
    Text(String),
    /// One set of answers for each instance of a repeat.
    Repeat(Vec<Answers>),
}

/// Answers by question name. Names inside groups are flat, as XLSForm requires them to be unique.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Answers(pub BTreeMap<String, Answer>);

impl Answers {
    /// The value of a single question, if it was answered.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Answer::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// The instances of a repeat; none when it was never opened.
    #[must_use]
    pub fn repeat(&self, name: &str) -> &[Answers] {
        match self.0.get(name) {
            Some(Answer::Repeat(instances)) => instances,
            _ => &[],
        }
    }

    /// Sets a single value.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), Answer::Text(value.into()));
    }
}

// Answers must not reach a log through `{:?}`.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Repeat(instances) => write!(f, "Repeat({} instances)", instances.len()),
        }
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answers({} fields)", self.0.len())
    }
}
