//! What one save writes: acts that are planned, and what they became once they were sealed.
//!
//! Not here: sealing and writing (`write`).

use crate::journal::Writer;
use crate::rows::{OpenRound, Stub};
use crate::{JournalError, shelves};
use veldpost_domain::{Act, Hlc, Operation, OperationId, RecordId, RecordKind, record::Place};
use veldpost_envelope::statement::Says;
use veldpost_store::{Batch, Row};
use zeroize::Zeroizing;

/// One thing that is to be written.
pub(crate) enum Planned {
    /// An act on a record.
    Act {
        kind: RecordKind,
        record: RecordId,
        act: Act,
        /// An operation that was made elsewhere keeps its id and its time.
        made: Option<(OperationId, Hlc)>,
    },
    /// What a coordinator says, under an identity of its own or this one.
    Says(Says, Option<OperationId>),
    /// What was sealed before, for another region or another stream.
    Again(Box<Again>),
}

/// A payload that is sealed again, as its bytes stand: it keeps its ids and its time.
pub(crate) struct Again {
    pub payload: Zeroizing<Vec<u8>>,
    pub hlc: Hlc,
    /// None where it is newer than this version.
    pub operation: Option<Operation>,
    pub stub: Option<Stub>,
}

/// An operation and where it stands.
pub(crate) type Written = (Operation, Place);

/// What becomes of the open round when the acts are written.
pub(crate) type RoundChange<'a> =
    Box<dyn FnOnce(Option<OpenRound>, &[Written]) -> Option<OpenRound> + 'a>;

/// What is to be written, once the open round is known. Boxed: each caller of its own would be a copy of all of a save.
pub(crate) type Plan<'a> =
    Box<dyn FnOnce(Option<&OpenRound>) -> Result<Change<'a>, JournalError> + 'a>;

/// All that one save writes.
pub(crate) struct Change<'a> {
    pub acts: Vec<Planned>,
    pub round: Option<RoundChange<'a>>,
    pub finished_draft: Option<RecordId>,
}

impl Change<'_> {
    pub(crate) fn of(kind: RecordKind, record: RecordId, act: Act) -> Self {
        Self {
            acts: vec![Planned::Act {
                kind,
                record,
                act,
                made: None,
            }],
            round: None,
            finished_draft: None,
        }
    }
}

impl<'a> Change<'a> {
    pub(crate) fn round(
        mut self,
        change: impl FnOnce(Option<OpenRound>, &[Written]) -> Option<OpenRound> + 'a,
    ) -> Self {
        self.round = Some(Box::new(change));
        self
    }
}

/// What was sealed for one commit.
pub(crate) struct Sealed {
    pub operations: Vec<Written>,
    pub batch: Batch,
    /// The rows of the outbox, where there is somebody to send them.
    pub runs: Vec<Row>,
    /// Where the stream stands, and the key that is in use, once it is written.
    pub after: Writer,
}

impl Sealed {
    /// Adds a run that follows in the same transaction.
    pub(crate) fn append(&mut self, next: Self) {
        self.operations.extend(next.operations);
        self.batch.append(next.batch);
        self.runs.extend(next.runs);
        self.after = next.after;
    }

    /// What the next entry needs to know if this is written.
    pub(crate) fn after(&self) -> &Writer {
        &self.after
    }

    /// Everything but the head's row, which comes after the last of several runs.
    pub(crate) fn into_rows(self) -> (Vec<Written>, Batch, Writer) {
        (self.operations, self.batch, self.after)
    }

    /// The rows, the head's among them.
    pub(crate) fn take_batch(&mut self, head: Vec<u8>) -> Batch {
        let (shelf, key) = shelves::HEAD;
        core::mem::take(&mut self.batch).put(shelf, key, head)
    }
}
