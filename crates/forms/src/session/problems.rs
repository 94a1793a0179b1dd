//! What still stands in the way of a complete record: a list, not an error.
//!
//! Not here: built-in words; a problem has the form's own message or none.

use super::tree::SlotId;
use super::{Session, lexical};
use crate::evaluate::Evaluator;
use crate::form::Kind;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// An answer is needed.
    Required,
    /// The answer is outside what the form allows.
    Constraint,
    /// What is typed is no number; for a whole number, no whole one.
    NotANumber,
    /// What is typed is no existing date.
    NotADate,
    /// The answer is not among the choices.
    NotAChoice,
    /// What is typed is no place.
    NotAPlace,
    /// More was typed than is kept; the number of characters that are.
    TooLong(usize),
}

/// A question that needs attention.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the question.
    pub path: String,
    /// The question's key among the elements of its page.
    pub key: super::Key,
    /// What is wrong.
    pub reason: Reason,
    /// The form's words for it, in the language asked for; empty when it has none.
    pub message: String,
}

impl Session {
    /// Everything that needs attention, in the order of the form, with words in a language (by code).
    #[must_use]
    pub fn problems(&self, language: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        self.walk(0, &mut |session, slot| {
            if let Some(reason) = session.reason(slot) {
                problems.push(session.problem(slot, reason, language));
            }
        });
        problems
    }

    /// What was typed and is no answer as it stands, by the path of its question: half a year, a date that does not exist.
    #[must_use]
    pub fn unread(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        self.walk(0, &mut |session, slot| {
            let state = session.tree.slot(slot);
            let kind = session.form.item(state.item).kind;
            if state.relevant && lexical::is_unreadable(kind, &state.typed, &state.value) {
                found.push((session.path(slot), state.typed.clone()));
            }
        });
        found
    }

    pub(super) fn problem(&self, slot: SlotId, reason: Reason, language: &str) -> Problem {
        let item = self.form.item(self.tree.slot(slot).item);
        let evaluator = Evaluator {
            language: self.form.language(language),
            ..self.evaluator()
        };
        let message = match reason {
            Reason::Required => evaluator.text(&item.required_message, slot),
            Reason::Constraint => evaluator.text(&item.constraint_message, slot),
            _ => String::new(),
        };
        Problem {
            path: self.path(slot),
            key: super::Key(slot),
            reason,
            message,
        }
    }

    /// What is wrong with the answer in a slot, if it is relevant.
    pub(super) fn reason(&self, slot: SlotId) -> Option<Reason> {
        let state = self.tree.slot(slot);
        let item = self.form.item(state.item);
        if !state.relevant || !item.kind.is_question() {
            return None;
        }
        if state.cut {
            let (kept, _) = lexical::keep(item.kind, &state.typed);
            return Some(Reason::TooLong(kept.chars().count()));
        }
        if lexical::is_unreadable(item.kind, &state.typed, &state.value) {
            return Some(match item.kind {
                Kind::Date => Reason::NotADate,
                Kind::Geopoint => Reason::NotAPlace,
                _ => Reason::NotANumber,
            });
        }
        if let Some(list) = item.list.and_then(|list| self.form.list(list)) {
            let text = state.value.text();
            let known = |code: &str| list.choices.iter().any(|choice| choice.code == code);
            if !text.split_whitespace().all(known) {
                return Some(Reason::NotAChoice);
            }
        }
        self.violation(slot)
    }

    /// Whether `required` or `constraint` is violated: what XForms engines agree on.
    pub(super) fn violation(&self, slot: SlotId) -> Option<Reason> {
        let state = self.tree.slot(slot);
        let item = self.form.item(state.item);
        let evaluator = self.evaluator();
        if !state.relevant {
            None
        } else if state.value.is_blank() {
            let required = item.required.is_some_and(|op| evaluator.truth(op, slot));
            required.then_some(Reason::Required)
        } else {
            let violated = item.constraint.is_some_and(|op| !evaluator.truth(op, slot));
            violated.then_some(Reason::Constraint)
        }
    }

    /// Visits every living value slot in the order of the form.
    pub(super) fn walk(&self, slot: SlotId, visit: &mut dyn FnMut(&Self, SlotId)) {
        if self.form.item(self.tree.slot(slot).item).kind.is_leaf() {
            visit(self, slot);
        }
        for child in &self.tree.slot(slot).children {
            self.walk(*child, visit);
        }
    }
}
