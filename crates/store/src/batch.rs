//! What one transaction writes.
//!
//! Not here: reading. A batch is decided and sealed before the transaction begins.

use core::fmt;

use crate::Shelf;

/// One change to one shelf.
#[derive(Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets the row, over whatever stood there.
    Put {
        /// Where the row stands.
        shelf: Shelf,
        /// The row's key; rows are ordered by its bytes.
        key: Vec<u8>,
        /// The sealed bytes.
        value: Vec<u8>,
    },
    /// Removes the row; no row is no error.
    Delete {
        /// Where the row stands.
        shelf: Shelf,
        /// The row's key.
        key: Vec<u8>,
    },
    /// Removes the rows with `from <= key < to`.
    DeleteRange {
        /// Where the rows stand.
        shelf: Shelf,
        /// The first key that goes.
        from: Vec<u8>,
        /// The first key that stays.
        to: Vec<u8>,
    },
    /// Removes all rows of the shelf.
    Clear {
        /// The shelf that is emptied.
        shelf: Shelf,
    },
}

impl Write {
    /// The shelf that this changes.
    #[must_use]
    pub const fn shelf(&self) -> Shelf {
        match self {
            Self::Put { shelf, .. }
            | Self::Delete { shelf, .. }
            | Self::DeleteRange { shelf, .. }
            | Self::Clear { shelf } => *shelf,
        }
    }
}

impl fmt::Debug for Write {
    /// The verb and the shelf alone: keys and values stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Put { .. } => "put ",
            Self::Delete { .. } => "delete ",
            Self::DeleteRange { .. } => "delete range ",
            Self::Clear { .. } => "clear ",
        })?;
        f.write_str(self.shelf().name())
    }
}

/// Changes that are written together or not at all, in the order in which they were added.
///
/// A batch may be committed twice with the same result, which is what makes a retry safe.
///
/// ```
/// use veldpost_store::{Batch, Shelf};
/// let save = Batch::new()
///     .put(Shelf::Outbox, [1], "sealed entry")
///     .put(Shelf::Stubs, [1], "stub")
///     .delete(Shelf::Drafts, [7]);
/// assert_eq!(save.len(), 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch(Vec<Write>);

impl Batch {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a [`Write::Put`].
    #[must_use]
    pub fn put(mut self, shelf: Shelf, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        self.0.push(Write::Put {
            shelf,
            key: key.into(),
            value: value.into(),
        });
        self
    }

    /// Adds a [`Write::Delete`].
    #[must_use]
    pub fn delete(mut self, shelf: Shelf, key: impl Into<Vec<u8>>) -> Self {
        self.0.push(Write::Delete {
            shelf,
            key: key.into(),
        });
        self
    }

    /// Adds a [`Write::DeleteRange`].
    #[must_use]
    pub fn delete_range(
        mut self,
        shelf: Shelf,
        from: impl Into<Vec<u8>>,
        to: impl Into<Vec<u8>>,
    ) -> Self {
        self.0.push(Write::DeleteRange {
            shelf,
            from: from.into(),
            to: to.into(),
        });
        self
    }

    /// Adds a [`Write::Clear`].
    #[must_use]
    pub fn clear(mut self, shelf: Shelf) -> Self {
        self.0.push(Write::Clear { shelf });
        self
    }

    /// Adds a change in place, for a batch that is made in a loop.
    pub fn push(&mut self, write: Write) {
        self.0.push(write);
    }

    /// Adds all changes of another batch after these.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// The changes, in order.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.0
    }

    /// How many changes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes themselves.
    #[must_use]
    pub fn into_writes(self) -> Vec<Write> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use crate::{Batch, Shelf};

    #[test]
    fn a_batch_in_a_log_shows_no_key_and_no_value() {
        let batch = Batch::new().put(Shelf::Outbox, "canary-key", "canary-value");
        assert_eq!(format!("{batch:?}"), "Batch([put outbox])");
    }
}
