//! Paths: `repeat[1]/nested[2]/name`, counting from 1, groups left out.
//!
//! Not here: XPath. A path without a number at its end names a question or a whole repeat.

use super::Session;
use super::tree::SlotId;
use crate::Kind;

impl Session {
    /// The living slot at a path.
    pub(crate) fn find(&self, path: &str) -> Option<SlotId> {
        let mut at = 0;
        let mut steps = path.split('/').peekable();
        while let Some(step) = steps.next() {
            let (name, number) = match step.split_once('[') {
                Some((name, number)) => {
                    let number: usize = number.strip_suffix(']')?.parse().ok()?;
                    (name, Some(number))
                }
                None => (step, None),
            };
            let slot = self.named(at, name)?;
            at = match number {
                Some(number) => *self.tree.slot(slot).children.get(number.checked_sub(1)?)?,
                None if steps.peek().is_none() => slot,
                None => return None,
            };
        }
        Some(at)
    }

    /// The question or repeat of this name in an instance (or in the form), through its groups.
    pub(super) fn named(&self, instance: SlotId, name: &str) -> Option<SlotId> {
        let item = self.tree.slot(instance).item;
        for (child, slot) in self
            .children_of(item)
            .iter()
            .zip(&self.tree.slot(instance).children)
        {
            let child = self.form.item(*child);
            if child.kind == Kind::Group {
                if let Some(found) = self.named(*slot, name) {
                    return Some(found);
                }
            } else if child.name == name {
                return Some(*slot);
            }
        }
        None
    }

    /// The path of a slot. Groups have the path of what holds them.
    pub(crate) fn path(&self, slot: SlotId) -> String {
        let mut steps = Vec::new();
        let mut at = slot;
        while at != 0 {
            let state = self.tree.slot(at);
            let item = self.form.item(state.item);
            if state.number > 0 {
                steps.push(format!("{}[{}]", item.name, state.number));
                at = self.tree.slot(state.parent).parent;
                continue;
            }
            if item.kind != Kind::Group {
                steps.push(item.name.clone());
            }
            at = state.parent;
        }
        steps.reverse();
        steps.join("/")
    }
}
