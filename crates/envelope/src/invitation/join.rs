//! A join: a newcomer's keys, signed by it and vouched for by the invitation's secret.
//!
//! Not here: admitting it, which is an act of the roster.

use super::{InvitationKeys, open_padded, padded, seal_padded, zeros};
use crate::blob::read_name;
use crate::canonical::{Reader, Writer};
use crate::{
    ActHash, DevicePublic, DeviceSigningKey, EncryptionPublic, EnvelopeError, JoinHash,
    RandomBytes, RegionId, Signature, label,
};
use zeroize::Zeroizing;

/// The version of joins that this code writes.
pub const VERSION: u64 = 1;
/// No join is longer.
pub const MAX_JOIN: usize = 1024;

const FIELDS: usize = 10;
/// The plaintext of a name, however long the name is.
const NAME: usize = 128;
const SEALED_NAME: usize = padded(NAME);
const TOO_LARGE: EnvelopeError = EnvelopeError::TooLarge("join");

/// What a newcomer asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinRequest {
    /// The region.
    pub region: RegionId,
    /// The invitation that it comes by.
    pub invitation: [u8; 16],
    /// Its signing key.
    pub device: DevicePublic,
    /// Its encryption key.
    pub encryption: EncryptionPublic,
    /// How far the roster went that it read.
    pub roster_height: u64,
    /// The act at that height.
    pub roster_head: ActHash,
    /// When it was made, by its clock: milliseconds since 1970.
    pub at: i64,
}

/// What a newcomer joins with.
#[derive(Clone, Copy, Debug)]
pub struct JoinInput<'a> {
    /// Its encryption key.
    pub encryption: EncryptionPublic,
    /// How far the roster goes that it read.
    pub roster_height: u64,
    /// The act at that height.
    pub roster_head: ActHash,
    /// What it calls itself: at most 120 bytes.
    pub name: &'a str,
    /// Now, by its clock: milliseconds since 1970.
    pub at: i64,
}

/// A join. Its bytes are kept as they came, for these are what is hashed and passed on.
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    request: JoinRequest,
    name: [u8; SEALED_NAME],
    body: Vec<u8>,
    proof: [u8; 32],
    signature: Signature,
    bytes: Vec<u8>,
}

/// `label ‖ region ‖ invitation ‖ dsk`.
fn name_aad(keys: &InvitationKeys, device: &DevicePublic) -> Vec<u8> {
    [label::NAME, &keys.region.0, &keys.invitation, &device.0].concat()
}

/// `SHA-256("veldpost/1/join-request\0" ‖ body ‖ proof)`.
fn hash(body: &[u8], proof: &[u8; 32]) -> JoinHash {
    JoinHash(label::sha256(&[label::JOIN_REQUEST, body, proof]))
}

impl JoinRequest {
    /// `[v, suite, region, invitation, dsk, dek, roster_height, roster_head, name, at]`.
    fn to_bytes(self, name: &[u8]) -> Vec<u8> {
        let mut out = Writer::with_capacity(384);
        out.array(FIELDS).uint(VERSION).uint(crate::header::SUITE);
        out.bytes(&self.region.0)
            .bytes(&self.invitation)
            .bytes(&self.device.0)
            .bytes(&self.encryption.0);
        out.uint(self.roster_height)
            .bytes(&self.roster_head.0)
            .bytes(name)
            .int(self.at);
        out.finish()
    }

    fn from_bytes(body: &[u8]) -> Result<(Self, [u8; SEALED_NAME]), EnvelopeError> {
        let mut input = Reader::new(body);
        let newer = input.record(FIELDS)?;
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("join"));
        }
        if input.uint()? != crate::header::SUITE {
            return Err(EnvelopeError::Newer("suite"));
        }
        let region = RegionId(input.byte_array()?);
        let invitation = input.byte_array()?;
        let device = DevicePublic(input.byte_array()?);
        let encryption = EncryptionPublic(input.byte_array()?);
        let roster_height = input.uint()?;
        let roster_head = ActHash(input.byte_array()?);
        let name = input.byte_array()?;
        let at = input.int()?;
        input.skip_many(newer)?;
        input.end()?;
        let request = Self {
            region,
            invitation,
            device,
            encryption,
            roster_height,
            roster_head,
            at,
        };
        Ok((request, name))
    }
}

