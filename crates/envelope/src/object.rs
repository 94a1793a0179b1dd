//! What coordinators sign beside the streams: receipts, checkpoints, erasures; each stands alone.
//!
//! Not here: storing them, and the roster that says who coordinates what (it comes in as [`Standing`]).

mod checkpoint;
mod erase;
mod freeing;
mod ranges;
mod receipt;

pub use checkpoint::{Checkpoint, Heads, MAX_STREAMS};
pub use erase::{Erase, Ground};
pub use freeing::{
    Custody, Holder, KeptReceipt, RelayHead, WAIT_MS, WaitingRow, is_apart, is_received,
    may_be_freed, needed,
};
pub use ranges::{MAX_RANGES, Ranges, SeqRange};
pub use receipt::{Receipt, Succession};

use crate::canonical::{Reader, Writer};
use crate::{
    ActHash, DevicePublic, DeviceSigningKey, EnvelopeError, ObjectHash, Purpose, RegionId,
    Signature, label,
};

/// The version of objects that this code writes.
pub const VERSION: u64 = 1;
/// No object is longer, without what is attached to it.
pub const MAX_OBJECT: usize = 4096;
/// No attachment is longer: the heads of [`MAX_STREAMS`] streams fit.
pub const MAX_ATTACHED: usize = 512 * 1024;

const RECEIPT: u64 = 1;
const CHECKPOINT: u64 = 2;
const ERASE: u64 = 3;

/// Fields that every object's body begins with.
const HEAD_FIELDS: usize = 7;
const TOO_LARGE: EnvelopeError = EnvelopeError::TooLarge("object");

/// What every object begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// The region.
    pub region: RegionId,
    /// The coordinator's device.
    pub signer: DevicePublic,
    /// The newest roster act that the signer held.
    pub roster_head: ActHash,
    /// When it was made, by the signer's clock: milliseconds since 1970.
    pub at: i64,
}

/// What an object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A stream is held up to here.
    Receipt(Receipt),
    /// How far every stream of a purpose goes.
    Checkpoint(Checkpoint),
    /// These bodies go.
    Erase(Erase),
}

impl Statement {
    fn kind(&self) -> u64 {
        match self {
            Self::Receipt(_) => RECEIPT,
            Self::Checkpoint(_) => CHECKPOINT,
            Self::Erase(_) => ERASE,
        }
    }

    fn label(&self) -> &'static [u8] {
        match self {
            Self::Receipt(_) => label::RECEIPT,
            Self::Checkpoint(_) => label::CHECKPOINT,
            Self::Erase(_) => label::ERASE,
        }
    }

    /// Fields behind the head.
    fn fields(&self) -> usize {
        match self {
            Self::Receipt(_) => receipt::FIELDS,
            Self::Checkpoint(_) => checkpoint::FIELDS,
            Self::Erase(_) => erase::FIELDS,
        }
    }

    /// What it begins with.
    #[must_use]
    pub fn head(&self) -> &ObjectHead {
        match self {
            Self::Receipt(receipt) => &receipt.head,
            Self::Checkpoint(checkpoint) => &checkpoint.head,
            Self::Erase(erase) => &erase.head,
        }
    }

    /// `[v, suite, kind, region, signer, roster_head, at, …]`.
    fn to_bytes(&self) -> Result<Vec<u8>, EnvelopeError> {
        let head = self.head();
        let mut out = Writer::with_capacity(256);
        out.array(HEAD_FIELDS + self.fields())
            .uint(VERSION)
            .uint(crate::header::SUITE)
            .uint(self.kind());
        out.bytes(&head.region.0)
            .bytes(&head.signer.0)
            .bytes(&head.roster_head.0)
            .int(head.at);
        match self {
            Self::Receipt(receipt) => receipt.write(&mut out)?,
            Self::Checkpoint(checkpoint) => checkpoint.write(&mut out),
            Self::Erase(erase) => erase.write(&mut out)?,
        }
        Ok(out.finish())
    }

    fn from_bytes(body: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(body);
        let fields = input.record(HEAD_FIELDS)?;
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("object"));
        }
        if input.uint()? != crate::header::SUITE {
            return Err(EnvelopeError::Newer("suite"));
        }
        let kind = input.uint()?;
        let head = ObjectHead {
            region: RegionId(input.byte_array()?),
            signer: DevicePublic(input.byte_array()?),
            roster_head: ActHash(input.byte_array()?),
            at: input.int()?,
        };
        let known = match kind {
            RECEIPT => receipt::FIELDS,
            CHECKPOINT => checkpoint::FIELDS,
            ERASE => erase::FIELDS,
            _ => return Err(EnvelopeError::Newer("object")),
        };
        let newer = fields
            .checked_sub(known)
            .ok_or(EnvelopeError::Malformed("too few fields"))?;
        let statement = match kind {
            RECEIPT => Self::Receipt(Receipt::read(head, &mut input)?),
            CHECKPOINT => Self::Checkpoint(Checkpoint::read(head, &mut input)?),
            _ => Self::Erase(Erase::read(head, &mut input)?),
        };
        input.skip_many(newer)?;
        input.end()?;
        Ok(statement)
    }
}

