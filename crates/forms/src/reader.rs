//! Reading XLSForm sheets into a checked [`Form`], or saying in which sheet, row and column it goes wrong.
//!
//! Not here: spreadsheets (`.xlsx`); the sheets are CSV. The app does not read sheets, it gets bytes.

mod binding;
mod choices;
mod expression;
mod parse;
mod pattern;
mod scope;
mod sheet;
mod survey;
mod words;

pub use binding::{REPORT, Required, check_app, check_languages, check_report_binding};

use crate::form::{Definition, Form, FormError};
use core::fmt;
use std::path::Path;

/// The sheets of a form, as CSV texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheets {
    /// The questions.
    pub survey: String,
    /// The lists of choices; may be empty.
    pub choices: String,
    /// Title, id and version; may be empty.
    pub settings: String,
}

/// A mistake in the sheets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// `survey`, `choices` or `settings`.
    pub sheet: &'static str,
    /// Row as a spreadsheet counts: the header is 1. 0 when it is not about a row.
    pub row: usize,
    /// Header of the column; empty when it is not about a column.
    pub column: String,
    /// What is wrong, and what would be right where that is known.
    pub reason: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.csv", self.sheet)?;
        if self.row > 0 {
            write!(f, ", row {}", self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Everything that is wrong with a form's sheets: change them and build again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, mistake) in self.0.iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Mistakes {}

/// Reads and checks sheets.
///
/// # Errors
/// Every mistake that could be found, in the order of the sheets.
pub fn read(sheets: &Sheets) -> Result<Form, Mistakes> {
    let mut mistakes = Vec::new();
    let form = survey::build(sheets, &mut mistakes);
    match form {
        Some(form) if mistakes.is_empty() => Ok(form),
        _ => {
            let order = |sheet| {
                ["settings", "choices", "survey"]
                    .iter()
                    .position(|s| *s == sheet)
            };
            mistakes.sort_by_key(|mistake: &Mistake| (order(mistake.sheet), mistake.row));
            mistakes.dedup();
            Err(Mistakes(mistakes))
        }
    }
}

/// Reads the sheets `survey.csv`, `choices.csv` and `settings.csv` in a folder; the last two may be missing.
///
/// # Errors
/// When a file cannot be read.
pub fn load(folder: &Path) -> std::io::Result<Sheets> {
    let optional = |name: &str| match std::fs::read_to_string(folder.join(name)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    };
    Ok(Sheets {
        survey: std::fs::read_to_string(folder.join("survey.csv"))?,
        choices: optional("choices.csv")?,
        settings: optional("settings.csv")?,
    })
}

/// Links a definition; a contradiction is a mistake on the row of the item it names.
fn link(
    definition: Definition,
    row_of: impl Fn(&str) -> usize,
    mistakes: &mut Vec<Mistake>,
) -> Option<Form> {
    match Form::link(definition) {
        Ok(form) => Some(form),
        Err(error) => {
            let row = match &error {
                FormError::Circle(names) => names.first().map_or(0, |name| row_of(name)),
                _ => 0,
            };
            let (sheet, column) = ("survey", String::new());
            mistakes.push(Mistake {
                sheet,
                row,
                column,
                reason: error.to_string(),
            });
            None
        }
    }
}
