//! All records that are known here, by id.
//!
//! Not here: storage. A coordinator builds a set from everything that was unsealed, in any order.

use super::{Place, Record};
use crate::{Operation, RecordId};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Records by id. Equal sets of operations give equal sets of records.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RecordSet {
    records: BTreeMap<RecordId, Record>,
}

impl RecordSet {
    /// No records.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an operation, in any order, as often as it comes. Returns whether it was new.
    pub fn apply(&mut self, operation: Operation) -> bool {
        self.apply_at(operation, None)
    }

    /// As [`RecordSet::apply`], with the place in the chain of the device that wrote it.
    pub fn apply_at(&mut self, operation: Operation, place: Option<Place>) -> bool {
        match self.records.entry(operation.record) {
            Entry::Vacant(vacant) => {
                vacant.insert(Record::new(operation, place));
                true
            }
            Entry::Occupied(mut known) => known.get_mut().apply(operation, place),
        }
    }

    /// Adds all that another set knows.
    pub fn merge(&mut self, other: Self) {
        for (id, record) in other.records {
            match self.records.entry(id) {
                Entry::Vacant(vacant) => {
                    vacant.insert(record);
                }
                Entry::Occupied(mut known) => known.get_mut().merge(record),
            }
        }
    }

    /// One record.
    #[must_use]
    pub fn get(&self, id: RecordId) -> Option<&Record> {
        self.records.get(&id)
    }

    /// Forgets one record, as when an erasure was ordered.
    pub fn remove(&mut self, id: RecordId) -> Option<Record> {
        self.records.remove(&id)
    }

    /// All records, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Record> + Clone {
        self.records.values()
    }

    /// The number of records, withdrawn and incomplete ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl FromIterator<Operation> for RecordSet {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        let mut set = Self::default();
        for operation in operations {
            set.apply(operation);
        }
        set
    }
}

impl Extend<Operation> for RecordSet {
    fn extend<I: IntoIterator<Item = Operation>>(&mut self, operations: I) {
        for operation in operations {
            self.apply(operation);
        }
    }
}