/// What a reader's roster says of whoever signs. It is asked after the signature was found to hold.
pub trait Standing {
    /// Whether that device coordinated the purpose at that act of the roster; none when the act is
    /// not held, so that the roster is read first.
    fn coordinated(&self, at: &ActHash, signer: &DevicePublic, purpose: Purpose) -> Option<bool>;

    /// Whether it does in the newest roster that is held.
    fn coordinates(&self, signer: &DevicePublic, purpose: Purpose) -> bool;
}

/// Whether an object was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It comes now: its signer must still coordinate.
    New,
    /// It was verified and kept: what its signer became since does not touch it.
    Kept,
}

/// One signed object. Its body is kept as the bytes that came, for these are what is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    statement: Statement,
    body: Vec<u8>,
    signature: Signature,
    attached: Option<Vec<u8>>,
    /// Fields that a later version appended: how many, and their bytes.
    newer: (usize, Vec<u8>),
}

impl Object {
    /// Signs a statement with the key that its head names.
    fn sign(
        statement: Statement,
        attached: Option<Vec<u8>>,
        key: &DeviceSigningKey,
    ) -> Result<Self, EnvelopeError> {
        if statement.head().signer != key.public() {
            return Err(EnvelopeError::NotAllowed("signing for another device"));
        }
        let body = statement.to_bytes()?;
        let signature = key.sign(statement.label(), &hash(&statement, &body).0);
        let object = Self {
            statement,
            body,
            signature,
            attached,
            newer: (0, Vec::new()),
        };
        object.check_length(object.to_bytes().len())?;
        Ok(object)
    }

    /// What it says.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// What it begins with.
    #[must_use]
    pub fn head(&self) -> &ObjectHead {
        self.statement.head()
    }

    /// `SHA-256(label ‖ body)`, by the label of its kind.
    #[must_use]
    pub fn hash(&self) -> ObjectHash {
        hash(&self.statement, &self.body)
    }

