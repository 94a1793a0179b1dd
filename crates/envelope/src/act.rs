//! A roster act: a body, who signed it, the signature; each points back to the one before.
//!
//! Not here: the acts that come after genesis; they share this head and these rules.

use crate::canonical::{Reader, Writer};
use crate::{ActHash, DevicePublic, DeviceSigningKey, EnvelopeError, RegionId, Signature, label};

/// The version of roster acts that this code writes.
pub const VERSION: u64 = 1;
/// No act is longer.
pub const MAX_ACT: usize = 64 * 1024;
/// Kind of the first act. Others are numbered as they come; `docs/format.md` lists those kept.
pub const GENESIS: u64 = 1;

/// Fields that every act begins with.
pub(crate) const HEAD_FIELDS: usize = 7;

/// What every act begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActHead {
    /// What the act does.
    pub kind: u64,
    /// The region; none in genesis, whose hash it is.
    pub region: Option<RegionId>,
    /// Place in the roster, from 0.
    pub height: u64,
    /// The act before; none in genesis.
    pub prev: Option<ActHash>,
    /// When the signer made it, by its clock: milliseconds since 1970.
    pub at: i64,
}

impl ActHead {
    /// `v, suite, kind, region, height, prev, at`: the first fields of the body's array.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.uint(VERSION).uint(crate::header::SUITE).uint(self.kind);
        out.bytes_or_null(self.region.as_ref().map(|region| region.0.as_slice()));
        out.uint(self.height);
        out.bytes_or_null(self.prev.as_ref().map(|prev| prev.0.as_slice()))
            .int(self.at);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("act"));
        }
        if input.uint()? != crate::header::SUITE {
            return Err(EnvelopeError::Newer("suite"));
        }
        Ok(Self {
            kind: input.uint()?,
            region: input.optional(|input| input.byte_array().map(RegionId))?,
            height: input.uint()?,
            prev: input.optional(|input| input.byte_array().map(ActHash))?,
            at: input.int()?,
        })
    }
}

/// `SHA-256("veldpost/1/roster\0" ‖ body)`.
pub(crate) fn hash(body: &[u8]) -> ActHash {
    ActHash(label::sha256(&[label::ROSTER, body]))
}

/// Signs a body: `[body, signer, signature]`.
pub(crate) fn sign(body: &[u8], signer: &DeviceSigningKey) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = Writer::with_capacity(body.len() + 112);
    let signature = signer.sign(label::ROSTER, &hash(body).0);
    out.array(3)
        .bytes(body)
        .bytes(&signer.public().0)
        .bytes(&signature);
    let act = out.finish();
    if act.len() > MAX_ACT {
        Err(EnvelopeError::TooLarge("act"))
    } else {
        Ok(act)
    }
}

/// Takes an act apart and checks its signature by the signer that it names.
pub(crate) fn open(act: &[u8]) -> Result<(&[u8], DevicePublic), EnvelopeError> {
    if act.len() > MAX_ACT {
        return Err(EnvelopeError::TooLarge("act"));
    }
    let mut input = Reader::new(act);
    let newer = input.record(3)?;
    let body = input.bytes()?;
    let signer = DevicePublic(input.byte_array()?);
    let signature: Signature = input.byte_array()?;
    input.skip_many(newer)?;
    input.end()?;
    signer.verify(label::ROSTER, &hash(body).0, &signature)?;
    Ok((body, signer))
}
