//! A record is what its operations make of it: they are kept, the record is derived.
//!
//! Not here: who may do what (authority is checked before an operation gets here) and the joining of
//! two records about one person.

mod set;

pub use set::RecordSet;

use crate::{
    Act, Answer, Answers, Context, FieldChange, Hlc, Operation, OperationId, RecordId, RecordKind,
    StreamId,
};
use core::fmt;
use std::borrow::Cow;

/// Where an operation stands in the chain of the device that wrote it; breaks ties in time.
///
/// Give a place to all operations of a set or to none: an order that some replicas know and others do
/// not would not converge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The chain.
    pub stream: StreamId,
    /// The position in it.
    pub seq: u64,
}

#[derive(Clone, PartialEq, Eq)]
struct Placed {
    operation: Operation,
    place: Option<Place>,
    /// Kept, and not applied: see [`Record::set_apart`].
    apart: bool,
}

impl Placed {
    fn order(&self) -> (Hlc, Option<Place>, OperationId, &Operation) {
        (
            self.operation.hlc,
            self.place,
            self.operation.id,
            &self.operation,
        )
    }

    /// Whether both are one act. A record that moves from a device of its own to a region is sealed
    /// again under the same ids, so `from_solo` and the place may differ.
    fn is_same_act(&self, other: &Self) -> bool {
        let (one, two) = (&self.operation, &other.operation);
        if (one.id, one.hlc, one.record, one.kind) != (two.id, two.hlc, two.record, two.kind) {
            return false;
        }
        match (&one.act, &two.act) {
            (
                Act::Create { context, answers },
                Act::Create {
                    context: other_context,
                    answers: other_answers,
                },
            ) => {
                let context = Context {
                    from_solo: other_context.from_solo,
                    ..context.clone()
                };
                context == *other_context && answers == other_answers
            }
            (act, other_act) => act == other_act,
        }
    }
}

/// One record: a merged set of operations. In which order, how often and through whom they came makes
/// no difference.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    // In order, never empty. One creation is one allocation of one element: that is what nearly every
    // record of a count is.
    operations: Vec<Placed>,
}

/// A field that two devices changed without knowing of each other.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict<'a> {
    /// The question's name.
    pub name: &'a str,
    /// Every value that nothing replaced, with the operation that wrote it; the shown one last. To
    /// settle it, amend with one change for each of these operations as its `base`.
    pub values: Vec<(OperationId, Option<&'a Answer>)>,
}

/// A value that was written to one field.
struct Written<'a> {
    by: OperationId,
    value: Option<&'a Answer>,
    bases: Vec<OperationId>,
}

impl Record {
    /// A record of which one operation is known.
    #[must_use]
    pub fn new(operation: Operation, place: Option<Place>) -> Self {
        Self {
            operations: vec![Placed {
                operation,
                place,
                apart: false,
            }],
        }
    }

    /// Adds an operation on this record. Returns whether it was new; one that belongs to another
    /// record is not taken.
    pub fn apply(&mut self, operation: Operation, place: Option<Place>) -> bool {
        if operation.record != self.id() {
            return false;
        }
        self.insert(Placed {
            operation,
            place,
            apart: false,
        })
    }

    /// Adds all that another replica knows of this record.
    pub fn merge(&mut self, other: Self) {
        for placed in other.operations {
            if placed.operation.record == self.id() {
                self.insert(placed);
            }
        }
    }

    fn insert(&mut self, new: Placed) -> bool {
        let mut same_id = false;
        for at in 0..self.operations.len() {
            let Some(known) = self.operations.get(at) else {
                break;
            };
            if known.operation.id != new.operation.id {
                continue;
            }
            same_id = true;
            if known.is_same_act(&new) {
                // Of equal acts the first in order stays, whichever came first.
                if known.order() <= new.order() {
                    return false;
                }
                self.operations.remove(at);
                self.put(new);
                self.set_marks();
                return false;
            }
        }
        let creates = matches!(new.operation.act, Act::Create { .. });
        self.put(new);
        if same_id || creates {
            self.set_marks();
        }
        true
    }