    /// The receipt, when it is one.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        match &self.statement {
            Statement::Receipt(receipt) => Some(receipt),
            _ => None,
        }
    }

    /// The checkpoint, when it is one.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Checkpoint> {
        match &self.statement {
            Statement::Checkpoint(checkpoint) => Some(checkpoint),
            _ => None,
        }
    }

    /// The erasure, when it is one.
    #[must_use]
    pub fn erase(&self) -> Option<&Erase> {
        match &self.statement {
            Statement::Erase(erase) => Some(erase),
            _ => None,
        }
    }

    /// The heads that a checkpoint came with: `TooLarge` and `Malformed` were found out on reading.
    #[must_use]
    pub fn heads(&self) -> Option<Heads> {
        let attached = self.attached.as_deref()?;
        Heads::from_bytes(attached).ok()
    }

    /// The same without its heads: what a reader gets and keeps that coordinates nothing.
    #[must_use]
    pub fn without_heads(mut self) -> Self {
        self.attached = None;
        self
    }

    /// `[body, signature, attached | null, …]`: ready to be stored or sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (newer, tail) = &self.newer;
        let attached = self.attached.as_deref();
        let length = self.body.len() + attached.map_or(0, <[u8]>::len) + tail.len();
        let mut out = Writer::with_capacity(length + 80);
        out.array(3 + newer)
            .bytes(&self.body)
            .bytes(&self.signature);
        out.bytes_or_null(attached);
        out.packed(|out| out.extend_from_slice(tail));
        out.finish()
    }

    /// Reads an object. Nothing is verified but its form, and that the heads are those it names.
    ///
    /// # Errors
    /// `TooLarge` before anything is read; `Malformed`; `Forged` when other heads are attached;
    /// `Newer` for an unknown version, suite or kind: the bytes are kept, without effect.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_OBJECT + MAX_ATTACHED {
            return Err(TOO_LARGE);
        }
        let mut input = Reader::new(bytes);
        let newer = input.record(3)?;
        let body = input.bytes()?;
        let signature = input.byte_array()?;
        let attached = input.optional(Reader::bytes)?;
        let tail = input.rest();
        input.skip_many(newer)?;
        input.end()?;
        let statement = Statement::from_bytes(body)?;
        match (&statement, attached) {
            (_, None) => {}
            (Statement::Checkpoint(checkpoint), Some(heads)) => checkpoint.check(heads)?,
            _ => return Err(EnvelopeError::Malformed("attached")),
        }
        let object = Self {
            statement,
            body: body.to_vec(),
            signature,
            attached: attached.map(<[u8]>::to_vec),
            newer: (newer, tail.to_vec()),
        };
        object.check_length(bytes.len())?;
        Ok(object)
    }

    fn check_length(&self, whole: usize) -> Result<(), EnvelopeError> {
        let attached = self.attached.as_ref().map_or(0, Vec::len);
        if whole.saturating_sub(attached) > MAX_OBJECT {
            Err(TOO_LARGE)
        } else {
            Ok(())
        }
    }

    /// Verifies what a reader takes it for: an object of this region, by who coordinates this
    /// purpose. `purpose` is that of the stream that it names; a checkpoint names its own, and it
    /// must be that.
    ///
    /// A locked device can do all of it.
    ///
    /// # Errors
    /// `Malformed` for another region or purpose; `Forged` when the signature does not hold;
    /// `UnknownAct`: read the roster and try again, refuse it when the act is not there;
    /// `NotAllowed` when the signer does or did not coordinate the purpose.
    pub fn verify(
        &self,
        region: &RegionId,
        purpose: Purpose,
        arrival: Arrival,
        standing: &dyn Standing,
    ) -> Result<(), EnvelopeError> {
        self.check_place(region, purpose)?;
        self.verify_signature()?;
        self.check_signer(purpose, arrival, standing)
    }

    /// As [`Object::verify`], of an object whose signature was found to hold before.
    ///
    /// # Errors
    /// As [`Object::verify`], but for the signature's.
    pub fn verify_signed(
        &self,
        region: &RegionId,
        purpose: Purpose,
        arrival: Arrival,
        standing: &dyn Standing,
    ) -> Result<(), EnvelopeError> {
        self.check_place(region, purpose)?;
        self.check_signer(purpose, arrival, standing)
    }

    fn check_place(&self, region: &RegionId, purpose: Purpose) -> Result<(), EnvelopeError> {
        if self.head().region != *region {
            return Err(EnvelopeError::Malformed("another region"));
        }
        if self.checkpoint().is_some_and(|own| own.purpose != purpose) {
            return Err(EnvelopeError::Malformed("another purpose"));
        }
        Ok(())
    }

    fn check_signer(
        &self,
        purpose: Purpose,
        arrival: Arrival,
        standing: &dyn Standing,
    ) -> Result<(), EnvelopeError> {
        const OTHER: EnvelopeError = EnvelopeError::NotAllowed("not a coordinator of the purpose");
        let head = self.head();
        match standing.coordinated(&head.roster_head, &head.signer, purpose) {
            None => Err(EnvelopeError::UnknownAct),
            Some(false) => Err(OTHER),
            Some(true) if arrival == Arrival::Kept => Ok(()),
            Some(true) if standing.coordinates(&head.signer, purpose) => Ok(()),
            Some(true) => Err(OTHER),
        }
    }

    /// Verifies only that the signer that it names signed it.
    ///
    /// # Errors
    /// `Forged` when the signature does not hold.
    pub fn verify_signature(&self) -> Result<(), EnvelopeError> {
        let label = self.statement.label();
        self.head()
            .signer
            .verify(label, &self.hash().0, &self.signature)
    }
}

fn hash(statement: &Statement, body: &[u8]) -> ObjectHash {
    ObjectHash(label::sha256(&[statement.label(), body]))
}
