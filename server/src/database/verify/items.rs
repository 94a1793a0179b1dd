//! What got a position: each item is what it is called, signed by whom it names, and of the stream that it belongs to.
//!
//! Deliberately not here: whether its signer might say so. A relay asked that when it came, and roles change.

use std::collections::BTreeMap;

use rusqlite::Connection;
use veldpost_domain::StreamId;
use veldpost_envelope::object::Statement;
use veldpost_envelope::wire::{Fork, Items, StampedJoin};
use veldpost_envelope::{DevicePublic, EnvelopeError, Join, Kept, Object, RegionId};
use veldpost_relay::store::{Class, Content, ItemRow, Name, Purposes, StreamRow};

use super::damaged;
use crate::database::DatabaseError;
use crate::database::reading::{ITEM, read_item};

/// The items of a region, held against its streams.
pub(super) struct Ledger<'a> {
    region: &'a RegionId,
    number: i64,
    streams: &'a BTreeMap<StreamId, StreamRow>,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(
        region: &'a RegionId,
        number: i64,
        streams: &'a BTreeMap<StreamId, StreamRow>,
    ) -> Self {
        Self {
            region,
            number,
            streams,
        }
    }

    /// Each item for itself, and each stream's runs from its first entry to its last.
    pub(super) fn holds(&self, connection: &Connection) -> Result<(), DatabaseError> {
        let mut runs: BTreeMap<StreamId, Vec<(u64, u64)>> = BTreeMap::new();
        let sql = format!("{ITEM} WHERE region = ?1 ORDER BY position");
        let mut statement = connection.prepare(&sql)?;
        for item in statement.query_map([self.number], read_item)? {
            let item = item?;
            match self.is_what_it_says(&item) {
                // What a newer server took is not known here.
                Ok(true) | Err(EnvelopeError::Newer(_)) => {}
                _ => {
                    let (kind, position) = (kind(item.name.class), item.position);
                    return Err(self.damaged(&format!("the {kind} at position {position}")));
                }
            }
            if let Content::Run { first, next } = item.content {
                let stream = StreamId(item.name.of);
                runs.entry(stream).or_default().push((first, next));
            }
        }
        for (at, (stream, row)) in self.streams.iter().enumerate() {
            let runs = runs.remove(stream).unwrap_or_default();
            if !covers(runs, row.next) {
                return Err(self.damaged(&format!("the runs of stream {}", at + 1)));
            }
        }
        Ok(())
    }

    fn is_what_it_says(&self, item: &ItemRow) -> Result<bool, EnvelopeError> {
        match (item.name.class, &item.content) {
            (Class::Run, Content::Run { first, next }) => {
                let stream = self.streams.get(&StreamId(item.name.of));
                let inside = stream.is_some_and(|row| first < next && *next <= row.next);
                Ok(inside
                    && is_of(item, stream)
                    && item.name == Name::run(&StreamId(item.name.of), *first))
            }
            (Class::Receipt | Class::Checkpoint | Class::Erase, Content::Value(bytes)) => {
                self.object(item, bytes)
            }
            (Class::Join, Content::Value(bytes)) => self.join(item, bytes),
            (Class::Fork, Content::Value(bytes)) => self.fork(item, bytes),
            _ => Ok(false),
        }
    }

    fn object(&self, item: &ItemRow, bytes: &[u8]) -> Result<bool, EnvelopeError> {
        let object = Object::from_bytes(bytes)?;
        object.verify_signature()?;
        let (signer, hash) = (object.head().signer, object.hash());
        let (name, belongs) = match object.statement() {
            Statement::Receipt(receipt) => {
                let stream = self.streams.get(&receipt.stream);
                (Name::receipt(&receipt.stream, &signer), is_of(item, stream))
            }
            Statement::Checkpoint(checkpoint) => {
                let of_signer = is_with(item, &signer, checkpoint.purpose.into());
                (Name::checkpoint(&hash), of_signer)
            }
            Statement::Erase(erase) => {
                let stream = self.streams.get(&erase.stream);
                // One that came before its stream, or that does not count there, is nobody's.
                let early = is_with(item, &DevicePublic([0; 32]), Purposes::default());
                (
                    Name::erase(&erase.stream, &hash),
                    early || is_of(item, stream),
                )
            }
        };
        Ok(object.head().region == *self.region && item.name == name && belongs)
    }

    fn join(&self, item: &ItemRow, bytes: &[u8]) -> Result<bool, EnvelopeError> {
        let join = Join::from_bytes(StampedJoin::from_bytes(bytes)?.join)?;
        join.verify(self.region)?;
        let request = join.request();
        let name = Name::join(&request.invitation, &request.device);
        Ok(item.name == name && item.device == request.device)
    }

    fn fork(&self, item: &ItemRow, bytes: &[u8]) -> Result<bool, EnvelopeError> {
        let fork = Fork::from_bytes(bytes)?;
        let stream = self.streams.get(&fork.stream);
        let branches =
            self.branch(&fork.stream, fork.kept)? && self.branch(&fork.stream, fork.offered)?;
        Ok(item.name == Name::fork(&fork.stream) && is_of(item, stream) && branches)
    }

    /// Entries of the stream, one at least.
    fn branch(&self, stream: &StreamId, bytes: &[u8]) -> Result<bool, EnvelopeError> {
        for entry in Items::new(bytes) {
            let entry = Kept::from_bytes(entry?)?;
            if entry.header().region != *self.region || entry.header().stream != *stream {
                return Ok(false);
            }
        }
        Ok(!bytes.is_empty())
    }

    fn damaged(&self, what: &str) -> DatabaseError {
        damaged(&format!("{what} of region {}", self.number))
    }
}

/// Whether an item is its stream's, so that whoever reads that gets it.
fn is_of(item: &ItemRow, stream: Option<&StreamRow>) -> bool {
    stream.is_some_and(|row| is_with(item, &row.device, row.purpose.into()))
}

fn is_with(item: &ItemRow, device: &DevicePublic, purposes: Purposes) -> bool {
    item.device == *device && item.purposes == purposes
}

/// Whether runs lie one behind the other up to there.
fn covers(mut runs: Vec<(u64, u64)>, end: u64) -> bool {
    runs.sort_unstable();
    let reached = runs.into_iter().try_fold(0, |reached, (first, next)| {
        (first == reached).then_some(next)
    });
    reached == Some(end)
}

fn kind(class: Class) -> &'static str {
    match class {
        Class::Run => "run",
        Class::Receipt => "receipt",
        Class::Checkpoint => "checkpoint",
        Class::Erase => "erasure",
        Class::Join => "join",
        Class::Fork => "fork",
    }
}
