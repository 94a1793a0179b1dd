//! A checked questionnaire: its questions, choices, texts and expressions, ready to be filled in.
//!
//! Not here: reading sheets (see [`crate::reader`]), answers (see [`crate::session`]).

mod bytes;
mod pattern;
mod plan;

pub(crate) use pattern::Pattern;
pub(crate) use plan::{Dependency, Plan};

use crate::expression::{ItemId, Op, OpId};
/// What kind of thing a row of the survey sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Questions that belong together.
    Group,
    /// A group that may occur several times.
    Repeat,
    /// Free text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A calendar date.
    Date,
    /// One of the choices.
    SelectOne,
    /// Any of the choices.
    SelectMultiple,
    /// A text to read.
    Note,
    /// A value that the form works out.
    Calculate,
    /// A value that the app sets, such as a campaign's setting.
    Hidden,
    /// A box to tick: `OK` or nothing.
    Acknowledge,
    /// Latitude, longitude and perhaps altitude and accuracy, separated by spaces.
    Geopoint,
}

impl Kind {
    pub(crate) const ALL: [Self; 13] = [
        Self::Group,
        Self::Repeat,
        Self::Text,
        Self::Integer,
        Self::Decimal,
        Self::Date,
        Self::SelectOne,
        Self::SelectMultiple,
        Self::Note,
        Self::Calculate,
        Self::Hidden,
        Self::Acknowledge,
        Self::Geopoint,
    ];

    /// Whether it has a place on a page: questions and notes.
    #[must_use]
    pub const fn is_shown(self) -> bool {
        !matches!(
            self,
            Self::Group | Self::Repeat | Self::Calculate | Self::Hidden
        )
    }

    /// Whether a person can answer it.
    #[must_use]
    pub const fn is_question(self) -> bool {
        self.is_shown() && !matches!(self, Self::Note)
    }

    /// Whether it holds a value rather than other rows.
    #[must_use]
    pub const fn is_leaf(self) -> bool {
        !matches!(self, Self::Group | Self::Repeat)
    }
}

/// A language of the form's texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// As the sheets write it: `Nederlands`.
    pub name: String,
    /// The code between the brackets: `nl`. Empty when there is none.
    pub code: String,
}

/// A piece of a text.
#[derive(Clone, PartialEq)]
pub(crate) enum Part {
    Plain(String),
    Output(OpId),
}

/// A text in each language of the form, in their order; empty when there is no such text.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Text(pub Vec<Vec<Part>>);

/// What a question holds before anybody answered.
#[derive(Clone, PartialEq)]
pub(crate) enum Initial {
    Fixed(String),
    WorkedOut(OpId),
}

/// A row of the survey sheet.
#[derive(Clone, PartialEq)]
pub(crate) struct Item {
    pub name: String,
    pub kind: Kind,
    pub parent: ItemId,
    pub label: Text,
    pub hint: Text,
    pub appearance: String,
    pub relevant: Option<OpId>,
    pub required: Option<OpId>,
    pub required_message: Text,
    pub constraint: Option<OpId>,
    pub constraint_message: Text,
    pub calculation: Option<OpId>,
    pub initial: Option<Initial>,
    pub read_only: Option<OpId>,
    pub choice_filter: Option<OpId>,
    pub repeat_count: Option<OpId>,
    pub list: Option<u16>,
}

/// A choice of a list.
#[derive(Clone, PartialEq)]
pub(crate) struct Choice {
    pub code: String,
    pub label: Text,
    /// Values of the list's columns, for filters.
    pub columns: Vec<String>,
}

/// A list of the choices sheet, in its order.
#[derive(Clone, PartialEq)]
pub(crate) struct ChoiceList {
    pub name: String,
    pub choices: Vec<Choice>,
}

/// Everything about a form that is written down.
#[derive(Clone, PartialEq)]
pub(crate) struct Definition {
    pub id: String,
    pub version: String,
    pub title: String,
    pub languages: Vec<Language>,
    /// In the order of the sheet; the first is the form itself.
    pub items: Vec<Item>,
    pub lists: Vec<ChoiceList>,
    pub ops: Vec<Op>,
    /// Compiled patterns of `regex()`.
    pub patterns: Vec<Vec<u8>>,
    /// Index of the language to use when another is asked for.
    pub default_language: u16,
}

/// A checked questionnaire.
///
/// Its bytes come from [`Form::to_bytes`] at build time; the app reads them with [`Form::from_bytes`].
pub struct Form {
    pub(crate) definition: Definition,
    pub(crate) plan: Plan,
}

impl core::fmt::Debug for Form {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Form")
            .field("id", &self.definition.id)
            .finish_non_exhaustive()
    }
}

/// Why a form cannot be used. Nothing of it can be mended while the app runs: reload or update.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The bytes are not a form, or one of a newer version.
    #[error("these bytes are not a form of this version")]
    NotAForm,
    /// The parts of the form do not fit together.
    #[error("the form contradicts itself: {0}")]
    Contradiction(String),
    /// Questions depend on one another in a circle; their names, each after the one it depends on.
    #[error("these depend on one another in a circle: {}", .0.join(" ← "))]
    Circle(Vec<String>),
}

impl Form {
    /// `form_id` of the settings sheet.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.definition.id
    }

    /// `version` of the settings sheet.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.definition.version
    }

    /// `form_title` of the settings sheet.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.definition.title
    }

    /// The languages of the form's texts; a form with plain `label` columns has one without a name.
    #[must_use]
    pub fn languages(&self) -> &[Language] {
        &self.definition.languages
    }

    /// The codes of a question's choices in the order of the sheet, whatever a filter hides.
    #[must_use]
    pub fn codes(&self, question: &str) -> Vec<&str> {
        let list = self
            .definition
            .items
            .iter()
            .find(|item| item.name == question);
        let list = list
            .and_then(|item| item.list)
            .and_then(|list| self.list(list));
        list.map_or_else(Vec::new, |list| {
            list.choices.iter().map(|c| c.code.as_str()).collect()
        })
    }

    pub(crate) fn item(&self, item: ItemId) -> &Item {
        &self.definition.items[usize::from(item)]
    }

    pub(crate) fn list(&self, list: u16) -> Option<&ChoiceList> {
        self.definition.lists.get(usize::from(list))
    }

    pub(crate) fn op(&self, op: OpId) -> &Op {
        &self.definition.ops[op as usize]
    }

    /// The index of the language with this code, else of the form's own first one.
    pub(crate) fn language(&self, code: &str) -> usize {
        let languages = &self.definition.languages;
        let found = languages
            .iter()
            .position(|l| l.code.eq_ignore_ascii_case(code));
        found.unwrap_or(usize::from(self.definition.default_language))
    }
}