    fn put(&mut self, new: Placed) {
        let at = self
            .operations
            .partition_point(|known| known.order() < new.order());
        self.operations.insert(at, new);
    }

    /// Of two acts under one id, and of two creations, only the first in order is applied.
    fn set_marks(&mut self) {
        let mut seen = Vec::new();
        let mut created = false;
        for placed in &mut self.operations {
            let creates = matches!(placed.operation.act, Act::Create { .. });
            placed.apart = !insert(&mut seen, placed.operation.id) || (creates && created);
            created |= creates && !placed.apart;
        }
    }

    fn applied(&self) -> impl Iterator<Item = &Operation> {
        self.operations
            .iter()
            .filter(|placed| !placed.apart)
            .map(|placed| &placed.operation)
    }

    fn first(&self) -> &Operation {
        // Never empty: `new` puts one in and nothing takes the last one out.
        &self.operations[0].operation
    }

    fn creation(&self) -> Option<(&Operation, &Context, &Answers)> {
        self.applied().find_map(|operation| match &operation.act {
            Act::Create { context, answers } => Some((operation, context, answers)),
            _ => None,
        })
    }

    /// Which record this is.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.first().record
    }

    /// What it is about, as its creation says; until that arrives, as the first known operation says.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        self.creation()
            .map_or_else(|| self.first().kind, |(operation, ..)| operation.kind)
    }

    /// Where and when it came about; nothing while only later operations have arrived.
    #[must_use]
    pub fn context(&self) -> Option<&Context> {
        self.creation().map(|(_, context, _)| context)
    }

    /// The reason code of its withdrawal, the latest if there are several. A withdrawal stands whatever
    /// is amended beside it.
    #[must_use]
    pub fn withdrawn(&self) -> Option<&str> {
        if self.is_single() {
            return match &self.first().act {
                Act::Withdraw { reason } => Some(reason),
                _ => None,
            };
        }
        self.applied()
            .filter_map(|operation| match &operation.act {
                Act::Withdraw { reason } => Some(reason.as_str()),
                _ => None,
            })
            .last()
    }

    /// Whether it can count: created and not withdrawn.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.creation().is_some() && self.withdrawn().is_none()
    }

    fn is_single(&self) -> bool {
        self.operations.len() == 1
    }

    /// The shown answer to one question.
    #[must_use]
    pub fn answer(&self, name: &str) -> Option<&Answer> {
        if self.is_single() {
            return self
                .creation()
                .and_then(|(_, _, answers)| answers.map().get(name));
        }
        self.heads(name).last().and_then(|written| written.value)
    }

    /// The shown value of a single question.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        if self.is_single() {
            return self
                .creation()
                .and_then(|(_, _, answers)| answers.text(name));
        }
        match self.answer(name) {
            Some(Answer::Text(value)) => Some(value),
            _ => None,
        }
    }

    /// The shown instances of a repeat.
    #[must_use]
    pub fn repeat(&self, name: &str) -> &[Answers] {
        match self.answer(name) {
            Some(Answer::Repeat(instances)) => instances,
            _ => &[],
        }
    }

    /// Everything that is shown, borrowed while nothing was amended.
    #[must_use]
    pub fn answers(&self) -> Cow<'_, Answers> {
        if self.is_single()
            && let Some((_, _, answers)) = self.creation()
        {
            return Cow::Borrowed(answers);
        }
        let mut shown = Answers::default();
        for name in self.names() {
            if let Some(value) = self.answer(name) {
                shown.map_mut().insert(name.to_owned(), value.clone());
            }
        }
        Cow::Owned(shown)
    }

    /// The operations that a change of this field replaces: one change for each of them, all with the
    /// same value. One, unless the field is in conflict; none before the creation has arrived.
    #[must_use]
    pub fn bases(&self, name: &str) -> Vec<OperationId> {
        self.heads(name)
            .into_iter()
            .map(|written| written.by)
            .collect()
    }

    /// The fields for which devices that did not see each other left different values.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict<'_>> {
        let mut conflicts = Vec::new();
        if self.is_single() {
            return conflicts;
        }
        for name in self.names() {
            let heads = self.heads(name);
            if heads
                .iter()
                .any(|head| heads.first().is_some_and(|one| one.value != head.value))
            {
                let values = heads
                    .into_iter()
                    .map(|head| (head.by, head.value))
                    .collect();
                conflicts.push(Conflict { name, values });
            }
        }
        conflicts
    }

    /// All operations that are known, in order, those set apart included.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().map(|placed| &placed.operation)
    }

    /// Where each of them stands, in their order.
    pub fn places(&self) -> impl Iterator<Item = Option<Place>> + '_ {
        self.operations.iter().map(|placed| placed.place)
    }

    /// Operations that are kept and not applied: a second creation, or another act under an id that is
    /// taken. An honest device makes neither.
    pub fn set_apart(&self) -> impl Iterator<Item = &Operation> {
        self.operations
            .iter()
            .filter(|placed| placed.apart)
            .map(|placed| &placed.operation)
    }

    /// The names of all fields that were ever written, in order.
    fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for operation in self.applied() {
            match &operation.act {
                Act::Create { answers, .. } => {
                    for name in answers.map().keys() {
                        insert(&mut names, name.as_str());
                    }
                }
                Act::Amend { changes } => {
                    for change in changes {
                        insert(&mut names, change.name.as_str());
                    }
                }
                Act::Withdraw { .. } => {}
            }
        }
        names
    }

    /// The values of a field that no other replaced, in order; the last one is shown.
    ///
    /// A creation writes every field, the unanswered ones as no answer. Operations that name each other
    /// in a circle replace nothing, so that there always is a value.
    fn heads(&self, name: &str) -> Vec<Written<'_>> {
        let written: Vec<Written<'_>> = self
            .applied()
            .filter_map(|operation| write_to(operation, name))
            .collect();
        let mut replaced: Vec<OperationId> = Vec::new();
        for one in &written {
            for base in one.bases.iter().filter(|base| **base != one.by) {
                insert(&mut replaced, *base);
            }
        }
        let is_head = |one: &Written<'_>| replaced.binary_search(&one.by).is_err();
        if !written.iter().any(is_head) {
            return written;
        }
        written.into_iter().filter(is_head).collect()
    }
}

