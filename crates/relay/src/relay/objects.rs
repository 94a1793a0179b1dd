//! `objects`: receipts, checkpoints and erasures, each verified by who coordinates its stream's purpose.
//!
//! Not here: what readers do with them.

use super::run::bare_bytes;
use super::{Relay, Seen};
use crate::RelayError;
use crate::standing::{Members, is_coordinator};
use crate::store::{Content, EntryRow, ItemRow, Name, Purposes, RegionChange, RelayStore};
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Arrival, Erase, Statement, Succession};
use veldpost_envelope::wire::{Call, Code, Items, ObjectsAnswer};
use veldpost_envelope::{DevicePublic, EnvelopeError, Object, RegionId};

/// Nobody's: of an erasure whose stream is not known yet.
const NOBODY: DevicePublic = DevicePublic([0; 32]);

impl<S: RelayStore> Relay<S> {
    /// `objects`: one code an object, none for one that is held now.
    ///
    /// # Errors
    /// `TooLarge`, `UnknownRegion`, `Full`, `Store`: nothing is stored. `NotReadable` for a body that ends too early:
    /// what came before is stored.
    pub fn objects(&self, body: &[u8], now: i64) -> Result<Vec<u8>, RelayError> {
        if body.len() > Call::Objects.max_body() {
            return Err(RelayError::TooLarge("body"));
        }
        let life = self.life()?;
        let mut items = Vec::new();
        let mut cut = false;
        for item in Items::new(body) {
            match item {
                Ok(item) => items.push(signed(item)),
                Err(_) => cut = true,
            }
        }
        let region = items.iter().flatten().map(|object| object.head().region);
        let mut codes = Vec::new();
        match region.into_iter().next() {
            None => codes.extend(items.into_iter().map(|read| read.err().map(code))),
            Some(region) => {
                let mut seen = self.begin(&region)?;
                let before = seen.row;
                for object in items {
                    codes.push(match object {
                        Ok(object) => seen.object(&region, &object, now)?,
                        Err(problem) => Some(code(problem)),
                    });
                }
                match seen.row == before {
                    true => seen.rows.settle()?,
                    false => self.commit(seen, &before)?,
                }
            }
        }
        if cut {
            return Err(RelayError::NotReadable);
        }
        let answer = ObjectsAnswer {
            incarnation: life.incarnation,
            codes,
        };
        Ok(answer.to_bytes())
    }
}

/// An object whose form and signature hold. Neither needs the database: whoever sends many that do not keeps no writer
/// waiting.
fn signed(bytes: &[u8]) -> Result<Object, EnvelopeError> {
    let object = Object::from_bytes(bytes)?;
    object.verify_signature()?;
    Ok(object)
}

fn code(problem: EnvelopeError) -> Code {
    match problem {
        // The relay's roster lacks the act: who has it offers it, and then the object again.
        EnvelopeError::UnknownAct => Code::RosterMoved,
        problem => RelayError::from(problem).code(),
    }
}

