//! A checked questionnaire: its questions, choices, texts and expressions, ready to be filled in.
//!
//! Not here: reading sheets (see [`crate::reader`]), answers (see [`crate::session`]).

mod bytes;
mod plan;

pub(crate) use plan::{Dependency, Plan};

use crate::expression::{ItemId, Op, OpId};
use minicbor::{Decode, Encode};

/// What kind of thing a row of the survey sheet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// Questions that belong together.
    #[n(0)]
    Group,
    /// A group that may occur several times.
    #[n(1)]
    Repeat,
    /// Free text.
    #[n(2)]
    Text,
    /// A whole number.
    #[n(3)]
    Integer,
    /// A number.
    #[n(4)]
    Decimal,
    /// A calendar date.
    #[n(5)]
    Date,
    /// One of the choices.
    #[n(6)]
    SelectOne,
    /// Any of the choices.
    #[n(7)]
    SelectMultiple,
    /// A text to read.
    #[n(8)]
    Note,
    /// A value that the form works out.
    #[n(9)]
    Calculate,
    /// A value that the app sets, such as a campaign's setting.
    #[n(10)]
    Hidden,
    /// A box to tick: `OK` or nothing.
    #[n(11)]
    Acknowledge,
    /// Latitude, longitude and perhaps altitude and accuracy, separated by spaces.
    #[n(12)]
    Geopoint,
}

impl Kind {
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
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Language {
    /// As the sheets write it: `Nederlands`.
    #[n(0)]
    pub name: String,
    /// The code between the brackets: `nl`. Empty when there is none.
    #[n(1)]
    pub code: String,
}

/// A piece of a text.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) enum Part {
    #[n(0)]
    Plain(#[n(0)] String),
    #[n(1)]
    Output(#[n(0)] OpId),
}

/// A text in each language of the form, in their order; empty when there is no such text.
#[derive(Clone, Default, PartialEq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Text(#[n(0)] pub Vec<Vec<Part>>);

/// What a question holds before anybody answered.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) enum Initial {
    #[n(0)]
    Fixed(#[n(0)] String),
    #[n(1)]
    WorkedOut(#[n(0)] OpId),
}

/// A row of the survey sheet.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) struct Item {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub kind: Kind,
    #[n(2)]
    pub parent: ItemId,
    #[n(3)]
    pub label: Text,
    #[n(4)]
    pub hint: Text,
    #[n(5)]
    pub appearance: String,
    #[n(6)]
    pub relevant: Option<OpId>,
    #[n(7)]
    pub required: Option<OpId>,
    #[n(8)]
    pub required_message: Text,
    #[n(9)]
    pub constraint: Option<OpId>,
    #[n(10)]
    pub constraint_message: Text,
    #[n(11)]
    pub calculation: Option<OpId>,
    #[n(12)]
    pub initial: Option<Initial>,
    #[n(13)]
    pub read_only: Option<OpId>,
    #[n(14)]
    pub choice_filter: Option<OpId>,
    #[n(15)]
    pub repeat_count: Option<OpId>,
    #[n(16)]
    pub list: Option<u16>,
}

/// A choice of a list.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) struct Choice {
    #[n(0)]
    pub code: String,
    #[n(1)]
    pub label: Text,
    /// Values of the list's columns, for filters.
    #[n(2)]
    pub columns: Vec<String>,
}

/// A list of the choices sheet, in its order.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) struct ChoiceList {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub choices: Vec<Choice>,
}

/// Everything about a form that is written down.
#[derive(Clone, PartialEq, Encode, Decode)]
pub(crate) struct Definition {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub version: String,
    #[n(2)]
    pub title: String,
    #[n(3)]
    pub languages: Vec<Language>,
    /// In the order of the sheet; the first is the form itself.
    #[n(4)]
    pub items: Vec<Item>,
    #[n(5)]
    pub lists: Vec<ChoiceList>,
    #[n(6)]
    pub ops: Vec<Op>,
    /// Compiled patterns of `regex()`.
    #[n(7)]
    pub patterns: Vec<minicbor::bytes::ByteVec>,
    /// Index of the language to use when another is asked for.
    #[n(8)]
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