impl Join {
    /// Makes a newcomer's join.
    ///
    /// # Errors
    /// `TooLarge` when the name is longer than 120 bytes.
    pub fn make(
        keys: &InvitationKeys,
        signing: &DeviceSigningKey,
        input: &JoinInput<'_>,
        rng: &mut dyn RandomBytes,
    ) -> Result<Self, EnvelopeError> {
        let request = JoinRequest {
            region: keys.region,
            invitation: keys.invitation,
            device: signing.public(),
            encryption: input.encryption,
            roster_height: input.roster_height,
            roster_head: input.roster_head,
            at: input.at,
        };
        let mut plain = Writer::with_capacity(NAME);
        plain.array(1).text(input.name);
        let plain = Zeroizing::new(plain.finish());
        // What no reader takes is not made.
        read_plain_name(&plain)?;
        let aad = name_aad(keys, &request.device);
        let name = seal_padded(&keys.label, &aad, plain, NAME, rng)?;
        let body = request.to_bytes(&name);
        let proof = *label::mac(&keys.join, label::JOIN_PROOF, &body).bytes();
        let signature = signing.sign(label::JOIN_REQUEST, &hash(&body, &proof).0);
        let mut out = Writer::with_capacity(body.len() + 112);
        out.array(3).bytes(&body).bytes(&proof).bytes(&signature);
        Self::from_bytes(&out.finish())
    }

    /// What it asks.
    #[must_use]
    pub fn request(&self) -> &JoinRequest {
        &self.request
    }

    /// What the act that admits it names.
    #[must_use]
    pub fn hash(&self) -> JoinHash {
        hash(&self.body, &self.proof)
    }

    /// `[body, proof, signature, …]`: ready to be stored or sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads a join. Nothing is verified but its form.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`, or `Newer`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_JOIN {
            return Err(TOO_LARGE);
        }
        let mut input = Reader::new(bytes);
        let newer = input.record(3)?;
        let body = input.bytes()?.to_vec();
        let proof = input.byte_array()?;
        let signature = input.byte_array()?;
        input.skip_many(newer)?;
        input.end()?;
        let (request, name) = JoinRequest::from_bytes(&body)?;
        Ok(Self {
            request,
            name,
            body,
            proof,
            signature,
            bytes: bytes.to_vec(),
        })
    }

    /// What the relay can verify: the device that it names signed it, for this region.
    ///
    /// # Errors
    /// `Malformed` for another region, `Forged` when the signature does not hold.
    pub fn verify(&self, region: &RegionId) -> Result<(), EnvelopeError> {
        if self.request.region != *region {
            return Err(EnvelopeError::Malformed("another region"));
        }
        let device = &self.request.device;
        device.verify(label::JOIN_REQUEST, &self.hash().0, &self.signature)
    }

    /// What a coordinator verifies too: whoever made it had the link.
    ///
    /// Where its `roster_head` stands in the coordinator's roster, and that six words were compared
    /// where they must be, is still to be seen.
    ///
    /// # Errors
    /// `Malformed` for another region or invitation, `Forged` when signature or proof do not hold.
    pub fn verify_with(&self, keys: &InvitationKeys) -> Result<(), EnvelopeError> {
        self.verify(&keys.region)?;
        if self.request.invitation != keys.invitation {
            return Err(EnvelopeError::Malformed("another invitation"));
        }
        let proof = label::mac(&keys.join, label::JOIN_PROOF, &self.body);
        if label::same(proof.bytes(), &self.proof) {
            Ok(())
        } else {
            Err(EnvelopeError::Forged("proof"))
        }
    }

    /// What the newcomer calls itself.
    ///
    /// # Errors
    /// `Forged` when it was sealed for another invitation or device; `Malformed`, `TooLarge`.
    pub fn open_name(&self, keys: &InvitationKeys) -> Result<Zeroizing<String>, EnvelopeError> {
        let aad = name_aad(keys, &self.request.device);
        let plain = open_padded(&keys.label, &aad, &self.name, NAME)?;
        read_plain_name(&plain)
    }
}

fn read_plain_name(plain: &[u8]) -> Result<Zeroizing<String>, EnvelopeError> {
    let mut input = Reader::new(plain);
    let newer = input.record(1)?;
    let name = Zeroizing::new(read_name(&mut input)?);
    input.skip_many(newer)?;
    zeros(input.rest())?;
    Ok(name)
}

impl core::fmt::Debug for Join {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Join")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// Whether verified joins by one single invitation freeze it: two devices came, and nobody can tell
/// which of them was meant.
#[must_use]
pub fn is_frozen<'a>(joins: impl IntoIterator<Item = &'a Join>) -> bool {
    let mut devices = joins.into_iter().map(|join| join.request.device);
    let first = devices.next();
    devices.any(|device| Some(device) != first)
}
