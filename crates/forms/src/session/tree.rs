//! The answers' places: one slot for each question in each instance of its repeats.
//!
//! Not here: when values change (see `settle`). Slots of removed instances stay, dead, so that a slot's
//! number is never used twice and can serve as a key on screen.

use crate::expression::ItemId;
use crate::form::{Form, Kind};
use crate::value::Value;
use veldpost_domain::Answers;

/// Index of a slot; 0 is the form itself.
pub(crate) type SlotId = u32;

/// A place for a value, a group, a repeat, or an instance of a repeat.
#[derive(Clone)]
pub(crate) struct Slot {
    pub item: ItemId,
    pub parent: SlotId,
    /// For a repeat its instances, otherwise the slots of the item's children in their order.
    pub children: Vec<SlotId>,
    /// Whether this is an instance of a repeat, and which one counting from 1; 0 otherwise.
    pub number: u32,
    pub alive: bool,
    /// Not worked out yet.
    pub fresh: bool,
    pub own_relevant: bool,
    pub relevant: bool,
    /// What was typed, as it was typed.
    pub typed: String,
    /// The value of what was typed or worked out, blank when it is no value of this kind.
    pub value: Value,
    /// More was typed than is kept.
    pub cut: bool,
    /// Answers to questions that this form does not have.
    pub unknown: Answers,
}

/// All slots of a session.
#[derive(Clone, Default)]
pub(crate) struct Tree {
    pub slots: Vec<Slot>,
    /// Living slots by item; for a repeat the repeats themselves, not their instances.
    pub by_item: Vec<Vec<SlotId>>,
}

impl Tree {
    pub(crate) fn new(form: &Form) -> Self {
        let mut tree = Self {
            slots: Vec::new(),
            by_item: vec![Vec::new(); form.definition.items.len()],
        };
        tree.plant(form, 0, 0);
        tree
    }

    pub(crate) fn slot(&self, id: SlotId) -> &Slot {
        &self.slots[id as usize]
    }

    pub(crate) fn slot_mut(&mut self, id: SlotId) -> &mut Slot {
        &mut self.slots[id as usize]
    }

    /// A slot for `item` and, for a group, for all within; a repeat starts without instances.
    fn plant(&mut self, form: &Form, item: ItemId, parent: SlotId) -> SlotId {
        let id = self.push(item, parent, 0);
        self.by_item[usize::from(item)].push(id);
        if form.item(item).kind != Kind::Repeat {
            self.plant_children(form, item, id);
        }
        id
    }

    fn plant_children(&mut self, form: &Form, item: ItemId, id: SlotId) {
        for child in &form.plan.children[usize::from(item)] {
            let child = self.plant(form, *child, id);
            self.slot_mut(id).children.push(child);
        }
    }

    /// Adds an instance at the end of a repeat.
    pub(crate) fn add_instance(&mut self, form: &Form, repeat: SlotId) -> SlotId {
        let item = self.slot(repeat).item;
        let number = u32::try_from(self.slot(repeat).children.len()).unwrap_or(u32::MAX - 1) + 1;
        let id = self.push(item, repeat, number);
        self.slot_mut(repeat).children.push(id);
        self.plant_children(form, item, id);
        id
    }

    /// Takes an instance away; all its slots die. They are returned.
    pub(crate) fn remove_instance(&mut self, repeat: SlotId, place: usize) -> Vec<SlotId> {
        let instance = self.slot_mut(repeat).children.remove(place);
        let mut gone = Vec::new();
        let mut waiting = vec![instance];
        while let Some(id) = waiting.pop() {
            let slot = self.slot_mut(id);
            slot.alive = false;
            let item = slot.item;
            waiting.extend_from_slice(&slot.children);
            self.by_item[usize::from(item)].retain(|other| *other != id);
            gone.push(id);
        }
        let rest: Vec<SlotId> = self.slot(repeat).children.clone();
        for (number, id) in (1..).zip(rest) {
            self.slot_mut(id).number = number;
        }
        gone
    }

    fn push(&mut self, item: ItemId, parent: SlotId, number: u32) -> SlotId {
        let id = SlotId::try_from(self.slots.len()).unwrap_or(SlotId::MAX);
        self.slots.push(Slot {
            item,
            parent,
            children: Vec::new(),
            number,
            alive: true,
            fresh: true,
            own_relevant: true,
            relevant: true,
            typed: String::new(),
            value: Value::blank(),
            cut: false,
            unknown: Answers::default(),
        });
        id
    }

    /// The instance of `shared` that `at` lies in; the form itself when it lies in none.
    pub(crate) fn anchor(&self, at: SlotId, shared: ItemId) -> SlotId {
        let mut at = at;
        while at != 0 {
            let slot = self.slot(at);
            if slot.item == shared && slot.number > 0 {
                return at;
            }
            at = slot.parent;
        }
        0
    }

    /// The items from below `top` down to `item`.
    fn way(form: &Form, top: ItemId, item: ItemId) -> Vec<ItemId> {
        let mut way = Vec::new();
        let mut at = item;
        while at != top && at != 0 {
            way.push(at);
            at = form.item(at).parent;
        }
        way.reverse();
        way
    }

    /// All slots of `item` under the instance of `shared` that `at` lies in, in their order.
    /// For a repeat these are its instances.
    pub(crate) fn all(&self, form: &Form, item: ItemId, shared: ItemId, at: SlotId) -> Vec<SlotId> {
        self.pick(form, item, shared, at, &mut |repeat, _| {
            self.slot(repeat).children.clone()
        })
    }

    /// As [`Tree::all`], with `choose` saying which instances of each repeat on the way to follow.
    pub(crate) fn pick(
        &self,
        form: &Form,
        item: ItemId,
        shared: ItemId,
        at: SlotId,
        choose: &mut dyn FnMut(SlotId, ItemId) -> Vec<SlotId>,
    ) -> Vec<SlotId> {
        let mut found = vec![self.anchor(at, shared)];
        for step in Self::way(form, shared, item) {
            let ordinal = form.plan.ordinal[usize::from(step)];
            let children = found
                .iter()
                .filter_map(|id| self.slot(*id).children.get(ordinal));
            found = children.copied().collect();
            if form.item(step).kind == Kind::Repeat {
                found = found
                    .iter()
                    .flat_map(|repeat| choose(*repeat, step))
                    .collect();
            }
        }
        found
    }

    /// The first slot of `item` as seen from `at`.
    pub(crate) fn first(
        &self,
        form: &Form,
        item: ItemId,
        shared: ItemId,
        at: SlotId,
    ) -> Option<SlotId> {
        let mut id = self.anchor(at, shared);
        for step in Self::way(form, shared, item) {
            id = *self
                .slot(id)
                .children
                .get(form.plan.ordinal[usize::from(step)])?;
            if form.item(step).kind == Kind::Repeat {
                id = *self.slot(id).children.first()?;
            }
        }
        Some(id)
    }

    /// The value that an expression sees: blank unless relevant.
    pub(crate) fn value(&self, id: SlotId) -> Value {
        let slot = self.slot(id);
        if slot.relevant {
            slot.value.clone()
        } else {
            Value::blank()
        }
    }
}