impl<C: RegionChange> Seen<C> {
    /// One whose signature holds.
    fn object(
        &mut self,
        region: &RegionId,
        object: &Object,
        now: i64,
    ) -> Result<Option<Code>, RelayError> {
        let (name, stream) = match object.statement() {
            Statement::Receipt(receipt) => {
                let stream = receipt.stream;
                (Name::receipt(&stream, &receipt.head.signer), Some(stream))
            }
            Statement::Checkpoint(_) => (Name::checkpoint(&object.hash()), None),
            Statement::Erase(erase) => {
                let stream = erase.stream;
                (Name::erase(&stream, &object.hash()), Some(stream))
            }
        };
        let owner = match stream {
            Some(stream) => self.rows.stream(&stream)?,
            None => None,
        };
        let kept = self.rows.item(&name)?;
        let early = kept.as_ref().is_some_and(|kept| kept.device == NOBODY);
        let kept = kept.and_then(|item| match item.content {
            Content::Value(bytes) => Object::from_bytes(&bytes).ok(),
            Content::Run { .. } => None,
        });
        let (purpose, device) = match (object.statement(), owner) {
            (_, Some(row)) => (row.purpose, row.device),
            (Statement::Checkpoint(checkpoint), None) => (checkpoint.purpose, object.head().signer),
            (Statement::Erase(_), None) => return self.early(region, name, object, kept, now),
            (Statement::Receipt(_), None) => return Ok(Some(Code::NotFound)),
        };
        // What is held stays, whatever its signer became since.
        if !early && kept.as_ref().is_some_and(|kept| says_no_more(object, kept)) {
            return Ok(None);
        }
        let roster = &self.known.roster;
        // An act that counts vouches for the checkpoint that it names, whatever its signer became since.
        let arrival = match roster.locks(&object.hash(), &object.head().signer) {
            true => Arrival::Kept,
            false => Arrival::New,
        };
        if let Err(problem) = object.verify_signed(region, purpose, arrival, &Members(roster)) {
            return Ok(Some(code(problem)));
        }
        if let (Some(receipt), Some(kept)) = (object.receipt(), kept.as_ref())
            && let Some(kept) = kept.receipt()
        {
            match receipt.beside(kept) {
                Succession::NotLater => return Ok(None),
                Succession::Lower => return Ok(Some(Code::Conflict)),
                Succession::Replaces | Succession::Other => {}
            }
        }
        if let Some(erase) = object.erase() {
            self.erase(erase)?;
        }
        self.keep(name, Purposes::from(purpose), device, object, kept, now)?;
        Ok(None)
    }

    /// An erasure whose stream is not known yet: kept for when it comes, of whoever coordinates anything.
    fn early(
        &mut self,
        region: &RegionId,
        name: Name,
        object: &Object,
        kept: Option<Object>,
        now: i64,
    ) -> Result<Option<Code>, RelayError> {
        let head = object.head();
        if head.region != *region {
            return Ok(Some(Code::Malformed));
        }
        if !is_coordinator(&self.known.roster, &head.signer) {
            return Ok(Some(Code::NotAllowed));
        }
        if kept.is_none() {
            self.keep(name, Purposes::default(), NOBODY, object, None, now)?;
        }
        Ok(None)
    }

    fn keep(
        &mut self,
        name: Name,
        purposes: Purposes,
        device: DevicePublic,
        object: &Object,
        kept: Option<Object>,
        now: i64,
    ) -> Result<(), RelayError> {
        let bytes = object.to_bytes();
        let before = kept.map_or(0, |kept| kept.to_bytes().len());
        self.row.bytes = self.row.bytes.saturating_sub(before as u64) + bytes.len() as u64;
        self.row.position += 1;
        Ok(self.rows.put_item(&ItemRow {
            position: self.row.position,
            at: now,
            name,
            purposes,
            device,
            content: Content::Value(bytes),
        })?)
    }

    /// Drops the bodies that it names.
    fn erase(&mut self, erase: &Erase) -> Result<(), RelayError> {
        for range in erase.seqs.iter() {
            let to = range.last().saturating_add(1);
            self.drop_bodies(&erase.stream, range.first(), to)?;
        }
        Ok(())
    }

    fn drop_bodies(&mut self, stream: &StreamId, from: u64, to: u64) -> Result<(), RelayError> {
        /// So many entries at a time.
        const STEP: u64 = 500;
        let held = self.rows.stream(stream)?.map_or(0, |row| row.next);
        let to = to.min(held);
        let mut from = from;
        while from < to {
            let next = from.saturating_add(STEP).min(to);
            let mut bare = Vec::new();
            for entry in self.rows.entries(stream, from, next)? {
                let bytes = bare_bytes(&entry)?;
                let saved = entry.bytes.len().saturating_sub(bytes.len());
                self.row.bytes = self.row.bytes.saturating_sub(saved as u64);
                bare.push(EntryRow { bytes, ..entry });
            }
            self.rows.put_entries(stream, &bare)?;
            from = next;
        }
        Ok(())
    }
}

/// Whether an object is the one that is kept: the heads of a checkpoint may have come since.
fn says_no_more(object: &Object, kept: &Object) -> bool {
    let brings_heads = object.heads().is_some() && kept.heads().is_none();
    object.hash() == kept.hash() && !brings_heads
}
