//! Settling: after a change, exactly what depends on it is worked out again, each thing once, in order.
//!
//! Not here: what expressions mean (see `evaluate`). The form's plan has no circles, so one pass is enough.

use super::tree::SlotId;
use super::{MOST_INSTANCES, Session, lexical};
use crate::expression::ItemId;
use crate::form::{Dependency, Initial, Kind};
use crate::value::{Value, whole};

/// Slots that changed in this pass, by item.
type Changes = Vec<Vec<SlotId>>;

impl Session {
    /// Keeps what is typed in a slot, without consequences.
    pub(super) fn write(&mut self, slot: SlotId, typed: &str) {
        let item = self.tree.slot(slot).item;
        let kind = self.form.item(item).kind;
        let (typed, cut) = lexical::keep(kind, typed);
        let value = self.value_of(slot, &typed);
        let state = self.tree.slot_mut(slot);
        state.typed = typed;
        state.cut = cut;
        state.value = value;
    }

    /// The value of what is typed, unless the question's filter hides that choice now.
    fn value_of(&self, slot: SlotId, typed: &str) -> Value {
        let item = self.form.item(self.tree.slot(slot).item);
        let list = item.list.and_then(|list| self.form.list(list));
        let value = lexical::value(item.kind, list, typed);
        let (Some(list), Some(_)) = (list, item.choice_filter) else {
            return value;
        };
        let text = value.into_text();
        let offered = |code: &&str| {
            let choice = list.choices.iter().find(|choice| choice.code == **code);
            choice.is_none_or(|choice| self.passes_filter(slot, &choice.columns))
        };
        Value::Text(
            text.split_whitespace()
                .filter(offered)
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    /// Opens uncounted repeats once and sets fixed defaults, in all slots from `from` on.
    pub(super) fn furnish(&mut self, from: usize) {
        let form = self.form.clone();
        let mut at = from;
        while at < self.tree.slots.len() {
            let id = SlotId::try_from(at).unwrap_or(SlotId::MAX);
            let slot = self.tree.slot(id);
            let item = form.item(slot.item);
            if item.kind == Kind::Repeat && slot.number == 0 && item.repeat_count.is_none() {
                self.tree.add_instance(&form, id);
            } else if let Some(Initial::Fixed(text)) = &item.initial {
                self.write(id, text);
                if item.kind == Kind::SelectMultiple {
                    // A default keeps its order until somebody answers.
                    self.tree.slot_mut(id).value = Value::Text(text.clone());
                }
            }
            at += 1;
        }
    }

    /// Works out the defaults that are expressions, in all slots from `from` on.
    pub(super) fn work_out_defaults(&mut self, from: usize) {
        let form = self.form.clone();
        for at in from..self.tree.slots.len() {
            let id = SlotId::try_from(at).unwrap_or(SlotId::MAX);
            if let Some(Initial::WorkedOut(op)) = &form.item(self.tree.slot(id).item).initial {
                let kind = form.item(self.tree.slot(id).item).kind;
                let text = fit(kind, self.evaluator().value(*op, id)).into_text();
                self.write(id, &text);
                self.settle(Some(id));
            }
        }
    }

    /// Works out all that is fresh and all that depends on `changed`.
    pub(super) fn settle(&mut self, changed: Option<SlotId>) {
        let mut changes: Changes = vec![Vec::new(); self.form.definition.items.len()];
        if let Some(slot) = changed {
            changes[usize::from(self.tree.slot(slot).item)].push(slot);
        }
        self.pass(&mut changes);
    }

    /// As [`Session::settle`], when an instance of `repeat` with the slots `gone` is no more.
    pub(super) fn settle_after_removal(&mut self, repeat: SlotId, gone: &[SlotId]) {
        let mut changes: Changes = vec![Vec::new(); self.form.definition.items.len()];
        changes[usize::from(self.tree.slot(repeat).item)].push(repeat);
        for slot in gone {
            changes[usize::from(self.tree.slot(*slot).item)].push(*slot);
        }
        self.pass(&mut changes);
    }

    fn pass(&mut self, changes: &mut Changes) {
        let form = self.form.clone();
        for item in &form.plan.order {
            let mut place = 0;
            // Counted repeats add slots of later items while this runs, never of this one.
            while let Some(&slot) = self.tree.by_item[usize::from(*item)].get(place) {
                if self.settle_slot(*item, slot, changes) {
                    changes[usize::from(*item)].push(slot);
                }
                place += 1;
            }
        }
    }

    /// Whether anything that others can see in the slot has changed.
    fn settle_slot(&mut self, item: ItemId, slot: SlotId, changes: &mut Changes) -> bool {
        let form = self.form.clone();
        let index = usize::from(item);
        let fresh = self.tree.slot(slot).fresh;
        let touched = |session: &Self, looked_at: &[Dependency]| {
            fresh
                || looked_at
                    .iter()
                    .any(|d| session.is_touched(*d, slot, changes))
        };
        let relevance = touched(self, &form.plan.relevance[index]);
        let value = touched(self, &form.plan.value[index]);

        let before = self.tree.slot(slot).relevant;
        if relevance && let Some(op) = form.item(item).relevant {
            self.tree.slot_mut(slot).own_relevant = self.evaluator().truth(op, slot);
        }
        let parent = self.tree.slot(slot).parent;
        let parent_relevant = slot == 0 || self.tree.slot(parent).relevant;
        let relevant = parent_relevant && self.tree.slot(slot).own_relevant;
        self.tree.slot_mut(slot).relevant = relevant;

        let mut changed = before != relevant || fresh;
        if value {
            changed |= match form.item(item).kind {
                Kind::Repeat => self.count_instances(slot, changes),
                Kind::Group => false,
                _ => self.work_out(slot),
            };
        }
        if form.item(item).kind == Kind::Repeat {
            for instance in self.tree.slot(slot).children.clone() {
                let instance = self.tree.slot_mut(instance);
                instance.relevant = relevant;
                instance.fresh = false;
            }
        }
        self.tree.slot_mut(slot).fresh = false;
        changed
    }

    /// Whether one of the changed slots is what a dependency means as seen from `slot`.
    fn is_touched(&self, dependency: Dependency, slot: SlotId, changes: &Changes) -> bool {
        let changed = &changes[usize::from(dependency.item)];
        if changed.is_empty() {
            return false;
        }
        let anchor = self.tree.anchor(slot, dependency.shared);
        changed
            .iter()
            .any(|other| self.tree.anchor(*other, dependency.shared) == anchor)
    }

    /// Works out a calculation, or looks again whether a filter hides the choice.
    fn work_out(&mut self, slot: SlotId) -> bool {
        let form = self.form.clone();
        let item = form.item(self.tree.slot(slot).item);
        let value = match item.calculation {
            Some(op) => {
                let value = self.evaluator().value(op, slot);
                let value = fit(item.kind, value);
                let value = if value.is_blank() {
                    Value::blank()
                } else {
                    value
                };
                self.tree.slot_mut(slot).typed = value.text().into_owned();
                value
            }
            None if item.choice_filter.is_some() => {
                let typed = self.tree.slot(slot).typed.clone();
                self.value_of(slot, &typed)
            }
            None => return false,
        };
        let state = self.tree.slot_mut(slot);
        let changed = state.value != value;
        state.value = value;
        changed
    }

    /// Gives a counted repeat as many instances as its count says.
    fn count_instances(&mut self, repeat: SlotId, changes: &mut Changes) -> bool {
        let form = self.form.clone();
        let Some(op) = form.item(self.tree.slot(repeat).item).repeat_count else {
            return false;
        };
        let wanted = whole(self.evaluator().value(op, repeat).number()).unwrap_or(0);
        let wanted = usize::try_from(wanted).unwrap_or(0).min(MOST_INSTANCES);
        let before = self.tree.slot(repeat).children.len();
        while self.tree.slot(repeat).children.len() > wanted {
            for slot in self.tree.remove_instance(repeat, wanted) {
                changes[usize::from(self.tree.slot(slot).item)].push(slot);
            }
        }
        while self.tree.slot(repeat).children.len() < wanted {
            let from = self.tree.slots.len();
            self.tree.add_instance(&form, repeat);
            self.furnish(from);
        }
        before != wanted
    }
}

/// What is worked out, as a question of this kind holds it; whole numbers stay within 32 bits, as in
/// JavaRosa.
fn fit(kind: Kind, value: Value) -> Value {
    match kind {
        Kind::Integer => {
            let number = value.number().trunc();
            Value::Number(number.clamp(f64::from(i32::MIN), f64::from(i32::MAX)))
        }
        Kind::Decimal => Value::Number(value.number()),
        Kind::Date => value.day().map_or_else(Value::blank, Value::Day),
        _ => value,
    }
}
