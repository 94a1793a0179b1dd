//! A form being filled in: answers go in by path, relevance and calculations settle, pages come out.
//!
//! Not here: storage, screens, clocks. A session holds what people said, so it has no `Debug`.

mod fill;
mod lexical;
mod path;
mod problems;
mod settle;
pub(crate) mod tree;
mod view;

pub use fill::Verdict;
pub use lexical::{LONGEST_NUMBER, LONGEST_TEXT};
pub use problems::{Problem, Reason};
pub use view::{
    ChoiceView, Element, HeadingView, InstanceView, Key, PageTitle, PageView, QuestionView,
    RepeatView,
};

use crate::Form;
use crate::evaluate::Evaluator;
use crate::expression::ItemId;
use crate::form::Kind;
use std::sync::Arc;
use tree::{SlotId, Tree};
use veldpost_domain::Answers;

/// More instances of one repeat than this are refused.
pub const MOST_INSTANCES: usize = 200;

/// A wall-clock moment as the device tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970, UTC.
    pub at: i64,
    /// Minutes to add to UTC for local time.
    pub offset_minutes: i16,
}

impl Moment {
    pub(crate) fn local(self) -> i64 {
        self.at
            .saturating_add(i64::from(self.offset_minutes) * 60_000)
    }

    /// The local calendar day, as a day number.
    pub(crate) fn day(self) -> i32 {
        i32::try_from(self.local().div_euclid(86_400_000)).unwrap_or(0)
    }
}

/// Why an answer was not taken. The screen that sent it shows something that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// There is no such question, group or instance (any more): draw the page again.
    #[error("there is no such place in the form")]
    NoSuchPlace,
    /// A note, a calculation or a read-only question.
    #[error("this cannot be answered")]
    NotAnswerable,
    /// The repeat has as many instances as the form says or as fit.
    #[error("instances cannot be added or removed here")]
    FixedInstances,
}

/// A form being filled in.
///
/// ```
/// # #[cfg(feature = "reader")] {
/// use veldpost_forms::{Moment, Session, reader};
/// let sheets = reader::Sheets {
///     survey: "type,name,label,relevant\n\
///              select_one yes_no,roof,Has a roof?,\n\
///              text,why,Why not?,${roof} = 'no'\n".into(),
///     choices: "list_name,name,label\nyes_no,yes,Yes\nyes_no,no,No\n".into(),
///     settings: String::new(),
/// };
/// let form = std::sync::Arc::new(reader::read(&sheets).unwrap());
/// let mut session = Session::create(form, Moment { at: 0, offset_minutes: 60 });
/// assert_eq!(session.pages("en").len(), 1);
/// session.answer("roof", "no").unwrap();
/// assert_eq!(session.pages("en").len(), 2);
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    form: Arc<Form>,
    tree: Tree,
    now: Moment,
    /// For `jr:choice-name()` and `format-date()` in calculations.
    language: usize,
}

impl Session {
    /// A new form: defaults set, every repeat opened once unless it is counted.
    #[must_use]
    pub fn create(form: Arc<Form>, now: Moment) -> Self {
        let mut session = Self::bare(form, now);
        session.furnish(0);
        session.settle(None);
        session.work_out_defaults(0);
        session
    }

    fn bare(form: Arc<Form>, now: Moment) -> Self {
        let tree = Tree::new(&form);
        let language = usize::from(form.definition.default_language);
        Self {
            form,
            tree,
            now,
            language,
        }
    }

    /// The form that is filled in.
    #[must_use]
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// Tells the time anew; expressions see it at their next evaluation.
    pub fn set_now(&mut self, now: Moment) {
        self.now = now;
    }

    /// The language, by its code, in which calculations name choices and dates. Everything is worked
    /// out again.
    pub fn set_language(&mut self, code: &str) {
        let language = self.form.language(code);
        if language != self.language {
            self.language = language;
            for slot in &mut self.tree.slots {
                // A `once()` keeps what it has; the rest follows the language.
                slot.fresh = true;
            }
            self.settle(None);
        }
    }

