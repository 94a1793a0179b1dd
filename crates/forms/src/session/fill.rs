//! Answers out of a session and back into one; verdicts for comparing engines.
//!
//! Not here: how answers are stored or sealed.

use super::tree::SlotId;
use super::{MOST_INSTANCES, Moment, Reason, Session};
use crate::date;
use crate::form::{Form, Kind};
use crate::value::{Value, parse_number};
use std::sync::Arc;
use veldpost_domain::{Answer, Answers};

/// What engines of XForms agree on about a filled-in form. Paths as everywhere.
#[derive(Clone, Default)]
pub struct Verdict {
    /// Relevant questions and notes.
    pub visible: Vec<String>,
    /// Relevant values that are not blank, calculations included.
    pub values: Vec<(String, String)>,
    /// Violations: [`Reason::Required`] or [`Reason::Constraint`].
    pub invalid: Vec<(String, Reason)>,
}

impl Session {
    /// A form as it was left, from a [draft](Session::draft) or a record's answers: nothing is filled in
    /// beside them. Answers to questions that this form does not know are kept and travel on.
    #[must_use]
    pub fn restore(form: Arc<Form>, answers: &Answers, now: Moment) -> Self {
        let mut session = Self::bare(form, now);
        session.pour(0, answers);
        session.settle(None);
        // Counted repeats have their instances only now.
        session.pour(0, answers);
        for slot in &mut session.tree.slots {
            slot.fresh = true;
        }
        session.settle(None);
        session
    }

    /// Puts answers into an instance (or the form), once or again.
    fn pour(&mut self, instance: SlotId, answers: &Answers) {
        let form = self.form.clone();
        for (name, answer) in answers.map() {
            let found = self.named_in(instance, name);
            match (found, answer) {
                (Some((slot, Kind::Repeat)), Answer::Repeat(instances)) => {
                    let counted = form.item(self.tree.slot(slot).item).repeat_count.is_some();
                    for (place, answers) in instances.iter().take(MOST_INSTANCES).enumerate() {
                        if place >= self.tree.slot(slot).children.len() && !counted {
                            self.tree.add_instance(&form, slot);
                        }
                        if let Some(&instance) = self.tree.slot(slot).children.get(place) {
                            self.pour(instance, answers);
                        }
                    }
                }
                (Some((slot, Kind::Calculate)), Answer::Text(text)) => {
                    // Only `once()` reads it; it must be the kind of value that it was.
                    let state = self.tree.slot_mut(slot);
                    state.value = guess(text);
                    state.typed.clone_from(text);
                }
                (Some((_, Kind::Note | Kind::Group)), _) => {}
                (Some((slot, kind)), Answer::Text(text)) if kind != Kind::Repeat => {
                    self.write(slot, text);
                }
                _ => {
                    let unknown = self.tree.slot_mut(instance).unknown.map_mut();
                    unknown.insert(name.clone(), answer.clone());
                }
            }
        }
    }

    fn named_in(&self, instance: SlotId, name: &str) -> Option<(SlotId, Kind)> {
        let slot = self.named(instance, name)?;
        Some((slot, self.form.item(self.tree.slot(slot).item).kind))
    }

    /// The answers of an instance (or the form): those that count, or all that was typed.
    pub(super) fn gather(&self, instance: SlotId, counting: bool) -> Answers {
        let mut answers = self.tree.slot(instance).unknown.clone();
        self.gather_into(instance, counting, &mut answers);
        answers
    }

    fn gather_into(&self, slot: SlotId, counting: bool, into: &mut Answers) {
        for child in &self.tree.slot(slot).children {
            let state = self.tree.slot(*child);
            let item = self.form.item(state.item);
            if counting && !state.relevant {
                continue;
            }
            match item.kind {
                Kind::Group => self.gather_into(*child, counting, into),
                Kind::Repeat => {
                    let instances = state.children.iter().map(|id| self.gather(*id, counting));
                    let instances: Vec<Answers> = instances.collect();
                    if !instances.is_empty() {
                        into.map_mut()
                            .insert(item.name.clone(), Answer::Repeat(instances));
                    }
                }
                Kind::Note => {}
                _ => {
                    let value = state.value.recorded();
                    let text = if counting {
                        value.as_ref()
                    } else {
                        &state.typed
                    };
                    if !text.is_empty() {
                        into.set(item.name.clone(), text);
                    }
                }
            }
        }
    }

    /// A new form, filled in as the differential judge plays a case: answers one by one in the order of
    /// the sheet, hidden questions too, each repeat given exactly its instances before the next
    /// question. The empty text clears; a question without an answer is left alone.
    #[must_use]
    pub fn play(form: Arc<Form>, now: Moment, answers: &Answers) -> Self {
        let mut session = Self::create(form, now);
        session.play_into(0, answers);
        session
    }

    fn play_into(&mut self, slot: SlotId, answers: &Answers) {
        for child in self.tree.slot(slot).children.clone() {
            if !self.tree.slot(child).alive {
                continue;
            }
            let form = self.form.clone();
            let item = form.item(self.tree.slot(child).item);
            match item.kind {
                Kind::Group => self.play_into(child, answers),
                Kind::Repeat => {
                    let wanted = answers.repeat(&item.name);
                    let path = self.path(child);
                    while item.repeat_count.is_none() && self.instances(&path) < wanted.len() {
                        if self.add_instance(&path).is_err() {
                            break;
                        }
                    }
                    while item.repeat_count.is_none() && self.instances(&path) > wanted.len() {
                        if self.remove_instance(&path, wanted.len() + 1).is_err() {
                            break;
                        }
                    }
                    let instances = self.tree.slot(child).children.clone();
                    for (place, instance) in instances.into_iter().enumerate() {
                        let empty = Answers::default();
                        self.play_into(instance, wanted.get(place).unwrap_or(&empty));
                    }
                }
                kind if kind.is_question() => {
                    if let Some(text) = answers.text(&item.name)
                        && !self.is_read_only(child)
                    {
                        self.write(child, text);
                        self.settle(Some(child));
                    }
                }
                _ => {}
            }
        }
    }

    /// The verdict on what is filled in now.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut verdict = Verdict::default();
        self.walk(0, &mut |session, slot| {
            let state = session.tree.slot(slot);
            if !state.relevant {
                return;
            }
            let kind = session.form.item(state.item).kind;
            let path = session.path(slot);
            if !state.value.is_blank() {
                verdict
                    .values
                    .push((path.clone(), state.value.recorded().into_owned()));
            }
            if kind.is_shown() {
                if let Some(reason) = session.violation(slot) {
                    verdict.invalid.push((path.clone(), reason));
                }
                verdict.visible.push(path);
            }
        });
        verdict
    }
}

fn guess(text: &str) -> Value {
    let number = parse_number(text);
    match date::parse(text) {
        Some(day) if text.len() == 10 => Value::Day(day),
        _ if number.is_finite() && Value::Number(number).text() == text => Value::Number(number),
        _ => Value::Text(text.to_owned()),
    }
}