/// Puts an item into a list that is in order, once. These lists are short, and a tree of their own for
/// each would cost the app more than it saves.
fn insert<T: Ord>(list: &mut Vec<T>, item: T) -> bool {
    match list.binary_search(&item) {
        Ok(_) => false,
        Err(at) => {
            list.insert(at, item);
            true
        }
    }
}

/// What an operation writes to a field. Several changes of one field in one amendment settle a
/// conflict: each names a base, the last one's value holds.
fn write_to<'a>(operation: &'a Operation, name: &str) -> Option<Written<'a>> {
    let by = operation.id;
    match &operation.act {
        Act::Create { answers, .. } => Some(Written {
            by,
            value: answers.map().get(name),
            bases: Vec::new(),
        }),
        Act::Amend { changes } => {
            let changes: Vec<&FieldChange> = changes.iter().filter(|c| c.name == name).collect();
            let value = changes.last()?.value.as_ref();
            Some(Written {
                by,
                value,
                bases: changes.iter().map(|change| change.base).collect(),
            })
        }
        Act::Withdraw { .. } => None,
    }
}

// Answers must not reach a log through `{:?}`.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Record({}, {} operations)",
            self.id(),
            self.operations.len()
        )
    }
}

impl fmt::Debug for Conflict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conflict({} values)", self.values.len())
    }
}