    pub(crate) fn evaluator(&self) -> Evaluator<'_> {
        Evaluator {
            form: &self.form,
            tree: &self.tree,
            now: self.now,
            language: self.language,
            columns: &[],
        }
    }

    /// Takes an answer, in the form that it is stored in: a code, codes separated by spaces, digits,
    /// `YYYY-MM-DD`, text. The empty text clears the question.
    ///
    /// What is no number, date or choice is kept as typed, counts as blank and shows among the
    /// [problems](Session::problems); so does text that was longer than is kept.
    ///
    /// # Errors
    /// When there is nothing to answer at `path`.
    pub fn answer(&mut self, path: &str, value: &str) -> Result<(), AnswerError> {
        let slot = self.find(path).ok_or(AnswerError::NoSuchPlace)?;
        let item = self.tree.slot(slot).item;
        let kind = self.form.item(item).kind;
        if !(kind.is_question() || kind == Kind::Hidden) || self.is_read_only(slot) {
            return Err(AnswerError::NotAnswerable);
        }
        self.write(slot, value);
        self.settle(Some(slot));
        Ok(())
    }

    /// Answers every visible blank question of a page that offers the choice `code` with it: what
    /// *Rest: weet ik niet* does. Gives the number of questions answered.
    pub fn answer_rest(&mut self, page: Key, code: &str) -> usize {
        let mut answered = 0;
        // An answer may bring up another question of the page.
        for _ in 0..=self.form.definition.items.len() {
            let waiting = self.slots_of_page(page).into_iter().find(|slot| {
                let state = self.tree.slot(*slot);
                let item = self.form.item(state.item);
                state.value.is_blank()
                    && matches!(item.kind, Kind::SelectOne | Kind::SelectMultiple)
                    && !self.is_read_only(*slot)
                    && self.offers(*slot, code)
            });
            let Some(slot) = waiting else { break };
            self.write(slot, code);
            self.settle(Some(slot));
            answered += 1;
        }
        answered
    }

    /// How many instances a repeat has now.
    #[must_use]
    pub fn instances(&self, repeat: &str) -> usize {
        self.find(repeat)
            .map_or(0, |slot| self.tree.slot(slot).children.len())
    }

    /// Adds an instance at the end of a repeat; gives its path.
    ///
    /// # Errors
    /// When there is no such repeat, it is counted by the form, or it is full.
    pub fn add_instance(&mut self, repeat: &str) -> Result<String, AnswerError> {
        let slot = self.open_repeat(repeat)?;
        if self.tree.slot(slot).children.len() >= MOST_INSTANCES {
            return Err(AnswerError::FixedInstances);
        }
        let from = self.tree.slots.len();
        self.tree.add_instance(&self.form, slot);
        self.furnish(from);
        self.settle(Some(slot));
        self.work_out_defaults(from);
        Ok(format!("{repeat}[{}]", self.tree.slot(slot).children.len()))
    }

    /// Removes an instance of a repeat, counting from 1.
    ///
    /// # Errors
    /// When there is no such instance, or the repeat is counted by the form.
    pub fn remove_instance(&mut self, repeat: &str, number: usize) -> Result<(), AnswerError> {
        let slot = self.open_repeat(repeat)?;
        if number == 0 || number > self.tree.slot(slot).children.len() {
            return Err(AnswerError::NoSuchPlace);
        }
        let gone = self.tree.remove_instance(slot, number - 1);
        self.settle_after_removal(slot, &gone);
        Ok(())
    }

    fn open_repeat(&self, repeat: &str) -> Result<SlotId, AnswerError> {
        let slot = self.find(repeat).ok_or(AnswerError::NoSuchPlace)?;
        let item = self.form.item(self.tree.slot(slot).item);
        match (item.kind, item.repeat_count) {
            (Kind::Repeat, None) => Ok(slot),
            (Kind::Repeat, Some(_)) => Err(AnswerError::FixedInstances),
            _ => Err(AnswerError::NoSuchPlace),
        }
    }

    pub(crate) fn is_read_only(&self, slot: SlotId) -> bool {
        let item = self.form.item(self.tree.slot(slot).item);
        item.read_only
            .is_some_and(|op| self.evaluator().truth(op, slot))
    }

    /// Whether the choices of a question, after its filter, hold this code.
    fn offers(&self, slot: SlotId, code: &str) -> bool {
        let item = self.form.item(self.tree.slot(slot).item);
        let list = item.list.and_then(|list| self.form.list(list));
        list.and_then(|list| list.choices.iter().find(|choice| choice.code == code))
            .is_some_and(|choice| self.passes_filter(slot, &choice.columns))
    }

    pub(crate) fn passes_filter(&self, slot: SlotId, columns: &[String]) -> bool {
        let item = self.form.item(self.tree.slot(slot).item);
        let evaluator = Evaluator {
            columns,
            ..self.evaluator()
        };
        item.choice_filter
            .is_none_or(|op| evaluator.truth(op, slot))
    }

    pub(crate) fn children_of(&self, item: ItemId) -> &[ItemId] {
        &self.form.plan.children[usize::from(item)]
    }

    /// Every relevant answer and calculation that is not blank: what a record keeps. Answers to
    /// questions that this form does not know travel along.
    #[must_use]
    pub fn answers(&self) -> Answers {
        self.gather(0, true)
    }

    /// Everything typed, relevant or not, whole or half: what brings a killed form back.
    #[must_use]
    pub fn draft(&self) -> Answers {
        self.gather(0, false)
    }
}
