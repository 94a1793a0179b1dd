//! The rows that a change touches, made of what memory says after it.
//!
//! Not here: changing memory.

use crate::holdings::{AsideAt, Original, Why};
use crate::ledger::Ledger;
use crate::rows::{self, AsideRow, OriginalRow, ReceiptRow};
use std::collections::BTreeSet;
use veldpost_domain::StreamId;
use veldpost_envelope::keys::LocalUse;
use veldpost_envelope::local::seal_local;
use veldpost_envelope::{DevicePublic, LocalKey, ObjectHash, Purpose, RandomBytes};
use veldpost_store::{Batch, Shelf};

/// A row that a change touches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touched {
    Relay,
    Stream(StreamId),
    Run(StreamId, u64),
    Receipt(StreamId, DevicePublic),
    Checkpoint(Purpose, DevicePublic),
    Locked(ObjectHash),
    Original(StreamId, u64),
}

/// Makes the rows of several changes.
pub(crate) struct Writing {
    pub(super) touched: BTreeSet<Touched>,
    /// Rows that nothing in memory stands for.
    pub(super) batch: Batch,
}

impl Ledger {
    fn write(&self, touched: Touched, batch: Batch) -> Batch {
        match touched {
            // Sealed by whoever finishes.
            Touched::Relay => batch,
            Touched::Stream(stream) => match self.own.get(&stream) {
                Some(own) => batch.put(Shelf::Streams, stream.0, own.row.to_bytes()),
                None => match self.holdings.streams.get(&stream) {
                    Some(held) => batch.put(Shelf::Streams, stream.0, held.row.to_bytes()),
                    None => batch,
                },
            },
            Touched::Original(stream, first) => {
                let own = self.own.get(&stream);
                let own = own.and_then(|own| own.originals.get(&first));
                let held = self.holdings.streams.get(&stream);
                let held = held.and_then(|held| held.runs.get(&first));
                let key = rows::run_key(stream, first);
                match own.or(held) {
                    Some(original) => {
                        let row = OriginalRow {
                            at: original.at,
                            entries: original.run.items(),
                        };
                        batch.put(Shelf::Originals, key, row.to_bytes())
                    }
                    None => batch.delete(Shelf::Originals, key),
                }
            }
            Touched::Locked(hash) => match self.locked.get(&hash) {
                Some(object) => {
                    batch.put(Shelf::Objects, rows::locked_key(&hash), object.to_bytes())
                }
                None => batch,
            },
            Touched::Run(stream, first) => {
                let key = rows::run_key(stream, first);
                match self.own.get(&stream).and_then(|own| own.runs.get(&first)) {
                    Some(run) => batch.put(Shelf::Outbox, key, run.to_row()),
                    None => batch.delete(Shelf::Outbox, key),
                }
            }
            Touched::Receipt(stream, signer) => match self.receipts.get(&(stream, signer)) {
                Some(held) => {
                    let row = ReceiptRow {
                        brought: held.brought,
                        object: held.object.to_bytes(),
                    };
                    let key = rows::receipt_key(stream, &signer);
                    batch.put(Shelf::Objects, key, row.to_bytes())
                }
                None => batch,
            },
            Touched::Checkpoint(purpose, signer) => {
                match self.checkpoints.get(&(purpose, signer)) {
                    Some(object) => {
                        let key = rows::checkpoint_key(purpose, &signer);
                        batch.put(Shelf::Objects, key, object.to_bytes())
                    }
                    None => batch,
                }
            }
        }
    }
}
impl Writing {
    pub(super) fn put_aside(&mut self, at: AsideAt, why: Why, original: &Original) {
        let row = AsideRow {
            why: why as u64,
            at: original.at,
            entries: original.run.items(),
        };
        let key = rows::aside_key(at.0, at.1, &at.2);
        let batch = core::mem::take(&mut self.batch);
        self.batch = batch.put(Shelf::Aside, key, row.to_bytes());
    }

    /// The rows, as `ledger` says them after the changes. None when the row of the relay cannot be sealed.
    pub fn finish(
        self,
        ledger: &Ledger,
        local: &LocalKey,
        rng: &mut dyn RandomBytes,
    ) -> Option<Batch> {
        let mut batch = self.batch;
        for touched in &self.touched {
            batch = ledger.write(*touched, batch);
        }
        if self.touched.contains(&Touched::Relay) {
            let row = ledger.relay.to_bytes();
            let sealed = seal_local(local, LocalUse::Solo, rows::RELAY, &row, rng).ok()?;
            batch = batch.put(Shelf::Meta, rows::RELAY, sealed);
        }
        Some(batch)
    }
}
